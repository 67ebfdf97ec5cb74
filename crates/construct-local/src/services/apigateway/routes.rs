//! Routes: which requests of an API go to which integration.

use serde_json::{Map, Value, json};

use super::state::Api;
use super::{bad, conflict, input, kept, not_found, paged, routing, shapes, state, text};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};

const APART: [&str; 2] = ["apiId", "routeId"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE_ROUTE)?;
    let api_id = text(&given, "apiId").to_owned();
    let mut members = kept(given, &APART);
    members.entry("apiKeyRequired").or_insert(json!(false));
    members.entry("authorizationType").or_insert(json!("NONE"));
    check(state(call).api(&api_id)?, &members, None)?;
    let id = call.random_id(LOWER_ALPHANUMERIC, 7);
    let shown = show(&id, &members);
    state(call).api_mut(&api_id)?.routes.insert(id, members);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_ROUTE)?;
    let id = text(&given, "routeId");
    let api = state(call).api(text(&given, "apiId"))?;
    let members = api.routes.get(id).ok_or_else(|| not_found("Route", id))?;
    Ok(Reply::json(show(id, members)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_OF_API)?;
    let api = state(call).api(text(&given, "apiId"))?;
    let all = api.routes.iter().map(|(id, members)| (id.clone(), show(id, members)));
    paged(all.collect(), &given)
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_ROUTE)?;
    let (api, id) = (text(&given, "apiId").to_owned(), text(&given, "routeId").to_owned());
    let api = state(call).api_mut(&api)?;
    let mut members = api.routes.get(&id).ok_or_else(|| not_found("Route", &id))?.clone();
    members.extend(kept(given, &APART));
    check(api, &members, Some(&id))?;
    let shown = show(&id, &members);
    api.routes.insert(id, members);
    Ok(Reply::json(shown))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_ROUTE)?;
    let id = text(&given, "routeId");
    let api = state(call).api_mut(text(&given, "apiId"))?;
    api.routes.remove(id).ok_or_else(|| not_found("Route", id))?;
    Ok(Reply::empty(204))
}

/// `own` is the route being changed, which may keep its key.
fn check(api: &Api, members: &Map<String, Value>, own: Option<&str>) -> Result<(), Fault> {
    let key = text(members, "routeKey");
    routing::parse(key).map_err(bad)?;
    if api
        .routes
        .iter()
        .any(|(id, other)| Some(id.as_str()) != own && text(other, "routeKey") == key)
    {
        return Err(conflict(format!("Route with key {key} already exists for this API")));
    }
    let target = text(members, "target");
    if !target.is_empty() {
        let id = target.strip_prefix("integrations/").ok_or_else(|| {
            bad(format!("Invalid target specified {target}: it must be integrations/{{id}}"))
        })?;
        if !api.integrations.contains_key(id) {
            return Err(not_found("Integration", id));
        }
    }
    if members.get("apiKeyRequired") == Some(&json!(true)) {
        return Err(bad("ApiKeyRequired is not currently supported for HTTP APIs"));
    }
    let kind = text(members, "authorizationType");
    match (kind, text(members, "authorizerId").is_empty()) {
        ("JWT" | "CUSTOM", true) => {
            Err(bad(format!("AuthorizerId must be provided for authorization type {kind}")))
        }
        // Authorizers are not made here, so that none can be named.
        (_, false) => Err(not_found("Authorizer", text(members, "authorizerId"))),
        _ => Ok(()),
    }
}

fn show(id: &str, members: &Map<String, Value>) -> Value {
    let mut shown = Map::new();
    shown.insert("routeId".to_owned(), json!(id));
    shown.extend(members.clone());
    Value::Object(shown)
}
