//! What a runtime's members must be beyond the request grammar.

use serde_json::Value;

use super::faults::invalid;
use crate::service::{Fault, Input};

/// The port that the platform keeps for itself.
const RESERVED_PORT: i64 = 8443;

/// Checks a request that the grammar has accepted.
///
/// # Errors
/// `ValidationException` with the first rule it breaks.
pub(super) fn check(input: &Input) -> Result<(), Fault> {
    check_network(input)?;
    let port = input.get("protocolConfiguration").and_then(|protocol| protocol.get("port"));
    if port.and_then(Value::as_i64) == Some(RESERVED_PORT) {
        return Err(invalid("protocolConfiguration.port", "Port 8443 is reserved"));
    }
    check_ports(input.list("allowedPorts"))
}

/// Every runtime here is newer than the S3 endpoint that the service once managed.
fn check_network(input: &Input) -> Result<(), Fault> {
    const FIELD: &str = "networkConfiguration";
    let Some(network) = input.get(FIELD) else { return Ok(()) };
    let inside = network.get("networkModeConfig").filter(|config| !config.is_null());
    if network["networkMode"] == "VPC" && inside.is_none() {
        return Err(invalid(FIELD, "Network mode VPC needs a networkModeConfig"));
    }
    let endpoint = inside.and_then(|config| config.get("requireServiceS3Endpoint"));
    if endpoint.is_some_and(|endpoint| !endpoint.is_null()) {
        let message = "requireServiceS3Endpoint cannot be set on a new agent runtime";
        return Err(invalid("networkConfiguration.networkModeConfig", message));
    }
    Ok(())
}

/// Ports and ranges of ports: none reserved, none twice.
fn check_ports(entries: &[Value]) -> Result<(), Fault> {
    const FIELD: &str = "allowedPorts";
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for entry in entries {
        let single = entry["port"].as_i64();
        let bound = |name: &str| single.or_else(|| entry["portRange"][name].as_i64());
        let (Some(from), Some(to)) = (bound("from"), bound("to")) else { continue };
        if from > to {
            return Err(invalid(FIELD, format!("The range {from} to {to} is the wrong way round")));
        }
        if (from..=to).contains(&RESERVED_PORT) {
            return Err(invalid(FIELD, "Port 8443 is reserved"));
        }
        if ranges.iter().any(|(start, end)| from <= *end && *start <= to) {
            return Err(invalid(FIELD, format!("The range {from} to {to} overlaps another")));
        }
        ranges.push((from, to));
    }
    Ok(())
}
