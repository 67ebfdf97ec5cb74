//! Who calls: the bearer of an access token of the pool's, for one of our clients, with the scope that every call needs.

use http::header::AUTHORIZATION;
use serde_json::json;

use crate::Visit;
use crate::http::Answer;
use crate::jwt::{self, Claims, Refused};
use crate::oauth;

/// AgentCore gives a person ten minutes to agree, and completes a consent with the token that asked for it.
const CONSENT: u64 = 10 * 60;
/// Tokens that live hardly longer than that are never fresh enough; waiting for a better one would never end.
const SLACK: u64 = 60;

/// A caller whose token is good.
#[derive(Clone)]
pub(super) struct Caller {
    /// The token.
    pub(super) token: String,
    /// What it says.
    pub(super) claims: Claims,
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller")
    }
}

impl Caller {
    /// Finds out who calls.
    ///
    /// # Errors
    /// The answer for who may not.
    pub(super) fn of(visit: &Visit<'_>) -> Result<Self, Answer> {
        let Some(token) = bearer(visit) else { return Err(oauth::unauthorized(visit, None)) };
        let checked = jwt::verify(token, &visit.front.issuer(visit.deadline), visit.now())
            .and_then(|claims| is_access(visit, &claims).map(|()| claims));
        let claims = checked.map_err(|refused| {
            visit.log("info", "call_refused", json!({ "error": format!("{refused:?}") }));
            match refused {
                Refused::Invalid => oauth::unauthorized(visit, Some("the token is not valid here")),
                Refused::Expired => oauth::unauthorized(visit, Some("the token has expired")),
                Refused::InsufficientScope => {
                    oauth::insufficient_scope(visit, visit.config().required_scope())
                }
                Refused::Unavailable => visit
                    .problem(
                        http::StatusCode::SERVICE_UNAVAILABLE,
                        "temporarily_unavailable",
                        "the issuer's keys cannot be had",
                    )
                    .with(http::header::RETRY_AFTER, "5"),
            }
        })?;
        Ok(Self { token: token.to_owned(), claims })
    }

    /// Whether the token will be over before a person can have agreed to something.
    pub(super) fn is_stale(&self, now: u64) -> bool {
        let expires_at = self.claims.time("exp").unwrap_or_default();
        let lifetime = expires_at.saturating_sub(self.claims.time("iat").unwrap_or_default());
        expires_at.saturating_sub(now) < CONSENT && lifetime > CONSENT + SLACK
    }
}

/// RFC 6750, section 2.1: the header, and nothing but the header. Two of them arrive joined by a comma, which no token has.
fn bearer<'a>(visit: &Visit<'a>) -> Option<&'a str> {
    let mut values = visit.request.headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let is_one = values.next().is_none() && !token.is_empty() && token.bytes().all(is_token);
    (scheme.eq_ignore_ascii_case("bearer") && is_one).then_some(token)
}

/// Cognito's access tokens have no audience unless one was bound, so that client and kind are what tells them.
fn is_access(visit: &Visit<'_>, claims: &Claims) -> Result<(), Refused> {
    let config = visit.config();
    let client = claims.text("client_id");
    let is_ours = client == config.client_id || Some(client) == config.machine_client_id.as_deref();
    let is_for_us = claims.is_for(&config.resource).unwrap_or(true);
    if claims.text("token_use") != "access" || !is_ours || !is_for_us {
        return Err(Refused::Invalid);
    }
    if !claims.has_scope(config.required_scope()) {
        return Err(Refused::InsufficientScope);
    }
    Ok(())
}
