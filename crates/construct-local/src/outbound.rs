//! Requests that the local AWS makes itself: key sets of issuers, vendors' token endpoints, the
//! upstreams of a gateway's targets.
//!
//! An address of its own is answered by the same router, without a socket, so that the planes reach
//! each other in process as they do over TCP.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Response, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Proxy};

use crate::addresses::{host_name, is_loopback};
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::services::cognito;

/// How long another server may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most that is read of an answer: the gateway's payload limit.
const MOST_BODY: u64 = 6 * 1024 * 1024;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The URL is none that can be called.
    #[error("`{0}` is not an http or https URL")]
    Url(String),
    /// It leads away from this machine, which [`crate::Options::internet`] does not allow.
    #[error("the local AWS was not told to call {0} (`construct local --internet` does)")]
    NotAllowed(String),
    /// The other end did not answer as HTTP asks, or not in time.
    #[error("{host} did not answer: {reason}")]
    Failed {
        /// Whom it was for.
        host: String,
        /// What went wrong. Never holds a header or a body.
        reason: String,
    },
}

/// Sends `request`, whose URI is absolute, and gives the answer whatever its status. Redirects are
/// answers too.
///
/// # Errors
/// [`Unanswered`].
pub fn send(
    local: &LocalAws,
    request: Request<Bytes>,
) -> Boxed<Result<Response<Bytes>, Unanswered>> {
    let local = local.clone();
    // Boxed, because the router's own answer may send another request.
    Box::pin(async move {
        let uri = request.uri().clone();
        let Some(host) = uri.host().filter(|_| matches!(uri.scheme_str(), Some("http" | "https")))
        else {
            return Err(Unanswered::Url(uri.to_string()));
        };
        if is_own(&local, &uri) {
            return Ok(local.handle(relative(request)).await);
        }
        if !may_call(&local, &uri) {
            return Err(Unanswered::NotAllowed(host.to_owned()));
        }
        let host = host.to_owned();
        match local.options().stand_ins.get(&host) {
            Some(origin) => call(host, relocated(request, origin)).await,
            None => call(host, request).await,
        }
    })
}

/// Whether requests to this address may be made at all.
pub fn may_call(local: &LocalAws, uri: &Uri) -> bool {
    local.options().internet || is_own(local, uri) || is_loopback(&name(uri))
}

/// Whether a document at `from` may name `to` as an address to call: one from elsewhere must not make
/// this machine ask itself, nor leave https.
pub fn may_lead(local: &LocalAws, from: &str, to: &str) -> bool {
    let read = |url: &str| url.parse::<Uri>().ok();
    let (Some(from), Some(to)) = (read(from), read(to)) else { return false };
    let is_here = |uri: &Uri| is_own(local, uri) || is_loopback(&name(uri));
    is_here(&from) || (to.scheme_str() == Some("https") && !is_here(&to))
}

/// Whether the local AWS itself answers at this address: on its own port, or in place of the service
/// whose object it has.
pub fn is_own(local: &LocalAws, uri: &Uri) -> bool {
    let name = name(uri);
    if is_loopback(&name) {
        let port = uri.port_u16().unwrap_or(80);
        return port == local.port() || local.api_ports().contains(&port);
    }
    local.read(|account| cognito::answers(account, &name, uri.path()))
}

fn name(uri: &Uri) -> String {
    host_name(uri.authority().map(Authority::as_str).unwrap_or_default())
}

/// The request as a server sees it: a path, and the host in its header.
fn relative(mut request: Request<Bytes>) -> Request<Bytes> {
    let uri = request.uri().clone();
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(http::header::HOST, host);
    }
    *request.uri_mut() =
        uri.path_and_query().cloned().map_or_else(Uri::default, |path: PathAndQuery| path.into());
    request
}

