//! Policy engines: what a gateway asks before it lets a tool be called.
//!
//! Name and key never change. An engine goes after its last policy, and after the last gateway
//! that it is attached to has gone or let go of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{check_idle, conflict, not_found};
use super::shapes::check;
use super::shapes::policy::{
    CREATE_POLICY_ENGINE_REQUEST, LIST_POLICY_ENGINES_REQUEST, POLICY_ENGINE_ID_REQUEST,
    UPDATE_POLICY_ENGINE_REQUEST,
};
use super::state::{GatewaySettings, PolicyEngine, State, Status};
use super::{listing, members, merge, state, tags};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// A page of their listing that is not asked to be larger.
const PAGE: usize = 10;

/// `CreatePolicyEngine`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_POLICY_ENGINE_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let name = input.text("name").unwrap_or_default();
    let token = token_of(input);
    let engines = &state(call).policy_engines;
    if let Some(made) =
        made_before(token.as_ref(), engines.values(), |engine| engine.token.as_ref())?
    {
        return Ok(Reply::status(202, render(made, *made.status.at(now))));
    }
    if engines.values().any(|engine| engine.name == name) {
        return Err(conflict(format!("A policy engine with name '{name}' already exists")));
    }

    let id = format!("{name}-{}", call.random_id(LOWER_ALPHANUMERIC, 10));
    let engine = PolicyEngine {
        arn: call.arn("bedrock-agentcore", &format!("policy-engine/{id}")),
        name: name.to_owned(),
        description: input.text("description").map(str::to_owned),
        encryption_key_arn: input.text("encryptionKeyArn").map(str::to_owned),
        status: Settling::until(
            now + call.options.delays.gateway_ms,
            Status::Creating,
            Status::Active,
        ),
        created_at: now,
        updated_at: now,
        tags: tags::given(input),
        token,
        policies: BTreeMap::new(),
        id: id.clone(),
    };
    let reply = render(&engine, Status::Creating);
    state(call).policy_engines.insert(id, engine);
    Ok(Reply::status(202, reply))
}

/// `GetPolicyEngine`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&POLICY_ENGINE_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let engine = find_mut(state(call), input)?;
    Ok(Reply::json(render(engine, *engine.status.at(now))))
}

/// `ListPolicyEngines`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_POLICY_ENGINES_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let items = state(call)
        .policy_engines
        .values()
        .map(|engine| (engine.id.clone(), render(engine, *engine.status.at(now))));
    listing(input, items, "policyEngines", PAGE)
}

/// `UpdatePolicyEngine`: the description, the only member that can change.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_POLICY_ENGINE_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let engine = find_mut(state(call), input)?;
    check_idle(&format!("Policy engine {}", engine.id), *engine.status.at(now))?;
    patch_description(&mut engine.description, input);
    engine.updated_at = now;
    engine.status = Settling::until(settles_at, Status::Updating, Status::Active);
    Ok(Reply::status(202, render(engine, Status::Updating)))
}

/// `DeletePolicyEngine`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&POLICY_ENGINE_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let state = state(call);
    let (id, arn) = find_mut(state, input).map(|engine| (engine.id.clone(), engine.arn.clone()))?;
    let attached = state
        .gateways
        .values()
        .find(|gateway| attached_engine(&gateway.settings) == Some(arn.as_str()))
        .map(|gateway| gateway.id.clone());
    let engine = find_mut(state, input)?;
    let status = *engine.status.at(now);
    if status != Status::Deleting {
        check_idle(&format!("Policy engine {id}"), status)?;
        if !engine.policies.is_empty() {
            let message = format!("Policy engine {id} has policies. Delete them first.");
            return Err(conflict(message));
        }
        if let Some(gateway) = attached {
            let message = format!("Policy engine {id} is attached to gateway {gateway}");
            return Err(conflict(message));
        }
        engine.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    }
    Ok(Reply::status(202, render(engine, Status::Deleting)))
}

/// The ARN of the engine that is attached to a gateway.
pub(super) fn attached_engine(settings: &GatewaySettings) -> Option<&str> {
    settings.policy_engine_configuration.as_ref()?.get("arn")?.as_str()
}

/// The engine that the request names by its id.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn find_mut<'a>(
    state: &'a mut State,
    input: &Input,
) -> Result<&'a mut PolicyEngine, Fault> {
    let id = input.text("policyEngineId").unwrap_or_default();
    state
        .policy_engines
        .get_mut(id)
        .ok_or_else(|| not_found(format!("Policy engine with ID '{id}' not found")))
}

/// A description in a wrapper: absent it stays, empty it goes.
pub(super) fn patch_description(description: &mut Option<String>, input: &Input) {
    if let Some(wrapper) = input.object("description") {
        *description = wrapper.get("optionalValue").and_then(Value::as_str).map(str::to_owned);
    }
}

fn render(engine: &PolicyEngine, status: Status) -> Value {
    merge(
        json!({
            "policyEngineId": engine.id,
            "policyEngineArn": engine.arn,
            "name": engine.name,
            "status": status,
            "statusReasons": [],
            "createdAt": iso(engine.created_at),
            "updatedAt": iso(engine.updated_at),
        }),
        members([
            ("description", engine.description.clone().map(Value::from)),
            ("encryptionKeyArn", engine.encryption_key_arn.clone().map(Value::from)),
        ]),
    )
}
