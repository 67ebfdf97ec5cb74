//! Looking before deciding: reads every node, discovers what carries the stack's mark, settles what is in doubt.
//!
//! Writes nothing, anywhere. A node with recorded outputs is read at once; one without waits until what it depends
//! on has been seen, because it may only be found inside it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;

use crate::graph::Node;
use crate::kind::{AnyLive, Discovered, Found};
use crate::wait::{LAG, Poll, until};
use crate::{Address, Class, Doubt, Graph, Loss, Presence, Registry, Run, State, StepError};

/// What was seen of one node of the graph.
#[derive(Clone)]
pub struct Observation {
    pub(crate) presence: Presence<AnyLive>,
    /// What the live object gives to others; none when it is absent.
    pub outputs: Option<Value>,
}

/// Everything that was seen before deciding.
pub struct Observed {
    pub(crate) nodes: Vec<Observation>,
    /// Marked objects that no node of the graph accounts for: to be pruned.
    pub strays: Vec<Stray>,
    /// Recorded nodes that are neither in the graph nor there.
    pub missing: Vec<Address>,
    /// Recorded nodes whose last work had no known end, and were settled by looking.
    pub in_doubt: Vec<Address>,
}

/// A marked object that no node of the graph accounts for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// The node that made it.
    pub address: Address,
    /// Its kind.
    pub kind: String,
    /// What its removal needs.
    pub outputs: Value,
    /// The id that tells it from others of its kind.
    pub identity: String,
    /// Whether this is a second object for its address, beside a node of the graph or another stray. The journal
    /// holds one record an address, which is the other's.
    pub duplicate: bool,
    /// The nodes it depended on, where the journal remembers.
    pub after: Option<Vec<Address>>,
    /// What people lose with it.
    pub loss: Option<Loss>,
}

/// A look that failed: which node or kind, and why.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot read {what}")]
pub struct ObserveError {
    /// The node's address, or the kind being discovered.
    pub what: String,
    /// Why not.
    #[source]
    pub error: StepError,
}

impl Observed {
    /// The outputs of a node of the graph, where it is there.
    pub fn outputs(&self, index: usize) -> Option<&Value> {
        self.nodes[index].outputs.as_ref()
    }
}

/// Reads the graph's nodes and discovers marked objects, at the same time.
///
/// # Errors
/// The first look that failed: a decision on half a view would be wrong.
pub async fn observe<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    state: &State,
) -> Result<Observed, ObserveError> {
    known_kinds(registry, state)?;
    let (nodes, found, recorded) = futures_util::try_join!(
        Box::pin(read_nodes(run, graph, registry, state)),
        Box::pin(discover(run, registry)),
        Box::pin(settle_records(run, graph, registry, state)),
    )?;
    let in_doubt = state.in_doubt().map(|(address, _)| address.clone()).collect();
    let mut observed = Observed { nodes, strays: Vec::new(), missing: Vec::new(), in_doubt };
    read_discovered(run, graph, &mut observed, &found).await?;
    let candidates = candidates(registry, state, &found, recorded);
    collect_strays(&mut observed, graph, state, candidates);
    one_record_each(&mut observed.strays, registry, state);
    for stray in &mut observed.strays {
        let Some(kind) = registry.get(&stray.kind) else { continue };
        stray.loss = kind
            .loss(run.at(&stray.address, ""), &stray.outputs)
            .await
            .map_err(|error| ObserveError { what: stray.address.to_string(), error })?;
    }
    Ok(observed)
}

/// A kind that only a newer version knows can neither be read nor removed: forgetting it would leave it behind.
fn known_kinds<C: Send + Sync + 'static>(
    registry: &Registry<C>,
    state: &State,
) -> Result<(), ObserveError> {
    match state.iter().find(|(_, record)| registry.get(&record.kind).is_none()) {
        None => Ok(()),
        Some((address, record)) => Err(ObserveError {
            what: address.to_string(),
            error: StepError::new(
                Class::Invalid,
                format!("the journal names the unknown kind {}", record.kind),
            )
            .hint("use the version of construct that wrote the journal, or a newer one"),
        }),
    }
}

