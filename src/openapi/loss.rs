//! What a slice does not have of the description it was cut from.

use std::fmt;

use serde::Serialize;

use super::pointer::Pointer;

/// Something that the description says and the slice does not, or says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it concerns.
    pub kind: LossKind,
    /// Where in the description.
    pub pointer: Pointer,
    /// What is lost, in one sentence without a full stop.
    pub message: String,
}

/// What a loss concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    /// An operation that a pattern chose and that cannot be a tool.
    Operation,
    /// An operation that has another name as a tool.
    Name,
    /// A parameter that is gone, or taken in another form.
    Parameter,
    /// A request body, or one of its forms.
    Body,
    /// An answer, or one of its forms.
    Answer,
    /// A schema that says less than before.
    Schema,
}

impl fmt::Display for LossKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Operation => "operation",
            Self::Name => "name",
            Self::Parameter => "parameter",
            Self::Body => "body",
            Self::Answer => "answer",
            Self::Schema => "schema",
        })
    }
}

impl Loss {
    pub(super) fn new(kind: LossKind, pointer: &Pointer, message: impl Into<String>) -> Self {
        Self { kind, pointer: pointer.clone(), message: message.into() }
    }
}
