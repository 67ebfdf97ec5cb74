//! `/oauth2/authorize`: who asks for what, and whether it is theirs to ask.
//!
//! Until the client and its redirect URI are known to be right, a refusal is a page; after that it
//! goes to the redirect URI (RFC 6749, section 4.1.2.1).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use super::codes;
use super::credentials::Person;
use super::plane::{Parameters, Place, Visit};
use super::sign_in::cookie_name;
use super::sign_in_page::{Page, redirect};
use super::state::{Client, Pool};
use super::{flag, identity_providers, text, texts};
use crate::state::Account;
use crate::wire::form::location;

/// A request for a code that is in order.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) pool: String,
    pub(super) client: String,
    pub(super) client_name: String,
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) challenge: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) resource: Option<String>,
    pub(super) login_hint: Option<String>,
    /// The external identity providers that the client names.
    pub(super) providers: Vec<String>,
    prompt: Option<String>,
}

/// A request that is not in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It cannot be told to the client: the sentence for the person.
    Page(&'static str),
    /// The address that tells the client.
    Redirect(String),
}

impl Refused {
    pub(super) fn response(&self) -> Response<Bytes> {
        match self {
            Self::Page(sentence) => Page::error(sentence).response(StatusCode::BAD_REQUEST),
            Self::Redirect(location) => redirect(location),
        }
    }
}

impl Ask {
    /// Checks a request's query.
    pub(super) fn check(
        account: &Account,
        place: &Place,
        query: &[(String, String)],
    ) -> Result<Self, Refused> {
        let once = |name: &str| {
            let mut values = query.iter().filter(|(own, _)| own == name).map(|(_, value)| value);
            values.next().filter(|value| !value.is_empty() && values.next().is_none())
        };
        let (pool, client) = once("client_id")
            .and_then(|id| place.client(account, id))
            .ok_or(Refused::Page("No such client is registered here."))?;
        let default = text(&client.settings, "DefaultRedirectURI");
        let given = query.iter().any(|(name, _)| name == "redirect_uri");
        let redirect_uri =
            if given { once("redirect_uri").map(String::as_str) } else { Some(default) };
        let redirect_uri = redirect_uri
            .filter(|uri| texts(&client.settings, "CallbackURLs").contains(uri))
            .ok_or(Refused::Page("The client is not registered for this redirect URI."))?;
        let state = once("state");
        let refused = |error: &str, description: &str| {
            Refused::Redirect(refusal(redirect_uri, error, description, state.map(String::as_str)))
        };
        let parameters = Parameters::of(query)
            .ok_or_else(|| refused("invalid_request", "a parameter is given twice"))?;
        check_flow(client, parameters.get("response_type")).map_err(|(e, d)| refused(e, d))?;
        let scopes = scopes(client, parameters.get("scope")).map_err(|(e, d)| refused(e, d))?;
        let challenge = challenge(&parameters).map_err(|(e, d)| refused(e, d))?;
        Ok(Self {
            pool: pool.id.clone(),
            client: once("client_id").cloned().unwrap_or_default(),
            client_name: client.name.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: state.cloned(),
            scopes,
            challenge,
            nonce: parameters.owned("nonce"),
            resource: resource(pool, &parameters).map_err(|(e, d)| refused(e, d))?,
            login_hint: parameters.owned("login_hint"),
            providers: texts(&client.settings, "SupportedIdentityProviders")
                .into_iter()
                .filter(|name| *name != identity_providers::OWN)
                .map(str::to_owned)
                .collect(),
            prompt: parameters.owned("prompt"),
        })
    }

    /// The address that tells the client a refusal.
    pub(super) fn refusal(&self, error: &str, description: &str) -> String {
        refusal(&self.redirect_uri, error, description, self.state.as_deref())
    }

    /// The address that brings the client its code.
    pub(super) fn success(&self, code: &str) -> String {
        location(&self.redirect_uri, &[("code", Some(code)), ("state", self.state.as_deref())])
    }
}

/// An error and what it is about.
type Wrong = (&'static str, &'static str);

