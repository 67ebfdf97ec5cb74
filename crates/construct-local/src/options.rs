//! How a local AWS behaves: its delays, port, randomness and recording.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::fault::FaultPlan;

/// How long the asynchronous parts take, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delays {
    /// `CREATING`, `UPDATING` and `DELETING` of an `AgentCore` gateway, a runtime and its
    /// endpoints, a consent portal and a policy engine.
    pub gateway_ms: i64,
    /// `CREATING`, `UPDATING`, `SYNCHRONIZING` and `DELETING` of a gateway target, a rule, a rate
    /// limit and a policy.
    pub target_ms: i64,
    /// `Pending` and `InProgress` of a Lambda function.
    pub function_ms: i64,
    /// Credential providers and workload identities.
    pub provider_ms: i64,
    /// `CREATING` and `DELETING` of a table.
    pub table_ms: i64,
    /// How old a role, its trust or a policy must be before other services see it.
    pub iam_propagation_ms: i64,
}

impl Default for Delays {
    fn default() -> Self {
        Self {
            gateway_ms: 1_500,
            target_ms: 1_000,
            function_ms: 500,
            provider_ms: 0,
            table_ms: 800,
            iam_propagation_ms: 1_500,
        }
    }
}

impl Delays {
    /// Everything settles at once.
    pub const fn none() -> Self {
        Self {
            gateway_ms: 0,
            target_ms: 0,
            function_ms: 0,
            provider_ms: 0,
            table_ms: 0,
            iam_propagation_ms: 0,
        }
    }
}

/// What a [`crate::LocalAws`] is opened with.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// The port of its URLs; `None` keeps the one in the state, or picks a free one.
    pub port: Option<u16>,
    /// Durations of asynchronous statuses.
    pub delays: Delays,
    /// Makes ids reproducible; `None` takes them from the operating system.
    pub seed: Option<u64>,
    /// The clock's first moment in milliseconds since the epoch; `None` is the system's time.
    pub epoch_ms: Option<i64>,
    /// The Region of requests that carry no credential scope.
    pub region: String,
    /// Faults to inject.
    pub faults: FaultPlan,
    /// Whether other services look at a role before they take it: that it exists, trusts them and
    /// allows what they will do, that a target's function exists, and that a function's policy lets
    /// an API invoke it. Lambda looks at a function's role in any case.
    pub strict_permissions: bool,
    /// Whether requests may leave this machine: real vendors behind credential providers that have
    /// real credentials, real upstreams and MCP servers behind targets. Without it the built-in
    /// vendor plays every provider and answers every description; only loopback addresses are called.
    pub internet: bool,
    /// Servers on this machine that are asked in place of others, by the others' host names: for tests on recorded
    /// answers. The `Host` header stays what it was.
    pub stand_ins: BTreeMap<String, String>,
    /// Gives out the URLs of gateways as the service writes them, at which nothing answers, and those
    /// of HTTP APIs by host name: for tools that compare the control plane with the service.
    pub service_names: bool,
    /// The role of the account, by its name, that every caller has taken. Nobody's calls are refused for what it lacks: this is
    /// who is told to be calling, and whose policies a simulation reads. Without it the caller is an administrator.
    pub caller_role: Option<String>,
    /// Keeps secrets in [`crate::CallRecord::body`]. Only for tests that look for them.
    pub record_bodies: bool,
    /// Appends every call as a JSON line to this file, secrets masked.
    pub record_to: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            delays: Delays::default(),
            seed: None,
            epoch_ms: None,
            region: "us-east-1".to_owned(),
            faults: FaultPlan::default(),
            strict_permissions: true,
            internet: false,
            stand_ins: BTreeMap::new(),
            service_names: false,
            caller_role: None,
            record_bodies: false,
            record_to: None,
        }
    }
}

impl Options {
    /// For tests: no delays, seeded ids.
    pub fn instant() -> Self {
        Self { delays: Delays::none(), seed: Some(1), ..Self::default() }
    }
}
