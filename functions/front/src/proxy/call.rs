//! What a JSON-RPC request says that a proxy has to know: its id, its method, its era, and whether its client can take a
//! person to an address. The bytes themselves are forwarded as they came.

use serde_json::Value;

use crate::http::Request;

/// 2026-07-28 and later: each request says for itself what its client is and can.
const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
pub(super) const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Before that, a client says it once, in `initialize`, and this function remembers nothing. The session id that the client
/// repeats does: it gets one of these in front.
const MARK: &str = "elicits.";
/// The gateway gave no session id, and this one is ours alone.
const OWN_MARK: &str = "elicits-own.";

/// A request on its way to the gateway.
#[derive(Clone, Debug, Default)]
pub(super) struct Call {
    /// The id; null for a notification, or where the body is none of JSON-RPC.
    pub(super) id: Value,
    /// The method; empty where there is none.
    pub(super) method: String,
    /// Whether it is of the stateless era.
    pub(super) is_modern: bool,
    /// Whether its client has declared URL elicitation.
    pub(super) elicits: bool,
    /// The gateway's session id, without our mark.
    pub(super) session: Option<String>,
}

impl Call {
    /// Reads a request.
    pub(super) fn read(request: &Request) -> Self {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let meta = &body["params"]["_meta"];
        let is_modern = meta.get(VERSION).is_some();
        let session = request.header("mcp-session-id").unwrap_or_default();
        let (is_marked, session) = unmarked(session);
        let method = body["method"].as_str().unwrap_or_default().to_owned();
        let elicits = if is_modern {
            takes_urls(&meta[CAPABILITIES])
        } else if method == "initialize" {
            takes_urls(&body["params"]["capabilities"])
        } else {
            is_marked
        };
        let id = body.get("id").cloned().unwrap_or_default();
        Self { id, method, is_modern, elicits, session: session.map(str::to_owned) }
    }

    /// Whether this is the answer to it.
    pub(super) fn is_answered_by(&self, message: &Value) -> bool {
        let is_answer = message.get("result").is_some() || message.get("error").is_some();
        is_answer && !self.id.is_null() && message["id"] == self.id
    }

    /// The session id for the client of an `initialize` that was answered with `given`.
    pub(super) fn marked(
        &self,
        given: Option<&str>,
        random: impl Fn() -> String,
    ) -> Option<String> {
        if self.method != "initialize" || self.is_modern || !self.elicits {
            return given.map(str::to_owned);
        }
        Some(match given {
            Some(given) => format!("{MARK}{given}"),
            None => format!("{OWN_MARK}{}", random()),
        })
    }

    /// The version to tell the gateway where a client tells none: without it the gateway takes the oldest, which cannot
    /// ask for consent.
    pub(super) fn assumed_version(&self) -> Option<&'static str> {
        let is_legacy = !self.is_modern && !self.method.is_empty() && self.method != "initialize";
        (is_legacy && self.method != "server/discover").then_some("2025-11-25")
    }
}

/// Whether the session id has our mark, and what the gateway knows it as.
fn unmarked(session: &str) -> (bool, Option<&str>) {
    if session.starts_with(OWN_MARK) {
        return (true, None);
    }
    match session.strip_prefix(MARK) {
        Some(given) => (true, Some(given)),
        None => (false, Some(session).filter(|session| !session.is_empty())),
    }
}

fn takes_urls(capabilities: &Value) -> bool {
    capabilities["elicitation"].get("url").is_some()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, Method};
    use serde_json::json;

    use super::*;

    fn call(body: &Value, session: &'static str) -> Call {
        let mut headers = HeaderMap::new();
        if !session.is_empty() {
            headers.insert("mcp-session-id", HeaderValue::from_static(session));
        }
        Call::read(&Request {
            method: Method::POST,
            path: "/mcp".to_owned(),
            query: String::new(),
            headers,
            cookies: Vec::new(),
            body: body.to_string().into_bytes(),
            id: String::new(),
        })
    }

    #[test]
    fn a_legacy_client_is_remembered_by_its_session_id() {
        let initialize = |capabilities: Value| {
            call(
                &json!({"id": 1, "method": "initialize", "params": {"capabilities": capabilities}}),
                "",
            )
        };
        let able = initialize(json!({"elicitation": {"url": {}}}));
        assert_eq!(able.marked(Some("abc"), String::new).as_deref(), Some("elicits.abc"));
        assert_eq!(able.marked(None, || "r".to_owned()).as_deref(), Some("elicits-own.r"));
        let unable = initialize(json!({"elicitation": {"form": {}}}));
        assert_eq!(unable.marked(Some("abc"), String::new).as_deref(), Some("abc"));
        assert_eq!(unable.marked(None, String::new), None);

        let list = json!({"id": 2, "method": "tools/list"});
        let later = call(&list, "elicits.abc");
        assert_eq!((later.elicits, later.session.as_deref()), (true, Some("abc")));
        let own = call(&list, "elicits-own.r");
        assert_eq!((own.elicits, own.session), (true, None));
        let other = call(&list, "abc");
        assert_eq!((other.elicits, other.session.as_deref()), (false, Some("abc")));
    }

    #[test]
    fn a_modern_request_speaks_for_itself() {
        let request = |capabilities: Value| {
            let meta = json!({VERSION: "2026-07-28", CAPABILITIES: capabilities});
            call(
                &json!({"id": 1, "method": "tools/call", "params": {"_meta": meta}}),
                "elicits.abc",
            )
        };
        let able = request(json!({"elicitation": {"url": {}}}));
        assert!(able.is_modern && able.elicits);
        assert!(!request(json!({})).elicits, "a mark is for the other era");
        assert_eq!(able.assumed_version(), None);
    }

    #[test]
    fn a33_a_version_is_added_only_where_a_legacy_client_names_none() {
        let version =
            |method: &str| call(&json!({"id": 1, "method": method}), "").assumed_version();
        assert_eq!(version("tools/list"), Some("2025-11-25"));
        assert_eq!(version("notifications/initialized"), Some("2025-11-25"));
        assert_eq!(version("initialize"), None);
        assert_eq!(version("server/discover"), None);
        assert_eq!(call(&json!([]), "").assumed_version(), None);
    }

    #[test]
    fn an_answer_is_known_by_its_id() {
        let request = call(&json!({"id": "a", "method": "tools/call"}), "");
        assert!(request.is_answered_by(&json!({"id": "a", "result": {}})));
        assert!(!request.is_answered_by(&json!({"id": "b", "result": {}})));
        assert!(!request.is_answered_by(&json!({"id": "a", "method": "elicitation/create"})));
        assert!(!Call::default().is_answered_by(&json!({"id": null, "error": {}})));
    }
}
