//! What a person does in the console: one field of an object changed at a time, by calls that know nothing of construct.
//!
//! A row for each field that a plan must notice. Every row changes what no other row does, so that all of them may be done
//! to one account, and a plan must then name exactly these.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_apigatewayv2::types as api;
use aws_sdk_bedrockagentcorecontrol::types as agentcore;
use aws_sdk_cognitoidentityprovider::types as cognito;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as lambda;
use construct::cloud::{Cloud, Naming};
use construct::policy::{AGENTCORE_SERVICE, service_trust};
use construct_engine::Plan;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::harness::{Bench, zipped};

/// One field that somebody changes.
pub(super) struct Row {
    pub(super) address: &'static str,
    pub(super) field: &'static str,
    /// Whether `[stack] ignore` may name it.
    pub(super) ignorable: bool,
    by: for<'a> fn(&'a Account) -> BoxFuture<'a, ()>,
}

/// The account, and which object is which node's.
pub(super) struct Account {
    cloud: Cloud,
    ids: BTreeMap<String, String>,
}

impl Account {
    /// The last part of what tells the object of `address` from others: its id.
    fn id(&self, address: &str) -> &str {
        self.pair(address).1
    }

    /// What the object lives in, and its id.
    fn pair(&self, address: &str) -> (&str, &str) {
        let identity = &self.ids[address];
        identity.split_once('/').unwrap_or(("", identity))
    }
}

/// Changes all rows but those that `skip` names, on an account where the stack of `bench` is up.
pub(super) async fn meddle(bench: &Bench, wanted: impl Fn(&Row) -> bool) {
    let (_, plan) = bench.plan().await;
    let ids = plan.actions.iter();
    let ids = ids.filter_map(|one| Some((one.address.to_string(), one.identity.clone()?)));
    let account = Account { cloud: bench.session().await.cloud, ids: ids.collect() };
    for row in ROWS.iter().filter(|row| wanted(row)) {
        assert!(account.ids.contains_key(row.address), "{} in {:#?}", row.address, account.ids);
        (row.by)(&account).await;
    }
}

/// Address and field of each change that a plan would make.
pub(super) fn noticed(plan: &Plan) -> BTreeSet<(String, String)> {
    let of = |action: &construct_engine::Action| -> Vec<(String, String)> {
        let address = action.address.to_string();
        action.changes.iter().map(|change| (address.clone(), change.field.clone())).collect()
    };
    plan.work().flat_map(of).collect()
}

/// The same of rows.
pub(super) fn named(wanted: impl Fn(&Row) -> bool) -> BTreeSet<(String, String)> {
    let rows = ROWS.iter().filter(|row| wanted(row));
    rows.map(|row| (row.address.to_owned(), row.field.to_owned())).collect()
}

macro_rules! row {
    ($address:literal, $field:literal, |$on:ident| $by:expr) => {
        row!($address, $field, true, |$on| $by)
    };
    ($address:literal, $field:literal, $ignorable:literal, |$on:ident| $by:expr) => {
        Row {
            address: $address,
            field: $field,
            ignorable: $ignorable,
            by: |$on: &Account| async move { $by }.boxed(),
        }
    };
}

