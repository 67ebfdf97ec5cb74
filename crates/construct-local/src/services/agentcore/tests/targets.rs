//! Targets: what they are held to.

use serde_json::{Value, json};

use super::{Bench, lambda_target, oauth, server_target, wait};

/// Sends a target to a fresh gateway and gives the refusal's code and message.
async fn refused(bench: &Bench, gateway: &str, target: Value) -> (String, String) {
    let got = bench.send("POST", &format!("/gateways/{gateway}/targets/"), target).await;
    let (_, code, message) = got.refusal();
    (code, message)
}

#[tokio::test(start_paused = true)]
async fn a_target_reads_back_as_it_was_sent() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let sent = lambda_target("tools");
    let made = bench.send("POST", &format!("/gateways/{gateway}/targets/"), sent.clone()).await;
    assert_eq!(made.0, 202);
    let made = made.ok();
    assert_eq!(made["status"], "CREATING");
    let id = made["targetId"].as_str().unwrap();
    assert_eq!(id.len(), 10);
    let got = bench.get(&format!("/gateways/{gateway}/targets/{id}/")).await.ok();
    for member in ["name", "targetConfiguration", "credentialProviderConfigurations"] {
        assert_eq!(got[member], sent[member]);
    }
    assert_eq!((&got["status"], &got["protocolType"]), (&json!("READY"), &json!("MCP")));
    let listed = bench.get(&format!("/gateways/{gateway}/targets/")).await.ok();
    assert_eq!(listed["items"][0]["targetType"], "LAMBDA");
    let missing = bench.get(&format!("/gateways/{gateway}/targets/ABCDEFGHIJ/")).await;
    assert_eq!((missing.0, missing.code()), (404, "ResourceNotFoundException".to_owned()));
    let nowhere = bench.get("/gateways/nope-abcdefghij/targets/").await;
    assert_eq!(nowhere.code(), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn names_are_unique_within_a_gateway() {
    let bench = Bench::lenient();
    let (one, two) = (bench.gateway("one").await, bench.gateway("two").await);
    bench.target(&one, lambda_target("t")).await;
    assert_eq!(refused(&bench, &one, lambda_target("t")).await.0, "ConflictException");
    bench.target(&two, lambda_target("t")).await;
    let other = bench.target(&one, lambda_target("u")).await;
    let path = format!("/gateways/{one}/targets/{other}/");
    assert_eq!(bench.send("PUT", &path, lambda_target("t")).await.code(), "ConflictException");
    assert_eq!(bench.send("PUT", &path, lambda_target("u")).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn an_update_replaces_everything_but_the_name() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let mut request = lambda_target("t");
    request["description"] = json!("d");
    let id = bench.target(&gateway, request).await;
    let mut change = lambda_target("t");
    change["name"] = Value::Null;
    let path = format!("/gateways/{gateway}/targets/{id}/");
    let updated = bench.send("PUT", &path, change).await.ok();
    assert_eq!(updated["status"], "UPDATING");
    assert_eq!((&updated["name"], updated.get("description")), (&json!("t"), None));
    let empty = json!({"name": "t"});
    assert_eq!(bench.send("PUT", &path, empty).await.code(), "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_token_repeats_within_its_gateway() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let mut request = lambda_target("t");
    request["clientToken"] = json!("0123456789abcdef0123456789abcdef0123");
    let first = bench.target(&gateway, request.clone()).await;
    assert_eq!(bench.target(&gateway, request.clone()).await, first);
    request["description"] = json!("other");
    let got = bench.send("POST", &format!("/gateways/{gateway}/targets/"), request).await;
    assert_eq!(got.1["reason"], "IdempotentParameterMismatchException");
}

#[tokio::test(start_paused = true)]
async fn there_is_exactly_one_credential() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let role = json!({"credentialProviderType": "GATEWAY_IAM_ROLE"});
    for list in [json!([]), json!([role, role])] {
        let mut request = lambda_target("t");
        request["credentialProviderConfigurations"] = list;
        assert_eq!(refused(&bench, &gateway, request).await.0, "ValidationException");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_must_be_here_and_of_the_right_kind() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    bench.target(&gateway, server_target("fits", &oauth(&provider, "CLIENT_CREDENTIALS"))).await;
    for (arn, grant, reason) in [
        (provider.replace("us-east-1", "eu-west-1"), "CLIENT_CREDENTIALS", "not found"),
        (provider.replace("/gh", "/none"), "CLIENT_CREDENTIALS", "not found"),
        (provider.clone(), "TOKEN_EXCHANGE", "no token exchange"),
    ] {
        let target = server_target("t", &oauth(&arn, grant));
        let (code, message) = refused(&bench, &gateway, target).await;
        assert_eq!(code, "ValidationException");
        assert!(message.contains(reason), "{message}");
    }
    let key = json!({"credentialProviderType": "API_KEY", "credentialProvider": {
        "apiKeyCredentialProvider": {"providerArn": provider}}});
    assert!(refused(&bench, &gateway, server_target("t", &key)).await.1.contains("not found"));
}

#[tokio::test(start_paused = true)]
async fn scopes_are_a_list_of_short_texts() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let provider = bench.provider("gh").await;
    for scopes in [Value::Null, json!([""]), json!(["x".repeat(65)])] {
        let mut credentials = oauth(&provider, "CLIENT_CREDENTIALS");
        credentials["credentialProvider"]["oauthCredentialProvider"]["scopes"] = scopes;
        let (code, message) = refused(&bench, &gateway, server_target("t", &credentials)).await;
        assert_eq!(code, "ValidationException");
        assert!(message.contains("oauthCredentialProvider.scopes"), "{message}");
    }
    let mut none = oauth(&provider, "CLIENT_CREDENTIALS");
    none["credentialProvider"]["oauthCredentialProvider"]["scopes"] = json!([]);
    bench.target(&gateway, server_target("t", &none)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lambda_schema_knows_few_keywords() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let with_schema = |schema: Value| {
        let mut request = lambda_target("t");
        request["targetConfiguration"]["mcp"]["lambda"]["toolSchema"]["inlinePayload"][0]["inputSchema"] =
            schema;
        request
    };
    for (schema, place) in [
        (json!({"type": "string", "enum": ["a"]}), "inputSchema.enum"),
        (
            json!({"type": "object", "properties": {"when": {"type": "string", "format": "date"}}}),
            "properties.when.format",
        ),
        (json!({"type": "object", "items": {"type": "null"}}), "items.type"),
        (json!({"properties": {}}), "inputSchema.type"),
    ] {
        let (code, message) = refused(&bench, &gateway, with_schema(schema)).await;
        assert_eq!(code, "ValidationException");
        assert!(message.contains(place), "{place} in {message}");
    }
    let deep = json!({"type": "array", "items": {"type": "object", "description": "d",
        "properties": {"a": {"type": "integer"}}, "required": ["a"]}});
    bench.target(&gateway, with_schema(deep)).await;
}

#[tokio::test(start_paused = true)]
async fn configurations_are_checked_by_kind() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let bare = |configuration: Value| json!({"name": "t", "targetConfiguration": configuration});
    for configuration in [
        json!({}),
        json!({"mcp": {}}),
        json!({"mcp": {"mcpServer": {"endpoint": "http://example.com"}}}),
        json!({"mcp": {"mcpServer": {"endpoint": "https://"}}}),
        json!({"mcp": {"mcpServer": {"endpoint": "https://e", "listingMode": "SOMETIMES"}}}),
        json!({"mcp": {"mcpServer": {"endpoint": "https://e", "resourcePriority": 1001}}}),
        json!({"mcp": {"openApiSchema": {"inlinePayload": "{}"}}}),
        json!({"mcp": {"openApiSchema": {"s3": {"uri": "https://bucket/key"}}}}),
        json!({"mcp": {"telepathy": {}}}),
        // The gateway aggregates MCP targets only.
        json!({"http": {"passthrough": {"endpoint": "https://e", "protocolType": "CUSTOM"}}}),
    ] {
        let shown = configuration.to_string();
        let (code, _) = refused(&bench, &gateway, bare(configuration)).await;
        assert_eq!(code, "ValidationException", "{shown}");
    }
    let s3 = json!({"mcp": {"openApiSchema": {"s3": {"uri": "s3://bucket/key"}}}});
    bench.target(&gateway, bare(s3)).await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway_has_a_hundred_targets() {
    let bench = Bench::lenient();
    let gateway = bench.gateway("g").await;
    let id = bench.target(&gateway, lambda_target("first")).await;
    bench.local.edit(|account| {
        let agentcore = &mut account.region_mut("us-east-1").agentcore;
        let targets = &mut agentcore.gateways.get_mut(&gateway).unwrap().targets;
        for number in 1..100 {
            let mut copy = targets[&id].clone();
            copy.id = format!("copy{number:06}");
            copy.settings.name.clone_from(&copy.id);
            targets.insert(copy.id.clone(), copy);
        }
    });
    let got =
        bench.send("POST", &format!("/gateways/{gateway}/targets/"), lambda_target("t")).await;
    assert_eq!((got.0, got.code()), (402, "ServiceQuotaExceededException".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn five_operations_are_under_way_at_most() {
    let bench = Bench::slow();
    let gateway = bench.gateway("g").await;
    let early = refused(&bench, &gateway, lambda_target("t")).await;
    assert_eq!(early.0, "ConflictException");
    wait(1000).await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(bench.target(&gateway, lambda_target(&format!("t{number}"))).await);
    }
    let path = format!("/gateways/{gateway}/targets/");
    let got = bench.send("POST", &path, lambda_target("t5")).await;
    assert_eq!(got.0, 429);
    let (_, code, message) = got.refusal();
    assert_eq!(code, "ThrottlingException");
    assert!(message.contains("concurrent"), "{message}");
    wait(1000).await;
    made.push(bench.target(&gateway, lambda_target("t5")).await);
    for id in &made[..4] {
        bench.send("DELETE", &format!("{path}{id}/"), Value::Null).await.ok();
    }
    let got = bench.send("DELETE", &format!("{path}{}/", made[4]), Value::Null).await;
    assert_eq!(got.code(), "ThrottlingException");
}
