//! Service rules as data: what AWS refuses, said before the first call.
//!
//! Each rule names its source and the day it was looked up, so that a reader can tell a limit of
//! the service from a choice of construct's, and check whether it still holds. The tables of the
//! manifest (`tables`) point at these; checks over several tables are in
//! `validate`.

mod account;
mod agentcore;
mod client;
mod cognito;
mod compute;
mod forms;
mod inbound;
mod machine;
mod network;
pub mod outbound;
mod policy;
mod portal;
mod provider;
mod runtime;
mod target;
mod target_type;
mod traffic;
mod vendors;

pub use account::*;
pub use agentcore::*;
pub use client::*;
pub use cognito::*;
pub use compute::*;
pub use inbound::*;
pub use machine::*;
pub use network::*;
pub use policy::*;
pub use portal::*;
pub use provider::*;
pub use runtime::*;
pub use target::*;
pub use target_type::*;
pub use traffic::*;
pub use vendors::*;

use serde::Serialize;

/// A rule of a service, or of construct's own where the source says so.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Stable name, for `--json` and for tests.
    pub id: &'static str,
    /// Page or section that states it.
    pub source: &'static str,
    /// When that was read, as `YYYY-MM`.
    pub read: &'static str,
}

/// A text with an alphabet and a length.
pub struct TextRule {
    /// Where the rule comes from.
    pub rule: Rule,
    /// What the text is, with its article: `a stack name`.
    pub what: &'static str,
    /// Fewest characters.
    pub minimum: usize,
    /// Most characters.
    pub maximum: usize,
    /// The same alphabet as an anchored ECMA 262 pattern, for the JSON Schema.
    pub pattern: Option<&'static str>,
    /// Whether the text is of the alphabet; length is checked apart.
    pub accepts: fn(&str) -> bool,
    /// What to write, for people.
    pub form: &'static str,
}

impl TextRule {
    /// Whether `text` keeps to the rule, its length too.
    pub fn takes(&self, text: &str) -> bool {
        let length = text.chars().count();
        (self.minimum..=self.maximum).contains(&length) && (self.accepts)(text)
    }
}

/// A whole number between two limits, or one of a list.
pub struct IntegerRule {
    /// Where the rule comes from.
    pub rule: Rule,
    /// Smallest value.
    pub minimum: i64,
    /// Largest value.
    pub maximum: i64,
    /// The only values, where the service takes no others; empty means all between the limits.
    pub only: &'static [i64],
    /// Unit in the plural: `seconds`.
    pub unit: &'static str,
}

/// How many entries a list or a group of tables may have, or how large a file may be.
pub struct CountRule {
    /// Where the rule comes from.
    pub rule: Rule,
    /// Fewest.
    pub minimum: usize,
    /// Most.
    pub maximum: usize,
}

const MODEL: &str = "bedrock-agentcore-control service model 2023-06-05";
const QUOTAS: &str = "AgentCore developer guide, Quotas";
const OWN: &str = "construct, so that every derived name fits its service";
const READ: &str = "2026-11";

const fn rule(id: &'static str, source: &'static str) -> Rule {
    Rule { id, source, read: READ }
}
