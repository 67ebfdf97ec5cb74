//! Moments by a clock that a machine's sleep does not stop.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A moment.
///
/// The clock of waits stands still while the machine sleeps, on Linux and macOS at least; the one on the wall does not, but
/// people set it. How far the two drifted apart tells how long the machine slept. Under tests' virtual time the first one is
/// virtual, and the other two stay together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    waits: Instant,
    monotonic: std::time::Instant,
    wall: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            waits: Instant::now(),
            monotonic: std::time::Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// How long before this one `earlier` was, with what the machine slept in between.
    pub(super) fn since(&self, earlier: &Self) -> Duration {
        let waited = self.waits.saturating_duration_since(earlier.waits);
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        let slept = wall.saturating_sub(self.monotonic.duration_since(earlier.monotonic));
        waited + slept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// Up to what passes while the clocks are read one after the other.
    fn about(one: Duration, other: Duration) -> bool {
        one.abs_diff(other) < Duration::from_mins(1)
    }

    #[tokio::test(start_paused = true)]
    async fn waits_and_sleep_add_up() {
        let before = Moment::now();
        tokio::time::sleep(HOUR).await;
        let awake = Moment::now();
        let moved = awake.since(&before);
        assert!(about(moved, HOUR), "{moved:?}");
        // The machine slept: only the clock on the wall went on.
        let later = Moment { wall: awake.wall + HOUR, ..awake };
        assert_eq!(later.since(&awake), HOUR);
        assert!(about(later.since(&before), 2 * HOUR));
        // A process that was stopped for a while: all of them went on.
        let stopped = Moment {
            waits: awake.waits + HOUR,
            monotonic: awake.monotonic + HOUR,
            wall: awake.wall + HOUR,
        };
        assert_eq!(stopped.since(&awake), HOUR);
        // A clock on the wall that was set back takes nothing away.
        let set_back = Moment { wall: stopped.wall - 2 * HOUR, ..stopped };
        assert_eq!(set_back.since(&awake), HOUR);
    }
}
