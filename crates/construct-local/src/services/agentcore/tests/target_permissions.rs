//! What the gateway's role must allow before a target is created.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Bench, ROLE, gateway, lambda_target, oauth, server_target, wait};
use crate::Options;
use crate::options::Delays;
use crate::services::iam::state::{Inline, Role};

/// Puts the gateway's role into IAM as of now: whom it trusts, and `(action, resource)` pairs.
pub(super) fn put_role(bench: &Bench, service: &str, allowed: &[(&str, &str)]) {
    let now = bench.local.now_ms();
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]});
    let statements: Vec<Value> = allowed
        .iter()
        .map(
            |(action, resource)| json!({"Effect": "Allow", "Action": action, "Resource": resource}),
        )
        .collect();
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    bench.local.edit(|account| {
        let before = account.iam.roles.get("gateway");
        let trust = trust.to_string();
        let trust_changed_ms = match before {
            Some(role) if role.trust == trust => role.trust_changed_ms,
            _ => now,
        };
        let role = Role {
            name: "gateway".to_owned(),
            id: "AROAAAAAAAAAAAAAAAAAA".to_owned(),
            path: "/".to_owned(),
            arn: ROLE.to_owned(),
            created_ms: now,
            description: String::new(),
            max_session_duration: 3600,
            trust,
            trust_changed_ms,
            inline: BTreeMap::from([("own".to_owned(), Inline { document, changed_ms: now })]),
            attached: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        account.iam.roles.insert("gateway".to_owned(), role);
    });
}

/// A strict local AWS with the role and one gateway, whose id it gives.
async fn strict(allowed: &[(&str, &str)]) -> (Bench, String) {
    let delays = Delays { iam_propagation_ms: 1000, ..Delays::none() };
    let bench = Bench::with(Options { delays, ..Options::instant() });
    put_role(&bench, "bedrock-agentcore.amazonaws.com", allowed);
    wait(1000).await;
    let made = bench.send("POST", "/gateways/", gateway("strict")).await.ok();
    let id = made["gatewayId"].as_str().unwrap().to_owned();
    (bench, id)
}

async fn refusal(bench: &Bench, gateway: &str, target: Value) -> String {
    let got = bench.send("POST", &format!("/gateways/{gateway}/targets/"), target).await;
    let (status, code, message) = got.refusal();
    assert_eq!((status, code.as_str()), (400, "ValidationException"), "{message}");
    message
}

