//! The local AWS's only clock.
//!
//! It is an epoch base taken once, plus tokio's monotonic clock: a test that pauses tokio's clock
//! moves the local AWS's time too, so that waiting for a status costs no real time.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Gives the time in milliseconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    epoch_ms: i64,
    started: Instant,
}

impl Clock {
    /// A clock that starts at `epoch_ms`, or at the system's time.
    pub fn starting_at(epoch_ms: Option<i64>) -> Self {
        let epoch_ms = epoch_ms.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
        Self { epoch_ms, started: Instant::now() }
    }

    /// Now, in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        let elapsed = self.started.elapsed().as_millis();
        self.epoch_ms.saturating_add(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn follows_the_paused_clock() {
        let clock = Clock::starting_at(Some(1_000));
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(clock.now_ms(), 61_000);
    }
}
