//! Why a message got no answer of the server's own: a short sentence for the client, whose model reads it, and the whole
//! story for the person who reads the log.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// What JSON-RPC has for a server that cannot answer.
const INTERNAL_ERROR: i64 = -32_603;
/// The credentials were not taken, or there are none: of the range that JSON-RPC leaves to servers.
const UNAUTHORIZED: i64 = -32_001;
/// The most of somebody else's text that goes to the log.
const MOST_TEXT: usize = 500;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is nothing to authorize a request with; why.
    NoCredentials(String),
    /// The server cannot be reached; what the system says.
    Unreachable(String),
    /// It was silent for so long.
    Silent(Duration),
    /// It refused, and what it said is not MCP.
    Refused(Refusal),
    /// Its answer ended before the result.
    Ended,
    /// Its answer is longer than what is read.
    TooLong,
    /// It does not know the session any more, and did not begin another.
    NoSession,
}

/// A refusal that is not MCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    /// AWS's code, such as `AccessDeniedException`.
    code: Option<String>,
    request_id: Option<String>,
    text: String,
}

impl Refusal {
    /// Reads what AWS's services say: a code and the request's id in headers, a message in the body.
    pub(super) fn read(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> Self {
        let header = |name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let member = |name: &str| document.get(name)?.as_str().map(str::to_owned);
        let code = header("x-amzn-errortype").or_else(|| member("__type"));
        // `namespace#Code` and `Code:address` are older forms of the same.
        let code = code.as_deref().and_then(|code| code.rsplit('#').next()?.split(':').next());
        let is_code = |code: &&str| code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let text = member("message").or_else(|| member("Message"));
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
        Self {
            status,
            code: code.filter(is_code).map(str::to_owned),
            request_id: header("x-amzn-requestid").or_else(|| header("x-amzn-request-id")),
            text: text.chars().filter(|one| !one.is_control()).take(MOST_TEXT).collect(),
        }
    }
}

impl Trouble {
    /// The code of the JSON-RPC error.
    pub(super) fn code(&self) -> i64 {
        match self {
            Self::NoCredentials(_) => UNAUTHORIZED,
            Self::Refused(refusal) if matches!(refusal.status.as_u16(), 401 | 403) => UNAUTHORIZED,
            _ => INTERNAL_ERROR,
        }
    }

    /// What the client reads; `host` is the server's.
    pub(super) fn message(&self, host: &str) -> String {
        match self {
            Self::NoCredentials(_) => {
                "The proxy has no credentials to call with: its log says why".to_owned()
            }
            Self::Unreachable(_) => format!("{host} cannot be reached"),
            Self::Silent(time) => format!("No answer from {host} within {} s", time.as_secs_f64()),
            Self::Ended => format!("The answer of {host} ended before the result"),
            Self::TooLong => format!("The answer of {host} is too long"),
            Self::NoSession => {
                format!("{host} ended the session and did not begin another: start again")
            }
            Self::Refused(refusal) => {
                let status = refusal.status.as_u16();
                let code =
                    refusal.code.as_deref().map_or_else(String::new, |code| format!(" {code}"));
                match status {
                    401 | 403 => {
                        format!("{host} did not take the credentials of the proxy: {status}{code}")
                    }
                    300..=399 => format!("{host} redirects, which is not followed: {status}"),
                    _ => format!("{host} answered {status}{code} and no MCP"),
                }
            }
        }
    }

    /// The member `data` of the error: what support asks for.
    pub(super) fn data(&self) -> Value {
        match self {
            Self::Refused(Refusal { status, request_id: Some(id), .. }) => {
                json!({ "status": status.as_u16(), "requestId": id })
            }
            Self::Refused(refusal) => json!({ "status": refusal.status.as_u16() }),
            _ => Value::Null,
        }
    }

    /// What a person reads in the log.
    pub(super) fn log(&self, host: &str) -> String {
        let message = self.message(host);
        match self {
            Self::NoCredentials(why) | Self::Unreachable(why) => format!("{message}: {why}"),
            Self::Refused(refusal) => {
                let id = refusal.request_id.as_ref();
                let id = id.map_or_else(String::new, |id| format!(" (request {id})"));
                format!("{message}: {}{id}", refusal.text)
            }
            _ => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_shortly_and_logged_in_full() {
        let mut headers = HeaderMap::new();
        headers
            .insert("x-amzn-errortype", "AccessDeniedException:http://internal/".parse().unwrap());
        headers.insert("x-amzn-requestid", "r-1".parse().unwrap());
        let body = br#"{"message":"User: arn:aws:iam::111122223333:user/ann is not authorized"}"#;
        let refusal = Refusal::read(StatusCode::FORBIDDEN, &headers, &Bytes::from_static(body));
        let trouble = Trouble::Refused(refusal);
        assert_eq!(
            trouble.message("h"),
            "h did not take the credentials of the proxy: 403 AccessDeniedException"
        );
        assert_eq!(
            (trouble.code(), trouble.data()),
            (-32_001, json!({ "status": 403, "requestId": "r-1" }))
        );
        assert!(trouble.log("h").ends_with("user/ann is not authorized (request r-1)"));
    }

    #[test]
    fn what_is_no_document_is_cut() {
        let page = Bytes::from("<html>\n".repeat(1000));
        let refusal = Refusal::read(StatusCode::BAD_GATEWAY, &HeaderMap::new(), &page);
        let trouble = Trouble::Refused(refusal);
        assert_eq!(trouble.message("h"), "h answered 502 and no MCP");
        assert!(trouble.log("h").len() < 600 && !trouble.log("h").contains('\n'));
        let moved = Refusal::read(StatusCode::FOUND, &HeaderMap::new(), &Bytes::new());
        assert!(Trouble::Refused(moved).message("h").contains("redirects"));
    }
}
