//! A credential provider of somebody else, which the manifest links: read, and never made, changed or removed.
//!
//! - **name** the last part of the ARN that the manifest gives
//! - **found** by name, and its ARN must be the one that the manifest gives; a provider that is not there ends the look
//! - **proven ours** never: one that this stack made is refused, because it would go with the stack
//! - **owned set** none: nothing of this kind is discovered or removed
//! - **secret** none of ours: where it is kept tells what the gateway's role must be able to read
//!
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_GetOauth2CredentialProvider.html>.

use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

use super::agentcore_tags;
pub use super::credential_provider::Outputs;
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::ProviderArn;

/// The kind of credential providers that are not this stack's.
pub struct ExistingProvider;

/// What the manifest says of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its ARN.
    pub arn: ProviderArn,
}

impl Step<Cloud> for ExistingProvider {
    const KIND: &'static str = "agentcore.existing-provider";
    const OWNED: bool = false;
    type Spec = Spec;
    type Links = ();
    type Live = Outputs;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Outputs>, StepError> {
        let arn = &spec.arn.0;
        let account = &cx.cloud.naming.account;
        if spec.arn.account() != account {
            let message = format!("the provider {arn} is not of this account, which is {account}");
            let hint = "a gateway takes providers of its own account and Region only";
            return Err(StepError::new(Class::Invalid, message).hint(hint));
        }
        let seen = if spec.arn.is_api_key() {
            api_key(cx, spec.arn.name()).await
        } else {
            oauth2(cx, spec.arn.name()).await
        };
        let seen = match seen {
            Ok(seen) if seen.arn == *arn => seen,
            Ok(seen) => {
                let message = format!("there is no credential provider {arn}, but {}", seen.arn);
                return Err(StepError::new(Class::NotFound, message).hint("correct `existing`"));
            }
            Err(error) if is_not_found(&error) => {
                let message = format!("there is no credential provider {arn}");
                let hint = "a linked provider must exist before: make it, or correct `existing`";
                return Err(StepError::new(Class::NotFound, message).hint(hint));
            }
            Err(error) => return Err(error),
        };
        let tags = agentcore_tags::read(cx, arn).await?;
        if cx.cloud.naming.is_ours(&tags) {
            let message = format!("this stack made the credential provider {arn} itself");
            let hint = "write its table with `vendor` or `api_key`: what a stack made goes with it";
            return Err(StepError::new(Class::Invalid, message).hint(hint));
        }
        Ok(Presence::Ours(seen))
    }

    fn diff(_spec: &Spec, _links: Option<&()>, _live: &Outputs) -> Diff {
        Diff::Same
    }

    async fn create(_cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Outputs, StepError> {
        Err(untouched(&spec.arn.0))
    }

    async fn update(
        _cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        _live: Outputs,
        _changes: &[Change],
    ) -> Result<Outputs, StepError> {
        Err(untouched(&spec.arn.0))
    }

    async fn delete(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        Err(untouched(&outputs.arn))
    }

    fn outputs(live: &Outputs) -> Outputs {
        live.clone()
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.arn.clone()
    }

    async fn discover(
        _cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        Ok(Vec::new())
    }
}

/// The engine asks for nothing but reading what is not owned.
fn untouched(arn: &str) -> StepError {
    StepError::bug(format!("the credential provider {arn} is linked, and was to be touched"))
}

async fn oauth2(cx: &Cx<'_, Cloud>, name: &str) -> Result<Outputs, StepError> {
    let answer = cx.cloud.agentcore.get_oauth2_credential_provider().name(name).send().await;
    let answer = answer.map_err(|error| classify("GetOauth2CredentialProvider", error))?;
    Ok(Outputs {
        name: answer.name,
        arn: answer.credential_provider_arn,
        callback_url: answer.callback_url,
        secret_arn: answer.client_secret_arn.map(|secret| secret.secret_arn),
    })
}

async fn api_key(cx: &Cx<'_, Cloud>, name: &str) -> Result<Outputs, StepError> {
    let answer = cx.cloud.agentcore.get_api_key_credential_provider().name(name).send().await;
    let answer = answer.map_err(|error| classify("GetApiKeyCredentialProvider", error))?;
    Ok(Outputs {
        name: answer.name,
        arn: answer.credential_provider_arn,
        callback_url: None,
        secret_arn: answer.api_key_secret_arn.map(|secret| secret.secret_arn),
    })
}
