//! `[clients]`.

use serde::{Deserialize, Serialize};

/// Which client files are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Editors and agents to write a file for.
    pub write: Vec<Client>,
    /// Whether the file names a fixed MCP protocol version.
    pub protocol_header: bool,
}

/// An MCP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Visual Studio Code.
    #[serde(rename = "vscode")]
    VsCode,
    /// Claude Code.
    ClaudeCode,
    /// Cursor.
    Cursor,
    /// Kiro.
    Kiro,
    /// Codex.
    Codex,
}
