//! Rate limits of a gateway: how much of what a caller may use.
//!
//! The caller may choose the id. The dimension keys are a limit's own in its gateway and never
//! change. `BatchPutGatewayRateLimits` is not here: its documents contradict each other on whether
//! it replaces the limits it does not name.

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{check_idle, conflict, invalid, not_found};
use super::gateways::{check_made, find, find_mut, id_of};
use super::shapes::check;
use super::shapes::rules::{
    CREATE_GATEWAY_RATE_LIMIT_REQUEST, LIST_OF_GATEWAY_REQUEST, RATE_LIMIT_ID_REQUEST,
    UPDATE_GATEWAY_RATE_LIMIT_REQUEST,
};
use super::state::{Gateway, RateLimit, Status};
use super::{listing, members, merge, state};
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// The greatest page of their listing.
const PAGE: usize = 100;

/// `CreateGatewayRateLimit`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_GATEWAY_RATE_LIMIT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let made_up = call.uuid();
    let id = input.text("rateLimitId").unwrap_or(&made_up);
    let keys: Vec<String> = input.texts("dimensionKeys").into_iter().map(str::to_owned).collect();
    let token = token_of(input);
    let gateway = find(state(call), id_of(input))?;
    if let Some(made) =
        made_before(token.as_ref(), gateway.rate_limits.values(), |limit| limit.token.as_ref())?
    {
        return Ok(Reply::status(201, render(gateway, made, *made.status.at(now))));
    }
    check_made(gateway, now)?;
    if gateway.rate_limits.contains_key(id) {
        let message = format!("A rate limit with ID '{id}' already exists in {}", gateway.id);
        return Err(conflict(message));
    }
    if gateway.rate_limits.values().any(|limit| limit.dimension_keys == keys) {
        let keys = keys.join(", ");
        let message = format!("A rate limit with the dimension keys {keys} already exists");
        return Err(conflict(message));
    }
    check_entries(&keys, input.list("entries"))?;

    let limit = RateLimit {
        id: id.to_owned(),
        dimension_keys: keys,
        entries: Value::from(input.list("entries")),
        description: input.text("description").map(str::to_owned),
        status: Settling::until(
            now + call.options.delays.target_ms,
            Status::Creating,
            Status::Active,
        ),
        created_at: now,
        updated_at: now,
        token,
    };
    let gateway = find_mut(state(call), id_of(input))?;
    let reply = render(gateway, &limit, Status::Creating);
    gateway.rate_limits.insert(limit.id.clone(), limit);
    Ok(Reply::status(201, reply))
}

/// `GetGatewayRateLimit`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&RATE_LIMIT_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let limit = find_limit(gateway, input)?;
    Ok(Reply::json(render(gateway, limit, *limit.status.at(now))))
}

/// `ListGatewayRateLimits`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_GATEWAY_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let items = gateway
        .rate_limits
        .values()
        .map(|limit| (limit.id.clone(), render(gateway, limit, *limit.status.at(now))));
    listing(input, items, "rateLimits", PAGE)
}

/// `UpdateGatewayRateLimit`: replaces the entries; a description that is omitted stays.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_GATEWAY_RATE_LIMIT_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let mut limit = find_limit(gateway, input)?.clone();
    check_idle(&format!("Rate limit {}", limit.id), *limit.status.at(now))?;
    check_entries(&limit.dimension_keys, input.list("entries"))?;
    limit.entries = Value::from(input.list("entries"));
    if let Some(description) = input.text("description") {
        limit.description = Some(description.to_owned());
    }
    limit.updated_at = now;
    limit.status = Settling::until(settles_at, Status::Updating, Status::Active);
    let reply = render(gateway, &limit, Status::Updating);
    gateway.rate_limits.insert(limit.id.clone(), limit);
    Ok(Reply::json(reply))
}

/// `DeleteGatewayRateLimit`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&RATE_LIMIT_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let id = find_limit(gateway, input)?.id.clone();
    if let Some(limit) = gateway.rate_limits.get_mut(&id) {
        let status = *limit.status.at(now);
        if status != Status::Deleting {
            check_idle(&format!("Rate limit {id}"), status)?;
            limit.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
        }
    }
    Ok(Reply::json(json!({"rateLimitId": id, "status": Status::Deleting})))
}

fn find_limit<'a>(gateway: &'a Gateway, input: &Input) -> Result<&'a RateLimit, Fault> {
    let id = input.text("rateLimitId").unwrap_or_default();
    gateway
        .rate_limits
        .get(id)
        .ok_or_else(|| not_found(format!("Rate limit with ID '{id}' not found in {}", gateway.id)))
}

/// An entry has a value for each key of its limit, and `*` only where no other value follows.
fn check_entries(keys: &[String], entries: &[Value]) -> Result<(), Fault> {
    for (index, entry) in entries.iter().enumerate() {
        let field = format!("entries.{index}.dimensions");
        let dimensions = entry["dimensions"].as_object();
        let values: Option<Vec<&Value>> =
            keys.iter().map(|key| dimensions?.get(key.as_str())).collect();
        let named = dimensions.map_or(0, serde_json::Map::len);
        let Some(values) = values.filter(|values| values.len() == named) else {
            let message = format!("The dimensions must be {}", keys.join(", "));
            return Err(invalid(&field, message));
        };
        let any = values.iter().position(|value| **value == "*").unwrap_or(values.len());
        if values[any..].iter().any(|value| **value != "*") {
            let message = "The wildcard * may stand in trailing dimensions only";
            return Err(invalid(&field, message));
        }
    }
    Ok(())
}

fn render(gateway: &Gateway, limit: &RateLimit, status: Status) -> Value {
    merge(
        json!({
            "rateLimitId": limit.id,
            "gatewayIdentifier": gateway.id,
            "dimensionKeys": limit.dimension_keys,
            "entries": limit.entries,
            "status": status,
            "createdAt": iso(limit.created_at),
            "updatedAt": iso(limit.updated_at),
        }),
        members([("description", limit.description.clone().map(Value::from))]),
    )
}
