//! Resource servers: the identifiers and scopes that clients may be allowed.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::pools::state;
use super::state::ResourceServer;
use super::{input, invalid, not_found, paged, shapes, text};
use crate::service::{Call, Fault};

pub(super) fn create(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::WRITE_SERVER)?;
    let (id, identifier) = (text(&given, "UserPoolId"), text(&given, "Identifier"));
    let server = server(&given)?;
    let pool = state(call).pool_mut(id)?;
    if pool.resource_servers.contains_key(identifier) {
        return Err(invalid(format!("{identifier} already exists in user pool {id}.")));
    }
    let shown = show(id, identifier, &server);
    pool.resource_servers.insert(identifier.to_owned(), server);
    Ok(json!({ "ResourceServer": shown }))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_SERVER)?;
    let (id, identifier) = (text(&given, "UserPoolId"), text(&given, "Identifier"));
    let pool = state(call).pool(id)?;
    let server = pool.resource_servers.get(identifier).ok_or_else(|| no_server(identifier))?;
    Ok(json!({ "ResourceServer": show(id, identifier, server) }))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_SERVERS)?;
    let id = text(&given, "UserPoolId");
    let servers = state(call)
        .pool(id)?
        .resource_servers
        .iter()
        .map(|(identifier, server)| (identifier.clone(), show(id, identifier, server)))
        .collect();
    paged(servers, &given, ("MaxResults", 50), "NextToken", "ResourceServers")
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::WRITE_SERVER)?;
    let (id, identifier) = (text(&given, "UserPoolId"), text(&given, "Identifier"));
    let server = server(&given)?;
    let pool = state(call).pool_mut(id)?;
    let known = pool.resource_servers.get_mut(identifier).ok_or_else(|| no_server(identifier))?;
    let shown = show(id, identifier, &server);
    *known = server;
    Ok(json!({ "ResourceServer": shown }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_SERVER)?;
    let identifier = text(&given, "Identifier");
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    pool.resource_servers.remove(identifier).ok_or_else(|| no_server(identifier))?;
    Ok(json!({}))
}

fn server(given: &Map<String, Value>) -> Result<ResourceServer, Fault> {
    let mut scopes = IndexMap::new();
    for scope in given.get("Scopes").and_then(Value::as_array).into_iter().flatten() {
        let member = |name: &str| scope[name].as_str().unwrap_or_default().to_owned();
        let name = member("ScopeName");
        if scopes.insert(name.clone(), member("ScopeDescription")).is_some() {
            return Err(invalid(format!("Scope {name} is given twice.")));
        }
    }
    Ok(ResourceServer { name: text(given, "Name").to_owned(), scopes })
}

fn show(pool: &str, identifier: &str, server: &ResourceServer) -> Value {
    let scopes: Vec<Value> = server
        .scopes
        .iter()
        .map(|(name, description)| json!({ "ScopeName": name, "ScopeDescription": description }))
        .collect();
    json!({
        "UserPoolId": pool,
        "Identifier": identifier,
        "Name": server.name,
        "Scopes": scopes,
    })
}

fn no_server(identifier: &str) -> Fault {
    not_found(format!("Resource server {identifier} does not exist."))
}
