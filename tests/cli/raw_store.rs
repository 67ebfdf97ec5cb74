//! What is really in the local AWS: its own document, read without any code of the steps.

use std::sync::OnceLock;

use serde_json::Value;

use super::project::Project;

/// Every object in the local AWS of `project`, by kind and by the name that people gave it, sorted. Two objects of one
/// name are two lines.
pub(super) fn inventory(project: &Project) -> Vec<String> {
    let state: Value = serde_json::from_str(&project.read(".local-aws/state.json")).unwrap();
    let mut found = Vec::new();
    for (name, role) in members(&state["iam"]["roles"]) {
        found.push(format!("role {name}"));
        found.extend(keys(&role["inline"]).map(|policy| format!("inline policy {name}/{policy}")));
        found.extend(keys(&role["attached"]).map(|policy| format!("attached {name}/{policy}")));
    }
    found.extend(keys(&state["iam"]["policies"]).map(|name| format!("policy {name}")));
    for (_, region) in members(&state["regions"]) {
        agentcore(&region["agentcore"], &mut found);
        api_gateway(&region["apigateway"], &mut found);
        cognito(&region["cognito"], &mut found);
        for (service, collection) in [
            ("dynamodb", "tables"),
            ("logs", "groups"),
            ("secretsmanager", "secrets"),
            ("ssm", "parameters"),
        ] {
            assert!(region[service].is_object(), "{service} is in the document");
            found.extend(
                keys(&region[service][collection]).map(|name| format!("{collection} {name}")),
            );
        }
        for (name, function) in members(&region["lambda"]["functions"]) {
            found.push(format!("function {name}"));
            found.extend(keys(&function["policy"]).map(|sid| format!("permission {name}/{sid}")));
        }
    }
    found.sort();
    found
}

fn agentcore(state: &Value, found: &mut Vec<String>) {
    let mut gateways = Vec::new();
    for (id, gateway) in members(&state["gateways"]) {
        gateways.push(id);
        found.push(format!("gateway {}", gateway["settings"]["name"]));
        for (_, target) in members(&gateway["targets"]) {
            found.push(format!("target {}", target["settings"]["name"]));
        }
    }
    for name in keys(&state["workload_identities"]) {
        // A gateway's own carries the gateway's id, which differs from run to run.
        let shown = if gateways.contains(&name) { "of a gateway" } else { name };
        found.push(format!("workload identity {shown}"));
    }
    for collection in ["oauth2_providers", "api_key_providers", "runtimes"] {
        found.extend(keys(&state[collection]).map(|name| format!("{collection} {name}")));
    }
}

fn api_gateway(state: &Value, found: &mut Vec<String>) {
    for (_, api) in members(&state["apis"]) {
        found.push(format!("api {}", api["members"]["name"]));
        for (_, integration) in members(&api["integrations"]) {
            found.push(format!("integration {}", integration["description"]));
        }
        for (_, route) in members(&api["routes"]) {
            found.push(format!("route {}", route["routeKey"]));
        }
        found.extend(keys(&api["stages"]).map(|name| format!("stage {name}")));
    }
}

fn cognito(state: &Value, found: &mut Vec<String>) {
    for (_, pool) in members(&state["pools"]) {
        found.push(format!("pool {}", pool["name"]));
        found.extend(pool["domain"]["prefix"].as_str().map(|prefix| format!("domain {prefix}")));
        for (_, client) in members(&pool["clients"]) {
            found.push(format!("client {}", client["name"]));
        }
        for collection in ["resource_servers", "identity_providers", "users"] {
            found.extend(keys(&pool[collection]).map(|name| format!("{collection} {name}")));
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn keys(value: &Value) -> impl Iterator<Item = &str> {
    members(value).map(|(name, _)| name)
}

/// What an undisturbed `up` of the starter leaves in the account.
pub(super) fn undisturbed() -> &'static [String] {
    static INVENTORY: OnceLock<Vec<String>> = OnceLock::new();
    INVENTORY.get_or_init(|| {
        let project = Project::finished();
        let found = inventory(&project);
        for kind in [
            "role ",
            "inline policy ",
            "gateway ",
            "target ",
            "route ",
            "pool ",
            "client ",
            "secrets ",
        ] {
            assert!(found.iter().any(|line| line.starts_with(kind)), "{kind}: {found:#?}");
        }
        assert!(found.len() >= 40, "{found:#?}");
        found
    })
}
