//! `/connect/callback`: is this the person whose tool asked? Only then does the browser see the real address.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::start::{SignIn, cookie_of as sign_in_cookie};
use super::store::{self, Session};
use super::{LIFETIME, OTHER_ACCOUNT, over, unavailable};
use crate::Visit;
use crate::http::{Answer, Parameters};
use crate::jwt::{self, Claims};
use crate::oauth::{clear_cookie, cookie};
use crate::pages::{self, Html};
use crate::pool::{self, Grant, NoTokens};
use crate::random::{is_same, sha256};
use crate::seal::{Purpose, Ring};

/// What the cookie of a checked browser says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Browser {
    /// The session it was checked for.
    #[serde(rename = "h")]
    pub(super) handle: String,
    /// Who it was.
    #[serde(rename = "s")]
    pub(super) subject: String,
}

/// Takes the browser on to the third party.
pub fn signed_in(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else { return unavailable(visit, "no_sealing_keys") };
    let parameters = Parameters::read(&visit.request.query);
    let Some(parameters) = parameters.filter(|parameters| !parameters.has_repeated()) else {
        return over(visit, "unreadable_callback");
    };
    let state = parameters.get("state").unwrap_or_default();
    let sign_in: SignIn = match rings.state.open(Purpose::SignIn, state, visit.now()) {
        Ok(sign_in) => sign_in,
        Err(_whatever) => return over(visit, "state_not_ours_or_too_old"),
    };
    let name = sign_in_cookie(&sign_in.flow);
    let secret = visit.request.cookie(&format!("__Host-{name}")).unwrap_or_default();
    if !is_same(&sha256(secret), &sign_in.browser) {
        return over(visit, "sign_in_of_another_browser");
    }
    onward(visit, &rings.state, &sign_in, &parameters).with_cookie(clear_cookie(&name))
}

fn onward(visit: &Visit<'_>, ring: &Ring, sign_in: &SignIn, parameters: &Parameters) -> Answer {
    let (None, Some(code)) = (parameters.get("error"), parameters.get("code")) else {
        return over(visit, "not_signed_in");
    };
    let grant = Grant::Code { code, verifier: &sign_in.verifier, callback: "/connect/callback" };
    let tokens = match pool::tokens(visit, &grant) {
        Ok(tokens) => tokens,
        Err(NoTokens::InvalidGrant) => return over(visit, "code_used_or_too_old"),
        Err(other) => return unavailable(visit, &other.word()),
    };
    let token = tokens["id_token"].as_str().unwrap_or_default();
    let claims = jwt::verify(token, &visit.front.issuer(visit.deadline), visit.now());
    let Some(claims) = claims.ok().filter(|claims| is_identity(visit, claims, &sign_in.nonce))
    else {
        return over(visit, "identity_token_refused");
    };
    let session = match store::find(visit, &sign_in.handle) {
        Ok(Some(session)) => session,
        Ok(None) => return over(visit, "no_such_session"),
        Err(reason) => return unavailable(visit, &reason),
    };
    if claims.text("iss") != session.issuer || claims.text("sub") != session.subject {
        return somebody_else(visit, &session.handle);
    }
    match session.begin(visit) {
        Ok(true) => {
            visit.log("info", "consent_started", json!({}));
            third_party(visit, ring, &session)
        }
        Ok(false) => over(visit, "session_is_over"),
        Err(reason) => unavailable(visit, &reason),
    }
}

/// OpenID Connect Core 1.0, section 3.1.3.7, and Cognito's own claim of a token's kind.
fn is_identity(visit: &Visit<'_>, claims: &Claims, nonce: &str) -> bool {
    claims.text("token_use") == "id"
        && claims.is_for(&visit.config().client_id) == Some(true)
        && is_same(claims.text("nonce"), nonce)
}

fn third_party(visit: &Visit<'_>, ring: &Ring, session: &Session) -> Answer {
    let browser = Browser { handle: session.handle.clone(), subject: session.subject.clone() };
    let sealed = ring.seal(Purpose::Browser, &browser, Some(visit.now() + LIFETIME));
    Answer::see_other(&session.url).with_cookie(cookie(
        &super::cookie_of(&session.handle),
        &sealed,
        LIFETIME,
    ))
}

fn somebody_else(visit: &Visit<'_>, handle: &str) -> Answer {
    visit.log("warn", "consent_refused", json!({ "error": "another_person" }));
    let content = Html::default()
        .element(
            "p",
            "You are signed in as another person than the one whose tool asked. Nothing has been \
             connected.",
        )
        .element("p class=\"warn\"", "If somebody sent you this link, close this page.")
        .link(
            &format!("/connect/{handle}?{OTHER_ACCOUNT}"),
            "It is mine: sign in with my other account",
        )
        .element("footer", &format!("Reference: {}", visit.id));
    let heading = "This link was made for somebody else";
    pages::page(StatusCode::FORBIDDEN, heading, &content, &[])
}
