//! `CompleteResourceTokenAuth`: the word to `AgentCore` Identity that the person who consented is the one who asked.

use aws_sdk_bedrockagentcore::Client;
use aws_sdk_bedrockagentcore::types::UserIdentifier;
use construct_engine::StepError;
use secrecy::{ExposeSecret, SecretString};

use crate::cloud::{Endpoint, classify, sdk_config};

/// Completes consents.
pub struct Completion {
    client: Client,
}

impl Completion {
    /// One that reaches `endpoint` with the usual credentials, which must allow `bedrock-agentcore:CompleteResourceTokenAuth`.
    pub async fn new(endpoint: &Endpoint, region: &str) -> Self {
        Self { client: Client::new(&sdk_config(endpoint, region).await) }
    }

    /// Completes `session` for the bearer of `token`, which must be the very token that began it.
    ///
    /// # Errors
    /// What the service says.
    pub(super) async fn complete(
        &self,
        session: &str,
        token: &SecretString,
    ) -> Result<(), StepError> {
        self.client
            .complete_resource_token_auth()
            .session_uri(session)
            .user_identifier(UserIdentifier::UserToken(token.expose_secret().to_owned()))
            .send()
            .await
            .map_err(|error| classify("CompleteResourceTokenAuth", error))?;
        Ok(())
    }
}
