//! What a vendor's token endpoint answers, in the forms that vendors use: JSON as OAuth asks, or a form, as GitHub
//! answers those who do not ask for JSON; errors with a status that says so, or with 200.

use bytes::Bytes;
use http::Response;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::vault::Tokens;
use crate::wire::form;

/// Why a vendor gave no token. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoToken {
    /// It refused, with this error code.
    #[error("the vendor answered {0}")]
    Refused(String),
    /// It did not answer, or not as a token endpoint does.
    #[error("{0}")]
    Unanswered(String),
}

impl NoToken {
    /// Whether the grant itself is over, so that only a new consent helps. A vendor that is down, or that does not take
    /// the client's secret, may know the grant still.
    pub(super) fn ends_the_grant(&self) -> bool {
        // RFC 6749, section 5.2, and GitHub's own word for a refresh token.
        matches!(self, Self::Refused(code) if code == "invalid_grant" || code == "bad_refresh_token")
    }
}

/// Reads the answer of a token endpoint.
///
/// # Errors
/// [`NoToken`]; an error counts whatever the status is.
pub(super) fn read(response: &Response<Bytes>) -> Result<Tokens, NoToken> {
    let answer = members(response);
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(error) = text("error") {
        return Err(NoToken::Refused(error));
    }
    let access = text("access_token").filter(|_| response.status().is_success());
    let access = access.ok_or_else(|| {
        NoToken::Unanswered(format!("the vendor answered {} without a token", response.status()))
    })?;
    let lifetime = answer.get("expires_in").and_then(seconds);
    Ok(Tokens { access, refresh: text("refresh_token"), lifetime })
}

fn members(response: &Response<Bytes>) -> Map<String, Value> {
    if let Ok(Value::Object(members)) = serde_json::from_slice(response.body()) {
        return members;
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let text = std::str::from_utf8(response.body()).unwrap_or_default();
    let pairs = if is_form { form::pairs(text) } else { Vec::new() };
    pairs.into_iter().map(|(name, value)| (name, Value::from(value))).collect()
}

/// A number, or one that is written as a text, as in every form.
fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, kind: &str, body: &str) -> Result<Tokens, NoToken> {
        let response = Response::builder().status(status).header(CONTENT_TYPE, kind);
        read(&response.body(Bytes::copy_from_slice(body.as_bytes())).unwrap())
    }

    /// As GitHub documents it: "Authorizing OAuth apps" and "Refreshing user access tokens".
    #[test]
    fn github_answers_json_or_a_form() {
        let json = r#"{"access_token":"gho_16C7e42F292c6912E7710c838347Ae178B4a","scope":"repo,gist","token_type":"bearer"}"#;
        let form = "access_token=gho_16C7e42F292c6912E7710c838347Ae178B4a&scope=repo%2Cgist&token_type=bearer";
        for (kind, body) in [
            ("application/json; charset=utf-8", json),
            ("application/x-www-form-urlencoded; charset=utf-8", form),
        ] {
            let tokens = answer(200, kind, body).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(tokens.access, "gho_16C7e42F292c6912E7710c838347Ae178B4a");
            assert_eq!((tokens.refresh, tokens.lifetime), (None, None), "it does not end");
        }
        let ending = "access_token=ghu_16C7&expires_in=28800&refresh_token=ghr_1B4a\
                      &refresh_token_expires_in=15897600&scope=&token_type=bearer";
        let tokens = answer(200, "application/x-www-form-urlencoded", ending).unwrap();
        assert_eq!((tokens.refresh.as_deref(), tokens.lifetime), (Some("ghr_1B4a"), Some(28_800)));
    }

    #[test]
    fn github_refuses_with_status_200() {
        let json = r#"{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired.","error_uri":"https://docs.github.com/"}"#;
        let form = "error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired.";
        for (kind, body) in
            [("application/json", json), ("application/x-www-form-urlencoded", form)]
        {
            let refused = NoToken::Refused("bad_verification_code".to_owned());
            assert_eq!(answer(200, kind, body).err(), Some(refused));
        }
        for (code, ends) in [("bad_refresh_token", true), ("incorrect_client_credentials", false)] {
            let body = format!("{{\"error\":\"{code}\"}}");
            let refused = answer(200, "application/json", &body).err().unwrap();
            assert_eq!(refused.ends_the_grant(), ends, "{code}");
        }
    }

    /// As Atlassian documents it: "OAuth 2.0 (3LO) apps", refresh tokens that rotate.
    #[test]
    fn atlassian_replaces_the_refresh_token() {
        let body = r#"{"access_token":"eyJhbGciOi","expires_in":3600,"refresh_token":"eyJraWQi","scope":"read:page:confluence offline_access","token_type":"Bearer"}"#;
        let tokens = answer(200, "application/json", body).unwrap();
        assert_eq!((tokens.refresh.as_deref(), tokens.lifetime), (Some("eyJraWQi"), Some(3600)));
        let over =
            r#"{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}"#;
        assert!(answer(403, "application/json", over).err().unwrap().ends_the_grant());
    }

    #[test]
    fn what_is_no_answer_of_a_token_endpoint_ends_nothing() {
        for (status, kind, body) in [
            (503, "text/html", "<html>Unicorn!</html>"),
            (200, "text/html", "access_token=from-a-page"),
            (200, "application/json", "[]"),
            (500, "application/json", r#"{"access_token":"x"}"#),
            (200, "application/json", r#"{"access_token":7}"#),
        ] {
            let wrong = answer(status, kind, body).err().unwrap();
            assert!(matches!(wrong, NoToken::Unanswered(_)) && !wrong.ends_the_grant(), "{body}");
            assert!(!wrong.to_string().contains("from-a-page"));
        }
    }
}
