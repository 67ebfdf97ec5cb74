//! Synchronising, and targets that wait for a person.

use serde_json::{Value, json};

use super::{Bench, lambda_target, oauth, server_target, wait};

const TEN_MINUTES: u64 = 10 * 60 * 1000;

async fn synchronize(bench: &Bench, gateway: &str, target: &str) -> super::Got {
    let path = format!("/gateways/{gateway}/synchronizeTargets");
    bench.send("PUT", &path, json!({"targetIdList": [target]})).await
}

/// A gateway and a three-legged MCP server target on it: their ids, and the creating reply.
async fn consented(bench: &Bench) -> (String, String, Value) {
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    wait(1000).await;
    let request = server_target("remote", &oauth(&provider, "AUTHORIZATION_CODE"));
    let made = bench.send("POST", &format!("/gateways/{gateway}/targets/"), request).await.ok();
    let id = made["targetId"].as_str().unwrap().to_owned();
    (gateway, id, made)
}

#[tokio::test(start_paused = true)]
async fn reading_the_tools_moves_the_time() {
    let bench = Bench::slow();
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    wait(1000).await;
    let request = server_target("remote", &oauth(&provider, "CLIENT_CREDENTIALS"));
    let id = bench.target(&gateway, request).await;
    let path = format!("/gateways/{gateway}/targets/{id}/");
    assert_eq!(bench.get(&path).await.ok().get("lastSynchronizedAt"), None);
    assert_eq!(synchronize(&bench, &gateway, &id).await.code(), "ConflictException");
    wait(1000).await;
    let first = bench.get(&path).await.ok()["lastSynchronizedAt"].clone();
    assert!(first.is_string());
    wait(5000).await;
    let got = synchronize(&bench, &gateway, &id).await;
    assert_eq!(got.0, 202);
    assert_eq!(got.ok()["targets"][0]["status"], "SYNCHRONIZING");
    assert_eq!(bench.get(&path).await.ok()["lastSynchronizedAt"], first);
    wait(1000).await;
    let later = bench.get(&path).await.ok();
    assert_eq!(later["status"], "READY");
    assert_ne!(later["lastSynchronizedAt"], first);
}

#[tokio::test(start_paused = true)]
async fn only_default_servers_without_a_static_list_are_read() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let server = |name: &str, member: &str, value: Value| {
        let mut configuration = json!({"endpoint": "https://example.com/mcp"});
        configuration[member] = value;
        json!({"name": name, "targetConfiguration": {"mcp": {"mcpServer": configuration}}})
    };
    let fixed = json!({"inlinePayload": "[]"});
    for target in [
        lambda_target("lambda"),
        server("dynamic", "listingMode", json!("DYNAMIC")),
        server("static", "mcpToolSchema", fixed),
    ] {
        let id = bench.target(&gateway, target).await;
        assert_eq!(synchronize(&bench, &gateway, &id).await.code(), "ValidationException");
    }
    let id = bench.target(&gateway, server("plain", "listingMode", json!("DEFAULT"))).await;
    assert_eq!(synchronize(&bench, &gateway, &id).await.0, 202);
    let path = format!("/gateways/{gateway}/synchronizeTargets");
    let two = json!({"targetIdList": [id, id]});
    assert_eq!(bench.send("PUT", &path, two).await.code(), "ValidationException");
    assert_eq!(synchronize(&bench, &gateway, "ABCDEFGHIJ").await.0, 404);
}

#[tokio::test(start_paused = true)]
async fn a_target_pending_auth_takes_no_operation() {
    let bench = Bench::slow();
    let (gateway, id, made) = consented(&bench).await;
    assert_eq!(made["status"], "CREATE_PENDING_AUTH");
    let oauth2 = &made["authorizationData"]["oauth2"];
    assert!(
        oauth2["authorizationUrl"].as_str().unwrap().contains("/oauth2/authorize?request_uri=")
    );
    assert!(oauth2["userId"].as_str().unwrap().starts_with(&format!("{gateway}{id}")));
    let path = format!("/gateways/{gateway}/targets/{id}/");
    wait(TEN_MINUTES - 1).await;
    assert_eq!(bench.status(&path).await, "CREATE_PENDING_AUTH");
    let change = json!({"targetConfiguration": made["targetConfiguration"]});
    assert_eq!(bench.send("PUT", &path, change).await.code(), "ConflictException");
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.code(), "ConflictException");
    assert_eq!(synchronize(&bench, &gateway, &id).await.code(), "ConflictException");
    wait(1).await;
    let failed = bench.get(&path).await.ok();
    assert_eq!(failed["status"], "FAILED");
    assert!(failed["statusReasons"][0].as_str().unwrap().contains("10 minutes"));
    assert_eq!(failed.get("authorizationData"), None);
    assert_eq!(bench.send("DELETE", &path, Value::Null).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_static_list_needs_no_consent() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    let mut request = server_target("remote", &oauth(&provider, "AUTHORIZATION_CODE"));
    request["targetConfiguration"]["mcp"]["mcpServer"]["mcpToolSchema"] =
        json!({"inlinePayload": "[]"});
    let id = bench.target(&gateway, request).await;
    assert_eq!(bench.status(&format!("/gateways/{gateway}/targets/{id}/")).await, "READY");
}

#[tokio::test(start_paused = true)]
async fn completing_the_authorization_makes_the_target_ready() {
    let bench = Bench::slow();
    let (gateway, id, made) = consented(&bench).await;
    let user = made["authorizationData"]["oauth2"]["userId"].as_str().unwrap();
    let session = bench.local.read(|account| {
        let target =
            &account.region("us-east-1").unwrap().agentcore.gateways[&gateway].targets[&id];
        target.authorization.clone().unwrap().session_uri
    });
    let complete = |user: &str, session: &str| {
        let now = bench.local.now_ms();
        bench.local.edit(|account| {
            let state = &mut account.region_mut("us-east-1").agentcore;
            state.complete_authorization(user, session, now, now + 1000)
        })
    };
    assert!(!complete("somebody else", &session));
    assert!(!complete(user, "urn:ietf:params:oauth:request_uri:other"));
    assert!(complete(user, &session));
    assert!(!complete(user, &session), "an authorization is completed once");
    let path = format!("/gateways/{gateway}/targets/{id}/");
    assert_eq!(bench.status(&path).await, "CREATING");
    wait(1000).await;
    let ready = bench.get(&path).await.ok();
    assert_eq!(ready["status"], "READY");
    assert!(ready["lastSynchronizedAt"].is_string());
    // Reading the tools again asks again.
    let again = synchronize(&bench, &gateway, &id).await.ok();
    assert_eq!(again["targets"][0]["status"], "SYNCHRONIZE_PENDING_AUTH");
}