#[tokio::test(start_paused = true)]
async fn a_function_of_this_account_must_exist() {
    let (bench, id) = strict(&[("*", "*")]).await;
    let message = refusal(&bench, &id, lambda_target("t")).await;
    assert!(message.contains("Lambda function") && message.contains("not found"), "{message}");
    let mut abroad = lambda_target("t");
    abroad["targetConfiguration"]["mcp"]["lambda"]["lambdaArn"] =
        json!("arn:aws:lambda:us-east-1:999999999999:function:tools");
    assert_eq!(bench.send("POST", &format!("/gateways/{id}/targets/"), abroad).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn invoking_the_function_must_be_allowed_and_visible() {
    let function = "arn:aws:lambda:us-east-1:999999999999:function:tools";
    let mut target = lambda_target("t");
    target["targetConfiguration"]["mcp"]["lambda"]["lambdaArn"] = json!(function);
    let (bench, id) =
        strict(&[("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:other")]).await;
    let message = refusal(&bench, &id, target.clone()).await;
    assert!(message.starts_with("Gateway execution role lacks permission"), "{message}");
    assert!(message.contains("lambda:InvokeFunction"), "{message}");
    put_role(&bench, "bedrock-agentcore.amazonaws.com", &[("lambda:InvokeFunction", function)]);
    // The new policy is not visible yet.
    assert!(refusal(&bench, &id, target.clone()).await.contains("lambda:InvokeFunction"));
    wait(1000).await;
    assert_eq!(bench.send("POST", &format!("/gateways/{id}/targets/"), target).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn oauth_needs_every_action_on_every_resource() {
    let (bench, id) = strict(&[]).await;
    let provider = bench.provider("gh").await;
    let target = server_target("remote", &oauth(&provider, "CLIENT_CREDENTIALS"));
    let directory = "arn:aws:bedrock-agentcore:us-east-1:111122223333:\
                     workload-identity-directory/default*";
    let vault = "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default*";
    let secret = "arn:aws:secretsmanager:us-east-1:111122223333:\
                  secret:bedrock-agentcore-identity!default/oauth2/*";
    let all = [
        ("bedrock-agentcore:GetWorkloadAccessToken", directory),
        ("bedrock-agentcore:GetResourceOauth2Token", directory),
        ("bedrock-agentcore:GetResourceOauth2Token", vault),
        ("secretsmanager:GetSecretValue", secret),
    ];
    for left_out in 0..all.len() {
        let some: Vec<(&str, &str)> = all
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != left_out)
            .map(|(_, pair)| *pair)
            .collect();
        put_role(&bench, "bedrock-agentcore.amazonaws.com", &some);
        wait(1000).await;
        let message = refusal(&bench, &id, target.clone()).await;
        assert!(message.contains(all[left_out].0), "{message}");
    }
    put_role(&bench, "bedrock-agentcore.amazonaws.com", &all);
    wait(1000).await;
    assert_eq!(bench.send("POST", &format!("/gateways/{id}/targets/"), target).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn an_api_key_needs_its_own_action() {
    let (bench, id) = strict(&[
        ("bedrock-agentcore:GetWorkloadAccessToken", "*"),
        ("bedrock-agentcore:GetResourceOauth2Token", "*"),
        ("secretsmanager:GetSecretValue", "*"),
    ])
    .await;
    let key = json!({"name": "k", "apiKey": "v"});
    let made = bench.identity("CreateApiKeyCredentialProvider", key).await.ok();
    let credentials = json!({"credentialProviderType": "API_KEY", "credentialProvider": {
        "apiKeyCredentialProvider": {"providerArn": made["credentialProviderArn"]}}});
    let message = refusal(&bench, &id, server_target("remote", &credentials)).await;
    assert!(message.contains("bedrock-agentcore:GetResourceApiKey"), "{message}");
}

/// Every pair is needed: without one of them the target is refused in its name.
async fn needs_all(bench: &Bench, gateway: &str, target: &Value, all: &[(&str, &str)]) {
    for left_out in 0..all.len() {
        let mut some = all.to_vec();
        let (action, _) = some.remove(left_out);
        put_role(bench, "bedrock-agentcore.amazonaws.com", &some);
        wait(1000).await;
        let message = refusal(bench, gateway, target.clone()).await;
        assert!(message.contains(&format!("lacks permission {action} on")), "{message}");
    }
    put_role(bench, "bedrock-agentcore.amazonaws.com", all);
    wait(1000).await;
    let path = format!("/gateways/{gateway}/targets/");
    assert_eq!(bench.send("POST", &path, target.clone()).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn a_token_exchange_needs_the_users_token_too() {
    let (bench, id) = strict(&[]).await;
    let request = json!({
        "name": "obo", "credentialProviderVendor": "MicrosoftOauth2",
        "oauth2ProviderConfigInput": {"microsoftOauth2ProviderConfig": {
            "clientId": "id", "clientSecret": "hush-hush"}},
    });
    let made = bench.identity("CreateOauth2CredentialProvider", request).await.ok();
    let provider = made["credentialProviderArn"].as_str().unwrap();
    let target = server_target("remote", &oauth(provider, "TOKEN_EXCHANGE"));
    let all = [
        ("bedrock-agentcore:GetWorkloadAccessToken", "*"),
        ("bedrock-agentcore:GetWorkloadAccessTokenForJWT", "*"),
        ("bedrock-agentcore:GetResourceOauth2Token", "*"),
        ("secretsmanager:GetSecretValue", "*"),
    ];
    needs_all(&bench, &id, &target, &all).await;
}

#[tokio::test(start_paused = true)]
async fn a_schema_in_s3_must_be_there_and_readable() {
    let (bench, id) = strict(&[("s3:GetObject", "arn:aws:s3:::other/*")]).await;
    let role = json!([{"credentialProviderType": "GATEWAY_IAM_ROLE"}]);
    let mut target = json!({
        "name": "t", "credentialProviderConfigurations": role,
        "targetConfiguration": {"mcp": {"smithyModel": {"s3": {"uri": "s3://specs/a/b.json"}}}},
    });
    let message = refusal(&bench, &id, target.clone()).await;
    assert!(message.contains("s3://specs/a/b.json was not found"), "{message}");
    target["targetConfiguration"]["mcp"]["smithyModel"]["s3"]["bucketOwnerAccountId"] =
        json!("999999999999");
    needs_all(&bench, &id, &target, &[("s3:GetObject", "arn:aws:s3:::specs/a/*")]).await;
    let function = "arn:aws:lambda:us-east-1:999999999999:function:tools";
    let location = target["targetConfiguration"]["mcp"]["smithyModel"]["s3"].clone();
    let mut tools = lambda_target("tools");
    tools["targetConfiguration"]["mcp"]["lambda"] =
        json!({"lambdaArn": function, "toolSchema": {"s3": location}});
    let all =
        [("s3:GetObject", "arn:aws:s3:::specs/a/b.json"), ("lambda:InvokeFunction", function)];
    needs_all(&bench, &id, &tools, &all).await;
}

#[tokio::test(start_paused = true)]
async fn the_role_must_reach_what_it_signs_for() {
    let (bench, id) = strict(&[]).await;
    let runtime = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/server-0123456789";
    let role = json!({"credentialProviderType": "GATEWAY_IAM_ROLE"});
    let mut signed = role.clone();
    signed["credentialProvider"] =
        json!({"iamCredentialProvider": {"service": "bedrock-agentcore"}});
    let server = |name: &str, endpoint: &str| {
        let mut target = server_target(name, &signed);
        target["targetConfiguration"]["mcp"]["mcpServer"]["endpoint"] = json!(endpoint);
        target
    };
    let invocations = format!(
        "https://bedrock-agentcore.us-east-1.amazonaws.com/runtimes/{}/invocations?qualifier=prod",
        runtime.replace(':', "%3A").replace('/', "%2F")
    );
    let endpoint = format!("{runtime}/runtime-endpoint/prod");
    let action = "bedrock-agentcore:InvokeAgentRuntime";
    let all = [(action, runtime), (action, &endpoint)];
    needs_all(&bench, &id, &server("runtime", &invocations), &all).await;
    let other = "https://other-0123456789.gateway.bedrock-agentcore.us-east-1.amazonaws.com/mcp";
    let arn = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/other-0123456789";
    let all = [("bedrock-agentcore:InvokeGateway", arn)];
    needs_all(&bench, &id, &server("gateway", other), &all).await;
    let stage = json!({
        "name": "api", "credentialProviderConfigurations": [role],
        "targetConfiguration": {"mcp": {"apiGateway": {
            "restApiId": "a1b2c3d4e5", "stage": "prod",
            "apiGatewayToolConfiguration": {"toolFilters": [
                {"filterPath": "/pets/*", "methods": ["GET", "POST"]}]},
        }}},
    });
    let all = [
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/prod/GET/*"),
        ("execute-api:Invoke", "arn:aws:execute-api:us-east-1:*:a1b2c3d4e5/*/POST/pets/*"),
    ];
    needs_all(&bench, &id, &stage, &all).await;
}

#[tokio::test(start_paused = true)]
async fn a_runtime_target_needs_its_runtime_and_endpoint() {
    let (bench, _) = strict(&[]).await;
    let mut open = gateway("open");
    open["protocolType"] = Value::Null;
    let made = bench.send("POST", "/gateways/", open).await.ok();
    let id = made["gatewayId"].as_str().unwrap();
    let runtime = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/server-0123456789";
    let target = json!({
        "name": "agent",
        "credentialProviderConfigurations": [{"credentialProviderType": "GATEWAY_IAM_ROLE"}],
        "targetConfiguration": {"http": {"agentcoreRuntime": {"arn": runtime}}},
    });
    let action = "bedrock-agentcore:InvokeAgentRuntime";
    let endpoint = format!("{runtime}/runtime-endpoint/DEFAULT");
    needs_all(&bench, id, &target, &[(action, runtime), (action, &endpoint)]).await;
}

#[tokio::test(start_paused = true)]
async fn an_interceptors_function_must_exist_and_be_allowed() {
    let (bench, _) = strict(&[]).await;
    let with = |function: &str| {
        let mut request = gateway("hooked");
        request["interceptorConfigurations"] = json!([{
            "interceptor": {"lambda": {"arn": function}}, "interceptionPoints": ["REQUEST"],
        }]);
        request
    };
    let absent = with("arn:aws:lambda:us-east-1:111122223333:function:hook");
    let message = bench.send("POST", "/gateways/", absent).await.refusal().2;
    assert!(message.contains("Lambda function") && message.contains("not found"), "{message}");
    let function = "arn:aws:lambda:us-east-1:999999999999:function:hook";
    let message = bench.send("POST", "/gateways/", with(function)).await.refusal().2;
    assert!(message.contains("lacks permission lambda:InvokeFunction"), "{message}");
    put_role(&bench, "bedrock-agentcore.amazonaws.com", &[("lambda:InvokeFunction", function)]);
    wait(1000).await;
    assert_eq!(bench.send("POST", "/gateways/", with(function)).await.0, 202);
}

#[tokio::test(start_paused = true)]
async fn the_role_is_tried_out_on_a_policy_engine() {
    let (bench, id) = strict(&[]).await;
    let engine = bench.send("POST", "/policy-engines", json!({"name": "guard"})).await.ok();
    let engine = engine["policyEngineArn"].as_str().unwrap();
    let mut request = gateway("strict");
    request["policyEngineConfiguration"] = json!({"arn": engine, "mode": "LOG_ONLY"});
    let own = format!("arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/{id}");
    let action = "bedrock-agentcore:AuthorizeAction";
    let path = format!("/gateways/{id}/");
    let all = [(action, engine), (action, own.as_str())];
    for (left, refused) in [(&all[..0], engine), (&all[..1], own.as_str())] {
        put_role(&bench, "bedrock-agentcore.amazonaws.com", left);
        wait(1000).await;
        let (status, code, message) = bench.send("PUT", &path, request.clone()).await.refusal();
        assert_eq!((status, code.as_str()), (403, "AccessDeniedException"));
        assert!(message.contains("assumed-role/gateway/GenesisPolicyEngineCheck"), "{message}");
        assert!(message.contains(action) && message.contains(refused), "{message}");
    }
    put_role(&bench, "bedrock-agentcore.amazonaws.com", &all);
    // Not visible yet.
    assert_eq!(bench.send("PUT", &path, request.clone()).await.0, 403);
    wait(1000).await;
    assert_eq!(bench.send("PUT", &path, request).await.0, 202);
    let mut create = gateway("second");
    create["policyEngineConfiguration"] = json!({"arn": engine, "mode": "LOG_ONLY"});
    assert_eq!(bench.send("POST", "/gateways/", create).await.0, 403);
}
