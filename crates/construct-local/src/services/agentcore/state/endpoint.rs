//! Endpoints of agent runtimes.

use serde::{Deserialize, Serialize};

use super::{Status, Tags, TokenUse};
use crate::settling::Settling;

/// An endpoint of an agent runtime: a name for one of its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// Unique in its runtime; never changes.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Free text.
    pub description: Option<String>,
    /// The version that it is to serve.
    pub target_version: u32,
    /// The version that it serves; none until it is made.
    pub live_version: Settling<Option<u32>>,
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
    /// The last update's token.
    pub update_token: Option<TokenUse>,
}
