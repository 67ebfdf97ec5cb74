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
//! - **update that resets** `UpdateGateway` resets whatever is left out, so that `overlay` starts from what is there. A tag
//!   tells which settings the manifest spoke of: what it no longer speaks of is taken away, what it never spoke of stays.
//!   The service fixes `supportedVersions` at creation for most accounts: a change is tried, and its refusal explained.
//!   What this SDK cannot send back, such as a `domainOverride`, is seen in the answer's own text, and no update is sent.
//!   The WAF failure mode is taken by updates only, so that a create may be followed by one
//!
//! Deletion: the targets must be gone first, and the service may still count them when its list is empty. The ones that are
//! left (ours, as they carry no marks of their own) are removed here. Its role must outlive it.
//! Quota: 1,000 in an account, and 5 changes a second.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGateway.html>.

mod compare;
mod interceptor;
mod overlay;
mod policy;
mod removal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::UpdateGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::operation::update_gateway::builders::UpdateGatewayInputBuilder;
use aws_sdk_bedrockagentcorecontrol::types::{AuthorizerType, GatewayStatus, GatewaySummary};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Loss, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{agentcore_tags, fields, jwt_authorizer, looking, marks, spoken};
use crate::cloud::{Cloud, RawAnswer, Tags, classify, is_not_found, propagation};
use crate::manifest::{GatewayProtocol, Jwt, PolicyMode, WafFailure};
use crate::steps::waits;
pub use interceptor::Interceptor;
pub(super) use policy::let_go_of;

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
    /// Who may call it.
    pub authorizer: Authorizer,
    /// Whose tokens it takes; none where the links tell it.
    pub jwt: Option<Jwt>,
    /// Which targets it takes.
    pub protocol: GatewayProtocol,
    /// MCP protocol versions that it speaks.
    pub supported_versions: Vec<String>,
    /// How long a session lives unused.
    pub session_timeout_seconds: Option<u32>,
    /// Whether answers are streamed.
    pub response_streaming: Option<bool>,
    /// Whether `tools/list` answers in pages.
    pub list_tools_pagination: Option<bool>,
    /// The key that encrypts it.
    pub kms_key: Option<String>,
    /// What happens while WAF cannot be asked.
    pub waf_failure: Option<WafFailure>,
    /// Functions that see requests and answers.
    pub interceptors: Vec<Interceptor>,
    /// What its policy engine's answer is for; none where the manifest names no engine.
    #[serde(default)]
    pub policy: Option<PolicyMode>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// Who may call a gateway, in the service's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorizer {
    /// Who has a token.
    Jwt,
    /// Who signs with AWS credentials that may.
    Iam,
    /// Anybody.
    None,
}

impl Authorizer {
    fn to_sdk(self) -> AuthorizerType {
        match self {
            Self::Jwt => AuthorizerType::CustomJwt,
            Self::Iam => AuthorizerType::AwsIam,
            Self::None => AuthorizerType::None,
        }
    }
}

impl Spec {
    /// The settings that the manifest speaks of, by their names there.
    fn settings(&self) -> impl Iterator<Item = &'static str> {
        [
            ("description", self.description.is_some()),
            ("instructions", self.instructions.is_some()),
            ("exception_level", self.debug),
            ("session_timeout_seconds", self.session_timeout_seconds.is_some()),
            ("response_streaming", self.response_streaming.is_some()),
            ("list_tools_pagination", self.list_tools_pagination.is_some()),
            ("kms_key", self.kms_key.is_some()),
            ("waf_failure", self.waf_failure.is_some()),
            ("interceptors", !self.interceptors.is_empty()),
            ("policy", self.policy.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, said)| said.then_some(name))
        .chain(self.jwt.iter().flat_map(jwt_authorizer::settings))
    }

    /// The wanted tags of a gateway that has the tags `live`.
    fn tags_over(&self, live: &Tags) -> Tags {
        spoken::tagged(&self.tags, self.settings(), live)
    }
}

/// What the gateway takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The role it works as.
    pub role_arn: String,
    /// The OIDC discovery document of the pool that issues its callers' tokens, where it is the stack's own.
    pub discovery_url: Option<String>,
    /// Client ids of the pool whose tokens it takes.
    pub allowed_clients: Vec<String>,
    /// Scopes of the pool of which a token must have one.
    pub allowed_scopes: Vec<String>,
    /// The functions of its interceptors, in their order.
    pub interceptor_arns: Vec<String>,
    /// The policy engine that it asks.
    #[serde(default)]
    pub policy_engine_arn: Option<String>,
}

