//! Stages: what of an API can be reached, and how fast.

use serde_json::{Map, Value, json};

use super::state::{Api, Stage};
use super::{bad, conflict, input, kept, not_found, paged, shapes, state, tags, text};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};
use crate::time::iso;

const APART: [&str; 3] = ["apiId", "stageName", "tags"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE_STAGE)?;
    let (api_id, name) = (text(&given, "apiId").to_owned(), text(&given, "stageName").to_owned());
    if name != "$default" && !crate::validate::matches("[a-zA-Z0-9_-]+", &name) {
        return Err(bad("Stage name only allows a-zA-Z0-9_- or $default"));
    }
    let tags = tags::read(given.get("tags"))?;
    let mut members = kept(given, &APART);
    members.entry("autoDeploy").or_insert(json!(false));
    members.entry("stageVariables").or_insert(json!({}));
    members.entry("routeSettings").or_insert(json!({}));
    members.entry("defaultRouteSettings").or_insert(json!({ "detailedMetricsEnabled": false }));
    let api = state(call).api(&api_id)?;
    if api.stages.contains_key(&name) {
        return Err(conflict("Stage already exists"));
    }
    check(api, &members)?;
    deploy(call, &mut members);
    let stage = Stage { created: call.now, updated: call.now, members, tags };
    let shown = show(&name, &stage);
    state(call).api_mut(&api_id)?.stages.insert(name, stage);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_STAGE)?;
    let name = text(&given, "stageName");
    let api = state(call).api(text(&given, "apiId"))?;
    let stage = api.stages.get(name).ok_or_else(|| not_found("Stage", name))?;
    Ok(Reply::json(show(name, stage)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_OF_API)?;
    let api = state(call).api(text(&given, "apiId"))?;
    let all = api.stages.iter().map(|(name, stage)| (name.clone(), show(name, stage)));
    paged(all.collect(), &given)
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_STAGE)?;
    let (api_id, name) = (text(&given, "apiId").to_owned(), text(&given, "stageName").to_owned());
    let api = state(call).api(&api_id)?;
    let stage = api.stages.get(&name).ok_or_else(|| not_found("Stage", &name))?;
    let mut members = stage.members.clone();
    for (member, value) in kept(given, &APART) {
        // Variables and settings of single routes are added to those that are there.
        match (members.get_mut(&member), value) {
            (Some(Value::Object(known)), Value::Object(new))
                if member == "routeSettings" || member == "stageVariables" =>
            {
                known.extend(new);
            }
            (_, value) => {
                members.insert(member, value);
            }
        }
    }
    check(api, &members)?;
    deploy(call, &mut members);
    let now = call.now;
    let api = state(call).api_mut(&api_id)?;
    let stage = api.stages.get_mut(&name).ok_or_else(|| not_found("Stage", &name))?;
    stage.members = members;
    stage.updated = now;
    Ok(Reply::json(show(&name, stage)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_STAGE)?;
    let name = text(&given, "stageName");
    let api = state(call).api_mut(text(&given, "apiId"))?;
    api.stages.remove(name).ok_or_else(|| not_found("Stage", name))?;
    Ok(Reply::empty(204))
}

pub(super) fn delete_route_settings(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::DELETE_ROUTE_SETTINGS)?;
    let (name, key) = (text(&given, "stageName"), text(&given, "routeKey"));
    let api = state(call).api_mut(text(&given, "apiId"))?;
    let stage = api.stages.get_mut(name).ok_or_else(|| not_found("Stage", name))?;
    stage
        .members
        .get_mut("routeSettings")
        .and_then(Value::as_object_mut)
        .and_then(|settings| settings.shift_remove(key))
        .ok_or_else(|| not_found("Route settings", key))?;
    Ok(Reply::empty(204))
}

pub(super) fn delete_access_log(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_STAGE)?;
    let name = text(&given, "stageName");
    let api = state(call).api_mut(text(&given, "apiId"))?;
    let stage = api.stages.get_mut(name).ok_or_else(|| not_found("Stage", name))?;
    stage.members.shift_remove("accessLogSettings");
    Ok(Reply::empty(204))
}

/// A stage that deploys by itself gets a new deployment with every change of it.
fn deploy(call: &mut Call<'_>, members: &mut Map<String, Value>) {
    if members.get("autoDeploy") == Some(&json!(true)) {
        let deployment = call.random_id(LOWER_ALPHANUMERIC, 6);
        members.insert("deploymentId".to_owned(), json!(deployment));
        members.insert(
            "lastDeploymentStatusMessage".to_owned(),
            json!(format!("Successfully deployed stage with deployment ID '{deployment}'")),
        );
    }
}

fn check(api: &Api, members: &Map<String, Value>) -> Result<(), Fault> {
    let settings = members.get("routeSettings").and_then(Value::as_object);
    for key in settings.into_iter().flat_map(Map::keys) {
        if !api.routes.values().any(|route| text(route, "routeKey") == key) {
            return Err(not_found("Route key", key));
        }
    }
    let default = members.get("defaultRouteSettings");
    let all = settings.into_iter().flat_map(Map::values).chain(default);
    for settings in all {
        if settings.get("loggingLevel").is_some() || settings.get("dataTraceEnabled").is_some() {
            return Err(bad("Execution logs are not supported on protocolType HTTP"));
        }
        if settings["throttlingRateLimit"].as_f64().is_some_and(|rate| rate < 0.0) {
            return Err(bad("Throttling rate limit must not be negative"));
        }
    }
    if let Some(log) = members.get("accessLogSettings") {
        let destination = log["destinationArn"].as_str().unwrap_or_default();
        if !crate::validate::matches(
            "arn:aws[a-z-]*:(logs:[a-z0-9-]+:[0-9]{12}:log-group:.+|firehose:.+)",
            destination,
        ) {
            return Err(bad("Access log destination must only contain characters of an ARN of a \
                            log group or a delivery stream"));
        }
        if log["format"].as_str().is_none_or(str::is_empty) {
            return Err(bad("Access log format must be set"));
        }
        if !log["format"].as_str().is_some_and(|format| format.contains("$context.requestId")) {
            return Err(bad("Access Log format must contain at least $context.requestId or \
                 $context.extendedRequestId"));
        }
    }
    Ok(())
}

fn show(name: &str, stage: &Stage) -> Value {
    let mut shown = Map::new();
    shown.insert("stageName".to_owned(), json!(name));
    shown.insert("createdDate".to_owned(), json!(iso(stage.created)));
    shown.insert("lastUpdatedDate".to_owned(), json!(iso(stage.updated)));
    shown.extend(stage.members.clone());
    shown.insert("tags".to_owned(), json!(stage.tags));
    Value::Object(shown)
}
