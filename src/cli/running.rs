//! The mutating part that `up` and `cleanup` share: agreement, the stack's lock, progress, Ctrl-C, and the engine's run.

use construct_engine::{Event, Journal, MachineLock, Outcome, Plan, Stop, apply};

use super::{ExitCode, Failure};
use crate::cloud::{Holder, StackLock};
use crate::front;
use crate::manifest::Inbound;
use crate::prepare::Prepared;
use crate::report::{Ndjson, Progress, losses};
use crate::session::{Session, View, repair_text};
use crate::ui::Ui;

/// How a run is carried out.
pub(super) struct Apply<'a> {
    pub(super) session: &'a Session,
    pub(super) machine: &'a mut MachineLock,
    pub(super) journal: &'a mut Journal,
    /// The command, as the journal and the lock name it.
    pub(super) command: &'static str,
    pub(super) parallelism: usize,
    pub(super) json: bool,
    pub(super) force_unlock: bool,
    /// Whether the command goes on after the run, and tells scripts of its end itself.
    pub(super) goes_on: bool,
    /// Asked by Ctrl-C, and heeded by what comes after this run too.
    pub(super) stop: &'a Stop,
}

/// Opens the journal for a run, and tells of a torn line that had to be cut off.
pub(super) fn open_journal(session: &Session, ui: &Ui) -> Result<Journal, Failure> {
    let path = session.journal_path();
    let opened = Journal::open(&path)?;
    if let Some(repair) = &opened.repair {
        ui.err(&repair_text(repair, &path));
    }
    Ok(opened.journal)
}

/// The lines of a run that has nothing to do: scripts wait for the last one.
pub(super) fn tell_of_nothing(session: &Session, ui: &Ui) {
    let ndjson = Ndjson::new(ui);
    ndjson.see(&Event::RunStarted { stack: session.cloud.naming.stack.clone(), total: 0 });
    ndjson.see(&Event::RunFinished { changed: 0, failed: 0, skipped: 0, elapsed_ms: 0 });
}

/// Refuses a gateway that anybody may call, unless somebody knows.
pub(super) fn check_open_gateways(session: &Session, i_know: bool) -> Result<(), Failure> {
    let Some(prepared) = session.prepared.as_ref().filter(|_| !i_know) else { return Ok(()) };
    let gateways = prepared.manifest.all_gateways().into_iter();
    let mut open =
        gateways.filter(|(_, gateway)| gateway.inbound == Inbound::None).map(|(name, _)| {
            name.map_or_else(|| "[gateway]".to_owned(), |name| format!("[gateways.{name}]"))
        });
    let Some(first) = open.next() else { return Ok(()) };
    let all = open.fold(first, |all, next| format!("{all}, {next}"));
    let message =
        format!("anybody on the internet could call the tools of {all}: inbound is \"none\"");
    Err(Failure::usage(message).hint("choose another way in, or add --i-know if that is meant"))
}

/// Refuses to move the front's functions to another processor where nobody asked for it: this program has the front for
/// other processors than the one that made them, and the two would move them to and fro.
pub(super) fn check_architecture(plan: &Plan, prepared: &Prepared) -> Result<(), Failure> {
    let Some(code) = prepared.front.as_ref().filter(|code| !code.asked) else { return Ok(()) };
    let gateways = prepared.manifest.all_gateways();
    let fronts = |address: &str| {
        gateways.iter().any(|(gateway, _)| {
            let mut names =
                front::FUNCTIONS.iter().map(|role| front::function_name(role, *gateway));
            names.any(|name| address.strip_prefix("function/") == Some(name.as_str()))
        })
    };
    let of_fronts = plan.work().filter(|action| fronts(action.address.as_str()));
    let mut changes = of_fronts.flat_map(|action| &action.changes);
    let Some(change) = changes.find(|change| change.field == "Architectures") else {
        return Ok(());
    };
    let (there, here) = (change.before.trim_matches('"'), &code.architecture);
    let message = format!(
        "the front's functions run on {there}, and this construct would move them to {here} though the manifest does not say so"
    );
    let hint = format!(
        "write `architecture = \"{there}\"` into [front] to keep them there, or \"{here}\" to move them"
    );
    Err(Failure::new(ExitCode::ManifestInvalid, message).hint(hint))
}

