//! Deciding: what was seen and what is wanted become a plan, which is data and leaves no choice to those who carry it out.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::graph::Node;
use crate::hexadecimal::hexadecimal;
use crate::kind::AnyLive;
use crate::observe::{Observed, Stray};
use crate::{
    Address, Change, Class, Diff, Graph, Loss, ObserveError, Presence, Registry, Run, StepError,
};

/// What is done to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Make it.
    Create,
    /// Change it in place.
    Update,
    /// It is there; whether it must change shows once what it depends on is made.
    MayUpdate,
    /// It is ours and on its way to another state: wait for it.
    Settle,
    /// Take a foreign object over.
    Adopt,
    /// Remove it and make it again.
    Replace,
    /// Remove it.
    Delete,
    /// Leave it.
    Same,
    /// Leave it, whether it differs or not: the command at work is not for it.
    Leave,
    /// It has our name and not our mark: the node stops here.
    Foreign,
}

impl Verb {
    /// The fixed symbol of plans.
    pub const fn symbol(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update | Self::Adopt | Self::MayUpdate => '~',
            Self::Replace => '±',
            Self::Delete => '-',
            Self::Same => '=',
            Self::Leave => '.',
            Self::Settle => '?',
            Self::Foreign => '!',
        }
    }
}

/// Why nothing is ever done to a node of a kind that the stack does not own.
pub const LINKED: &str = "linked, not owned";

/// What is done to one node, and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The node.
    pub address: Address,
    /// Its kind.
    pub kind: String,
    /// What is done.
    pub verb: Verb,
    /// Why: a fragment without a full stop.
    pub reason: String,
    /// The fields that differ.
    pub changes: Vec<Change>,
    /// The nodes it waits for.
    pub after: Vec<Address>,
    /// The live object's id, where there is one.
    pub identity: Option<String>,
    /// What people lose.
    pub loss: Option<Loss>,
}

/// The decision, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The stack.
    pub stack: String,
    /// First the graph's nodes in its order, then what is removed.
    pub actions: Vec<Action>,
    /// Nodes whose last work had no known end, and were settled by looking.
    pub settled: Vec<Address>,
}

impl Plan {
    /// The actions that do something.
    pub fn work(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| !matches!(action.verb, Verb::Same | Verb::Leave))
    }

    /// The same plan for a command that only does what `kept` chooses. Everything else is left as it is, removals too, and
    /// `reason` says why: it is neither looked at again nor remembered anew.
    #[must_use]
    pub fn only(mut self, kept: impl Fn(&Action) -> bool, reason: &str) -> Self {
        for action in &mut self.actions {
            if !kept(action) {
                action.verb = Verb::Leave;
                reason.clone_into(&mut action.reason);
            }
        }
        self
    }

    /// Whether everything is as wanted.
    pub fn is_empty(&self) -> bool {
        self.work().next().is_none()
    }

    /// How many actions are of `verb`.
    pub fn count(&self, verb: Verb) -> usize {
        self.actions.iter().filter(|action| action.verb == verb).count()
    }

    /// What tells this plan from another: 64 hexadecimal digits.
    pub fn digest(&self) -> String {
        let text = serde_json::to_vec(self).expect("a plan is plain data that serialises");
        hexadecimal(&Sha256::digest(text))
    }
}

/// Decides what to do. Calls nothing but, for replacements, the question what people would lose.
///
/// # Errors
/// [`ObserveError`] when that question, or the decoding of what was read, fails.
pub async fn plan<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    graph: &Graph<C>,
    registry: &Registry<C>,
    observed: &Observed,
    adopt: &BTreeSet<Address>,
) -> Result<Plan, ObserveError> {
    let mut actions: Vec<Action> = Vec::with_capacity(graph.len() + observed.strays.len());
    for index in 0..graph.len() {
        let node = graph.node(index);
        let failed = |error| ObserveError { what: node.address().to_string(), error };
        let links = node.links(&|edge| stable_outputs(observed, &actions, edge)).map_err(failed)?;
        let view = View { graph, observed, actions: &actions };
        let mut action = view.decide(index, links.as_ref(), adopt).map_err(failed)?;
        let there =
            matches!(observed.nodes[index].presence, Presence::Ours(_) | Presence::Settling(_));
        if let Some(replaced) = view.replaced_first(registry, index)
            && there
            && node.owned()
            && action.verb != Verb::Replace
        {
            let how =
                if registry.lives_in(node.kind(), &replaced.kind) { "lives in" } else { "holds" };
            action.verb = Verb::Replace;
            action.reason = format!("{how} {}, which is replaced", replaced.address);
        }
        if let (Verb::Replace, Some(outputs), Some(kind)) =
            (action.verb, observed.outputs(index), registry.get(node.kind()))
        {
            action.loss = kind.loss(run.at(node.address(), ""), outputs).await.map_err(failed)?;
        }
        actions.push(action);
    }
    actions.extend(observed.strays.iter().map(|stray| removal(graph, stray)));
    Ok(Plan { stack: run.stack.to_owned(), actions, settled: observed.in_doubt.clone() })
}

