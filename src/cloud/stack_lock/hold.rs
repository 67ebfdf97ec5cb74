//! Whether a run still holds its stack, and its signs of life while it does.
//!
//! A run looks at the parameter now and then. In between it trusts its memory, unless it may have missed something: it was
//! stopped, or the machine slept, or no look has succeeded for long. Then the next call of whatever kind waits for a look.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use construct_engine::{Class, StepError};
use tokio::time::{Instant, sleep, timeout};

use super::moment::Moment;
use super::parameter::{Looked, Parameter};
use super::{Holder, LEASE};

/// How often a run notes that it is running.
const TICK: Duration = Duration::from_millis(250);

/// How long a run may not have noted it before something may have happened meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// How long one look may take before another is begun: after a long sleep the connections are dead, which nobody says.
const LOOK: Duration = Duration::from_secs(5);

/// How long a call waits for a look. The call's own time for an answer is a little more.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run's hold on its stack.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) parameter: Parameter,
    pub(super) run: String,
    state: Mutex<State>,
    /// Whose turn it is to look: one look answers for all calls that wait.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State {
    /// When the last look began that showed this run.
    looked: Moment,
    /// When the run last noted that it is running.
    awake: Moment,
    /// How often it was not, for a while.
    pauses: u64,
    /// The pauses before the last look that showed this run.
    pauses_seen: u64,
    lost: Option<Lost>,
}

/// How the hold was lost.
#[derive(Debug)]
enum Lost {
    To(Holder),
    Gone,
    Unseen(String),
}

impl Hold {
    /// The hold of `run`, which was just written into `parameter`.
    pub(super) fn new(parameter: Parameter, run: &str) -> Self {
        let now = Moment::now();
        let state = State { looked: now, awake: now, pauses: 0, pauses_seen: 0, lost: None };
        Self {
            parameter,
            run: run.to_owned(),
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// Looks, leaves signs of life and notes pauses until dropped.
    pub(super) async fn keep(&self) {
        let looking = async {
            loop {
                sleep(LEASE / 4).await;
                // What fails passes, or the lease ends; and a sign more or less decides nothing.
                if let Ok(Some(looked)) = self.look().await {
                    drop(self.parameter.sign(&looked).await);
                }
            }
        };
        let running = async {
            loop {
                sleep(TICK).await;
                self.must_look();
            }
        };
        tokio::join!(looking, running);
    }

    /// Whether the run still holds its stack, as far as it knows.
    pub(super) fn check(&self) -> Result<(), StepError> {
        let message = match &self.state().lost {
            None => return Ok(()),
            Some(Lost::To(Holder { who, command, since, .. })) => {
                format!("the stack's lock was taken over by {who} ({command}, since {since})")
            }
            Some(Lost::Gone) => {
                "the stack's lock is gone: another run took it over and ended, or somebody removed it"
                    .to_owned()
            }
            Some(Lost::Unseen(why)) => {
                format!("whether this run still holds the stack's lock cannot be seen: {why}")
            }
        };
        Err(StepError::new(Class::Interrupted, message)
            .hint("look with `construct status` who works on the stack, then run again"))
    }

    /// The same, after a look if something may have been missed.
    pub(super) async fn confirm(&self) -> Result<(), StepError> {
        if self.must_look() {
            let _turn = self.turn.lock().await;
            let begun = Instant::now();
            while self.must_look() {
                let looked = timeout(LOOK, self.look()).await;
                let error = match looked {
                    Ok(Ok(_)) => continue,
                    Ok(Err(error)) => error,
                    Err(_late) => StepError::new(Class::TimedOut, "no answer came in time"),
                };
                let passes = matches!(
                    error.class,
                    Class::InDoubt | Class::Throttled | Class::TimedOut | Class::Unreachable
                );
                if !passes || begun.elapsed() > PATIENCE {
                    self.state().lost = Some(Lost::Unseen(error.message));
                }
                sleep(TICK).await;
            }
        }
        self.check()
    }

    /// Notes that the run is running, and tells whether its memory may be wrong about the lock.
    fn must_look(&self) -> bool {
        let now = Moment::now();
        let mut state = self.state();
        if now.since(&state.awake) > PAUSE {
            state.pauses += 1;
        }
        state.awake = now;
        let missed = state.pauses != state.pauses_seen || now.since(&state.looked) > LEASE;
        state.lost.is_none() && missed
    }

    /// What the parameter shows, if it is this run.
    async fn look(&self) -> Result<Option<Looked>, StepError> {
        let (begun, pauses) = (Moment::now(), self.state().pauses);
        let looked = self.parameter.read().await?;
        let mut state = self.state();
        match looked {
            Some(looked) if looked.holder.run == self.run => {
                (state.looked, state.pauses_seen) = (begun, pauses);
                Ok(Some(looked))
            }
            other => {
                state.lost = Some(other.map_or(Lost::Gone, |looked| Lost::To(looked.holder)));
                Ok(None)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
