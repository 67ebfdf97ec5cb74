//! `GET /authorize`: who asks for what, and the page that asks the person.
//!
//! Until client and redirect URI are known to be right, a refusal is a page: nobody is sent anywhere. After that it goes to
//! the client.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::{Ask, refusal};
use super::client::{self, Client};
use super::cookies::cookie;
use super::redirect::RedirectUri;
use crate::Visit;
use crate::http::{Answer, Parameters};
use crate::pages::{self, Question};
use crate::random::{self, sha256};
use crate::schedule;
use crate::seal::Purpose;

/// How long a person may think.
pub(super) const THINKING: u64 = 10 * 60;
const _: () = assert!(THINKING <= schedule::LIFE, "a state outlives its key");
/// The cookie that tells this browser's forms from another's. It says nothing about any login.
pub(super) const CSRF: &str = "csrf";
const MOST_STATE: usize = 1024;

/// What a form brings back: the request, and the browser that it was shown to.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    /// The request.
    pub(super) ask: Ask,
    /// The digest of the browser's cookie.
    pub(super) browser: String,
}

/// Asks the person.
pub fn ask(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else { return unavailable(visit) };
    let Some(parameters) = Parameters::read(&visit.request.query) else {
        return stranger(visit, "unreadable_request");
    };
    let found =
        parameters.get("client_id").and_then(|id| Some((id, client::find(visit, &rings, id)?)));
    let Some((id, client)) = found else { return stranger(visit, "unknown_client") };
    let redirect_uri = parameters.get("redirect_uri").and_then(RedirectUri::read);
    let Some(redirect_uri) = redirect_uri.filter(|uri| client.admits(uri)) else {
        return stranger(visit, "redirect_uri_not_registered");
    };
    if parameters.get("state").is_some_and(|state| state.len() > MOST_STATE) {
        return stranger(visit, "state_too_long");
    }
    let ask = match read(visit, &parameters, id) {
        Ok(ask) => ask,
        Err((error, description)) => {
            visit.log("info", "authorization_refused", json!({ "error": error }));
            let uri = parameters.get("redirect_uri").unwrap_or_default();
            return refusal(visit.config(), (uri, parameters.get("state")), error, description);
        }
    };
    question(visit, &rings.state, (&client, &redirect_uri), ask)
}

fn question(
    visit: &Visit<'_>,
    ring: &crate::seal::Ring,
    (client, redirect_uri): (&Client, &RedirectUri<'_>),
    ask: Ask,
) -> Answer {
    // Two pages at once share the cookie, or the second would spoil the first.
    let known = visit.request.cookie(&format!("__Host-{CSRF}"));
    let known = known.filter(|value| random::from_base64url(value).is_some_and(|b| b.len() == 16));
    let browser = known.map_or_else(random::text::<16>, str::to_owned);
    let scopes: Vec<String> = ask.scope.split(' ').map(str::to_owned).collect();
    let target = ask.redirect_uri.clone();
    let asked = Asked { ask, browser: sha256(&browser) };
    let request = ring.seal(Purpose::Consent, &asked, Some(visit.now() + THINKING));
    let page = pages::consent(&Question {
        client: &client.name,
        redirect_uri: &target,
        is_loopback: redirect_uri.is_loopback(),
        vouched_by: client.vouched_by.as_deref(),
        scopes: &scopes,
        request: &request,
        sign_in: &visit.config().sign_in_page,
        form_targets: &visit.config().form_targets,
    });
    page.with_cookie(cookie(CSRF, &browser, 60 * 60))
}

/// What is asked for, once it is known by whom. Errors are RFC 6749, 4.1.2.1 and RFC 8707, 2.
fn read(
    visit: &Visit<'_>,
    parameters: &Parameters,
    id: &str,
) -> Result<Ask, (&'static str, &'static str)> {
    let config = visit.config();
    if parameters.has_repeated() {
        return Err(("invalid_request", "a parameter is given twice"));
    }
    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(("unsupported_response_type", "only code is served")),
        None => return Err(("invalid_request", "response_type is missing")),
    }
    let challenge =
        parameters.get("code_challenge").ok_or(("invalid_request", "PKCE is required"))?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(("invalid_request", "code_challenge_method has to be S256"));
    }
    if challenge.len() != 43 || random::from_base64url(challenge).is_none() {
        return Err(("invalid_request", "code_challenge is no SHA-256 digest"));
    }
    if !is_ours(parameters.get("resource"), &config.resource) {
        return Err(("invalid_target", "resource is not served here"));
    }
    Ok(Ask {
        client: client::fingerprint(id),
        redirect_uri: parameters.get("redirect_uri").unwrap_or_default().to_owned(),
        state: parameters.get("state").map(str::to_owned),
        challenge: challenge.to_owned(),
        scope: granted(parameters.get("scope").unwrap_or_default(), &config.scopes),
    })
}