/// Every row, kind by kind.
pub(super) const ROWS: &[Row] = &[
    row!("client/editors-people", "CallbackURLs", |on| {
        let url = "https://by-hand.example.com/callback";
        let client = on.client("client/editors-people").await;
        let mut urls = client.get_callback_urls().clone().unwrap();
        urls.push(url.to_owned());
        client.set_callback_urls(Some(urls)).send().await.unwrap();
    }),
    row!("client/editors-people", "AllowedOAuthScopes", |on| {
        let client = on.client("client/editors-people").await;
        client.set_allowed_o_auth_scopes(Some(vec!["openid".to_owned()])).send().await.unwrap();
    }),
    row!("client-callback/portal-url", "CallbackURLs", |on| {
        let client = on.client("client-callback/portal-url").await;
        let urls = vec!["https://by-hand.example.com/callback".to_owned()];
        client.set_callback_urls(Some(urls)).send().await.unwrap();
    }),
    row!("pool", "MinimumLength", |on| {
        on.passwords(|policy| policy.minimum_length = Some(33)).await;
    }),
    row!("pool", "RequireSymbols", |on| {
        on.passwords(|policy| policy.require_symbols = !policy.require_symbols).await;
    }),
    row!("pool/resource-server", "Scopes", |on| {
        let (pool, server) = on.pair("pool/resource-server");
        let call = on.cloud.cognito.describe_resource_server().user_pool_id(pool);
        let there = call.identifier(server).send().await.unwrap().resource_server.unwrap();
        let mut scopes = there.scopes.unwrap();
        "by hand".clone_into(&mut scopes[0].scope_description);
        let call = on.cloud.cognito.update_resource_server().user_pool_id(pool);
        let call = call.identifier(server).name(there.name.unwrap()).set_scopes(Some(scopes));
        call.send().await.unwrap();
    }),
    row!("identity-provider/okta", "AttributeMapping", |on| {
        let (pool, name) = on.pair("identity-provider/okta");
        let call = on.cloud.cognito.update_identity_provider().user_pool_id(pool);
        let call = call.provider_name(name).attribute_mapping("email", "mail");
        call.send().await.unwrap();
    }),
    row!("target/github", "scopes", |on| {
        on.target("target/github", |target| {
            let provider =
                target.credential_provider_configurations[0].credential_provider.as_mut();
            let Some(agentcore::CredentialProvider::OauthCredentialProvider(token)) = provider
            else {
                panic!("it signs in with tokens");
            };
            token.scopes.push("by-hand".to_owned());
        })
        .await;
    }),
    row!("target/small", "openApiSchema", |on| {
        on.target("target/small", |target| {
            use agentcore::{ApiSchemaConfiguration, McpTargetConfiguration, TargetConfiguration};
            let Some(TargetConfiguration::Mcp(McpTargetConfiguration::OpenApiSchema(
                ApiSchemaConfiguration::InlinePayload(text),
            ))) = target.target_configuration.as_mut()
            else {
                panic!("it has a description");
            };
            *text = text.replace("Who is signed in", "Who it is");
        })
        .await;
    }),
    row!("target/words", "toolSchema", |on| {
        on.target("target/words", |target| {
            use agentcore::{McpTargetConfiguration, TargetConfiguration, ToolSchema};
            let Some(TargetConfiguration::Mcp(McpTargetConfiguration::Lambda(function))) =
                target.target_configuration.as_mut()
            else {
                panic!("a function answers it");
            };
            let Some(ToolSchema::InlinePayload(tools)) = function.tool_schema.as_mut() else {
                panic!("its tools are in line");
            };
            "Counts by hand".clone_into(&mut tools[0].description);
        })
        .await;
    }),
    row!("function/words", "CodeSha256", |on| {
        let zip = zipped("index.py", "def handler(event, context):\n    return 'by hand'\n");
        let call = on.cloud.lambda.update_function_code().function_name("acme-tools-words");
        call.zip_file(Blob::new(zip)).send().await.unwrap();
        on.settled().await;
    }),
    row!("function/words", "Environment", |on| {
        let variables = lambda::Environment::builder().variables("MODE", "by hand").build();
        on.configured("acme-tools-words", variables).await;
    }),
    row!("function/words", "Timeout", |on| {
        let call = on.cloud.lambda.update_function_configuration();
        call.function_name("acme-tools-words").timeout(77).send().await.unwrap();
        on.settled().await;
    }),
    row!("function/words", "ReservedConcurrentExecutions", |on| {
        let call = on.cloud.lambda.put_function_concurrency().function_name("acme-tools-words");
        call.reserved_concurrent_executions(3).send().await.unwrap();
    }),
    row!("function-environment/mcp-proxy-url", "Environment", |on| {
        let variables = lambda::Environment::builder().variables("MODE", "by hand").build();
        on.configured("acme-tools-mcp-proxy-url", variables).await;
    }),
    row!("function-url/mcp-proxy-url", "Cors", |on| {
        let cors = lambda::Cors::builder().allow_origins("https://by-hand.example.com").build();
        let call = on.cloud.lambda.update_function_url_config();
        call.function_name("acme-tools-mcp-proxy-url").cors(cors).send().await.unwrap();
    }),
    row!("permission/mcp-proxy-people", "SourceArn", false, |on| {
        let (function, statement) = on.pair("permission/mcp-proxy-people");
        let lambda = &on.cloud.lambda;
        let call = lambda.remove_permission().function_name(function).statement_id(statement);
        call.send().await.unwrap();
        let call = lambda.add_permission().function_name(function).statement_id(statement);
        call.action("lambda:InvokeFunction")
            .principal("apigateway.amazonaws.com")
            .source_arn("arn:aws:execute-api:us-west-2:111122223333:another/*/*")
            .send()
            .await
            .unwrap();
    }),
    row!("log-group/words", "retentionInDays", |on| {
        let call = on.cloud.logs.put_retention_policy();
        let call = call.log_group_name("/aws/lambda/acme-tools-words").retention_in_days(1);
        call.send().await.unwrap();
    }),
    row!("role/function-words", "Description", |on| {
        let call = on.cloud.iam.update_role().role_name("acme-tools-words-role");
        call.description("by hand").send().await.unwrap();
    }),
    row!("role-policy/function-words.run", "PolicyDocument", |on| {
        let call = on.cloud.iam.put_role_policy().role_name("acme-tools-words-role");
        let document = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "ByHand",
            "Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}"#;
        call.policy_name("run").policy_document(document).send().await.unwrap();
    }),
    row!("role-trust/gateway-people", "AssumeRolePolicyDocument", |on| {
        // Another gateway's: a trust that the gateways of this account cannot use is the role's own concern.
        let Naming { account, region, .. } = &on.cloud.naming;
        let source =
            format!("arn:aws:bedrock-agentcore:{region}:{account}:gateway/other-0123456789");
        let document = service_trust(AGENTCORE_SERVICE, account, &[source]).to_json().to_string();
        let call = on.cloud.iam.update_assume_role_policy();
        let call = call.role_name("acme-tools-gateway-people-role").policy_document(document);
        call.send().await.unwrap();
    }),
    row!("api/people", "description", |on| {
        let call = on.cloud.apigateway.update_api().api_id(on.id("api/people"));
        call.description("by hand").send().await.unwrap();
    }),
    row!("api/people", "CorsConfiguration", |on| {
        let cors = api::Cors::builder().allow_origins("https://by-hand.example.com").build();
        let call = on.cloud.apigateway.update_api().api_id(on.id("api/people"));
        call.cors_configuration(cors).send().await.unwrap();
    }),
    row!("route/people/any_mcp", "authorizationType", |on| {
        let (api, route) = on.pair("route/people/any_mcp");
        let call = on.cloud.apigateway.update_route().api_id(api).route_id(route);
        call.authorization_type(api::AuthorizationType::AwsIam).send().await.unwrap();
    }),
    row!("integration/mcp-proxy-people", "timeoutInMillis", |on| {
        let (api, integration) = on.pair("integration/mcp-proxy-people");
        let call = on.cloud.apigateway.update_integration().api_id(api);
        call.integration_id(integration).timeout_in_millis(1234).send().await.unwrap();
    }),
    row!("stage/people", "throttlingBurstLimit", |on| {
        let (api, stage) = on.pair("stage/people");
        let there = on.cloud.apigateway.get_stage().api_id(api).stage_name(stage);
        let mut limits = there.send().await.unwrap().default_route_settings.unwrap();
        limits.throttling_burst_limit = Some(4321);
        let call = on.cloud.apigateway.update_stage().api_id(api).stage_name(stage);
        call.default_route_settings(limits).send().await.unwrap();
    }),
    row!("gateway/people", "allowedClients", |on| {
        let id = on.id("gateway/people");
        let there = on.cloud.agentcore.get_gateway().gateway_identifier(id).send().await.unwrap();
        let Some(agentcore::AuthorizerConfiguration::CustomJwtAuthorizer(mut jwt)) =
            there.authorizer_configuration
        else {
            panic!("it takes tokens");
        };
        jwt.allowed_clients.get_or_insert_default().push("by-hand".to_owned());
        let jwt = agentcore::AuthorizerConfiguration::CustomJwtAuthorizer(jwt);
        let call = on.cloud.agentcore.update_gateway().gateway_identifier(id).name(there.name);
        call.set_role_arn(there.role_arn)
            .set_description(there.description)
            .protocol_type(there.protocol_type)
            .set_protocol_configuration(there.protocol_configuration)
            .authorizer_type(there.authorizer_type)
            .authorizer_configuration(jwt)
            .send()
            .await
            .unwrap();
        on.settled().await;
    }),
    row!("identity/ci", "allowedResourceOauth2ReturnUrls", |on| {
        let call = on.cloud.agentcore.update_workload_identity().name("acme-tools-ci");
        let call = call.allowed_resource_oauth2_return_urls("https://by-hand.example.com/done");
        call.send().await.unwrap();
    }),
    row!("provider/github", "clientSecret", false, |on| on.another_digest("provider/github").await),
    row!("provider/weather", "apiKey", |on| on.another_digest("provider/weather").await),
    row!("rate-limit/jobs.callers", "entries", |on| {
        let (gateway, id) = on.pair("rate-limit/jobs.callers");
        let there = on.cloud.agentcore.get_gateway_rate_limit().gateway_identifier(gateway);
        let mut there = there.rate_limit_id(id).send().await.unwrap();
        there.entries[0].requests.as_mut().unwrap()[0].rate = 99.0;
        let call = on.cloud.agentcore.update_gateway_rate_limit().gateway_identifier(gateway);
        let call = call.rate_limit_id(id).set_description(there.description);
        call.set_entries(Some(there.entries)).send().await.unwrap();
        on.settled().await;
    }),
    row!("rule/jobs.all", "conditions", |on| {
        let (gateway, id) = on.pair("rule/jobs.all");
        let paths = agentcore::MatchPaths::builder().any_of("/by-hand/*").build().unwrap();
        let call = on.cloud.agentcore.update_gateway_rule().gateway_identifier(gateway);
        let call = call.rule_id(id).conditions(agentcore::Condition::MatchPaths(paths));
        call.send().await.unwrap();
        on.settled().await;
    }),
    row!("policy-engine/main", "description", |on| {
        let text = agentcore::UpdatedDescription::builder().optional_value("by hand").build();
        let call = on.cloud.agentcore.update_policy_engine();
        let call = call.policy_engine_id(on.id("policy-engine/main")).description(text);
        call.send().await.unwrap();
        on.settled().await;
    }),
    row!("policy/main.readers", "definition", |on| {
        let (engine, id) = on.pair("policy/main.readers");
        let there = on.cloud.agentcore.get_policy().policy_engine_id(engine).policy_id(id);
        let there = there.send().await.unwrap();
        let Some(agentcore::PolicyDefinition::Cedar(cedar)) = there.definition else {
            panic!("it is written in Cedar");
        };
        let statement = cedar.statement.replace("permit", "forbid");
        let cedar = agentcore::CedarPolicy::builder().statement(statement).build().unwrap();
        let call = on.cloud.agentcore.update_policy().policy_engine_id(engine).policy_id(id);
        let call = call.definition(agentcore::PolicyDefinition::Cedar(cedar));
        call.send().await.unwrap();
        on.settled().await;
    }),
    row!("portal/url", "scopes", |on| {
        let id = on.id("portal/url");
        let call = on.cloud.agentcore.get_consent_portal().consent_portal_identifier(id);
        let there = call.send().await.unwrap();
        let mut idp = there.idp_config.unwrap();
        idp.scopes.push("by-hand".to_owned());
        let call = on.cloud.agentcore.update_consent_portal().consent_portal_identifier(id);
        call.execution_role_arn(there.execution_role_arn).idp_config(idp).send().await.unwrap();
        on.settled().await;
    }),
    row!("runtime/counter", "environmentVariables", |on| {
        let id = on.id("runtime/counter");
        let call = on.cloud.agentcore.get_agent_runtime().agent_runtime_id(id);
        let there = call.send().await.unwrap();
        let call = on.cloud.agentcore.update_agent_runtime().agent_runtime_id(id);
        call.set_agent_runtime_artifact(there.agent_runtime_artifact)
            .role_arn(there.role_arn)
            .set_network_configuration(there.network_configuration)
            .set_protocol_configuration(there.protocol_configuration)
            .set_lifecycle_configuration(there.lifecycle_configuration)
            .set_description(there.description)
            .environment_variables("MODE", "by hand")
            .send()
            .await
            .unwrap();
        on.settled().await;
    }),
    // Its endpoint serves the newest version, and somebody has just made another one.
    row!("runtime-endpoint/counter.stable", "agentRuntimeVersion", |on| on.settled().await),
    row!("table/sessions-people", "tag team", |on| {
        let call = on.cloud.dynamodb.untag_resource();
        let call = call.resource_arn(&on.ids["table/sessions-people"]).tag_keys("team");
        call.send().await.unwrap();
    }),
];

