//! Removing what no longer belongs: dependents first, as many at once as the run allows, past failures.

use std::collections::BTreeSet;
use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::node::Failure;
use super::recorder::{About, Recorder};
use super::{Outcome, RunError, TRIES, may_be_tried_again, milliseconds};
use crate::delete_order::blockers;
use crate::observe::Stray;
use crate::{Address, Event, JournalError, NodeOutcome, Registry, Run, StepError, Verb};

type Removing<'a> = BoxFuture<'a, (usize, Instant, Result<Result<(), StepError>, JournalError>)>;

/// The strays of a run, and which of them are gone.
pub(super) struct Removals<'a, C> {
    run: &'a Run<'a, C>,
    registry: &'a Registry<C>,
    strays: &'a [Stray],
    recorder: &'a Recorder<'a>,
    /// Removed before the others, because what they lived in was replaced. Held while one of these is removed.
    early: Mutex<BTreeSet<usize>>,
}

impl<'a, C: Send + Sync + 'static> Removals<'a, C> {
    pub(super) fn new(
        run: &'a Run<'a, C>,
        registry: &'a Registry<C>,
        strays: &'a [Stray],
        recorder: &'a Recorder<'a>,
    ) -> Self {
        Self { run, registry, strays, recorder, early: Mutex::default() }
    }

    /// The strays that live in or hold one of `containers`, and those of which nobody remembers in what they live: the last
    /// in the registry first.
    pub(super) fn inside(&self, containers: &[(&Address, &str)]) -> Vec<usize> {
        let goes_before = |stray: &Stray, (address, kind): &(&Address, &str)| {
            let named = stray.after.as_ref().is_none_or(|after| after.contains(address));
            named && self.registry.goes_before(&stray.kind, kind)
        };
        let mut inside: Vec<usize> = (0..self.strays.len())
            .filter(|&item| {
                containers.iter().any(|container| goes_before(&self.strays[item], container))
            })
            .collect();
        inside.sort_by_key(|&item| std::cmp::Reverse(self.registry.rank(&self.strays[item].kind)));
        inside
    }

    /// Removes `items` one by one, unless they are gone already.
    pub(super) async fn remove_early(&self, items: &[usize]) -> Result<(), Failure> {
        let mut gone = self.early.lock().await;
        for &item in items {
            if gone.contains(&item) {
                continue;
            }
            let (_, started, result) = self.start(item).await;
            let result = result?;
            self.tell(item, started, &result);
            result?;
            gone.insert(item);
        }
        Ok(())
    }

    /// Tries none of those that are left.
    pub(super) async fn skip_all(&self, outcome: &mut Outcome) {
        let early = self.early.lock().await;
        outcome.changed += early.len();
        let because_of: Vec<Address> =
            outcome.failed.iter().map(|(address, _)| address.clone()).collect();
        for (_, stray) in self.strays.iter().enumerate().filter(|(item, _)| !early.contains(item)) {
            self.skip(stray, because_of.clone(), outcome);
        }
    }

    /// Removes all that are left: dependents first, as many at once as the run allows, past failures.
    pub(super) async fn remove_all(&self, outcome: &mut Outcome) -> Result<(), RunError> {
        let strays = self.strays;
        let mut gone = self.early.lock().await.clone();
        outcome.changed += gone.len();
        gone.extend((0..strays.len()).filter(|&item| self.is_kept(&strays[item], outcome)));
        let open = (0..strays.len()).filter(|item| !gone.contains(item)).collect();
        let mut queue =
            Queue { blockers: blockers(strays, self.registry), open, gone, lost: BTreeSet::new() };
        let mut running: FuturesUnordered<Removing<'_>> = FuturesUnordered::new();
        let mut fatal = None;
        let mut told = false;
        loop {
            let halt = self.run.stop.requested() || fatal.is_some();
            for item in queue.next(halt, &running, self, outcome) {
                running.push(self.start(item));
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
            let Some((item, started, result)) = next else { break };
            match result {
                Ok(result) => {
                    self.tell(item, started, &result);
                    queue.ended(item, result.is_ok());
                    outcome.changed += usize::from(result.is_ok());
                    outcome
                        .failed
                        .extend(result.err().map(|error| (strays[item].address.clone(), error)));
                }
                Err(error) => {
                    queue.ended(item, false);
                    fatal = Some(RunError::Journal(error));
                }
            }
        }
        fatal.map_or(Ok(()), Err)
    }

    /// Whether the run found out that the stray is the very object of a node: a listing showed it too late.
    fn is_kept(&self, stray: &Stray, outcome: &Outcome) -> bool {
        let Some(kind) = self.registry.get(&stray.kind) else { return false };
        outcome.outputs.iter().any(|(_, of, outputs)| {
            *of == stray.kind && kind.identity(outputs).as_ref() == Some(&stray.identity)
        })
    }

    fn skip(&self, stray: &Stray, because_of: Vec<Address>, outcome: &mut Outcome) {
        (self.run.events)(Event::NodeSkipped { address: stray.address.clone(), because_of });
        outcome.skipped.push(stray.address.clone());
    }

    fn tell(&self, item: usize, started: Instant, result: &Result<(), StepError>) {
        let Stray { address, kind, .. } = self.strays[item].clone();
        let elapsed_ms = milliseconds(started);
        (self.run.events)(match result {
            Ok(()) => Event::NodeDone {
                address,
                kind,
                outcome: NodeOutcome::Deleted,
                outputs: serde_json::Value::Null,
                elapsed_ms,
            },
            Err(error) => Event::NodeFailed { address, kind, error: error.clone(), elapsed_ms },
        });
    }

    fn start(&self, item: usize) -> Removing<'_> {
        let stray = &self.strays[item];
        (self.run.events)(Event::NodeStarted {
            address: stray.address.clone(),
            kind: stray.kind.clone(),
            verb: Verb::Delete,
            after: stray.after.clone().unwrap_or_default(),
        });
        let started = Instant::now();
        async move { (item, started, self.delete(stray).await) }.boxed()
    }

    async fn delete(&self, stray: &Stray) -> Result<Result<(), StepError>, JournalError> {
        let Some(kind) = self.registry.get(&stray.kind) else {
            return Ok(Err(StepError::bug(format!("no kind is called {}", stray.kind))));
        };
        if let Err(error) = (self.run.still_holds)() {
            return Ok(Err(error));
        }
        // The record of the node that is kept must not be overwritten by that of its second object.
        if !stray.duplicate {
            let about = About {
                address: stray.address.clone(),
                kind: stray.kind.clone(),
                after: stray.after.clone().unwrap_or_default(),
                spec: serde_json::Value::Null,
                links: serde_json::Value::Null,
            };
            self.recorder.intent_to_remove(about, &stray.outputs)?;
        }
        let delete = || kind.delete(self.run.at(&stray.address, ""), &stray.outputs);
        let result = removed(self.run.still_holds, delete).await;
        if !stray.duplicate {
            match &result {
                Ok(()) => self.recorder.gone(&stray.address)?,
                Err(error) => self.recorder.failed(&stray.address, error)?,
            }
        }
        Ok(result)
    }
}