/// A dependency's outputs, as far as the plan keeps the object that has them.
fn stable_outputs(
    observed: &Observed,
    actions: &[Action],
    edge: usize,
) -> Option<serde_json::Value> {
    match actions[edge].verb {
        Verb::Create | Verb::Replace | Verb::Foreign | Verb::Delete => None,
        Verb::Update | Verb::MayUpdate | Verb::Settle | Verb::Adopt | Verb::Same | Verb::Leave => {
            observed.outputs(edge).cloned()
        }
    }
}

/// What a decision on one node looks at.
struct View<'a, C> {
    graph: &'a Graph<C>,
    observed: &'a Observed,
    /// The decisions on the nodes before it.
    actions: &'a [Action],
}

impl<C: Send + Sync + 'static> View<'_, C> {
    fn decide(
        &self,
        index: usize,
        links: Option<&serde_json::Value>,
        adopt: &BTreeSet<Address>,
    ) -> Result<Action, StepError> {
        let node = self.graph.node(index);
        let observation = &self.observed.nodes[index];
        let unknown = || self.first_unknown(index);
        let (verb, reason, changes) = match &observation.presence {
            Presence::Ours(_) if !node.owned() => (Verb::Same, LINKED.to_owned(), Vec::new()),
            _ if !node.owned() => return Err(not_linked(node)),
            Presence::Absent => (Verb::Create, "not there".to_owned(), Vec::new()),
            Presence::Ours(live) => compare(node, links, live, unknown)?,
            Presence::Settling(live) => match compare(node, links, live, unknown)? {
                (Verb::Same, _, _) => {
                    (Verb::Settle, "on its way to another state".to_owned(), Vec::new())
                }
                other => other,
            },
            Presence::Foreign(foreign) if adopt.contains(node.address()) => {
                let evidence = &foreign.evidence;
                match compare(node, links, &foreign.live, unknown)? {
                    // Taking over must not mean removing what somebody else made.
                    (Verb::Replace, why, changes) => (
                        Verb::Foreign,
                        format!("{evidence}; it cannot be taken over: {why}"),
                        changes,
                    ),
                    (_, _, changes) => {
                        (Verb::Adopt, format!("taken over as asked; {evidence}"), changes)
                    }
                }
            }
            Presence::Foreign(foreign) => (Verb::Foreign, foreign.evidence.clone(), Vec::new()),
        };
        Ok(Action {
            address: node.address().clone(),
            kind: node.kind().to_owned(),
            verb,
            reason,
            changes,
            after: self.graph.after(index),
            identity: observation.outputs.as_ref().and_then(|outputs| node.identity(outputs)),
            loss: None,
        })
    }

    fn first_unknown(&self, index: usize) -> Option<Address> {
        self.graph
            .node(index)
            .edges()
            .iter()
            .map(|&edge| &self.actions[edge])
            .find(|action| matches!(action.verb, Verb::Create | Verb::Replace | Verb::Foreign))
            .map(|action| action.address.clone())
    }

    /// The dependency that cannot be removed and made again while the node is there.
    fn replaced_first(&self, registry: &Registry<C>, index: usize) -> Option<&Action> {
        let node = self.graph.node(index);
        node.edges().iter().map(|&edge| &self.actions[edge]).find(|action| {
            action.verb == Verb::Replace && registry.goes_before(node.kind(), &action.kind)
        })
    }
}

/// Why a run stops at a node of a kind that the stack does not own.
pub(crate) fn not_linked<C>(node: &dyn Node<C>) -> StepError {
    StepError::new(Class::NotFound, format!("{} is linked and not there", node.address()))
        .hint("what a stack does not own must be there before it")
}

fn compare<C>(
    node: &dyn Node<C>,
    links: Option<&serde_json::Value>,
    live: &AnyLive,
    unknown: impl FnOnce() -> Option<Address>,
) -> Result<(Verb, String, Vec<Change>), StepError> {
    Ok(match node.diff(links, live)? {
        Diff::Same if links.is_some() => (Verb::Same, String::new(), Vec::new()),
        Diff::Same => {
            let needs =
                unknown().map_or_else(|| "another node".to_owned(), |address| address.to_string());
            (Verb::MayUpdate, format!("known once {needs} is made"), Vec::new())
        }
        Diff::Update(changes) => (Verb::Update, "differs".to_owned(), changes),
        Diff::Replace { reason, changes } => (Verb::Replace, reason, changes),
    })
}

fn removal<C: Send + Sync + 'static>(graph: &Graph<C>, stray: &Stray) -> Action {
    let kept = graph.index_of(&stray.address).map(|index| graph.node(index).kind());
    let reason = match kept {
        // Nothing is wanted: there is no more to say of each.
        None if graph.is_empty() => "",
        Some(kind) if kind != stray.kind => "this node is of another kind now",
        None if !stray.duplicate => "no longer in the manifest",
        Some(_) | None => "a second object for this node",
    };
    Action {
        address: stray.address.clone(),
        kind: stray.kind.clone(),
        verb: Verb::Delete,
        reason: reason.to_owned(),
        changes: Vec::new(),
        after: stray.after.clone().unwrap_or_default(),
        identity: Some(stray.identity.clone()),
        loss: stray.loss.clone(),
    }
}
