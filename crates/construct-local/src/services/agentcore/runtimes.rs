//! Agent runtimes and their versions: every update makes a new version of the whole configuration.
//!
//! A version that an endpoint serves stays, and so does a runtime with endpoints of the caller's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{self, conflict, not_found, quota};
use super::gateway_role::{self, RUNTIME_ROLE};
use super::runtime_endpoints::{self, DEFAULT};
use super::shapes::check;
use super::shapes::runtime::{
    CREATE_AGENT_RUNTIME_REQUEST, DELETE_AGENT_RUNTIME_REQUEST, GET_AGENT_RUNTIME_REQUEST,
    LIST_AGENT_RUNTIMES_REQUEST, LIST_OF_AGENT_RUNTIME_REQUEST, UPDATE_AGENT_RUNTIME_REQUEST,
};
use super::state::{Endpoint, Runtime, RuntimeVersion, Status};
use super::{listing, members, merge, runtime_rules, state, tags, workload_identities};
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// Runtimes in one Region.
const RUNTIMES: usize = 1000;
/// Versions of one runtime.
const VERSIONS: usize = 1000;
/// The greatest page of a listing.
const PAGE: usize = 100;

/// Members of a request that are not part of a version's configuration.
const NOT_SETTINGS: [&str; 6] =
    ["agentRuntimeId", "agentRuntimeName", "clientToken", "tags", "version", "agentRuntimeVersion"];

/// `CreateAgentRuntime`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let name = input.text("agentRuntimeName").unwrap_or_default();
    let token = token_of(input);
    let runtimes = &state(call).runtimes;
    if let Some(made) =
        made_before(token.as_ref(), runtimes.values(), |runtime| runtime.token.as_ref())?
    {
        return Ok(Reply::status(202, summary(made, now)));
    }
    if runtimes.values().any(|runtime| runtime.name == name) {
        return Err(conflict(format!("An agent runtime with name '{name}' already exists")));
    }
    if runtimes.len() >= RUNTIMES {
        return Err(quota(format!("The account has {RUNTIMES} agent runtimes already")));
    }
    check_settings(call)?;

    let id = format!("{name}-{}", call.random_id(ALPHANUMERIC, 10));
    let settles_at = now + call.options.delays.gateway_ms;
    let mut runtime = Runtime {
        arn: call.arn("bedrock-agentcore", &format!("runtime/{id}")),
        name: name.to_owned(),
        created_at: now,
        status: Settling::until(settles_at, Status::Creating, Status::Ready),
        versions: BTreeMap::from([(1, version_of(input, now))]),
        next_version: 2,
        tags: tags::given(input),
        token,
        update_token: None,
        endpoints: BTreeMap::new(),
        id: id.clone(),
    };
    let endpoint = runtime_endpoints::made(&runtime, DEFAULT, 1, now, settles_at);
    runtime.endpoints.insert(DEFAULT.to_owned(), endpoint);
    workload_identities::make(call, &id);
    let reply = merge(summary(&runtime, now), json!({"status": Status::Creating}));
    state(call).runtimes.insert(id, runtime);
    Ok(Reply::status(202, reply))
}

/// `GetAgentRuntime`: the newest version, or the one asked for.
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&GET_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let runtime = find_mut(call)?;
    let number = match input.text("version") {
        Some(version) => wanted_version(runtime, version)?,
        None => newest(runtime),
    };
    let version = &runtime.versions[&number];
    let own = merge(
        merge(json!({"lifecycleConfiguration": default_lifecycle()}), version.settings.clone()),
        json!({
            "agentRuntimeName": runtime.name,
            "agentRuntimeVersion": number.to_string(),
            "lastUpdatedAt": iso(version.updated_at),
        }),
    );
    Ok(Reply::json(merge(summary(runtime, now), own)))
}

/// `UpdateAgentRuntime`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let token = token_of(input);
    let runtime = find_mut(call)?;
    if made_before(token.as_ref(), [&*runtime], |runtime| runtime.update_token.as_ref())?.is_some()
    {
        return Ok(Reply::status(202, summary(runtime, now)));
    }
    check_idle(runtime, now)?;
    if runtime.versions.len() >= VERSIONS {
        return Err(quota(format!("{} has {VERSIONS} versions already", runtime.id)));
    }
    check_settings(call)?;

    let settles_at = now + call.options.delays.gateway_ms;
    let runtime = find_mut(call)?;
    let number = runtime.next_version;
    runtime.versions.insert(number, version_of(input, now));
    runtime.next_version = number + 1;
    runtime.update_token = token;
    runtime_endpoints::follow(runtime, now, settles_at);
    runtime.status = Settling::until(settles_at, Status::Updating, Status::Ready);
    let reply = merge(summary(runtime, now), json!({"status": Status::Updating}));
    Ok(Reply::status(202, reply))
}

