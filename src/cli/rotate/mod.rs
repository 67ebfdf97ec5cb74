//! `construct rotate`: another secret for a provider, or another state key, without remaking anything.
//!
//! A session of one or a few objects: nothing else of the stack is looked at, so that neither the other secrets of the
//! manifest nor the files that it names are needed. Lock, journal and events are those of `up`.

mod provider;
mod state_key;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use construct_engine::{Registry, State, Stop};

use super::running::{Apply, open_journal, tell_of_nothing};
use super::{ExitCode, Failure};
use crate::cloud::{Endpoint, SecretSource};
use crate::manifest::Manifest;
use crate::report::Recording;
use crate::session::{PARALLELISM, Session, Tables, folder_of};
use crate::ui::Ui;

/// Arguments of `construct rotate`.
#[derive(Args, Clone, Debug)]
pub struct RotateArguments {
    /// What is replaced.
    #[command(subcommand)]
    pub command: RotateCommand,
    /// Use the local AWS inside this program.
    #[arg(long, global = true)]
    pub local: bool,
    /// Print events as JSON, one a line.
    #[arg(long, global = true)]
    pub json: bool,
    /// Take the lock of a run that is known to be dead.
    #[arg(long, global = true)]
    pub force_unlock: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// What can be replaced.
#[derive(Clone, Debug, Subcommand)]
pub enum RotateCommand {
    /// The client secret or the API key of a provider: the new one is read from where the manifest says.
    Provider {
        /// The provider's name in the manifest.
        name: String,
    },
    /// The key that seals what a login carries. Logins under way go on.
    StateKey,
    /// Refused: the key that seals the ids of registered clients is for good.
    IdKey,
}

/// Runs the command.
///
/// # Errors
/// What cannot be replaced, or not by this; what is wrong with the manifest, the credentials, the locks or the journal.
pub async fn run(arguments: &RotateArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let manifest = read(arguments)?;
    let (base, known) = (folder_of(&arguments.manifest), known(&manifest));
    let session = Session::open_known(&base, arguments.local, known).await?;
    Rotation { arguments, ui, source: ui, manifest: &manifest, session }.run().await
}

/// The same on an account that is reached already.
///
/// # Errors
/// As [`run`].
pub async fn run_on(
    endpoint: Endpoint,
    arguments: &RotateArguments,
    source: &dyn SecretSource,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let manifest = read(arguments)?;
    let (base, known) = (folder_of(&arguments.manifest), known(&manifest));
    let session = Session::on_known(endpoint, &base, known).await?;
    Rotation { arguments, ui, source, manifest: &manifest, session }.run().await
}

/// The tables that count. What cannot be replaced is refused before anybody is asked for anything.
fn read(arguments: &RotateArguments) -> Result<Manifest, Failure> {
    match &arguments.command {
        RotateCommand::Provider { name } => {
            let tables = Tables::read(&arguments.manifest, &["stack", "providers"])?;
            provider::check(&tables.manifest, name)?;
            Ok(tables.manifest)
        }
        RotateCommand::StateKey => Ok(Tables::read(&arguments.manifest, &["stack"])?.manifest),
        RotateCommand::IdKey => {
            let message = "the id key does not rotate: it seals the ids of registered clients and \
                           refresh tokens, and with it every editor would lose its registration \
                           and every person their sign-in";
            Err(Failure::usage(message).hint(
                "to turn one client away, put its id into `denied` of [clients], and run `construct up`",
            ))
        }
    }
}

fn known(manifest: &Manifest) -> (&str, &str) {
    (&manifest.stack.name, &manifest.stack.region)
}

/// One run of the command.
struct Rotation<'a> {
    arguments: &'a RotateArguments,
    ui: &'a Ui,
    source: &'a dyn SecretSource,
    manifest: &'a Manifest,
    session: Session,
}

impl Rotation<'_> {
    async fn run(mut self) -> Result<ExitCode, Failure> {
        let provider = match &self.arguments.command {
            RotateCommand::Provider { name } => Some(name.as_str()),
            RotateCommand::StateKey | RotateCommand::IdKey => None,
        };
        self.session.graph = match provider {
            Some(name) => provider::graph(&self, name).await?,
            None => state_key::graph(&self).await?,
        };
        // No kind is looked through: the objects of the graph are found by their names.
        self.session.registry = Registry::default();
        if self.session.graph.is_empty() {
            if self.arguments.json {
                tell_of_nothing(&self.session, self.ui);
            }
            return Ok(ExitCode::Done);
        }
        let mut machine = self.session.lock_machine("rotate")?;
        let mut journal = open_journal(&self.session, self.ui)?;
        // What is remembered of other objects is none of this command's business.
        let (state, none) = (State::default(), BTreeSet::new());
        let view = self.session.look(&state, &none, PARALLELISM, &|_| {}).await?;
        if let Some(name) = provider {
            provider::decide(&self, &view, name)?;
        }
        let apply = Apply {
            session: &self.session,
            machine: &mut machine,
            journal: &mut journal,
            command: "rotate",
            parallelism: PARALLELISM,
            json: self.arguments.json,
            force_unlock: self.arguments.force_unlock,
            goes_on: false,
            stop: &Stop::default(),
        };
        let recording = Recording::default();
        let outcome = apply.run(self.ui, &view, &|event| recording.see(event)).await?;
        if !self.arguments.json {
            recording.notices().iter().for_each(|(_, text)| self.ui.err(text));
        }
        if !outcome.complete() {
            return Ok(ExitCode::ApplyIncomplete);
        }
        if let Some(name) = provider.filter(|_| !self.arguments.json) {
            self.ui.err(&provider::ending(self.manifest, name));
        }
        Ok(ExitCode::Done)
    }
}
