//! An API key credential provider: one key, which the gateway sends to a target in a header or a query parameter.
//!
//! - **name** `{stack}-NAME`, 1 to 128 characters, unique in account and Region among its kind; immutable
//! - **found** by name, one call; its tags are a second one
//! - **proven ours** by its tags
//! - **in doubt** the API takes no client token, but refuses a name twice
//! - **two of ours** cannot be
//! - **owned set** `ListApiKeyCredentialProviders`, 100 a page, then the tags of those whose name starts like ours
//! - **secret** as every provider's: see `provider_secret`
//! - **protect** nothing: the key is the account's own, and nobody consented to anything
//! - **replace** never, as a new name is a new node
//! - **update that resets** an update is a new key, and has no other content
//!
//! Synchronous, no status. Quota: 50 in an account and Region. The service declares no conflict for the removal of a
//! provider that a target still uses, so that only the order of the graph keeps a target from losing its key.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateApiKeyCredentialProvider.html>.

use aws_sdk_bedrockagentcorecontrol::operation::get_api_key_credential_provider::GetApiKeyCredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::types::SecretSourceType;
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use serde::{Deserialize, Serialize};

pub use super::credential_provider::Outputs;
use super::provider_secret::{self, API_KEY, Held, SecretState};
use super::{agentcore_tags, credential_provider, fields, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::manifest::SecretReference;

/// The kind of API key credential providers.
pub struct ApiKeyProvider;

/// What the manifest says of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Where the key comes from.
    pub api_key: SecretReference,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// A provider as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    arn: String,
    secret: Held,
    tags: Tags,
}

impl Live {
    /// What Get answered; tags and the key's state are the caller's to fill in.
    fn read(answer: GetApiKeyCredentialProviderOutput) -> Self {
        Self {
            name: answer.name,
            arn: answer.credential_provider_arn,
            secret: Held {
                arn: answer.api_key_secret_arn.map(|secret| secret.secret_arn),
                source: answer.api_key_secret_source.unwrap_or(SecretSourceType::Managed),
                json_key: answer.api_key_secret_json_key,
                state: SecretState::Unknown,
            },
            tags: Tags::new(),
        }
    }
}

