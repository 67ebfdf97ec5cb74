//! Policy engines and their policies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Status, Tags, TokenUse};
use crate::settling::Settling;

/// A policy engine, with its policies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicyEngine {
    /// `{name}-{10 characters}`.
    pub id: String,
    /// Unique in the Region; never changes.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Free text.
    pub description: Option<String>,
    /// The key its data is encrypted with; never changes.
    pub encryption_key_arn: Option<String>,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Its tags.
    pub tags: Tags,
    /// The creating request's token.
    pub token: Option<TokenUse>,
    /// By policy id.
    pub policies: BTreeMap<String, Policy>,
}

/// A policy of an engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// `{name}-{10 characters}`.
    pub id: String,
    /// Unique in its engine; never changes.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The `definition` union.
    pub definition: Value,
    /// Free text.
    pub description: Option<String>,
    /// `ACTIVE` or `LOG_ONLY`.
    pub enforcement_mode: String,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// The creating request's token.
    pub token: Option<TokenUse>,
}
