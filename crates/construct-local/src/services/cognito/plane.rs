//! Requests without an AWS signature: which of them are Cognito's, and what they ask.

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Method, Response, StatusCode};

use super::sign_in_page::Page;
use super::state::{Client, Pool};
use super::{authorize, directory, discovery, sign_in, token_endpoint};
use crate::addresses::SIGN_IN_HOST;
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::state::Account;
use crate::wire::Wire;
pub(super) use crate::wire::form::Parameters;

/// At which address a request came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A prefix domain: `{prefix}.auth.{region}.amazoncognito.com`, or the same under
    /// `localhost`, which browsers resolve by themselves.
    Domain {
        /// The prefix.
        prefix: String,
        /// Its Region.
        region: String,
    },
    /// The local AWS's own address, where the client id tells the pool.
    Loopback,
}

impl Place {
    /// From a host with or without a port. Any other host has no pool: a page of a stranger whose
    /// name resolves to this machine gets nothing.
    fn of(host: &str) -> Option<Self> {
        let name = if host.starts_with('[') {
            host.split_inclusive(']').next()?
        } else {
            host.split(':').next()?
        };
        let name = name.to_ascii_lowercase();
        if matches!(name.as_str(), "" | "localhost" | SIGN_IN_HOST | "127.0.0.1" | "[::1]") {
            return Some(Self::Loopback);
        }
        let name = name.strip_suffix(".amazoncognito.com").or(name.strip_suffix(".localhost"))?;
        let (prefix, region) = name.split_once(".auth.")?;
        Some(Self::Domain { prefix: prefix.to_owned(), region: region.to_owned() })
    }

    /// A client and its pool, if the pool answers here. A pool without a domain answers nowhere.
    pub(super) fn client<'a>(
        &self,
        account: &'a Account,
        id: &str,
    ) -> Option<(&'a Pool, &'a Client)> {
        match self {
            Self::Domain { prefix, region } => {
                let pool = directory::pool_of_domain(account, region, prefix)?;
                Some((pool, pool.clients.get(id)?))
            }
            Self::Loopback => {
                directory::client(account, id).filter(|(pool, _)| pool.domain.is_some())
            }
        }
    }
}

/// A request to one of the endpoints of a domain.
pub(super) struct Visit {
    pub(super) local: LocalAws,
    pub(super) place: Place,
    pub(super) request: Wire,
}

impl Visit {
    /// The value of a cookie.
    pub(super) fn cookie(&self, name: &str) -> Option<&str> {
        self.request.cookie(name)
    }

    /// The form in the body; `None` when it is none or names something twice.
    pub(super) fn form(&self) -> Option<Parameters> {
        self.request.form()
    }
}

#[derive(Clone, Copy)]
enum Endpoint {
    Authorize,
    SignIn,
    SignOut,
    Token,
    Revoke,
}

impl Endpoint {
    fn of(path: &str) -> Option<Self> {
        Some(match path {
            "/oauth2/authorize" => Self::Authorize,
            "/login" => Self::SignIn,
            "/logout" => Self::SignOut,
            "/oauth2/token" => Self::Token,
            "/oauth2/revoke" => Self::Revoke,
            _ => return None,
        })
    }

    const fn methods(self) -> &'static str {
        match self {
            Self::Authorize | Self::SignOut => "GET",
            Self::SignIn => "GET, POST",
            Self::Token | Self::Revoke => "POST, OPTIONS",
        }
    }
}

/// The answer to a request; `None` when it is not Cognito's.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
    if let Some(asked) = discovery::asked(request) {
        return Some(Box::pin(discovery::answer(local.clone(), asked)));
    }
    let endpoint = Endpoint::of(&request.path)?;
    let place = Place::of(request.host())?;
    let visit = Visit { local: local.clone(), place, request: request.clone() };
    Some(Box::pin(async move {
        match (endpoint, &visit.request.method) {
            (Endpoint::Authorize, &Method::GET) => authorize::answer(&visit),
            (Endpoint::SignIn, &Method::GET) => sign_in::show(&visit),
            (Endpoint::SignIn, &Method::POST) => sign_in::submit(&visit),
            (Endpoint::SignOut, &Method::GET) => sign_in::leave(&visit),
            (Endpoint::Token, &Method::POST) => token_endpoint::answer(&visit).await,
            (Endpoint::Revoke, &Method::POST) => token_endpoint::revoke(&visit),
            (Endpoint::Token | Endpoint::Revoke, &Method::OPTIONS) => token_endpoint::preflight(),
            (endpoint, _) => {
                let page = Page::error("This address does not answer such a request.");
                let mut response = page.response(StatusCode::METHOD_NOT_ALLOWED);
                let methods = HeaderValue::from_static(endpoint.methods());
                response.headers_mut().insert(ALLOW, methods);
                response
            }
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_pools_own_hosts_are_places() {
        for host in
            ["", "localhost:4566", "idp.localhost:4566", "127.0.0.1", "[::1]:4566", "LOCALHOST"]
        {
            assert_eq!(Place::of(host), Some(Place::Loopback), "{host}");
        }
        let domain = Place::Domain { prefix: "acme".to_owned(), region: "eu-west-1".to_owned() };
        for host in ["acme.auth.eu-west-1.amazoncognito.com", "Acme.auth.eu-west-1.localhost:4566"]
        {
            assert_eq!(Place::of(host), Some(domain.clone()), "{host}");
        }
        for host in ["example.com", "127.0.0.1.example.com", "acme.auth.eu-west-1.example.com"] {
            assert_eq!(Place::of(host), None, "{host}");
        }
    }
}
