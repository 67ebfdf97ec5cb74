//! `construct sync`: brings the tools of targets up to date, and changes nothing else.
//!
//! A target whose document differs from the manifest's is updated, an MCP server whose tools the gateway reads once is
//! synchronized, and of every other target it is said why nothing is to be done. All of it is the engine's plan, of which
//! this command leaves out what is not its business: lock, journal and events are those of `up`. No secret is read.

mod authorize;
mod differences;
mod known;
mod look;
mod verdict;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use construct_engine::{Event, State};

use super::running::{Apply, open_journal, tell_of_nothing};
use super::{ExitCode, Failure, tools};
use crate::cloud::{Endpoint, SecretSource};
use crate::report::Ndjson;
use crate::session::{PARALLELISM, Session, remembered, repair_text};
use crate::steps::gateway_target::Live;
use crate::ui::Ui;
use differences::{Differences, differences};
use look::{Look, Seen, waiting};
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
    #[arg(long, value_name = "NAME", requires = "region")]
    pub stack: Option<String>,
    /// The Region of the stack that --stack names.
    #[arg(long, value_name = "REGION", requires = "stack")]
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
    let session = if known::is_without_manifest(arguments) {
        known::open(arguments, None).await?
    } else {
        let SyncArguments { manifest, local, targets, .. } = arguments;
        Session::open_to_sync(manifest, *local, ui, targets).await?
    };
    run_in(&session, arguments, ui).await
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
    session: &Session,
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
    let mut machine = session.lock_machine("sync")?;
    let mut journal = open_journal(session, ui)?;
    let mut look = Look::at(session, arguments, journal.state(), &BTreeSet::new()).await?;
    if arguments.authorize {
        let waits = waiting(session, &look.targets).await?;
        if !waits.is_empty() {
            // No change of a target is taken before, and what it needs shows after it.
            authorize::complete(session, &waits, ui).await?;
            let fresh = waits.into_iter().map(|(address, _)| address).collect();
            look = Look::at(session, arguments, journal.state(), &fresh).await?;
        }
    }
    tell(session, &look, arguments, ui);
    let complete = if look.view.plan.is_empty() {
        if arguments.json {
            tell_of_nothing(session, ui);
        }
        true
    } else {
        let apply = Apply {
            session,
            machine: &mut machine,
            journal: &mut journal,
            command: "sync",
            parallelism: PARALLELISM,
            json: arguments.json,
            force_unlock: arguments.force_unlock,
        };
        apply.run(ui, &look.view, &|_: &Event| {}).await?.complete()
    };
    let consented = consents(session, &look.targets, arguments, ui).await?;
    Ok(if !complete || !consented {
        ExitCode::ApplyIncomplete
    } else if look.targets.iter().any(|target| matches!(target.verdict, Verdict::Left(_))) {
        ExitCode::ChangesFound
    } else {
        ExitCode::Done
    })
}

async fn check(
    session: &Session,
    arguments: &SyncArguments,
    state: &State,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let look = Look::at(session, arguments, state, &BTreeSet::new()).await?;
    tell(session, &look, arguments, ui);
    if arguments.json {
        tell_of_nothing(session, ui);
    }
    Ok(if look.is_up_to_date() { ExitCode::Done } else { ExitCode::ChangesFound })
}

/// Whether no target waits for a consent any more. With `--authorize` they are completed first, else it is said where to.
async fn consents(
    session: &Session,
    targets: &[Seen],
    arguments: &SyncArguments,
    ui: &Ui,
) -> Result<bool, Failure> {
    let waits = waiting(session, targets).await?;
    if arguments.authorize && !waits.is_empty() {
        authorize::complete(session, &waits, ui).await?;
        return Ok(true);
    }
    for (address, live) in &waits {
        let url = live.consent().map_or("the AWS console", |consent| consent.url);
        ui.err(&format!(
            "{address} needs a person, within ten minutes: open {url}\n\
             `construct sync --authorize` completes a consent that returns to this machine."
        ));
    }
    Ok(waits.is_empty())
}

/// What becomes of each target, and what else differs.
fn tell(session: &Session, look: &Look, arguments: &SyncArguments, ui: &Ui) {
    let ndjson = Ndjson::new(ui);
    for target in &look.targets {
        let mut text = target.verdict.text(arguments.check);
        if let Some(consent) = target.live.as_ref().and_then(Live::consent) {
            text = format!("{text}, within ten minutes at {}", consent.url);
        }
        let differences = differences(session, target);
        if arguments.json {
            for text in std::iter::once(text).chain(differences.iter().flat_map(sentences)) {
                ndjson.see(&Event::Notice { address: target.address.clone(), text });
            }
            continue;
        }
        ui.out(&format!("{}: {text}", target.name));
        match &differences {
            Some(Differences::Known(changes)) => {
                let text = tools::changes_text(changes, ui.paint_out());
                ui.out(
                    &text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"),
                );
            }
            Some(Differences::Unknown(why)) => ui.out(&format!("  {why}")),
            None => {}
        }
    }
    if let Some(others) = look.others.filter(|others| *others > 0) {
        let objects = if others == 1 { "object" } else { "objects" };
        ui.err(&format!("`construct up` would also change {others} other {objects}."));
    }
    if !arguments.json && look.targets.is_empty() {
        ui.out("There are no targets.");
    }
}

/// The differences, one sentence each.
fn sentences(differences: &Differences) -> Vec<String> {
    match differences {
        Differences::Known(changes) => changes
            .iter()
            .map(|change| {
                let breaks = if change.breaks { " (breaks callers)" } else { "" };
                let argument = match change.argument.as_str() {
                    "" => String::new(),
                    argument => format!(", argument {argument}"),
                };
                format!("tool {}{argument}: {}{breaks}", change.tool, change.message)
            })
            .collect(),
        Differences::Unknown(why) => vec![(*why).to_owned()],
    }
}
