//! `[targets.NAME]`.

use super::auth::Auth;
use super::network::PrivateEndpoint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A target of the gateway: one source of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TargetTable", into = "TargetTable")]
pub struct Target {
    /// The gateway it is in; absent means the only one.
    pub gateway: Option<String>,
    /// Where the tools come from.
    pub kind: TargetKind,
    /// Text shown in the console.
    pub description: Option<String>,
    /// How the gateway signs in to the API; absent means not at all, or for Lambda the gateway's role.
    pub auth: Option<Auth>,
    /// How the target is reached through a VPC; absent leaves what it has.
    pub private_endpoint: Option<PrivateEndpoint>,
}

/// The two kinds of target of the starter stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Operations of an `OpenAPI` description become tools.
    OpenApi {
        /// The description, relative to the manifest.
        path: PathBuf,
        /// Values for the server URL's variables.
        variables: BTreeMap<String, Variable>,
    },
    /// A Lambda function answers the tools.
    Lambda {
        /// Which function.
        source: LambdaSource,
        /// JSON file with the tools' schemas, relative to the manifest.
        tools: PathBuf,
    },
}

/// Which Lambda function a target calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LambdaSource {
    /// One of `[functions]`, by name.
    Function(String),
    /// A function that exists already.
    Arn(String),
}

/// `[targets.NAME]` as it is written; [`Target`] is what it means.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetTable {
    gateway: Option<String>,
    openapi: Option<PathBuf>,
    variables: BTreeMap<String, Variable>,
    lambda: Option<LambdaTable>,
    description: Option<String>,
    auth: Option<Auth>,
    private_endpoint: Option<PrivateEndpoint>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LambdaTable {
    function: Option<String>,
    arn: Option<String>,
    tools: PathBuf,
}

impl TryFrom<TargetTable> for Target {
    type Error = &'static str;

    fn try_from(table: TargetTable) -> Result<Self, Self::Error> {
        let kind = match (table.openapi, table.lambda) {
            (Some(path), None) => TargetKind::OpenApi { path, variables: table.variables },
            (None, Some(lambda)) => TargetKind::Lambda {
                source: match (lambda.function, lambda.arn) {
                    (Some(name), None) => LambdaSource::Function(name),
                    (None, Some(arn)) => LambdaSource::Arn(arn),
                    _ => return Err("exactly one of `function` and `arn`"),
                },
                tools: lambda.tools,
            },
            _ => return Err("exactly one of `openapi` and `lambda`"),
        };
        Ok(Self {
            gateway: table.gateway,
            kind,
            description: table.description,
            auth: table.auth,
            private_endpoint: table.private_endpoint,
        })
    }
}

impl From<Target> for TargetTable {
    fn from(target: Target) -> Self {
        let (openapi, variables, lambda) = match target.kind {
            TargetKind::OpenApi { path, variables } => (Some(path), variables, None),
            TargetKind::Lambda { source, tools } => {
                let (function, arn) = match source {
                    LambdaSource::Function(name) => (Some(name), None),
                    LambdaSource::Arn(arn) => (None, Some(arn)),
                };
                (None, BTreeMap::new(), Some(LambdaTable { function, arn, tools }))
            }
        };
        Self {
            gateway: target.gateway,
            openapi,
            variables,
            lambda,
            description: target.description,
            auth: target.auth,
            private_endpoint: target.private_endpoint,
        }
    }
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
