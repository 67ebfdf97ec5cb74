//! Types of target whose tools join the gateway's own list.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A Lambda function that answers tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LambdaTarget {
    /// Which function.
    #[serde(flatten)]
    pub source: LambdaSource,
    /// JSON file with the tools' schemas, relative to the manifest.
    pub tools: PathBuf,
}

/// Which Lambda function a target calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LambdaSource {
    /// One of `[functions]`, by name.
    Function(String),
    /// A function that exists already.
    Arn(String),
}

/// An MCP server behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct McpServer {
    /// Where it is.
    #[serde(flatten)]
    pub server: McpEndpoint,
    /// Which endpoint of the runtime; absent means `DEFAULT`.
    pub qualifier: Option<String>,
    /// When the gateway asks for its tools.
    pub listing: Listing,
    /// JSON file with its tools, which are then not asked for, relative to the manifest.
    pub tools: Option<PathBuf>,
    /// Who wins where two servers have a resource of the same URI; absent leaves what it has.
    pub resource_priority: Option<u32>,
}

/// Where an MCP server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McpEndpoint {
    /// At a URL.
    Endpoint(String),
    /// On one of `[runtimes]`, by name.
    Runtime(String),
}

/// When the gateway asks an MCP server for its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Listing {
    /// When the target is made or changed; then they are kept.
    Default,
    /// Whenever a caller asks.
    Dynamic,
}

/// A stage of a REST API in API Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiGateway {
    /// The API's id.
    pub rest_api: String,
    /// The stage's name.
    pub stage: String,
    /// Which methods become tools.
    pub tools: Vec<ToolFilter>,
    /// Names and descriptions for some of them.
    pub overrides: Vec<ToolOverride>,
}

/// Methods of a path that become tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolFilter {
    /// The resource's path; `*` at its end stands for all below it.
    pub path: String,
    /// HTTP methods.
    pub methods: Vec<String>,
}

/// The name of one method as a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolOverride {
    /// The tool's name.
    pub name: String,
    /// The resource's path.
    pub path: String,
    /// The HTTP method.
    pub method: String,
    /// What the tool does; absent means the API's own words.
    pub description: Option<String>,
}

/// A connector of the service's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connector {
    /// Which, such as `web-search`.
    pub id: String,
    /// Its version; absent leaves what it has.
    pub version: Option<String>,
    /// The tools that are offered; empty means the connector's own choice.
    pub enabled: Vec<String>,
    /// Settings of its tools.
    pub configurations: Vec<ConnectorConfiguration>,
}

/// Settings of one tool of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorConfiguration {
    /// The tool.
    pub name: String,
    /// What it does; absent means the connector's own words.
    pub description: Option<String>,
    /// Values of its parameters, which are then not the caller's.
    pub parameters: Option<serde_json::Value>,
    /// What callers see of its parameters.
    pub overrides: Vec<ParameterOverride>,
}

/// What callers see of one parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterOverride {
    /// The parameter, as a JSON path.
    pub path: String,
    /// What it is; absent means the connector's own words.
    pub description: Option<String>,
    /// Whether callers see it; absent means the connector's own choice.
    pub visible: Option<bool>,
}
