//! `[clients]`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which client files are written, and which programs may sign people in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Editors and agents to write a file for.
    pub write: Vec<Client>,
    /// Whether the file names a fixed MCP protocol version.
    pub protocol_header: bool,
    /// Programs that sign people in without registering first, by client id.
    pub registered: BTreeMap<String, RegisteredClient>,
    /// Hosts whose client id metadata documents are fetched.
    pub metadata_hosts: Vec<String>,
    /// Client ids that are no longer served, or their fingerprints.
    pub denied: Vec<String>,
    /// Web origins whose pages may call the tools.
    pub allowed_origins: Vec<String>,
}

/// A program that signs people in with an id that it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisteredClient {
    /// What the consent page calls it.
    pub name: String,
    /// Where people come back to.
    pub redirect_uris: Vec<String>,
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
    /// Gemini CLI.
    Gemini,
    /// Claude Desktop, which reads no file of a project's: a manifest cannot name it.
    ClaudeDesktop,
}
