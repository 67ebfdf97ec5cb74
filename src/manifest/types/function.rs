//! `[functions.NAME]`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Processor of a Lambda function, in the API's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The word of the Lambda API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// A Lambda function that belongs to the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The deployment package, relative to the manifest.
    pub zip: PathBuf,
    /// Entry point, in the runtime's form.
    pub handler: String,
    /// Lambda runtime, such as `provided.al2023`.
    pub runtime: String,
    /// Memory, in MB.
    pub memory: u32,
    /// Time limit, in seconds.
    pub timeout_seconds: u32,
    /// Processor the package was built for.
    pub architecture: Architecture,
    /// Environment variables. Plain text: never a secret.
    pub environment: BTreeMap<String, String>,
    /// How long log lines are kept, in days.
    pub log_retention_days: u32,
}
