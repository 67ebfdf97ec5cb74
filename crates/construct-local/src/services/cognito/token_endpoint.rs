//! `/oauth2/token` and `/oauth2/revoke`. Every refusal is a 400 with nothing but its code, as the
//! service answers; the reason goes to the log.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA,
};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::authorize::{is_registered, scopes};
use super::grants::{Grant, digest, same_secret};
use super::plane::{Parameters, Visit};
use super::state::{Client, Pool};
use super::tokens::{Asker, Draw, Unsigned};
use super::{codes, directory, flag, keys, renewal, texts};

/// Why there are no tokens: RFC 6749, section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
}

impl Refusal {
    const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
        }
    }
}

/// The tokens for a grant.
pub(super) async fn answer(visit: &Visit) -> Response<Bytes> {
    match tokens(visit).await {
        Ok(body) => respond(StatusCode::OK, &body),
        Err(refusal) => refused(refusal),
    }
}

async fn tokens(visit: &Visit) -> Result<Value, Refusal> {
    let (form, who) = read(visit)?;
    let local = &visit.local;
    let (_, key) = keys::of_pool(local, &who.pool).await.ok_or(Refusal::InvalidClient)?;
    let draw = Draw::new(local);
    let (unsigned, refresh_token) = match form.get("grant_type") {
        Some("authorization_code") => code(visit, &who, &form, &draw)?,
        Some("refresh_token") => {
            let token = form.get("refresh_token").ok_or(Refusal::InvalidRequest)?;
            renewal::renew(local, (&who.pool, &who.client), token, &draw)
                .map_err(|_over| Refusal::InvalidGrant)?
        }
        Some("client_credentials") => (machine(visit, &who, &form, &draw)?, None),
        Some(_) => return Err(Refusal::UnsupportedGrantType),
        None => return Err(Refusal::InvalidRequest),
    };
    let expires_in = unsigned.expires_in;
    let signed = unsigned.sign(&key);
    let mut body = json!({
        "access_token": signed.access,
        "expires_in": expires_in,
        "token_type": "Bearer",
    });
    for (name, token) in [("id_token", signed.id), ("refresh_token", refresh_token)] {
        if let Some(token) = token {
            body[name] = json!(token);
        }
    }
    Ok(body)
}

/// A client that has proved who it is.
struct Who {
    pool: String,
    client: String,
}

/// The form, and whose it is.
fn read(visit: &Visit) -> Result<(Parameters, Who), Refusal> {
    let form = visit.form().ok_or(Refusal::InvalidRequest)?;
    let basic = visit.request.header(AUTHORIZATION.as_str()).map(basic).transpose()?;
    let (id, secret) = match &basic {
        // One way at a time: RFC 6749, section 2.3.
        Some(_) if form.get("client_secret").is_some() => return Err(Refusal::InvalidRequest),
        Some((id, _)) if form.get("client_id").is_some_and(|other| other != id) => {
            return Err(Refusal::InvalidClient);
        }
        Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
        None => (form.get("client_id").ok_or(Refusal::InvalidRequest)?, form.get("client_secret")),
    };
    let pool = visit.local.read(|account| {
        let (pool, client) = visit.place.client(account, id)?;
        let is_proved = match (&client.secret, secret) {
            (None, None) => true,
            (Some(kept), Some(given)) => same_secret(given, kept),
            _ => false,
        };
        is_proved.then(|| pool.id.clone())
    });
    let who = Who { pool: pool.ok_or(Refusal::InvalidClient)?, client: id.to_owned() };
    Ok((form, who))
}

/// Client id and secret of an `Authorization` header: RFC 7617.
fn basic(header: &str) -> Result<(String, String), Refusal> {
    let (scheme, encoded) = header.split_once(' ').ok_or(Refusal::InvalidClient)?;
    let decoded =
        BASE64_STANDARD.decode(encoded.trim()).ok().and_then(|b| String::from_utf8(b).ok());
    decoded
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|text| {
            text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
        })
        .ok_or(Refusal::InvalidClient)
}

