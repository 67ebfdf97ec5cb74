//! Removing all of one stack: what `cleanup` does with one, and `gc` with each that nobody knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use construct_engine::{Address, Event, Journal, MachineLock, Outcome, Stop};

use super::running::{Apply, open_journal, tell_of_nothing};
use super::{ExitCode, Failure};
use crate::cloud::{StackLock, StackLockError};
use crate::outputs::Files;
use crate::report::{addresses, kind_words, objects};
use crate::session::{Session, View};
use crate::ui::Ui;

/// How a removal is carried out.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// The command, as the journal and the locks name it.
    pub(super) command: &'static str,
    pub(super) parallelism: usize,
    pub(super) json: bool,
    pub(super) force_unlock: bool,
}

/// A stack that is about to be removed: locked on this machine, and looked at.
pub(super) struct Removal<'a> {
    session: &'a Session,
    machine: MachineLock,
    journal: Journal,
    view: View,
    how: How,
}

impl<'a> Removal<'a> {
    /// Takes the machine's lock and looks at what is there.
    ///
    /// # Errors
    /// A held lock, a damaged journal, the first look that failed.
    pub(super) async fn look(session: &'a Session, how: How, ui: &Ui) -> Result<Self, Failure> {
        let machine = session.lock_machine(how.command)?;
        let journal = open_journal(session, ui)?;
        let view =
            session.look(journal.state(), &BTreeSet::new(), how.parallelism, &|_| {}).await?;
        Ok(Self { session, machine, journal, view, how })
    }

    /// What is there and goes.
    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// The stack's name.
    pub(super) fn stack(&self) -> &str {
        &self.session.cloud.naming.stack
    }

    /// Whether the run called `run` is a dead one of this machine.
    pub(super) fn outlived(&self, run: &str) -> bool {
        self.machine.outlived(run)
    }

    /// Removes what was seen and looks again. Gives the sentence for people: only an empty look is a success.
    ///
    /// # Errors
    /// What could not be removed, with exit code 6; locks and the journal as of any run.
    pub(super) async fn carry_out(mut self, stop: &Stop, ui: &Ui) -> Result<String, Failure> {
        let (session, how) = (self.session, self.how);
        let held = Mutex::new(Held::new());
        let outcome = if self.view.plan.is_empty() {
            if how.json {
                tell_of_nothing(session, ui);
            }
            Outcome::default()
        } else {
            let apply = Apply {
                session,
                machine: &mut self.machine,
                journal: &mut self.journal,
                command: how.command,
                parallelism: how.parallelism,
                json: how.json,
                force_unlock: how.force_unlock,
                goes_on: false,
                stop,
            };
            let see = |event: &Event| {
                if let Event::NodeSkipped { address, because_of } = event {
                    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
                    held.insert(address.clone(), because_of.clone());
                }
            };
            apply.run(ui, &self.view, &see).await?
        };
        let state = self.journal.state();
        let left = session.look(state, &BTreeSet::new(), how.parallelism, &|_| {}).await?;
        if !left.plan.is_empty() {
            let held = held.into_inner().unwrap_or_else(PoisonError::into_inner);
            return Err(left_over(&left, &outcome, &held));
        }
        StackLock::clear(&session.cloud, &self.machine, how.force_unlock)
            .await
            .map_err(StackLockError::from)?;
        Files::of(session).remove()?;
        Ok(done_text(&outcome, session))
    }
}

fn done_text(outcome: &Outcome, session: &Session) -> String {
    let (stack, region) = (&session.cloud.naming.stack, &session.cloud.naming.region);
    let place = &session.place;
    match outcome.changed {
        0 => format!("There was nothing of {stack} in {place}, {region}: nothing left."),
        removed => format!(
            "Removed {} of {stack} and looked again in {place}, {region}: nothing left.",
            objects(removed)
        ),
    }
}

/// What was not tried, and what should have gone before it.
type Held = BTreeMap<Address, Vec<Address>>;

fn left_over(left: &View, outcome: &Outcome, held: &Held) -> Failure {
    let count = left.plan.work().count();
    let message = format!("{} {} left", objects(count), if count == 1 { "is" } else { "are" });
    let mut failure = Failure::new(ExitCode::CleanupIncomplete, message);
    for action in left.plan.work() {
        let why = outcome.failed.iter().find(|(address, _)| *address == action.address);
        let why = match (why, held.get(&action.address)) {
            (Some((_, error)), _) => error.message.clone(),
            (None, Some(first)) if !first.is_empty() => {
                format!("not tried, as these go first: {}", addresses(first))
            }
            (None, _) => "not tried".to_owned(),
        };
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
