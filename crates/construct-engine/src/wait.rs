//! Waiting: the one place that sleeps. Every wait has a deadline and ends in a typed outcome.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{Class, Cx, StepError};

/// How long to wait, and how often to look.
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// After this long the wait ends in [`Class::TimedOut`].
    pub deadline: Duration,
    /// The pause before the second look; it grows by half each time.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Waiting {
    /// For states that take seconds: looks after 0.2 s, 0.3 s … up to every 5 s, for at most `deadline`.
    pub const fn up_to(deadline: Duration) -> Self {
        Self { deadline, first: Duration::from_millis(200), longest: Duration::from_secs(5) }
    }
}

/// How long an object may take to show after a create that is in doubt.
pub(crate) const LAG: Waiting = Waiting {
    deadline: Duration::from_secs(10),
    first: Duration::from_millis(500),
    longest: Duration::from_secs(2),
};

/// The same where the service would take a second one of the same name: only looking for as long as its lists may lag
/// keeps there from being two.
pub(crate) const LAG_UNREFUSED: Waiting = Waiting {
    deadline: Duration::from_secs(40),
    first: Duration::from_millis(500),
    longest: Duration::from_secs(2),
};

/// What one look found.
#[derive(Debug)]
pub enum Poll<T> {
    /// The wait is over.
    Ready(T),
    /// Not yet; this is what is waited for, such as `status CREATING`.
    NotYet(String),
}

/// Looks at once and then again and again until `look` says ready, fails, or the deadline passes.
///
/// # Errors
/// The first error of `look`; [`Class::TimedOut`] with the last state seen; [`Class::Interrupted`] when the run was asked to
/// stop between two looks.
pub async fn until<C, T, F>(
    cx: &Cx<'_, C>,
    waiting: Waiting,
    mut look: impl FnMut() -> F,
) -> Result<T, StepError>
where
    F: Future<Output = Result<Poll<T>, StepError>>,
{
    let start = Instant::now();
    let mut pause = waiting.first;
    let mut said = None;
    let mut turn: u32 = 0;
    loop {
        let state = match look().await? {
            Poll::Ready(value) => return Ok(value),
            Poll::NotYet(state) => state,
        };
        if start.elapsed() >= waiting.deadline {
            let seconds = waiting.deadline.as_secs();
            return Err(StepError::new(
                Class::TimedOut,
                format!("{} is still at {state} after {seconds} s", cx.address),
            )
            .hint("run the command again: it continues from here"));
        }
        cx.check_stop()?;
        if said.as_ref() != Some(&state) {
            cx.waiting(state.clone());
            said = Some(state);
        }
        tokio::select! {
            () = sleep(jittered(pause, turn)) => {}
            // The next look is the last one then.
            () = cx.stop().asked() => {}
        }
        pause = (pause + pause / 2).min(waiting.longest);
        turn += 1;
    }
}

/// Up to a fifth less than `pause`, different from turn to turn, so that many waits do not look in step.
fn jittered(pause: Duration, turn: u32) -> Duration {
    let mut byte = [0_u8];
    // Without randomness the pauses are merely regular, which is no failure.
    let part = match getrandom::fill(&mut byte) {
        Ok(()) => u32::from(byte[0]),
        Err(_) => turn.wrapping_mul(97) % 256,
    };
    pause.saturating_sub(pause * part / 256 / 5)
}
