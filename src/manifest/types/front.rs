//! `[front]`.

use super::function::Architecture;
use serde::{Deserialize, Serialize};

/// What stands before the gateways that people sign in to: a door and the functions behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// Memory of each function, in MB.
    pub memory: u32,
    /// Time limit of each function, in seconds.
    pub timeout_seconds: u32,
    /// Processor of the functions; absent means what this machine can build.
    pub architecture: Option<Architecture>,
    /// How long log lines are kept, in days.
    pub log_retention_days: u32,
    /// Requests the HTTP API lets through.
    pub throttle: Throttle,
    /// Concurrency set aside for each function; absent means none.
    pub reserved_concurrency: Option<u32>,
}

/// Request limits of the HTTP API's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Requests a second.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
}