impl Step<Cloud> for ApiKeyProvider {
    const KIND: &'static str = "agentcore.api-key-provider";
    const FIELDS: &'static [&'static str] = &[API_KEY, marks::ANY_TAG];
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        // A known ARN saves a round trip: both calls leave at once.
        let known = last.filter(|last| last.name == spec.name).map(|last| last.arn.as_str());
        let (live, tags) = match known {
            Some(arn) => {
                let (live, tags) = tokio::join!(get(cx, &spec.name), agentcore_tags::read(cx, arn));
                (live?, Some(tags))
            }
            None => (get(cx, &spec.name).await?, None),
        };
        let Some(mut live) = live else { return Ok(Presence::Absent) };
        let tags = match tags {
            Some(tags) if known == Some(live.arn.as_str()) => tags?,
            _ => agentcore_tags::read(cx, &live.arn).await?,
        };
        live.tags = Tags::clone(&tags);
        live.secret.state = provider_secret::state(cx, Some(&spec.api_key), &live.tags);
        let what = format!("the credential provider {}", live.name);
        Ok(marks::presence(cx.cloud, &what, &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let key = provider_secret::change(API_KEY, Some(&spec.api_key), &live.secret);
        Diff::of(key.into_iter().chain(marks::changes(&spec.tags, &live.tags)).collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let secret = provider_secret::sent(cx, Some(&spec.api_key), &spec.name)?;
        let tags = provider_secret::with_digest(cx, Some(&spec.api_key), &spec.tags);
        let answer = cx
            .cloud
            .agentcore
            .create_api_key_credential_provider()
            .name(&spec.name)
            .set_api_key(secret.value)
            .set_api_key_secret_config(secret.external)
            .api_key_secret_source(secret.source)
            .set_tags(Some(tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateApiKeyCredentialProvider", error))?;
        Ok(Live {
            name: answer.name,
            arn: answer.credential_provider_arn,
            secret: Held {
                arn: answer.api_key_secret_arn.map(|secret| secret.secret_arn),
                source: answer.api_key_secret_source.unwrap_or(SecretSourceType::Managed),
                json_key: answer.api_key_secret_json_key,
                state: Held::state_after(Some(&spec.api_key)),
            },
            tags,
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let mut wanted = marks::among(changes);
        if fields::has(changes, API_KEY) {
            let secret = provider_secret::sent(cx, Some(&spec.api_key), &spec.name)?;
            let answer = cx
                .cloud
                .agentcore
                .update_api_key_credential_provider()
                .name(&live.name)
                .set_api_key(secret.value)
                .set_api_key_secret_config(secret.external)
                .api_key_secret_source(secret.source)
                .send()
                .await
                .map_err(|error| classify("UpdateApiKeyCredentialProvider", error))?;
            live.secret = Held {
                arn: answer.api_key_secret_arn.map(|secret| secret.secret_arn),
                source: answer.api_key_secret_source.unwrap_or(SecretSourceType::Managed),
                json_key: answer.api_key_secret_json_key,
                state: Held::state_after(Some(&spec.api_key)),
            };
            wanted = provider_secret::with_digest(cx, Some(&spec.api_key), &wanted);
        }
        live.tags = agentcore_tags::complete(cx, &live.arn, &wanted, &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let call = cx.cloud.agentcore.delete_api_key_credential_provider().name(&outputs.name);
        match call.send().await.map_err(|error| classify("DeleteApiKeyCredentialProvider", error)) {
            Err(error) if !is_not_found(&error) => Err(error),
            _ => Ok(()),
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            name: live.name.clone(),
            arn: live.arn.clone(),
            callback_url: None,
            secret_arn: live.secret.arn.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.arn.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        credential_provider::ours(cx, &credential_provider::all_api_key(cx.cloud).await?).await
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all = credential_provider::all_api_key(cx.cloud).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| one.arn.clone())).await
    }
}

/// The provider called `name`, without its tags.
async fn get(cx: &Cx<'_, Cloud>, name: &str) -> Result<Option<Live>, StepError> {
    let answer = cx.cloud.agentcore.get_api_key_credential_provider().name(name).send().await;
    match answer.map_err(|error| classify("GetApiKeyCredentialProvider", error)) {
        Ok(answer) => Ok(Some(Live::read(answer))),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "acme-weather".into(),
            api_key: SecretReference::Env("WEATHER_KEY".into()),
            tags: Tags::from([("team".into(), "x".into())]),
        }
    }

    fn live(state: SecretState) -> Live {
        Live {
            name: spec().name,
            arn: "arn:x".into(),
            secret: Held {
                arn: Some("arn:secret".into()),
                source: SecretSourceType::Managed,
                json_key: None,
                state,
            },
            tags: spec().tags,
        }
    }

    fn fields(spec: &Spec, live: &Live) -> Vec<String> {
        match ApiKeyProvider::diff(spec, None, live) {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            other @ Diff::Replace { .. } => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_new_key_and_new_tags_are_changes_in_place() {
        assert!(fields(&spec(), &live(SecretState::Same)).is_empty());
        assert!(fields(&spec(), &live(SecretState::Unknown)).is_empty());
        assert_eq!(fields(&spec(), &live(SecretState::Other)), [API_KEY]);
        let tagged = Spec { tags: Tags::from([("team".into(), "y".into())]), ..spec() };
        assert_eq!(fields(&tagged, &live(SecretState::Same)), ["tag team"]);
        let external =
            Spec { api_key: SecretReference::Secret("acme/key#value".parse().unwrap()), ..spec() };
        assert_eq!(fields(&external, &live(SecretState::Unknown)), [API_KEY]);
    }
}
