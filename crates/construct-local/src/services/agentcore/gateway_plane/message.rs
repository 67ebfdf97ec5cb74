//! JSON-RPC as MCP uses it over HTTP: reading a message, which era it belongs to, and errors.
//!
//! Up to 2025-11-25 a client shakes hands with `initialize` and later requests carry little. From
//! 2026-07-28 on every request says by itself which version it is in, in its header and its
//! `_meta`, and the headers must agree with the body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::wire::Wire;

/// The first version without a handshake.
pub(super) const MODERN: &str = "2026-07-28";
/// The first version in which a request may answer that a person must open a URL.
pub(super) const URL_ELICITATION: &str = "2025-11-25";

const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES_KEY: &str = "io.modelcontextprotocol/clientCapabilities";
pub(super) const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

const PARSE_ERROR: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const METHOD_NOT_FOUND: i64 = -32_601;
pub(super) const INVALID_PARAMS: i64 = -32_602;
pub(super) const INTERNAL_ERROR: i64 = -32_603;
const HEADER_MISMATCH: i64 = -32_020;
const MISSING_CAPABILITY: i64 = -32_021;
const UNSUPPORTED_VERSION: i64 = -32_022;
const URL_ELICITATION_REQUIRED: i64 = -32_042;

/// A request or a notification.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// None of a notification.
    pub(super) id: Option<Value>,
    pub(super) method: String,
    pub(super) params: Map<String, Value>,
}

/// An error, and the HTTP status it comes with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RpcError {
    pub(super) status: StatusCode,
    code: i64,
    message: String,
    data: Option<Value>,
}

/// The era of a request, which decides what its answer may look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Era {
    /// With a handshake; the version that the header names, if it names one.
    Handshake(Option<String>),
    /// Without one; whether the client can be sent to a URL.
    Stateless {
        /// The capability `elicitation.url`.
        opens_urls: bool,
    },
}

impl Message {
    /// Reads a body.
    ///
    /// # Errors
    /// When it is not one message. Batches went with version 2025-06-18.
    pub(super) fn read(body: &[u8]) -> Result<Self, RpcError> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|_not_json| RpcError::client(PARSE_ERROR, "Parse error: this is not JSON"))?;
        let method = value.get("method").and_then(Value::as_str);
        let id = value.get("id").filter(|id| !id.is_null());
        let params = match value.get("params") {
            None | Some(Value::Null) => Some(Map::new()),
            Some(Value::Object(params)) => Some(params.clone()),
            Some(_) => None,
        };
        let id_is_right = id.is_none_or(|id| id.is_string() || id.is_number());
        match (method, params) {
            (Some(method), Some(params)) if value["jsonrpc"] == "2.0" && id_is_right => {
                Ok(Self { id: id.cloned(), method: method.to_owned(), params })
            }
            // An answer to a request of the server, which this server never makes.
            _ => Err(RpcError::client(INVALID_REQUEST, "This is not one JSON-RPC request")),
        }
    }

    fn meta(&self, name: &str) -> Option<&Value> {
        self.params.get("_meta")?.get(name)
    }

    /// The name of the tool that `tools/call` calls.
    pub(super) fn tool(&self) -> Option<&str> {
        self.params.get("name")?.as_str()
    }
}

impl Era {
    /// The era of a request to a gateway of these versions.
    ///
    /// # Errors
    /// When its version is not one of them, or its headers and its body disagree.
    pub(super) fn of(
        request: &Wire,
        message: &Message,
        supported: &[&str],
    ) -> Result<Self, RpcError> {
        let header = request.header("mcp-protocol-version");
        let in_body = message.meta(VERSION_KEY).map(|version| version.as_str().unwrap_or_default());
        let is_stateless = in_body.is_some()
            || header.is_some_and(|version| version >= MODERN)
            || message.method == "server/discover";
        if !is_stateless {
            if let Some(version) = header.filter(|version| !supported.contains(version)) {
                return Err(RpcError::unsupported(version, supported));
            }
            return Ok(Self::Handshake(header.map(str::to_owned)));
        }
        // What a body lacks is its parameters' fault; what the header says otherwise is the header's.
        let version = in_body.ok_or_else(|| RpcError::lacks(VERSION_KEY))?;
        if header != Some(version) {
            return Err(RpcError::mismatch("MCP-Protocol-Version is not the version in _meta"));
        }
        if !supported.contains(&version) || version < MODERN {
            return Err(RpcError::unsupported(version, supported));
        }
        if named(request, "mcp-method").as_deref() != Some(&message.method) {
            return Err(RpcError::mismatch("Mcp-Method is not the method of the body"));
        }
        if message.method == "tools/call" && named(request, "mcp-name").as_deref() != message.tool()
        {
            return Err(RpcError::mismatch("Mcp-Name is not the name of the tool"));
        }
        let capabilities =
            message.meta(CAPABILITIES_KEY).ok_or_else(|| RpcError::lacks(CAPABILITIES_KEY))?;
        let opens_urls =
            capabilities.get("elicitation").is_some_and(|own| own.get("url").is_some());
        Ok(Self::Stateless { opens_urls })
    }
}

