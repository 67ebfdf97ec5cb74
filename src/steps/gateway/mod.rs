//! The AgentCore gateway: the MCP server that people's editors reach, and the owner of the targets.
//!
//! - **name** `{stack}-gateway`, unique in the account; immutable. The id is the name in lower case and ten random characters
//! - **found** by the recorded id, else by `ListGateways` and the name: the API has no filter
//! - **proven ours** by its tags, which are a call of their own; with a recorded ARN both calls leave at once
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice
//! - **two of ours** cannot be
//! - **owned set** `ListGateways`, then the tags of those whose name starts like ours
//! - **secret** none
//! - **protect** the id is part of the URL that editors know and of the identity that people's consents belong to
//! - **replace** delete-first, as the name is taken: for another authorizer or protocol, and after a failed creation
//! - **update that resets** `UpdateGateway` resets whatever is left out, so that `overlay` starts from what is there. The
//!   service fixes `supportedVersions` at creation for most accounts: a change is tried, and its refusal explained. A
//!   `domainOverride` is invisible to this SDK and would be lost
//!
//! Deletion: the targets must be gone first, and the service may still count them when its list is empty. The ones that are
//! left (ours, as they carry no marks of their own) are removed here. Its role must outlive it.
//! Quota: 1,000 in an account, and 5 changes a second.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGateway.html>.

mod compare;
mod overlay;
mod removal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::UpdateGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::builders::UpdateGatewayInputBuilder;
use aws_sdk_bedrockagentcorecontrol::types::{GatewayStatus, GatewaySummary};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Loss, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{agentcore_tags, looking, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found, propagation};

/// The service takes seconds to minutes; other tools wait half an hour before they give up.
const READY_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(15));

/// The kind of gateways.
pub struct Gateway;

/// What the manifest says of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Text for the console.
    pub description: Option<String>,
    /// Text that MCP clients hand to their model.
    pub instructions: Option<String>,
    /// Whether the gateway offers a search tool.
    pub semantic_search: bool,
    /// Whether callers are told why a call failed.
    pub debug: bool,
    /// MCP protocol versions that it speaks.
    pub supported_versions: Vec<String>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What the gateway takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The role it works as.
    pub role_arn: String,
    /// The OIDC discovery document of who issues its callers' tokens.
    pub discovery_url: String,
    /// Client ids whose tokens it takes.
    pub allowed_clients: Vec<String>,
    /// Scopes of which a token must have one.
    pub allowed_scopes: Vec<String>,
}

/// The gateway as the service answers it.
#[derive(Clone, Debug)]
pub struct Live {
    answer: GetGatewayOutput,
    tags: Tags,
}

/// What others need of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Where it speaks MCP; empty where only a discovery has seen the gateway.
    pub url: String,
    /// The workload identity that the service made for it: named by the gateway's id.
    pub identity_name: String,
}

impl Step<Cloud> for Gateway {
    const KIND: &'static str = "agentcore.gateway";
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
        let by_name = |gateways: &Vec<GatewaySummary>| {
            gateways.iter().find(|one| one.name == spec.name).map(|one| one.gateway_id.clone())
        };
        let Some(id) = looking::find(&cx.cloud.lists, LIST, || list(cx), by_name).await? else {
            return Ok(Presence::Absent);
        };
        let live = read_tagged(cx, &id, &arn(cx, &id)).await?;
        Ok(live.map_or(Presence::Absent, |live| presence(cx, live)))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let protocol = overlay::protocol(spec, None)?;
        let authorizer = overlay::authorizer(links, None)?;
        // Boxed, as a request of this size would make every future around it as large.
        let create = || {
            let call = cx
                .cloud
                .agentcore
                .create_gateway()
                .name(&spec.name)
                .set_description(spec.description.clone())
                .client_token(cx.token)
                .role_arn(&links.role_arn)
                .protocol_type(overlay::PROTOCOL)
                .protocol_configuration(protocol.clone())
                .authorizer_type(overlay::AUTHORIZER)
                .authorizer_configuration(authorizer.clone())
                .set_exception_level(overlay::exception_level(spec))
                .set_tags(Some(spec.tags.clone().into_iter().collect()));
            Box::pin(
                async move { call.send().await.map_err(|error| classify("CreateGateway", error)) },
            )
        };
        let answer = propagation::retried(cx, is_fresh_role, create).await?;
        let answer = ready(cx, &answer.gateway_id).await?;
        Ok(Live { answer, tags: spec.tags.clone() })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if changes.iter().any(|change| !change.field.starts_with("tag ")) {
            let request = overlay::overlay(spec, links, &live.answer)?;
            let update = || Box::pin(send(cx, request.clone()));
            propagation::retried(cx, is_fresh_role, update)
                .await
                .map_err(|error| explained(error, changes))?;
            live.answer = ready(cx, &live.answer.gateway_id).await?;
        }
        let arn = live.answer.gateway_arn.clone();
        live.tags = agentcore_tags::complete(cx, &arn, &spec.tags, &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        removal::remove(cx, &outputs.id).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let id = &live.answer.gateway_id;
        let settled = until(cx, READY_WITHIN, || async {
            Ok(match get(cx, id).await? {
                Some(seen) if transient(&seen.status) => {
                    Poll::NotYet(format!("status {} of the gateway", seen.status))
                }
                settled => Poll::Ready(settled),
            })
        })
        .await?;
        let Some(answer) = settled else { return Ok(Presence::Absent) };
        Ok(Presence::Ours(Live { answer, tags: live.tags }))
    }

