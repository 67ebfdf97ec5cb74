//! Systems Manager Parameter Store.

mod read;
mod tags;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::service::{Call, Fault, Protocol, Reply, Service};

/// The code of a broken constraint.
const INVALID: &str = "ValidationException";
const TYPES: &[&str] = &["String", "StringList", "SecureString"];

/// The parameters of one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub parameters: BTreeMap<String, Parameter>,
}

/// A parameter. Only the newest version is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Parameter {
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    /// The value. The local AWS has no KMS: a `SecureString` is stored as it is.
    pub value: String,
    /// From 1.
    pub version: i64,
    /// Milliseconds since the epoch.
    pub modified_ms: i64,
    /// Empty when there is none.
    pub description: String,
    /// `Standard` or `Advanced`.
    pub tier: String,
    /// `text` or another data type.
    pub data_type: String,
    /// The KMS key of a `SecureString`.
    pub key_id: Option<String>,
    /// What values must match.
    pub allowed_pattern: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Parameter Store.
#[derive(Debug)]
pub struct Ssm;

impl Service for Ssm {
    fn signing_name(&self) -> &'static str {
        "ssm"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Json { version: "1.1", target_prefix: "AmazonSSM" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "PutParameter" => write::put(call),
            "DeleteParameter" => write::delete(call),
            "DeleteParameters" => write::delete_all(call),
            "GetParameter" => read::get(call),
            "GetParameters" => read::get_all(call),
            "GetParametersByPath" => read::by_path(call),
            "DescribeParameters" => read::describe(call),
            "AddTagsToResource" => tags::add(call),
            "RemoveTagsFromResource" => tags::remove(call),
            "ListTagsForResource" => tags::list(call),
            _ => Err(call.not_implemented()),
        }
    }
}

/// A parameter's ARN: the slash that begins a hierarchy is the one behind `parameter`.
fn arn(region: &str, name: &str) -> String {
    let slash = if name.starts_with('/') { "" } else { "/" };
    format!("arn:{}:ssm:{region}:{}:parameter{slash}{name}", crate::PARTITION, crate::ACCOUNT_ID)
}

fn missing(message: impl Into<String>) -> Fault {
    Fault::client("ParameterNotFound", message)
}
