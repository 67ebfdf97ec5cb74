//! JSON-RPC as MCP uses it: reading a message, the era that it belongs to, and refusals.
//!
//! Up to 2025-11-25 a client begins with `initialize`. From 2026-07-28 on every request says its version by itself, in
//! `_meta` and, over HTTP, in headers that must agree with the body. Source: the specification's pages "Lifecycle" and
//! "Transports" of both versions.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value, json};

/// The version without a handshake.
pub(super) const STATELESS: &str = "2026-07-28";
/// The first version in which a request may be answered by a URL that a person must open, and the last with a handshake.
pub(super) const URL_ELICITATION: &str = "2025-11-25";
/// All versions that are spoken, the oldest first.
pub(super) const VERSIONS: [&str; 4] = ["2025-03-26", "2025-06-18", URL_ELICITATION, STATELESS];

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";

pub(super) const PARSE_ERROR: i64 = -32_700;
pub(super) const INVALID_REQUEST: i64 = -32_600;
pub(super) const METHOD_NOT_FOUND: i64 = -32_601;
pub(super) const INVALID_PARAMS: i64 = -32_602;
pub(super) const INTERNAL_ERROR: i64 = -32_603;
/// There is no token, or the gateway does not take it: of the range that JSON-RPC leaves to servers.
pub(super) const UNAUTHORIZED: i64 = -32_001;
pub(super) const URL_ELICITATION_REQUIRED: i64 = -32_042;
const HEADER_MISMATCH: i64 = -32_020;
const UNSUPPORTED_VERSION: i64 = -32_022;

/// A request, or a notification where it has no id.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// What comes back in place of a result: the member `error` as it is sent, and the status that it has over HTTP.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) error: Value,
}

/// The era of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// With a handshake; whether the client can be sent to a URL, as far as that is known.
    Handshake {
        /// Over HTTP the version tells it, over stdio what the client said of itself.
        opens_urls: bool,
    },
    /// Without one. What the client can do is in each request, and the gateway reads it there.
    Stateless,
}

impl Message {
    /// Reads one message. None for an answer: this server asks its clients nothing.
    ///
    /// # Errors
    /// When it is not JSON, or not one JSON-RPC message. Batches went with version 2025-06-18.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        let mut value: Value = serde_json::from_slice(bytes)
            .map_err(|_not_json| Refusal::bad(PARSE_ERROR, "Parse error: this is not JSON"))?;
        let wrong = || Refusal::bad(INVALID_REQUEST, "This is not one JSON-RPC message");
        let is_versioned = value["jsonrpc"] == "2.0";
        let Some(object) = value.as_object_mut().filter(|_| is_versioned) else {
            return Err(wrong());
        };
        if object.contains_key("result") || object.contains_key("error") {
            return Ok(None);
        }
        let id = object.remove("id").filter(|id| !id.is_null());
        if id.as_ref().is_some_and(|id| !id.is_string() && !id.is_number()) {
            return Err(wrong());
        }
        let params = match object.remove("params") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(wrong()),
        };
        let Some(Value::String(method)) = object.remove("method") else { return Err(wrong()) };
        Ok(Some(Self { id, method, params }))
    }

    fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }

    /// The tool that `tools/call` names.
    pub(super) fn tool(&self) -> Option<&str> {
        self.params.get("name")?.as_str()
    }

    /// Whether the request says its version by itself, and which.
    fn own_version(&self) -> Result<Option<&str>, Refusal> {
        let version = match self.meta(VERSION_KEY) {
            None if self.method == "server/discover" => None,
            None => return Ok(None),
            Some(version) => version.as_str(),
        };
        let Some(version) = version else {
            return Err(Refusal::bad(INVALID_PARAMS, &format!("_meta must name {VERSION_KEY}")));
        };
        if version != STATELESS {
            return Err(Refusal::version(version));
        }
        if self.meta(CAPABILITIES_KEY).is_none_or(|capabilities| !capabilities.is_object()) {
            let text = format!("_meta must name {CAPABILITIES_KEY}");
            return Err(Refusal::bad(INVALID_PARAMS, &text));
        }
        Ok(Some(version))
    }

    /// The era of a request that came over stdio, from a client of which it is known whether it `opens_urls`.
    ///
    /// # Errors
    /// When its version is not spoken here.
    pub(super) fn era(&self, opens_urls: bool) -> Result<Era, Refusal> {
        Ok(match self.own_version()? {
            Some(_) => Era::Stateless,
            None => Era::Handshake { opens_urls },
        })
    }

    /// The era of a request that came over HTTP.
    ///
    /// # Errors
    /// When its version is not spoken here, or its headers and its body disagree.
    pub(super) fn era_over_http(&self, headers: &HeaderMap) -> Result<Era, Refusal> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let version = header("mcp-protocol-version");
        let Some(own) = self.own_version()? else {
            return match version {
                Some(STATELESS) => Err(Refusal::mismatch("the version is not in _meta")),
                Some(other) if !VERSIONS.contains(&other) => Err(Refusal::version(other)),
                _ => Ok(Era::Handshake {
                    opens_urls: version.is_some_and(|version| version >= URL_ELICITATION),
                }),
            };
        };
        if version != Some(own) {
            return Err(Refusal::mismatch("MCP-Protocol-Version is not the version in _meta"));
        }
        if header("mcp-method").and_then(plain).as_deref() != Some(&self.method) {
            return Err(Refusal::mismatch("Mcp-Method is not the method of the body"));
        }
        if self.method == "tools/call"
            && header("mcp-name").and_then(plain).as_deref() != self.tool()
        {
            return Err(Refusal::mismatch("Mcp-Name is not the name of the tool"));
        }
        Ok(Era::Stateless)
    }
}

