//! `[gateway]` and `[gateways.NAME]`.

use super::jwt::Jwt;
use super::policy::GatewayPolicy;
use super::traffic::{GatewayRule, RateLimit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A gateway of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Text shown in the console.
    pub description: Option<String>,
    /// Text that MCP clients hand to their model.
    pub instructions: Option<String>,
    /// Whether the gateway offers its tool search.
    pub search: Search,
    /// How much callers are told about a failure.
    pub exception_level: Option<ExceptionLevel>,
    /// Who may call it.
    pub inbound: Inbound,
    /// What people's editors reach; with [`Inbound::Cognito`] and no other.
    pub front: FrontDoor,
    /// Whose tokens it takes; with [`Inbound::Jwt`] and no other.
    pub jwt: Option<Jwt>,
    /// Where people's consents are completed; absent means the way that the inbound has.
    pub consent: Option<Consent>,
    /// The page for consents; with [`Consent::Portal`] and no other.
    pub portal: Option<Portal>,
    /// Which targets it takes.
    pub protocol: GatewayProtocol,
    /// MCP versions that it speaks.
    pub protocol_versions: Vec<String>,
    /// How long an MCP session lives unused.
    pub session_timeout_seconds: Option<u32>,
    /// Whether answers are streamed from targets to clients.
    pub response_streaming: Option<bool>,
    /// Whether `tools/list` answers in pages.
    pub list_tools_pagination: Option<bool>,
    /// The KMS key that encrypts the gateway.
    pub kms_key: Option<String>,
    /// What happens to requests while WAF cannot be asked.
    pub waf_failure: Option<WafFailure>,
    /// Functions that see every request or answer on its way.
    pub interceptors: Vec<Interceptor>,
    /// The policy engine that is asked before a tool is called.
    pub policy: Option<GatewayPolicy>,
    /// How much callers may use, by name.
    pub rate_limits: BTreeMap<String, RateLimit>,
    /// Where requests go, by name.
    pub rules: BTreeMap<String, GatewayRule>,
}

impl Gateway {
    /// Whether the stack's front stands before it: people's editors then sign in with OAuth, and
    /// consents return there.
    pub fn has_front(&self) -> bool {
        self.inbound == Inbound::Cognito
    }

    /// Whether that front has a function URL for its door.
    pub fn has_function_url(&self) -> bool {
        self.has_front() && self.front == FrontDoor::FunctionUrl
    }

    /// Whether that front has an HTTP API for its door.
    pub fn has_http_api(&self) -> bool {
        self.has_front() && self.front == FrontDoor::HttpApi
    }

    /// Whether the gateway has a place of its own where a person's consent returns to and is completed.
    pub fn consent_returns(&self) -> bool {
        self.has_front() || self.has_portal()
    }

    /// Whether people consent on the service's own page.
    pub fn has_portal(&self) -> bool {
        self.consent == Some(Consent::Portal)
    }

    /// What is wanted of that page.
    pub fn portal_settings(&self) -> Option<Portal> {
        self.has_portal().then(|| self.portal.clone().unwrap_or_default())
    }
}

/// What people's editors reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrontDoor {
    /// An HTTP API: it has limits of requests, gives answers as a whole, and waits half a minute for them.
    HttpApi,
    /// A function URL: it streams, and waits as long as the function may run.
    FunctionUrl,
}

/// Who may call a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Inbound {
    /// People and machines of the stack's user pool.
    Cognito,
    /// Who has a token of another issuer.
    Jwt,
    /// Who signs with AWS credentials that may.
    Iam,
    /// Anybody.
    None,
}

/// Where people's consents are completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consent {
    /// By the front's own function.
    Callback,
    /// By the service's own page.
    Portal,
}

/// The service's own page for consents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Who signs people in: a provider of the gateway's issuer. The stack makes its own for a gateway of its pool.
    pub provider: Option<String>,
    /// Scopes that are asked for when somebody signs in.
    pub scopes: Vec<String>,
    /// The audience that is asked for.
    pub audience: Option<String>,
    /// Text shown in the console; absent leaves what it has.
    pub description: Option<String>,
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            provider: None,
            scopes: vec!["openid".to_owned()],
            audience: None,
            description: None,
        }
    }
}

/// Which targets a gateway takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GatewayProtocol {
    /// Those whose tools it offers as one MCP server.
    Mcp,
    /// Those, and HTTP and inference targets.
    Any,
}

/// What happens to requests while WAF cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WafFailure {
    /// They are refused.
    Close,
    /// They are let through.
    Open,
}

/// A function that sees every request or answer of a gateway, and may change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interceptor {
    /// One of `[functions]`, by name.
    pub function: Option<String>,
    /// A function that exists already.
    pub arn: Option<String>,
    /// What it sees.
    pub points: Vec<InterceptionPoint>,
    /// Whether it is handed the request's headers.
    pub pass_headers: bool,
    /// Whether the answer's body is kept from it.
    pub exclude_response_body: bool,
}

/// What an interceptor sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InterceptionPoint {
    /// Requests, before they reach a target.
    Request,
    /// Answers, before they reach the caller.
    Response,
}

/// Tool search of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// Search by meaning, through a tool of the gateway's own.
    Semantic,
    /// No search tool.
    None,
}

/// Detail of a gateway's error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionLevel {
    /// Callers see why a call failed; without it they see a general message.
    Debug,
}
