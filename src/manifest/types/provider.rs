//! `[providers.NAME]`.

use super::super::secrets::{SecretReference, ValueSource};
use serde::{Deserialize, Serialize};

/// An `OAuth2` credential provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Whose OAuth server it is.
    pub vendor: Vendor,
    /// Client id registered at the vendor.
    pub client_id: ValueSource,
    /// Where the client secret comes from.
    pub client_secret: SecretReference,
}

/// A vendor whose OAuth endpoints the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// GitHub.
    Github,
    /// Atlassian: Confluence and Jira.
    Atlassian,
}
