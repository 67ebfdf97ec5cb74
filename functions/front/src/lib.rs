//! The front of the stack: one binary that serves two Lambda functions.
//!
//! The `Handler` field of a function reaches the process as `_HANDLER` and picks the [`Role`]. What a role answers is plain
//! code over [`serde_json::Value`] events, so that it runs in a test as it runs in Lambda.

pub mod health;
pub mod runtime;

use serde_json::Value;

/// Which of the two functions this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The OAuth facade in front of the gateway.
    McpProxy,
    /// Third-party consent.
    OauthCallback,
}

impl Role {
    /// The role that a function's `Handler` names.
    pub fn of_handler(handler: &str) -> Option<Self> {
        match handler {
            "mcp-proxy" => Some(Self::McpProxy),
            "oauth-callback" => Some(Self::OauthCallback),
            _ => None,
        }
    }

    /// The function's `Handler`.
    pub const fn handler(self) -> &'static str {
        match self {
            Self::McpProxy => "mcp-proxy",
            Self::OauthCallback => "oauth-callback",
        }
    }
}

/// Answers one event of an HTTP API (payload format 2.0) in its response form.
pub fn answer(role: Role, event: &Value) -> Value {
    let method =
        event.pointer("/requestContext/http/method").and_then(Value::as_str).unwrap_or("GET");
    let path = event.get("rawPath").and_then(Value::as_str).unwrap_or("/");
    match (method, path) {
        ("GET" | "HEAD", "/health") => health::healthy(role),
        (_, "/health") => health::refuse(405, "only GET is answered here"),
        _ => health::refuse(404, "nothing is served at this path"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(method: &str, path: &str) -> Value {
        json!({"version": "2.0", "rawPath": path, "requestContext": {"http": {"method": method}}})
    }

    #[test]
    fn health_names_the_role() {
        for role in [Role::McpProxy, Role::OauthCallback] {
            let response = answer(role, &event("GET", "/health"));
            assert_eq!(response["statusCode"], 200);
            let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
            assert_eq!(body, json!({"status": "ok", "role": role.handler()}));
            assert_eq!(response["headers"]["cache-control"], "no-store");
            assert_eq!(Role::of_handler(role.handler()), Some(role));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        assert_eq!(answer(Role::McpProxy, &event("POST", "/health"))["statusCode"], 405);
        assert_eq!(answer(Role::McpProxy, &event("GET", "/mcp"))["statusCode"], 404);
        assert_eq!(answer(Role::McpProxy, &json!({}))["statusCode"], 404);
        assert_eq!(Role::of_handler("index.handler"), None);
    }
}
