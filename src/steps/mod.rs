//! One file for each kind of AWS object.

mod agentcore_tags;
pub mod cognito_client;
pub mod cognito_domain;
pub mod cognito_resource_server;
pub mod cognito_user;
pub mod cognito_user_pool;
pub mod dynamodb_table;
pub mod gateway;
pub mod gateway_return_urls;
pub mod gateway_target;
pub mod http_api;
mod http_api_calls;
pub mod http_api_integration;
pub mod http_api_route;
pub mod http_api_stage;
pub mod iam_role;
pub mod iam_role_policy;
pub mod iam_role_trust;
pub mod lambda_function;
pub mod lambda_permission;
pub mod log_group;
mod looking;
pub(crate) mod marks;
pub mod oauth2_provider;
pub mod ssm_sealing_key;
pub mod workload_identity;
