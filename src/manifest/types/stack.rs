//! `[stack]`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the stack is called and where it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// First part of every name in the account, 2 to 24 characters.
    pub name: String,
    /// AWS Region, such as `us-west-2`.
    pub region: String,
    /// Refuses to remove or replace what holds people's accounts and consents.
    pub protect: bool,
    /// Tags for every taggable object, beside construct's own marks.
    pub tags: BTreeMap<String, String>,
    /// Fields that are left alone, as `ADDRESS.FIELD` in the words of a plan.
    pub ignore: Vec<String>,
    /// A bucket that exists, for what is too large for a request.
    pub bucket: Option<String>,
}
