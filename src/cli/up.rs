//! `construct up`: plan, agree, apply exactly that, and say what a person still has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use construct_engine::{Event, Journal, MachineLock, Outcome, Plan, Verb};

use super::running::{Apply, Losses};
use super::{ExitCode, Failure, UpArguments};
use crate::outputs::{Documents, Objects};
use crate::report::{plan_text, timings_text, todo_text};
use crate::session::{Session, View, repair_text};
use crate::ui::Ui;

/// How many objects are worked on at once, unless told otherwise.
pub(super) const PARALLELISM: usize = 10;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest, the credentials, the locks or the journal; a refusal to agree is no error.
pub async fn run(arguments: &UpArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open(&arguments.manifest, arguments.local, ui).await?;
    let lock = session.lock_machine("up")?;
    let mut journal = open_journal(&session, ui)?;
    let adopt: BTreeSet<_> = arguments.adopt.iter().cloned().collect();
    for address in &adopt {
        if session.graph.spec(address).is_none() {
            return Err(Failure::usage(format!("--adopt {address}: the manifest has no such node"))
                .hint("`construct graph` lists the addresses"));
        }
    }
    let mut view = session.look(journal.state(), &adopt, arguments.parallelism, &|_| {}).await?;
    if !arguments.json {
        ui.err(&plan_text(&view.plan, &session.place, ui.paint_err(), ui.width()));
    }
    if view.plan.is_empty() {
        return nothing_to_change(arguments, ui, &session, &mut journal, &view, lock).await;
    }
    refuse_protected(&session, &view.plan)?;
    Losses::of(&view.plan).agree(arguments.yes_destroy)?;
    if !arguments.yes {
        if !ui.confirm(&format!("Change {} as shown?", session.place))? {
            ui.err("Nothing was changed.");
            return Ok(ExitCode::Done);
        }
        // The answer may have taken an hour: what was agreed to must still be what would be done.
        let again = session.look(journal.state(), &adopt, arguments.parallelism, &|_| {}).await?;
        if again.plan.digest() != view.plan.digest() {
            ui.err(&plan_text(&again.plan, &session.place, ui.paint_err(), ui.width()));
            return Err(Failure::new(ExitCode::ApplyIncomplete, "the account changed while you were asked")
                .hint("look at the new plan above, then run again"));
        }
        view = again;
    }
    ask_for_secrets(&session, &view.plan, ui)?;
    let apply = Apply {
        session: &session,
        command: "up",
        parallelism: arguments.parallelism,
        json: arguments.json,
        force_unlock: arguments.force_unlock,
    };
    let objects = Mutex::new(Objects::of(&session, journal.state()));
    let documents = Documents::beside(&session);
    let events = Mutex::new(Vec::new());
    let remember = |event: &Event| {
        if let Event::NodeDone { address, kind, outputs, .. } = event {
            let mut objects = objects.lock().expect("no event panics while it is told");
            objects.put(address, kind, outputs);
            // A crash must leave a true document too; what the disk refuses is told once, at the end.
            documents.write_config(&objects).ok();
        }
        events.lock().expect("no event panics while it is told").push(event.clone());
    };
    let outcome = apply.run(ui, &mut journal, &view, &remember).await?;
    let objects = objects.into_inner().expect("no event panics while it is told");
    documents.write(&objects)?;
    drop(lock);
    let events = events.into_inner().expect("no event panics while it is told");
    finish(arguments, ui, &session, &outcome, &events, &objects)
}
