//! The language in which the manifest's tables are described.
//!
//! One description ([`super::tables`]) drives three things: the reader refuses what it does not
//! hold, defaults are taken from it, and the JSON Schema is printed from it. So an editor's
//! completion, a message and the behaviour cannot disagree.

use super::rules::{CountRule, IntegerRule, TextRule};

/// A table with fixed keys.
pub(super) struct Shape {
    /// What the table is, for messages and the schema; a sentence.
    pub(super) doc: &'static str,
    /// Every key it may have.
    pub(super) keys: &'static [Key],
    /// Keys of which exactly one is written; empty where there is no such rule.
    pub(super) exactly_one: &'static [&'static str],
    /// For a reference to a secret: says what to write instead of the secret itself.
    pub(super) instead_of_text: Option<&'static str>,
}

/// One key of a table.
pub(super) struct Key {
    /// As it is written.
    pub(super) name: &'static str,
    /// What it is for; a sentence.
    pub(super) doc: &'static str,
    /// What it takes.
    pub(super) kind: Kind,
    /// What its absence means.
    pub(super) presence: Presence,
    /// Alternatives of the table's [`Shape::exactly_one`] that it goes with; empty means all of them.
    pub(super) with: &'static [&'static str],
}

/// What the absence of a key means.
pub(super) enum Presence {
    /// Refused.
    Required,
    /// Nothing; the value is an `Option` or an empty map.
    Optional,
    /// This value.
    Or(Default),
}

/// The value of an absent key.
pub(super) enum Default {
    /// A number.
    Integer(i64),
    /// A text.
    Text(&'static str),
    /// A switch.
    Boolean(bool),
    /// A list of texts.
    List(&'static [&'static str]),
    /// A table with the defaults of its own keys.
    Table,
}

/// What a key takes.
pub(super) enum Kind {
    /// A text.
    Text(&'static TextRule),
    /// A whole number.
    Integer(&'static IntegerRule),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
    /// `true` or a text.
    TrueOrText(&'static TextRule),
    /// A list.
    List(&'static Self, &'static CountRule),
    /// Entries whose names are the author's.
    Named(&'static TextRule, &'static Self, &'static CountRule),
    /// A table with fixed keys.
    Table(&'static Shape),
    /// A text, or a table with fixed keys.
    TextOr(&'static TextRule, &'static Shape),
    /// One of these texts, or a table with fixed keys.
    ChoiceOr(&'static [&'static str], &'static Shape),
    /// A table whose content is somebody else's: whatever JSON can say.
    Json,
}

impl Kind {
    /// What is expected, for a message about a wrong type.
    pub(super) fn expected(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Choice(_) => "a text in quotes",
            Self::Integer(_) => "a whole number",
            Self::Boolean => "`true` or `false`",
            Self::TrueOrText(_) => "`true` or a text in quotes",
            Self::List(..) => "a list in square brackets",
            Self::Named(..) | Self::Table(_) | Self::Json => "a table",
            Self::TextOr(..) | Self::ChoiceOr(..) => "a text in quotes or a table",
        }
    }
}
