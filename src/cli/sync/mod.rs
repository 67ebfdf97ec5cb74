//! `construct sync`: brings the tools of targets up to date, and changes nothing else.
//!
//! A target whose document differs from the manifest's is updated, an MCP server whose tools the gateway reads once is
//! synchronized, and of every other target it is said why nothing is to be done. All of it is the engine's plan, of which
//! this command leaves out what is not its business: lock, journal and events are those of `up`. No secret is read.

mod authorize;
mod differences;
mod known;
mod listing;
mod look;
mod telling;
mod verdict;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use clap::Args;
use construct_engine::{Event, Journal, MachineLock, State, Stop};

use super::arguments::{region, stack_name};
use super::running::{Apply, open_journal};
use super::{ExitCode, Failure};
use crate::cloud::{Endpoint, SecretSource};
use crate::session::{PARALLELISM, Session, remembered, repair_text};
use crate::ui::Ui;
use authorize::Callbacks;
use differences::is_listed;
use listing::Listing;
use look::{Look, waiting};
use telling::Telling;
use verdict::Verdict;

/// Arguments of `construct sync`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct SyncArguments {
    /// Of these targets only.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// Change nothing, and end with exit code 4 when something would be done.
    #[arg(long)]
    pub check: bool,
    /// Complete the consents that targets wait for, where they return to this machine.
    #[arg(long, conflicts_with = "check")]
    pub authorize: bool,
    /// Of this stack, without its manifest.
    #[arg(long, value_name = "NAME", requires = "region", value_parser = stack_name)]
    pub stack: Option<String>,
    /// The Region of the stack that --stack names.
    #[arg(long, value_name = "REGION", requires = "stack", value_parser = region)]
    pub region: Option<String>,
    /// Print events as JSON, one a line.
    #[arg(long)]
    pub json: bool,
    /// Take the lock of a run that is known to be dead.
    #[arg(long)]
    pub force_unlock: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Runs the command. Ends in exit code 4 when `--check` finds work or only `up` can do what is left, 5 when a consent or
/// anything else is missing.
///
/// # Errors
/// What is wrong with the manifest, the credentials, the locks or the journal, and looks that failed.
pub async fn run(arguments: &SyncArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let mut session = if known::is_without_manifest(arguments) {
        known::open(arguments, None).await?
    } else {
        let SyncArguments { manifest, local, targets, .. } = arguments;
        Session::open_to_sync(manifest, *local, ui, targets).await?
    };
    run_in(&mut session, arguments, ui).await
}

/// A session on an account that is reached already.
///
/// # Errors
/// As [`run`].
pub async fn session_on(
    endpoint: Endpoint,
    arguments: &SyncArguments,
    source: &dyn SecretSource,
) -> Result<Session, Failure> {
    if known::is_without_manifest(arguments) {
        return known::open(arguments, Some(endpoint)).await;
    }
    Session::on_to_sync(endpoint, &arguments.manifest, source, &arguments.targets).await
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &mut Session,
    arguments: &SyncArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    if arguments.check {
        let (journal, repair) = remembered(session)?;
        if let Some(repair) = &repair {
            ui.err(&repair_text(repair, &session.journal_path()));
        }
        return check(session, arguments, journal.state(), ui).await;
    }
    let machine = session.lock_machine("sync")?;
    let journal = open_journal(session, ui)?;
    let look = Look::at(session, arguments, journal.state(), &BTreeSet::new()).await?;
    if !arguments.authorize {
        return Work { session, arguments, machine, journal }.done(look, ui).await;
    }
    let callbacks = Callbacks::open(session, &look.targets).await?;
    let work = Work { session, arguments, machine, journal };
    callbacks.beside(Box::pin(work.done(look, ui)), ui).await
}

async fn check(
    session: &Session,
    arguments: &SyncArguments,
    state: &State,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let look = Look::at(session, arguments, state, &BTreeSet::new()).await?;
    let telling = Telling { session, arguments, ui };
    telling.look(&look);
    telling.end(None);
    Ok(if look.is_up_to_date() { ExitCode::Done } else { ExitCode::ChangesFound })
}

/// What changes something, and what it needs.
struct Work<'a> {
    session: &'a Session,
    arguments: &'a SyncArguments,
    machine: MachineLock,
    journal: Journal,
}

impl Work<'_> {
    /// Carries out what `look` calls for.
    async fn done(mut self, mut look: Look, ui: &Ui) -> Result<ExitCode, Failure> {
        let Self { session, arguments, .. } = self;
        let telling = Telling { session, arguments, ui };
        // Only the gateway knows the tools of some, and soon not those of before.
        let listed: Vec<_> = look.targets.iter().filter(|seen| is_listed(seen)).cloned().collect();
        let before = Listing::of(session, &listed).await;
        if arguments.authorize {
            // No change of such a target is taken before, and what it needs shows after it.
            let fresh = authorize::completed(session, &look, &telling).await?;
            if !fresh.is_empty() {
                look = Look::at(session, arguments, self.journal.state(), &fresh).await?;
            }
        }
        telling.look(&look);
        let (is_complete, end) = self.carried_out(&look, ui).await?;
        let after = Listing::of(session, &listed).await;
        for target in &listed {
            telling.differences(target, &before.differences(&after, target));
        }
        let waits = waiting(session, &look.targets).await;
        telling.end(end);
        let waits = waits?;
        telling.consents(&waits);
        Ok(if !is_complete || !waits.is_empty() {
            ExitCode::ApplyIncomplete
        } else if look.targets.iter().any(|seen| matches!(seen.verdict, Verdict::Left(_))) {
            ExitCode::ChangesFound
        } else {
            ExitCode::Done
        })
    }

    /// Whether all of the plan was carried out, and the event that ended it; none where there was nothing to carry out.
    async fn carried_out(
        &mut self,
        look: &Look,
        ui: &Ui,
    ) -> Result<(bool, Option<Event>), Failure> {
        if look.view.plan.is_empty() {
            return Ok((true, None));
        }
        let apply = Apply {
            session: self.session,
            machine: &mut self.machine,
            journal: &mut self.journal,
            command: "sync",
            parallelism: PARALLELISM,
            json: self.arguments.json,
            force_unlock: self.arguments.force_unlock,
            goes_on: true,
            stop: &Stop::default(),
        };
        let end = Mutex::new(None);
        let remember = |event: &Event| {
            if matches!(event, Event::RunFinished { .. }) {
                *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(event.clone());
            }
        };
        let outcome = apply.run(ui, &look.view, &remember).await?;
        Ok((outcome.complete(), end.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }
}
