//! Types of target that are reached by a path of the gateway: HTTP and inference.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An agent runtime behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeTarget {
    /// Which runtime.
    #[serde(flatten)]
    pub runtime: RuntimeSource,
    /// Which of its endpoints; absent leaves what it has.
    pub qualifier: Option<String>,
    /// An OpenAPI description of what it offers, relative to the manifest.
    pub schema: Option<PathBuf>,
}

/// Which runtime a target calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeSource {
    /// One of `[runtimes]`, by name.
    Runtime(String),
    /// A runtime that exists already.
    Arn(String),
}

/// An HTTP endpoint that requests are passed on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passthrough {
    /// What the service is told.
    #[serde(flatten)]
    pub settings: PassthroughSettings,
    /// A description of what it offers, relative to the manifest.
    pub schema: Option<PathBuf>,
}

/// Where requests are passed on to, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassthroughSettings {
    /// Where requests go.
    pub endpoint: String,
    /// What is spoken there.
    pub protocol: PassthroughProtocol,
    /// Keeps a caller at one of several servers.
    pub stickiness: Option<Stickiness>,
    /// Parameters that are added to every query.
    pub query: BTreeMap<String, String>,
    /// Who wins where the caller has the same parameter; absent leaves what it has.
    pub query_conflict: Option<QueryConflict>,
}

/// What is spoken behind a passthrough target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PassthroughProtocol {
    /// The Model Context Protocol.
    Mcp,
    /// Agent to agent.
    A2a,
    /// Calls of models.
    Inference,
    /// Anything else.
    Custom,
}

/// How a caller is kept at one of several servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stickiness {
    /// What tells callers apart.
    pub identifier: String,
    /// For how long; absent leaves what it has.
    pub timeout_seconds: Option<u32>,
    /// What tells them apart together with it.
    pub composite: Vec<String>,
}

/// Who wins where a caller and the target name the same parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryConflict {
    /// The caller.
    Client,
    /// The target.
    Static,
}

/// A connector of the service's own, reached by HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConnector {
    /// Which.
    pub id: String,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Models behind the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inference {
    /// A connector of the service's own, such as `bedrock-mantle`.
    Connector(String),
    /// Any server of models.
    Provider(InferenceProvider),
}

/// A server of models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceProvider {
    /// Where it is.
    pub endpoint: String,
    /// How the provider stands in front of a model's name.
    pub prefix: Option<ProviderPrefix>,
    /// What is passed on; empty means all that the service knows.
    pub operations: Vec<InferenceOperation>,
}

/// How a provider stands in front of a model's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderPrefix {
    /// Whether callers may leave it out: the gateway then puts it there.
    pub strip: bool,
    /// The character between it and the model.
    pub separator: String,
}

/// One path of a server of models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InferenceOperation {
    /// The gateway's path.
    pub path: String,
    /// The server's path; absent means the same.
    pub provider_path: Option<String>,
    /// Models that it takes; empty means all.
    pub models: Vec<String>,
}
