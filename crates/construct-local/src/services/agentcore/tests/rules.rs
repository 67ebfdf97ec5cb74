//! A gateway's rules and rate limits.

use serde_json::{Value, json};

use super::{Bench, wait};

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123";

fn rule(priority: i64) -> Value {
    json!({
        "priority": priority,
        "conditions": [{"matchPaths": {"anyOf": ["/tools/*"]}}],
        "actions": [{"routeToTarget": {"staticRoute": {"targetName": "tools"}}}],
    })
}

fn split(weights: [i64; 2]) -> Value {
    let entries = weights.map(
        |weight| json!({"targetName": "tools", "name": format!("v{weight}"), "weight": weight}),
    );
    json!([{"routeToTarget": {"weightedRoute": {"trafficSplit": entries}}}])
}

fn limit(keys: &Value, dimensions: &Value) -> Value {
    json!({
        "dimensionKeys": keys,
        "entries": [{
            "dimensions": dimensions, "requests": [{"rate": 0.5, "period": "second"}],
        }],
    })
}

#[tokio::test(start_paused = true)]
async fn a_rule_lives_through_its_statuses() {
    let bench = Bench::slow();
    let gateway = bench.gateway("g").await;
    let path = format!("/gateways/{gateway}/rules");
    let early = bench.send("POST", &path, rule(1)).await;
    assert_eq!(early.code(), "ConflictException");
    wait(1000).await;
    let made = bench.send("POST", &path, rule(1)).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!((&made["status"], made.get("updatedAt")), (&json!("CREATING"), None));
    let own = format!("{path}/{}", made["ruleId"].as_str().unwrap());
    assert_eq!(bench.send("PATCH", &own, json!({})).await.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.status(&own).await, "ACTIVE");
    let patched = bench.send("PATCH", &own, json!({"conditions": []})).await;
    assert_eq!(patched.0, 202);
    let patched = patched.ok();
    assert_eq!((&patched["status"], &patched["conditions"]), (&json!("UPDATING"), &json!([])));
    assert_eq!((&patched["priority"], &patched["actions"]), (&json!(1), &made["actions"]));
    wait(1000).await;
    let deleted = bench.send("DELETE", &own, Value::Null).await;
    assert_eq!(deleted.0, 202);
    assert_eq!(deleted.ok(), json!({"ruleId": made["ruleId"], "status": "DELETING"}));
    assert_eq!(bench.status(&own).await, "DELETING");
    wait(1000).await;
    assert_eq!(bench.get(&own).await.code(), "ResourceNotFoundException");
    let listed = bench.get(&path).await.ok();
    assert_eq!(listed["gatewayRules"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_priority_is_one_rules_own() {
    let bench = Bench::lenient();
    let path = format!("/gateways/{}/rules", bench.gateway("g").await);
    let mut first = rule(1);
    first["clientToken"] = json!(TOKEN);
    let made = bench.send("POST", &path, first.clone()).await.ok();
    let again = bench.send("POST", &path, first).await.ok();
    assert_eq!(made["ruleId"], again["ruleId"]);
    let taken = bench.send("POST", &path, rule(1)).await;
    assert_eq!((taken.0, taken.code().as_str()), (409, "ConflictException"));
    let second = bench.send("POST", &path, rule(2)).await.ok();
    let own = format!("{path}/{}", second["ruleId"].as_str().unwrap());
    let moved = bench.send("PATCH", &own, json!({"priority": 1})).await;
    assert_eq!(moved.code(), "ConflictException");
    // Its own priority is no conflict.
    assert_eq!(bench.send("PATCH", &own, json!({"priority": 2})).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_held_to_its_grammar() {
    let bench = Bench::lenient();
    let path = format!("/gateways/{}/rules", bench.gateway("g").await);
    for (member, value) in [
        ("priority", json!(0)),
        ("conditions", json!([{"matchPaths": {"anyOf": ["tools"]}}])),
        ("conditions", json!([{}])),
        ("actions", json!([])),
        ("actions", json!([{"routeToTarget": {}}])),
        ("actions", split([50, 40])),
        ("description", json!("")),
    ] {
        let mut request = rule(1);
        request[member] = value;
        let shown = request[member].to_string();
        let got = bench.send("POST", &path, request).await;
        assert_eq!(got.code(), "ValidationException", "{member} {shown}");
    }
    let mut whole = rule(1);
    whole["actions"] = split([60, 40]);
    assert_eq!(bench.send("POST", &path, whole).await.0, 202);
    let absent = "/gateways/absent-0123456789/rules";
    assert_eq!(bench.send("POST", absent, rule(1)).await.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_lives_through_its_statuses() {
    let bench = Bench::slow();
    let gateway = bench.gateway("g").await;
    wait(1000).await;
    let path = format!("/gateways/{gateway}/rate-limits");
    let mut request = limit(&json!(["toolName"]), &json!({"toolName": "*"}));
    request["rateLimitId"] = json!("per-tool");
    request["description"] = json!("each tool");
    let made = bench.send("POST", &path, request).await;
    assert_eq!(made.0, 201);
    let made = made.ok();
    assert_eq!((&made["rateLimitId"], &made["status"]), (&json!("per-tool"), &json!("CREATING")));
    wait(1000).await;
    let own = format!("{path}/per-tool");
    assert_eq!(bench.status(&own).await, "ACTIVE");
    let entries =
        json!([{"dimensions": {"toolName": "a"}, "tokens": [{"rate": 0, "period": "minute"}]}]);
    // The keys cannot be changed: the operation does not know the member.
    let patch = json!({"entries": entries, "dimensionKeys": ["targetName"]});
    let patched = bench.send("PATCH", &own, patch).await;
    assert_eq!(patched.0, 200);
    let patched = patched.ok();
    assert_eq!((&patched["status"], &patched["entries"]), (&json!("UPDATING"), &entries));
    assert_eq!(patched["dimensionKeys"], json!(["toolName"]));
    assert_eq!(patched["description"], "each tool");
    assert_eq!(bench.send("DELETE", &own, Value::Null).await.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.send("PATCH", &own, json!({})).await.code(), "ValidationException");
    let deleted = bench.send("DELETE", &own, Value::Null).await;
    assert_eq!(deleted.0, 200);
    assert_eq!(deleted.ok(), json!({"rateLimitId": "per-tool", "status": "DELETING"}));
    wait(1000).await;
    assert_eq!(bench.get(&own).await.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn ids_and_dimension_keys_are_one_limits_own() {
    let bench = Bench::lenient();
    let path = format!("/gateways/{}/rate-limits", bench.gateway("g").await);
    let mut first = limit(&json!(["toolName"]), &json!({"toolName": "*"}));
    first["clientToken"] = json!(TOKEN);
    let made = bench.send("POST", &path, first.clone()).await.ok();
    let again = bench.send("POST", &path, first).await.ok();
    assert_eq!(made["rateLimitId"], again["rateLimitId"]);
    let same_keys = limit(&json!(["toolName"]), &json!({"toolName": "b"}));
    assert_eq!(bench.send("POST", &path, same_keys).await.code(), "ConflictException");
    let mut same_id = limit(&json!(["targetName"]), &json!({"targetName": "b"}));
    same_id["rateLimitId"] = made["rateLimitId"].clone();
    assert_eq!(bench.send("POST", &path, same_id.clone()).await.code(), "ConflictException");
    same_id["rateLimitId"] = json!("other");
    assert_eq!(bench.send("POST", &path, same_id).await.0, 201);
    let listed = bench.get(&path).await.ok();
    assert_eq!(listed["rateLimits"].as_array().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn entries_have_the_limits_dimensions() {
    let bench = Bench::lenient();
    let path = format!("/gateways/{}/rate-limits", bench.gateway("g").await);
    let keys = json!(["targetName", "$.context.jwt.sub"]);
    for dimensions in [
        json!({"targetName": "t"}),
        json!({"targetName": "t", "toolName": "x"}),
        json!({"targetName": "t", "$.context.jwt.sub": "u", "toolName": "x"}),
        json!({"targetName": "*", "$.context.jwt.sub": "u"}),
    ] {
        let shown = dimensions.to_string();
        let got = bench.send("POST", &path, limit(&keys, &dimensions)).await;
        assert_eq!(got.code(), "ValidationException", "{shown}");
    }
    for (keys, dimensions) in
        [(json!(["sub"]), json!({"sub": "u"})), (json!([]), json!({"toolName": "x"}))]
    {
        let got = bench.send("POST", &path, limit(&keys, &dimensions)).await;
        assert_eq!(got.code(), "ValidationException", "{keys}");
    }
    let mut fast = limit(&keys, &json!({"targetName": "t", "$.context.jwt.sub": "*"}));
    fast["entries"][0]["requests"][0]["rate"] = json!(10_000_001);
    assert_eq!(bench.send("POST", &path, fast.clone()).await.code(), "ValidationException");
    fast["entries"][0]["requests"][0]["rate"] = json!(10_000_000);
    assert_eq!(bench.send("POST", &path, fast).await.0, 201);
}
