//! `config.json` and `mcp.json` beside the manifest: when they are written, and when they go.

use std::path::PathBuf;

use super::atomic::{self, WriteError, Written};
use super::config::{Config, Endpoint, Heading};
use super::mcp::{self, McpFileError, Server};
use super::objects::Objects;
use crate::manifest::Client;
use crate::session::Session;

/// What was written, and where.
pub struct WrittenFiles(String);

impl WrittenFiles {
    /// The sentence for people.
    pub fn text(&self) -> String {
        self.0.clone()
    }
}

/// The files of one stack.
pub struct Files {
    config: PathBuf,
    mcp: PathBuf,
    heading: Heading,
    /// Whether `mcp.json` is asked for, and with a fixed protocol version.
    editor: Option<bool>,
}

impl Files {
    /// Those of `session`'s stack.
    pub fn of(session: &Session) -> Self {
        let naming = &session.cloud.naming;
        let clients = session.prepared.as_ref().map(|prepared| &prepared.manifest.clients);
        Self {
            config: session.base.join("config.json"),
            mcp: session.base.join("mcp.json"),
            heading: Heading {
                stack: naming.stack.clone(),
                region: naming.region.clone(),
                account: naming.account.clone(),
                endpoint: if session.cloud.local { Endpoint::Local } else { Endpoint::Aws },
            },
            editor: clients
                .filter(|clients| clients.write.contains(&Client::VsCode))
                .map(|clients| clients.protocol_header),
        }
    }

    /// The document of `objects`.
    pub fn config(&self, objects: &Objects) -> Config {
        Config::new(&self.heading, objects)
    }

    /// Writes `config.json` alone: after each node, so that it is true after a crash too.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write_config(&self, objects: &Objects) -> Result<Written, WriteError> {
        atomic::write(&self.config, &self.config(objects).to_bytes())
    }

    /// Writes both, and says where they are.
    ///
    /// # Errors
    /// [`McpFileError`]; a file that is not ours to change is left as it is.
    pub fn write(&self, objects: &Objects) -> Result<WrittenFiles, McpFileError> {
        let config = self.config(objects);
        atomic::write(&self.config, &config.to_bytes())?;
        let mut text = format!("Ids and addresses: {}", self.config.display());
        if let (Some(protocol_header), Some(url)) = (self.editor, config.mcp_url) {
            let server = Server { name: self.heading.stack.clone(), url, protocol_header };
            mcp::put(&self.mcp, &server)?;
            text.push_str("\nFor VS Code: ");
            text.push_str(&self.mcp.display().to_string());
        }
        Ok(WrittenFiles(text))
    }

    /// Takes both away again; from `mcp.json` only what is ours. Files that speak of another stack, or of this one
    /// somewhere else, stay.
    ///
    /// # Errors
    /// [`McpFileError`].
    pub fn remove(&self) -> Result<(), McpFileError> {
        let held = std::fs::read(&self.config).ok();
        let held: Option<Config> = held.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        if held.is_some_and(|config| config.heading() == self.heading) {
            mcp::take_out(&self.mcp, &self.heading.stack)?;
            atomic::remove(&self.config)?;
        }
        Ok(())
    }
}
