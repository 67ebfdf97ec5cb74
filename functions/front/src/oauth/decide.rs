//! `POST /authorize`: what the person decided.
//!
//! Only now does a login begin: its cookie is set here and required at the callback, so that nobody can be led into a login
//! that somebody else began.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::Ask;
use super::authorize::{Asked, CSRF, THINKING, stranger, unavailable};
use super::cookies::cookie;
use crate::Visit;
use crate::http::{Answer, Parameters};
use crate::pool::{self, Visitor};
use crate::random::{self, is_same, sha256};
use crate::seal::Purpose;

const MOST_BODY: usize = 16 * 1024;

/// A login on its way through the pool's sign-in page.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Login {
    /// What was agreed to.
    #[serde(rename = "a")]
    pub(super) ask: Ask,
    /// Our own PKCE verifier at the pool.
    #[serde(rename = "v")]
    pub(super) verifier: String,
    /// Which cookie belongs to it.
    #[serde(rename = "f")]
    pub(super) flow: String,
    /// The digest of that cookie.
    #[serde(rename = "b")]
    pub(super) browser: String,
}

/// The name of a login's cookie, without its prefix. Each login has its own, so that two editors can sign in at once.
pub(super) fn cookie_of(flow: &str) -> String {
    format!("login-{flow}")
}

/// Takes the decision.
pub fn decide(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else { return unavailable(visit) };
    let request = visit.request;
    // Browsers say where a form comes from; a page elsewhere has no business here.
    if request.header("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return stranger(visit, "form_of_another_site");
    }
    let text = std::str::from_utf8(&request.body).ok();
    let text = text.filter(|text| request.is_form() && text.len() <= MOST_BODY);
    let form = text.and_then(Parameters::read).filter(|form| !form.has_repeated());
    let Some(form) = form else { return stranger(visit, "unreadable_form") };
    let sealed = form.get("request").unwrap_or_default();
    let asked: Asked = match rings.state.open(Purpose::Consent, sealed, visit.now()) {
        Ok(asked) => asked,
        Err(_whatever) => return stranger(visit, "form_not_ours_or_too_old"),
    };
    let browser = request.cookie(&format!("__Host-{CSRF}")).unwrap_or_default();
    if !is_same(&sha256(browser), &asked.browser) {
        return stranger(visit, "form_of_another_browser");
    }
    let client = json!({ "client": asked.ask.client });
    if form.get("decision") != Some("allow") {
        visit.log("info", "login_declined", client);
        return asked.ask.refusal(visit.config(), "access_denied", "the person declined");
    }
    visit.log("info", "login_agreed", client);
    let verifier = random::text::<32>();
    let secret = random::text::<16>();
    let login = Login {
        verifier: verifier.clone(),
        flow: random::text::<6>(),
        browser: sha256(&secret),
        ask: asked.ask,
    };
    let state = rings.state.seal(Purpose::Login, &login, Some(visit.now() + THINKING));
    let location = pool::authorize(
        visit.config(),
        &Visitor {
            callback: "/callback",
            scope: &login.ask.scope,
            state: &state,
            verifier: &verifier,
            nonce: None,
            asks_again: false,
        },
    );
    Answer::see_other(&location).with_cookie(cookie(&cookie_of(&login.flow), &secret, THINKING))
}
