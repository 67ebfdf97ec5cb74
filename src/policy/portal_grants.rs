//! What the role of a consent portal may do.
//!
//! `AgentCore` developer guide, "Consent portal", execution role. The guide has no narrower resource for the tokens, as a
//! portal acts for whoever signs in. Secrets are named one by one where the guide has all that the vault keeps.

use super::{Statement, grants};
use crate::cloud::Naming;

fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    Statement::allow(sid, actions, resources)
        .expect("the statements written here name actions by service and operation")
}

/// Reading the gateway at `gateway_arn` and the vault, completing consents, and the secrets at `secrets`.
pub fn portal(naming: &Naming, gateway_arn: &str, secrets: &[String]) -> Vec<Statement> {
    let vault = naming.arn("bedrock-agentcore", "token-vault/default");
    let mut statements = vec![
        allow(
            "ReadGateway",
            &[
                "bedrock-agentcore:GetGateway",
                "bedrock-agentcore:GetGatewayTarget",
                "bedrock-agentcore:ListGatewayTargets",
            ],
            vec![gateway_arn.to_owned()],
        ),
        allow(
            "ReadProviders",
            &[
                "bedrock-agentcore:GetOauth2CredentialProvider",
                "bedrock-agentcore:ListOauth2CredentialProviders",
            ],
            vec![vault.clone(), format!("{vault}/oauth2credentialprovider/*")],
        ),
        allow(
            "CompleteConsents",
            &[
                "bedrock-agentcore:CompleteResourceTokenAuth",
                "bedrock-agentcore:GetResourceOauth2Token",
                "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
            ],
            vec!["*".to_owned()],
        ),
    ];
    statements.extend(grants::read_secrets(secrets));
    statements
}
