//! `/connect/{handle}`: signs the browser in, to see who is there.

use serde::{Deserialize, Serialize};

use super::store::{self, Stage};
use super::{LIFETIME, over, unavailable};
use crate::Visit;
use crate::http::Answer;
use crate::oauth::cookie;
use crate::pool::{self, Visitor};
use crate::random::{self, sha256};
use crate::seal::Purpose;

/// A sign-in on the way to a consent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SignIn {
    /// Which session it is for.
    #[serde(rename = "h")]
    pub(super) handle: String,
    /// Our PKCE verifier.
    #[serde(rename = "v")]
    pub(super) verifier: String,
    /// What the identity token has to repeat.
    #[serde(rename = "n")]
    pub(super) nonce: String,
    /// Which cookie belongs to it.
    #[serde(rename = "f")]
    pub(super) flow: String,
    /// The digest of that cookie.
    #[serde(rename = "b")]
    pub(super) browser: String,
}

/// The name of a sign-in's cookie, without its prefix.
pub(super) fn cookie_of(flow: &str) -> String {
    format!("sign-in-{flow}")
}

/// Sends the browser to the sign-in page.
pub fn start(visit: &Visit<'_>) -> Answer {
    let handle = visit.request.path.strip_prefix("/connect/").unwrap_or_default();
    if handle == "unavailable" {
        return unavailable(visit, "session_was_not_opened");
    }
    if random::from_base64url(handle).is_none_or(|bytes| bytes.len() != 16) {
        return over(visit, "no_handle");
    }
    let Ok(rings) = visit.rings() else { return unavailable(visit, "no_sealing_keys") };
    match store::find(visit, handle) {
        Err(reason) => return unavailable(visit, &reason),
        Ok(Some(session)) if matches!(session.stage, Stage::Open | Stage::Started) => {}
        Ok(_) => return over(visit, "no_such_session"),
    }
    let secret = random::text::<16>();
    let sign_in = SignIn {
        handle: handle.to_owned(),
        verifier: random::text::<32>(),
        nonce: random::text::<16>(),
        flow: random::text::<6>(),
        browser: sha256(&secret),
    };
    let state = rings.state.seal(Purpose::SignIn, &sign_in, Some(visit.now() + LIFETIME));
    let location = pool::authorize(
        visit.config(),
        &Visitor {
            callback: "/connect/callback",
            // Who it is, and nothing that the person could do.
            scope: "openid",
            state: &state,
            verifier: &sign_in.verifier,
            nonce: Some(&sign_in.nonce),
            asks_again: visit.request.query == super::OTHER_ACCOUNT,
        },
    );
    Answer::see_other(&location).with_cookie(cookie(&cookie_of(&sign_in.flow), &secret, LIFETIME))
}