    fn outputs(live: &Live) -> Outputs {
        let details = live.answer.workload_identity_details.as_ref();
        let identity = details.and_then(|details| details.workload_identity_arn.rsplit('/').next());
        Outputs {
            id: live.answer.gateway_id.clone(),
            arn: live.answer.gateway_arn.clone(),
            url: live.answer.gateway_url.clone().unwrap_or_default(),
            identity_name: identity.unwrap_or(&live.answer.gateway_id).to_owned(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let gateways: Arc<Vec<GatewaySummary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let looks = gateways.iter().filter(|one| one.name.starts_with(&prefix)).map(|one| async {
            let arn = arn(cx, &one.gateway_id);
            let tags = agentcore_tags::read(cx, &arn).await?;
            let outputs = Outputs {
                id: one.gateway_id.clone(),
                arn,
                url: String::new(),
                identity_name: one.gateway_id.clone(),
            };
            Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn loss(_cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<Option<Loss>, StepError> {
        let what = format!("the gateway's address ({}) and every consent given for it", outputs.id);
        Ok(Some(Loss { what, needs_consent: false }))
    }
}

/// The shared list of the account's gateways.
const LIST: &str = "agentcore.gateways";

async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<GatewaySummary>, StepError> {
    let pages = cx.cloud.agentcore.list_gateways().into_paginator().page_size(1000);
    let gateways = pages.items().send().try_collect().await;
    gateways.map_err(|error| classify("ListGateways", error))
}

/// The ARN of the gateway `id`, which no list tells.
fn arn(cx: &Cx<'_, Cloud>, id: &str) -> String {
    cx.cloud.naming.arn("bedrock-agentcore", &format!("gateway/{id}"))
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<GetGatewayOutput>, StepError> {
    let answer = cx.cloud.agentcore.get_gateway().gateway_identifier(id).send().await;
    match answer.map_err(|error| classify("GetGateway", error)) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn send(
    cx: &Cx<'_, Cloud>,
    request: UpdateGatewayInputBuilder,
) -> Result<UpdateGatewayOutput, StepError> {
    let answer = request.send_with(&cx.cloud.agentcore).await;
    answer.map_err(|error| classify("UpdateGateway", error))
}

async fn read_tagged(cx: &Cx<'_, Cloud>, id: &str, arn: &str) -> Result<Option<Live>, StepError> {
    let (answer, tags) = tokio::join!(get(cx, id), agentcore_tags::read(cx, arn));
    let Some(answer) = answer? else { return Ok(None) };
    Ok(Some(Live { answer, tags: Tags::clone(&*tags?) }))
}

fn presence(cx: &Cx<'_, Cloud>, live: Live) -> Presence<Live> {
    let (tags, settling) = (live.tags.clone(), transient(&live.answer.status));
    let what = format!("the gateway {}", live.answer.name);
    marks::presence(cx.cloud, &what, &tags, live, settling)
}

fn transient(status: &GatewayStatus) -> bool {
    matches!(status, GatewayStatus::Creating | GatewayStatus::Updating | GatewayStatus::Deleting)
}

/// Waits until the gateway can be used: READY, with its URL.
async fn ready(cx: &Cx<'_, Cloud>, id: &str) -> Result<GetGatewayOutput, StepError> {
    until(cx, READY_WITHIN, || async {
        let Some(answer) = get(cx, id).await? else {
            return Ok(Poll::NotYet("the gateway to show".to_owned()));
        };
        match answer.status {
            GatewayStatus::Ready if answer.gateway_url.is_some() => Ok(Poll::Ready(answer)),
            GatewayStatus::Failed | GatewayStatus::UpdateUnsuccessful => {
                let message =
                    format!("the gateway is {}: {}", answer.status, compare::reasons(&answer));
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(Poll::NotYet(format!("status {status} of the gateway"))),
        }
    })
    .await
}

/// Whether the service could not use a role that IAM has not spread yet.
///
/// AgentCore has one code for every wrong argument, so that its sentence is all there is to tell this one by.
fn is_fresh_role(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    let text = error.message.to_ascii_lowercase();
    matches!(code, Some("ValidationException" | "AccessDeniedException"))
        && (text.contains("assume") || text.contains("execution role lacks permission"))
}

/// A refused change of the protocol versions says what can be done about it.
fn explained(error: StepError, changes: &[Change]) -> StepError {
    let versions = changes.iter().any(|change| change.field == compare::VERSIONS);
    if versions && error.class == Class::Invalid {
        return error.hint(
            "this account may not change a gateway's protocol versions: remove the gateway and run again",
        );
    }
    error
}