/// What a code is worth: tokens, and a refresh token to go on with.
fn code(
    visit: &Visit,
    who: &Who,
    form: &Parameters,
    draw: &Draw,
) -> Result<(Unsigned, Option<String>), Refusal> {
    if form.get("code").is_none() || form.get("redirect_uri").is_none() {
        return Err(Refusal::InvalidRequest);
    }
    let now = visit.local.now_ms();
    let refresh_token = renewal::secret(&visit.local);
    visit.local.edit_lazily(|account| {
        let client =
            directory::client_mut(account, &who.pool, &who.client).ok_or(Refusal::InvalidClient)?;
        check_flow(client, "code")?;
        let uri = form.get("redirect_uri").unwrap_or_default();
        if !is_registered(client, "CallbackURLs", uri) {
            return Err(Refusal::UnauthorizedClient);
        }
        let code = codes::redeem(client, form, now).ok_or(Refusal::InvalidGrant)?;
        renewal::keep(client, &refresh_token, code.grant.clone(), now);
        let pool = directory::pool(account, &who.pool).ok_or(Refusal::InvalidClient)?;
        let unsigned = person(pool, &who.client, &code.grant, code.nonce.as_deref(), (now, draw))
            .ok_or(Refusal::InvalidGrant)?;
        Ok((unsigned, Some(refresh_token)))
    })
}

/// The tokens of a grant, as long as its user is there.
pub(super) fn person(
    pool: &Pool,
    client_id: &str,
    grant: &Grant,
    nonce: Option<&str>,
    (now, draw): (i64, &Draw),
) -> Option<Unsigned> {
    let user = pool.signed_in(&grant.user, &grant.sub)?;
    let client = pool.clients.get(client_id)?;
    Some(Asker { pool, client_id, client, now }.person(user, grant, nonce, draw))
}

fn machine(visit: &Visit, who: &Who, form: &Parameters, draw: &Draw) -> Result<Unsigned, Refusal> {
    let now = visit.local.now_ms();
    visit.local.read(|account| {
        let pool = directory::pool(account, &who.pool).ok_or(Refusal::InvalidClient)?;
        let client = pool.clients.get(&who.client).ok_or(Refusal::InvalidClient)?;
        check_flow(client, "client_credentials")?;
        let scopes = scopes(client, form.get("scope")).map_err(|_wrong| Refusal::InvalidScope)?;
        // A machine has no identity: scopes of resource servers only.
        if scopes.iter().any(|scope| !scope.contains('/')) {
            return Err(Refusal::InvalidScope);
        }
        Ok(Asker { pool, client_id: &who.client, client, now }.machine(&scopes, draw))
    })
}

fn check_flow(client: &Client, flow: &str) -> Result<(), Refusal> {
    let on = flag(&client.settings, "AllowedOAuthFlowsUserPoolClient").unwrap_or(false);
    let allowed = on && texts(&client.settings, "AllowedOAuthFlows").contains(&flow);
    if allowed { Ok(()) } else { Err(Refusal::UnauthorizedClient) }
}

/// Takes back a refresh token and all that came of the same sign-in (RFC 7009). One that is not
/// known is already gone, which is no error.
pub(super) fn revoke(visit: &Visit) -> Response<Bytes> {
    let outcome = read(visit).and_then(|(form, who)| {
        let token = form.get("token").ok_or(Refusal::InvalidRequest)?;
        visit.local.edit_lazily(|account| {
            let client = directory::client_mut(account, &who.pool, &who.client)
                .ok_or(Refusal::InvalidClient)?;
            if flag(&client.settings, "EnableTokenRevocation") == Some(false) {
                return Err(Refusal::UnauthorizedClient);
            }
            if let Some(token) = client.issued.refresh_tokens.remove(&digest(token)) {
                let origin = token.grant.origin;
                client.issued.refresh_tokens.retain(|_, other| other.grant.origin != origin);
            }
            Ok(())
        })
    });
    match outcome {
        Ok(()) => respond(StatusCode::OK, &Value::Null),
        Err(refusal) => refused(refusal),
    }
}

/// What a browser asks before a script may send it here.
pub(super) fn preflight() -> Response<Bytes> {
    let mut response = respond(StatusCode::OK, &Value::Null);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, OPTIONS"));
    let allowed = HeaderValue::from_static("authorization, content-type");
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    response
}

fn refused(refusal: Refusal) -> Response<Bytes> {
    tracing::debug!(?refusal, "no tokens");
    respond(StatusCode::BAD_REQUEST, &json!({ "error": refusal.code() }))
}

fn respond(status: StatusCode, body: &Value) -> Response<Bytes> {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}
