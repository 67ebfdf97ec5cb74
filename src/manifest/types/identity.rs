//! `[identities.NAME]`.

use serde::{Deserialize, Serialize};

/// A workload identity that belongs to no gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// URLs that a consent may return to.
    pub return_urls: Vec<String>,
}
