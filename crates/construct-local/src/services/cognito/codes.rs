//! Authorization codes: each good once, for five minutes, for one client and redirect URI, and
//! with a challenge only for whoever knows the verifier.

use super::authorize::Ask;
use super::credentials::Person;
use super::directory;
use super::grants::{Code, Grant, digest, same_secret};
use super::plane::Parameters;
use super::state::Client;
use crate::local::LocalAws;
use crate::state::Account;

/// The service's lifetime of a code, in milliseconds.
const LIFETIME: i64 = 5 * 60 * 1000;

/// A code to be issued: its random parts, drawn before the state is locked.
pub(super) struct Issue {
    code: String,
    origin: String,
    auth_time: i64,
    now: i64,
}

impl Issue {
    /// For a person who signed in at `auth_time`, in seconds since the epoch.
    pub(super) fn new(local: &LocalAws, auth_time: i64) -> Self {
        let mut inner = local.inner();
        let (code, origin) = (inner.random.uuid(), inner.random.uuid());
        drop(inner);
        Self { code, origin, auth_time, now: local.now_ms() }
    }

    /// Keeps the code and gives the address that brings it to the client; `None` when the client
    /// has gone meanwhile.
    pub(super) fn code(&self, account: &mut Account, ask: &Ask, person: &Person) -> Option<String> {
        let client = directory::client_mut(account, &ask.pool, &ask.client)?;
        client.issued.forget_expired(self.now);
        let grant = Grant {
            user: person.user.clone(),
            sub: person.sub.clone(),
            scopes: ask.scopes.clone(),
            auth_time: self.auth_time,
            origin: self.origin.clone(),
            resource: ask.resource.clone(),
        };
        let code = Code {
            grant,
            redirect_uri: ask.redirect_uri.clone(),
            challenge: ask.challenge.clone(),
            nonce: ask.nonce.clone(),
            expires: self.now + LIFETIME,
        };
        client.issued.codes.insert(digest(&self.code), code);
        Some(ask.success(&self.code))
    }
}

/// Takes a code out, and gives it if the request is right in everything. A code that was shown is
/// used up whatever else was wrong with the request.
pub(super) fn redeem(client: &mut Client, request: &Parameters, now: i64) -> Option<Code> {
    let code = client.issued.codes.remove(&digest(request.get("code")?))?;
    let is_same_place = request.get("redirect_uri") == Some(&code.redirect_uri);
    let is_same_asker = match (&code.challenge, request.get("code_verifier")) {
        (Some(challenge), Some(verifier)) => {
            is_verifier(verifier) && same_secret(&digest(verifier), challenge)
        }
        (None, None) => true,
        // A verifier without a challenge: someone took the challenge out (RFC 9700, 4.8.2).
        _ => false,
    };
    (code.expires > now && is_same_place && is_same_asker).then_some(code)
}

/// RFC 7636, section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
}