/// `DeleteAgentRuntime`: one version with `version`, else the runtime and all its versions.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&DELETE_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let runtime = find_mut(call)?;
    let mut reply = json!({"agentRuntimeId": runtime.id, "status": Status::Deleting});
    if let Some(version) = input.text("version") {
        check_idle(runtime, now)?;
        let number = wanted_version(runtime, version)?;
        let serves = |endpoint: &Endpoint| {
            endpoint.target_version == number || *endpoint.live_version.at(now) == Some(number)
        };
        if number == newest(runtime) || runtime.endpoints.values().any(serves) {
            return Err(conflict(format!("Version {number} of {} is in use", runtime.id)));
        }
        runtime.versions.remove(&number);
        reply = merge(reply, json!({"agentRuntimeVersion": version}));
    } else if *runtime.status.at(now) != Status::Deleting {
        check_idle(runtime, now)?;
        if let Some(other) = runtime.endpoints.keys().find(|name| *name != DEFAULT) {
            let message = format!("{} has endpoint {other}. Delete it first.", runtime.id);
            return Err(conflict(message));
        }
        runtime.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    }
    Ok(Reply::status(202, reply))
}

/// `ListAgentRuntimes`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_AGENT_RUNTIMES_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let items = state(call)
        .runtimes
        .values()
        .map(|runtime| (runtime.id.clone(), item(runtime, newest(runtime), now)));
    listing(input, items, "agentRuntimes", PAGE)
}

/// `ListAgentRuntimeVersions`
pub(super) fn list_versions(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let runtime = find_mut(call)?;
    let items =
        runtime.versions.keys().map(|number| (format!("{number:05}"), item(runtime, *number, now)));
    listing(input, items, "agentRuntimes", PAGE)
}

/// The runtime that the request names by its id.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn find_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Runtime, Fault> {
    let id = call.input.text("agentRuntimeId").unwrap_or_default();
    state(call)
        .runtimes
        .get_mut(id)
        .ok_or_else(|| not_found(format!("Agent runtime with ID '{id}' not found")))
}

fn check_idle(runtime: &Runtime, now: i64) -> Result<(), Fault> {
    faults::check_idle(&format!("Agent runtime {}", runtime.id), *runtime.status.at(now))
}

fn check_settings(call: &Call<'_>) -> Result<(), Fault> {
    runtime_rules::check(call.input)?;
    let role = call.input.text("roleArn").unwrap_or_default();
    gateway_role::check_assumable(call, RUNTIME_ROLE, role)
}

fn version_of(input: &Input, now: i64) -> RuntimeVersion {
    let mut settings = input.members().clone();
    settings.retain(|name, value| !NOT_SETTINGS.contains(&name.as_str()) && !value.is_null());
    RuntimeVersion { settings: Value::Object(settings), updated_at: now }
}

/// The number of the newest version.
pub(super) fn newest(runtime: &Runtime) -> u32 {
    runtime.versions.keys().next_back().copied().unwrap_or(1)
}

/// A version that the runtime has.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn wanted_version(runtime: &Runtime, version: &str) -> Result<u32, Fault> {
    version
        .parse()
        .ok()
        .filter(|number| runtime.versions.contains_key(number))
        .ok_or_else(|| not_found(format!("Version {version} of {} not found", runtime.id)))
}

/// The service's own times, in seconds, for a runtime that was created without.
fn default_lifecycle() -> Value {
    json!({"idleRuntimeSessionTimeout": 900, "maxLifetime": 28_800})
}

fn summary(runtime: &Runtime, now: i64) -> Value {
    let number = newest(runtime);
    let identity = workload_identities::arn_beside(&runtime.arn, &runtime.id);
    json!({
        "agentRuntimeArn": runtime.arn,
        "agentRuntimeId": runtime.id,
        "agentRuntimeVersion": number.to_string(),
        "createdAt": iso(runtime.created_at),
        "lastUpdatedAt": iso(runtime.versions[&number].updated_at),
        "status": runtime.status.at(now),
        "workloadIdentityDetails": {"workloadIdentityArn": identity},
    })
}

fn item(runtime: &Runtime, number: u32, now: i64) -> Value {
    let version = &runtime.versions[&number];
    let description = version.settings.get("description").cloned();
    merge(
        json!({
            "agentRuntimeArn": runtime.arn,
            "agentRuntimeId": runtime.id,
            "agentRuntimeName": runtime.name,
            "agentRuntimeVersion": number.to_string(),
            "lastUpdatedAt": iso(version.updated_at),
            "status": runtime.status.at(now),
        }),
        // The model requires the member although a runtime need not have one.
        members([("description", Some(description.unwrap_or(json!(""))))]),
    )
}
