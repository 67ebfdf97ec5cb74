//! Streamable HTTP: one POST to `/mcp`, one JSON answer, no session. That is what `AgentCore` Runtime asks of a container.
//!
//! Every request must carry a token. Whether it is a good one the gateway says when a tool is called.

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, ORIGIN, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;

use super::listening::{self, Answer, is_for_loopback, is_loopback};
use super::message::{INVALID_REQUEST, Message, Refusal, answer_to};
use super::server::Server;

/// The endpoint's path, which `AgentCore` Runtime expects.
pub const PATH: &str = "/mcp";
/// The most that is read of a request.
const MOST_BODY: usize = 1024 * 1024;

/// Serves `listener` until the future is dropped.
pub async fn serve(server: &Server<'_>, listener: TcpListener) {
    // On loopback a page in a browser must not reach the server by a name of its own.
    let only_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    listening::serve(
        listener,
        |request| async move { answer(server, request, only_loopback).await },
    )
    .await;
}

async fn answer(server: &Server<'_>, request: Request<Incoming>, only_loopback: bool) -> Answer {
    let (parts, body) = request.into_parts();
    if parts.uri.path() != PATH {
        return refused(StatusCode::NOT_FOUND, "The MCP endpoint is /mcp");
    }
    if !is_trusted(&parts.headers, only_loopback) {
        return refused(StatusCode::FORBIDDEN, "This Host or Origin is not served");
    }
    if parts.method != Method::POST {
        let mut answer =
            refused(StatusCode::METHOD_NOT_ALLOWED, "There are no streams and no sessions here");
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    let Some(token) = bearer(&parts.headers) else {
        let text = "No token: send `Authorization: Bearer …` with a token that the gateway takes";
        return response(None, &Err(Refusal::unauthorized(text)));
    };
    let Ok(body) = Limited::new(body, MOST_BODY).collect().await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large or broke off");
    };
    let message = match Message::read(&body.to_bytes()) {
        Ok(Some(message)) if message.id.is_some() => message,
        Ok(_) => return with_body(StatusCode::ACCEPTED, Bytes::new()),
        Err(refusal) => return response(None, &Err(refusal)),
    };
    let id = message.id.clone();
    let outcome = match message.era_over_http(&parts.headers) {
        Ok(era) => server.answer(message, era, &|| Ok(token.clone())).await,
        Err(refusal) => Err(refusal),
    };
    response(id.as_ref(), &outcome)
}

/// Whether no page of another site sent the request.
fn is_trusted(headers: &HeaderMap, only_loopback: bool) -> bool {
    let origin = headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let own = |origin: &str| origin.split_once("://").is_some_and(|(_, host)| is_loopback(host));
    origin.is_none_or(own) && (!only_loopback || is_for_loopback(headers))
}

/// The token of a request (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.into())
}

fn response(id: Option<&Value>, outcome: &Result<Value, Refusal>) -> Answer {
    let status = outcome.as_ref().map_or_else(|refusal| refusal.status, |_| StatusCode::OK);
    let mut answer = with_body(status, answer_to(id, outcome).to_string().into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if status == StatusCode::UNAUTHORIZED {
        // A request without a token is told of no error (RFC 6750, section 3.1).
        let challenge = match id {
            Some(_) => "Bearer realm=\"construct mcp-server\", error=\"invalid_token\"",
            None => "Bearer realm=\"construct mcp-server\"",
        };
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    answer
}

fn refused(status: StatusCode, message: &str) -> Answer {
    response(None, &Err(Refusal { status, ..Refusal::new(INVALID_REQUEST, message) }))
}

fn with_body(status: StatusCode, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_a_bearer_token() {
        let token = |value: &str| bearer(&headers(&[("authorization", value)]));
        assert_eq!(token("bearer a.b.c").unwrap().expose_secret(), "a.b.c");
        for other in ["Basic YTpi", "Bearer", "Bearer ", "a.b.c"] {
            assert!(token(other).is_none(), "{other}");
        }
        assert!(bearer(&HeaderMap::new()).is_none());
    }

    #[test]
    fn pages_of_other_sites_are_not_served() {
        let trusted = |pairs: &[(&'static str, &str)], only| is_trusted(&headers(pairs), only);
        assert!(trusted(&[("host", "localhost:8000")], true));
        assert!(trusted(&[("host", "runtime.internal")], false));
        assert!(trusted(&[("host", "localhost"), ("origin", "http://localhost:6274")], true));
        assert!(!trusted(&[("host", "evil.example")], true));
        assert!(!trusted(&[("host", "localhost"), ("origin", "https://evil.example")], true));
        assert!(!trusted(&[("host", "runtime.internal"), ("origin", "null")], false));
    }
}
