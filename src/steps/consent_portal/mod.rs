//! A consent portal: the service's own page where the users of one gateway consent to its targets.
//!
//! - **name** `{stack}-portal`, 1 to 50 characters; immutable. The id is the name and ten random characters
//! - **found** by the recorded id, else by `ListConsentPortals` and the name: the API has no filter
//! - **proven ours** by its tags, which are a call of their own; with a recorded ARN both calls leave at once
//! - **in doubt** the API takes no client token, but refuses a name twice
//! - **two of ours** cannot be
//! - **owned set** `ListConsentPortals`, then the tags of those whose name starts like ours
//! - **secret** none: the client's is the identity provider's
//! - **protect** its address, which people know; consents are the gateway's and stay
//! - **replace** delete-first, as the name is taken: for another gateway, and after a failed creation. Its address changes
//!   with it
//! - **update that resets** no: what is left out stays. A description can therefore be changed and not be taken away
//!
//! The gateway has to take tokens of the issuer that the identity provider signs in to, and the role has to trust the
//! service before. Deletion: a portal whose role or provider is gone can be stuck, so that it is waited for until it is not
//! found any more. The address comes with and without a scheme; it is never put together here.
//! Source: `AgentCore` developer guide, "Consent portal".
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateConsentPortal.html>.

mod compare;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_consent_portal::GetConsentPortalOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    ConsentPortalIdpConfig, ConsentPortalSource, ConsentPortalSourceType,
    ConsentPortalStatus as Status, ConsentPortalSummary as Summary,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Loss, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, Tags, classify, is_not_found, propagation};
use crate::steps::{agentcore_tags, fields, looking, marks, waits};

/// Seconds to minutes, as for a gateway.
const ACTIVE_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(15));
/// How long a portal may be busy with something else.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

/// The kind of consent portals.
pub struct ConsentPortal;

/// What the manifest says of a portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Text for the console; none leaves what is there.
    pub description: Option<String>,
    /// Scopes that it asks for when somebody signs in.
    pub scopes: Vec<String>,
    /// The audience that it asks for.
    pub audience: Option<String>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What a portal takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The gateway whose targets it offers.
    pub gateway_arn: String,
    /// The role it works as.
    pub role_arn: String,
    /// The provider of those who sign in.
    pub provider_arn: String,
    /// Scopes beside the spec's: those that the gateway asks for.
    pub gateway_scopes: Vec<String>,
}

/// A portal as the service answers it.
#[derive(Clone, Debug)]
pub struct Live {
    answer: GetConsentPortalOutput,
    tags: Tags,
}

/// What others need of a portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its address, without a slash at the end; empty where only a discovery has seen the portal.
    pub url: String,
}

impl Outputs {
    /// Where its identity provider sends people back to.
    pub fn sign_in_callback(&self) -> String {
        format!("{}/callback", self.url)
    }

    /// Where AgentCore sends people back to after a consent: exactly this has to be each target's return URL.
    pub fn consent_return_url(&self) -> String {
        format!("{}/connect/callback", self.url)
    }
}

