//! What IAM remembers, and what other services ask it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy;

/// Roles and customer managed policies.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name in lower case: IAM's names are unique without regard to case.
    pub roles: BTreeMap<String, Role>,
    /// By ARN.
    pub policies: BTreeMap<String, Policy>,
}

/// A role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Role {
    /// Its name as given.
    pub name: String,
    /// `AROA` and 17 more characters.
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// The ARN.
    pub arn: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// Empty when there is none.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i64,
    /// The trust policy, as sent.
    pub trust: String,
    /// When the trust was last written: propagation starts here.
    pub trust_changed_ms: i64,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Inline>,
    /// Attached policies: ARN, and when it was attached.
    pub attached: BTreeMap<String, i64>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// An inline policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Inline {
    /// As sent.
    pub document: String,
    /// When it was last written.
    pub changed_ms: i64,
}

/// A customer managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// `ANPA` and 17 more characters.
    pub id: String,
    /// The ARN.
    pub arn: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// Empty when there is none.
    pub description: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// When the default version last changed.
    pub updated_ms: i64,
    /// Versions by number.
    pub versions: BTreeMap<u32, Version>,
    /// The number of the default version.
    pub default_version: u32,
    /// The number that the next version gets: numbers are never used again.
    pub next_version: u32,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// A version of a managed policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Version {
    /// As sent.
    pub document: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
}

impl State {
    /// A role by its ARN.
    pub fn role_by_arn(&self, arn: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.arn == arn)
    }

    /// A role by its name.
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(&name.to_lowercase())
    }

    /// Whether another service sees, at `now_ms`, a role with this ARN that lets `principal` (such
    /// as `lambda.amazonaws.com`) assume it. A trust younger than `propagation_ms` is not seen.
    pub fn can_assume(&self, arn: &str, principal: &str, now_ms: i64, propagation_ms: i64) -> bool {
        self.role_by_arn(arn).is_some_and(|role| {
            role.trust_changed_ms + propagation_ms <= now_ms
                && serde_json::from_str(&role.trust)
                    .is_ok_and(|trust: Value| policy::trusts(&trust, principal))
        })
    }

    /// The permission documents of a role that other services see at `now_ms`: inline and
    /// attached ones, without those younger than `propagation_ms`.
    pub fn visible_documents(&self, arn: &str, now_ms: i64, propagation_ms: i64) -> Vec<Value> {
        let Some(role) = self.role_by_arn(arn) else { return Vec::new() };
        let seen = |changed_ms: i64| changed_ms + propagation_ms <= now_ms;
        let inline = role
            .inline
            .values()
            .filter(|inline| seen(inline.changed_ms))
            .map(|inline| inline.document.clone());
        let attached = role
            .attached
            .iter()
            .filter(|(_, attached_ms)| seen(**attached_ms))
            .filter_map(|(arn, _)| self.default_document(arn));
        inline.chain(attached).filter_map(|text| serde_json::from_str(&text).ok()).collect()
    }

    /// The document of a managed policy's default version, AWS's own ones included.
    pub fn default_document(&self, arn: &str) -> Option<String> {
        if let Some(policy) = self.policies.get(arn) {
            return policy
                .versions
                .get(&policy.default_version)
                .map(|found| found.document.clone());
        }
        super::managed::find(arn).map(|found| found.document.to_owned())
    }

    /// How many roles a managed policy is attached to.
    pub fn attachments(&self, arn: &str) -> usize {
        self.roles.values().filter(|role| role.attached.contains_key(arn)).count()
    }
}
