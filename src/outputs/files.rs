//! `config.json` and `mcp.json` beside the manifest: when they are written, and when they go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::atomic::{self, WriteError, Written};
use super::config::{Config, Endpoint, Heading};
use super::mcp::{self, McpFileError, Server, Way};
use super::objects::Objects;
use crate::manifest::{Client, Inbound, Manifest};
use crate::proxy::Address;
use crate::report::ways_in;
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
    /// The document that was there before this run.
    before: Option<Config>,
}

impl Files {
    /// Those of `session`'s stack.
    pub fn of(session: &Session) -> Self {
        let naming = &session.cloud.naming;
        let clients = session.prepared.as_ref().map(|prepared| &prepared.manifest.clients);
        let config = session.base.join("config.json");
        let heading = Heading {
            stack: naming.stack.clone(),
            region: naming.region.clone(),
            account: naming.account.clone(),
            endpoint: if session.cloud.local { Endpoint::Local } else { Endpoint::Aws },
        };
        let held = std::fs::read(&config).ok();
        let held: Option<Config> = held.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self {
            before: held.filter(|config| config.heading() == heading),
            config,
            mcp: session.base.join("mcp.json"),
            heading,
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

    /// Writes both, and says where they are and how each gateway of `manifest` is called.
    ///
    /// # Errors
    /// [`McpFileError`]; a file that is not ours to change is left as it is.
    pub fn write(
        &self,
        objects: &Objects,
        manifest: Option<&Manifest>,
    ) -> Result<WrittenFiles, McpFileError> {
        let config = self.config(objects);
        atomic::write(&self.config, &config.to_bytes())?;
        let mut lines = manifest.map(|manifest| ways_in(manifest, &config)).unwrap_or_default();
        lines.push(format!("Ids and addresses: {}", self.config.display()));
        if let (Some(protocol_header), Some(manifest)) = (self.editor, manifest) {
            let wanted = servers(manifest, &config, protocol_header);
            for name in self.servers_before().filter(|name| !wanted.contains_key(name)) {
                mcp::take_out(&self.mcp, &name)?;
            }
            let is_there = !wanted.is_empty();
            for (name, way) in wanted {
                mcp::put(&self.mcp, &Server { name, way })?;
            }
            if is_there {
                lines.push(format!("For VS Code: {}", self.mcp.display()));
            }
        }
        Ok(WrittenFiles(lines.join("\n")))
    }

    /// Takes both away again; from `mcp.json` only what is ours. Files that speak of another stack, or of this one
    /// somewhere else, stay.
    ///
    /// # Errors
    /// [`McpFileError`].
    pub fn remove(&self) -> Result<(), McpFileError> {
        if self.before.is_some() {
            for name in self.servers_before() {
                mcp::take_out(&self.mcp, &name)?;
            }
            atomic::remove(&self.config)?;
        }
        Ok(())
    }

    /// The names under which an earlier run may have put the gateways into `mcp.json`.
    fn servers_before(&self) -> impl Iterator<Item = String> {
        let named = self.before.iter().flat_map(|config| config.gateways.keys());
        let alone = self.before.iter().filter(|config| config.gateways.is_empty()).map(|_| None);
        named.map(Some).chain(alone).map(|name| server_name(&self.heading.stack, name))
    }
}

/// The stack's name, and the gateway's where it has one.
fn server_name(stack: &str, gateway: Option<&String>) -> String {
    gateway.map_or_else(|| stack.to_owned(), |gateway| format!("{stack}-{gateway}"))
}

/// How an editor reaches each gateway. It cannot sign requests with AWS credentials: `construct proxy` does.
fn servers(manifest: &Manifest, config: &Config, protocol_header: bool) -> BTreeMap<String, Way> {
    let gateways = manifest.all_gateways().into_iter();
    gateways
        .filter_map(|(name, gateway)| {
            let key = server_name(&config.stack, name.map(str::to_owned).as_ref());
            let url = config.reached(name)?.mcp_url;
            let way = match gateway.inbound {
                Inbound::Iam => Way::Proxy(proxied(url, &config.region)),
                _ => Way::Http { url, protocol_header },
            };
            Some((key, way))
        })
        .collect()
}

/// The arguments of `construct proxy` for a gateway. The address of one on AWS tells the Region by itself.
fn proxied(url: String, region: &str) -> Vec<String> {
    let tells_region = Address::read(&url, None).is_ok_and(|address| address.region.is_some());
    if tells_region { vec![url] } else { vec![url, "--region".to_owned(), region.to_owned()] }
}
