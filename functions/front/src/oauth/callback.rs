//! `GET /callback`: the browser comes back from the pool, and goes on to the client with a code of ours.
//!
//! Our code is the pool's, sealed with all that its redemption has to match: there is nothing to store, and the pool sees to
//! it that it is used once.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::Ask;
use super::authorize::{stranger, unavailable};
use super::cookies::clear_cookie;
use super::decide::{Login, cookie_of};
use crate::Visit;
use crate::http::{Answer, Parameters, with_query};
use crate::random::{is_same, sha256};
use crate::seal::Purpose;

/// The pool's codes live for five minutes.
const CODE: u64 = 5 * 60;
/// The pool's codes are a few dozen characters; federation makes them longer.
const MOST_CODE: usize = 512;

/// Our code.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Code {
    /// What was agreed to.
    #[serde(rename = "a")]
    pub(super) ask: Ask,
    /// The pool's code.
    #[serde(rename = "u")]
    pub(super) upstream: String,
    /// Our verifier at the pool.
    #[serde(rename = "v")]
    pub(super) verifier: String,
}

/// Takes the browser on to the client.
pub fn callback(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else { return unavailable(visit) };
    let parameters = Parameters::read(&visit.request.query);
    let Some(parameters) = parameters.filter(|parameters| !parameters.has_repeated()) else {
        return stranger(visit, "unreadable_callback");
    };
    let state = parameters.get("state").unwrap_or_default();
    let login: Login = match rings.state.open(Purpose::Login, state, visit.now()) {
        Ok(login) => login,
        Err(_whatever) => return stranger(visit, "state_not_ours_or_too_old"),
    };
    let cookie = cookie_of(&login.flow);
    let secret = visit.request.cookie(&format!("__Host-{cookie}")).unwrap_or_default();
    if !is_same(&sha256(secret), &login.browser) {
        return stranger(visit, "login_of_another_browser");
    }
    if parameters.get("iss").is_some_and(|issuer| issuer != visit.config().issuer) {
        return stranger(visit, "callback_of_another_issuer");
    }
    // Whatever comes now, this login is over for this browser.
    onward(visit, &rings.state, login, &parameters).with_cookie(clear_cookie(&cookie))
}

fn onward(
    visit: &Visit<'_>,
    ring: &crate::seal::Ring,
    login: Login,
    parameters: &Parameters,
) -> Answer {
    let client = login.ask.client.clone();
    let refused = |error: &str, description: &str| {
        visit.log("info", "login_refused", json!({ "client": client, "error": error }));
        login.ask.refusal(visit.config(), error, description)
    };
    match (parameters.get("error"), parameters.get("code")) {
        // The pool's own words stay here: they are made of what somebody else wrote.
        (Some("access_denied"), _) => refused("access_denied", "the sign-in was not completed"),
        (Some("temporarily_unavailable"), _) => {
            refused("temporarily_unavailable", "the sign-in is not available")
        }
        (None, Some(code)) if code.len() <= MOST_CODE => {
            visit.log("info", "login_signed_in", json!({ "client": client }));
            let redirect_uri = login.ask.redirect_uri.clone();
            let state = login.ask.state.clone();
            let code = Code { ask: login.ask, upstream: code.to_owned(), verifier: login.verifier };
            let code = ring.seal(Purpose::Code, &code, Some(visit.now() + CODE));
            let mut pairs = vec![("code", code.as_str())];
            pairs.extend(state.as_deref().map(|state| ("state", state)));
            pairs.push(("iss", &visit.config().base));
            Answer::see_other(&with_query(&redirect_uri, pairs))
        }
        _ => refused("server_error", "the sign-in ended with an error"),
    }
}
