//! `[runtimes.NAME]`.

use super::jwt::Jwt;
use super::target::Permission;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// An agent runtime of the stack: a server that the service runs, from an image or from a zip.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runtime {
    /// A container image in ECR.
    pub image: Option<String>,
    /// A zip that lies in S3 already.
    pub s3: Option<S3Zip>,
    /// A zip on this machine.
    pub zip: Option<PathBuf>,
    /// How a zip is run; with [`Runtime::s3`] and [`Runtime::zip`].
    pub code: Option<RuntimeCode>,
    /// Text shown in the console.
    pub description: Option<String>,
    /// What is spoken with it.
    pub protocol: ServerProtocol,
    /// The port that it listens at; absent leaves what it has.
    pub port: Option<u32>,
    /// The path that it answers at; absent leaves what it has.
    pub path: Option<String>,
    /// The VPC that it reaches out through; absent leaves what it has, which is the internet at first.
    pub network: Option<RuntimeNetwork>,
    /// Headers of callers that it is handed; absent leaves what it has.
    pub headers: Option<Vec<String>>,
    /// Environment variables. Plain text: never a secret.
    pub environment: BTreeMap<String, String>,
    /// How long a session lives unused; absent leaves what it has.
    pub idle_timeout_seconds: Option<u32>,
    /// How long a session lives at all; absent leaves what it has.
    pub max_lifetime_seconds: Option<u32>,
    /// Whose tokens it takes; absent means callers sign with AWS credentials.
    pub jwt: Option<Jwt>,
    /// Endpoints beside `DEFAULT`.
    pub endpoints: BTreeMap<String, RuntimeEndpoint>,
    /// What its role may do beside writing logs, traces and metrics.
    pub permissions: Vec<Permission>,
}

/// A zip in S3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Zip {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The object's version; absent means the newest.
    pub version: Option<String>,
}

/// How a zip is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeCode {
    /// The language's runtime, in the service's words, such as `PYTHON_3_13`.
    pub runtime: String,
    /// What is started: the file, or a command and the file.
    pub entry_point: Vec<String>,
}

/// What is spoken with a runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerProtocol {
    /// The Model Context Protocol.
    Mcp,
    /// Plain HTTP.
    Http,
    /// Agent to agent.
    A2a,
    /// Agent to user interface.
    Agui,
}

/// The VPC of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeNetwork {
    /// Subnets.
    pub subnets: Vec<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
}

/// An endpoint of a runtime: a name for one of its versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeEndpoint {
    /// The version that it serves; absent means the newest.
    pub version: Option<u32>,
    /// Text shown in the console; absent leaves what it has.
    pub description: Option<String>,
}