type Reading<'a> = BoxFuture<'a, (usize, bool, Result<Presence<AnyLive>, StepError>)>;

/// Kinds that live in no other are found by their name alone and read at once. What lives in another waits for all that it
/// depends on, unless it is remembered; in a parent that is not there it cannot be, and is not looked for.
async fn read_nodes<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    state: &State,
) -> Result<Vec<Observation>, ObserveError> {
    let mut seen: Vec<Option<Observation>> = vec![None; graph.len()];
    let mut waiting: BTreeSet<usize> = BTreeSet::new();
    let mut ready: Vec<(usize, bool)> = Vec::new();
    for index in 0..graph.len() {
        if remembered(graph.node(index), state).is_some() {
            ready.push((index, true));
        } else if parents(graph, registry, index).is_empty() {
            ready.push((index, false));
        } else {
            waiting.insert(index);
        }
    }
    let dependents = graph.dependents();
    // Waiting nodes of which something has been seen since they were last asked.
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    let mut reading: FuturesUnordered<Reading<'_>> = FuturesUnordered::new();
    loop {
        // In the graph's order, so that what is settled here settles those after it too.
        while let Some(index) = asked.pop_first() {
            if !waiting.contains(&index) {
                continue;
            }
            let orphan = parents(graph, registry, index)
                .into_iter()
                .any(|parent| seen[parent].as_ref().is_some_and(|one| one.outputs.is_none()));
            if orphan {
                seen[index] = Some(Observation { presence: Presence::Absent, outputs: None });
                asked.extend(&dependents[index]);
            } else if graph.node(index).edges().iter().all(|&edge| seen[edge].is_some()) {
                ready.push((index, false));
            } else {
                continue;
            }
            waiting.remove(&index);
        }
        while reading.len() < run.parallelism * 4 {
            let Some((index, by_memory)) = ready.pop() else { break };
            let node = graph.node(index);
            let last = remembered(node, state);
            let links = if by_memory { None } else { links_of(node, &seen)? };
            let cx = run.at(node.address(), "");
            let look = node.read(cx, links, last);
            reading.push(async move { (index, by_memory, look.await) }.boxed());
        }
        let Some((index, by_memory, presence)) = reading.next().await else { break };
        let node = graph.node(index);
        let presence =
            presence.map_err(|error| ObserveError { what: node.address().to_string(), error })?;
        if by_memory && matches!(presence, Presence::Absent) {
            // What is remembered no longer holds: look again by name, once the parents are known.
            waiting.insert(index);
            asked.insert(index);
            continue;
        }
        let outputs = match &presence {
            Presence::Ours(live) | Presence::Settling(live) => Some(node.outputs(live)),
            Presence::Absent | Presence::Foreign(_) => None,
        };
        let outputs = outputs
            .transpose()
            .map_err(|error| ObserveError { what: node.address().to_string(), error })?;
        seen[index] = Some(Observation { presence, outputs });
        asked.extend(&dependents[index]);
    }
    Ok(seen.into_iter().map(|one| one.expect("every node is read once its parents are")).collect())
}

/// The nodes that the node at `index` lives in.
fn parents<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    registry: &Registry<C>,
    index: usize,
) -> Vec<usize> {
    let node = graph.node(index);
    let lives_in = |edge: &usize| registry.lives_in(node.kind(), graph.node(*edge).kind());
    node.edges().iter().copied().filter(lives_in).collect()
}

/// The recorded outputs of a node. Those of another kind that once had its address say nothing about it.
fn remembered<C>(node: &dyn Node<C>, state: &State) -> Option<Value> {
    state.get(node.address()).filter(|record| record.kind == node.kind())?.outputs.clone()
}

