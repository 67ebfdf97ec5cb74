//! `construct cleanup`: removes everything that carries the stack's mark, and looks again to prove that nothing is left.

use std::collections::BTreeSet;

use construct_engine::{Event, Outcome};

use super::running::{Apply, check_losses, open_journal, tell_of_nothing};
use super::{CleanupArguments, ExitCode, Failure};
use crate::cloud::{StackLock, StackLockError};
use crate::outputs::Files;
use crate::report::{kind_words, plan_text};
use crate::session::{Session, View};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the stack's name or Region, the credentials, the locks or the journal. What could not be removed is
/// listed and ends in exit code 6.
pub async fn run(arguments: &CleanupArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open_to_remove(&arguments.manifest, arguments.local).await?;
    run_in(&session, arguments, ui).await
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &Session,
    arguments: &CleanupArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let mut machine = session.lock_machine("cleanup")?;
    let mut journal = open_journal(session, ui)?;
    let nothing_adopted = BTreeSet::new();
    let view =
        session.look(journal.state(), &nothing_adopted, arguments.parallelism, &|_| {}).await?;
    if !view.plan.is_empty() {
        if !arguments.json {
            ui.err(&plan_text(
                &view.plan,
                &session.cloud.naming.region,
                &session.place,
                ui.look_err(),
            ));
        }
        check_losses(&view.plan, false, arguments.yes_destroy)?;
        let question = format!("Remove all of this? ({})", session.whereabouts());
        if !arguments.yes && !ui.confirm(&question)? {
            ui.err("Nothing was removed.");
            return Ok(ExitCode::Done);
        }
    }
    let outcome = if view.plan.is_empty() {
        if arguments.json {
            tell_of_nothing(session, ui);
        }
        Outcome::default()
    } else {
        let apply = Apply {
            session,
            machine: &mut machine,
            journal: &mut journal,
            command: "cleanup",
            parallelism: arguments.parallelism,
            json: arguments.json,
            force_unlock: arguments.force_unlock,
            goes_on: false,
        };
        apply.run(ui, &view, &|_: &Event| {}).await?
    };
    let left =
        session.look(journal.state(), &nothing_adopted, arguments.parallelism, &|_| {}).await?;
    if left.plan.is_empty() {
        StackLock::clear(&session.cloud, &machine, arguments.force_unlock)
            .await
            .map_err(StackLockError::from)?;
        Files::of(session).remove()?;
        if !arguments.json {
            ui.err(&done_text(&outcome, session));
        }
        return Ok(ExitCode::Done);
    }
    Err(left_over(&left, &outcome))
}

fn done_text(outcome: &Outcome, session: &Session) -> String {
    let (stack, region) = (&session.cloud.naming.stack, &session.cloud.naming.region);
    let place = &session.place;
    match outcome.changed {
        0 => format!("There was nothing of {stack} in {place}, {region}: nothing left."),
        removed => format!(
            "Removed {removed} objects of {stack} and looked again in {place}, {region}: nothing left."
        ),
    }
}

fn left_over(left: &View, outcome: &Outcome) -> Failure {
    let count = left.plan.work().count();
    let mut failure =
        Failure::new(ExitCode::CleanupIncomplete, format!("{count} objects are left"));
    for action in left.plan.work() {
        let why = outcome.failed.iter().find(|(address, _)| *address == action.address);
        let why = why.map_or_else(|| "not tried".to_owned(), |(_, error)| error.message.clone());
        let id = action.identity.as_deref().unwrap_or("no id");
        failure = failure.detail(format!(
            "{} ({}, {id}): {why}",
            action.address,
            kind_words(&action.kind)
        ));
    }
    for hint in
        outcome.failed.iter().filter_map(|(_, error)| error.hint.clone()).collect::<BTreeSet<_>>()
    {
        failure = failure.hint(hint);
    }
    failure.hint("run the command again: it goes on with what is left")
}
