//! Time: what a clock says, and how long an answer may take.

use std::fmt;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub struct Clock(Box<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The machine's own.
    pub fn system() -> Self {
        Self::new(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
        })
    }

    /// Another one, for tests.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Box::new(now))
    }

    /// The time.
    pub fn now(&self) -> u64 {
        let Self(now) = self;
        now()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// When an answer has to be on its way.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So far from now.
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        // An endless limit is a day: more than any front door waits.
        Self(now.checked_add(limit).unwrap_or(now + Duration::from_hours(24)))
    }

    /// The earlier of this one and so far from now.
    #[must_use]
    pub fn at_most(self, limit: Duration) -> Self {
        let Self(at) = self;
        let Self(other) = Self::after(limit);
        Self(at.min(other))
    }

    /// What is left; a moment where nothing is, because no time-out at all would be for ever.
    pub fn left(self) -> Duration {
        let Self(at) = self;
        at.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
    }
}
