//! Carrying a plan out: a ready queue with bounded parallelism, every intention written down before its call.
//!
//! After a failure what depends on it is not tried and independent branches go on. Removals come last, and only when
//! everything before them went well: nothing is taken away from a stack that is half changed.

mod node;
mod recorder;
mod removal;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::time::Instant;

use crate::observe::Observed;
use crate::{Address, Event, Graph, Journal, JournalError, NodeOutcome, Plan, Registry, Run, StepError, Verb};
use node::{Failure, NodeWork};
use recorder::Recorder;

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
    Done(Value),
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
pub async fn apply<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    journal: &mut Journal,
    (plan, observed): (&Plan, &Observed),
    command: &str,
) -> Result<Outcome, RunError> {
    assert_eq!(plan.actions.len(), graph.len() + observed.strays.len(), "the plan was made from this view");
    let start = Instant::now();
    let recorder = Recorder::new(journal, command);
    (run.events)(Event::RunStarted { stack: run.stack.to_owned(), total: plan.work().count() });
    let mut outcome = Outcome::default();
    let work = Work { run, graph, plan, observed, recorder: &recorder };
    work.nodes(&mut outcome).await?;
    if outcome.complete() && !run.stop.requested() {
        removal::remove(run, registry, observed, &recorder, &mut outcome).await?;
    } else {
        for stray in &observed.strays {
            let because_of = outcome.failed.iter().map(|(address, _)| address.clone()).collect();
            (run.events)(Event::NodeSkipped { address: stray.address.clone(), because_of });
            outcome.skipped.push(stray.address.clone());
        }
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

pub(crate) fn milliseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

type Running<'a> = BoxFuture<'a, (usize, Instant, Result<(Value, NodeOutcome), Failure>)>;

struct Work<'a, C> {
    run: &'a Run<'a, C>,
    graph: &'a Graph<C>,
    plan: &'a Plan,
    observed: &'a Observed,
    recorder: &'a Recorder<'a>,
}

impl<C: Send + Sync + 'static> Work<'_, C> {
    async fn nodes(&self, outcome: &mut Outcome) -> Result<(), RunError> {
        let mut statuses: Vec<Status> = (0..self.graph.len()).map(|_| Status::Pending).collect();
        let mut running: FuturesUnordered<Running<'_>> = FuturesUnordered::new();
        let mut fatal = None;
        let mut told = false;
        loop {
            if self.run.stop.requested() && !told {
                (self.run.events)(Event::Stopping);
                told = true;
            }
            if fatal.is_none() {
                self.start_ready(&mut statuses, &running, outcome)
                    .into_iter()
                    .for_each(|work| running.push(work));
            }
            let Some((index, started, result)) = running.next().await else { break };
            match self.finished(index, started, result, outcome) {
                Ok(status) => statuses[index] = status,
                Err(error) => {
                    statuses[index] = Status::Failed;
                    fatal = Some(error);
                }
            }
        }
        fatal.map_or(Ok(()), Err)
    }

    fn start_ready<'s>(
        &'s self,
        statuses: &mut [Status],
        running: &FuturesUnordered<Running<'s>>,
        outcome: &mut Outcome,
    ) -> Vec<Running<'s>> {
        let mut started = Vec::new();
        for index in 0..statuses.len() {
            if !matches!(statuses[index], Status::Pending) {
                continue;
            }
            let node = self.graph.node(index);
            let lost: Vec<Address> = node
                .edges()
                .iter()
                .filter(|&&edge| matches!(statuses[edge], Status::Failed | Status::Skipped))
                .map(|&edge| self.graph.node(edge).address().clone())
                .collect();
            let stopped = self.run.stop.requested() && self.plan.actions[index].verb != Verb::Same;
            if !lost.is_empty() || stopped {
                statuses[index] = Status::Skipped;
                (self.run.events)(Event::NodeSkipped { address: node.address().clone(), because_of: lost });
                outcome.skipped.push(node.address().clone());
                continue;
            }
            let ready = node.edges().iter().all(|&edge| matches!(statuses[edge], Status::Done(_)));
            if ready && running.len() + started.len() < self.run.parallelism {
                started.push(self.start(index, statuses));
                statuses[index] = Status::Running;
            }
        }
        started
    }

    fn start<'s>(&'s self, index: usize, statuses: &[Status]) -> Running<'s> {
        let node = self.graph.node(index);
        let action = &self.plan.actions[index];
        let outputs = |edge: usize| match &statuses[edge] {
            Status::Done(outputs) => Some(outputs.clone()),
            Status::Pending | Status::Running | Status::Failed | Status::Skipped => None,
        };
        let links = node.links(&outputs);
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
                let links = links?.ok_or_else(|| StepError::bug("a node was started before its dependencies"))?;
                NodeWork {
                    run: self.run,
                    node,
                    after: action.after.clone(),
                    observation: &self.observed.nodes[index],
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
                Ok(Status::Done(outputs))
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
