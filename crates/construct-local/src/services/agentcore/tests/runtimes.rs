//! Agent runtimes.

use serde_json::{Value, json};

use super::{Bench, ROLE};

pub(super) fn runtime(name: &str) -> Value {
    json!({
        "agentRuntimeName": name,
        "agentRuntimeArtifact": {"containerConfiguration": {
            "containerUri": "111122223333.dkr.ecr.us-east-1.amazonaws.com/server:1"}},
        "roleArn": ROLE,
        "networkConfiguration": {"networkMode": "PUBLIC"},
    })
}

#[tokio::test(start_paused = true)]
async fn every_update_makes_a_version() {
    let bench = Bench::lenient();
    let made = bench.send("PUT", "/runtimes/", runtime("server")).await.ok();
    assert_eq!((&made["agentRuntimeVersion"], &made["status"]), (&json!("1"), &json!("CREATING")));
    let path = format!("/runtimes/{}/", made["agentRuntimeId"].as_str().unwrap());
    let mut changed = runtime("server");
    changed["environmentVariables"] = json!({"A": "1"});
    let updated = bench.send("PUT", &path, changed).await.ok();
    assert_eq!(updated["agentRuntimeVersion"], "2");
    let newest = bench.get(&path).await.ok();
    assert_eq!(newest["environmentVariables"], json!({"A": "1"}));
    let first = bench.get(&format!("{path}?version=1")).await.ok();
    assert_eq!(first.get("environmentVariables"), None);
    let versions = bench.send("POST", &format!("{path}versions/"), Value::Null).await.ok();
    assert_eq!(versions["agentRuntimes"].as_array().unwrap().len(), 2);
    let used = bench.send("DELETE", &format!("{path}?version=2"), Value::Null).await;
    assert_eq!(used.code(), "ConflictException");
    assert_eq!(bench.send("DELETE", &format!("{path}?version=1"), Value::Null).await.0, 202);
    assert_eq!(bench.get(&format!("{path}?version=1")).await.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_runtime_takes_its_identity_along() {
    let bench = Bench::lenient();
    let made = bench.send("PUT", "/runtimes/", runtime("server")).await.ok();
    let id = made["agentRuntimeId"].as_str().unwrap();
    bench.identity("GetWorkloadIdentity", json!({"name": id})).await.ok();
    let path = format!("/runtimes/{id}/");
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.ok()["status"], "DELETING");
    assert_eq!(bench.get(&path).await.code(), "ResourceNotFoundException");
    let identity = bench.identity("GetWorkloadIdentity", json!({"name": id})).await;
    assert_eq!(identity.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn a_runtime_is_held_to_its_rules() {
    let bench = Bench::lenient();
    for (member, value) in [
        ("agentRuntimeName", json!("with-hyphen")),
        ("networkConfiguration", json!({"networkMode": "VPC"})),
        ("protocolConfiguration", json!({"serverProtocol": "MCP", "port": 8443})),
        ("protocolConfiguration", json!({"serverProtocol": "MCP", "port": 80})),
        ("agentRuntimeArtifact", json!({"containerConfiguration": {"containerUri": "nginx"}})),
        ("agentRuntimeArtifact", json!({})),
        (
            "networkConfiguration",
            json!({"networkMode": "VPC", "networkModeConfig": {
                "securityGroups": ["sg-01234567"], "subnets": ["subnet-01234567"],
                "requireServiceS3Endpoint": false,
            }}),
        ),
        ("allowedPorts", json!([{"port": 8443}])),
        ("allowedPorts", json!([{"portRange": {"from": 8400, "to": 8500}}])),
        ("allowedPorts", json!([{"portRange": {"from": 9001, "to": 9000}}])),
        ("allowedPorts", json!([{"portRange": {"from": 9000, "to": 9002}}, {"port": 9002}])),
    ] {
        let mut request = runtime("server");
        request[member] = value;
        let got = bench.send("PUT", "/runtimes/", request).await;
        assert_eq!(got.code(), "ValidationException", "{member}");
    }
    let mut ported = runtime("ported");
    ported["allowedPorts"] = json!([{"portRange": {"from": 9000, "to": 9001}}, {"port": 9002}]);
    assert_eq!(bench.send("PUT", "/runtimes/", ported).await.0, 202);
    bench.send("PUT", "/runtimes/", runtime("server")).await.ok();
    let taken = bench.send("PUT", "/runtimes/", runtime("server")).await;
    assert_eq!(taken.code(), "ConflictException");
}
