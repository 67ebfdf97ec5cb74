//! Policies of a policy engine, in Cedar or Dogwood.
//!
//! A Cedar statement must begin as one. Whether it is whole, and whether it fits the tools of the
//! gateway, which the service's analyzer finds out, is not looked at here. Policies out of a
//! generation are refused: nothing is generated here.

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{check_idle, conflict, invalid, not_found};
use super::policy_engines::{find_mut, patch_description};
use super::shapes::check;
use super::shapes::policy::{
    CREATE_POLICY_REQUEST, LIST_POLICIES_REQUEST, POLICY_ID_REQUEST, UPDATE_POLICY_REQUEST,
};
use super::state::{Policy, PolicyEngine, Status};
use super::{listing, members, merge, state};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// A page of their listing that is not asked to be larger.
const PAGE: usize = 10;
/// What a Cedar policy begins with: its effect, or an annotation of it.
const BEGINNINGS: [&str; 3] = ["permit", "forbid", "@"];

/// `CreatePolicy`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_POLICY_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let suffix = call.random_id(LOWER_ALPHANUMERIC, 10);
    let name = input.text("name").unwrap_or_default();
    let token = token_of(input);
    let engine = find_mut(state(call), input)?;
    if let Some(made) =
        made_before(token.as_ref(), engine.policies.values(), |policy| policy.token.as_ref())?
    {
        return Ok(Reply::status(202, render(engine, made, *made.status.at(now))));
    }
    check_active(engine, now)?;
    if engine.policies.values().any(|policy| policy.name == name) {
        let message = format!("A policy with name '{name}' already exists in {}", engine.id);
        return Err(conflict(message));
    }
    let id = format!("{name}-{suffix}");
    let policy = Policy {
        name: name.to_owned(),
        arn: format!("{}/policy/{id}", engine.arn),
        definition: definition_of(input)?.unwrap_or_default(),
        description: input.text("description").map(str::to_owned),
        enforcement_mode: input.text("enforcementMode").unwrap_or("ACTIVE").to_owned(),
        status: Settling::until(settles_at, Status::Creating, Status::Active),
        created_at: now,
        updated_at: now,
        token,
        id: id.clone(),
    };
    let reply = render(engine, &policy, Status::Creating);
    engine.policies.insert(id, policy);
    Ok(Reply::status(202, reply))
}

/// `GetPolicy`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&POLICY_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let engine = find_mut(state(call), input)?;
    let policy = find_policy(engine, input)?;
    Ok(Reply::json(render(engine, policy, *policy.status.at(now))))
}

/// `ListPolicies`, without its filter by resource.
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_POLICIES_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    if input.get("targetResourceScope").is_some() {
        return Err(call.not_implemented());
    }
    let engine = find_mut(state(call), input)?;
    let items = engine
        .policies
        .values()
        .map(|policy| (policy.id.clone(), render(engine, policy, *policy.status.at(now))));
    listing(input, items, "policies", PAGE)
}

/// `UpdatePolicy`: what is omitted stays.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_POLICY_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let engine = find_mut(state(call), input)?;
    let mut policy = find_policy(engine, input)?.clone();
    check_idle(&format!("Policy {}", policy.id), *policy.status.at(now))?;
    if let Some(definition) = definition_of(input)? {
        policy.definition = definition;
    }
    patch_description(&mut policy.description, input);
    if let Some(mode) = input.text("enforcementMode") {
        mode.clone_into(&mut policy.enforcement_mode);
    }
    policy.updated_at = now;
    policy.status = Settling::until(settles_at, Status::Updating, Status::Active);
    let reply = render(engine, &policy, Status::Updating);
    engine.policies.insert(policy.id.clone(), policy);
    Ok(Reply::status(202, reply))
}

/// `DeletePolicy`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&POLICY_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let engine = find_mut(state(call), input)?;
    let mut policy = find_policy(engine, input)?.clone();
    let status = *policy.status.at(now);
    if status != Status::Deleting {
        check_idle(&format!("Policy {}", policy.id), status)?;
        policy.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    }
    let reply = render(engine, &policy, Status::Deleting);
    engine.policies.insert(policy.id.clone(), policy);
    Ok(Reply::status(202, reply))
}

fn check_active(engine: &PolicyEngine, now: i64) -> Result<(), Fault> {
    check_idle(&format!("Policy engine {}", engine.id), *engine.status.at(now))
}

fn find_policy<'a>(engine: &'a PolicyEngine, input: &Input) -> Result<&'a Policy, Fault> {
    let id = input.text("policyId").unwrap_or_default();
    engine
        .policies
        .get(id)
        .ok_or_else(|| not_found(format!("Policy with ID '{id}' not found in {}", engine.id)))
}

/// The `definition` of a request, if it has one.
fn definition_of(input: &Input) -> Result<Option<Value>, Fault> {
    let Some(definition) = input.get("definition") else { return Ok(None) };
    if let Some(generation) = definition.get("policyGeneration") {
        let id = generation["policyGenerationId"].as_str().unwrap_or_default();
        return Err(not_found(format!("Policy generation with ID '{id}' not found")));
    }
    if let Some(cedar) = definition.get("cedar") {
        let statement = without_comments(cedar["statement"].as_str().unwrap_or_default());
        if !BEGINNINGS.iter().any(|beginning| statement.starts_with(beginning)) {
            let message = "A Cedar policy begins with permit, forbid or an annotation";
            return Err(invalid("definition.cedar.statement", message));
        }
    }
    Ok(Some(definition.clone()))
}

/// What follows the blanks and comments at the beginning.
fn without_comments(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    while rest.starts_with("//") {
        rest = rest.split_once('\n').map_or("", |(_, after)| after.trim_start());
    }
    rest
}

fn render(engine: &PolicyEngine, policy: &Policy, status: Status) -> Value {
    merge(
        json!({
            "policyId": policy.id,
            "policyArn": policy.arn,
            "policyEngineId": engine.id,
            "name": policy.name,
            "definition": policy.definition,
            "enforcementMode": policy.enforcement_mode,
            "status": status,
            "statusReasons": [],
            "createdAt": iso(policy.created_at),
            "updatedAt": iso(policy.updated_at),
        }),
        members([("description", policy.description.clone().map(Value::from))]),
    )
}