/// The request at another origin, with the `Host` that it had.
fn relocated(request: Request<Bytes>, origin: &str) -> Request<Bytes> {
    let mut request = relative(request);
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    if let Ok(uri) = format!("{origin}{path}").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Over a socket. The client blocks, so it has a thread of its own.
async fn call(host: String, request: Request<Bytes>) -> Result<Response<Bytes>, Unanswered> {
    let to_this_machine = request.uri().host().is_some_and(|host| is_loopback(&host_name(host)));
    let result = tokio::task::spawn_blocking(move || {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0);
        let agent: Agent = if to_this_machine {
            config.proxy(None).build().into()
        } else if Proxy::try_from_env().is_some() {
            // The proxy finds the names, and keeps to its own rules.
            config.build().into()
        } else {
            Agent::with_parts(config.build(), DefaultConnector::new(), PublicInternet)
        };
        let (parts, body) = request.into_parts();
        let response = agent.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, body) = response.into_parts();
        let bytes = body.into_with_config().limit(MOST_BODY).read_to_vec()?;
        Ok::<_, ureq::Error>(Response::from_parts(parts, Bytes::from(bytes)))
    })
    .await;
    match result {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Unanswered::Failed { host, reason: error.to_string() }),
        Err(_stopped) => Err(Unanswered::Failed { host, reason: "the call was ended".to_owned() }),
    }
}

/// Finds addresses of the internet only, as the service does: whatever a description or a document
/// names, no request reaches this machine's own network or a cloud's metadata. The connection is made
/// to the address that was looked at.
#[derive(Debug)]
struct PublicInternet;

impl Resolver for PublicInternet {
    fn resolve(
        &self,
        uri: &Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        if found.iter().all(|found| is_public(found.ip())) {
            Ok(found)
        } else {
            Err(ureq::Error::Other(Box::new(NotPublic)))
        }
    }
}

/// A name leads to an address that is not on the internet.
#[derive(Debug, thiserror::Error)]
#[error("it is not on the internet, and the service could not reach it either")]
struct NotPublic;

fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(own) => {
            let [first, second, ..] = own.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            !(first == 0
                || first >= 224
                || is_shared
                || own.is_private()
                || own.is_loopback()
                || own.is_link_local())
        }
        // Global unicast is 2000::/3.
        IpAddr::V6(own) => own.segments()[0] & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn get(url: &str) -> Request<Bytes> {
        Request::get(url).body(Bytes::new()).unwrap()
    }

    #[tokio::test]
    async fn an_address_of_its_own_needs_no_socket() {
        let local = LocalAws::in_memory(Options { port: Some(4566), ..Options::instant() });
        let answer = send(&local, get("http://localhost:4566/nothing?x=1")).await.unwrap();
        assert_eq!(answer.status(), 404);
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(body.contains("localhost:4566/nothing"), "{body}");
    }

    #[tokio::test]
    async fn nothing_leaves_this_machine_unless_told() {
        let local = LocalAws::in_memory(Options { port: Some(4566), ..Options::instant() });
        let refused = send(&local, get("https://api.example.com/user")).await.unwrap_err();
        assert_eq!(refused, Unanswered::NotAllowed("api.example.com".to_owned()));
        let strange = send(&local, get("ftp://localhost/")).await.unwrap_err();
        assert_eq!(strange, Unanswered::Url("ftp://localhost/".to_owned()));
        // A loopback port that nobody listens on was tried.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let failed = send(&local, get(&format!("http://{closed}/"))).await.unwrap_err();
        assert!(matches!(failed, Unanswered::Failed { .. }), "{failed}");
    }

    #[tokio::test]
    async fn with_the_internet_this_machine_s_network_stays_closed() {
        let options = Options { internet: true, ..Options::instant() };
        let local = LocalAws::in_memory(options);
        // An address needs no resolver: nothing is asked, whatever network this test runs in.
        for url in
            ["http://169.254.169.254/latest/meta-data", "https://10.0.0.1/", "http://[fd00::1]/"]
        {
            if Proxy::try_from_env().is_none() {
                let failed = send(&local, get(url)).await.unwrap_err();
                assert!(failed.to_string().contains("not on the internet"), "{url}: {failed}");
            }
        }
        for (address, public) in [
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
            ("192.168.1.1", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("::1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[test]
    fn a_document_from_elsewhere_does_not_lead_home() {
        let local = LocalAws::in_memory(Options { port: Some(4566), ..Options::instant() });
        let here = "http://127.0.0.1:4000/.well-known/openid-configuration";
        let there = "https://idp.example/.well-known/openid-configuration";
        for (from, to, may) in [
            (here, "http://127.0.0.1:4001/keys", true),
            (there, "https://keys.example/keys", true),
            (there, "http://idp.example/keys", false),
            (there, "https://localhost:4566/keys", false),
            (there, "http://127.0.0.1:8080/admin", false),
            (there, "keys", false),
        ] {
            assert_eq!(may_lead(&local, from, to), may, "{from} to {to}");
        }
    }
}
