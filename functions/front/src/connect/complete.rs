//! `/oauth2/callback`: AgentCore sends the browser back after a consent.

use http::StatusCode;
use serde_json::json;

use super::sign_in::Browser;
use super::store::{self, Session, Stage};
use super::{cookie_of, is_session, over, unavailable};
use crate::Visit;
use crate::aws::Operation;
use crate::http::{Answer, Parameters};
use crate::keys::Rings;
use crate::oauth::clear_cookie;
use crate::pages;
use crate::seal::Purpose;

const COMPLETE: Operation = Operation {
    service: "bedrock-agentcore",
    path: "/identities/CompleteResourceTokenAuth",
    target: None,
    content_type: "application/json",
};

/// Completes a consent.
pub fn consented(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else { return unavailable(visit, "no_sealing_keys") };
    let parameters = Parameters::read(&visit.request.query).unwrap_or_default();
    let Some(name) = parameters.get("session_id").filter(|name| is_session(name)) else {
        return over(visit, "no_session_named");
    };
    let session = match store::find(visit, &rings.id.name(name)) {
        Ok(Some(session)) if session.name == name => session,
        Ok(_) => return over(visit, "no_such_session"),
        Err(reason) => return unavailable(visit, &reason),
    };
    if matches!(session.stage, Stage::Done | Stage::Burned) {
        return over(visit, "session_is_over");
    }
    if session.stage != Stage::Started || !is_checked(visit, &rings, &session) {
        return burn(visit, &session);
    }
    let answer = if parameters.get("error").is_some() {
        declined(visit, &session)
    } else {
        finish(visit, &rings, &session)
    };
    answer.with_cookie(clear_cookie(&cookie_of(&session.handle)))
}

/// The third party refused, or the person did there: its answer was the session's last.
fn declined(visit: &Visit<'_>, session: &Session) -> Answer {
    if let Err(reason) = session.consume(visit) {
        return unavailable(visit, &reason);
    }
    visit.log("info", "consent_declined", json!({}));
    pages::message(
        StatusCode::OK,
        "Not connected",
        &[
            "The request for access was cancelled or refused. Nothing has been connected.",
            "Call the tool in your editor again if you change your mind.",
        ],
        visit.id,
    )
}

/// Whether this is the browser whose person was compared.
fn is_checked(visit: &Visit<'_>, rings: &Rings, session: &Session) -> bool {
    let cookie = visit.request.cookie(&format!("__Host-{}", cookie_of(&session.handle)));
    let browser: Option<Browser> =
        cookie.and_then(|sealed| rings.state.open(Purpose::Browser, sealed, visit.now()).ok());
    browser.is_some_and(|browser| {
        browser.handle == session.handle && browser.subject == session.subject
    })
}

/// Somebody consented whom nobody checked: what they gave must reach nobody.
fn burn(visit: &Visit<'_>, session: &Session) -> Answer {
    match session.burn(visit) {
        Ok(_) => {
            visit.log("warn", "consent_session_burned", json!({}));
            over(visit, "callback_of_another_browser")
        }
        Err(reason) => unavailable(visit, &reason),
    }
}

fn finish(visit: &Visit<'_>, rings: &Rings, session: &Session) -> Answer {
    let Some(token) = session.token(rings, visit.now()) else {
        return over(visit, "token_cannot_be_opened");
    };
    match session.consume(visit) {
        Ok(true) => {}
        Ok(false) => return over(visit, "session_is_over"),
        Err(reason) => return unavailable(visit, &reason),
    }
    let input = json!({ "userIdentifier": { "userToken": token }, "sessionUri": session.name });
    let front = visit.front;
    match front.aws.call(&front.web, COMPLETE, &input, visit.deadline) {
        Ok(_) => {
            visit.log("info", "consent_completed", json!({}));
            pages::message(
                StatusCode::OK,
                "Connected",
                &["You can close this page. Call the tool in your editor again, and it will run."],
                visit.id,
            )
        }
        Err(error) => {
            visit.log("error", "consent_not_completed", json!({ "error": error.word() }));
            pages::message(
                StatusCode::BAD_GATEWAY,
                "Connecting did not work",
                &[
                    "The consent could not be completed. Nothing has been connected.",
                    "Call the tool in your editor again to get a new link.",
                ],
                visit.id,
            )
        }
    }
}
