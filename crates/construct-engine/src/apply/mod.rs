//! Carrying a plan out: a ready queue with bounded parallelism, every intention written down before its call.
//!
//! After a failure what depends on it is not tried and independent branches go on. Removals come last, and only when
//! everything before them went well: nothing is taken away from a stack that is half changed.

mod node;
mod queue;
mod recorder;
mod removal;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::time::Instant;

use crate::observe::Observed;
use crate::{
    Address, Class, Event, Graph, Journal, JournalError, NodeOutcome, Plan, Registry, Run,
    StepError, Verb,
};
use node::{Failure, Inside, NodeWork};
use queue::Queue;
use recorder::Recorder;
use removal::Removals;

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Nodes made, changed or removed.
    pub changed: usize,
    /// Nodes that failed, with why.
    pub failed: Vec<(Address, StepError)>,
    /// Nodes that were not tried.
    pub skipped: Vec<Address>,
    /// The outputs of every node of the graph that is as wanted.
    pub outputs: Vec<(Address, String, Value)>,
}

impl Outcome {
    /// Whether all that was planned is done.
    pub fn complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

/// Why a run had to stop where it was.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal could not be written: no call may leave without its intent on disk.
    #[error("the run stopped: its journal could not be written")]
    Journal(#[from] JournalError),
}

enum Status {
    Pending,
    Running,
    Done { outputs: Value, made: bool },
    Failed,
    Skipped,
}

/// Carries out exactly `plan`, which was made from `observed`.
///
/// # Errors
/// [`RunError`] when the journal fails; what a step refuses is in the [`Outcome`].
///
/// # Panics
/// When `plan` was not made from this `graph` and `observed`.
#[expect(
    clippy::too_many_arguments,
    reason = "each is a thing of its own that the caller already has"
)]
pub async fn apply<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    journal: &mut Journal,
    (plan, observed): (&Plan, &Observed),
    command: &str,
) -> Result<Outcome, RunError> {
    assert_eq!(
        plan.actions.len(),
        graph.len() + observed.strays.len(),
        "the plan was made from this view"
    );
    let start = Instant::now();
    let recorder = Recorder::new(journal, command);
    (run.events)(Event::RunStarted { stack: run.stack.to_owned(), total: plan.work().count() });
    let mut outcome = Outcome::default();
    let removed = observed.strays.iter().zip(&plan.actions[graph.len()..]);
    let removed = removed.filter(|(_, action)| action.verb != Verb::Leave);
    let strays: Vec<_> = removed.map(|(stray, _)| stray.clone()).collect();
    let removals = Removals::new(run, registry, &strays, &recorder);
    let work =
        Work { run, graph, registry, plan, observed, recorder: &recorder, removals: &removals };
    work.nodes(&mut outcome).await?;
    if outcome.complete() && !run.stop.requested() {
        removals.remove_all(&mut outcome).await?;
    } else {
        removals.skip_all(&mut outcome).await;
    }
    for address in &observed.missing {
        if outcome.complete() && graph.index_of(address).is_none() {
            recorder.missing(address)?;
        }
    }
    recorder.finish(outcome.complete())?;
    (run.events)(Event::RunFinished {
        changed: outcome.changed,
        failed: outcome.failed.len(),
        skipped: outcome.skipped.len(),
        elapsed_ms: milliseconds(start),
    });
    Ok(outcome)
}

/// How often one piece of work is begun before its error is taken for an answer.
const TRIES: usize = 4;

/// Whether looking, and then trying again, may help: nobody knows whether it had its effect, or the service was too busy
/// all along, perhaps in the middle of a step that takes several calls.
const fn may_be_tried_again(error: &StepError) -> bool {
    matches!(error.class, Class::InDoubt | Class::Throttled)
}

pub(crate) fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

type Running<'a> = BoxFuture<'a, (usize, Instant, Result<(Value, NodeOutcome), Failure>)>;

struct Work<'a, C> {
    run: &'a Run<'a, C>,
    graph: &'a Graph<C>,
    registry: &'a Registry<C>,
    plan: &'a Plan,
    observed: &'a Observed,
    recorder: &'a Recorder<'a>,
    removals: &'a Removals<'a, C>,
}