/// A header's value, which may be written as `=?base64?...?=`.
fn named(request: &Wire, header: &str) -> Option<String> {
    let value = request.header(header)?;
    let Some(encoded) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="))
    else {
        return Some(value.to_owned());
    };
    String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()
}

impl RpcError {
    /// An error with status 200: the HTTP request was in order.
    pub(super) fn new(code: i64, message: &str) -> Self {
        Self { status: StatusCode::OK, code, message: message.to_owned(), data: None }
    }

    /// An error with status 400: the HTTP request itself is wrong.
    fn client(code: i64, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, ..Self::new(code, message) }
    }

    /// A request without a handshake says what it is in its `_meta`.
    fn lacks(name: &str) -> Self {
        Self::client(INVALID_PARAMS, &format!("_meta must name {name}"))
    }

    fn mismatch(message: &str) -> Self {
        Self::client(HEADER_MISMATCH, &format!("Header mismatch: {message}"))
    }

    /// The gateway does not speak `requested`.
    pub(super) fn unsupported(requested: &str, supported: &[&str]) -> Self {
        let data = json!({ "supported": supported, "requested": requested });
        Self {
            data: Some(data),
            ..Self::client(UNSUPPORTED_VERSION, "Unsupported protocol version")
        }
    }

    /// There is no such method; a stateless client hears of it by the HTTP status too.
    pub(super) fn no_method(method: &str, era: &Era) -> Self {
        let error = Self::new(METHOD_NOT_FOUND, &format!("Method not found: {method}"));
        match era {
            Era::Handshake(_) => error,
            Era::Stateless { .. } => Self { status: StatusCode::NOT_FOUND, ..error },
        }
    }

    /// The client must be able to send a person to a URL.
    pub(super) fn needs_url_elicitation() -> Self {
        let data = json!({ "requiredCapabilities": { "elicitation": { "url": {} } } });
        Self {
            data: Some(data),
            ..Self::client(MISSING_CAPABILITY, "The client must support URL elicitation")
        }
    }

    /// A person must open a URL first: the error of version 2025-11-25, as the service words it.
    pub(super) fn url_elicitation(id: &str, url: &str, message: &str) -> Self {
        let elicitation =
            json!({ "mode": "url", "elicitationId": id, "url": url, "message": message });
        Self {
            data: Some(json!({ "elicitations": [elicitation] })),
            ..Self::new(URL_ELICITATION_REQUIRED, "This request requires more information.")
        }
    }

    /// The message that tells it.
    pub(super) fn body(&self, id: Option<&Value>) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;

    const ALL: [&str; 2] = ["2025-11-25", MODERN];

    fn era(headers: &[(&str, &str)], body: &Value) -> Result<Era, i64> {
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = Wire::read(request.body(Bytes::new()).unwrap());
        let message = Message::read(body.to_string().as_bytes()).map_err(|error| error.code)?;
        Era::of(&request, &message, &ALL).map_err(|error| error.code)
    }

    fn modern(method: &str, name: &str) -> Value {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"name": name, "_meta": {
            VERSION_KEY: MODERN, CAPABILITIES_KEY: {"elicitation": {"url": {}}}}}})
    }

    #[test]
    fn one_request_is_read_and_nothing_else() {
        let good = br#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#;
        assert_eq!(Message::read(good).unwrap().id, Some(json!("a")));
        for (bad, code) in [
            ("{", PARSE_ERROR),
            ("[]", INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, INVALID_REQUEST),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, INVALID_REQUEST),
        ] {
            assert_eq!(Message::read(bad.as_bytes()).unwrap_err().code, code, "{bad}");
        }
    }

    #[test]
    fn a_request_without_a_version_is_of_the_handshake_era() {
        let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        assert_eq!(era(&[], &list), Ok(Era::Handshake(None)));
        let named = [("mcp-protocol-version", "2025-11-25")];
        assert_eq!(era(&named, &list), Ok(Era::Handshake(Some("2025-11-25".to_owned()))));
        let foreign = [("mcp-protocol-version", "2025-06-18")];
        assert_eq!(era(&foreign, &list), Err(UNSUPPORTED_VERSION));
    }

    #[test]
    fn a_stateless_request_says_everything_twice() {
        let call = modern("tools/call", "a");
        let version = ("mcp-protocol-version", MODERN);
        let (method, name) = (("mcp-method", "tools/call"), ("mcp-name", "=?base64?YQ==?="));
        assert_eq!(era(&[version, method, name], &call), Ok(Era::Stateless { opens_urls: true }));
        assert_eq!(era(&[version, method], &call), Err(HEADER_MISMATCH));
        assert_eq!(era(&[version, name], &call), Err(HEADER_MISMATCH));
        assert_eq!(era(&[method, name], &call), Err(HEADER_MISMATCH));
        let other = ("mcp-protocol-version", "2027-01-01");
        assert_eq!(era(&[other, method, name], &call), Err(HEADER_MISMATCH));
        let mut bare = call.clone();
        bare["params"]["_meta"] = json!({ CAPABILITIES_KEY: {} });
        assert_eq!(era(&[version, method, name], &bare), Err(INVALID_PARAMS));
        let mut newer = call;
        newer["params"]["_meta"][VERSION_KEY] = json!("2027-01-01");
        assert_eq!(era(&[other, method, name], &newer), Err(UNSUPPORTED_VERSION));
    }
}
