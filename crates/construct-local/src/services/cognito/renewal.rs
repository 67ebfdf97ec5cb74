//! Refresh tokens: kept, used, and with rotation replaced at each use.
//!
//! With rotation a token gets a successor that expires when its first ancestor would have. The old
//! one stays good for the client's grace period, so that a client that lost the answer can ask
//! again.

use super::directory;
use super::grants::{Grant, RefreshToken, digest};
use super::state::Client;
use super::token_endpoint::person;
use super::tokens::{Draw, Kind, Unsigned};
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;

/// The token is unknown, over, or of another client, or its user is gone.
#[derive(Debug)]
pub(super) struct Over;

/// A new refresh token, yet to be kept.
pub(super) fn secret(local: &LocalAws) -> String {
    local.random_id(ALPHANUMERIC, 128)
}

/// Keeps a refresh token of a new sign-in.
pub(super) fn keep(client: &mut Client, secret: &str, grant: Grant, now: i64) {
    let expires = now.saturating_add(Kind::Refresh.lifetime(client).saturating_mul(1000));
    client.issued.forget_expired(now);
    let token = RefreshToken { grant, expires, superseded: None };
    client.issued.refresh_tokens.insert(digest(secret), token);
}

/// Whether a client's refresh tokens are replaced at each use.
pub(super) fn rotates(client: &Client) -> bool {
    client
        .settings
        .get("RefreshTokenRotation")
        .is_some_and(|rotation| rotation["Feature"] == "ENABLED")
}

/// New tokens for a refresh token, and its successor where the client rotates them.
pub(super) fn renew(
    local: &LocalAws,
    (pool, client_id): (&str, &str),
    token: &str,
    draw: &Draw,
) -> Result<(Unsigned, Option<String>), Over> {
    let now = local.now_ms();
    let successor = secret(local);
    local.edit_lazily(|account| {
        let key = digest(token);
        let known = directory::client_mut(account, pool, client_id)
            .and_then(|client| client.issued.refresh_tokens.get(&key))
            .filter(|token| token.is_good(now))
            .cloned()
            .ok_or(Over)?;
        let tokens = directory::pool(account, pool)
            .and_then(|pool| person(pool, client_id, &known.grant, None, (now, draw)))
            .ok_or(Over)?;
        let client = directory::client_mut(account, pool, client_id).ok_or(Over)?;
        if !rotates(client) {
            return Ok((tokens, None));
        }
        let grace = client.settings["RefreshTokenRotation"]["RetryGracePeriodSeconds"].as_i64();
        let until = now + grace.unwrap_or(0) * 1000;
        if let Some(old) = client.issued.refresh_tokens.get_mut(&key) {
            old.superseded.get_or_insert(until);
        }
        client.issued.forget_expired(now);
        let next = RefreshToken { superseded: None, ..known };
        client.issued.refresh_tokens.insert(digest(&successor), next);
        Ok((tokens, Some(successor)))
    })
}
