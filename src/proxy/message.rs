//! As much of JSON-RPC as a relay has to know: who waits for what. The bytes go on as they came.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// A line of the client's.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// The line without its end.
    pub(super) body: Bytes,
    /// The method; empty for an answer to a request of the server's, and for a batch.
    pub(super) method: String,
    /// The ids of the requests in it, each of which is owed an answer.
    pub(super) asks: Vec<Value>,
    /// The version, if the message says it by itself, as from 2026-07-28 on.
    pub(super) version: Option<String>,
    /// The name that such a message has to say in a header too: of a tool or a prompt, or the URI of a resource.
    name: Option<String>,
    /// The request that nobody waits for any more.
    pub(super) cancels: Option<Value>,
}

#[derive(Deserialize)]
struct Envelope {
    id: Option<Value>,
    method: Option<String>,
    params: Option<Params>,
}

#[derive(Deserialize)]
struct Params {
    name: Option<Value>,
    uri: Option<Value>,
    #[serde(rename = "requestId")]
    request_id: Option<Value>,
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<Value>,
}

/// An envelope of which only the outermost members are of the expected form.
#[derive(Deserialize)]
struct Bare {
    id: Option<Value>,
    method: Option<String>,
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

impl Message {
    /// Reads a line; none if it is not JSON. What is JSON and nothing else that is known goes on too: whether it is right,
    /// the server says.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let mut message = Self {
            body: Bytes::copy_from_slice(line),
            method: String::new(),
            asks: Vec::new(),
            version: None,
            name: None,
            cancels: None,
        };
        // Serde would read a list as a struct whose members are in order.
        let is_list = line.starts_with(b"[");
        if !is_list && let Ok(envelope) = serde_json::from_slice::<Envelope>(line) {
            message.take(envelope);
        } else if !is_list && let Ok(bare) = serde_json::from_slice::<Bare>(line) {
            message.take(Envelope { id: bare.id, method: bare.method, params: None });
        } else if let Ok(batch) = serde_json::from_slice::<Vec<Bare>>(line) {
            // Batches were part of version 2025-03-26.
            let requests = batch.into_iter().filter(|one| one.method.is_some());
            message.asks = requests.filter_map(|one| one.id).collect();
        } else {
            serde_json::from_slice::<IgnoredAny>(line).ok()?;
        }
        // The values that were passed over are not looked at above.
        std::str::from_utf8(line).ok()?;
        Some(message)
    }

    fn take(&mut self, envelope: Envelope) {
        let Some(method) = envelope.method else { return };
        self.asks.extend(envelope.id);
        if let Some(params) = envelope.params {
            self.version = params.meta.and_then(|meta| text(meta.version));
            self.name = match method.as_str() {
                "tools/call" | "prompts/get" => text(params.name),
                "resources/read" => text(params.uri),
                _ => None,
            };
            self.cancels = params.request_id.filter(|_| method == "notifications/cancelled");
        }
        self.method = method;
    }

    /// Whether its answer is a stream that stays open: silence in it means nothing.
    pub(super) fn listens(&self) -> bool {
        self.method == "subscriptions/listen"
    }

    /// The headers that repeat what the body says, where the message is of the era that has them.
    /// Source: the specification of 2026-07-28, "Transports", "Standard headers".
    pub(super) fn mirrored(&self, headers: &mut HeaderMap) {
        let Some(version) = &self.version else { return };
        let named = [
            ("mcp-protocol-version", Some(version)),
            ("mcp-method", Some(&self.method)),
            ("mcp-name", self.name.as_ref()),
        ];
        for (header, value) in named {
            if let Some(value) = value.and_then(|value| header_value(value)) {
                headers.insert(header, value);
            }
        }
    }
}

/// A text as a header's value: as it is where it can be, and else wrapped as `=?base64?…?=`.
fn header_value(text: &str) -> Option<HeaderValue> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim() == text
        && !text.starts_with("=?base64?");
    if is_plain {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::try_from(format!("=?base64?{}?=", BASE64_STANDARD.encode(text))).ok()
}

/// What came from the server, as one line.
#[derive(Debug, PartialEq)]
pub(super) struct Received {
    /// The text without line breaks.
    pub(super) line: String,
    /// The ids of the answers in it; `null` where an error has none.
    pub(super) answers: Vec<Value>,
    /// Whether it is a single error that names no request.
    is_nameless: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    method: Option<IgnoredAny>,
    result: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

impl Answer {
    fn is_one(&self) -> bool {
        let has_outcome = self.result.is_some() || self.error.is_some() || !self.id.is_null();
        self.method.is_none() && has_outcome
    }
}

impl Received {
    /// Reads a document or the data of an event; none if it is no message.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.trim();
        // A line break is never inside of a string, where JSON demands an escape, so that it can be left out.
        let line = if text.contains(['\n', '\r']) {
            text.replace(['\n', '\r'], "")
        } else {
            text.to_owned()
        };
        let is_list = line.starts_with('[');
        let all: Vec<Answer> = if is_list {
            serde_json::from_str(&line).ok()?
        } else {
            vec![serde_json::from_str(&line).ok()?]
        };
        if !all.iter().all(|one| one.is_one() || one.method.is_some()) {
            return None;
        }
        let is_nameless = !is_list && all.iter().any(|one| one.error.is_some() && one.id.is_null());
        let answers = all.into_iter().filter(Answer::is_one).map(|one| one.id).collect();
        Some(Self { line, answers, is_nameless })
    }

