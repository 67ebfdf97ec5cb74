//! The raw store read as a list of objects: the oracle, which owes nothing to construct's own reading.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One object of the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    /// What it is and how it is called, without what the service made up: `route GET /health`.
    pub(super) name: String,
    /// The tags, where the kind has them.
    pub(super) tags: Option<BTreeMap<String, String>>,
    /// All of it.
    pub(super) raw: Value,
}

/// The purpose of a gateway's policy, whose name ends in a digest of what it says.
fn purpose(policy: &str) -> &str {
    match policy.rsplit_once('.') {
        Some((purpose, digest)) if digest.len() == 8 => purpose,
        _ => policy,
    }
}

/// Every object of the account, in the order of their names. Two objects that a person could not tell apart stand there
/// twice.
pub(super) fn objects(store: &Value) -> Vec<Object> {
    let mut all = Vec::new();
    for role in values(&store["iam"]["roles"]) {
        let name = text(&role["name"]);
        all.push(tagged(format!("role {name}"), &without(role, "inline")));
        all.extend(
            keys(&role["inline"]).map(|(policy, raw)| {
                plain(format!("role-policy {name} {}", purpose(&policy)), raw)
            }),
        );
    }
    all.extend(
        keys(&store["iam"]["policies"]).map(|(arn, raw)| tagged(format!("policy {arn}"), raw)),
    );
    for region in values(&store["regions"]) {
        agentcore(&region["agentcore"], &mut all);
        apigateway(&region["apigateway"], &mut all);
        cognito(&region["cognito"], &mut all);
        lambda(&region["lambda"], &mut all);
        let flat = [
            ("table", &region["dynamodb"]["tables"]),
            ("log-group", &region["logs"]["groups"]),
            ("secret", &region["secretsmanager"]["secrets"]),
            ("parameter", &region["ssm"]["parameters"]),
        ];
        for (kind, map) in flat {
            all.extend(keys(map).map(|(name, raw)| tagged(format!("{kind} {name}"), raw)));
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// The names of every object.
pub(super) fn names(store: &Value) -> Vec<String> {
    objects(store).into_iter().map(|object| object.name).collect()
}

/// The only object called `name`.
pub(super) fn object(store: &Value, name: &str) -> Object {
    let mut found = objects(store).into_iter().filter(|object| object.name == name);
    let object = found.next().unwrap_or_else(|| panic!("no {name} in {:#?}", names(store)));
    assert!(found.next().is_none(), "{name} is there twice");
    object
}

/// The objects that differ between two stores, by name: gone, new, or with other content.
pub(super) fn differing(before: &Value, after: &Value) -> BTreeSet<String> {
    let (before, after) = (objects(before), objects(after));
    let missing_in = |list: &[Object], other: &[Object]| -> Vec<String> {
        list.iter()
            .filter(|object| !other.contains(object))
            .map(|object| object.name.clone())
            .collect()
    };
    missing_in(&before, &after).into_iter().chain(missing_in(&after, &before)).collect()
}

fn agentcore(state: &Value, all: &mut Vec<Object>) {
    for gateway in values(&state["gateways"]) {
        let name = text(&gateway["settings"]["name"]);
        let shell = ["targets", "rules", "rate_limits"]
            .iter()
            .fold(gateway.clone(), |gateway, key| without(&gateway, key));
        all.push(tagged(format!("gateway {name}"), &shell));
        for rule in values(&gateway["rules"]) {
            all.push(plain(format!("rule {name} {}", rule["settings"]["priority"]), rule));
        }
        for (id, limit) in keys(&gateway["rate_limits"]) {
            all.push(plain(format!("rate-limit {name} {id}"), limit));
        }
        for target in values(&gateway["targets"]) {
            all.push(plain(format!("target {name} {}", text(&target["settings"]["name"])), target));
        }
    }
    for engine in values(&state["policy_engines"]) {
        let name = text(&engine["name"]);
        all.push(tagged(format!("policy-engine {name}"), &without(engine, "policies")));
        for policy in values(&engine["policies"]) {
            all.push(plain(format!("policy {name} {}", text(&policy["name"])), policy));
        }
    }
    for (name, raw) in keys(&state["workload_identities"]) {
        // The own identity of a gateway or a runtime is called like it, with the service's id behind it.
        let of_gateway =
            state["gateways"].get(&name).map(|gateway| text(&gateway["settings"]["name"]));
        let of_runtime = || state["runtimes"].get(&name).map(|runtime| text(&runtime["name"]));
        let name = of_gateway
            .or_else(of_runtime)
            .map_or_else(|| format!("identity {name}"), |owner| format!("own-identity {owner}"));
        all.push(tagged(name, raw));
    }
    all.extend(
        keys(&state["oauth2_providers"]).map(|(name, raw)| tagged(format!("provider {name}"), raw)),
    );
    all.extend(
        keys(&state["api_key_providers"]).map(|(name, raw)| tagged(format!("api-key {name}"), raw)),
    );
    all.extend(
        values(&state["consent_portals"])
            .map(|portal| tagged(format!("portal {}", text(&portal["settings"]["name"])), portal)),
    );
    all.extend(
        values(&state["runtimes"])
            .map(|runtime| tagged(format!("runtime {}", text(&runtime["name"])), runtime)),
    );
}

fn apigateway(state: &Value, all: &mut Vec<Object>) {
    for api in values(&state["apis"]) {
        let name = text(&api["members"]["name"]);
        let shell = ["integrations", "routes", "stages"]
            .iter()
            .fold(api.clone(), |api, key| without(&api, key));
        all.push(tagged(format!("api {name}"), &shell));
        for integration in values(&api["integrations"]) {
            let function = text(&integration["integrationUri"])
                .rsplit(':')
                .next()
                .unwrap_or_default()
                .to_owned();
            all.push(plain(format!("integration {name} {function}"), integration));
        }
        for route in values(&api["routes"]) {
            all.push(plain(format!("route {name} {}", text(&route["routeKey"])), route));
        }
        all.extend(
            keys(&api["stages"]).map(|(stage, raw)| tagged(format!("stage {name} {stage}"), raw)),
        );
    }
}

fn cognito(state: &Value, all: &mut Vec<Object>) {
    for pool in values(&state["pools"]) {
        let name = text(&pool["name"]);
        let inside = ["domain", "resource_servers", "clients", "users", "identity_providers"];
        let shell = inside.iter().fold(pool.clone(), |pool, key| without(&pool, key));
        all.push(tagged(format!("pool {name}"), &shell));
        if !pool["domain"].is_null() {
            all.push(plain(format!("domain {}", text(&pool["domain"]["prefix"])), &pool["domain"]));
        }
        all.extend(
            keys(&pool["resource_servers"])
                .map(|(id, raw)| plain(format!("resource-server {name} {id}"), raw)),
        );
        all.extend(
            keys(&pool["identity_providers"])
                .map(|(id, raw)| plain(format!("identity-provider {name} {id}"), raw)),
        );
        for client in values(&pool["clients"]) {
            all.push(plain(format!("client {name} {}", text(&client["name"])), client));
        }
        for user in values(&pool["users"]) {
            all.push(plain(format!("user {name}"), user));
        }
    }
}

fn lambda(state: &Value, all: &mut Vec<Object>) {
    for (name, function) in keys(&state["functions"]) {
        let shell = ["policy", "policy_revision"]
            .iter()
            .fold(function.clone(), |raw, key| without(&raw, key));
        all.push(tagged(format!("function {name}"), &shell));
        all.extend(
            keys(&function["policy"])
                .map(|(id, raw)| plain(format!("permission {name} {id}"), raw)),
        );
    }
}

fn plain(name: String, raw: &Value) -> Object {
    Object { name, tags: None, raw: raw.clone() }
}

fn tagged(name: String, raw: &Value) -> Object {
    let tags = keys(&raw["tags"]).map(|(key, value)| (key, text(value))).collect();
    Object { name, tags: Some(tags), raw: raw.clone() }
}

fn without(value: &Value, key: &str) -> Value {
    let mut value = value.clone();
    if let Some(map) = value.as_object_mut() {
        map.remove(key);
    }
    value
}

fn keys(value: &Value) -> impl Iterator<Item = (String, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), value))
}

fn values(value: &Value) -> impl Iterator<Item = &Value> {
    keys(value).map(|(_, value)| value)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