/// The gateway as the service answers it.
#[derive(Clone, Debug)]
pub struct Live {
    answer: GetGatewayOutput,
    /// As the answer says it: the SDK puts MCP where there is none.
    protocol: GatewayProtocol,
    /// What the answer holds and an update could not send back.
    unsendable: Option<&'static str>,
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
    const FIELDS: &'static [&'static str] = &[
        "advertisedScopeMapping",
        "allowedAudience",
        "allowedClients",
        "allowedScopes",
        "customClaims",
        "description",
        "disableMcpListToolsPagination",
        "enableResponseStreaming",
        "exceptionLevel",
        "instructions",
        "interceptorConfigurations",
        "kmsKeyArn",
        "policyEngineConfiguration",
        "privateEndpoint",
        "searchType",
        "sessionTimeoutInSeconds",
        "supportedVersions",
        "wafConfiguration.failureMode",
        marks::ANY_TAG,
    ];
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
        let Some(id) = looking::find(cx, LIST, || list(cx), by_name).await? else {
            return Ok(Presence::Absent);
        };
        let live = read_tagged(cx, &id, &arn(cx, &id)).await?;
        Ok(live.map_or(Presence::Absent, |live| presence(cx, live)))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        compare::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let wanted = overlay::Wanted::new(spec, Some(links), None)?;
        let tags = spec.tags_over(&Tags::new());
        // Boxed, as a request of this size would make every future around it as large.
        let create = || {
            let call = cx
                .cloud
                .agentcore
                .create_gateway()
                .name(&spec.name)
                .set_description(wanted.description.clone())
                .client_token(cx.token)
                .role_arn(&links.role_arn)
                .set_protocol_type(overlay::protocol_type(spec.protocol))
                .protocol_configuration(wanted.protocol_configuration())
                .authorizer_type(spec.authorizer.to_sdk())
                .set_authorizer_configuration(wanted.authorizer())
                .set_exception_level(wanted.exception_level.clone())
                .set_kms_key_arn(wanted.kms_key.clone())
                .set_interceptor_configurations(wanted.interceptors())
                .set_policy_engine_configuration(wanted.policy_engine.clone())
                .set_tags(Some(tags.clone().into_iter().collect()));
            Box::pin(
                async move { call.send().await.map_err(|error| classify("CreateGateway", error)) },
            )
        };
        let answer = propagation::retried(cx, is_fresh_role, create).await?;
        let made = ready(cx, &answer.gateway_id).await?.tagged(tags);
        if spec.waf_failure.is_none() {
            return Ok(made);
        }
        match compare::diff(spec, Some(links), &made) {
            Diff::Same => Ok(made),
            Diff::Update(changes) | Diff::Replace { changes, .. } => {
                write(cx, spec, links, made, &changes).await
            }
        }
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::beyond_tags(changes) {
            live = write(cx, spec, links, live, changes).await?;
        }
        let arn = live.answer.gateway_arn.clone();
        live.tags = agentcore_tags::complete(cx, &arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        removal::remove(cx, &outputs.id).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let id = &live.answer.gateway_id;
        let changing = |seen: &Live| {
            let status = &seen.answer.status;
            transient(status).then(|| format!("status {status} of the gateway"))
        };
        let settled = waits::settled(cx, READY_WITHIN, || get(cx, id), changing).await?;
        let Some(settled) = settled else { return Ok(Presence::Absent) };
        Ok(Presence::Ours(settled.tagged(live.tags)))
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

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all: Arc<Vec<GatewaySummary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| arn(cx, &one.gateway_id))).await
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

/// Sends the whole gateway with `changes`, and waits until it is.
async fn write(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    links: &Links,
    live: Live,
    changes: &[Change],
) -> Result<Live, StepError> {
    if let Some(what) = live.unsendable {
        return Err(overlay::unknown(what));
    }
    let request = overlay::overlay(spec, links, &live, changes)?;
    let update = || Box::pin(send(cx, request.clone()));
    propagation::retried(cx, is_fresh_role, update)
        .await
        .map_err(|error| explained(error, changes))?;
    Ok(ready(cx, &live.answer.gateway_id).await?.tagged(live.tags))
}

impl Live {
    /// What was answered; `raw` is the same as it came.
    fn new(answer: GetGatewayOutput, raw: &serde_json::Value) -> Self {
        let protocol = if raw.get("protocolType").is_some() {
            GatewayProtocol::Mcp
        } else {
            GatewayProtocol::Any
        };
        Self { answer, protocol, unsendable: overlay::unsendable(raw), tags: Tags::new() }
    }

    fn tagged(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    let raw = RawAnswer::default();
    let call = cx.cloud.agentcore.get_gateway().gateway_identifier(id);
    let answer = call.customize().interceptor(raw.clone()).send().await;
    match answer.map_err(|error| classify("GetGateway", error)) {
        Ok(answer) => Ok(Some(Live::new(answer, &raw.json()))),
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
    let Some(live) = answer? else { return Ok(None) };
    Ok(Some(live.tagged(Tags::clone(&*tags?))))
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
async fn ready(cx: &Cx<'_, Cloud>, id: &str) -> Result<Live, StepError> {
    until(cx, READY_WITHIN, || async {
        let Some(live) = get(cx, id).await? else {
            return Ok(Poll::NotYet("the gateway to show".to_owned()));
        };
        let answer = &live.answer;
        match &answer.status {
            GatewayStatus::Ready if answer.gateway_url.is_some() => Ok(Poll::Ready(live)),
            GatewayStatus::Failed | GatewayStatus::UpdateUnsuccessful => {
                let message =
                    format!("the gateway is {}: {}", answer.status, compare::reasons(answer));
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(Poll::NotYet(format!("status {status} of the gateway"))),
        }
    })
    .await
}

/// Whether the service could not use a role that IAM has not spread yet.
///
/// AgentCore has one code for every wrong argument, so that its sentence is all there is to tell this one by. A policy
/// engine is tried out in a session with a name of its own; any other session that may not is the caller's.
fn is_fresh_role(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    let text = error.message.to_ascii_lowercase();
    let says = |words: &str| text.replace("assumed-role/", "").contains(words);
    matches!(code, Some("ValidationException" | "AccessDeniedException"))
        && ["assume", "execution role lacks permission", "genesispolicyenginecheck"]
            .into_iter()
            .any(says)
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