/// A header's value without the wrapping `=?base64?…?=` that it may have.
fn plain(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(encoded) => String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

impl Refusal {
    /// The HTTP request was in order.
    pub(super) fn new(code: i64, message: &str) -> Self {
        Self { status: StatusCode::OK, error: json!({ "code": code, "message": message }) }
    }

    /// The HTTP request itself is wrong.
    pub(super) fn bad(code: i64, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..Self::new(code, message) }
    }

    /// No token, or not one that is taken.
    pub(super) fn unauthorized(message: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new(UNAUTHORIZED, message) }
    }

    /// There is no such method. Without a handshake the HTTP status says it too.
    pub(super) fn no_method(method: &str, era: Era) -> Self {
        let refusal = Self::new(METHOD_NOT_FOUND, &format!("Method not found: {method}"));
        match era {
            Era::Handshake { .. } => refusal,
            Era::Stateless => Self { status: StatusCode::NOT_FOUND, ..refusal },
        }
    }

    fn mismatch(message: &str) -> Self {
        Self::bad(HEADER_MISMATCH, &format!("Header mismatch: {message}"))
    }

    fn version(requested: &str) -> Self {
        let mut refusal = Self::bad(UNSUPPORTED_VERSION, "Unsupported protocol version");
        refusal.error["data"] = json!({ "supported": VERSIONS, "requested": requested });
        refusal
    }

    /// The code of the error.
    pub(super) fn code(&self) -> Option<i64> {
        self.error["code"].as_i64()
    }
}

/// The message that answers the request `id`.
pub(super) fn answer_to(id: Option<&Value>, outcome: &Result<Value, Refusal>) -> Value {
    match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(refusal) => json!({ "jsonrpc": "2.0", "id": id, "error": refusal.error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stateless(method: &str, version: &str) -> Message {
        let meta = json!({ VERSION_KEY: version, CAPABILITIES_KEY: {} });
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method,
            "params": {"name": "é", "_meta": meta}});
        Message::read(body.to_string().as_bytes()).unwrap().unwrap()
    }

    fn over_http(message: &Message, headers: &[(&'static str, &'static str)]) -> Result<Era, i64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        message.era_over_http(&map).map_err(|refusal| refusal.code().unwrap())
    }

    #[test]
    fn only_single_messages_are_read() {
        for (body, code) in [
            ("nonsense", PARSE_ERROR),
            ("[]", INVALID_REQUEST),
            (r#"{"id":1,"method":"ping"}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1}"#, INVALID_REQUEST),
        ] {
            assert_eq!(Message::read(body.as_bytes()).unwrap_err().code(), Some(code), "{body}");
        }
        let answer = br#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
        assert_eq!(Message::read(answer).unwrap(), None);
    }

    #[test]
    fn a_handshake_s_version_tells_who_can_be_sent_to_a_url() {
        let body = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
        let message = Message::read(body).unwrap().unwrap();
        for (version, era) in [
            ("2025-03-26", Ok(Era::Handshake { opens_urls: false })),
            ("2025-11-25", Ok(Era::Handshake { opens_urls: true })),
            ("2026-07-28", Err(HEADER_MISMATCH)),
            ("1999-01-01", Err(UNSUPPORTED_VERSION)),
        ] {
            assert_eq!(over_http(&message, &[("mcp-protocol-version", version)]), era, "{version}");
        }
        assert_eq!(over_http(&message, &[]), Ok(Era::Handshake { opens_urls: false }));
    }

    #[test]
    fn headers_and_body_agree_or_are_refused() {
        let call = stateless("tools/call", STATELESS);
        let (version, method) = (("mcp-protocol-version", STATELESS), ("mcp-method", "tools/call"));
        let named = ("mcp-name", "=?base64?w6k=?=");
        assert_eq!(over_http(&call, &[version, method, named]), Ok(Era::Stateless));
        for headers in [
            &[method, named][..],
            &[version, named],
            &[version, method],
            &[("mcp-protocol-version", "2025-11-25"), method, named],
        ] {
            assert_eq!(over_http(&call, headers), Err(HEADER_MISMATCH), "{headers:?}");
        }
        let other = stateless("tools/call", "2027-01-01");
        assert_eq!(over_http(&other, &[version, method, named]), Err(UNSUPPORTED_VERSION));
        assert_eq!(call.era(false), Ok(Era::Stateless));
    }
}
