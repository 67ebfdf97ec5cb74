//! Removing what no longer belongs: dependents first, as many at once as the run allows, past failures.

use std::collections::BTreeSet;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::recorder::{About, Recorder};
use super::{Outcome, RunError, milliseconds};
use crate::delete_order::blockers;
use crate::observe::{Observed, Stray};
use crate::{Class, Event, JournalError, NodeOutcome, Registry, Run, StepError, Verb};

type Removing<'a> = BoxFuture<'a, (usize, Instant, Result<Result<(), StepError>, JournalError>)>;

pub(super) async fn remove<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    registry: &Registry<C>,
    observed: &Observed,
    recorder: &Recorder<'_>,
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let strays = &observed.strays;
    let blockers = blockers(strays, registry);
    let mut gone = BTreeSet::new();
    let mut lost = BTreeSet::new();
    let mut open: Vec<usize> = (0..strays.len()).collect();
    let mut running: FuturesUnordered<Removing<'_>> = FuturesUnordered::new();
    let mut fatal = None;
    loop {
        open.retain(|&item| {
            let blocked: Vec<_> = blockers[item].iter().filter(|other| lost.contains(*other)).collect();
            if !blocked.is_empty() || run.stop.requested() || fatal.is_some() {
                let because_of = blocked.iter().map(|&&other| strays[other].address.clone()).collect();
                (run.events)(Event::NodeSkipped { address: strays[item].address.clone(), because_of });
                outcome.skipped.push(strays[item].address.clone());
                lost.insert(item);
                return false;
            }
            let ready = blockers[item].iter().all(|other| gone.contains(other));
            let start = ready && running.len() < run.parallelism;
            if start {
                running.push(remove_one(run, registry, &strays[item], recorder, item));
            }
            !start
        });
        let Some((item, started, result)) = running.next().await else { break };
        let stray = &strays[item];
        let (address, kind, elapsed_ms) = (stray.address.clone(), stray.kind.clone(), milliseconds(started));
        match result {
            Ok(Ok(())) => {
                gone.insert(item);
                outcome.changed += 1;
                (run.events)(Event::NodeDone {
                    address,
                    kind,
                    outcome: NodeOutcome::Deleted,
                    outputs: serde_json::Value::Null,
                    elapsed_ms,
                });
            }
            Ok(Err(error)) => {
                lost.insert(item);
                outcome.failed.push((address.clone(), error.clone()));
                (run.events)(Event::NodeFailed { address, kind, error, elapsed_ms });
            }
            Err(error) => {
                lost.insert(item);
                fatal = Some(RunError::Journal(error));
            }
        }
    }
    fatal.map_or(Ok(()), Err)
}

fn remove_one<'a, C: Send + Sync + 'static>(
    run: &'a Run<'_, C>,
    registry: &'a Registry<C>,
    stray: &'a Stray,
    recorder: &'a Recorder<'_>,
    item: usize,
) -> Removing<'a> {
    (run.events)(Event::NodeStarted {
        address: stray.address.clone(),
        kind: stray.kind.clone(),
        verb: Verb::Delete,
        after: stray.after.clone().unwrap_or_default(),
    });
    let started = Instant::now();
    async move { (item, started, delete(run, registry, stray, recorder).await) }.boxed()
}

async fn delete<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    registry: &Registry<C>,
    stray: &Stray,
    recorder: &Recorder<'_>,
) -> Result<Result<(), StepError>, JournalError> {
    let Some(kind) = registry.get(&stray.kind) else {
        return Ok(Err(StepError::bug(format!("no kind is called {}", stray.kind))));
    };
    if let Err(error) = (run.still_holds)() {
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
        recorder.intent_to_remove(about, &stray.outputs)?;
    }
    let mut result = kind.delete(run.at(&stray.address, ""), &stray.outputs).await;
    if result.as_ref().is_err_and(|error| error.class == Class::InDoubt) {
        // Deleting what is gone is a success, so that asking once more settles it.
        result = kind.delete(run.at(&stray.address, ""), &stray.outputs).await;
    }
    if !stray.duplicate {
        match &result {
            Ok(()) => recorder.gone(&stray.address)?,
            Err(error) => recorder.failed(&stray.address, error)?,
        }
    }
    Ok(result)
}
