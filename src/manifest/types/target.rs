//! `[targets.NAME]`: what all types of target have, and which type it is.

use super::auth::{Auth, SigV4};
use super::http_target::{HttpConnector, Inference, Passthrough, RuntimeSource, RuntimeTarget};
use super::mcp_target::{ApiGateway, Connector, LambdaTarget, McpEndpoint, McpServer};
use super::network::PrivateEndpoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A target of the gateway.
///
/// Its type is the one of its keys that the reader lets stand; unknown keys are the reader's to refuse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The gateway it is in; absent means the only one.
    pub gateway: Option<String>,
    /// What is behind it.
    #[serde(flatten)]
    pub kind: TargetKind,
    /// The operations of an `OpenAPI` description that become tools; empty means all.
    pub include: Vec<String>,
    /// The operations among these that do not.
    pub exclude: Vec<String>,
    /// Where the API is, instead of what an `OpenAPI` description says.
    pub server: Option<String>,
    /// Values for the variables of an `OpenAPI` description's server URL.
    pub variables: BTreeMap<String, Variable>,
    /// Text shown in the console.
    pub description: Option<String>,
    /// How the gateway signs in; absent means what its type begins with.
    pub auth: Option<Auth>,
    /// What else the gateway's role needs for it.
    pub permissions: Vec<Permission>,
    /// Headers and parameters that pass the gateway; absent leaves what it has.
    pub headers: Option<Headers>,
    /// How it is reached through a VPC; absent leaves what it has.
    pub private_endpoint: Option<PrivateEndpoint>,
    /// A certificate that its endpoint is checked with; absent leaves what it has.
    pub certificate: Option<Certificate>,
}

/// What is behind a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Operations of an `OpenAPI` description become tools; the file, relative to the manifest.
    #[serde(rename = "openapi")]
    OpenApi(PathBuf),
    /// Operations of a Smithy model become tools; the file, relative to the manifest.
    Smithy(PathBuf),
    /// A Lambda function answers the tools.
    Lambda(LambdaTarget),
    /// An MCP server, whose tools are the gateway's too.
    McpServer(McpServer),
    /// Methods of a REST API in API Gateway become tools.
    ApiGateway(ApiGateway),
    /// A connector of the service's own, with tools.
    Connector(Connector),
    /// An agent runtime, reached by HTTP.
    Runtime(RuntimeTarget),
    /// An HTTP endpoint, passed through as it is.
    Passthrough(Passthrough),
    /// A connector of the service's own, reached by HTTP.
    HttpConnector(HttpConnector),
    /// Models, reached on the gateway's inference path.
    Inference(Inference),
}

impl Target {
    /// How the gateway signs in. Where nothing is written: not at all, or with its role if the type takes nothing less.
    ///
    /// An MCP server on a runtime of the stack is signed for as what it is, a runtime.
    pub fn signs_in(&self) -> Auth {
        if matches!(
            &self.kind,
            TargetKind::McpServer(McpServer { server: McpEndpoint::Runtime(_), .. })
        ) && matches!(self.auth, None | Some(Auth::GatewayRole))
        {
            return Auth::SigV4(SigV4 { service: "bedrock-agentcore".to_owned(), region: None });
        }
        self.auth.clone().unwrap_or(match self.kind {
            TargetKind::Smithy(_)
            | TargetKind::Lambda(_)
            | TargetKind::Connector(_)
            | TargetKind::Runtime(_)
            | TargetKind::Passthrough(_)
            | TargetKind::Inference(Inference::Connector(_)) => Auth::GatewayRole,
            TargetKind::OpenApi(_)
            | TargetKind::McpServer(_)
            | TargetKind::ApiGateway(_)
            | TargetKind::HttpConnector(_)
            | TargetKind::Inference(Inference::Provider(_)) => Auth::None,
        })
    }

    /// Whether some operations of its description are sent, and not the file as it is.
    pub fn is_cut(&self) -> bool {
        !self.include.is_empty() || !self.exclude.is_empty()
    }

    /// The files that it names, each with the key that names it.
    pub fn files(&self) -> Vec<(&'static str, &Path)> {
        let file = match &self.kind {
            TargetKind::OpenApi(path) => Some(("openapi", path)),
            TargetKind::Smithy(path) => Some(("smithy", path)),
            TargetKind::Lambda(lambda) => Some(("lambda.tools", &lambda.tools)),
            TargetKind::McpServer(server) => {
                server.tools.as_ref().map(|path| ("mcp_server.tools", path))
            }
            TargetKind::Runtime(runtime) => {
                runtime.schema.as_ref().map(|path| ("runtime.schema", path))
            }
            TargetKind::Passthrough(passthrough) => {
                passthrough.schema.as_ref().map(|path| ("passthrough.schema", path))
            }
            TargetKind::ApiGateway(_)
            | TargetKind::Connector(_)
            | TargetKind::HttpConnector(_)
            | TargetKind::Inference(_) => None,
        };
        file.into_iter().map(|(key, path)| (key, path.as_path())).collect()
    }

    /// The agent runtime of `[runtimes]` that is behind it, with the key that names it.
    pub fn runtime(&self) -> Option<(&'static str, &str)> {
        match &self.kind {
            TargetKind::McpServer(McpServer { server: McpEndpoint::Runtime(name), .. }) => {
                Some(("mcp_server.runtime", name))
            }
            TargetKind::Runtime(RuntimeTarget {
                runtime: RuntimeSource::Runtime(name), ..
            }) => Some(("runtime.runtime", name)),
            _ => None,
        }
    }
}

/// Something that the gateway's role may do for a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// IAM actions, such as `s3:ListBucket`.
    pub actions: Vec<String>,
    /// ARNs.
    pub resources: Vec<String>,
}

/// What passes the gateway beside the call itself; a list that is empty lets nothing pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Headers {
    /// Headers of the caller's request.
    pub request: Vec<String>,
    /// Headers of the target's answer.
    pub response: Vec<String>,
    /// Parameters of the caller's query.
    pub query: Vec<String>,
}

/// A certificate in addition to the public ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// An object in S3, as `s3://bucket/key`.
    S3(String),
    /// A secret in Secrets Manager, by its ARN.
    SecretArn(String),
}

/// The value of a server variable of an `OpenAPI` description: the text itself, or a look-up.
pub type Variable = super::super::text_or::TextOr<Lookup>;

/// A value that is looked up once and then written into the description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The cloud id of an Atlassian site, from its tenant name (`acme` of `acme.atlassian.net`).
    AtlassianTenant(String),
}
