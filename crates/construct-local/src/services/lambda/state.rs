//! What the local Lambda remembers, for one Region.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::not_found;
use super::urls::FunctionUrl;
use crate::service::Fault;
use crate::settling::Settling;

/// All functions of a Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub functions: BTreeMap<String, Function>,
}

/// A function.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Function {
    /// Its ARN, without a version.
    pub arn: String,
    /// `$LATEST`.
    pub latest: Revision,
    /// Published versions by number.
    pub versions: BTreeMap<u64, Revision>,
    /// `Pending`, then `Active`.
    pub state: Settling<String>,
    /// `InProgress`, then `Successful`.
    pub update: Settling<String>,
    /// The function's tags.
    pub tags: BTreeMap<String, String>,
    /// The resource policy's statements by id.
    pub policy: IndexMap<String, Value>,
    /// Changes with the policy.
    pub policy_revision: String,
    /// The reserved concurrency.
    pub concurrency: Option<u64>,
    /// Its URL, if it has one.
    #[serde(default)]
    pub url: Option<FunctionUrl>,
}

/// Code and configuration as they were at one moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Revision {
    /// The configuration's members, with defaults filled in.
    pub configuration: Map<String, Value>,
    /// The deployment package.
    pub code: Code,
    /// Milliseconds since the epoch.
    pub modified: i64,
    /// Changes with every change.
    pub id: String,
}

/// A deployment package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The blob that holds it.
    pub blob: String,
    /// Its size in bytes.
    pub size: usize,
    /// The base64 SHA-256 of the zip.
    pub sha256: String,
}

impl State {
    /// # Errors
    /// `ResourceNotFoundException` when there is no function of this ARN's name.
    pub(super) fn function(&self, name: &Named) -> Result<&Function, Fault> {
        self.functions.get(&name.name).ok_or_else(|| no_function(&name.arn))
    }

    /// # Errors
    /// `ResourceNotFoundException` when there is no function of this ARN's name.
    pub(super) fn function_mut(&mut self, name: &Named) -> Result<&mut Function, Fault> {
        self.functions.get_mut(&name.name).ok_or_else(|| no_function(&name.arn))
    }
}

impl Function {
    /// The revision that a qualifier names; `None` and `$LATEST` are the newest.
    ///
    /// # Errors
    /// `ResourceNotFoundException` when there is no such version.
    pub(super) fn revision(&self, qualifier: Option<&str>) -> Result<(&Revision, String), Fault> {
        let Some(qualifier) = qualifier.filter(|qualifier| *qualifier != "$LATEST") else {
            return Ok((&self.latest, "$LATEST".to_owned()));
        };
        qualifier
            .parse()
            .ok()
            .and_then(|number: u64| self.versions.get(&number))
            .map(|revision| (revision, qualifier.to_owned()))
            .ok_or_else(|| no_function(&format!("{}:{qualifier}", self.arn)))
    }
}

/// What a `FunctionName` member names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) qualifier: Option<String>,
}

impl Named {
    /// Reads a name, a partial ARN (`123456789012:function:name`) or an ARN; `prefix` is the ARN
    /// of the Region's functions up to the name.
    pub(super) fn parse(given: &str, qualifier: Option<&str>, prefix: &str) -> Self {
        let rest = given.rsplit_once("function:").map_or(given, |(_, rest)| rest);
        // Without `function:` a partial ARN is `account:name`.
        let rest = match rest.split_once(':') {
            Some((account, name))
                if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) =>
            {
                name
            }
            _ => rest,
        };
        let (name, own) = match rest.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (rest, None),
        };
        Self {
            name: name.to_owned(),
            arn: format!("{prefix}{name}"),
            qualifier: own.or(qualifier).map(str::to_owned),
        }
    }
}

fn no_function(arn: &str) -> Fault {
    not_found(format!("Function not found: {arn}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_read() {
        let prefix = "arn:aws:lambda:us-east-1:111122223333:function:";
        let full = format!("{prefix}f");
        for (given, qualifier) in [
            ("f", None),
            ("f:1", Some("1")),
            ("111122223333:f", None),
            ("111122223333:function:f", None),
            (full.as_str(), None),
        ] {
            let named = Named::parse(given, None, prefix);
            assert_eq!((named.name.as_str(), named.arn.as_str()), ("f", full.as_str()), "{given}");
            assert_eq!(named.qualifier.as_deref(), qualifier, "{given}");
        }
    }
}
