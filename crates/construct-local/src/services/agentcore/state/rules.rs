//! What steers a gateway's traffic: rules and rate limits.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Status, TokenUse};
use crate::settling::Settling;

/// A rule of a gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// A UUID.
    pub id: String,
    /// What the caller chose.
    pub settings: RuleSettings,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch; none before the first update.
    pub updated_at: Option<i64>,
    /// The creating request's token.
    pub token: Option<TokenUse>,
}

/// The members of a rule that a caller chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSettings {
    /// Unique in the gateway; lower numbers come first.
    pub priority: i64,
    /// When the rule applies; none for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Value>,
    /// What it does. Targets are referred to by name.
    pub actions: Value,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A rate limit of a gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RateLimit {
    /// The caller's choice, or made here.
    pub id: String,
    /// What the entries distinguish; unique in the gateway, never changes.
    pub dimension_keys: Vec<String>,
    /// Rates by the values of the dimensions.
    pub entries: Value,
    /// Free text.
    pub description: Option<String>,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// The creating request's token.
    pub token: Option<TokenUse>,
}
