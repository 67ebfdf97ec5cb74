//! Rules of a gateway: which target or configuration bundle a request goes to.
//!
//! A rule's priority is its own in the gateway, and the two weights of a split make a hundred.
//! Rules name targets and are not held to them: no document tells of a check that a target is
//! there, or of one that keeps a target from being deleted.

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{check_idle, conflict, invalid, not_found};
use super::gateways::{check_made, find, find_mut, id_of};
use super::shapes::check;
use super::shapes::rules::{
    CREATE_GATEWAY_RULE_REQUEST, LIST_OF_GATEWAY_REQUEST, RULE_ID_REQUEST,
    UPDATE_GATEWAY_RULE_REQUEST,
};
use super::state::{Gateway, Rule, RuleSettings, Status};
use super::{listing, members, merge, rendered, state};
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// The greatest page of their listing.
const PAGE: usize = 100;

/// `CreateGatewayRule`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_GATEWAY_RULE_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settings: RuleSettings = serde_json::from_value(Value::Object(input.members().clone()))
        .map_err(|error| invalid("rule", error.to_string()))?;
    let token = token_of(input);
    let gateway = find(state(call), id_of(input))?;
    if let Some(made) =
        made_before(token.as_ref(), gateway.rules.values(), |rule| rule.token.as_ref())?
    {
        return Ok(Reply::status(202, render(gateway, made, *made.status.at(now))));
    }
    check_made(gateway, now)?;
    check_settings(gateway, &settings, None)?;

    let rule = Rule {
        id: call.uuid(),
        settings,
        status: Settling::until(
            now + call.options.delays.target_ms,
            Status::Creating,
            Status::Active,
        ),
        created_at: now,
        updated_at: None,
        token,
    };
    let gateway = find_mut(state(call), id_of(input))?;
    let reply = render(gateway, &rule, Status::Creating);
    gateway.rules.insert(rule.id.clone(), rule);
    Ok(Reply::status(202, reply))
}

/// `GetGatewayRule`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&RULE_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let rule = find_rule(gateway, input)?;
    Ok(Reply::json(render(gateway, rule, *rule.status.at(now))))
}

/// `ListGatewayRules`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_GATEWAY_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let items = gateway
        .rules
        .values()
        .map(|rule| (rule.id.clone(), render(gateway, rule, *rule.status.at(now))));
    listing(input, items, "gatewayRules", PAGE)
}

/// `UpdateGatewayRule`: what is omitted stays.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_GATEWAY_RULE_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let mut rule = find_rule(gateway, input)?.clone();
    check_idle(&format!("Rule {}", rule.id), *rule.status.at(now))?;
    if let Some(priority) = input.integer("priority") {
        rule.settings.priority = priority;
    }
    if let Some(conditions) = input.get("conditions") {
        rule.settings.conditions = Some(conditions.clone());
    }
    if let Some(actions) = input.get("actions") {
        rule.settings.actions = actions.clone();
    }
    if let Some(description) = input.text("description") {
        rule.settings.description = Some(description.to_owned());
    }
    check_settings(gateway, &rule.settings, Some(&rule.id))?;
    rule.updated_at = Some(now);
    rule.status = Settling::until(settles_at, Status::Updating, Status::Active);
    let reply = render(gateway, &rule, Status::Updating);
    gateway.rules.insert(rule.id.clone(), rule);
    Ok(Reply::status(202, reply))
}

/// `DeleteGatewayRule`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&RULE_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let id = find_rule(gateway, input)?.id.clone();
    if let Some(rule) = gateway.rules.get_mut(&id) {
        let status = *rule.status.at(now);
        if status != Status::Deleting {
            check_idle(&format!("Rule {id}"), status)?;
            rule.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
        }
    }
    Ok(Reply::status(202, json!({"ruleId": id, "status": Status::Deleting})))
}

fn find_rule<'a>(gateway: &'a Gateway, input: &Input) -> Result<&'a Rule, Fault> {
    let id = input.text("ruleId").unwrap_or_default();
    gateway
        .rules
        .get(id)
        .ok_or_else(|| not_found(format!("Rule with ID '{id}' not found in {}", gateway.id)))
}

fn check_settings(
    gateway: &Gateway,
    settings: &RuleSettings,
    own: Option<&str>,
) -> Result<(), Fault> {
    let priority = settings.priority;
    let taken = gateway
        .rules
        .values()
        .any(|rule| rule.settings.priority == priority && Some(rule.id.as_str()) != own);
    if taken {
        let message = format!("A rule with priority {priority} already exists in {}", gateway.id);
        return Err(conflict(message));
    }
    for action in settings.actions.as_array().into_iter().flatten() {
        let splits = [
            &action["configurationBundle"]["weightedOverride"]["trafficSplit"],
            &action["routeToTarget"]["weightedRoute"]["trafficSplit"],
        ];
        for split in splits.into_iter().filter_map(Value::as_array) {
            let sum: i64 = split.iter().filter_map(|entry| entry["weight"].as_i64()).sum();
            if sum != 100 {
                let message = format!("The weights of a traffic split must sum to 100, not {sum}");
                return Err(invalid("actions", message));
            }
        }
    }
    Ok(())
}

fn render(gateway: &Gateway, rule: &Rule, status: Status) -> Value {
    let own = json!({
        "ruleId": rule.id,
        "gatewayArn": gateway.arn,
        "status": status,
        "createdAt": iso(rule.created_at),
    });
    let updated = members([("updatedAt", rule.updated_at.map(|at| json!(iso(at))))]);
    merge(merge(rendered(&rule.settings), own), updated)
}