/// The scope that every call needs, and of the others those that were asked for. What is not known is left out: editors
/// ask for `offline_access` and the like, and the pool refuses what its client does not have.
fn granted(asked: &str, known: &[String]) -> String {
    let is_granted = |(at, scope): &(usize, &String)| {
        *at == 0 || asked.split(' ').any(|one| one == scope.as_str())
    };
    let granted = known.iter().enumerate().filter(is_granted).map(|(_, scope)| scope.as_str());
    granted.collect::<Vec<_>>().join(" ")
}

/// Whether a `resource` means us (RFC 8707): scheme and host in any case, one slash at the end allowed. Where a client does
/// not send it, there is only one resource it can mean.
pub(super) fn is_ours(asked: Option<&str>, own: &str) -> bool {
    let Some(asked) = asked else { return true };
    let authority = crate::http::origin(asked).len();
    let canonical = format!("{}{}", asked[..authority].to_ascii_lowercase(), &asked[authority..]);
    canonical.strip_suffix('/').unwrap_or(&canonical) == own
}

/// A page for a request that cannot be answered to whoever made it.
pub(super) fn stranger(visit: &Visit<'_>, reason: &'static str) -> Answer {
    visit.log("info", "authorization_refused", json!({ "error": reason }));
    pages::message(
        StatusCode::BAD_REQUEST,
        "This sign-in request is not in order",
        &[
            "The program that sent you here is not registered for this, or its request was damaged \
             on the way. Nothing has been given to anybody.",
            "Start signing in from your editor again. If that does not help, remove the server from \
             the editor and add it again.",
        ],
        visit.id,
    )
}

/// A page for a moment without keys.
pub(super) fn unavailable(visit: &Visit<'_>) -> Answer {
    pages::message(
        StatusCode::SERVICE_UNAVAILABLE,
        "Signing in is not possible right now",
        &["Please try again in a minute."],
        visit.id,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_13_scopes_are_never_more_than_ours() {
        let known = ["mcp/invoke".to_owned(), "mcp/admin".to_owned()];
        for (asked, expected) in [
            ("", "mcp/invoke"),
            ("phone openid offline_access other/invoke", "mcp/invoke"),
            ("mcp/admin", "mcp/invoke mcp/admin"),
            ("mcp/admin mcp/admin mcp/ADMIN mcp/\u{430}dmin", "mcp/invoke mcp/admin"),
        ] {
            assert_eq!(granted(asked, &known), expected, "{asked}");
        }
        let many = "other/x ".repeat(200);
        assert_eq!(granted(&many, &known), "mcp/invoke");
    }

    #[test]
    fn attack_14_resource_is_ours_or_none() {
        let own = "https://api.example/mcp";
        for ours in
            [None, Some(own), Some("https://api.example/mcp/"), Some("HTTPS://API.example/mcp")]
        {
            assert!(is_ours(ours, own), "{ours:?}");
        }
        for other in [
            "https://evil.example/mcp",
            "https://api.example/other",
            "https://api.example",
            "https://api.example/MCP",
            "https://api.example/mcp#x",
            "https://api.example/mcp//",
            "https://api.example/mcp?x",
            "[\"https://api.example/mcp\"]",
        ] {
            assert!(!is_ours(Some(other), own), "{other}");
        }
    }
}
