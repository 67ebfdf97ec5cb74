//! The work on one node: every path branches on what was seen, and a call that is in doubt is settled by looking.

use serde_json::Value;

use super::recorder::{About, Recorder};
use crate::graph::Node;
use crate::kind::AnyLive;
use crate::observe::Observation;
use crate::wait::{LAG, Poll, until};
use crate::{
    Action, Address, Change, Class, Diff, Doubt, JournalError, NodeOutcome, Presence, Run, StepError, Verb,
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

pub(super) struct NodeWork<'a, C> {
    pub(super) run: &'a Run<'a, C>,
    pub(super) node: &'a dyn Node<C>,
    pub(super) after: Vec<Address>,
    pub(super) observation: &'a Observation,
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
        match (&self.observation.presence, action.verb) {
            (Presence::Foreign(foreign), Verb::Adopt) => self.converge(foreign.live.clone(), false).await,
            (Presence::Foreign(foreign), _) => Err(self.foreign(&foreign.evidence).into()),
            (Presence::Absent, _) => self.make().await,
            (Presence::Ours(live), verb) => self.converge(live.clone(), verb == Verb::Replace).await,
            (Presence::Settling(live), verb) => {
                let settled = self.node.settle(self.cx(""), live.clone()).await?;
                match settled {
                    Presence::Ours(live) | Presence::Settling(live) => {
                        self.converge(live, verb == Verb::Replace).await
                    }
                    Presence::Absent => self.make().await,
                    Presence::Foreign(foreign) => Err(self.foreign(&foreign.evidence).into()),
                }
            }
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
        let token = String::new();
        let updated = self.node.update(self.cx(&token), self.links.clone(), live, changes).await;
        let live = match updated {
            Ok(live) => live,
            Err(error) if error.class == Class::InDoubt => self.change_again(error).await?,
            Err(error) => return Err(error.into()),
        };
        let outputs = self.node.outputs(&live)?;
        self.recorder.done(self.node.address(), &outputs)?;
        Ok((outputs, NodeOutcome::Updated))
    }

    /// After a change that is in doubt: look, and send it once more if it did not arrive.
    async fn change_again(&self, error: StepError) -> Result<AnyLive, Failure> {
        let Presence::Ours(live) = self.look().await? else { return Err(error.into()) };
        match self.node.diff(Some(&self.links), &live)? {
            Diff::Same => Ok(live),
            Diff::Update(changes) => Ok(self.node.update(self.cx(""), self.links.clone(), live, changes).await?),
            Diff::Replace { .. } => Err(error.into()),
        }
    }

    async fn replace(&self, live: &AnyLive) -> Worked {
        let outputs = self.node.outputs(live)?;
        self.before_call(Doubt::Delete)?;
        self.node.delete(self.cx(""), outputs).await?;
        self.recorder.gone(self.node.address())?;
        // Boxed, because making may find the object after all and go on from there.
        let (outputs, _) = Box::pin(self.make()).await?;
        Ok((outputs, NodeOutcome::Replaced))
    }

    /// An object that was not there is made.
    async fn make(&self) -> Worked {
        if !self.node.unique_name() {
            // Nothing but our own care stops a second one: the view may be older than the lock, or than a lost create.
            let seen = if self.recorder.in_doubt(self.node.address()) {
                self.look_for_a_while().await?
            } else {
                self.look().await?
            };
            match seen {
                Presence::Absent => {}
                Presence::Ours(live) => return self.converge(live, false).await,
                Presence::Settling(live) => match self.node.settle(self.cx(""), live).await? {
                    Presence::Ours(live) | Presence::Settling(live) => return self.converge(live, false).await,
                    Presence::Absent | Presence::Foreign(_) => {}
                },
                Presence::Foreign(foreign) => return Err(self.foreign(&foreign.evidence).into()),
            }
        }
        let token = self.recorder.token(self.node.address());
        self.before_call(Doubt::Create { token: token.clone() })?;
        let live = match self.node.create(self.cx(&token), self.links.clone()).await {
            Ok(live) => live,
            Err(error) if matches!(error.class, Class::Conflict | Class::InDoubt) => {
                return self.after_refusal(error, &token).await;
            }
            Err(error) => return Err(error.into()),
        };
        let outputs = self.node.outputs(&live)?;
        self.recorder.done(self.node.address(), &outputs)?;
        Ok((outputs, NodeOutcome::Created))
    }

    /// The name was taken, or nobody knows whether the create arrived: what is there decides.
    async fn after_refusal(&self, error: StepError, token: &str) -> Worked {
        match self.look_for_a_while().await? {
            Presence::Ours(live) => {
                let (outputs, _) = self.converge(live, false).await?;
                Ok((outputs, NodeOutcome::Created))
            }
            Presence::Settling(live) => match self.node.settle(self.cx(token), live).await? {
                Presence::Ours(live) | Presence::Settling(live) => {
                    let (outputs, _) = self.converge(live, false).await?;
                    Ok((outputs, NodeOutcome::Created))
                }
                Presence::Absent | Presence::Foreign(_) => Err(error.into()),
            },
            Presence::Foreign(foreign) => Err(self.foreign(&foreign.evidence).into()),
            Presence::Absent if error.class == Class::InDoubt => {
                let live = self.node.create(self.cx(token), self.links.clone()).await?;
                let outputs = self.node.outputs(&live)?;
                self.recorder.done(self.node.address(), &outputs)?;
                Ok((outputs, NodeOutcome::Created))
            }
            Presence::Absent => Err(error.into()),
        }
    }

    async fn look(&self) -> Result<Presence<AnyLive>, StepError> {
        self.node.read(self.cx(""), Some(self.links.clone()), None).await
    }

    async fn look_for_a_while(&self) -> Result<Presence<AnyLive>, StepError> {
        let cx = self.cx("");
        let seen = until(&cx, LAG, || async {
            Ok(match self.look().await? {
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
        StepError::new(Class::Foreign, format!("{address} exists and is not this stack's: {evidence}"))
            .hint(format!("rename the stack, remove the object, or take it over with --adopt {address}"))
    }
}
