//! An agent runtime: a server that AgentCore runs, from a container image or from a zip in S3.
//!
//! - **name** `{stack}_NAME` with underscores for hyphens, as the service takes no hyphens; unique in the account;
//!   immutable. The id is the name and ten random characters
//! - **found** by the recorded id, else by `ListAgentRuntimes` and the name: the API has no filter
//! - **proven ours** by its tags, which are a call of their own; with a recorded ARN both calls leave at once
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice
//! - **two of ours** cannot be
//! - **owned set** `ListAgentRuntimes`, then the tags of those whose name starts like ours
//! - **secret** none; values of variables are not shown in a plan
//! - **protect** nothing: its ARN and URL change with it, and only targets know them
//! - **replace** delete-first, as the name is taken: for another name, and after a failed creation
//! - **update that resets** `UpdateAgentRuntime` replaces the whole and makes a new version of it, so that `overlay` starts
//!   from what is there. A tag tells which settings the manifest spoke of: what it no longer speaks of is taken away, what
//!   it never spoke of stays. What this SDK cannot send back (`hooksConfiguration`, `resourceConfigurations`) is seen in the
//!   answer's own text, and no update is sent. A change of tags alone makes no version
//!
//! Deletion: endpoints other than `DEFAULT` must be gone first. Those that are left (ours, as they live in a runtime of ours)
//! are removed here. Its role must outlive it. Versions go with it.
//! Quota: 1,000 in an account and Region, with 1,000 versions each.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntime.html>.

mod compare;
mod overlay;
mod removal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime::GetAgentRuntimeOutput;
use aws_sdk_bedrockagentcorecontrol::types::{AgentRuntime as Summary, AgentRuntimeStatus};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{agentcore_tags, fields, jwt_authorizer, looking, marks, spoken};
use crate::cloud::{Cloud, RawAnswer, Tags, classify, is_not_found, propagation};
use crate::manifest::{Jwt, RuntimeCode, RuntimeNetwork, S3Zip, ServerProtocol};
use crate::steps::waits;

/// Pulling a large image takes minutes.
const READY_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(15));

/// The kind of agent runtimes.
pub struct AgentRuntime;

/// What the manifest says of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Text for the console.
    pub description: Option<String>,
    /// What is run.
    pub artifact: Artifact,
    /// What is spoken with it.
    pub protocol: ServerProtocol,
    /// The port that it listens at.
    pub port: Option<u32>,
    /// The path that it answers at.
    pub path: Option<String>,
    /// The VPC that it reaches out through.
    pub network: Option<RuntimeNetwork>,
    /// Headers of callers that it is handed.
    pub headers: Option<Vec<String>>,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// How long a session lives unused.
    pub idle_timeout_seconds: Option<u32>,
    /// How long a session lives at all.
    pub max_lifetime_seconds: Option<u32>,
    /// Whose tokens it takes; none where callers sign with AWS credentials.
    pub jwt: Option<Jwt>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What a runtime runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Artifact {
    /// A container image.
    Image(String),
    /// A zip that lies in S3.
    S3(S3Zip, RuntimeCode),
}

impl Spec {
    /// The settings that the manifest speaks of, by their names there.
    fn settings(&self) -> impl Iterator<Item = &'static str> {
        [
            ("description", self.description.is_some()),
            ("port", self.port.is_some()),
            ("path", self.path.is_some()),
            ("network", self.network.is_some()),
            ("headers", self.headers.is_some()),
            ("idle_timeout_seconds", self.idle_timeout_seconds.is_some()),
            ("max_lifetime_seconds", self.max_lifetime_seconds.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, said)| said.then_some(name))
        .chain(self.jwt.iter().flat_map(jwt_authorizer::settings))
    }

    /// The wanted tags of a runtime that has the tags `live`.
    fn tags_over(&self, live: &Tags) -> Tags {
        spoken::tagged(&self.tags, self.settings(), live)
    }
}

/// What a runtime takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The role it works as.
    pub role_arn: String,
}

/// A runtime as the service answers it.
#[derive(Clone, Debug)]
pub struct Live {
    answer: GetAgentRuntimeOutput,
    /// What the answer holds and an update could not send back.
    unsendable: Option<&'static str>,
    tags: Tags,
}

/// What others need of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its newest version; empty where only a discovery has seen the runtime.
    pub version: String,
}

