//! The kinds of target, and which outbound authorization each of them takes.
//!
//! The table is the one of the developer guide (September 2026). A pairing the guide says nothing
//! about is let through: refusing it here would invent a rule.

use serde_json::Value;

/// What stands behind a target: the member of the `targetConfiguration` union that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TargetKind {
    /// `mcp.openApiSchema`
    OpenApi,
    /// `mcp.smithyModel`
    Smithy,
    /// `mcp.lambda`
    Lambda,
    /// `mcp.mcpServer`
    McpServer,
    /// `mcp.apiGateway`
    ApiGateway,
    /// `mcp.connector`
    Connector,
    /// `http.agentcoreRuntime`
    Runtime,
    /// `http.passthrough`
    Passthrough,
    /// `http.connector`
    HttpConnector,
    /// `inference.connector`
    InferenceConnector,
    /// `inference.provider`
    InferenceProvider,
}

/// How a gateway authorizes itself at a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutboundAuth {
    /// No credential at all.
    None,
    /// The gateway's own role.
    GatewayRole,
    /// The credentials the caller signed with.
    CallerIam,
    /// OAuth, two-legged.
    ClientCredentials,
    /// OAuth, three-legged: each user consents.
    AuthorizationCode,
    /// OAuth, on behalf of the user.
    TokenExchange,
    /// The caller's own token, passed on.
    JwtPassthrough,
    /// A stored API key.
    ApiKey,
}

/// One cell of the guide's table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    Undocumented,
}

use Fit::{No as N, Undocumented as U, Yes as Y};

/// One row for each kind; the columns are in the order of [`OutboundAuth`].
const FITS: [(TargetKind, [Fit; 8]); 11] = [
    (TargetKind::ApiGateway, [Y, Y, N, N, N, N, N, Y]),
    (TargetKind::Lambda, [N, Y, N, N, N, N, N, N]),
    (TargetKind::McpServer, [Y, Y, N, Y, Y, Y, N, Y]),
    (TargetKind::OpenApi, [Y, Y, N, Y, Y, Y, N, Y]),
    (TargetKind::Smithy, [N, Y, N, Y, N, N, N, N]),
    (TargetKind::Runtime, [N, Y, Y, Y, N, N, Y, N]),
    (TargetKind::Passthrough, [U, Y, Y, Y, U, U, Y, Y]),
    (TargetKind::Connector, [U, Y, U, U, U, U, N, U]),
    (TargetKind::HttpConnector, [U, U, U, U, U, U, U, U]),
    (TargetKind::InferenceConnector, [U, Y, U, U, U, U, N, Y]),
    (TargetKind::InferenceProvider, [U, U, U, U, U, U, N, U]),
];

impl TargetKind {
    /// The kind of a `targetConfiguration`, and its own part of it. None for a member unknown here.
    pub(crate) fn of(configuration: &Value) -> Option<(Self, &Value)> {
        let (family, inner) = only_member(configuration)?;
        let (name, part) = only_member(inner)?;
        let kind = match (family, name) {
            ("mcp", "openApiSchema") => Self::OpenApi,
            ("mcp", "smithyModel") => Self::Smithy,
            ("mcp", "lambda") => Self::Lambda,
            ("mcp", "mcpServer") => Self::McpServer,
            ("mcp", "apiGateway") => Self::ApiGateway,
            ("mcp", "connector") => Self::Connector,
            ("http", "agentcoreRuntime") => Self::Runtime,
            ("http", "passthrough") => Self::Passthrough,
            ("http", "connector") => Self::HttpConnector,
            ("inference", "connector") => Self::InferenceConnector,
            ("inference", "provider") => Self::InferenceProvider,
            _ => return None,
        };
        Some((kind, part))
    }

