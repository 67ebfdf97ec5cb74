//! An OAuth2 credential provider: a client registered at a vendor, with which the gateway gets people's tokens.
//!
//! - **name** `{stack}-NAME`, 1 to 128 characters, unique in account and Region; immutable, as is the vendor
//! - **found** by name, one call; its tags are a second one
//! - **proven ours** by its tags
//! - **in doubt** the API takes no client token, but refuses a name twice
//! - **two of ours** cannot be
//! - **owned set** `ListOauth2CredentialProviders`, 20 a page, then the tags of those whose name starts like ours
//! - **secret** as every provider's: see `provider_secret`
//! - **protect** the vault keeps the tokens that people consented to; nobody can count them, so a removal names them
//! - **replace** delete-first, as the name is taken: for another vendor, and after a failed creation. The callback URL
//!   changes with it and has to be registered at the vendor again
//! - **update that resets** every update needs the whole configuration, the secret included. A private endpoint that the
//!   manifest does not speak of is sent back as it is
//!
//! Compared is what the manifest says. What it leaves to the vendor (endpoints) or to the service (a client's method) may
//! be anything; a custom server's further fields may not.
//!
//! Quota: 50 in an account and Region. A provider that a target still uses is not deleted: targets go first, and as they go
//! asynchronously, a refusal is tried again for a while.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateOauth2CredentialProvider.html>.

mod configuration;
mod custom;
mod live;
#[cfg(test)]
mod tests;

use std::time::Duration;

use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Loss, Poll, Presence, Step, StepError, Waiting, until,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

pub use super::credential_provider::Outputs;
use super::provider_secret::{self, Held, SecretState, Sent};
use super::{agentcore_tags, cognito_client, credential_provider, fields, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::manifest::{OAuth2Settings, SecretReference, Vendor};
use crate::steps::waits;
use configuration::Kept;
use live::Arrival;
pub use live::Live;

/// Seconds are usual; providers behind a private endpoint build network objects first.
const SETTLES_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));
/// How long a provider's last target may take to let go of it.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(2));

/// The kind of OAuth2 credential providers.
pub struct OAuth2Provider;

/// What the manifest says of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Whose OAuth server it is.
    pub vendor: Vendor,
    /// The client id registered at the vendor; empty for none.
    pub client_id: String,
    /// Where the client secret comes from; none where the client proves itself without one.
    pub client_secret: Option<SecretReference>,
    /// What only some vendors take.
    #[serde(default)]
    pub settings: OAuth2Settings,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What other nodes say of the client; nothing where the manifest does.
pub type Links = Option<PoolClient>;

/// A client of a user pool with a secret of Cognito's making: what signs people of the stack in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolClient {
    /// The pool's id.
    pub pool_id: String,
    /// The client's id.
    pub client_id: String,
    /// The pool's issuer.
    pub issuer: String,
}

impl Spec {
    /// The same with what `links` say of the client. Its secret is asked for where it is sent.
    fn with(&self, links: &Links) -> Self {
        let mut spec = self.clone();
        if let Some(client) = links {
            spec.client_id.clone_from(&client.client_id);
            let url = format!("{}/.well-known/openid-configuration", client.issuer);
            spec.settings.discovery_url = Some(url);
        }
        spec
    }
}

