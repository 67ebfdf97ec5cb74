//! The user pool as an authorization server: where browsers are sent, and what codes and refresh tokens are worth.

use std::time::Duration;

use http::{Request, StatusCode};
use serde_json::Value;

use crate::Visit;
use crate::config::Config;
use crate::http::{encode, with_query};
use crate::random::sha256;
use crate::web::{self, Trouble};

const LIMIT: Duration = Duration::from_secs(10);
/// Three tokens of at most a few kilobytes.
const MOST_ANSWER: u64 = 64 * 1024;

/// A browser on its way to the sign-in page.
#[derive(Debug)]
pub struct Visitor<'a> {
    /// Which of our paths it comes back to; the pool knows both.
    pub callback: &'static str,
    /// What is asked for.
    pub scope: &'a str,
    /// What comes back with it.
    pub state: &'a str,
    /// Our PKCE verifier.
    pub verifier: &'a str,
    /// What an identity token has to repeat.
    pub nonce: Option<&'a str>,
    /// Whether the page asks even who is signed in already.
    pub asks_again: bool,
}

/// The address of the sign-in page for a browser.
pub fn authorize(config: &Config, visitor: &Visitor<'_>) -> String {
    let callback = config.own(visitor.callback);
    let challenge = sha256(visitor.verifier);
    let mut pairs = vec![
        ("response_type", "code"),
        ("client_id", &config.client_id),
        ("redirect_uri", &callback),
        ("scope", visitor.scope),
        ("state", visitor.state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    pairs.extend(visitor.nonce.map(|nonce| ("nonce", nonce)));
    if visitor.asks_again {
        pairs.push(("prompt", "login"));
    }
    if config.forward_resource && visitor.nonce.is_none() {
        pairs.push(("resource", &config.resource));
    }
    with_query(&format!("{}/oauth2/authorize", config.sign_in_page), pairs)
}

/// What the pool gives tokens for.
#[derive(Debug)]
pub enum Grant<'a> {
    /// A code of its own.
    Code {
        /// The code.
        code: &'a str,
        /// Our verifier.
        verifier: &'a str,
        /// The path it was sent to.
        callback: &'static str,
    },
    /// A refresh token of its own.
    Refresh(&'a str),
}

/// Why there are no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTokens {
    /// The code or refresh token is used, over or not the pool's.
    InvalidGrant,
    /// The pool refused us, or answered with something else.
    Refused(u16),
    /// The pool did not answer.
    Trouble(Trouble),
}

impl NoTokens {
    /// A word for the log.
    pub fn word(self) -> String {
        match self {
            Self::InvalidGrant => "invalid_grant".to_owned(),
            Self::Refused(status) => format!("pool_answered_{status}"),
            Self::Trouble(trouble) => trouble.word().to_owned(),
        }
    }
}

/// Gets tokens.
///
/// # Errors
/// See [`NoTokens`].
pub fn tokens(visit: &Visit<'_>, grant: &Grant<'_>) -> Result<Value, NoTokens> {
    let config = visit.config();
    let callback;
    let mut pairs = vec![("client_id", config.client_id.as_str())];
    match grant {
        Grant::Code { code, verifier, callback: path } => {
            callback = config.own(path);
            pairs.push(("grant_type", "authorization_code"));
            pairs.push(("code", code));
            pairs.push(("code_verifier", verifier));
            pairs.push(("redirect_uri", &callback));
        }
        Grant::Refresh(token) => {
            pairs.push(("grant_type", "refresh_token"));
            pairs.push(("refresh_token", token));
        }
    }
    let form: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let request = Request::post(format!("{}/oauth2/token", config.sign_in))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept", "application/json")
        .body(form.join("&").into_bytes())
        .map_err(|_malformed| NoTokens::Trouble(Trouble::Unreachable))?;
    let sent = visit.front.web.send(request, visit.deadline.at_most(LIMIT));
    let mut response = sent.map_err(NoTokens::Trouble)?;
    let body = web::read(response.body_mut(), MOST_ANSWER).map_err(NoTokens::Trouble)?;
    let document: Value = serde_json::from_slice(&body).unwrap_or_default();
    match response.status() {
        StatusCode::OK if document["access_token"].is_string() => Ok(document),
        StatusCode::BAD_REQUEST if document["error"] == "invalid_grant" => {
            Err(NoTokens::InvalidGrant)
        }
        status => Err(NoTokens::Refused(status.as_u16())),
    }
}
