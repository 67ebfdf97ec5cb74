//! `/token`: a code or a refresh token of ours becomes tokens of the pool.
//!
//! Everything that was bound at `/authorize` is compared before the pool hears of it: client, redirect URI, resource and the
//! client's PKCE verifier. A code is the pool's single-use code in a seal, so that it works once; a refresh token is the
//! pool's in a seal, so that another client cannot use it.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authorize::is_ours;
use super::callback::Code;
use super::client;
use crate::Visit;
use crate::http::{Answer, Parameters};
use crate::keys::Rings;
use crate::pool::{self, Grant, NoTokens};
use crate::random::{is_same, sha256};
use crate::seal::Purpose;

const MOST_BODY: usize = 32 * 1024;

/// A refresh token for one client.
#[derive(Debug, Serialize, Deserialize)]
struct Refresh {
    /// The client's fingerprint.
    #[serde(rename = "c")]
    client: String,
    /// What was granted.
    #[serde(rename = "o")]
    scope: String,
    /// The pool's token.
    #[serde(rename = "t")]
    token: String,
}

/// What is wrong with a request: RFC 6749, section 5.2.
enum Wrong {
    Request(&'static str),
    Client(&'static str),
    Grant,
    GrantType,
    Scope,
    Target,
    Upstream(NoTokens),
}

/// Gives tokens.
pub fn token(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else {
        return visit.problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "try again",
        );
    };
    match redeem(visit, &rings) {
        Ok(tokens) => Answer::json(StatusCode::OK, &tokens).with(http::header::PRAGMA, "no-cache"),
        Err(wrong) => refusal(visit, &wrong),
    }
}

fn redeem(visit: &Visit<'_>, rings: &Rings) -> Result<Value, Wrong> {
    let request = visit.request;
    if !request.is_form() || request.body.len() > MOST_BODY {
        return Err(Wrong::Request("the body has to be a short form"));
    }
    let text = std::str::from_utf8(&request.body).ok();
    let form = text.and_then(Parameters::read).filter(|form| !form.has_repeated());
    let form = form.ok_or(Wrong::Request("the form is not readable or names something twice"))?;
    if request.header("authorization").is_some() || form.get("client_secret").is_some() {
        return Err(Wrong::Client("clients are public here and have no secret"));
    }
    let id = form.get("client_id").ok_or(Wrong::Request("client_id is missing"))?;
    let own = client::fingerprint(id);
    if visit.config().denied_clients.contains(&own) {
        return Err(Wrong::Client("this client is no longer served"));
    }
    if !is_ours(form.get("resource"), &visit.config().resource) {
        return Err(Wrong::Target);
    }
    match form.get("grant_type") {
        Some("authorization_code") => code(visit, rings, &form, own),
        Some("refresh_token") => refresh(visit, rings, &form, own),
        Some(_) => Err(Wrong::GrantType),
        None => Err(Wrong::Request("grant_type is missing")),
    }
}

fn code(
    visit: &Visit<'_>,
    rings: &Rings,
    form: &Parameters,
    client: String,
) -> Result<Value, Wrong> {
    let (Some(code), Some(redirect_uri)) = (form.get("code"), form.get("redirect_uri")) else {
        return Err(Wrong::Request("code or redirect_uri is missing"));
    };
    let verifier = form.get("code_verifier").ok_or(Wrong::Request("code_verifier is missing"))?;
    let code: Code =
        rings.state.open(Purpose::Code, code, visit.now()).map_err(|_whatever| Wrong::Grant)?;
    // RFC 7636, section 4.1.
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    let is_same_request = code.ask.client == client && code.ask.redirect_uri == redirect_uri;
    if !is_same_request || !is_verifier || !is_same(&sha256(verifier), &code.ask.challenge) {
        return Err(Wrong::Grant);
    }
    let grant =
        Grant::Code { code: &code.upstream, verifier: &code.verifier, callback: "/callback" };
    let tokens = pool::tokens(visit, &grant).map_err(Wrong::Upstream)?;
    visit.log("info", "tokens_given", json!({ "client": client }));
    Ok(document(rings, &tokens, client, code.ask.scope))
}

fn refresh(
    visit: &Visit<'_>,
    rings: &Rings,
    form: &Parameters,
    client: String,
) -> Result<Value, Wrong> {
    let token = form.get("refresh_token").ok_or(Wrong::Request("refresh_token is missing"))?;
    let refresh: Refresh =
        rings.id.open(Purpose::Refresh, token, visit.now()).map_err(|_whatever| Wrong::Grant)?;
    if refresh.client != client {
        return Err(Wrong::Grant);
    }
    // Tokens carry what was granted first: less cannot be had from the pool, more may not.
    let granted: Vec<&str> = refresh.scope.split(' ').collect();
    let asked = form.get("scope").unwrap_or_default();
    if asked.split_ascii_whitespace().any(|scope| is_own(visit, scope) && !granted.contains(&scope))
    {
        return Err(Wrong::Scope);
    }
    let tokens = pool::tokens(visit, &Grant::Refresh(&refresh.token)).map_err(Wrong::Upstream)?;
    visit.log("info", "tokens_refreshed", json!({ "client": client }));
    Ok(document(rings, &tokens, client, refresh.scope))
}

fn is_own(visit: &Visit<'_>, scope: &str) -> bool {
    visit.config().scopes.iter().any(|own| own == scope)
}

/// RFC 6749, section 5.1. Without a refresh token in the pool's answer the client keeps the one it has.
fn document(rings: &Rings, tokens: &Value, client: String, scope: String) -> Value {
    let mut document = json!({
        "access_token": tokens["access_token"],
        "token_type": "Bearer",
        "expires_in": tokens["expires_in"],
        "scope": scope,
    });
    if let Some(token) = tokens["refresh_token"].as_str() {
        let refresh = Refresh { client, scope, token: token.to_owned() };
        document["refresh_token"] = json!(rings.id.seal(Purpose::Refresh, &refresh, None));
    }
    document
}

fn refusal(visit: &Visit<'_>, wrong: &Wrong) -> Answer {
    let (status, error, description) = match wrong {
        Wrong::Request(description) => (StatusCode::BAD_REQUEST, "invalid_request", *description),
        Wrong::Client(description) => (StatusCode::UNAUTHORIZED, "invalid_client", *description),
        Wrong::Grant | Wrong::Upstream(NoTokens::InvalidGrant) => {
            (StatusCode::BAD_REQUEST, "invalid_grant", "sign in again")
        }
        Wrong::GrantType => (
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "authorization_code or refresh_token",
        ),
        Wrong::Scope => (StatusCode::BAD_REQUEST, "invalid_scope", "more than was granted"),
        Wrong::Target => (StatusCode::BAD_REQUEST, "invalid_target", "resource is not served here"),
        Wrong::Upstream(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the identity provider did not answer as it should",
        ),
    };
    let reason = match wrong {
        Wrong::Upstream(reason) => reason.word(),
        _ => error.to_owned(),
    };
    visit.log("info", "tokens_refused", json!({ "error": reason }));
    let answer = visit.problem(status, error, description);
    if status == StatusCode::UNAUTHORIZED && visit.request.header("authorization").is_some() {
        // RFC 6749, section 5.2: the scheme that was used.
        return answer.with(WWW_AUTHENTICATE, "Basic realm=\"token\"");
    }
    answer
}