    /// Gives an error that names no request the id of the one that it must be about. A server that could not read a
    /// request says so without its id, and over stdio nobody would know whose error that is.
    pub(super) fn named(self, id: &Value) -> Self {
        if !self.is_nameless {
            return self;
        }
        let Ok(mut message) = serde_json::from_str::<Value>(&self.line) else { return self };
        message["id"] = id.clone();
        Self { line: message.to_string(), answers: vec![id.clone()], is_nameless: false }
    }
}

/// The version in the answer to `initialize`.
pub(super) fn negotiated(line: &str) -> Option<HeaderValue> {
    #[derive(Deserialize)]
    struct Initialized {
        result: Negotiated,
    }
    #[derive(Deserialize)]
    struct Negotiated {
        #[serde(rename = "protocolVersion")]
        version: String,
    }
    let initialized: Initialized = serde_json::from_str(line).ok()?;
    HeaderValue::try_from(initialized.result.version).ok()
}

/// The line that answers the request `id` with an error of the proxy's own.
pub(super) fn error(id: &Value, code: i64, message: &str, data: &Value) -> String {
    let mut error = json!({ "code": code, "message": message });
    if !data.is_null() {
        error["data"] = data.clone();
    }
    json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_as_they_are() {
        let line = b" {\"jsonrpc\": \"2.0\", \"id\":1.50,\"method\":\"x/y\",\"params\":{\"big\":123456789012345678901234567890}}\r\n";
        let message = Message::read(line).unwrap();
        assert_eq!(message.body, line.trim_ascii());
        assert_eq!((message.method.as_str(), message.asks), ("x/y", vec![json!(1.5)]));
        for (line, asks) in [
            (&br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#[..], 0),
            (br#"{"jsonrpc":"2.0","id":7,"result":{}}"#, 0),
            (br#"{"jsonrpc":"2.0","id":7,"method":"odd","params":[1]}"#, 1),
            (br#"[{"id":1,"method":"a"},{"method":"b"},{"id":2,"method":"c"}]"#, 2),
            (b"17", 0),
        ] {
            assert_eq!(Message::read(line).unwrap().asks.len(), asks);
        }
        assert!(Message::read(b"{\"id\":1").is_none());
        assert!(Message::read(b"{\"x\":\"\xFF\"}").is_none());
    }

    #[test]
    fn what_the_newer_era_repeats_is_in_the_headers() {
        let version = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}";
        let headers = |method: &str, params: &str| {
            let line =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{{{params}}}}}"#);
            let mut headers = HeaderMap::new();
            Message::read(line.as_bytes()).unwrap().mirrored(&mut headers);
            let text =
                |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
            [text("mcp-protocol-version"), text("mcp-method"), text("mcp-name")]
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(headers("tools/call", r#""name":"a""#), [None, None, None]);
        let both = [some("2026-07-28"), some("tools/call")];
        for (name, header) in [
            ("a b", "a b"),
            ("\u{e9}", "=?base64?w6k=?="),
            (" a", "=?base64?IGE=?="),
            ("=?base64?x", "=?base64?PT9iYXNlNjQ/eA==?="),
        ] {
            let named = headers("tools/call", &format!("\"name\":\"{name}\",{version}"));
            assert_eq!(named, [both[0].clone(), both[1].clone(), some(header)]);
        }
        let read =
            headers("resources/read", &format!("\"uri\":\"file:///a\",\"name\":\"b\",{version}"));
        assert_eq!(read[2], some("file:///a"));
        assert_eq!(headers("tools/list", version)[2], None);
    }

    #[test]
    fn several_lines_become_one_and_nothing_else_changes() {
        let pretty = b"{\n  \"jsonrpc\": \"2.0\",\r\n  \"id\": 1,\n  \"result\": {\"n\": 1.50, \"s\": \"a\\nb\"}\n}\n";
        let received = Received::read(pretty).unwrap();
        assert_eq!(
            received.line,
            r#"{  "jsonrpc": "2.0",  "id": 1,  "result": {"n": 1.50, "s": "a\nb"}}"#
        );
        assert_eq!(received.answers, [json!(1)]);
        let asked =
            Received::read(br#"{"id":9,"method":"elicitation/create","params":{}}"#).unwrap();
        assert!(asked.answers.is_empty());
        for other in [&b"<html>"[..], b"{}", b"17", br#"{"message":"Forbidden"}"#] {
            assert_eq!(Received::read(other), None);
        }
        let batch =
            br#"[{"id":1,"result":{}},{"method":"m"},{"id":2,"error":{}},{"id":3,"result":{}}]"#;
        assert_eq!(Received::read(batch).unwrap().answers, [json!(1), json!(2), json!(3)]);
    }

    #[test]
    fn an_error_without_an_id_gets_that_of_the_request() {
        let error =
            br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m","data":{"x":1}}}"#;
        let named = Received::read(error).unwrap().named(&json!("a"));
        assert_eq!(
            named.line,
            r#"{"jsonrpc":"2.0","id":"a","error":{"code":-32700,"message":"m","data":{"x":1}}}"#
        );
        let other = Received::read(br#"{"id":1,"error":{}}"#).unwrap().named(&json!("a"));
        assert_eq!(other.answers, [json!(1)]);
    }

    #[test]
    fn the_version_is_in_the_answer_to_initialize() {
        let line = r#"{"id":0,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}"#;
        assert_eq!(negotiated(line).unwrap(), "2025-11-25");
        assert!(negotiated(r#"{"id":0,"error":{}}"#).is_none());
    }
}