fn check_flow(client: &Client, response_type: Option<&str>) -> Result<(), Wrong> {
    match response_type {
        None => return Err(("invalid_request", "response_type is missing")),
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "the local AWS gives codes only")),
    }
    let on = flag(&client.settings, "AllowedOAuthFlowsUserPoolClient").unwrap_or(false);
    if !on || !texts(&client.settings, "AllowedOAuthFlows").contains(&"code") {
        return Err(("unauthorized_client", "the client is not allowed the code flow"));
    }
    Ok(())
}

/// What was asked for, each once; all that the client is allowed when nothing was.
pub(super) fn scopes(client: &Client, asked: Option<&str>) -> Result<Vec<String>, Wrong> {
    let allowed = texts(&client.settings, "AllowedOAuthScopes");
    let mut granted: Vec<String> = Vec::new();
    for scope in asked.unwrap_or_default().split_ascii_whitespace() {
        if !allowed.contains(&scope) {
            return Err(("invalid_scope", "the client is not allowed a scope that it asks for"));
        }
        if !granted.iter().any(|known| known == scope) {
            granted.push(scope.to_owned());
        }
    }
    if granted.is_empty() {
        granted = allowed.into_iter().map(str::to_owned).collect();
    }
    Ok(granted)
}

/// RFC 7636: the service takes S256 and nothing else.
fn challenge(parameters: &Parameters) -> Result<Option<String>, Wrong> {
    let method = parameters.get("code_challenge_method");
    let Some(challenge) = parameters.get("code_challenge") else {
        return match method {
            Some(_) => Err(("invalid_request", "code_challenge is missing")),
            None => Ok(None),
        };
    };
    if method != Some("S256") {
        return Err(("invalid_request", "code_challenge_method must be S256"));
    }
    let is_digest = challenge.len() == 43
        && challenge.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !is_digest {
        return Err(("invalid_request", "code_challenge is no SHA-256 digest"));
    }
    Ok(Some(challenge.to_owned()))
}

/// RFC 8707, which the managed login of the tiers above LITE knows; elsewhere it is ignored.
fn resource(pool: &Pool, parameters: &Parameters) -> Result<Option<String>, Wrong> {
    let managed = pool.domain.as_ref().is_some_and(|domain| domain.managed_login_version == 2);
    if !managed || text(&pool.settings, "UserPoolTier") == "LITE" {
        return Ok(None);
    }
    match parameters.owned("resource") {
        Some(resource) if !resource.contains("://") || resource.contains('#') => {
            Err(("invalid_request", "resource must be a URL without a fragment"))
        }
        resource => Ok(resource),
    }
}

fn refusal(redirect_uri: &str, error: &str, description: &str, state: Option<&str>) -> String {
    let parameters =
        [("error", Some(error)), ("error_description", Some(description)), ("state", state)];
    location(redirect_uri, &parameters)
}

/// Sends the person to the sign-in page, or with a code back to the client when the browser is
/// signed in already.
pub(super) fn answer(visit: &Visit) -> Response<Bytes> {
    let now = visit.local.now_ms();
    let found = visit.local.read(|account| {
        let ask = Ask::check(account, &visit.place, &visit.request.query)?;
        let session = visit.cookie(&cookie_name(&ask.pool)).and_then(|cookie| {
            super::directory::pool(account, &ask.pool)?.session(cookie, now).cloned()
        });
        Ok::<_, Refused>((ask, session))
    });
    let (ask, session) = match found {
        Ok(found) => found,
        Err(refused) => return refused.response(),
    };
    // OpenID Connect Core 1.0, section 3.1.2.1.
    let prompt = ask.prompt.as_deref().unwrap_or_default();
    match session.filter(|_| prompt != "login") {
        Some(session) => {
            let person = Person { user: session.user, sub: session.sub };
            let issue = codes::Issue::new(&visit.local, session.auth_time);
            let issued = visit.local.edit_lazily(|account| issue.code(account, &ask, &person));
            issued.map_or_else(
                || redirect(&ask.refusal("server_error", "the client is gone")),
                |location| redirect(&location),
            )
        }
        None if prompt == "none" => redirect(&ask.refusal("login_required", "nobody is signed in")),
        None => redirect(&format!("/login?{}", visit.request.raw_query)),
    }
}

/// The value of a client's setting that is a list of URLs.
pub(super) fn is_registered(client: &Client, list: &str, url: &str) -> bool {
    client
        .settings
        .get(list)
        .and_then(Value::as_array)
        .is_some_and(|urls| urls.iter().any(|known| known == url))
}
