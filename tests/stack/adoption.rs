//! Objects that have our name and not our mark: they stop their node, nothing of theirs is touched, and the rest goes on;
//! `--adopt` takes them over.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::PasswordPolicyType;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use aws_sdk_lambda::primitives::Blob;
use construct::cli::ExitCode;
use construct::cloud::Cloud;
use construct_engine::{Address, Class, Event, Verb};
use construct_local::Options;

use super::harness::{Bench, STARTER, zipped};
use super::store::{differing, names, object};

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn bench() -> Bench {
    Bench::with(STARTER, Options { seed: Some(1), ..Options::default() })
}

/// A cloud on the bench's account, for hands that are not construct's.
async fn hands(bench: &Bench) -> Cloud {
    bench.session().await.cloud
}

async fn role(cloud: &Cloud, path: &str, name: &str) -> String {
    let call = cloud.iam.create_role().path(path).role_name(name);
    let made = call.assume_role_policy_document(TRUST).send().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    made.role.unwrap().arn
}

async fn function(cloud: &Cloud, name: &str) {
    let role = role(cloud, "/", "somebodys-role").await;
    let code = Blob::new(zipped("index.py", "def handler(event, context):\n    return 1\n"));
    cloud
        .lambda
        .create_function()
        .function_name(name)
        .role(role)
        .runtime("python3.12".into())
        .handler("index.handler")
        .code(aws_sdk_lambda::types::FunctionCode::builder().zip_file(code).build())
        .send()
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
}

async fn table(cloud: &Cloud, name: &str) {
    cloud
        .dynamodb
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name("handle")
                .attribute_type(ScalarAttributeType::S)
                .build()
                .unwrap(),
        )
        .key_schema(
            KeySchemaElement::builder()
                .attribute_name("handle")
                .key_type(KeyType::Hash)
                .build()
                .unwrap(),
        )
        .send()
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
}

async fn provider(cloud: &Cloud, name: &str) {
    use aws_sdk_bedrockagentcorecontrol::types::{
        CredentialProviderVendorType, GithubOauth2ProviderConfigInput, Oauth2ProviderConfigInput,
    };
    let config = GithubOauth2ProviderConfigInput::builder()
        .client_id("theirs")
        .client_secret("theirs")
        .build()
        .unwrap();
    cloud
        .agentcore
        .create_oauth2_credential_provider()
        .name(name)
        .credential_provider_vendor(CredentialProviderVendorType::GithubOauth2)
        .oauth2_provider_config_input(Oauth2ProviderConfigInput::GithubOauth2ProviderConfig(config))
        .send()
        .await
        .unwrap();
}

async fn gateway(cloud: &Cloud, name: &str) {
    use aws_sdk_bedrockagentcorecontrol::types::{AuthorizerType, GatewayProtocolType};
    let trust = TRUST.replace("lambda.amazonaws.com", "bedrock-agentcore.amazonaws.com");
    let made = cloud
        .iam
        .create_role()
        .role_name("somebodys-gateway-role")
        .assume_role_policy_document(trust)
        .send()
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    cloud
        .agentcore
        .create_gateway()
        .name(name)
        .role_arn(made.role.unwrap().arn)
        .protocol_type(GatewayProtocolType::Mcp)
        .authorizer_type(AuthorizerType::AwsIam)
        .send()
        .await
        .unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
}

async fn parameter(cloud: &Cloud, name: &str) {
    cloud
        .ssm
        .put_parameter()
        .name(name)
        .value("theirs")
        .r#type(aws_sdk_ssm::types::ParameterType::SecureString)
        .send()
        .await
        .unwrap();
}

async fn pool(cloud: &Cloud, name: &str) -> String {
    let policy = PasswordPolicyType::builder().minimum_length(30).build();
    let made = cloud
        .cognito
        .create_user_pool()
        .pool_name(name)
        .policies(
            aws_sdk_cognitoidentityprovider::types::UserPoolPolicyType::builder()
                .password_policy(policy)
                .build(),
        )
        .send()
        .await
        .unwrap();
    made.user_pool.unwrap().id.unwrap()
}

async fn domain(cloud: &Cloud, prefix: &str) {
    let pool = pool(cloud, "somebodys-pool").await;
    cloud.cognito.create_user_pool_domain().domain(prefix).user_pool_id(pool).send().await.unwrap();
}

/// Runs `up` beside a foreign object, which the plan shows.
async fn stops(bench: &Bench, at: &str, theirs: &str) {
    assert_eq!(bench.work().await.get(at), Some(&Verb::Foreign), "plan of {at}");
    is_left_alone(bench, at, theirs).await;
}

