//! HTTP APIs.

use serde_json::{Map, Value, json};

use super::state::Api;
use super::{bad, input, kept, paged, shapes, state, tags, text};
use crate::addresses::free_port;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};
use crate::time::iso;

const APART: [&str; 2] = ["apiId", "tags"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE_API)?;
    check(&given)?;
    if text(&given, "protocolType") != "HTTP" {
        return Err(Fault::new(
            501,
            "NotImplemented",
            "the local AWS has HTTP APIs only, no WebSocket APIs",
        ));
    }
    let tags = tags::read(given.get("tags"))?;
    let mut members = kept(given, &APART);
    for (name, default) in [
        ("apiKeySelectionExpression", json!("$request.header.x-api-key")),
        ("routeSelectionExpression", json!("$request.method $request.path")),
        ("disableExecuteApiEndpoint", json!(false)),
        ("ipAddressType", json!("ipv4")),
    ] {
        members.entry(name.to_owned()).or_insert(default);
    }
    let id = call.random_id(LOWER_ALPHANUMERIC, 10);
    let port = free_port().map_err(|error| {
        Fault::new(500, "InternalServerErrorException", format!("no port is free: {error}"))
    })?;
    let api = Api { created: call.now, port, members, tags, ..Api::default() };
    let shown = show(&id, &api, base(call));
    state(call).apis.insert(id, api);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_API)?;
    let (id, base) = (text(&given, "apiId"), base(call));
    Ok(Reply::json(show(id, state(call).api(id)?, base)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_APIS)?;
    let base = base(call);
    let apis = state(call).apis.iter().map(|(id, api)| (id.clone(), show(id, api, base))).collect();
    paged(apis, &given)
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_API)?;
    check(&given)?;
    let (id, base) = (text(&given, "apiId").to_owned(), base(call));
    let api = state(call).api_mut(&id)?;
    api.members.extend(kept(given, &APART));
    Ok(Reply::json(show(&id, api, base)))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_API)?;
    let id = text(&given, "apiId");
    state(call).api(id)?;
    state(call).apis.remove(id);
    Ok(Reply::empty(204))
}

pub(super) fn delete_cors(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_API)?;
    state(call).api_mut(text(&given, "apiId"))?.members.shift_remove("corsConfiguration");
    Ok(Reply::empty(204))
}

fn check(given: &Map<String, Value>) -> Result<(), Fault> {
    if ["target", "routeKey", "credentialsArn"].iter().any(|name| given.contains_key(*name)) {
        return Err(Fault::new(
            501,
            "NotImplemented",
            "the local AWS does not quick-create APIs: make integration, route and stage",
        ));
    }
    if given.contains_key("disableSchemaValidation") {
        return Err(bad("DisableSchemaValidation is supported for WebSocket APIs only"));
    }
    let Some(cors) = given.get("corsConfiguration") else { return Ok(()) };
    let origins = cors["allowOrigins"].as_array().map_or(&[][..], Vec::as_slice);
    if cors["allowCredentials"] == json!(true) && origins.contains(&json!("*")) {
        return Err(bad("allowCredentials cannot be set to true when allowOrigins contains \"*\""));
    }
    let is_origin = |origin: &Value| {
        origin.as_str().is_some_and(|origin| origin == "*" || origin.contains("://"))
    };
    if let Some(origin) = origins.iter().find(|origin| !is_origin(origin)) {
        return Err(bad(format!(
            "Invalid format for origin {origin}: an origin is \"*\" or has a scheme and a host"
        )));
    }
    Ok(())
}

/// The local AWS's own port where an API is shown by a host name, as the service shows it.
fn base(call: &Call<'_>) -> Option<u16> {
    call.options.service_names.then(|| call.port())
}

/// An API has a port of its own, so that it is at the root of an address that every program resolves
/// (decision 0008).
fn show(id: &str, api: &Api, by_host_name: Option<u16>) -> Value {
    let mut shown = Map::new();
    shown.insert("apiId".to_owned(), json!(id));
    let endpoint = match by_host_name {
        Some(port) => format!("http://{id}.execute-api.localhost:{port}"),
        None => format!("http://localhost:{}", api.port),
    };
    shown.insert("apiEndpoint".to_owned(), json!(endpoint));
    shown.insert("createdDate".to_owned(), json!(iso(api.created)));
    shown.extend(api.members.clone());
    shown.insert("tags".to_owned(), json!(api.tags));
    Value::Object(shown)
}
