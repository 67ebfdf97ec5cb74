//! Policy engines and policies.

use serde_json::{Value, json};

use super::{Bench, wait};

const TOKEN: &str = "0123456789abcdef0123456789abcdef0123";
const STATEMENT: &str = "permit (principal, action, resource);";

async fn engine(bench: &Bench, name: &str) -> Value {
    bench.send("POST", "/policy-engines", json!({"name": name})).await.ok()
}

fn policy(name: &str, statement: &str) -> Value {
    json!({"name": name, "definition": {"cedar": {"statement": statement}}})
}

fn path_of(engine: &Value) -> String {
    format!("/policy-engines/{}", engine["policyEngineId"].as_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_engine_lives_through_its_statuses() {
    let bench = Bench::slow();
    let request = json!({
        "name": "guard", "description": "d", "tags": {"a": "1"}, "clientToken": TOKEN,
    });
    let made = bench.send("POST", "/policy-engines", request.clone()).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!((&made["status"], &made["statusReasons"]), (&json!("CREATING"), &json!([])));
    let again = bench.send("POST", "/policy-engines", request).await.ok();
    assert_eq!(made["policyEngineId"], again["policyEngineId"]);
    let taken = bench.send("POST", "/policy-engines", json!({"name": "guard"})).await;
    assert_eq!(taken.code(), "ConflictException");
    let path = path_of(&made);
    let early = bench.send("POST", &format!("{path}/policies"), policy("p", STATEMENT)).await;
    assert_eq!(early.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.status(&path).await, "ACTIVE");
    let arn = made["policyEngineArn"].as_str().unwrap();
    assert_eq!(bench.get(&format!("/tags/{arn}")).await.ok()["tags"], json!({"a": "1"}));
    let deleted = bench.send("DELETE", &path, Value::Null).await;
    assert_eq!((deleted.0, deleted.ok()["status"].clone()), (202, json!("DELETING")));
    wait(1000).await;
    assert_eq!(bench.get(&path).await.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_description_stays_changes_or_goes() {
    let bench = Bench::lenient();
    let request = json!({"name": "guard", "description": "first"});
    let made = bench.send("POST", "/policy-engines", request).await.ok();
    let path = path_of(&made);
    let mut request = policy("p", STATEMENT);
    request["description"] = json!("first");
    let policy = bench.send("POST", &format!("{path}/policies"), request).await.ok();
    let policy = format!("{path}/policies/{}", policy["policyId"].as_str().unwrap());
    for path in [path, policy] {
        for (wrapper, expected) in [
            (json!({}), Some(json!("first"))),
            (json!({"description": {"optionalValue": "second"}}), Some(json!("second"))),
            (json!({"description": {}}), None),
        ] {
            let patched = bench.send("PATCH", &path, wrapper.clone()).await;
            assert_eq!(patched.0, 202);
            let got = bench.get(&path).await.ok();
            assert_eq!(got.get("description"), expected.as_ref(), "{wrapper}");
        }
        let plain = bench.send("PATCH", &path, json!({"description": "text"})).await;
        assert_eq!(plain.code(), "ValidationException");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_goes_after_its_last_policy() {
    let bench = Bench::slow();
    let path = path_of(&engine(&bench, "guard").await);
    wait(1000).await;
    let made = bench.send("POST", &format!("{path}/policies"), policy("p", STATEMENT)).await.ok();
    let own = format!("{path}/policies/{}", made["policyId"].as_str().unwrap());
    wait(1000).await;
    let held = bench.send("DELETE", &path, Value::Null).await;
    assert_eq!((held.0, held.code().as_str()), (409, "ConflictException"));
    let deleted = bench.send("DELETE", &own, Value::Null).await;
    assert_eq!((deleted.0, deleted.ok()["status"].clone()), (202, json!("DELETING")));
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.get(&own).await.code(), "ResourceNotFoundException");
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_policy_lives_through_its_statuses() {
    let bench = Bench::slow();
    let engine = engine(&bench, "guard").await;
    wait(1000).await;
    let path = format!("{}/policies", path_of(&engine));
    let mut request = policy("p", STATEMENT);
    request["clientToken"] = json!(TOKEN);
    let made = bench.send("POST", &path, request.clone()).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!((&made["status"], &made["enforcementMode"]), (&json!("CREATING"), &json!("ACTIVE")));
    let arn = made["policyArn"].as_str().unwrap();
    assert!(arn.starts_with(engine["policyEngineArn"].as_str().unwrap()), "{arn}");
    let again = bench.send("POST", &path, request).await.ok();
    assert_eq!(made["policyId"], again["policyId"]);
    let taken = bench.send("POST", &path, policy("p", STATEMENT)).await;
    assert_eq!(taken.code(), "ConflictException");
    let own = format!("{path}/{}", made["policyId"].as_str().unwrap());
    assert_eq!(bench.send("PATCH", &own, json!({})).await.code(), "ConflictException");
    wait(1000).await;
    assert_eq!(bench.status(&own).await, "ACTIVE");
    let patched = bench.send("PATCH", &own, json!({"enforcementMode": "LOG_ONLY"})).await.ok();
    assert_eq!(
        (&patched["status"], &patched["definition"]),
        (&json!("UPDATING"), &made["definition"])
    );
    wait(1000).await;
    assert_eq!(bench.get(&own).await.ok()["enforcementMode"], "LOG_ONLY");
    let listed = bench.get(&path).await.ok();
    assert_eq!(listed["policies"].as_array().unwrap().len(), 1);
    let scope = format!("{path}?targetResourceScope=arn:aws:bedrock-agentcore:us-east-1:1:gateway");
    assert_eq!(bench.get(&scope).await.0, 501);
}

#[tokio::test(start_paused = true)]
async fn a_statement_has_its_length_and_begins_as_cedar_does() {
    let bench = Bench::lenient();
    let path = format!("{}/policies", path_of(&engine(&bench, "guard").await));
    let annotated = format!("// why\n  @id(\"a\")\n{STATEMENT}");
    let forbid = "forbid (principal, action, resource) unless { true };";
    for (number, statement) in [STATEMENT, &annotated, forbid].into_iter().enumerate() {
        let got = bench.send("POST", &path, policy(&format!("p{number}"), statement)).await;
        assert_eq!(got.0, 202, "{statement}");
    }
    let long = format!("{STATEMENT}{}", " ".repeat(10_000));
    let comment = "// permit (principal, action, resource);";
    for statement in ["permit(principal,action,resource);", &long, comment, &"allow ".repeat(8)] {
        let got = bench.send("POST", &path, policy("q", statement)).await;
        assert_eq!(got.code(), "ValidationException", "{statement:.60}");
    }
    let dogwood = json!({"name": "d", "definition": {"policy": {"statement": "allow ".repeat(8)}}});
    assert_eq!(bench.send("POST", &path, dogwood).await.0, 202);
    let generated = json!({"name": "g", "definition": {"policyGeneration": {
        "policyGenerationId": "gen-0123456789", "policyGenerationAssetId": "set-0123456789"}}});
    assert_eq!(bench.send("POST", &path, generated).await.code(), "ResourceNotFoundException");
}
