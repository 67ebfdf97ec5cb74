//! What can go wrong in a step, sorted by what the engine does about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a failure means to the executor.
///
/// Steps decide it from typed errors of their service, in one place; the engine never looks at the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The object is not there.
    NotFound,
    /// The name is taken, or the object is busy: look again before deciding.
    Conflict,
    /// The call may or may not have had its effect.
    InDoubt,
    /// Not allowed to.
    Denied,
    /// The credentials are missing, expired or wrong.
    Credentials,
    /// The service refused what was sent.
    Invalid,
    /// A quota of the account is reached.
    Quota,
    /// The service was busy for longer than the retries lasted.
    Throttled,
    /// The service could not be reached.
    Unreachable,
    /// The object exists and carries no mark of this stack.
    Foreign,
    /// A wait ended without its condition.
    TimedOut,
    /// The service says that the object has failed, with its reasons.
    Failed,
    /// The run was asked to stop.
    Interrupted,
    /// A defect of construct.
    Bug,
}

/// The service's own account of a refused call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDetail {
    /// The operation, such as `CreateGateway`.
    pub operation: String,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The service's error code.
    pub code: Option<String>,
    /// The id to give to the service's support.
    pub request_id: Option<String>,
}

/// A failed verb of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct StepError {
    /// What the executor does about it.
    pub class: Class,
    /// What happened: a lower-case fragment without a full stop, and without secrets.
    pub message: String,
    /// What a person can do next.
    pub hint: Option<String>,
    /// The service's account, where a service answered.
    pub detail: Option<ServiceDetail>,
}

impl StepError {
    /// A failure of `class` that says `message`.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), hint: None, detail: None }
    }

    /// A defect: something that the code takes to be impossible.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Class::Bug, message)
    }

    /// The same failure with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with the service's account of it.
    #[must_use]
    pub fn detail(mut self, detail: ServiceDetail) -> Self {
        self.detail = Some(detail);
        self
    }
}

impl fmt::Display for ServiceDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "operation {}", self.operation)?;
        if let Some(status) = self.status {
            write!(f, ", status {status}")?;
        }
        if let Some(code) = &self.code {
            write!(f, ", code {code}")?;
        }
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        Ok(())
    }
}
