//! The work on one node: every path branches on what was seen, and a call that is in doubt is settled by looking.

use serde_json::Value;

use super::recorder::{About, Recorder};
use super::removal::{Removals, removed};
use super::{TRIES, may_be_tried_again};
use crate::graph::Node;
use crate::kind::AnyLive;
use crate::observe::Observation;
use crate::plan::not_linked;
use crate::wait::{LAG, LAG_UNREFUSED, Poll, until};
use crate::{
    Action, Address, Change, Class, Diff, Doubt, JournalError, NodeOutcome, Presence, Run,
    StepError, Verb,
};

pub(super) enum Failure {
    Step(StepError),
    Journal(JournalError),
}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self::Step(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

type Worked = Result<(Value, NodeOutcome), Failure>;

/// A node inside one that is about to be replaced: it has to go first.
pub(super) struct Inside<'a, C> {
    pub(super) node: &'a dyn Node<C>,
    pub(super) after: Vec<Address>,
    pub(super) outputs: &'a Value,
}

pub(super) struct NodeWork<'a, C> {
    pub(super) run: &'a Run<'a, C>,
    pub(super) node: &'a dyn Node<C>,
    pub(super) after: Vec<Address>,
    pub(super) observation: &'a Observation,
    /// Whether something it depends on was made since it was observed, so that it may have gone with the old one.
    pub(super) stale: bool,
    /// Whether it lives in something that this run made, where there can be none of it yet.
    pub(super) in_new_parent: bool,
    /// What goes before it does, in this order.
    pub(super) inside: Vec<Inside<'a, C>>,
    /// What no longer belongs and lives in it, or may.
    pub(super) strays_inside: Vec<usize>,
    pub(super) removals: &'a Removals<'a, C>,
    pub(super) links: Value,
    pub(super) recorder: &'a Recorder<'a>,
}

impl<C: Send + Sync + 'static> NodeWork<'_, C> {
    pub(super) async fn carry_out(&self, action: &Action) -> Worked {
        let result = self.branch(action).await;
        if let Err(Failure::Step(error)) = &result
            && self.recorder.in_doubt(self.node.address())
        {
            self.recorder.failed(self.node.address(), error)?;
        }
        result
    }

    async fn branch(&self, action: &Action) -> Worked {
        if !self.node.owned() {
            return self.link().await;
        }
        let may_replace = action.verb == Verb::Replace;
        match &self.observation.presence {
            Presence::Foreign(foreign) if action.verb == Verb::Adopt => {
                self.converge(foreign.live.clone(), false).await
            }
            Presence::Foreign(foreign) => Err(self.foreign(&foreign.evidence).into()),
            Presence::Absent => self.make().await,
            Presence::Ours(_) | Presence::Settling(_) if self.stale => {
                self.look_again(may_replace).await
            }
            Presence::Ours(live) => self.converge(live.clone(), may_replace).await,
            Presence::Settling(live) => match self.arrived(Presence::Settling(live.clone())).await?
            {
                None => self.make().await,
                Some(live) => self.converge(live, may_replace).await,
            },
        }
    }

    /// What the stack does not own is read, whatever of it differs: its owner decides how it is.
    async fn link(&self) -> Worked {
        let seen = if self.stale {
            self.look(self.observation.outputs.clone()).await?
        } else {
            self.observation.presence.clone()
        };
        let Presence::Ours(live) = seen else { return Err(not_linked(self.node).into()) };
        let outputs = self.node.outputs(&live)?;
        self.recorder.seen(&self.about(), &outputs)?;
        Ok((outputs, NodeOutcome::Unchanged))
    }

    /// What was observed may have gone with what it lived in.
    async fn look_again(&self, may_replace: bool) -> Worked {
        if let Some(live) = self.arrived(self.look(self.observation.outputs.clone()).await?).await?
        {
            return self.converge(live, may_replace).await;
        }
        let (outputs, done) = self.make().await?;
        Ok((outputs, if may_replace { NodeOutcome::Replaced } else { done }))
    }

    /// The object once it is on its way no more; none when it is not there.
    async fn arrived(&self, seen: Presence<AnyLive>) -> Result<Option<AnyLive>, StepError> {
        let settled = match seen {
            Presence::Settling(live) => self.node.settle(self.cx(""), live).await?,
            seen => seen,
        };
        match settled {
            Presence::Absent => Ok(None),
            Presence::Ours(live) | Presence::Settling(live) => Ok(Some(live)),
            Presence::Foreign(foreign) => Err(self.foreign(&foreign.evidence)),
        }
    }

    /// An object that is there becomes what is wanted.
    async fn converge(&self, live: AnyLive, may_replace: bool) -> Worked {
        match self.node.diff(Some(&self.links), &live)? {
            Diff::Same => {
                let outputs = self.node.outputs(&live)?;
                self.recorder.seen(&self.about(), &outputs)?;
                Ok((outputs, NodeOutcome::Unchanged))
            }
            Diff::Update(changes) => self.change(live, changes).await,
            Diff::Replace { .. } if may_replace => self.replace(&live).await,
            Diff::Replace { reason, .. } => Err(StepError::new(
                Class::Conflict,
                format!("must be replaced, which the plan did not show: {reason}"),
            )
            .hint("run the command again: the new plan shows the replacement")
            .into()),
        }
    }

    async fn change(&self, live: AnyLive, changes: Vec<Change>) -> Worked {
        self.before_call(Doubt::Update)?;
        let updated = self.node.update(self.cx(""), self.links.clone(), live, changes).await;
        let live = match updated {
            Ok(live) => live,
            Err(error) if may_be_tried_again(&error) => self.change_again(error).await?,
            Err(error) => return Err(error.into()),
        };
        let outputs = self.node.outputs(&live)?;
        self.recorder.done(self.node.address(), &outputs)?;
        Ok((outputs, NodeOutcome::Updated))
    }

