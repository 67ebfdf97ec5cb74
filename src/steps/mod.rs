//! One file for each kind of AWS object.

pub mod agent_runtime;
pub mod agent_runtime_endpoint;
mod agentcore_tags;
pub mod api_key_provider;
pub mod cognito_client;
pub mod cognito_client_callback;
pub mod cognito_domain;
pub mod cognito_identity_provider;
pub mod cognito_resource_server;
pub mod cognito_user;
pub mod cognito_user_pool;
pub mod consent_portal;
pub mod cors;
pub mod credential_provider;
pub mod dynamodb_table;
pub mod existing_provider;
mod fields;
pub mod function_environment;
pub mod function_url;
pub mod gateway;
pub mod gateway_rate_limit;
pub mod gateway_return_urls;
pub mod gateway_rule;
pub mod gateway_target;
pub mod http_api;
mod http_api_calls;
pub mod http_api_integration;
pub mod http_api_route;
pub mod http_api_stage;
pub mod iam_role;
pub mod iam_role_policy;
pub mod iam_role_trust;
mod jwt_authorizer;
pub mod lambda_function;
pub mod lambda_permission;
pub mod log_group;
mod looking;
pub(crate) mod marks;
pub mod oauth2_provider;
pub mod policy_engine;
pub mod policy_engine_policy;
mod private_endpoint;
pub mod provider_quota;
pub(crate) mod provider_secret;
pub mod s3_object;
pub(crate) mod sealing_ring;
mod secret_values;
mod spoken;
mod ssm_calls;
pub mod ssm_link;
pub mod ssm_sealing_key;
mod waits;
pub mod workload_identity;

use construct_engine::Registry;

use crate::cloud::Cloud;

/// Every kind, parents before what lives in them.
pub fn registry() -> Registry<Cloud> {
    Registry::default()
        .with(log_group::LogGroup, &[])
        .with(iam_role::IamRole, &[])
        .with(iam_role_policy::IamRolePolicy, &["iam.role"])
        .with(ssm_sealing_key::SealingKey, &[])
        .with(ssm_link::Link, &[])
        .with(s3_object::Object, &["ssm.link"])
        .with(dynamodb_table::Table, &[])
        .with(http_api::HttpApi, &[])
        .with(cognito_user_pool::UserPool, &[])
        .with(cognito_domain::UserPoolDomain, &["cognito.user-pool"])
        .with(cognito_resource_server::ResourceServer, &["cognito.user-pool", "ssm.link"])
        .with(cognito_identity_provider::IdentityProvider, &["cognito.user-pool"])
        .with(cognito_client::UserPoolClient, &["cognito.user-pool", "ssm.link"])
        .with(cognito_user::User, &["cognito.user-pool"])
        .with(oauth2_provider::OAuth2Provider, &[])
        .with(api_key_provider::ApiKeyProvider, &[])
        .with(existing_provider::ExistingProvider, &[])
        .with(workload_identity::WorkloadIdentity, &[])
        .with(policy_engine::PolicyEngine, &[])
        .with(gateway::Gateway, &[])
        .with(consent_portal::ConsentPortal, &[])
        .with(cognito_client_callback::ClientCallback, &["cognito.client"])
        .with(agent_runtime::AgentRuntime, &[])
        .with(agent_runtime_endpoint::AgentRuntimeEndpoint, &["agentcore.runtime"])
        .with(iam_role_trust::IamRoleTrust, &["iam.role"])
        .with(gateway_return_urls::GatewayReturnUrls, &["agentcore.gateway"])
        .with(lambda_function::Function, &[])
        .with(gateway_target::GatewayTarget, &["agentcore.gateway"])
        .with(gateway_rate_limit::RateLimit, &["agentcore.gateway"])
        .with(gateway_rule::Rule, &["agentcore.gateway"])
        .with(policy_engine_policy::Policy, &["agentcore.policy-engine"])
        .with(http_api_integration::Integration, &["apigateway.http-api"])
        .with(http_api_route::Route, &["apigateway.http-api"])
        .with(http_api_stage::Stage, &["apigateway.http-api"])
        .with(function_url::FunctionUrl, &["lambda.function"])
        .with(function_environment::FunctionEnvironment, &["lambda.function"])
        .with(lambda_permission::Permission, &["lambda.function"])
        .holding("agentcore.target", "agentcore.oauth2-provider")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::kind_words;

    /// People name fields by that table.
    #[test]
    fn the_document_lists_every_field_that_may_be_left_alone() {
        let document = include_str!("../../docs/drift.md");
        let table: Vec<&str> = document.lines().filter(|line| line.starts_with("| ")).collect();
        let mut wanted = vec!["| object | fields |".to_owned()];
        let registry = registry();
        let fields = registry.fields().filter(|(_, fields)| !fields.is_empty());
        wanted.extend(fields.map(|(kind, fields)| {
            let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
            format!("| {} | {} |", kind_words(kind), fields.join(", "))
        }));
        for line in &wanted {
            assert!(table.contains(&line.as_str()), "docs/drift.md lacks\n{line}");
        }
        assert_eq!(table.len(), wanted.len(), "docs/drift.md has a kind too many");
    }
}
