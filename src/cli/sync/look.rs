//! One look at a stack for the sake of its targets' tools: what is done, what is left, and what else differs.

use std::collections::BTreeSet;

use construct_engine::{Action, Address, Plan, State, Step, Stop, Verb};
use futures_util::future::try_join_all;

use super::SyncArguments;
use super::authorize::returns_here;
use super::verdict::{Facts, Verdict, verdict};
use crate::cli::Failure;
use crate::cloud::Cloud;
use crate::session::{PARALLELISM, Session, View};
use crate::steps::gateway_target::{GatewayTarget, Live, Need, Outputs, look};

/// Why the other objects of a plan are left.
const NOT_TOOLS: &str = "no tools of a target";
/// Kinds that cannot be compared where no secret is read, or a client id is not known.
const UNREAD: [&str; 4] = [
    "agentcore.oauth2-provider",
    "agentcore.api-key-provider",
    "cognito.identity-provider",
    "cognito.user",
];

/// A target, as it is and what becomes of it.
#[derive(Clone)]
pub(super) struct Seen {
    /// Its name.
    pub(super) name: String,
    /// Its node.
    pub(super) address: Address,
    /// As it is; none where it is not there.
    pub(super) live: Option<Live>,
    /// What becomes of it.
    pub(super) verdict: Verdict,
}

/// What was seen of a stack.
pub(super) struct Look {
    /// The targets that were asked for, in the order of the graph.
    pub(super) targets: Vec<Seen>,
    /// What is done, and what it is decided on.
    pub(super) view: View,
    /// How many other objects differ; none where nobody knows how they should be.
    pub(super) others: Option<usize>,
}

impl Look {
    /// Looks at the targets that `arguments` names, at all of them where it names none. The tools of those in `fresh` were
    /// read a moment ago.
    ///
    /// # Errors
    /// The first look that failed.
    pub(super) async fn at(
        session: &Session,
        arguments: &SyncArguments,
        state: &State,
        fresh: &BTreeSet<Address>,
    ) -> Result<Self, Failure> {
        let SyncArguments { targets: names, authorize, .. } = arguments;
        let View { observed, plan } =
            session.look(state, &BTreeSet::new(), PARALLELISM, &|_| {}).await?;
        let nodes =
            session.graph.outline().enumerate().filter_map(|(index, (address, kind, _))| {
                let name = address.as_str().strip_prefix("target/")?;
                let asked = names.is_empty() || names.iter().any(|one| one == name);
                (asked && kind == <GatewayTarget as Step<Cloud>>::KIND)
                    .then(|| (index, name.to_owned(), address))
            });
        let nodes: Vec<_> = nodes.collect();
        let outputs = nodes.iter().map(|(index, _, _)| observed.outputs(*index));
        let outputs = outputs.map(|outputs| serde_json::from_value(outputs?.clone()).ok());
        let addresses = nodes.iter().map(|(_, _, address)| *address);
        let live = live(session, addresses.zip(outputs).collect()).await?;
        let targets = nodes.iter().zip(live).map(|((index, name, address), live)| {
            let action = &plan.actions[*index];
            let is = |ask: &dyn Fn(&Live) -> bool| live.as_ref().is_some_and(ask);
            let facts = Facts {
                is_fresh: fresh.contains(*address),
                need: live.as_ref().map(Live::need),
                synchronizes: is(&|live| live.synchronizes(&action.changes)),
                lacks_a_person: is(&Live::asks_for_consent)
                    && !(*authorize && is(&|live| returns_here(live).is_some())),
                blocked: blocked(&plan, action),
            };
            let verdict = verdict(action, facts);
            Seen { name: name.clone(), address: (*address).clone(), live, verdict }
        });
        let targets: Vec<Seen> = targets.collect();
        let asked: BTreeSet<&Address> = targets.iter().map(|target| &target.address).collect();
        let differs = |action: &&Action| {
            !asked.contains(&action.address) && !UNREAD.contains(&action.kind.as_str())
        };
        // Without a manifest, nobody knows what should be there beside the targets.
        let others = session.prepared.is_some().then(|| plan.work().filter(differs).count());
        let work: BTreeSet<Address> = targets
            .iter()
            .filter(|target| target.verdict.is_work())
            .map(|target| target.address.clone())
            .collect();
        let plan = plan.only(|action| work.contains(&action.address), NOT_TOOLS);
        Ok(Self { targets, view: View { observed, plan }, others })
    }

    /// Whether every target's tools are up to date, as far as can be told.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.targets.iter().all(|target| matches!(target.verdict, Verdict::Nothing(_)))
    }
}

/// The targets as they are.
async fn live(
    session: &Session,
    nodes: Vec<(&Address, Option<Outputs>)>,
) -> Result<Vec<Option<Live>>, Failure> {
    let stop = Stop::default();
    let run = &session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
    let looks = nodes.iter().map(|(address, outputs)| async move {
        match outputs {
            Some(outputs) => look(&run.at(address, ""), outputs).await,
            None => Ok(None),
        }
    });
    Ok(try_join_all(looks).await?)
}

/// Those of `targets` that this run worked on, or that waited for a consent before it, and wait for one now.
///
/// # Errors
/// The first look that failed.
pub(super) async fn waiting(
    session: &Session,
    targets: &[Seen],
) -> Result<Vec<(Address, Live)>, Failure> {
    let may_wait = |seen: &&Seen| seen.verdict.is_work() || seen.verdict == Verdict::Person;
    let targets: Vec<&Seen> = targets.iter().filter(may_wait).collect();
    let nodes = targets.iter().map(|seen| {
        (&seen.address, seen.live.as_ref().map(<GatewayTarget as Step<Cloud>>::outputs))
    });
    let live = live(session, nodes.collect()).await?;
    let waits = targets.iter().zip(live).filter_map(|(seen, live)| {
        let live = live.filter(|live| live.need() == Need::Consent)?;
        Some((seen.address.clone(), live))
    });
    Ok(waits.collect())
}

/// The first node that `action` needs and that is not there as it has to be.
fn blocked<'a>(plan: &'a Plan, action: &Action) -> Option<&'a Address> {
    let missing = |other: &&Action| {
        action.after.contains(&other.address)
            && matches!(other.verb, Verb::Create | Verb::Replace | Verb::Foreign)
    };
    plan.actions.iter().find(missing).map(|other| &other.address)
}
