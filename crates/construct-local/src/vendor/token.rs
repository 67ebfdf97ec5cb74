//! `/token` of the built-in vendor: codes, refresh tokens with rotation, client credentials.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::clients::{self, Client};
use super::state::Grant;
use crate::bearer::{digest, same_secret};
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::wire::form::Parameters;
use crate::wire::{Wire, decode};

/// How long an access token is good, in seconds.
const ACCESS_SECONDS: i64 = 3_600;
/// How long a refresh token is good, in milliseconds.
const REFRESH_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// An error of RFC 6749, section 5.2.
type Refused = (StatusCode, &'static str);

const INVALID_GRANT: Refused = (StatusCode::BAD_REQUEST, "invalid_grant");

/// Answers a request for tokens.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Response<Bytes> {
    let (status, body) = match issue(local, request) {
        Ok(tokens) => (StatusCode::OK, tokens),
        Err((status, error)) => (status, json!({ "error": error })),
    };
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn issue(local: &LocalAws, request: &Wire) -> Result<Value, Refused> {
    let form = request.form().ok_or((StatusCode::BAD_REQUEST, "invalid_request"))?;
    let client =
        authenticated(local, request, &form).ok_or((StatusCode::UNAUTHORIZED, "invalid_client"))?;
    let grant = match form.get("grant_type") {
        Some("authorization_code") => redeemed(local, &client, &form)?,
        Some("refresh_token") => renewed(local, &client, &form)?,
        Some("client_credentials") => Grant {
            user: client.id.clone(),
            client: client.id.clone(),
            scope: form.get("scope").unwrap_or_default().to_owned(),
            expires: 0,
        },
        _ => return Err((StatusCode::BAD_REQUEST, "unsupported_grant_type")),
    };
    let is_machine = form.get("grant_type") == Some("client_credentials");
    // Atlassian renews only for those who ask for it.
    let renews = client.vendor != "AtlassianOauth2"
        || grant.scope.split_whitespace().any(|scope| scope == "offline_access");
    Ok(tokens(local, grant, !is_machine && renews))
}

/// The client, by its id and secret in a header or in the form.
fn authenticated(local: &LocalAws, request: &Wire, form: &Parameters) -> Option<Client> {
    let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    let (id, secret) = match basic {
        Some(encoded) => {
            let pair = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
            let (id, secret) = pair.split_once(':')?;
            (decode(id), decode(secret))
        }
        None => (form.owned("client_id")?, form.owned("client_secret")?),
    };
    let known = local.read(|account| clients::of_id(account, &id));
    known.into_iter().find(|client| same_secret(&secret, &client.secret))
}

/// A code is used up whatever else is wrong with the request.
fn redeemed(local: &LocalAws, client: &Client, form: &Parameters) -> Result<Grant, Refused> {
    let key = digest(form.get("code").unwrap_or_default());
    let code =
        local.edit_lazily(|account| account.vendor.codes.remove(&key)).ok_or(INVALID_GRANT)?;
    let knows_verifier = match (&code.challenge, form.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => same_secret(&digest(verifier), challenge),
        (None, None) => true,
        _ => false,
    };
    let is_good = code.grant.expires > local.now_ms()
        && code.grant.client == client.id
        && form.get("redirect_uri") == Some(&code.redirect_uri)
        && knows_verifier;
    if is_good { Ok(code.grant) } else { Err(INVALID_GRANT) }
}

fn renewed(local: &LocalAws, client: &Client, form: &Parameters) -> Result<Grant, Refused> {
    let key = digest(form.get("refresh_token").unwrap_or_default());
    let now = local.now_ms();
    local.edit_lazily(|account| {
        let tokens = &mut account.vendor.refresh_tokens;
        let is_own = |grant: &Grant| grant.client == client.id && grant.expires > now;
        if !tokens.get(&key).is_some_and(is_own) {
            return Err(INVALID_GRANT);
        }
        tokens.remove(&key).ok_or(INVALID_GRANT)
    })
}

fn tokens(local: &LocalAws, grant: Grant, renews: bool) -> Value {
    let now = local.now_ms();
    let (access, refresh) = (local.random_id(ALPHANUMERIC, 40), local.random_id(ALPHANUMERIC, 60));
    let mut answer = json!({
        "access_token": access,
        "token_type": "bearer",
        "scope": grant.scope,
        "expires_in": ACCESS_SECONDS,
    });
    if renews {
        answer["refresh_token"] = json!(refresh);
    }
    local.edit_lazily(|account| {
        let state = &mut account.vendor;
        state.forget_expired(now);
        let expires = now + ACCESS_SECONDS * 1000;
        state.access_tokens.insert(digest(&access), Grant { expires, ..grant.clone() });
        if renews {
            let expires = now + REFRESH_MS;
            state.refresh_tokens.insert(digest(&refresh), Grant { expires, ..grant });
        }
    });
    answer
}
