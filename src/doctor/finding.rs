//! What a check found: what it is, why it matters, what to do.

use std::time::Duration;

use construct_engine::StepError;
use serde::Serialize;

/// How it stands with what was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As it should be.
    Fine,
    /// Not as it should be.
    Wrong,
    /// Only a person can see to it.
    ByHand,
    /// It could not be looked at.
    NotTried,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub outcome: Outcome,
    /// What was found. Never a secret.
    pub what: String,
    /// Why it matters, or why it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What a person can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub todo: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn fine(what: impl Into<String>) -> Self {
        Self { outcome: Outcome::Fine, what: what.into(), why: None, todo: None }
    }

    /// Something that is not as it should be.
    pub fn wrong(what: impl Into<String>, why: impl Into<String>, todo: impl Into<String>) -> Self {
        Self::told(Outcome::Wrong, what.into(), why.into(), todo.into())
    }

    /// Something that only a person can see to.
    pub fn by_hand(
        what: impl Into<String>,
        why: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self::told(Outcome::ByHand, what.into(), why.into(), todo.into())
    }

    /// Something that could not be looked at: what it is, why not, and how it could be.
    pub fn not_tried(
        what: impl Into<String>,
        why: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self::told(Outcome::NotTried, what.into(), why.into(), todo.into())
    }

    /// Something that could not be looked at, because a service refused or did not answer.
    pub fn refused(what: impl Into<String>, error: &StepError) -> Self {
        let code = error.detail.as_ref().and_then(|detail| detail.code.clone());
        let why = match code {
            Some(code) => format!("{} ({code})", error.message),
            None => error.message.clone(),
        };
        let todo = error.hint.clone().unwrap_or_else(|| "run the command again".to_owned());
        Self::not_tried(what, why, todo)
    }

    fn told(outcome: Outcome, what: String, why: String, todo: String) -> Self {
        Self { outcome, what, why: Some(why), todo: Some(todo) }
    }

    /// The same finding with `label` in front, where there are several of a kind.
    #[must_use]
    pub fn of(mut self, label: &str) -> Self {
        if !label.is_empty() {
            self.what = format!("{label}: {}", self.what);
        }
        self
    }
}

/// A step of the way to the tools, and how long it took.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hop {
    /// The step, such as `connect`.
    pub name: &'static str,
    /// The gateway, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// How long it took, in milliseconds.
    pub milliseconds: f64,
}

impl Hop {
    /// A step that took `time`, to a tenth of a millisecond.
    pub fn new(name: &'static str, gateway: Option<&str>, time: Duration) -> Self {
        let milliseconds = (time.as_secs_f64() * 10_000.0).round() / 10.0;
        Self { name, gateway: gateway.map(str::to_owned), milliseconds }
    }
}

/// The result of one check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Checked {
    /// What was looked at, in a word or two.
    pub check: &'static str,
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// How long each step took; only the login has some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hops: Vec<Hop>,
}

impl Checked {
    /// A check that found `findings`.
    pub fn new(check: &'static str, findings: Vec<Finding>) -> Self {
        Self { check, findings, hops: Vec::new() }
    }
}