fn links_of<C>(
    node: &dyn Node<C>,
    seen: &[Option<Observation>],
) -> Result<Option<Value>, ObserveError> {
    node.links(&|edge| seen[edge].as_ref().and_then(|one| one.outputs.clone()))
        .map_err(|error| ObserveError { what: node.address().to_string(), error })
}

/// Kinds are looked through at the same time, but for those that look into the objects of another.
async fn discover<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    registry: &Registry<C>,
) -> Result<Found, ObserveError> {
    let nowhere = Address::new("discovery").expect("the word is an address");
    let mut found = Found::default();
    // What is only linked is never looked for.
    let (mut left, linked): (Vec<_>, Vec<_>) = registry.iter().partition(|kind| kind.owned());
    let mut done: Vec<&'static str> = linked.iter().map(|kind| kind.kind()).collect();
    while !left.is_empty() {
        let (now, later): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|kind| kind.parents().iter().all(|parent| done.contains(parent)));
        assert!(!now.is_empty(), "the registry's kinds name parents that are not in it");
        let looks = now.iter().map(|kind| {
            let cx = run.at(&nowhere, "");
            let look = kind.discover(cx, &found);
            async {
                look.await.map_err(|error| ObserveError { what: kind.kind().to_owned(), error })
            }
        });
        let results = futures_util::future::try_join_all(looks).await?;
        done.extend(now.iter().map(|kind| kind.kind()));
        for items in results {
            found.extend(items);
        }
        left = later;
    }
    Ok(found)
}

/// Recorded objects that the graph does not name, found by what their intent recorded: a discovery may not show them.
async fn settle_records<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    state: &State,
) -> Result<BTreeMap<Address, Value>, ObserveError> {
    let looks = state
        .iter()
        .filter(|(address, record)| {
            graph.index_of(address).is_none_or(|index| graph.node(index).kind() != record.kind)
        })
        .filter_map(|(address, record)| Some((address, record, registry.get(&record.kind)?)))
        // What was only linked is forgotten when its node goes.
        .filter(|(_, _, kind)| kind.owned())
        .map(|(address, record, kind)| async move {
            let cx = run.at(address, "");
            let in_doubt = matches!(record.doubt, Some(Doubt::Create { .. }));
            let look = || async {
                let cx = run.at(address, "");
                let seen = kind
                    .read(cx, &record.spec, Some(&record.links), record.outputs.as_ref())
                    .await?;
                Ok(match seen {
                    Presence::Ours(outputs) | Presence::Settling(outputs) => {
                        Poll::Ready(Some(outputs))
                    }
                    Presence::Absent | Presence::Foreign(_) if in_doubt => {
                        Poll::NotYet("an earlier create to show".to_owned())
                    }
                    Presence::Absent | Presence::Foreign(_) => Poll::Ready(None),
                })
            };
            let found = match until(&cx, LAG, look).await {
                Err(error) if error.class == Class::TimedOut => Ok(None),
                other => other,
            };
            found
                .map(|outputs| outputs.map(|outputs| (address.clone(), outputs)))
                .map_err(|error| ObserveError { what: address.to_string(), error })
        });
    Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
}

/// A node that could not be looked for by name, because something it needs is not there yet, may have been discovered by
/// its mark. The first discovered is the oldest.
async fn read_discovered<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    observed: &mut Observed,
    found: &Found,
) -> Result<(), ObserveError> {
    let mut first: BTreeMap<(&str, &Address), &Discovered> = BTreeMap::new();
    for item in found.items() {
        first.entry((item.kind, &item.address)).or_insert(item);
    }
    for index in 0..graph.len() {
        let node = graph.node(index);
        let absent = matches!(observed.nodes[index].presence, Presence::Absent);
        let item = first.get(&(node.kind(), node.address()));
        let Some(item) = item.filter(|_| absent) else { continue };
        let failed = |error| ObserveError { what: node.address().to_string(), error };
        let links = node.links(&|edge| observed.outputs(edge).cloned()).map_err(failed)?;
        let cx = run.at(node.address(), "");
        let presence = node.read(cx, links, Some(item.outputs.clone())).await.map_err(failed)?;
        if let Presence::Ours(live) | Presence::Settling(live) = &presence {
            let outputs = Some(node.outputs(live).map_err(failed)?);
            observed.nodes[index] = Observation { presence, outputs };
        }
    }
    Ok(())
}

