//! `[gateway]`.

use serde::{Deserialize, Serialize};

/// The one gateway of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Text shown in the console.
    pub description: Option<String>,
    /// Text that MCP clients hand to their model.
    pub instructions: Option<String>,
    /// Whether the gateway offers its tool search.
    pub search: Search,
    /// How much callers are told about a failure.
    pub exception_level: Option<ExceptionLevel>,
}

/// Tool search of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// Search by meaning, through a tool of the gateway's own.
    Semantic,
    /// No search tool.
    None,
}

/// Detail of a gateway's error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionLevel {
    /// Callers see why a call failed; without it they see a general message.
    Debug,
}