    /// After a change that is in doubt: look, and send it again if it did not arrive.
    async fn change_again(&self, mut error: StepError) -> Result<AnyLive, Failure> {
        for _ in 1..TRIES {
            let seen = self.look(self.observation.outputs.clone()).await?;
            let Some(live) = self.arrived(seen).await? else { break };
            let changes = match self.node.diff(Some(&self.links), &live)? {
                Diff::Same => return Ok(live),
                Diff::Update(changes) => changes,
                Diff::Replace { .. } => break,
            };
            (self.run.still_holds)()?;
            match self.node.update(self.cx(""), self.links.clone(), live, changes).await {
                Ok(live) => return Ok(live),
                Err(again) if may_be_tried_again(&again) => error = again,
                Err(other) => return Err(other.into()),
            }
        }
        Err(error.into())
    }

    async fn replace(&self, live: &AnyLive) -> Worked {
        self.removals.remove_early(&self.strays_inside).await?;
        for inside in &self.inside {
            let about = About {
                address: inside.node.address().clone(),
                kind: inside.node.kind().to_owned(),
                after: inside.after.clone(),
                spec: inside.node.spec(),
                links: Value::Null,
            };
            (self.run.still_holds)()?;
            self.recorder.intent_to_remove(about, inside.outputs)?;
            if let Err(error) = self.delete(inside.node, inside.outputs).await {
                self.recorder.failed(inside.node.address(), &error)?;
                return Err(error.into());
            }
            self.recorder.gone(inside.node.address())?;
        }
        let outputs = self.node.outputs(live)?;
        self.before_call(Doubt::Delete)?;
        self.delete(self.node, &outputs).await?;
        self.recorder.gone(self.node.address())?;
        // Not looked for first, where a name may be had twice: what a look would still show is the one just removed.
        // Boxed, because making may find the object after all and go on from there.
        let (outputs, _) = Box::pin(self.create()).await?;
        Ok((outputs, NodeOutcome::Replaced))
    }

    async fn delete(&self, node: &dyn Node<C>, outputs: &Value) -> Result<(), StepError> {
        let delete = || node.delete(self.run.at(node.address(), ""), outputs.clone());
        removed(self.run.still_holds, delete).await
    }

    /// An object that was not there is made.
    async fn make(&self) -> Worked {
        let in_doubt = self.recorder.in_doubt(self.node.address());
        if !self.node.unique_name() && (in_doubt || !self.in_new_parent) {
            // Nothing but our own care stops a second one: the view may be older than the lock, or than a lost create.
            let seen =
                if in_doubt { self.look_for_a_while().await? } else { self.look(None).await? };
            if let Some(live) = self.arrived(seen).await? {
                return self.converge(live, false).await;
            }
        }
        self.create().await
    }

    async fn create(&self) -> Worked {
        let token = self.recorder.token(&self.about());
        self.before_call(Doubt::Create { token: token.clone() })?;
        let mut sent = 1;
        let live = loop {
            let error = match self.node.create(self.cx(&token), self.links.clone()).await {
                Ok(live) => break live,
                Err(error) => error,
            };
            if error.class != Class::Conflict && !may_be_tried_again(&error) {
                return Err(error.into());
            }
            // The name was taken, or nobody knows whether the create arrived: what is there decides.
            let seen = self.look_for_a_while().await?;
            if let Some(live) = self.arrived(seen).await? {
                let (outputs, done) = self.converge(live, false).await?;
                // A taken name says that somebody else made it, and may have put something into it.
                let ours = error.class != Class::Conflict;
                return Ok((outputs, if ours { NodeOutcome::Created } else { done }));
            }
            if error.class == Class::Conflict || sent == TRIES {
                return Err(error.into());
            }
            sent += 1;
            (self.run.still_holds)()?;
        };
        let outputs = self.node.outputs(&live)?;
        self.recorder.done(self.node.address(), &outputs)?;
        Ok((outputs, NodeOutcome::Created))
    }

    async fn look(&self, last: Option<Value>) -> Result<Presence<AnyLive>, StepError> {
        self.node.read(self.cx(""), Some(self.links.clone()), last).await
    }

    async fn look_for_a_while(&self) -> Result<Presence<AnyLive>, StepError> {
        let cx = self.cx("");
        let lag = if self.node.unique_name() { LAG } else { LAG_UNREFUSED };
        let seen = until(&cx, lag, || async {
            Ok(match self.look(None).await? {
                Presence::Absent => Poll::NotYet("an earlier create to show".to_owned()),
                seen => Poll::Ready(seen),
            })
        });
        match seen.await {
            Err(error) if error.class == Class::TimedOut => Ok(Presence::Absent),
            other => other,
        }
    }

    fn before_call(&self, doubt: Doubt) -> Result<(), Failure> {
        (self.run.still_holds)()?;
        self.recorder.intent(&self.about(), doubt)?;
        Ok(())
    }

    fn about(&self) -> About {
        About {
            address: self.node.address().clone(),
            kind: self.node.kind().to_owned(),
            after: self.after.clone(),
            spec: self.node.spec(),
            links: self.links.clone(),
        }
    }

    fn cx<'s>(&'s self, token: &'s str) -> crate::Cx<'s, C> {
        self.run.at(self.node.address(), token)
    }

    fn foreign(&self, evidence: &str) -> StepError {
        let address = self.node.address();
        StepError::new(
            Class::Foreign,
            format!("{address} exists and is not this stack's: {evidence}"),
        )
        .hint(format!(
            "rename the stack, remove the object, or take it over with --adopt {address}"
        ))
    }
}
