//! Which of the two functions this process is.

/// One of the two functions.
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