/// Runs `up` beside a foreign object: its node stops with its class, and nothing of it moves.
async fn is_left_alone(bench: &Bench, at: &str, theirs: &str) {
    let before = object(&bench.store(), theirs);
    let ran = bench.up_with(|arguments| arguments.json = true).await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    assert_eq!(object(&bench.store(), theirs), before, "{theirs} was touched");
    let events = ran.events();
    let failed: Vec<(&str, Class)> = events
        .iter()
        .filter_map(|event| match event {
            Event::NodeFailed { address, error, .. } => Some((address.as_str(), error.class)),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [(at, Class::Foreign)]);
    let skipped = events.iter().filter(|event| matches!(event, Event::NodeSkipped { .. })).count();
    let done = events.iter().filter(|event| matches!(event, Event::NodeDone { .. })).count();
    assert_eq!(done + skipped + 1, 42, "every other node was made, or could not be");
    assert!(done > 5, "the rest did not go on");
    // Once more: the same, and not one more object.
    let store = bench.store();
    assert_eq!(bench.up().await.ended, Ok(ExitCode::ApplyIncomplete));
    let moved: Vec<String> = differing(&store, &bench.store()).into_iter().collect();
    assert_eq!(moved, Vec::<String>::new());
}

/// Takes the object over: what it was not is written, the marks among it, and nothing is left to do.
async fn adopts(bench: &Bench, at: &str, theirs: &str) {
    let adopt = Address::new(at).unwrap();
    bench.up_with(|arguments| arguments.adopt = vec![adopt]).await.done();
    let tags = object(&bench.store(), theirs).tags.unwrap();
    assert_eq!(tags.get("construct:stack").map(String::as_str), Some("acme-tools"), "{theirs}");
    assert_eq!(tags.get("construct:node").map(String::as_str), Some(at), "{theirs}");
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.cleanup().await.done();
    let left = names(&bench.store());
    assert!(left.iter().all(|name| !name.contains("acme-tools")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_role() {
    let bench = bench();
    role(&hands(&bench).await, "/construct/acme-tools/", "acme-tools-mcp-proxy-role").await;
    stops(&bench, "role/function-mcp-proxy", "role acme-tools-mcp-proxy-role").await;
    adopts(&bench, "role/function-mcp-proxy", "role acme-tools-mcp-proxy-role").await;
}

#[tokio::test(start_paused = true)]
async fn a_function() {
    let bench = bench();
    function(&hands(&bench).await, "acme-tools-oauth-callback").await;
    stops(&bench, "function/oauth-callback", "function acme-tools-oauth-callback").await;
    adopts(&bench, "function/oauth-callback", "function acme-tools-oauth-callback").await;
}

#[tokio::test(start_paused = true)]
async fn a_role_that_cannot_become_ours_is_left_alone() {
    let bench = bench();
    // A role keeps its path, and ours live under one of their own.
    role(&hands(&bench).await, "/", "acme-tools-mcp-proxy-role").await;
    let before = object(&bench.store(), "role acme-tools-mcp-proxy-role");
    let adopt = Address::new("role/function-mcp-proxy").unwrap();
    let ran = bench.up_with(|arguments| arguments.adopt = vec![adopt]).await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    assert!(
        ran.err.contains("the path of the role acme-tools-mcp-proxy-role cannot be changed"),
        "{}",
        ran.err
    );
    assert_eq!(object(&bench.store(), "role acme-tools-mcp-proxy-role"), before);
}

#[tokio::test(start_paused = true)]
async fn a_table() {
    let bench = bench();
    table(&hands(&bench).await, "acme-tools-table-sessions").await;
    stops(&bench, "table/sessions", "table acme-tools-table-sessions").await;
    adopts(&bench, "table/sessions", "table acme-tools-table-sessions").await;
}

#[tokio::test(start_paused = true)]
async fn a_log_group() {
    let bench = bench();
    let name = "/aws/lambda/acme-tools-mcp-proxy";
    hands(&bench).await.logs.create_log_group().log_group_name(name).send().await.unwrap();
    stops(&bench, "log-group/mcp-proxy", "log-group /aws/lambda/acme-tools-mcp-proxy").await;
    adopts(&bench, "log-group/mcp-proxy", "log-group /aws/lambda/acme-tools-mcp-proxy").await;
}

#[tokio::test(start_paused = true)]
async fn a_provider() {
    let bench = bench();
    provider(&hands(&bench).await, "acme-tools-github").await;
    stops(&bench, "provider/github", "provider acme-tools-github").await;
    adopts(&bench, "provider/github", "provider acme-tools-github").await;
}

#[tokio::test(start_paused = true)]
async fn a_gateway() {
    let bench = bench();
    gateway(&hands(&bench).await, "acme-tools-gateway").await;
    stops(&bench, "gateway", "gateway acme-tools-gateway").await;
}

#[tokio::test(start_paused = true)]
async fn a_sealing_key() {
    let bench = bench();
    parameter(&hands(&bench).await, "/construct/acme-tools/keys/id").await;
    stops(&bench, "sealing-key/id", "parameter /construct/acme-tools/keys/id").await;
    adopts(&bench, "sealing-key/id", "parameter /construct/acme-tools/keys/id").await;
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_domain() {
    let bench = bench();
    domain(&hands(&bench).await, "acme-tools-4885f4dc").await;
    // Whose it is shows only once there is a pool that it could belong to.
    is_left_alone(&bench, "pool/domain", "domain acme-tools-4885f4dc").await;
}

#[tokio::test(start_paused = true)]
async fn a_pool() {
    let bench = bench();
    pool(&hands(&bench).await, "acme-tools-pool").await;
    stops(&bench, "pool", "pool acme-tools-pool").await;
}

#[tokio::test(start_paused = true)]
async fn cleanup_leaves_foreign_objects_alone() {
    let bench = bench();
    let cloud = hands(&bench).await;
    role(&cloud, "/", "acme-tools-mcp-proxy-role").await;
    parameter(&cloud, "/construct/acme-tools/keys/id").await;
    let before = bench.store();
    assert_eq!(bench.up().await.ended, Ok(ExitCode::ApplyIncomplete));
    bench.cleanup().await.done();
    let moved: Vec<String> = differing(&before, &bench.store()).into_iter().collect();
    assert_eq!(moved, Vec::<String>::new());
    let kept = ["parameter /construct/acme-tools/keys/id", "role acme-tools-mcp-proxy-role"];
    assert_eq!(names(&bench.store()), kept);
}
