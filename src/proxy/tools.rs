//! One question that is asked without a client: which tools the server has.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};

use super::trouble::{Refusal, Trouble};
use super::upstream::{Answer, Upstream};

/// A version without a handshake before `tools/list` at a gateway of `AgentCore`.
const VERSION: &str = "2025-11-25";
/// Pages that are read at most: a server that never ends is not followed.
const MOST_PAGES: usize = 100;

impl Upstream {
    /// The server's tools now, all pages of them.
    ///
    /// # Errors
    /// Why they are not known, as a sentence.
    pub async fn tools(&self) -> Result<Vec<Value>, String> {
        let (mut tools, mut params) = (Vec::new(), json!({}));
        for page in 0..MOST_PAGES {
            let body =
                json!({ "jsonrpc": "2.0", "id": page, "method": "tools/list", "params": params });
            let mut result =
                self.ask(body.to_string()).await.map_err(|trouble| trouble.log(self.host()))?;
            if let Some(error) = result.get("error") {
                let message = error["message"].as_str().unwrap_or("no message");
                return Err(format!("{} refused: {message}", self.host()));
            }
            let list = result["result"]["tools"].take();
            let Value::Array(list) = list else {
                return Err(format!("the answer of {} has no tools", self.host()));
            };
            tools.extend(list);
            match result["result"]["nextCursor"].take() {
                cursor @ Value::String(_) => params = json!({ "cursor": cursor }),
                _ => return Ok(tools),
            }
        }
        Err(format!("the tools of {} do not end", self.host()))
    }

    async fn ask(&self, body: String) -> Result<Value, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert("mcp-protocol-version", HeaderValue::from_static(VERSION));
        let answer = self.send(Method::POST, headers, Bytes::from(body)).await?;
        if answer.is_stream() { self.last_of(answer).await } else { self.whole_of(answer).await }
    }

    async fn whole_of(&self, answer: Answer) -> Result<Value, Trouble> {
        let (status, headers) = (answer.status, answer.headers.clone());
        let body = answer.whole(self.patience).await?;
        match serde_json::from_slice(&body) {
            Ok(message) if is_answer(&message) => Ok(message),
            _ => Err(Trouble::Refused(Refusal::read(status, &headers, &body))),
        }
    }

    /// The answer in a stream; what comes before it are notifications.
    async fn last_of(&self, answer: Answer) -> Result<Value, Trouble> {
        let mut events = answer.events();
        while let Some(event) = events.next(Some(self.patience)).await? {
            match serde_json::from_slice(&event.data) {
                Ok(message) if is_answer(&message) => return Ok(message),
                _ => {}
            }
        }
        Err(Trouble::Ended)
    }
}

fn is_answer(message: &Value) -> bool {
    message.get("jsonrpc").is_some()
        && (message.get("result").is_some() || message.get("error").is_some())
}
