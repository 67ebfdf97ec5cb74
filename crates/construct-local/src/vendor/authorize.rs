//! `/authorize` of the built-in vendor: the page, and what it sends.
//!
//! Until client and redirect URI are known to be right, a refusal is a page; after that it goes to
//! the redirect URI (RFC 6749, section 4.1.2.1).

use bytes::Bytes;
use http::{Response, StatusCode};

use super::clients::{self, Client};
use super::page::Consent;
use super::state::{Code, Grant, Session};
use crate::bearer::{digest, same_secret};
use crate::html::{problem, redirect, set_cookie};
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::wire::Wire;
use crate::wire::form::{Parameters, location};

/// How long a browser stays signed in, in seconds.
const SESSION_SECONDS: i64 = 3_600;
/// How long a code is good, in milliseconds.
const CODE_MS: i64 = 10 * 60 * 1000;
const SESSION_COOKIE: &str = "vendor-session";
const CSRF_COOKIE: &str = "vendor-csrf";
const SECRET_LENGTH: usize = 43;

/// A request that is in order.
struct Ask {
    client: Client,
    query: Parameters,
}

impl Ask {
    fn check(local: &LocalAws, request: &Wire) -> Result<Self, Response<Bytes>> {
        let query =
            Parameters::of(&request.query).ok_or_else(|| refused("A parameter is given twice."))?;
        let id = query.get("client_id").unwrap_or_default();
        let uri = query.get("redirect_uri").unwrap_or_default();
        let known = local.read(|account| clients::of_id(account, id));
        if known.is_empty() {
            return Err(refused("No credential provider has this client id."));
        }
        let client = known.into_iter().find(|client| client.redirect_uri == uri);
        let client = client
            .ok_or_else(|| refused("The redirect URI is not the provider's callback URL."))?;
        let ask = Self { client, query };
        if ask.query.get("response_type") != Some("code") {
            return Err(ask.answer(("error", "unsupported_response_type")));
        }
        let method = ask.query.get("code_challenge_method");
        if ask.query.get("code_challenge").is_some() && method != Some("S256") {
            return Err(ask.answer(("error", "invalid_request")));
        }
        Ok(ask)
    }

    fn answer(&self, (name, value): (&str, &str)) -> Response<Bytes> {
        let parameters = [(name, Some(value)), ("state", self.query.get("state"))];
        redirect(&location(&self.client.redirect_uri, &parameters))
    }
}

fn refused(sentence: &str) -> Response<Bytes> {
    problem("Not authorized", sentence, StatusCode::BAD_REQUEST)
}

/// Shows the page.
pub(super) fn show(local: &LocalAws, request: &Wire) -> Response<Bytes> {
    match Ask::check(local, request) {
        Ok(ask) => page(local, request, &ask, None),
        Err(refusal) => refusal,
    }
}

/// Takes the form.
pub(super) fn submit(local: &LocalAws, request: &Wire) -> Response<Bytes> {
    let ask = match Ask::check(local, request) {
        Ok(ask) => ask,
        Err(refusal) => return refusal,
    };
    let Some(form) = request.form() else { return refused("The form cannot be read.") };
    let is_own = request
        .cookie(CSRF_COOKIE)
        .zip(form.get("_csrf"))
        .is_some_and(|(cookie, sent)| is_secret(cookie) && same_secret(sent, cookie));
    if !is_own {
        let notice = "This page was open for too long, or your browser takes no cookies.";
        return page(local, request, &ask, Some(notice));
    }
    if form.get("decision") != Some("allow") {
        return ask.answer(("error", "access_denied"));
    }
    let user = signed_in(local, request).or_else(|| form.get("user").map(str::to_owned));
    let Some(user) = user else { return page(local, request, &ask, Some("Enter a name.")) };
    let now = local.now_ms();
    let (code, cookie) =
        (local.random_id(ALPHANUMERIC, 32), local.random_id(ALPHANUMERIC, SECRET_LENGTH));
    let grant = Grant {
        user: user.clone(),
        client: ask.client.id.clone(),
        scope: ask.query.get("scope").unwrap_or_default().to_owned(),
        expires: now + CODE_MS,
    };
    let issued = Code {
        grant,
        redirect_uri: ask.client.redirect_uri.clone(),
        challenge: ask.query.owned("code_challenge"),
    };
    local.edit_lazily(|account| {
        let state = &mut account.vendor;
        state.forget_expired(now);
        state.codes.insert(digest(&code), issued);
        let expires = now + SESSION_SECONDS * 1000;
        state.sessions.insert(digest(&cookie), Session { user, expires });
    });
    let mut response = ask.answer(("code", &code));
    set_cookie(&mut response, SESSION_COOKIE, &cookie, SESSION_SECONDS);
    response
}

fn signed_in(local: &LocalAws, request: &Wire) -> Option<String> {
    let key = digest(request.cookie(SESSION_COOKIE)?);
    let now = local.now_ms();
    local.read(|account| {
        let session = account.vendor.sessions.get(&key)?;
        (session.expires > now).then(|| session.user.clone())
    })
}

fn page(local: &LocalAws, request: &Wire, ask: &Ask, notice: Option<&str>) -> Response<Bytes> {
    let csrf = request
        .cookie(CSRF_COOKIE)
        .filter(|cookie| is_secret(cookie))
        .map_or_else(|| local.random_id(ALPHANUMERIC, SECRET_LENGTH), str::to_owned);
    let user = signed_in(local, request);
    let consent = Consent {
        client: &ask.client,
        scope: ask.query.get("scope").unwrap_or_default(),
        query: &request.raw_query,
        csrf: &csrf,
        user: user.as_deref(),
        notice,
    };
    let status = if notice.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let mut response = consent.response(status);
    set_cookie(&mut response, CSRF_COOKIE, &csrf, SESSION_SECONDS);
    response
}

fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LENGTH && text.chars().all(|c| c.is_ascii_alphanumeric())
}
