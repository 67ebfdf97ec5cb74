//! Where each client keeps its MCP servers, and in which form: one table, with where it is said.

use std::path::{Path, PathBuf};

use crate::manifest::Client;

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// JSON; comments and a comma behind the last member are let stand.
    Json,
    /// TOML.
    Toml,
}

/// Whose file it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The project's, beside the manifest: everybody who has the project has it.
    Project,
    /// A person's, for all projects.
    User,
}

/// The folder that a person's file is in.
#[derive(Clone, Copy, Debug)]
enum Home {
    /// What the variable names, else a folder of the home folder.
    Own(&'static str, &'static str),
    /// A folder below the one in which the system keeps programs' settings.
    Settings(&'static str),
}

/// What is known of a client.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) client: Client,
    /// What people call it.
    pub(super) label: &'static str,
    pub(super) format: Format,
    /// The table of servers by name.
    pub(super) servers: &'static str,
    project: Option<&'static str>,
    user: Option<(Home, &'static str)>,
    /// Whether an authorization server knows it by the document that it publishes of itself (CIMD), so that it needs no
    /// client id at one that takes such documents.
    pub(super) describes_itself: bool,
    /// What a person has to know before it reads the project's file.
    pub(super) project_note: Option<&'static str>,
}

/// Every client, in the order in which they are listed.
pub(super) static FACTS: [Facts; 7] = [
    // code.visualstudio.com, "MCP configuration reference"; the folder of a person's settings in "User and workspace
    // settings".
    Facts {
        client: Client::VsCode,
        label: "VS Code",
        format: Format::Json,
        servers: "servers",
        project: Some(".vscode/mcp.json"),
        user: Some((Home::Settings("Code/User"), "mcp.json")),
        describes_itself: true,
        project_note: None,
    },
    // code.claude.com, "Connect Claude Code to tools via MCP". The person's entries are in a file that the program itself
    // keeps its state in.
    Facts {
        client: Client::ClaudeCode,
        label: "Claude Code",
        format: Format::Json,
        servers: "mcpServers",
        project: Some(".mcp.json"),
        user: None,
        describes_itself: true,
        project_note: Some("Claude Code asks once whether the project's servers may be used."),
    },
    // modelcontextprotocol.io, "Connect to local MCP servers"; support.claude.com on remote connectors.
    Facts {
        client: Client::ClaudeDesktop,
        label: "Claude Desktop",
        format: Format::Json,
        servers: "mcpServers",
        project: None,
        user: Some((Home::Settings("Claude"), "claude_desktop_config.json")),
        describes_itself: true,
        project_note: None,
    },
    // cursor.com/docs/mcp.
    Facts {
        client: Client::Cursor,
        label: "Cursor",
        format: Format::Json,
        servers: "mcpServers",
        project: Some(".cursor/mcp.json"),
        user: Some((Home::Own("", ".cursor"), "mcp.json")),
        describes_itself: false,
        project_note: None,
    },
    // kiro.dev/docs/mcp/configuration; changelog of CLI 2.12 on client ids.
    Facts {
        client: Client::Kiro,
        label: "Kiro",
        format: Format::Json,
        servers: "mcpServers",
        project: Some(".kiro/settings/mcp.json"),
        user: Some((Home::Own("", ".kiro"), "settings/mcp.json")),
        describes_itself: false,
        project_note: None,
    },
    // developers.openai.com/codex/mcp; CODEX_HOME in the program's own help.
    Facts {
        client: Client::Codex,
        label: "Codex",
        format: Format::Toml,
        servers: "mcp_servers",
        project: Some(".codex/config.toml"),
        user: Some((Home::Own("CODEX_HOME", ".codex"), "config.toml")),
        describes_itself: true,
        project_note: Some("Codex reads the project's file once the project is trusted."),
    },
    // geminicli.com/docs/tools/mcp-server; GEMINI_CLI_HOME in the program's source.
    Facts {
        client: Client::Gemini,
        label: "Gemini CLI",
        format: Format::Json,
        servers: "mcpServers",
        project: Some(".gemini/settings.json"),
        user: Some((Home::Own("", ".gemini"), "settings.json")),
        describes_itself: false,
        project_note: Some("Gemini CLI reads the project's file once the folder is trusted."),
    },
];

/// What is known of `client`.
pub(super) fn facts(client: Client) -> &'static Facts {
    let known = FACTS.iter().find(|facts| facts.client == client);
    known.expect("every client has its facts")
}

