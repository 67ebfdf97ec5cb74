//! Asynchronous statuses without background tasks: the change and its moment are stored, and the
//! status is worked out when somebody reads it.

use serde::{Deserialize, Serialize};

/// A value that becomes another one at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settling<T> {
    /// The value until then.
    pub during: T,
    /// The change that is under way, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change<T>>,
}

/// What a [`Settling`] becomes, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change<T> {
    /// When, in milliseconds since the epoch.
    pub settles_at: i64,
    /// What it is from then on.
    pub then: T,
    /// Why, where that is a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl<T> Settling<T> {
    /// A value that stays.
    pub const fn settled(value: T) -> Self {
        Self { during: value, change: None }
    }

    /// `during` until `settles_at` (milliseconds since the epoch), `then` from then on.
    pub const fn until(settles_at: i64, during: T, then: T) -> Self {
        Self { during, change: Some(Change { settles_at, then, reasons: Vec::new() }) }
    }

    /// The value at `now_ms`.
    pub fn at(&self, now_ms: i64) -> &T {
        match &self.change {
            Some(change) if change.settles_at <= now_ms => &change.then,
            _ => &self.during,
        }
    }

    /// Makes the change that is under way end in `then` instead, for this reason.
    pub fn fail(&mut self, then: T, reason: &str) {
        if let Some(change) = &mut self.change {
            change.then = then;
            change.reasons = vec![reason.to_owned()];
        }
    }

    /// Why the value at `now_ms` is a failure, if it is one.
    pub fn reasons(&self, now_ms: i64) -> &[String] {
        match &self.change {
            Some(change) if change.settles_at <= now_ms => &change.reasons,
            _ => &[],
        }
    }

    /// Whether a change is still under way at `now_ms`.
    pub fn is_settling(&self, now_ms: i64) -> bool {
        self.change.as_ref().is_some_and(|change| change.settles_at > now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_at_its_moment() {
        let status = Settling::until(10, "CREATING", "ACTIVE");
        assert_eq!(*status.at(9), "CREATING");
        assert!(status.is_settling(9));
        assert_eq!(*status.at(10), "ACTIVE");
        assert!(!status.is_settling(10));
    }
}