impl Account {
    /// A change of a client that changes nothing so far.
    async fn client(
        &self,
        address: &str,
    ) -> aws_sdk_cognitoidentityprovider::operation::update_user_pool_client::builders::UpdateUserPoolClientFluentBuilder
    {
        let (pool, id) = self.pair(address);
        let there = self.cloud.cognito.describe_user_pool_client().user_pool_id(pool);
        let there = there.client_id(id).send().await.unwrap().user_pool_client.unwrap();
        let call = self.cloud.cognito.update_user_pool_client().user_pool_id(pool).client_id(id);
        call.set_client_name(there.client_name)
            .refresh_token_validity(there.refresh_token_validity)
            .set_access_token_validity(there.access_token_validity)
            .set_id_token_validity(there.id_token_validity)
            .set_token_validity_units(there.token_validity_units)
            .set_explicit_auth_flows(there.explicit_auth_flows)
            .set_supported_identity_providers(there.supported_identity_providers)
            .set_callback_urls(there.callback_urls)
            .set_allowed_o_auth_flows(there.allowed_o_auth_flows)
            .set_allowed_o_auth_scopes(there.allowed_o_auth_scopes)
            .set_allowed_o_auth_flows_user_pool_client(there.allowed_o_auth_flows_user_pool_client)
            .set_prevent_user_existence_errors(there.prevent_user_existence_errors)
            .set_enable_token_revocation(there.enable_token_revocation)
            .set_refresh_token_rotation(there.refresh_token_rotation)
    }

