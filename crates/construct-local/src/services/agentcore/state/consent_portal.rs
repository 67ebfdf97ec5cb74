//! Consent portals.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Status, Tags};
use crate::settling::Settling;

/// A consent portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConsentPortal {
    /// `{name}-{10 characters}`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Where people reach it, once it is made.
    pub url: String,
    /// What the caller chose.
    pub settings: ConsentPortalSettings,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Its tags.
    pub tags: Tags,
}

/// The members of a consent portal that a caller chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentPortalSettings {
    /// Unique in the Region; never changes.
    pub name: String,
    /// The one gateway it serves, by id or ARN; never changes.
    pub sources: Value,
    /// Who signs people in.
    pub idp_config: Value,
    /// The role the portal acts with.
    pub execution_role_arn: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}
