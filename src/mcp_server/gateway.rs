//! Calls of a gateway's tools over MCP, each with the token of the person it is made for.
//!
//! `AgentCore` Gateway takes a `tools/call` without a handshake before it. The answer is read whole, as one JSON document or
//! as the last message of an event stream. No redirect is followed: a token goes where it was sent and nowhere else.

use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use ureq::Agent;

use super::message::{Era, INTERNAL_ERROR, Refusal, STATELESS, URL_ELICITATION};
use crate::wire::{events, own_authority};

/// How long a call may take: a tool's backend gets less from the gateway.
const PATIENCE: Duration = Duration::from_mins(5);
/// The most that is read of an answer: the gateway's own limit on payloads.
const MOST_BODY: u64 = 6 * 1024 * 1024;

/// A gateway and the target in it.
pub struct Gateway {
    url: String,
    target: String,
    agent: Agent,
}

/// The gateway's URL is none that a token may be sent to.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no URL of a gateway: it must begin with https://, or with http:// on this machine"
)]
pub struct GatewayUrlError(String);

impl Gateway {
    /// The target `target` of the gateway at `url`.
    ///
    /// # Errors
    /// When the URL would send tokens over a network in the clear, or is none.
    pub fn new(url: &str, target: &str) -> Result<Self, GatewayUrlError> {
        let is_own = own_authority(url).is_some();
        let is_https = url.starts_with("https://");
        let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
        if !(is_own || is_https) || host.is_none_or(|host| host.is_empty()) {
            return Err(GatewayUrlError(url.to_owned()));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(PATIENCE));
        // What is on this machine is asked without the environment's proxy.
        let config = if is_own { config.proxy(None) } else { config };
        let agent = config.build().into();
        Ok(Self { url: url.to_owned(), target: target.to_owned(), agent })
    }

    /// The gateway's id, which names its workload identity too, where the URL tells it.
    pub(super) fn id(&self) -> Option<&str> {
        let (_, rest) = self.url.split_once("://")?;
        match rest.split_once("/gateway/") {
            Some((_, rest)) => rest.split('/').next(),
            None => rest.split_once(".gateway.bedrock-agentcore.").map(|(id, _)| id),
        }
    }

    /// The Region in the gateway's host name.
    pub fn region(&self) -> Option<&str> {
        let (_, rest) = self.url.split_once(".gateway.bedrock-agentcore.")?;
        rest.split('.').next()
    }

    /// The address of the AWS that the gateway belongs to, where that is on this machine.
    pub fn local_aws(&self) -> Option<&str> {
        own_authority(&self.url)
    }

    /// Calls the operation `operation` of the target. `params` are those of `tools/call` but for the name.
    ///
    /// # Errors
    /// What the gateway says is wrong, as it says it, and what kept it from answering.
    pub(super) async fn call(
        &self,
        operation: &str,
        mut params: Map<String, Value>,
        era: Era,
        token: &SecretString,
    ) -> Result<Value, Refusal> {
        let name = format!("{}___{operation}", self.target);
        params.insert("name".to_owned(), json!(name));
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
        let mut request = http::Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header(AUTHORIZATION, bearer.expose_secret());
        request = match era {
            // What the caller's own client can do with a URL is for this server to mind.
            Era::Handshake { .. } => request.header("mcp-protocol-version", URL_ELICITATION),
            Era::Stateless => request
                .header("mcp-protocol-version", STATELESS)
                .header("mcp-method", "tools/call")
                .header("mcp-name", &name),
        };
        let request = request.body(body.to_string()).map_err(|_unwritable| {
            Refusal::unauthorized("The token is no bearer token: it cannot be written in a header")
        })?;
        let agent = self.agent.clone();
        let answered = tokio::task::spawn_blocking(move || send(&agent, request)).await;
        let failed = |why: String| {
            Refusal::new(
                INTERNAL_ERROR,
                &format!("The gateway at {} did not answer: {why}", self.url),
            )
        };
        let (status, text) = answered
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))?;
        read(status, &text).unwrap_or_else(|| {
            Err(failed(format!("status {} and nothing that is MCP", status.as_u16())))
        })
    }
}

fn send(
    agent: &Agent,
    request: http::Request<String>,
) -> Result<(StatusCode, String), ureq::Error> {
    let mut answer = agent.run(request)?;
    let text = answer.body_mut().with_config().limit(MOST_BODY).read_to_string()?;
    Ok((answer.status(), text))
}

/// The outcome in an answer; none if there is none.
fn read(status: StatusCode, text: &str) -> Option<Result<Value, Refusal>> {
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        let message =
            "The gateway did not take the token: it is over, or not meant for it. Sign in again.";
        return Some(Err(Refusal { status, ..Refusal::unauthorized(message) }));
    }
    let mut message = match serde_json::from_str(text) {
        Ok(message @ Value::Object(_)) => message,
        _ => events::last_answer(text)?,
    };
    match message.get_mut("error").map(Value::take) {
        Some(error @ Value::Object(_)) => Some(Err(Refusal { status, error })),
        _ => message.get_mut("result").map(|result| Ok(result.take())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_https_or_stay_on_this_machine() {
        for url in [
            "https://g.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp",
            "http://localhost:1/gateway/g-1/mcp",
            "http://[::1]:1/mcp",
        ] {
            assert!(Gateway::new(url, "github").is_ok(), "{url}");
        }
        for url in [
            "",
            "https://",
            "http://example.com/mcp",
            "http://localhost.example.com/",
            "http://localhost@example.com/",
            "http://localhost:1@example.com/",
            "ftp://localhost/",
        ] {
            assert!(Gateway::new(url, "github").is_err(), "{url}");
        }
    }

    #[test]
    fn the_url_tells_id_and_region() {
        let aws = "https://g-1.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp";
        let aws = Gateway::new(aws, "github").unwrap();
        assert_eq!(
            (aws.id(), aws.region(), aws.local_aws()),
            (Some("g-1"), Some("us-west-2"), None)
        );
        let local = Gateway::new("http://localhost:4566/gateway/g-1/mcp", "github").unwrap();
        assert_eq!((local.id(), local.region()), (Some("g-1"), None));
        assert_eq!(local.local_aws(), Some("localhost:4566"));
    }

    #[test]
    fn an_answer_is_a_document_or_the_last_event() {
        let result = json!({ "content": [] });
        let document = json!({ "jsonrpc": "2.0", "id": 1, "result": result }).to_string();
        assert_eq!(read(StatusCode::OK, &document), Some(Ok(result.clone())));
        let stream = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\r\n\r\n\
                      data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":1,\"result\":{\"content\":[]}}\n\n";
        assert_eq!(read(StatusCode::OK, stream), Some(Ok(result)));
        assert_eq!(read(StatusCode::BAD_GATEWAY, "<html>"), None);
        assert_eq!(read(StatusCode::OK, "{}"), None);
    }

    #[test]
    fn errors_come_through_untouched() {
        let error = json!({ "code": -32042, "message": "m", "data": { "elicitations": [{ "url": "u", "own": 1 }], "x": {} } });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "error": error }).to_string();
        let refusal = read(StatusCode::OK, &body).unwrap().unwrap_err();
        assert_eq!((refusal.status, refusal.error), (StatusCode::OK, error));
        let refusal = read(StatusCode::UNAUTHORIZED, "{\"error\":{}}").unwrap().unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNAUTHORIZED);
    }
}
