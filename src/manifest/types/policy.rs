//! `[policy_engines.NAME]`, its policies, and how a gateway asks one.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a gateway asks before it lets a tool be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEngine {
    /// Text shown in the console.
    pub description: Option<String>,
    /// The KMS key that encrypts its policies.
    pub kms_key: Option<String>,
    /// Its policies, by name.
    pub policies: BTreeMap<String, EnginePolicy>,
}

/// A policy of a policy engine. Exactly one of `file` and `statement` is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnginePolicy {
    /// A file with the policy, relative to the manifest.
    pub file: Option<PathBuf>,
    /// The policy itself.
    pub statement: Option<String>,
    /// What it is written in.
    pub language: PolicyLanguage,
    /// Text shown in the console.
    pub description: Option<String>,
    /// Whether findings refuse it.
    pub validation: PolicyValidation,
    /// Whether it decides.
    pub enforcement: PolicyEnforcement,
}

/// What a policy is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyLanguage {
    /// Cedar.
    Cedar,
    /// Dogwood, which adds conditions over time and guardrails.
    Dogwood,
}

/// What the findings of the service's analysis lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyValidation {
    /// The policy is refused.
    FailOnFindings,
    /// The policy is taken all the same.
    IgnoreFindings,
}

/// Whether a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEnforcement {
    /// It does.
    Active,
    /// What it would decide is logged.
    LogOnly,
}

/// The policy engine that a gateway asks. Exactly one of `engine` and `arn` is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayPolicy {
    /// One of `[policy_engines]`, by name.
    pub engine: Option<String>,
    /// A policy engine that exists already.
    pub arn: Option<String>,
    /// What its answer is for.
    pub mode: PolicyMode,
}

/// What a policy engine's answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// It decides.
    Enforce,
    /// It is logged.
    LogOnly,
}