impl<'a, C: Send + Sync + 'static> Work<'a, C> {
    async fn nodes(&self, outcome: &mut Outcome) -> Result<(), RunError> {
        let mut statuses: Vec<Status> = (0..self.graph.len()).map(|_| Status::Pending).collect();
        let mut queue = Queue::new(self.graph.dependents());
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut fatal = None;
        let (mut told, mut heeded) = (false, false);
        loop {
            if self.run.stop.requested() && !heeded {
                heeded = true;
                queue.ask_all();
            }
            if fatal.is_none() {
                self.skip_lost(&mut statuses, &mut queue, outcome);
                while running.len() < self.run.parallelism.max(1)
                    && let Some(index) = queue.start()
                {
                    running.push(self.start(index, &statuses));
                    statuses[index] = Status::Running;
                }
            }
            let next = tokio::select! {
                biased;
                () = self.run.stop.asked(), if !told => {
                    (self.run.events)(Event::Stopping);
                    told = true;
                    continue;
                }
                next = running.next() => next,
            };
            let Some((index, started, result)) = next else { break };
            queue.ended(index);
            match self.finished(index, started, result, outcome) {
                Ok(status) => statuses[index] = status,
                Err(error) => {
                    statuses[index] = Status::Failed;
                    // The first says why; those after it only find the journal shut.
                    fatal.get_or_insert(error);
                }
            }
        }
        fatal.map_or(Ok(()), Err)
    }

    /// Asks about each node in question: what can no longer be done is skipped, and what waits for nothing is ready.
    fn skip_lost(&self, statuses: &mut [Status], queue: &mut Queue, outcome: &mut Outcome) {
        while let Some(index) = queue.ask() {
            if !matches!(statuses[index], Status::Pending) {
                continue;
            }
            let node = self.graph.node(index);
            if self.plan.actions[index].verb == Verb::Leave {
                statuses[index] = self.left(index);
                queue.ended(index);
                continue;
            }
            let lost: Vec<Address> = node
                .edges()
                .iter()
                .filter(|&&edge| matches!(statuses[edge], Status::Failed | Status::Skipped))
                .map(|&edge| self.graph.node(edge).address().clone())
                .collect();
            let stopped = self.run.stop.requested() && self.plan.actions[index].verb != Verb::Same;
            if !lost.is_empty() || stopped {
                statuses[index] = Status::Skipped;
                queue.ended(index);
                (self.run.events)(Event::NodeSkipped {
                    address: node.address().clone(),
                    because_of: lost,
                });
                outcome.skipped.push(node.address().clone());
            } else if node.edges().iter().all(|&edge| matches!(statuses[edge], Status::Done { .. }))
            {
                queue.is_ready(index);
            }
        }
    }

    /// What a node that is left gives to others: what was observed. One that is not there gives nothing, and what needs
    /// it is not tried.
    fn left(&self, index: usize) -> Status {
        match self.observed.outputs(index) {
            Some(outputs) => Status::Done { outputs: outputs.clone(), made: false },
            None => Status::Skipped,
        }
    }

    fn start<'s>(&'s self, index: usize, statuses: &[Status]) -> Running<'s> {
        let node = self.graph.node(index);
        let action = &self.plan.actions[index];
        let outputs = |edge: usize| match &statuses[edge] {
            Status::Done { outputs, .. } => Some(outputs.clone()),
            Status::Pending | Status::Running | Status::Failed | Status::Skipped => None,
        };
        let links = node.links(&outputs);
        let made = |edge: &usize| matches!(statuses[*edge], Status::Done { made: true, .. });
        let stale = node.edges().iter().any(made);
        let lives_in =
            |edge: &usize| self.registry.lives_in(node.kind(), self.graph.node(*edge).kind());
        let in_new_parent = node.edges().iter().any(|edge| made(edge) && lives_in(edge));
        let (inside, strays_inside) = if action.verb == Verb::Replace {
            self.inside(index)
        } else {
            (Vec::new(), Vec::new())
        };
        if action.verb != Verb::Same {
            (self.run.events)(Event::NodeStarted {
                address: node.address().clone(),
                kind: node.kind().to_owned(),
                verb: action.verb,
                after: action.after.clone(),
            });
        }
        let started = Instant::now();
        async move {
            let work = async {
                let links = links?
                    .ok_or_else(|| StepError::bug("a node was started before its dependencies"))?;
                NodeWork {
                    run: self.run,
                    node,
                    after: action.after.clone(),
                    observation: &self.observed.nodes[index],
                    stale,
                    in_new_parent,
                    inside,
                    strays_inside,
                    removals: self.removals,
                    links,
                    recorder: self.recorder,
                }
                .carry_out(action)
                .await
            };
            (index, started, work.await)
        }
        .boxed()
    }

    /// The nodes and the strays that live in or hold the node at `container`, directly or not: dependents first.
    fn inside(&self, container: usize) -> (Vec<Inside<'a, C>>, Vec<usize>) {
        let mut members = vec![container];
        for index in container + 1..self.graph.len() {
            let node = self.graph.node(index);
            let goes_before = |edge: &usize| {
                members.contains(edge)
                    && self.registry.goes_before(node.kind(), self.graph.node(*edge).kind())
            };
            if node.edges().iter().any(goes_before) {
                members.push(index);
            }
        }
        let there = |index: usize| {
            let node = self.graph.node(index);
            let outputs = self.observed.outputs(index).filter(|_| node.owned())?;
            Some(Inside { node, after: self.graph.after(index), outputs })
        };
        let containers = members
            .iter()
            .map(|&index| (self.graph.node(index).address(), self.graph.node(index).kind()))
            .collect::<Vec<_>>();
        let strays = self.removals.inside(&containers);
        (members.into_iter().skip(1).rev().filter_map(there).collect(), strays)
    }

    fn finished(
        &self,
        index: usize,
        started: Instant,
        result: Result<(Value, NodeOutcome), Failure>,
        outcome: &mut Outcome,
    ) -> Result<Status, RunError> {
        let node = self.graph.node(index);
        let (address, kind) = (node.address().clone(), node.kind().to_owned());
        let elapsed_ms = milliseconds(started);
        match result {
            Ok((outputs, done)) => {
                outcome.changed += usize::from(done != NodeOutcome::Unchanged);
                outcome.outputs.push((address.clone(), kind.clone(), outputs.clone()));
                (self.run.events)(Event::NodeDone {
                    address,
                    kind,
                    outcome: done,
                    outputs: outputs.clone(),
                    elapsed_ms,
                });
                let made = matches!(done, NodeOutcome::Created | NodeOutcome::Replaced);
                Ok(Status::Done { outputs, made })
            }
            Err(Failure::Step(error)) => {
                outcome.failed.push((address.clone(), error.clone()));
                (self.run.events)(Event::NodeFailed { address, kind, error, elapsed_ms });
                Ok(Status::Failed)
            }
            Err(Failure::Journal(error)) => Err(RunError::Journal(error)),
        }
    }
}
