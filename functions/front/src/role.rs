//! Which of the two functions this process is: one of them, or both.

/// What a function of the front does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The OAuth facade in front of the gateway.
    McpProxy,
    /// Third-party consent.
    OauthCallback,
    /// Both of them: a function URL leads to one function.
    Front,
}

impl Role {
    /// The role that a function's `Handler` names.
    pub fn of_handler(handler: &str) -> Option<Self> {
        match handler {
            "mcp-proxy" => Some(Self::McpProxy),
            "oauth-callback" => Some(Self::OauthCallback),
            "front" => Some(Self::Front),
            _ => None,
        }
    }

    /// The function's `Handler`.
    pub const fn handler(self) -> &'static str {
        match self {
            Self::McpProxy => "mcp-proxy",
            Self::OauthCallback => "oauth-callback",
            Self::Front => "front",
        }
    }

    /// Whether it is the OAuth facade.
    pub const fn is_facade(self) -> bool {
        matches!(self, Self::McpProxy | Self::Front)
    }

    /// Whether third-party consents are its work.
    pub const fn is_for_consents(self) -> bool {
        matches!(self, Self::OauthCallback | Self::Front)
    }
}
