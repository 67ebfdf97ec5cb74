//! The services, one module each, and how a request finds its one.

pub mod agentcore;
pub mod apigateway;
pub mod cognito;
pub mod dynamodb;
pub mod iam;
pub mod lambda;
pub mod logs;
pub mod s3;
pub mod secretsmanager;
pub(crate) mod shape;
pub mod ssm;
pub mod sts;
#[cfg(test)]
pub(crate) mod test_client;

use crate::service::{Protocol, Service};

/// All services.
pub static ALL: &[&dyn Service] = &[
    &agentcore::AgentCore,
    &apigateway::ApiGateway,
    &cognito::Cognito,
    &dynamodb::DynamoDb,
    &iam::Iam,
    &lambda::Lambda,
    &logs::Logs,
    &s3::S3,
    &secretsmanager::SecretsManager,
    &ssm::Ssm,
    &sts::Sts,
];

/// The service with this signing name.
pub fn signed_for(name: &str) -> Option<&'static dyn Service> {
    ALL.iter().copied().find(|service| service.signing_name() == name)
}

/// The service whose `X-Amz-Target` begins with this prefix.
pub fn targeted_by(prefix: &str) -> Option<&'static dyn Service> {
    ALL.iter().copied().find(|service| {
        matches!(service.protocol(), Protocol::Json { target_prefix, .. } if target_prefix == prefix)
    })
}
