//! MCP servers behind targets: the gateway as their client, over Streamable HTTP with a handshake for
//! each call.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use serde_json::{Value, json};

use super::super::state::Target;
use super::super::target_kind::TargetKind;
use super::Site;
use super::authorizer::Caller;
use super::call::{ToolCall, authorized};
use super::credentials::{self, Credential, Unready};
use super::message::{Message, URL_ELICITATION};
use super::tools::listed;
use crate::local::LocalAws;
use crate::outbound;

/// Pages of a server's list that are read at most: a server that never ends is not followed.
const MOST_PAGES: usize = 20;

/// The tools of a target's server now.
///
/// # Errors
/// Why they cannot be read, as a sentence.
pub(super) async fn list(
    site: &Site,
    caller: &Caller,
    target: &Target,
) -> Result<Vec<Value>, String> {
    let (kind, part) = TargetKind::of(&target.settings.target_configuration)
        .ok_or_else(|| "the target's kind is not known".to_owned())?;
    let message = Message { id: None, method: String::new(), params: serde_json::Map::new() };
    let call =
        ToolCall { site, target, part, tool: "", arguments: &message.params, message: &message };
    let credential = match credentials::obtain(&call, kind, caller).await {
        Ok(credential) => credential,
        Err(Unready::Refused(reason) | Unready::Internal(reason)) => return Err(reason),
        Err(Unready::Consent(_)) => return Err("a person must consent first".to_owned()),
    };
    read_tools(&site.local, part, &credential).await
}

/// All pages of a server's `tools/list`.
///
/// # Errors
/// Why they cannot be read, as a sentence.
pub(in crate::services::agentcore) async fn read_tools(
    local: &LocalAws,
    part: &Value,
    credential: &Credential,
) -> Result<Vec<Value>, String> {
    let mut tools = Vec::new();
    let mut params = json!({});
    for _ in 0..MOST_PAGES {
        let page = ask(local, part, credential, "tools/list", &params).await?;
        tools.extend(listed(&page));
        let Some(cursor) = page.get("nextCursor").filter(|cursor| cursor.is_string()) else {
            return Ok(tools);
        };
        params = json!({ "cursor": cursor });
    }
    Err("the server's list of tools does not end".to_owned())
}

/// Asks a target's server one thing and gives its result.
///
/// # Errors
/// What the server refuses, or why it cannot be asked, as a sentence.
pub(super) async fn ask(
    local: &LocalAws,
    part: &Value,
    credential: &Credential,
    method: &str,
    params: &Value,
) -> Result<Value, String> {
    let endpoint = part["endpoint"].as_str().unwrap_or_default();
    let client = Client { local, endpoint, credential };
    let hello = json!({
        "protocolVersion": URL_ELICITATION,
        "capabilities": {},
        "clientInfo": { "name": "bedrock-agentcore-gateway", "version": "1.0.0" },
    });
    let first = client.post(&request(1, "initialize", &hello), None).await?;
    let session = first.headers().get("mcp-session-id").cloned();
    let agreed = result_of(&first, 1)?;
    let version =
        agreed["protocolVersion"].as_str().and_then(|own| HeaderValue::try_from(own).ok());
    let handshake = Some((session, version));
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    client.post(&ready, handshake.clone()).await?;
    let answer = client.post(&request(2, method, params), handshake).await?;
    result_of(&answer, 2)
}

/// What a handshake agreed on: session and version, as headers.
type Handshake = (Option<HeaderValue>, Option<HeaderValue>);

struct Client<'a> {
    local: &'a LocalAws,
    endpoint: &'a str,
    credential: &'a Credential,
}

impl Client<'_> {
    async fn post(
        &self,
        message: &Value,
        handshake: Option<Handshake>,
    ) -> Result<Response<Bytes>, String> {
        let mut request = Request::post(self.endpoint)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .body(Bytes::from(message.to_string()))
            .map_err(|_not_a_url| format!("{} is not a URL", self.endpoint))?;
        let (session, version) = handshake.unwrap_or_default();
        for (name, value) in [("mcp-session-id", session), ("mcp-protocol-version", version)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value);
            }
        }
        let request = authorized(request, self.credential)?;
        let response =
            outbound::send(self.local, request).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("The MCP server answered {}", response.status()));
        }
        Ok(response)
    }
}

fn request(id: u32, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// The result in an answer, which is JSON or a stream of events.
fn result_of(response: &Response<Bytes>, id: u32) -> Result<Value, String> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let text = String::from_utf8_lossy(response.body());
    let answer = if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        events(&text).into_iter().find(|event| event["id"] == id)
    } else {
        serde_json::from_str(&text).ok().filter(|answer: &Value| answer["id"] == id)
    };
    let mut answer = answer.ok_or_else(|| "The MCP server's answer is not MCP".to_owned())?;
    if let Some(error) = answer.get("error") {
        let message = error["message"].as_str().unwrap_or("without a reason");
        return Err(format!("The MCP server refused: {message}"));
    }
    Ok(answer["result"].take())
}

/// The JSON messages of an event stream.
fn events(stream: &str) -> Vec<Value> {
    let stream = stream.replace("\r\n", "\n");
    let data = |event: &str| {
        let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
    };
    stream.split("\n\n").filter_map(|event| serde_json::from_str(&data(event)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_in_a_stream() {
        let stream = "event: message\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\r\n\r\n\
                      : comment\n\ndata: {\"id\":2,\ndata: \"result\":{\"a\":1}}\n\n";
        let response = Response::builder()
            .header(CONTENT_TYPE, "text/event-stream; charset=utf-8")
            .body(Bytes::from_static(stream.as_bytes()))
            .unwrap();
        assert_eq!(result_of(&response, 2), Ok(json!({"a": 1})));
        assert!(result_of(&response, 3).is_err());
    }

    #[test]
    fn a_refusal_is_told() {
        let body = json!({"jsonrpc": "2.0", "id": 2, "error": {"code": 1, "message": "no"}});
        let response = Response::new(Bytes::from(body.to_string()));
        assert_eq!(result_of(&response, 2), Err("The MCP server refused: no".to_owned()));
    }
}
