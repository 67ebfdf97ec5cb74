//! The manifest that `construct init` writes.

use super::types::Client;
use std::fmt::Write as _;

/// What `construct init` asks. The defaults give the manifest at the root of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Name of the stack.
    pub stack_name: String,
    /// AWS Region.
    pub region: String,
    /// The part before `.atlassian.net` of the Confluence site.
    pub atlassian_tenant: String,
    /// Editors and agents to write a file for.
    pub clients: Vec<Client>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            stack_name: "acme-tools".to_owned(),
            region: "us-west-2".to_owned(),
            atlassian_tenant: "acme".to_owned(),
            clients: vec![Client::VsCode, Client::ClaudeCode, Client::Cursor],
        }
    }
}

/// Returns the starter manifest for `answers`.
///
/// The answers are quoted, not checked: [`super::Manifest::parse`] of the result says what is
/// wrong with them.
pub fn starter(answers: &Answers) -> String {
    let clients: Vec<String> = answers.clients.iter().map(|client| quoted(client.word())).collect();
    let values = [
        ("stack_name", quoted(&answers.stack_name)),
        ("region", quoted(&answers.region)),
        ("atlassian_tenant", quoted(&answers.atlassian_tenant)),
        ("clients", format!("[{}]", clients.join(", "))),
    ];
    // One pass over the template, so that an answer that looks like a placeholder stays itself.
    let mut parts = include_str!("../../templates/construct.toml").split("{{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("every placeholder is closed");
        let (_, value) = values
            .iter()
            .find(|(known, _)| *known == name)
            .expect("every placeholder has an answer");
        text.push_str(value);
        text.push_str(rest);
    }
    text
}

impl Client {
    /// The client's name in the manifest.
    pub fn word(self) -> &'static str {
        match self {
            Self::VsCode => "vscode",
            Self::ClaudeCode => "claude-code",
            Self::Cursor => "cursor",
            Self::Kiro => "kiro",
            Self::Codex => "codex",
            Self::Gemini => "gemini",
            Self::ClaudeDesktop => "claude-desktop",
        }
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(control)).expect("a String takes all text");
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