    /// Another policy of passwords.
    async fn passwords(&self, change: impl FnOnce(&mut cognito::PasswordPolicyType)) {
        let id = self.id("pool");
        let there = self.cloud.cognito.describe_user_pool().user_pool_id(id);
        let there = there.send().await.unwrap().user_pool.unwrap();
        let mut policies = there.policies.unwrap();
        change(policies.password_policy.as_mut().unwrap());
        let admin =
            cognito::AdminCreateUserConfigType::builder().allow_admin_create_user_only(true);
        let call = self.cloud.cognito.update_user_pool().user_pool_id(id).policies(policies);
        call.set_pool_name(there.name)
            .set_deletion_protection(there.deletion_protection)
            .set_auto_verified_attributes(there.auto_verified_attributes)
            .set_user_pool_tags(there.user_pool_tags)
            .set_account_recovery_setting(there.account_recovery_setting)
            .set_user_pool_tier(there.user_pool_tier)
            .admin_create_user_config(admin.build())
            .send()
            .await
            .unwrap();
    }

    /// Another target: what is there, changed.
    async fn target(
        &self,
        address: &str,
        change: impl FnOnce(&mut aws_sdk_bedrockagentcorecontrol::operation::get_gateway_target::GetGatewayTargetOutput),
    ) {
        let (gateway, id) = self.pair(address);
        let there = self.cloud.agentcore.get_gateway_target().gateway_identifier(gateway);
        let mut there = there.target_id(id).send().await.unwrap();
        change(&mut there);
        let signs_in = Some(there.credential_provider_configurations);
        let call = self.cloud.agentcore.update_gateway_target().gateway_identifier(gateway);
        call.target_id(id)
            .name(there.name)
            .set_description(there.description)
            .set_target_configuration(there.target_configuration)
            .set_credential_provider_configurations(signs_in.filter(|all| !all.is_empty()))
            .send()
            .await
            .unwrap();
        self.settled().await;
    }

    async fn configured(&self, function: &str, variables: lambda::Environment) {
        let call = self.cloud.lambda.update_function_configuration().function_name(function);
        call.environment(variables).send().await.unwrap();
        self.settled().await;
    }

    /// The digest of a provider's secret is another one: somebody has put another secret there, by way of another manifest.
    async fn another_digest(&self, address: &str) {
        let call = self.cloud.agentcore.tag_resource().resource_arn(&self.ids[address]);
        call.tags("construct:secret", "by-hand").send().await.unwrap();
    }

    /// Whatever was changed has arrived.
    async fn settled(&self) {
        tokio::time::sleep(std::time::Duration::from_mins(10)).await;
    }
}