impl Step<Cloud> for ConsentPortal {
    const KIND: &'static str = "agentcore.consent-portal";
    const FIELDS: &'static [&'static str] = &["description", "scopes", "audience", marks::ANY_TAG];
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
        if let Some(last) = last
            && let Some(live) = read_tagged(cx, &last.id, &last.arn).await?
        {
            return Ok(presence(cx, live));
        }
        let by_name = |portals: &Vec<Summary>| {
            let found = portals.iter().find(|one| one.name == spec.name);
            found.map(|one| (one.consent_portal_id.clone(), one.consent_portal_arn.clone()))
        };
        let Some((id, arn)) = looking::find(cx, LIST, || list(cx), by_name).await? else {
            return Ok(Presence::Absent);
        };
        let live = read_tagged(cx, &id, &arn).await?;
        Ok(live.map_or(Presence::Absent, |live| presence(cx, live)))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let source = ConsentPortalSource::builder()
            .identifier(&links.gateway_arn)
            .r#type(ConsentPortalSourceType::AgentcoreGateway)
            .build()
            .map_err(|error| StepError::bug(error.to_string()))?;
        let idp = idp(spec, links)?;
        let answer = propagation::retried(cx, is_fresh_role, || async {
            cx.cloud
                .agentcore
                .create_consent_portal()
                .name(&spec.name)
                .execution_role_arn(&links.role_arn)
                .sources(source.clone())
                .idp_config(idp.clone())
                .set_description(spec.description.clone())
                .set_tags(Some(spec.tags.clone().into_iter().collect()))
                .send()
                .await
                .map_err(|error| classify("CreateConsentPortal", error))
        })
        .await?;
        let answer = active(cx, &answer.consent_portal_id).await?;
        Ok(Live { answer, tags: spec.tags.clone() })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let id = live.answer.consent_portal_id.clone();
        if fields::beyond_tags(changes) {
            let idp = idp(spec, links)?;
            let idp = left_alone(idp, live.answer.idp_config.as_ref(), changes);
            let said = || spec.description.clone();
            let description = fields::has(changes, "description").then(said).flatten();
            propagation::retried(cx, is_fresh_role, || async {
                cx.cloud
                    .agentcore
                    .update_consent_portal()
                    .consent_portal_identifier(&id)
                    .execution_role_arn(&links.role_arn)
                    .idp_config(idp.clone())
                    .set_description(description.clone())
                    .send()
                    .await
                    .map_err(|error| classify("UpdateConsentPortal", error))
            })
            .await?;
            live.answer = active(cx, &id).await?;
        }
        let arn = live.answer.consent_portal_arn.clone();
        live.tags = agentcore_tags::complete(cx, &arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let id = &outputs.id;
        waits::taken(cx, RELEASED_WITHIN, "the consent portal to finish what it does", || async {
            let call = cx.cloud.agentcore.delete_consent_portal().consent_portal_identifier(id);
            call.send().await.map_err(|error| classify("DeleteConsentPortal", error))
        })
        .await?;
        let left = |answer: GetConsentPortalOutput| match &answer.status {
            Status::Failed => {
                let why = reason(&answer);
                let message = format!("the consent portal {id} could not be removed: {why}");
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(format!("status {status} of the consent portal")),
        };
        waits::gone(cx, ACTIVE_WITHIN, || get(cx, id), left).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let read = || get(cx, &live.answer.consent_portal_id);
        let changing = |seen: &GetConsentPortalOutput| {
            let status = &seen.status;
            transient(status).then(|| format!("status {status} of the consent portal"))
        };
        let settled = waits::settled(cx, ACTIVE_WITHIN, read, changing).await?;
        let tags = live.tags;
        Ok(settled.map_or(Presence::Absent, |answer| Presence::Ours(Live { answer, tags })))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            id: live.answer.consent_portal_id.clone(),
            arn: live.answer.consent_portal_arn.clone(),
            url: normal(live.answer.portal_url.as_deref().unwrap_or_default()),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let portals: Arc<Vec<Summary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let looks = portals.iter().filter(|one| one.name.starts_with(&prefix)).map(|one| async {
            let tags = agentcore_tags::read(cx, &one.consent_portal_arn).await?;
            let outputs = Outputs {
                id: one.consent_portal_id.clone(),
                arn: one.consent_portal_arn.clone(),
                url: String::new(),
            };
            Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all: Arc<Vec<Summary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| one.consent_portal_arn.clone())).await
    }

    async fn loss(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        let what = format!("the address of the consent portal {}", outputs.id);
        Ok(Some(Loss { what, needs_consent: false }))
    }
}

/// The spec's scopes, then those of the gateway that are not among them.
fn scopes(spec: &Spec, links: &Links) -> Vec<String> {
    let further = links.gateway_scopes.iter().filter(|scope| !spec.scopes.contains(scope));
    spec.scopes.iter().chain(further).cloned().collect()
}