/// Removes something. Removing what is gone is a success, so that asking again settles a doubt.
pub(super) async fn removed<F>(
    still_holds: &(dyn Fn() -> Result<(), StepError> + Send + Sync),
    delete: impl Fn() -> F,
) -> Result<(), StepError>
where
    F: Future<Output = Result<(), StepError>>,
{
    let mut result = delete().await;
    for _ in 1..TRIES {
        match &result {
            Err(error) if may_be_tried_again(error) => still_holds()?,
            _ => break,
        }
        result = delete().await;
    }
    result
}

/// Which removals are left, and what they wait for.
struct Queue {
    blockers: Vec<Vec<usize>>,
    open: Vec<usize>,
    gone: BTreeSet<usize>,
    lost: BTreeSet<usize>,
}

impl Queue {
    fn ended(&mut self, item: usize, gone: bool) {
        if gone {
            self.gone.insert(item)
        } else {
            self.lost.insert(item)
        };
    }

    /// Takes out what may start now, and skips what cannot start any more.
    fn next<C: Send + Sync + 'static>(
        &mut self,
        halt: bool,
        running: &FuturesUnordered<Removing<'_>>,
        removals: &Removals<'_, C>,
        outcome: &mut Outcome,
    ) -> Vec<usize> {
        let mut free = removals.run.parallelism.max(1).saturating_sub(running.len());
        let mut started = Vec::new();
        for item in std::mem::take(&mut self.open) {
            let blockers = &self.blockers[item];
            let blocked: Vec<_> =
                blockers.iter().filter(|other| self.lost.contains(*other)).collect();
            if !blocked.is_empty() || halt {
                let because_of =
                    blocked.iter().map(|&&other| removals.strays[other].address.clone()).collect();
                removals.skip(&removals.strays[item], because_of, outcome);
                self.lost.insert(item);
            } else if free > 0 && blockers.iter().all(|other| self.gone.contains(other)) {
                free -= 1;
                started.push(item);
            } else {
                self.open.push(item);
            }
        }
        started
    }
}