/// Looks an environment variable up.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Facts {
    /// The project's file, relative to the manifest's folder.
    pub(super) fn project(&self) -> Option<&'static Path> {
        self.project.map(Path::new)
    }

    /// The person's file, on this system.
    ///
    /// # Errors
    /// When the client has none that construct writes, or the environment does not tell where it is.
    pub(super) fn user(&self, variables: Variables<'_>) -> Result<PathBuf, String> {
        self.user_on(std::env::consts::OS, variables)
    }

    fn user_on(&self, system: &str, variables: Variables<'_>) -> Result<PathBuf, String> {
        let (home, file) = self
            .user
            .ok_or_else(|| format!("construct writes no file of a person's for {}", self.label))?;
        // A variable that is set to nothing is not set.
        let set = |name: &str| variables(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let person = || {
            let name = if system == "windows" { "USERPROFILE" } else { "HOME" };
            set(name).ok_or_else(|| format!("{name} does not say where your files are"))
        };
        let folder = match home {
            Home::Own(variable, folder) => match set(variable) {
                Some(named) => named,
                None => person()?.join(folder),
            },
            Home::Settings(folder) => match system {
                "windows" => match set("APPDATA") {
                    Some(settings) => settings,
                    None => person()?.join("AppData/Roaming"),
                },
                "macos" => person()?.join("Library/Application Support"),
                _ => match set("XDG_CONFIG_HOME") {
                    Some(settings) => settings,
                    None => person()?.join(".config"),
                },
            }
            .join(folder),
        };
        Ok(folder.join(file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(client: Client, system: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let look_up = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Ok(facts(client).user_on(system, &look_up)?.to_str().unwrap().replace('\\', "/"))
    }

    #[test]
    fn a_person_s_file_is_where_the_system_and_the_variables_say() {
        let home = ("HOME", "/h");
        for (client, system, variables, expected) in [
            (Client::VsCode, "linux", &[home][..], "/h/.config/Code/User/mcp.json"),
            (Client::VsCode, "linux", &[home, ("XDG_CONFIG_HOME", "/x")], "/x/Code/User/mcp.json"),
            (
                Client::VsCode,
                "linux",
                &[home, ("XDG_CONFIG_HOME", "")],
                "/h/.config/Code/User/mcp.json",
            ),
            (
                Client::ClaudeDesktop,
                "macos",
                &[home, ("XDG_CONFIG_HOME", "/x")],
                "/h/Library/Application Support/Claude/claude_desktop_config.json",
            ),
            (
                Client::ClaudeDesktop,
                "windows",
                &[("APPDATA", "C:/a")],
                "C:/a/Claude/claude_desktop_config.json",
            ),
            (Client::Cursor, "windows", &[home, ("USERPROFILE", "C:/u")], "C:/u/.cursor/mcp.json"),
            (Client::Kiro, "linux", &[home], "/h/.kiro/settings/mcp.json"),
            (Client::Codex, "linux", &[home], "/h/.codex/config.toml"),
            (Client::Codex, "linux", &[("CODEX_HOME", "/c")], "/c/config.toml"),
            (Client::Gemini, "macos", &[home], "/h/.gemini/settings.json"),
        ] {
            assert_eq!(at(client, system, variables).unwrap(), expected);
        }
        assert!(at(Client::Codex, "linux", &[]).unwrap_err().contains("HOME"));
        assert!(at(Client::ClaudeCode, "linux", &[home]).unwrap_err().contains("Claude Code"));
    }

    #[test]
    fn every_client_has_a_file_and_the_manifest_s_name() {
        for facts in &FACTS {
            let name = facts.client.word();
            assert!(facts.project.is_some() || facts.user.is_some(), "{name}");
            assert_eq!(serde_json::to_value(facts.client).unwrap(), name);
        }
    }
}
