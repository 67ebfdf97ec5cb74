//! Which ways of signing in a target type takes.

use super::{Rule, rule};
use crate::manifest::types::{Auth, Grant, Inference, Target, TargetKind};
use std::fmt;

/// Where the matrix comes from. It grows with the service: every new row or column goes here.
pub static RULE: Rule = rule(
    "target-outbound-authorization",
    "AgentCore developer guide, Gateway outbound authorization by target type",
);

/// What is known of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The guide names it.
    Yes,
    /// The guide excludes it.
    No,
    /// The guide does not speak of it: the service may take it or not.
    Unknown,
}

use Fit::{No as N, Unknown as U, Yes as Y};

/// The matrix: for each target type what is known of each way, in the order of [`WAYS`].
pub static MATRIX: [(TargetType, [Fit; 8]); 11] = [
    (TargetType::OpenApi, [Y, Y, N, Y, Y, Y, N, Y]),
    (TargetType::Smithy, [N, Y, N, Y, N, N, N, N]),
    (TargetType::Lambda, [N, Y, N, N, N, N, N, N]),
    (TargetType::McpServer, [Y, Y, N, Y, Y, Y, N, Y]),
    (TargetType::ApiGateway, [Y, Y, N, N, N, N, N, Y]),
    (TargetType::Connector, [U, Y, U, U, U, U, N, U]),
    (TargetType::Runtime, [N, Y, Y, Y, N, N, Y, N]),
    (TargetType::Passthrough, [U, Y, Y, Y, U, U, Y, Y]),
    (TargetType::HttpConnector, [U, U, U, U, U, U, U, U]),
    (TargetType::InferenceConnector, [U, Y, U, U, U, U, N, Y]),
    (TargetType::InferenceProvider, [U, U, U, U, U, U, N, U]),
];

/// The columns of the matrix.
pub static WAYS: [Outbound; 8] = [
    Outbound::None,
    Outbound::GatewayRole,
    Outbound::CallerIam,
    Outbound::ClientCredentials,
    Outbound::AuthorizationCode,
    Outbound::TokenExchange,
    Outbound::JwtPassthrough,
    Outbound::ApiKey,
];

/// A row of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetType {
    /// Operations of an `OpenAPI` description.
    OpenApi,
    /// Operations of a Smithy model.
    Smithy,
    /// A Lambda function.
    Lambda,
    /// An MCP server.
    McpServer,
    /// A stage of a REST API.
    ApiGateway,
    /// A connector with tools.
    Connector,
    /// An agent runtime by HTTP.
    Runtime,
    /// An HTTP endpoint.
    Passthrough,
    /// A connector by HTTP.
    HttpConnector,
    /// A connector to models.
    InferenceConnector,
    /// A server of models.
    InferenceProvider,
}

impl TargetType {
    /// Returns the row of a target.
    pub fn of(kind: &TargetKind) -> Self {
        match kind {
            TargetKind::OpenApi(_) => Self::OpenApi,
            TargetKind::Smithy(_) => Self::Smithy,
            TargetKind::Lambda(_) => Self::Lambda,
            TargetKind::McpServer(_) => Self::McpServer,
            TargetKind::ApiGateway(_) => Self::ApiGateway,
            TargetKind::Connector(_) => Self::Connector,
            TargetKind::Runtime(_) => Self::Runtime,
            TargetKind::Passthrough(_) => Self::Passthrough,
            TargetKind::HttpConnector(_) => Self::HttpConnector,
            TargetKind::Inference(Inference::Connector(_)) => Self::InferenceConnector,
            TargetKind::Inference(Inference::Provider(_)) => Self::InferenceProvider,
        }
    }

    /// Whether its tools join the gateway's own list; else it is reached by a path of the gateway.
    pub fn is_mcp(self) -> bool {
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

    /// The key of a target's table that says it is of this type.
    pub fn key(self) -> &'static str {
        match self {
            Self::OpenApi => "openapi",
            Self::Smithy => "smithy",
            Self::Lambda => "lambda",
            Self::McpServer => "mcp_server",
            Self::ApiGateway => "api_gateway",
            Self::Connector => "connector",
            Self::Runtime => "runtime",
            Self::Passthrough => "passthrough",
            Self::HttpConnector => "http_connector",
            Self::InferenceConnector | Self::InferenceProvider => "inference",
        }
    }

    /// Whether the gateway's role must be told which service to sign for. Where the target is an AWS service itself it
    /// must not be; of the others nothing is said.
    pub fn signs_for_a_service(self) -> Fit {
        match self {
            Self::OpenApi | Self::McpServer => Y,
            Self::Lambda | Self::ApiGateway | Self::Smithy | Self::Connector => N,
            _ => U,
        }
    }

    /// What is known of the pair with `way`.
    pub fn fit(self, way: Outbound) -> Fit {
        let column = WAYS.iter().position(|one| *one == way);
        let row = MATRIX.iter().find(|(row, _)| *row == self);
        row.zip(column).map_or(U, |((_, fits), column)| fits[column])
    }

    /// What it surely takes.
    pub fn takes(self) -> impl Iterator<Item = Outbound> {
        WAYS.into_iter().filter(move |way| self.fit(*way) == Y)
    }
}

impl fmt::Display for TargetType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OpenApi => "an OpenAPI target",
            Self::Smithy => "a Smithy target",
            Self::Lambda => "a Lambda target",
            Self::McpServer => "an MCP server target",
            Self::ApiGateway => "an API Gateway target",
            Self::Connector => "a connector target",
            Self::Runtime => "a runtime target",
            Self::Passthrough => "a passthrough target",
            Self::HttpConnector => "an HTTP connector target",
            Self::InferenceConnector => "an inference connector target",
            Self::InferenceProvider => "an inference provider target",
        })
    }
}

/// A column of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outbound {
    /// No credential at all.
    None,
    /// The gateway's own role.
    GatewayRole,
    /// The caller's own AWS credentials.
    CallerIam,
    /// OAuth as the gateway (2LO).
    ClientCredentials,
    /// OAuth as each person (3LO).
    AuthorizationCode,
    /// OAuth on behalf of the caller.
    TokenExchange,
    /// The caller's own token.
    JwtPassthrough,
    /// A fixed key.
    ApiKey,
}

impl Outbound {
    /// Returns how a target signs in.
    pub fn of(target: &Target) -> Self {
        match target.signs_in() {
            Auth::None => Self::None,
            Auth::GatewayRole | Auth::SigV4(_) => Self::GatewayRole,
            Auth::CallerIam => Self::CallerIam,
            Auth::JwtPassthrough => Self::JwtPassthrough,
            Auth::ApiKey(_) => Self::ApiKey,
            Auth::OAuth(oauth) => match oauth.grant {
                Grant::AuthorizationCode => Self::AuthorizationCode,
                Grant::ClientCredentials => Self::ClientCredentials,
                Grant::TokenExchange => Self::TokenExchange,
            },
        }
    }

    /// Whether it is a grant of OAuth.
    pub fn is_oauth(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::AuthorizationCode | Self::TokenExchange)
    }
}

impl fmt::Display for Outbound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "no authorization",
            Self::GatewayRole => "the gateway's role",
            Self::CallerIam => "the caller's AWS credentials",
            Self::ClientCredentials => "OAuth with client_credentials",
            Self::AuthorizationCode => "OAuth with authorization_code",
            Self::TokenExchange => "OAuth with token_exchange",
            Self::JwtPassthrough => "the caller's token",
            Self::ApiKey => "an API key",
        })
    }
}