/// What was discovered, and what only the journal led to.
fn candidates<C: Send + Sync + 'static>(
    registry: &Registry<C>,
    state: &State,
    found: &Found,
    recorded: BTreeMap<Address, Value>,
) -> Vec<Discovered> {
    let mut items: Vec<Discovered> = found.items().to_vec();
    let mut known: BTreeSet<(&str, String)> =
        items.iter().map(|item| (item.kind, item.identity.clone())).collect();
    for (address, outputs) in recorded {
        let Some(kind) = state.get(&address).and_then(|record| registry.get(&record.kind)) else {
            continue;
        };
        let Some(identity) = kind.identity(&outputs) else { continue };
        if known.insert((kind.kind(), identity.clone())) {
            items.push(Discovered { address, kind: kind.kind(), outputs, identity });
        }
    }
    items
}

fn collect_strays<C: Send + Sync + 'static>(
    observed: &mut Observed,
    graph: &Graph<C>,
    state: &State,
    candidates: Vec<Discovered>,
) {
    // By kind and identity and not by address: an object that only its parent marks may be discovered under an address that
    // is not the node's.
    let accounted: BTreeSet<(&str, String)> = (0..graph.len())
        .filter_map(|index| {
            let node = graph.node(index);
            let identity = observed.outputs(index).and_then(|outputs| node.identity(outputs))?;
            Some((node.kind(), identity))
        })
        .collect();
    for item in candidates {
        if accounted.contains(&(item.kind, item.identity.clone())) {
            continue;
        }
        let index = graph.index_of(&item.address);
        let after = state
            .get(&item.address)
            .filter(|record| record.kind == item.kind)
            .map(|r| r.after.clone());
        observed.strays.push(Stray {
            duplicate: index.is_some(),
            address: item.address,
            kind: item.kind.to_owned(),
            outputs: item.outputs,
            identity: item.identity,
            after,
            loss: None,
        });
    }
    observed.strays.sort_by(|a, b| {
        (&a.address, &a.kind, &a.identity).cmp(&(&b.address, &b.kind, &b.identity))
    });
    let strays: BTreeSet<&Address> = observed.strays.iter().map(|stray| &stray.address).collect();
    observed.missing = state
        .iter()
        .map(|(address, _)| address)
        .filter(|address| {
            let in_graph = graph.index_of(address);
            let absent = in_graph.is_none_or(|index| observed.outputs(index).is_none());
            absent && !strays.contains(address)
        })
        .cloned()
        .collect();
}

/// Of several strays of one address, the one that the journal speaks of keeps the record; else the first does.
fn one_record_each<C: Send + Sync + 'static>(
    strays: &mut [Stray],
    registry: &Registry<C>,
    state: &State,
) {
    let is_recorded = |stray: &Stray| {
        let record = state.get(&stray.address).filter(|record| record.kind == stray.kind);
        let outputs = record.and_then(|record| record.outputs.as_ref());
        let kind = registry.get(&stray.kind);
        outputs.zip(kind).and_then(|(outputs, kind)| kind.identity(outputs)).as_ref()
            == Some(&stray.identity)
    };
    for same in strays.chunk_by_mut(|a, b| a.address == b.address) {
        let keeper = same.iter().position(is_recorded).unwrap_or(0);
        for (place, stray) in same.iter_mut().enumerate() {
            stray.duplicate |= place != keeper;
        }
    }
}
