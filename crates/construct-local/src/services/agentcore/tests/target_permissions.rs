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
