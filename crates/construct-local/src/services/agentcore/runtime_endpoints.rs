//! Endpoints of agent runtimes: names for versions.
//!
//! `DEFAULT` comes with the runtime, follows its newest version, and goes with it. Every other
//! endpoint stays at its version until it is told to move. An endpoint has arrived when its live
//! version is its target version.

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{check_idle, conflict, not_found, quota};
use super::runtimes::{find_mut, newest, wanted_version};
use super::shapes::check;
use super::shapes::runtime::{
    AGENT_RUNTIME_ENDPOINT_REQUEST, CREATE_AGENT_RUNTIME_ENDPOINT_REQUEST,
    DELETE_AGENT_RUNTIME_ENDPOINT_REQUEST, LIST_OF_AGENT_RUNTIME_REQUEST,
    UPDATE_AGENT_RUNTIME_ENDPOINT_REQUEST,
};
use super::state::{Endpoint, Runtime, Status, Tags};
use super::{listing, members, merge, tags};
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// The endpoint that every runtime has.
pub(super) const DEFAULT: &str = "DEFAULT";
/// Endpoints of one runtime, with `DEFAULT`.
const ENDPOINTS: usize = 10;
/// The greatest page of their listing.
const PAGE: usize = 100;

/// `CreateAgentRuntimeEndpoint`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_AGENT_RUNTIME_ENDPOINT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let name = input.text("name").unwrap_or_default();
    let token = token_of(input);
    let runtime = find_mut(call)?;
    if let Some(made) =
        made_before(token.as_ref(), runtime.endpoints.values(), |endpoint| endpoint.token.as_ref())?
    {
        return Ok(Reply::status(202, begun(runtime, made, *made.status.at(now))));
    }
    check_idle(&format!("Agent runtime {}", runtime.id), *runtime.status.at(now))?;
    if runtime.endpoints.contains_key(name) {
        let message = format!("An endpoint with name '{name}' already exists in {}", runtime.id);
        return Err(conflict(message));
    }
    if runtime.endpoints.len() >= ENDPOINTS {
        return Err(quota(format!("{} has {ENDPOINTS} endpoints already", runtime.id)));
    }
    let version = version_of(runtime, input)?.unwrap_or_else(|| newest(runtime));
    let mut endpoint = made(runtime, name, version, now, settles_at);
    endpoint.description = input.text("description").map(str::to_owned);
    endpoint.tags = tags::given(input);
    endpoint.token = token;
    let reply = begun(runtime, &endpoint, Status::Creating);
    runtime.endpoints.insert(name.to_owned(), endpoint);
    Ok(Reply::status(202, reply))
}

/// `GetAgentRuntimeEndpoint`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&AGENT_RUNTIME_ENDPOINT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let runtime = find_mut(call)?;
    let endpoint = find_endpoint(runtime, input)?;
    Ok(Reply::json(render(runtime, endpoint, now)))
}

/// `ListAgentRuntimeEndpoints`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_AGENT_RUNTIME_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let runtime = find_mut(call)?;
    let items = runtime
        .endpoints
        .values()
        .map(|endpoint| (endpoint.name.clone(), render(runtime, endpoint, now)));
    listing(input, items, "runtimeEndpoints", PAGE)
}

/// `UpdateAgentRuntimeEndpoint`: what is omitted stays.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_AGENT_RUNTIME_ENDPOINT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let token = token_of(input);
    let runtime = find_mut(call)?;
    let mut endpoint = find_endpoint(runtime, input)?.clone();
    let repeated =
        made_before(token.as_ref(), [&endpoint], |endpoint| endpoint.update_token.as_ref())?;
    if repeated.is_some() {
        return Ok(Reply::status(202, render(runtime, &endpoint, now)));
    }
    check_idle(&format!("Endpoint {}", endpoint.name), *endpoint.status.at(now))?;
    if let Some(version) = version_of(runtime, input)? {
        if endpoint.name == DEFAULT && version != newest(runtime) {
            return Err(conflict(format!("{DEFAULT} always serves the newest version")));
        }
        move_to(&mut endpoint, version, now, settles_at);
    }
    if let Some(description) = input.text("description") {
        endpoint.description = Some(description.to_owned());
    }
    endpoint.updated_at = now;
    endpoint.update_token = token;
    endpoint.status = Settling::until(settles_at, Status::Updating, Status::Ready);
    let reply = merge(render(runtime, &endpoint, now), json!({"status": Status::Updating}));
    runtime.endpoints.insert(endpoint.name.clone(), endpoint);
    Ok(Reply::status(202, reply))
}

