//! `CompleteResourceTokenAuth`: the word to `AgentCore` Identity that the person who consented is the one who asked.

use aws_sdk_bedrockagentcore::Client;
use aws_sdk_bedrockagentcore::types::UserIdentifier;
use construct_engine::StepError;
use secrecy::{ExposeSecret, SecretString};

use crate::cloud::{Endpoint, classify, sdk_config};

/// Who began a consent: whoever completes it must be the same.
#[derive(Clone, Debug)]
pub enum Who {
    /// The bearer of this very token.
    Bearer(SecretString),
    /// The user that the service made up for a target whose tools it can only list after a consent.
    User(String),
}

/// Completes consents.
pub struct Completion {
    client: Client,
}

impl Completion {
    /// One that reaches `endpoint` with the usual credentials, which must allow `bedrock-agentcore:CompleteResourceTokenAuth`.
    pub async fn new(endpoint: &Endpoint, region: &str) -> Self {
        Self { client: Client::new(&sdk_config(endpoint, region).await) }
    }

    /// Completes `session` for `who` began it.
    ///
    /// # Errors
    /// What the service says.
    pub(super) async fn complete(&self, session: &str, who: &Who) -> Result<(), StepError> {
        let user = match who {
            Who::Bearer(token) => UserIdentifier::UserToken(token.expose_secret().to_owned()),
            Who::User(id) => UserIdentifier::UserId(id.clone()),
        };
        self.client
            .complete_resource_token_auth()
            .session_uri(session)
            .user_identifier(user)
            .send()
            .await
            .map_err(|error| classify("CompleteResourceTokenAuth", error))?;
        Ok(())
    }
}