impl Step<Cloud> for AgentRuntime {
    const KIND: &'static str = "agentcore.runtime";
    const FIELDS: &'static [&'static str] = &[
        "advertisedScopeMapping",
        "allowedAudience",
        "allowedClients",
        "allowedScopes",
        "customClaims",
        "agentRuntimeArtifact",
        "description",
        "environmentVariables",
        "lifecycleConfiguration",
        "networkConfiguration",
        "privateEndpoint",
        "protocolConfiguration",
        "requestHeaderAllowlist",
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
        let by_name = |runtimes: &Vec<Summary>| {
            let found = runtimes.iter().find(|one| one.agent_runtime_name == spec.name);
            found.map(|one| (one.agent_runtime_id.clone(), one.agent_runtime_arn.clone()))
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
        let wanted = overlay::Wanted::new(spec, None)?;
        let tags = spec.tags_over(&Tags::new());
        // Boxed, as a request of this size would make every future around it as large.
        let create = || {
            let call = cx
                .cloud
                .agentcore
                .create_agent_runtime()
                .agent_runtime_name(&spec.name)
                .client_token(cx.token)
                .role_arn(&links.role_arn)
                .agent_runtime_artifact(wanted.artifact.clone())
                .network_configuration(wanted.network.clone())
                .protocol_configuration(wanted.protocol.clone())
                .set_description(wanted.description.clone())
                .set_authorizer_configuration(wanted.authorizer())
                .set_request_header_configuration(wanted.headers())
                .set_lifecycle_configuration(wanted.lifecycle.clone())
                .set_environment_variables(wanted.environment())
                .set_tags(Some(tags.clone().into_iter().collect()));
            Box::pin(async move {
                call.send().await.map_err(|error| classify("CreateAgentRuntime", error))
            })
        };
        let answer = propagation::retried(cx, is_fresh_role, create).await?;
        Ok(ready(cx, &answer.agent_runtime_id).await?.tagged(tags))
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::beyond_tags(changes) {
            let request = overlay::request(spec, links, &live, changes)?;
            let update = || {
                let call = request.clone().send_with(&cx.cloud.agentcore);
                Box::pin(async move {
                    call.await.map_err(|error| classify("UpdateAgentRuntime", error))
                })
            };
            propagation::retried(cx, is_fresh_role, update).await?;
            live = ready(cx, &live.answer.agent_runtime_id).await?.tagged(live.tags);
        }
        let arn = live.answer.agent_runtime_arn.clone();
        live.tags = agentcore_tags::complete(cx, &arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        removal::remove(cx, &outputs.id).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let id = &live.answer.agent_runtime_id;
        let changing = |seen: &Live| {
            let status = &seen.answer.status;
            transient(status).then(|| format!("status {status} of the runtime"))
        };
        let settled = waits::settled(cx, READY_WITHIN, || get(cx, id), changing).await?;
        Ok(settled.map_or(Presence::Absent, |seen| Presence::Ours(seen.tagged(live.tags))))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            id: live.answer.agent_runtime_id.clone(),
            arn: live.answer.agent_runtime_arn.clone(),
            version: live.answer.agent_runtime_version.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let runtimes: Arc<Vec<Summary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        let prefix = name(&cx.cloud.naming.stack, "");
        let ours = runtimes.iter().filter(|one| one.agent_runtime_name.starts_with(&prefix));
        let looks = ours.map(|one| async {
            let tags = agentcore_tags::read(cx, &one.agent_runtime_arn).await?;
            let outputs = Outputs {
                id: one.agent_runtime_id.clone(),
                arn: one.agent_runtime_arn.clone(),
                version: String::new(),
            };
            Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all: Arc<Vec<Summary>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| one.agent_runtime_arn.clone())).await
    }
}

/// The name in the account of the runtime that the manifest of `stack` calls `name`.
pub fn name(stack: &str, name: &str) -> String {
    format!("{}_{name}", stack.replace('-', "_"))
}

/// The shared list of the account's runtimes.
const LIST: &str = "agentcore.runtimes";

async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<Summary>, StepError> {
    let pages = cx.cloud.agentcore.list_agent_runtimes().into_paginator().page_size(100);
    let all = pages.items().send().try_collect().await;
    all.map_err(|error| classify("ListAgentRuntimes", error))
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<Live>, StepError> {
    let raw = RawAnswer::default();
    let call = cx.cloud.agentcore.get_agent_runtime().agent_runtime_id(id);
    let answer = call.customize().interceptor(raw.clone()).send().await;
    match answer.map_err(|error| classify("GetAgentRuntime", error)) {
        Ok(answer) => {
            let unsendable = overlay::unsendable(&raw.json());
            Ok(Some(Live { answer, unsendable, tags: Tags::new() }))
        }
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Live {
    fn tagged(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }
}

async fn read_tagged(cx: &Cx<'_, Cloud>, id: &str, arn: &str) -> Result<Option<Live>, StepError> {
    let (live, tags) = tokio::join!(get(cx, id), agentcore_tags::read(cx, arn));
    let Some(live) = live? else { return Ok(None) };
    Ok(Some(live.tagged(Tags::clone(&*tags?))))
}

fn presence(cx: &Cx<'_, Cloud>, live: Live) -> Presence<Live> {
    let what = format!("the runtime {}", live.answer.agent_runtime_name);
    let settling = transient(&live.answer.status);
    let tags = live.tags.clone();
    marks::presence(cx.cloud, &what, &tags, live, settling)
}

fn transient(status: &AgentRuntimeStatus) -> bool {
    use AgentRuntimeStatus as Status;
    matches!(status, Status::Creating | Status::Updating | Status::Deleting)
}

/// Waits until a runtime that was just made or changed can be used.
async fn ready(cx: &Cx<'_, Cloud>, id: &str) -> Result<Live, StepError> {
    until(cx, READY_WITHIN, || async {
        let Some(live) = get(cx, id).await? else {
            return Ok(Poll::NotYet("the runtime to show".to_owned()));
        };
        match &live.answer.status {
            AgentRuntimeStatus::Ready => Ok(Poll::Ready(live)),
            status if transient(status) => {
                Ok(Poll::NotYet(format!("status {status} of the runtime")))
            }
            status => {
                let message = format!("the runtime is {status}: {}", reason(&live));
                Err(StepError::new(Class::Failed, message))
            }
        }
    })
    .await
}

/// Why the service says that the runtime has its status.
fn reason(live: &Live) -> &str {
    live.answer.failure_reason.as_deref().unwrap_or("the service gives no reason")
}

/// Whether the service could not use a role that IAM has not spread yet.
///
/// AgentCore has one code for every wrong argument, so that its sentence is all there is to tell this one by.
fn is_fresh_role(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    matches!(code, Some("ValidationException" | "AccessDeniedException"))
        && error.message.to_ascii_lowercase().contains("assume")
}
