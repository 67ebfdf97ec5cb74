//! One run at a time for a stack, whatever machine it runs on: an SSM parameter that only one can create.
//!
//! `PutParameter` without overwrite is atomic, costs nothing and needs no bootstrap. The parameter says who holds it and
//! since when; a tag of it says when that run was last seen alive. The holder looks at it while it runs, and before its next
//! call whenever it may have missed something.

mod gate;
mod hold;
mod moment;
mod parameter;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use construct_engine::{Class, MachineLock, StepError};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Cloud;
pub use gate::Gate;
use hold::Hold;
use parameter::Parameter;

/// How long a holder that could not see itself in the parameter still counts, and how long one lives that was not seen.
const LEASE: Duration = Duration::from_mins(2);

/// How long letting go is tried.
const LETTING_GO: Duration = Duration::from_secs(10);

/// Who holds a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Tells this run from every other.
    pub run: String,
    /// The person and the machine.
    pub who: String,
    /// The command that runs.
    pub command: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum StackLockError {
    /// Another run holds it.
    #[error("the stack is locked by {} ({}, since {}){}", .0.who, .0.command, .0.since, .1)]
    Held(Holder, LastSeen),
    /// The parameter could not be read or written.
    #[error("cannot use the stack's lock")]
    Step(#[from] StepError),
}

/// How long ago a holder gave its last sign of life; none where that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastSeen(Option<Duration>);

impl LastSeen {
    /// Whether it is so long ago that the holder has probably died; none where that cannot be told.
    pub fn has_died(self) -> Option<bool> {
        self.0.map(|ago| ago >= LEASE)
    }
}

impl fmt::Display for LastSeen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(ago) = self.0 else { return Ok(()) };
        let (minutes, hours) = (ago.as_secs() / 60, ago.as_secs() / 3600);
        match ago.as_secs() {
            ..120 => write!(formatter, ", last seen {} s ago", ago.as_secs()),
            120..7200 => write!(formatter, ", not seen for {minutes} minutes"),
            _ => write!(formatter, ", not seen for {hours} hours"),
        }
    }
}

/// The held lock.
pub struct StackLock {
    hold: Arc<Hold>,
    gate: Gate,
    evicted: Option<Holder>,
}

impl StackLock {
    /// Takes the lock for the run that holds `machine`, or says who has it. The lock of a run that `machine` outlived is
    /// taken over, as that run is dead; with `force` any other holder is evicted too: its run stops at its next call.
    ///
    /// Until the lock is let go or dropped, no call of `cloud`'s clients leaves that this run has no right to.
    ///
    /// # Errors
    /// [`StackLockError`].
    pub async fn take(
        cloud: &Cloud,
        machine: &MachineLock,
        command: &str,
        force: bool,
    ) -> Result<Self, StackLockError> {
        let parameter = Parameter::of(cloud);
        let holder = Holder {
            run: machine.run().to_owned(),
            who: who(),
            command: command.to_owned(),
            since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        let evicted = match parameter.put(&holder, false).await {
            Ok(()) => None,
            Err(error) if matches!(error.class, Class::Conflict | Class::InDoubt) => {
                match parameter.read().await? {
                    // An answer was lost: that it was written shows in whom it names.
                    Some(other) if other.holder.run == holder.run => None,
                    Some(other) if force || machine.outlived(&other.holder.run) => {
                        parameter.put(&holder, true).await?;
                        Some(other.holder)
                    }
                    Some(other) => {
                        let seen = LastSeen(parameter.unseen(&other).await);
                        return Err(StackLockError::Held(other.holder, seen));
                    }
                    // It was let go between the two calls, or never written.
                    None => {
                        parameter.put(&holder, false).await?;
                        None
                    }
                }
            }
            Err(error) => return Err(error.into()),
        };
        let hold = Arc::new(Hold::new(parameter, machine.run()));
        cloud.gate.set(Some(Arc::clone(&hold)));
        Ok(Self { hold, gate: cloud.gate.clone(), evicted })
    }

    /// Takes away what a dead run left where there is no work that would take it over: the lock of `machine`'s own run,
    /// of one that it outlived, with `force` any.
    ///
    /// # Errors
    /// What the service said.
    pub async fn clear(cloud: &Cloud, machine: &MachineLock, force: bool) -> Result<(), StepError> {
        let parameter = Parameter::of(cloud);
        let dead = |run: &str| run == machine.run() || machine.outlived(run);
        match parameter.read().await? {
            Some(other) if force || dead(&other.holder.run) => parameter.delete().await,
            Some(_) | None => Ok(()),
        }
    }

    /// Who holds the lock now, if anybody does.
    ///
    /// # Errors
    /// What the service said.
    pub async fn holder(cloud: &Cloud) -> Result<Option<Holder>, StepError> {
        Ok(Parameter::of(cloud).read().await?.map(|looked| looked.holder))
    }

    /// Whose lock this one took over.
    pub fn evicted(&self) -> Option<&Holder> {
        self.evicted.as_ref()
    }

    /// Looks whether the lock is still ours, and leaves signs of life in it, until dropped; to be polled beside the run.
    pub async fn keep(&self) {
        self.hold.keep().await;
    }

    /// Whether the lock still counts, as far as is known without a call; asked before each mutating verb.
    ///
    /// # Errors
    /// [`Class::Interrupted`] once another run has it, or it could not be looked at where that was needed.
    pub fn check(&self) -> Result<(), StepError> {
        self.hold.check()
    }

    /// Lets go. A removal that failed, or whose answer was lost, is begun again after a look: by then the lock may be
    /// somebody else's.
    ///
    /// # Errors
    /// What the service said for ten seconds; the lock then stays until its next taker forces it.
    pub async fn release(self) -> Result<(), StepError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        let (parameter, run) = (&self.hold.parameter, &self.hold.run);
        loop {
            if parameter.read().await?.is_none_or(|looked| looked.holder.run != *run) {
                return Ok(());
            }
            match parameter.delete().await {
                Err(error)
                    if matches!(error.class, Class::Throttled | Class::InDoubt)
                        && begun.elapsed() < LETTING_GO => {}
                ended => return ended,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

impl Drop for StackLock {
    fn drop(&mut self) {
        self.gate.set(None);
    }
}

/// `user@host`, as far as the environment tells: for people, not for decisions.
fn who() -> String {
    let of = |name: &str| crate::environment::variable(name);
    let user = of("USER").or_else(|| of("USERNAME")).unwrap_or_else(|| "somebody".to_owned());
    let host = of("HOSTNAME")
        .or_else(|| {
            std::fs::read_to_string("/etc/hostname").ok().map(|text| text.trim().to_owned())
        })
        .unwrap_or_else(|| "this machine".to_owned());
    format!("{user}@{host}, process {}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_ago_is_told_in_words() {
        let told = |seconds| {
            let seen = LastSeen(Some(Duration::from_secs(seconds)));
            (seen.to_string(), seen.has_died())
        };
        assert_eq!(told(20), (", last seen 20 s ago".to_owned(), Some(false)));
        assert_eq!(told(120), (", not seen for 2 minutes".to_owned(), Some(true)));
        assert_eq!(told(7_300), (", not seen for 2 hours".to_owned(), Some(true)));
        assert_eq!((LastSeen(None).to_string(), LastSeen(None).has_died()), (String::new(), None));
    }
}
