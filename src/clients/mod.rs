//! The files in which MCP clients keep their servers: the stack's gateways go in and out, everything else stays.
//!
//! Construct writes what a client has to be told and no secret. An entry is ours when it leads to the gateway, or where
//! construct last had it lead; another's of the same name is not touched.

mod change;
mod document;
mod entry;
mod facts;
mod json;
mod merge;
mod record;
mod toml;

use std::path::{Path, PathBuf};

pub(crate) use change::Wanted;
pub use change::{Action, Change, ClientFileError, Place};
pub use entry::{Choices, SignIn, Way, redirect_uris};
pub use facts::{Scope, Variables};
pub use merge::Entry;
pub(crate) use record::Written;

use entry::{PROGRAM, members};
use facts::{FACTS, facts};
use record::Record;

use crate::manifest::{Client, Gateway, Inbound, Manifest};
use crate::outputs::config::Config;
use crate::proxy::Address;

/// A gateway as clients know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The stack's name, and the gateway's where it has one.
    pub name: String,
    /// How it is reached.
    pub way: Way,
}

impl Client {
    /// Every client, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        FACTS.iter().map(|facts| facts.client)
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        facts(self).label
    }

    /// What a person has to know of the project's file.
    pub fn project_note(self) -> Option<&'static str> {
        facts(self).project_note
    }

    /// The file that is written unless told otherwise, or the one of `scope`.
    ///
    /// # Errors
    /// Why there is none.
    pub fn place(self, scope: Option<Scope>, variables: Variables<'_>) -> Result<Place, String> {
        let facts = facts(self);
        let (scope, file) = match (scope, facts.project()) {
            (None | Some(Scope::Project), Some(file)) => (Scope::Project, file.to_owned()),
            (Some(Scope::Project), None) => {
                return Err(format!("{} reads no file of a project's", facts.label));
            }
            (None | Some(Scope::User), _) => (Scope::User, facts.user(variables)?),
        };
        Ok(Place { client: self, scope, file })
    }
}

/// The name of a gateway's entries: the stack's, and the gateway's where it has one.
pub fn server_name(stack: &str, gateway: Option<&str>) -> String {
    gateway.map_or_else(|| stack.to_owned(), |gateway| format!("{stack}-{gateway}"))
}

/// The gateways of `manifest` that are there, as `config` has them.
pub fn servers(manifest: &Manifest, config: &Config) -> Vec<Server> {
    let gateways = manifest.all_gateways().into_iter();
    gateways
        .filter_map(|(name, gateway)| {
            let way = way(name, gateway, config)?;
            Some(Server { name: server_name(&config.stack, name), way })
        })
        .collect()
}

fn way(name: Option<&str>, gateway: &Gateway, config: &Config) -> Option<Way> {
    let url = config.reached(name)?.mcp_url;
    Some(match gateway.inbound {
        Inbound::Iam => Way::Signed(proxied(url, &config.region)),
        Inbound::None => Way::Open(url),
        Inbound::Cognito => {
            let cognito = config.cognito.as_ref();
            let id = server_name("editors", name);
            Way::SignIn(SignIn {
                url,
                client_id: cognito.and_then(|cognito| cognito.clients.get(&id).cloned()),
                scopes: cognito.map(|cognito| cognito.scopes.clone()).unwrap_or_default(),
                at_front: true,
            })
        }
        Inbound::Jwt => {
            let jwt = gateway.jwt.clone().unwrap_or_default();
            let advertised =
                |scope: &String| jwt.advertised_scopes.get(scope).unwrap_or(scope).clone();
            Way::SignIn(SignIn {
                url,
                // Of several nobody knows which one is the editors'.
                client_id: Some(&jwt.clients)
                    .filter(|ids| ids.len() == 1)
                    .map(|ids| ids[0].clone()),
                scopes: jwt.scopes.iter().map(advertised).collect(),
                at_front: false,
            })
        }
    })
}

/// The arguments of `construct proxy` for a gateway. The address of one on AWS tells the Region by itself.
fn proxied(url: String, region: &str) -> Vec<String> {
    let tells_region = Address::read(&url, None).is_ok_and(|address| address.region.is_some());
    if tells_region { vec![url] } else { vec![url, "--region".to_owned(), region.to_owned()] }
}

/// The entries of those of `servers` that `client`'s file has a way to say.
pub fn entries(client: Client, servers: &[Server], choices: &Choices<'_>) -> Vec<Entry> {
    let entry = |server: &Server| {
        let members = members(client, &server.way, choices)?;
        Some(Entry { name: server.name.clone(), members })
    };
    servers.iter().filter_map(entry).collect()
}

/// The files of one stack's clients, and what construct wrote into them.
pub struct ClientFiles {
    base: PathBuf,
    record_path: PathBuf,
    record: Record,
}

impl ClientFiles {
    /// Those of the stack whose manifest is in `base` and whose memory is in the folder `memory`.
    pub fn of(base: &Path, memory: &Path) -> Self {
        let record_path = memory.join("clients.json");
        Self { base: base.to_owned(), record: Record::read(&record_path), record_path }
    }

    /// The files that have entries of this stack, as far as construct knows.
    pub fn known(&self) -> impl Iterator<Item = Place> {
        self.record.files().map(|(file, written)| Place {
            client: written.client,
            scope: written.scope,
            file: file.to_owned(),
        })
    }

    /// What becomes of the file at `place` so that it has `entries`. With `adopt`, entries of others that have their names
    /// are taken over.
    ///
    /// # Errors
    /// [`ClientFileError`]; nothing is written here.
    pub fn with(
        &self,
        place: Place,
        entries: &[Entry],
        adopt: bool,
    ) -> Result<Change, ClientFileError> {
        let written = self.record.of(&place.file);
        Change::of(&self.base, place, &Wanted { entries, written, adopt, gone: &[] })
    }

    /// What becomes of it so that it has none of `gone`, nor what construct wrote.
    ///
    /// # Errors
    /// [`ClientFileError`]; nothing is written here.
    pub fn without(
        &self,
        place: Place,
        gone: &[Entry],
        adopt: bool,
    ) -> Result<Change, ClientFileError> {
        let written = self.record.of(&place.file);
        Change::of(&self.base, place, &Wanted { gone, written, adopt, entries: &[] })
    }

    /// Makes the changes, and remembers them. None is made where one of the files is seen to be not as it was shown, or not
    /// to be written.
    ///
    /// # Errors
    /// [`ClientFileError`] of the first file that could not be written: it and those behind it are as they were.
    pub fn apply(&mut self, changes: &[Change]) -> Result<(), ClientFileError> {
        changes.iter().try_for_each(Change::check)?;
        for change in changes {
            change.apply(&self.base)?;
            self.record.put(&change.place.file, change.written.clone());
            self.record.write(&self.record_path)?;
        }
        Ok(())
    }
}

/// The choices of a file that `up` writes without being asked more.
pub fn usual_choices(protocol_header: bool) -> Choices<'static> {
    Choices { protocol_header, program: PROGRAM, token_file: None }
}

#[cfg(test)]
mod tests;