impl Step<Cloud> for OAuth2Provider {
    const KIND: &'static str = "agentcore.oauth2-provider";
    const FIELDS: &'static [&'static str] = &[marks::ANY_TAG];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        // A known ARN saves a round trip: both calls leave at once.
        let known = last.filter(|last| last.name == spec.name).map(|last| last.arn.as_str());
        let (seen, tags) = match known {
            Some(arn) => {
                let (seen, tags) =
                    tokio::join!(get(cx.cloud, &spec.name), agentcore_tags::read(cx, arn));
                (seen?, Some(tags))
            }
            None => (get(cx.cloud, &spec.name).await?, None),
        };
        let Some(mut live) = seen else { return Ok(Presence::Absent) };
        let tags = match tags {
            Some(tags) if known == Some(live.arn.as_str()) => tags?,
            _ => agentcore_tags::read(cx, &live.arn).await?,
        };
        live.tags = Tags::clone(&tags);
        live.secret.state = provider_secret::state(cx, spec.client_secret.as_ref(), &live.tags);
        let settling = matches!(live.arrival, Arrival::Coming | Arrival::Going);
        let what = format!("the credential provider {}", live.name);
        Ok(marks::presence(cx.cloud, &what, &tags, live, settling))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        match links {
            Some(links) => live::diff(&spec.with(links), live),
            // Whose client it will be is not known yet.
            None => Diff::of(marks::changes(&spec.tags, &live.tags).collect()),
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let spec = &spec.with(links);
        let secret = secret(cx, spec, links).await?;
        let tags = with_digest(cx, spec);
        let answer = cx
            .cloud
            .agentcore
            .create_oauth2_credential_provider()
            .name(&spec.name)
            .credential_provider_vendor(configuration::vendor(spec.vendor))
            .oauth2_provider_config_input(configuration::input(spec, secret, Kept::default())?)
            .set_tags(Some(tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateOauth2CredentialProvider", error))?;
        let mut live = Live::created(spec, answer, tags);
        if live.arrival != Arrival::There || live.callback_url.is_none() {
            live = arrived(cx, live).await?;
        }
        usable(live)
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let spec = &spec.with(links);
        let mut wanted = marks::among(changes);
        if fields::beyond_tags(changes) {
            let secret = secret(cx, spec, links).await?;
            cx.cloud
                .agentcore
                .update_oauth2_credential_provider()
                .name(&live.name)
                .credential_provider_vendor(configuration::vendor(spec.vendor))
                .oauth2_provider_config_input(configuration::input(
                    spec,
                    secret,
                    live.kept.clone(),
                )?)
                .send()
                .await
                .map_err(|error| classify("UpdateOauth2CredentialProvider", error))?;
            live = usable(arrived(cx, live).await?)?;
            if live.secret.state != SecretState::Same {
                let secret = spec.client_secret.as_ref();
                wanted = provider_secret::with_digest(cx, secret, &wanted);
            }
            live.secret.state = Held::state_after(spec.client_secret.as_ref());
        }
        live.tags = agentcore_tags::complete(cx, &live.arn, &wanted, &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let name = &outputs.name;
        waits::taken(cx, RELEASED_WITHIN, "its targets to let go of it", || async {
            let call = cx.cloud.agentcore.delete_oauth2_credential_provider().name(name);
            call.send().await.map_err(|error| classify("DeleteOauth2CredentialProvider", error))
        })
        .await
        .map_err(still_used)?;
        let left = |live: Live| match live.arrival {
            Arrival::NotGone(reason) => {
                let message =
                    format!("the credential provider {name} could not be removed: {reason}");
                Err(StepError::new(Class::Failed, message))
            }
            _ => Ok("status DELETING".to_owned()),
        };
        waits::gone(cx, SETTLES_WITHIN, || get(cx.cloud, name), left).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let changing = |seen: &Live| {
            let changes = matches!(seen.arrival, Arrival::Coming | Arrival::Going);
            changes.then(|| format!("the credential provider {}", seen.name))
        };
        let settled =
            waits::settled(cx, SETTLES_WITHIN, || get(cx.cloud, &live.name), changing).await?;
        Ok(settled.map_or(Presence::Absent, |seen| Presence::Ours(seen.knowing(&live))))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            name: live.name.clone(),
            arn: live.arn.clone(),
            callback_url: live.callback_url.clone(),
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
        credential_provider::ours(cx, &credential_provider::all_oauth2(cx.cloud).await?).await
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all = credential_provider::all_oauth2(cx.cloud).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| one.arn.clone())).await
    }

    async fn loss(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        let what = format!("every consent that people gave through {}", outputs.name);
        Ok(Some(Loss { what, needs_consent: false }))
    }
}

/// The provider called `name`, without its tags.
async fn get(cloud: &Cloud, name: &str) -> Result<Option<Live>, StepError> {
    let answer = cloud.agentcore.get_oauth2_credential_provider().name(name).send().await;
    match answer.map_err(|error| classify("GetOauth2CredentialProvider", error)) {
        Ok(answer) => Ok(Some(Live::read(answer))),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The client id of the provider called `name`; none where it is not there or has none.
///
/// # Errors
/// What the service refuses.
pub async fn client_id(cloud: &Cloud, name: &str) -> Result<Option<String>, StepError> {
    let live = get(cloud, name).await?;
    Ok(live.and_then(|live| live.configuration.get(configuration::CLIENT_ID).cloned()))
}

/// Waits until a provider that was just made or changed has a status that lasts.
async fn arrived(cx: &Cx<'_, Cloud>, live: Live) -> Result<Live, StepError> {
    until(cx, SETTLES_WITHIN, || async {
        Ok(match get(cx.cloud, &live.name).await? {
            // A list or a get may lag behind the call that made the provider.
            None => Poll::NotYet("the credential provider to show".to_owned()),
            Some(seen) if matches!(seen.arrival, Arrival::Coming) => {
                Poll::NotYet(format!("the credential provider {}", live.name))
            }
            Some(seen) => Poll::Ready(seen.knowing(&live)),
        })
    })
    .await
}

/// The provider, or why others cannot use it.
fn usable(live: Live) -> Result<Live, StepError> {
    if let Some(reason) = live.arrival.failure() {
        let message = format!("the credential provider {} has failed: {reason}", live.name);
        return Err(StepError::new(Class::Failed, message));
    }
    if live.callback_url.is_none() {
        return Err(StepError::bug(format!(
            "the credential provider {} has no callback URL",
            live.name
        )));
    }
    Ok(live)
}

/// Who may still use a provider when the stack's own targets do not.
fn still_used(error: StepError) -> StepError {
    if error.class != Class::TimedOut {
        return error;
    }
    error.hint(
        "a target that uses it is not this stack's: another stack may link it with `existing`. Let those targets sign in with another provider, or go, and run again",
    )
}

/// What is sent for the client's secret. That of a pool's client is Cognito's: it goes from there to here in memory, and the
/// client's id tells whether it is another one.
async fn secret(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Sent, StepError> {
    match links {
        Some(client) => {
            let value = cognito_client::secret(cx, &client.pool_id, &client.client_id).await?;
            Ok(Sent::managed(Some(value.expose_secret().to_owned())))
        }
        None => provider_secret::sent(cx, spec.client_secret.as_ref(), &spec.name),
    }
}

fn with_digest(cx: &Cx<'_, Cloud>, spec: &Spec) -> Tags {
    provider_secret::with_digest(cx, spec.client_secret.as_ref(), &spec.tags)
}