/// `DeleteAgentRuntimeEndpoint`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&DELETE_AGENT_RUNTIME_ENDPOINT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let runtime = find_mut(call)?;
    let name = find_endpoint(runtime, input)?.name.clone();
    if name == DEFAULT {
        return Err(conflict(format!("{DEFAULT} goes with its runtime")));
    }
    if let Some(endpoint) = runtime.endpoints.get_mut(&name) {
        let status = *endpoint.status.at(now);
        if status != Status::Deleting {
            check_idle(&format!("Endpoint {name}"), status)?;
            endpoint.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
        }
    }
    let reply = json!({
        "agentRuntimeId": runtime.id, "endpointName": name, "status": Status::Deleting,
    });
    Ok(Reply::status(202, reply))
}

/// A new endpoint of `runtime` for `version`, which is live from `settles_at` on.
pub(super) fn made(
    runtime: &Runtime,
    name: &str,
    version: u32,
    now: i64,
    settles_at: i64,
) -> Endpoint {
    Endpoint {
        name: name.to_owned(),
        arn: format!("{}/runtime-endpoint/{name}", runtime.arn),
        description: None,
        target_version: version,
        live_version: Settling::until(settles_at, None, Some(version)),
        status: Settling::until(settles_at, Status::Creating, Status::Ready),
        created_at: now,
        updated_at: now,
        tags: Tags::new(),
        token: None,
        update_token: None,
    }
}

/// Makes `DEFAULT` follow the runtime's newest version.
pub(super) fn follow(runtime: &mut Runtime, now: i64, settles_at: i64) {
    let version = newest(runtime);
    if let Some(endpoint) = runtime.endpoints.get_mut(DEFAULT) {
        move_to(endpoint, version, now, settles_at);
        endpoint.updated_at = now;
        endpoint.status = Settling::until(settles_at, Status::Updating, Status::Ready);
    }
}

fn move_to(endpoint: &mut Endpoint, version: u32, now: i64, settles_at: i64) {
    let live = *endpoint.live_version.at(now);
    endpoint.target_version = version;
    endpoint.live_version = Settling::until(settles_at, live, Some(version));
}

fn find_endpoint<'a>(runtime: &'a Runtime, input: &Input) -> Result<&'a Endpoint, Fault> {
    let name = input.text("endpointName").unwrap_or_default();
    runtime
        .endpoints
        .get(name)
        .ok_or_else(|| not_found(format!("Endpoint '{name}' not found in {}", runtime.id)))
}

fn version_of(runtime: &Runtime, input: &Input) -> Result<Option<u32>, Fault> {
    input.text("agentRuntimeVersion").map(|version| wanted_version(runtime, version)).transpose()
}

/// The reply to a creation, which names the endpoint otherwise than all other replies.
fn begun(runtime: &Runtime, endpoint: &Endpoint, status: Status) -> Value {
    json!({
        "agentRuntimeArn": runtime.arn,
        "agentRuntimeId": runtime.id,
        "agentRuntimeEndpointArn": endpoint.arn,
        "endpointName": endpoint.name,
        "targetVersion": endpoint.target_version.to_string(),
        "status": status,
        "createdAt": iso(endpoint.created_at),
    })
}

fn render(runtime: &Runtime, endpoint: &Endpoint, now: i64) -> Value {
    let live = endpoint.live_version.at(now).map(|version| json!(version.to_string()));
    merge(
        json!({
            "id": runtime.id,
            "name": endpoint.name,
            "agentRuntimeArn": runtime.arn,
            "agentRuntimeEndpointArn": endpoint.arn,
            "targetVersion": endpoint.target_version.to_string(),
            "status": endpoint.status.at(now),
            "createdAt": iso(endpoint.created_at),
            "lastUpdatedAt": iso(endpoint.updated_at),
        }),
        members([
            ("liveVersion", live),
            ("description", endpoint.description.clone().map(Value::from)),
        ]),
    )
}