/// Refuses a plan that takes from people what they did not agree to lose, or from a stack that is protected.
pub(super) fn check_losses(plan: &Plan, protect: bool, yes_destroy: bool) -> Result<(), Failure> {
    let losses = losses(plan);
    if losses.is_empty() {
        return Ok(());
    }
    let refusal = if protect {
        Failure::usage(
            "the stack is protected, and the plan would take from people what they have there",
        )
        .hint("remove `protect = true` from [stack] first")
    } else if losses.iter().any(|(_, needs_consent)| *needs_consent) && !yes_destroy {
        Failure::usage("the plan would take from people what they have there")
            .hint("if that is meant, add --yes-destroy")
    } else {
        return Ok(());
    };
    Err(losses.into_iter().fold(refusal, |refusal, (what, _)| refusal.detail(what)))
}

impl Apply<'_> {
    /// Carries out `view`'s plan under the stack's lock; `remember` is told every event first.
    ///
    /// # Errors
    /// A held lock, a journal that cannot be written, a second Ctrl-C.
    pub(super) async fn run(
        self,
        ui: &Ui,
        view: &View,
        remember: &(dyn Fn(&Event) + Send + Sync),
    ) -> Result<Outcome, Failure> {
        let Self {
            session,
            machine,
            journal,
            command,
            parallelism,
            json,
            force_unlock,
            goes_on,
            stop,
        } = self;
        let lock = StackLock::take(&session.cloud, machine, command, force_unlock).await?;
        if let Some(other) = lock.evicted() {
            let Holder { who, command, since, .. } = other;
            ui.err(&format!(
                "The stack's lock was taken over from {who} ({command}, since {since})."
            ));
        }
        // From here on the parameter names this run, so that nothing of the runs before it is left to be recognised.
        machine.forget_outlived()?;
        session.cloud.lists.forget();
        let (progress, ndjson) = (Progress::new(ui), Ndjson::new(ui));
        let events = |event: Event| {
            remember(&event);
            match event {
                Event::RunFinished { .. } if json && goes_on => {}
                event if json => ndjson.see(&event),
                event => progress.see(&event),
            }
        };
        let still_holds = || lock.check();
        let run = session.run(&events, stop, parallelism, &still_holds);
        let work = Box::pin(apply(
            &run,
            &session.graph,
            &session.registry,
            journal,
            (&view.plan, &view.observed),
            command,
        ));
        let beat =
            async { if json { ndjson.heartbeat().await } else { std::future::pending().await } };
        let heard = || {
            if !json {
                progress.stopping();
            }
        };
        let ended = tokio::select! {
            // In this order: the system's own answer to Ctrl-C, death, is taken away before the first call leaves.
            biased;
            () = interrupts(stop, &heard) => None,
            outcome = work => Some(outcome),
            () = lock.keep() => None,
            () = beat => None,
        };
        let Some(outcome) = ended else {
            // The parameter stays: this machine's next run recognises it as its own.
            return Err(Failure::new(
                ExitCode::ApplyIncomplete,
                "left at once, with calls under way",
            )
            .hint("run the command again: it looks at what became of them and goes on"));
        };
        if let Err(lost) = lock.check() {
            ui.err(&format!("This run made no call more: {}.", lost.message));
        }
        if let Err(error) = lock.release().await {
            ui.err(&format!("The stack's lock could not be let go: {error}. This machine's next run takes it over."));
        }
        Ok(outcome?)
    }
}

/// Ends with the second Ctrl-C; the first asks the run to stop and is `heard` at once, as a call under way may take long.
async fn interrupts(stop: &Stop, heard: &(dyn Fn() + Send + Sync)) {
    for turn in 0..2 {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler the system's own applies: the process ends, and the journal covers it.
            std::future::pending::<()>().await;
        }
        if turn == 0 {
            stop.request();
            heard();
        }
    }
}