fn idp(spec: &Spec, links: &Links) -> Result<ConsentPortalIdpConfig, StepError> {
    ConsentPortalIdpConfig::builder()
        .credential_provider_arn(&links.provider_arn)
        .set_scopes(Some(scopes(spec, links)))
        .set_audience(spec.audience.clone())
        .build()
        .map_err(|error| StepError::bug(error.to_string()))
}

/// `idp` as it is sent, with what is not among `changes` as it is there.
fn left_alone(
    mut idp: ConsentPortalIdpConfig,
    live: Option<&ConsentPortalIdpConfig>,
    changes: &[Change],
) -> ConsentPortalIdpConfig {
    if let Some(live) = live {
        if !fields::has(changes, "scopes") {
            idp.scopes.clone_from(&live.scopes);
        }
        if !fields::has(changes, "audience") {
            idp.audience.clone_from(&live.audience);
        }
    }
    idp
}

/// The service answers its address with and without a scheme, and a slash at the end would not match what is registered.
fn normal(url: &str) -> String {
    let host = url.strip_prefix("https://").unwrap_or(url).trim_end_matches('/');
    if host.is_empty() { String::new() } else { format!("https://{host}") }
}

/// The shared list of the account's portals.
const LIST: &str = "agentcore.consent-portals";

async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<Summary>, StepError> {
    let pages = cx.cloud.agentcore.list_consent_portals().into_paginator().page_size(100);
    let all = pages.items().send().try_collect().await;
    all.map_err(|error| classify("ListConsentPortals", error))
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<GetConsentPortalOutput>, StepError> {
    let answer = cx.cloud.agentcore.get_consent_portal().consent_portal_identifier(id).send().await;
    match answer.map_err(|error| classify("GetConsentPortal", error)) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read_tagged(cx: &Cx<'_, Cloud>, id: &str, arn: &str) -> Result<Option<Live>, StepError> {
    let (answer, tags) = tokio::join!(get(cx, id), agentcore_tags::read(cx, arn));
    let Some(answer) = answer? else { return Ok(None) };
    Ok(Some(Live { answer, tags: Tags::clone(&*tags?) }))
}

fn presence(cx: &Cx<'_, Cloud>, live: Live) -> Presence<Live> {
    let what = format!("the consent portal {}", live.answer.name);
    let settling = transient(&live.answer.status);
    let tags = live.tags.clone();
    marks::presence(cx.cloud, &what, &tags, live, settling)
}

fn transient(status: &Status) -> bool {
    matches!(status, Status::Creating | Status::Updating | Status::Deleting)
}

/// Waits until the portal can be used: ACTIVE, with its address.
async fn active(cx: &Cx<'_, Cloud>, id: &str) -> Result<GetConsentPortalOutput, StepError> {
    until(cx, ACTIVE_WITHIN, || async {
        let Some(answer) = get(cx, id).await? else {
            return Ok(Poll::NotYet("the consent portal to show".to_owned()));
        };
        match &answer.status {
            Status::Active if answer.portal_url.is_some() => Ok(Poll::Ready(answer)),
            Status::Failed | Status::UpdateFailed => {
                let message =
                    format!("the consent portal is {}: {}", answer.status, reason(&answer));
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(Poll::NotYet(format!("status {status} of the consent portal"))),
        }
    })
    .await
}

fn reason(answer: &GetConsentPortalOutput) -> &str {
    answer.status_reason.as_deref().unwrap_or("the service gives no reason")
}

/// Whether the service could not use a role that IAM has not spread yet.
///
/// AgentCore has one code for every wrong argument, so that its sentence is all there is to tell this one by.
fn is_fresh_role(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    matches!(code, Some("ValidationException" | "AccessDeniedException"))
        && error.message.to_ascii_lowercase().contains("assum")
}
