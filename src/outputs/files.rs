//! What a run leaves beside the manifest: `config.json`, `mcp.json` and the clients' files of the project; when they are
//! written, and when they go.

use std::path::PathBuf;

use super::atomic::{self, WriteError, Written};
use super::config::{Config, Endpoint, Heading};
use super::mcp;
use super::objects::Objects;
use crate::clients::{
    Action, Change, ClientFileError, ClientFiles, Place, Scope, Server, entries, server_name,
    servers, usual_choices,
};
use crate::manifest::{Client, Clients, Manifest};
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
    base: PathBuf,
    config: PathBuf,
    /// Where construct remembers the stack.
    memory: PathBuf,
    heading: Heading,
    /// The document that was there before this run.
    before: Option<Config>,
}

impl Files {
    /// Those of `session`'s stack.
    pub fn of(session: &Session) -> Self {
        let naming = &session.cloud.naming;
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
            base: session.base.clone(),
            config,
            memory: session.memory(),
            heading,
        }
    }

    /// The document of `objects`.
    pub fn config(&self, objects: &Objects) -> Config {
        Config::new(&self.heading, objects)
    }

    /// Writes `config.json` alone: while nodes are worked on, so that it is true after a crash too.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write_config(&self, objects: &Objects) -> Result<Written, WriteError> {
        atomic::write(&self.config, &self.config(objects).to_bytes())
    }

    /// Writes all of them, and says where they are and how each gateway of `manifest` is called.
    ///
    /// # Errors
    /// [`ClientFileError`]; a client's file that is not ours to change is left as it is, and then so are the others.
    pub fn write(
        &self,
        objects: &Objects,
        manifest: Option<&Manifest>,
    ) -> Result<WrittenFiles, ClientFileError> {
        let config = self.config(objects);
        atomic::write(&self.config, &config.to_bytes())?;
        let mut lines = manifest.map(|manifest| ways_in(manifest, &config)).unwrap_or_default();
        lines.push(format!("Ids and addresses: {}", self.config.display()));
        if let Some(manifest) = manifest {
            lines.extend(self.write_clients(&manifest.clients, &servers(manifest, &config))?);
        }
        Ok(WrittenFiles(lines.join("\n")))
    }

    /// Writes the servers into the clients' files that the manifest names, and those of the project that have them already.
    fn write_clients(
        &self,
        clients: &Clients,
        servers: &[Server],
    ) -> Result<Vec<String>, ClientFileError> {
        let mut files = ClientFiles::of(&self.base, &self.memory);
        let own = if clients.write.contains(&Client::VsCode) {
            Some(mcp::change(&self.base, servers, self.servers_before(), clients.protocol_header)?)
        } else {
            None
        };
        let mut changes = Vec::new();
        let mut lines = Vec::new();
        for place in wanted_places(clients, &files) {
            let entries = entries(place.client, servers, &usual_choices(clients.protocol_header));
            let (client, is_persons) = (place.client, place.scope == Scope::User);
            let change = files.with(place, &entries, false);
            if !is_persons {
                changes.push(change?);
            } else if change.is_ok_and(|change| change.action() != Action::Same) {
                lines.push(format!(
                    "{} has what it was told before in a file of yours: `construct clients {} --user` tells it anew.",
                    client.label(),
                    client.word()
                ));
            }
        }
        if let Some(own) = &own {
            own.apply(&self.base)?;
        }
        files.apply(&changes)?;
        if !servers.is_empty() {
            let whole = own.iter().chain(&changes);
            let told = |change: &Change| {
                format!("For {}: {}", change.place.client.label(), change.path().display())
            };
            lines.splice(0..0, whole.map(told));
        }
        Ok(lines)
    }

    /// Takes them away again; from clients' files only what is ours. `config.json` and `mcp.json` that speak of another
    /// stack, or of this one somewhere else, stay.
    ///
    /// # Errors
    /// [`ClientFileError`].
    pub fn remove(&self) -> Result<(), ClientFileError> {
        let mut files = ClientFiles::of(&self.base, &self.memory);
        let changes: Vec<Change> = files
            .known()
            .map(|place| files.without(place, &[], false))
            .collect::<Result<_, _>>()?;
        files.apply(&changes)?;
        if self.before.is_some() {
            mcp::change(&self.base, &[], self.servers_before(), false)?.apply(&self.base)?;
            atomic::remove(&self.config)?;
        }
        Ok(())
    }

    /// The names under which an earlier run may have put the gateways into `mcp.json`.
    fn servers_before(&self) -> impl Iterator<Item = String> {
        let named = self.before.iter().flat_map(|config| config.gateways.keys());
        let alone = self.before.iter().filter(|config| config.gateways.is_empty()).map(|_| None);
        let names = named.map(|name| Some(name.as_str())).chain(alone);
        names.map(|name| server_name(&self.heading.stack, name))
    }
}

/// The files of the clients that are named, but for VS Code's, for which there is `mcp.json`; and those that have entries.
fn wanted_places(clients: &Clients, files: &ClientFiles) -> Vec<Place> {
    let named = clients.write.iter().filter(|client| **client != Client::VsCode);
    let nowhere = |_: &str| None;
    let mut places: Vec<Place> =
        named.filter_map(|client| client.place(Some(Scope::Project), &nowhere).ok()).collect();
    for known in files.known() {
        if places.iter().all(|place| place.file != known.file) {
            places.push(known);
        }
    }
    places
}