    /// The value of `targetType` in a list of targets.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::OpenApi => "OPEN_API_SCHEMA",
            Self::Smithy => "SMITHY_MODEL",
            Self::Lambda => "LAMBDA",
            Self::McpServer => "MCP_SERVER",
            Self::ApiGateway => "API_GATEWAY",
            Self::Connector | Self::InferenceConnector => "CONNECTOR",
            Self::Runtime => "AGENTCORE_RUNTIME",
            Self::Passthrough => "PASSTHROUGH",
            Self::HttpConnector => "HTTP_CONNECTOR",
            Self::InferenceProvider => "PROVIDER",
        }
    }

    /// Whether the target's tools join the gateway's own list (else it is reached by its path).
    pub(crate) fn is_mcp(self) -> bool {
        matches!(
            self,
            Self::OpenApi
                | Self::Smithy
                | Self::Lambda
                | Self::McpServer
                | Self::ApiGateway
                | Self::Connector
        )
    }

    /// Whether the guide's table does not exclude this authorization for this kind.
    pub(crate) fn takes(self, auth: OutboundAuth) -> bool {
        FITS.iter().find(|(kind, _)| *kind == self).is_some_and(|(_, row)| row[auth.column()] != N)
    }

    /// How the kind is named in messages.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::OpenApi => "OpenAPI schema",
            Self::Smithy => "Smithy model",
            Self::Lambda => "Lambda",
            Self::McpServer => "MCP server",
            Self::ApiGateway => "API Gateway",
            Self::Connector => "connector",
            Self::Runtime => "AgentCore Runtime",
            Self::Passthrough => "HTTP passthrough",
            Self::HttpConnector => "HTTP connector",
            Self::InferenceConnector => "inference connector",
            Self::InferenceProvider => "inference provider",
        }
    }
}

impl OutboundAuth {
    fn column(self) -> usize {
        match self {
            Self::None => 0,
            Self::GatewayRole => 1,
            Self::CallerIam => 2,
            Self::ClientCredentials => 3,
            Self::AuthorizationCode => 4,
            Self::TokenExchange => 5,
            Self::JwtPassthrough => 6,
            Self::ApiKey => 7,
        }
    }

    /// How the authorization is named in messages.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::None => "no credential provider",
            Self::GatewayRole => "GATEWAY_IAM_ROLE",
            Self::CallerIam => "CALLER_IAM_CREDENTIALS",
            Self::ClientCredentials => "OAUTH with grant type CLIENT_CREDENTIALS",
            Self::AuthorizationCode => "OAUTH with grant type AUTHORIZATION_CODE",
            Self::TokenExchange => "OAUTH with grant type TOKEN_EXCHANGE",
            Self::JwtPassthrough => "JWT_PASSTHROUGH",
            Self::ApiKey => "API_KEY",
        }
    }

    /// Whether a token comes from an `OAuth2` credential provider.
    pub(crate) fn is_oauth(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::AuthorizationCode | Self::TokenExchange)
    }
}

/// The name and value of the one member of a union.
fn only_member(union: &Value) -> Option<(&str, &Value)> {
    let mut set = union.as_object()?.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = set.next()?;
    set.next().is_none().then_some((name.as_str(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_kind_is_the_member_that_is_set() {
        let (kind, part) = TargetKind::of(&json!({"mcp": {"lambda": {"lambdaArn": "a"}}}))
            .map(|(kind, part)| (kind, part["lambdaArn"].clone()))
            .unwrap();
        assert_eq!((kind, part), (TargetKind::Lambda, json!("a")));
        assert!(TargetKind::of(&json!({"mcp": {"telepathy": {}}})).is_none());
        assert!(TargetKind::of(&json!({"mcp": {}, "http": {}})).is_none());
    }

    #[test]
    fn a_lambda_target_takes_the_role_and_nothing_else() {
        use OutboundAuth::{
            ApiKey, AuthorizationCode, CallerIam, ClientCredentials, GatewayRole, JwtPassthrough,
            None, TokenExchange,
        };
        assert!(TargetKind::Lambda.takes(GatewayRole));
        for auth in [
            None,
            CallerIam,
            ClientCredentials,
            AuthorizationCode,
            TokenExchange,
            JwtPassthrough,
            ApiKey,
        ] {
            assert!(!TargetKind::Lambda.takes(auth), "{}", auth.label());
        }
    }

    #[test]
    fn an_undocumented_pairing_is_let_through() {
        assert!(TargetKind::InferenceProvider.takes(OutboundAuth::ApiKey));
        assert!(!TargetKind::InferenceProvider.takes(OutboundAuth::JwtPassthrough));
        assert!(!TargetKind::Smithy.takes(OutboundAuth::AuthorizationCode));
    }
}
