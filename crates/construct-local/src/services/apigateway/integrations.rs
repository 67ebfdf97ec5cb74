//! Integrations: what stands behind an API's routes.

use serde_json::{Map, Value, json};

use super::{bad, conflict, input, kept, not_found, paged, shapes, state, text};
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};

const APART: [&str; 2] = ["apiId", "integrationId"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE_INTEGRATION)?;
    let api = text(&given, "apiId").to_owned();
    state(call).api(&api)?;
    let mut members = kept(given, &APART);
    members.entry("connectionType").or_insert(json!("INTERNET"));
    members.entry("timeoutInMillis").or_insert(json!(30_000));
    check(&members)?;
    let id = call.random_id(LOWER_ALPHANUMERIC, 7);
    let shown = show(&id, &members);
    state(call).api_mut(&api)?.integrations.insert(id, members);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_INTEGRATION)?;
    let id = text(&given, "integrationId");
    let api = state(call).api(text(&given, "apiId"))?;
    let members = api.integrations.get(id).ok_or_else(|| not_found("Integration", id))?;
    Ok(Reply::json(show(id, members)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_OF_API)?;
    let api = state(call).api(text(&given, "apiId"))?;
    let all = api.integrations.iter().map(|(id, members)| (id.clone(), show(id, members)));
    paged(all.collect(), &given)
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_INTEGRATION)?;
    let (api, id) = (text(&given, "apiId").to_owned(), text(&given, "integrationId").to_owned());
    let api = state(call).api_mut(&api)?;
    let known = api.integrations.get_mut(&id).ok_or_else(|| not_found("Integration", &id))?;
    let mut members = known.clone();
    members.extend(kept(given, &APART));
    check(&members)?;
    known.clone_from(&members);
    Ok(Reply::json(show(&id, &members)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_INTEGRATION)?;
    let id = text(&given, "integrationId");
    let api = state(call).api_mut(text(&given, "apiId"))?;
    if !api.integrations.contains_key(id) {
        return Err(not_found("Integration", id));
    }
    let target = json!(format!("integrations/{id}"));
    if let Some((route, _)) =
        api.routes.iter().find(|(_, members)| members.get("target") == Some(&target))
    {
        return Err(conflict(format!(
            "Cannot delete Integration '{id}' because it is referenced by Route '{route}'."
        )));
    }
    api.integrations.remove(id);
    Ok(Reply::empty(204))
}

fn check(members: &Map<String, Value>) -> Result<(), Fault> {
    let kind = text(members, "integrationType");
    let uri = text(members, "integrationUri");
    match kind {
        "AWS_PROXY" => {
            if !matches!(text(members, "payloadFormatVersion"), "1.0" | "2.0") {
                return Err(bad("PayloadFormatVersion is a required parameter for integration"));
            }
            if !members.contains_key("integrationSubtype") && !uri.starts_with("arn:") {
                return Err(bad("Invalid function ARN or invalid uri"));
            }
        }
        "HTTP_PROXY" => {
            if text(members, "integrationMethod").is_empty() {
                return Err(bad("HttpMethod must be set for HTTP_PROXY integrations"));
            }
            if uri.is_empty() {
                return Err(bad("Invalid integration URI specified"));
            }
        }
        other => {
            return Err(bad(format!(
                "Integrations of type {other} are not supported for HTTP protocol Apis"
            )));
        }
    }
    if text(members, "connectionType") == "VPC_LINK" && text(members, "connectionId").is_empty() {
        return Err(bad("ConnectionId must be set when connection type is VPC_LINK"));
    }
    Ok(())
}

fn show(id: &str, members: &Map<String, Value>) -> Value {
    let mut shown = Map::new();
    shown.insert("integrationId".to_owned(), json!(id));
    shown.extend(members.clone());
    Value::Object(shown)
}
