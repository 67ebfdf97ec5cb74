//! An endpoint of an agent runtime: a name for one of its versions, which callers give as the qualifier.
//!
//! - **name** the manifest's own, unique in its runtime; immutable. `DEFAULT` is not one of these: it comes with the runtime,
//!   follows its newest version, and goes with it
//! - **found** by runtime and name, one call; its tags are a second one
//! - **proven ours** when its runtime is
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice
//! - **two of ours** cannot be
//! - **owned set** the endpoints of each runtime that was found, then the tags of those other than `DEFAULT`
//! - **secret**, **protect** none
//! - **replace** delete-first, as the name is taken: for another runtime, and after a failed creation
//! - **update that resets** no: what is left out stays. A description can therefore be changed and not be taken away
//!
//! It has arrived when it is READY and its live version is its target version. Without a version in the manifest it follows
//! the runtime's newest one. Quota: 10 in a runtime, `DEFAULT` among them.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateAgentRuntimeEndpoint.html>.

use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime_endpoint::GetAgentRuntimeEndpointOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    AgentRuntimeEndpoint as Summary, AgentRuntimeEndpointStatus as Status,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{agent_runtime::AgentRuntime, waits};
use super::{agentcore_tags, fields, marks};
use crate::cloud::{Cloud, Tags, classify, is_not_found};

/// Starting a version takes seconds to minutes.
const READY_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(15));
/// How long a runtime may be busy with something else.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

/// What is waited for meanwhile.
const BUSY: &str = "the runtime to finish what it does";
/// The endpoint that comes and goes with its runtime.
const DEFAULT: &str = "DEFAULT";

/// The kind of endpoints of agent runtimes.
pub struct AgentRuntimeEndpoint;

/// What the manifest says of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// The version that it serves; none means the newest.
    pub version: Option<u32>,
    /// Text for the console; none leaves what is there.
    pub description: Option<String>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// What an endpoint takes from its runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The runtime's id.
    pub runtime_id: String,
    /// The runtime's newest version.
    pub newest_version: String,
}

/// An endpoint as the service answers it.
#[derive(Clone, Debug)]
pub struct Live {
    runtime_id: String,
    answer: GetAgentRuntimeEndpointOutput,
    tags: Tags,
}

/// What others need of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The runtime it is in.
    pub runtime_id: String,
    /// Its name: the qualifier of a call.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl Step<Cloud> for AgentRuntimeEndpoint {
    const KIND: &'static str = "agentcore.runtime-endpoint";
    const FIELDS: &'static [&'static str] = &["agentRuntimeVersion", "description", marks::ANY_TAG];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let recorded = last.filter(|last| last.name == spec.name).map(|last| &last.runtime_id);
        let Some(runtime_id) = links.map(|links| &links.runtime_id).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let Some(mut live) = get(cx, runtime_id, &spec.name).await? else {
            return Ok(Presence::Absent);
        };
        live.tags =
            Tags::clone(&*agentcore_tags::read(cx, &live.answer.agent_runtime_endpoint_arn).await?);
        Ok(if settling(&live) { Presence::Settling(live) } else { Presence::Ours(live) })
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        unless_busy(cx, || async {
            let call = cx
                .cloud
                .agentcore
                .create_agent_runtime_endpoint()
                .agent_runtime_id(&links.runtime_id)
                .name(&spec.name)
                .agent_runtime_version(version(spec, links))
                .set_description(spec.description.clone())
                .client_token(cx.token)
                .set_tags(Some(spec.tags.clone().into_iter().collect()));
            match call.send().await.map_err(|error| classify("CreateAgentRuntimeEndpoint", error)) {
                // A name that is taken is the engine's to look into; a busy runtime is not.
                Err(error) if error.class == Class::Conflict => {
                    match get(cx, &links.runtime_id, &spec.name).await? {
                        Some(_) => Err(error),
                        None => Ok(None),
                    }
                }
                answer => answer.map(|_| Some(())),
            }
        })
        .await?;
        let live = ready(cx, &links.runtime_id, &spec.name).await?;
        Ok(Live { tags: spec.tags.clone(), ..live })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::beyond_tags(changes) {
            let there = live.answer.target_version.clone();
            let left_alone = there.filter(|_| !fields::has(changes, "agentRuntimeVersion"));
            let served = left_alone.unwrap_or_else(|| version(spec, links));
            let said = || spec.description.clone();
            let description = fields::has(changes, "description").then(said).flatten();
            unless_busy(cx, || async {
                let call = cx
                    .cloud
                    .agentcore
                    .update_agent_runtime_endpoint()
                    .agent_runtime_id(&links.runtime_id)
                    .endpoint_name(&spec.name)
                    .agent_runtime_version(&served)
                    .set_description(description.clone());
                match call.send().await {
                    Ok(_) => Ok(Some(())),
                    Err(error) => match classify("UpdateAgentRuntimeEndpoint", error) {
                        error if error.class == Class::Conflict => Ok(None),
                        error => Err(error),
                    },
                }
            })
            .await?;
            let arrived = ready(cx, &links.runtime_id, &spec.name).await?;
            live = Live { tags: live.tags, ..arrived };
        }
        let arn = live.answer.agent_runtime_endpoint_arn.clone();
        live.tags = agentcore_tags::complete(cx, &arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        remove(cx, &outputs.runtime_id, &outputs.name).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let read = || get(cx, &live.runtime_id, &live.answer.name);
        let changing = |seen: &Live| settling(seen).then(|| says(seen));
        let settled = waits::settled(cx, READY_WITHIN, read, changing).await?;
        let tags = live.tags;
        Ok(settled.map_or(Presence::Absent, |seen| Presence::Ours(Live { tags, ..seen })))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            runtime_id: live.runtime_id.clone(),
            name: live.answer.name.clone(),
            arn: live.answer.agent_runtime_endpoint_arn.clone(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.runtime_id, outputs.name)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let looks = found.of::<Cloud, AgentRuntime>().into_iter().map(|(_, runtime)| async move {
            let mut ours = Vec::new();
            for one in list(cx, &runtime.id).await? {
                let tags = agentcore_tags::read(cx, &one.agent_runtime_endpoint_arn).await?;
                let outputs = Outputs {
                    runtime_id: runtime.id.clone(),
                    name: one.name,
                    arn: one.agent_runtime_endpoint_arn,
                };
                ours.extend(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)));
            }
            Ok::<_, StepError>(ours)
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let answer = &live.answer;
    let mut changes = Vec::new();
    let mut fixed = None;
    if let Some(links) = links {
        let moved = Change::between("agentRuntimeId", &live.runtime_id, &links.runtime_id);
        fixed = moved.as_ref().map(|_| "an endpoint stays in its runtime".to_owned());
        changes.extend(moved);
        let before = answer.target_version.clone().unwrap_or_default();
        let after = version(spec, links);
        if before != after {
            changes.push(Change::new("agentRuntimeVersion", before, after));
        }
    }
    match answer.status {
        Status::CreateFailed => fixed = Some(format!("its creation failed: {}", reason(live))),
        Status::DeleteFailed => {
            fixed = Some(format!("an earlier removal failed: {}", reason(live)));
        }
        Status::UpdateFailed => {
            let before = format!("UPDATE_FAILED: {}", reason(live));
            changes.push(Change::new("status", before, "READY"));
        }
        _ => {}
    }
    if let Some(after) = &spec.description {
        let before = answer.description.clone().unwrap_or_default();
        if before != *after {
            changes.push(Change::new("description", before, after.clone()));
        }
    }
    changes.extend(marks::changes(&spec.tags, &live.tags));
    match fixed {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// The version that the endpoint shall serve.
fn version(spec: &Spec, links: &Links) -> String {
    spec.version.map_or_else(|| links.newest_version.clone(), |version| version.to_string())
}

async fn get(cx: &Cx<'_, Cloud>, runtime_id: &str, name: &str) -> Result<Option<Live>, StepError> {
    let call = cx.cloud.agentcore.get_agent_runtime_endpoint().agent_runtime_id(runtime_id);
    let answer = call.endpoint_name(name).send().await;
    match answer.map_err(|error| classify("GetAgentRuntimeEndpoint", error)) {
        Ok(answer) => {
            Ok(Some(Live { runtime_id: runtime_id.to_owned(), answer, tags: Tags::new() }))
        }
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The endpoints of a runtime but for `DEFAULT`; none when the runtime is gone.
async fn list(cx: &Cx<'_, Cloud>, runtime_id: &str) -> Result<Vec<Summary>, StepError> {
    let call = cx.cloud.agentcore.list_agent_runtime_endpoints().agent_runtime_id(runtime_id);
    let all = call.into_paginator().page_size(100).items().send().try_collect().await;
    let all: Vec<Summary> = match all {
        Ok(all) => all,
        Err(error) => match classify("ListAgentRuntimeEndpoints", error) {
            error if is_not_found(&error) => Vec::new(),
            error => return Err(error),
        },
    };
    Ok(all.into_iter().filter(|one| one.name != DEFAULT).collect())
}

fn transient(status: &Status) -> bool {
    matches!(status, Status::Creating | Status::Updating | Status::Deleting)
}

/// Whether it is on its way to another state: READY comes before the version is live.
fn settling(live: &Live) -> bool {
    let answer = &live.answer;
    transient(&answer.status)
        || (answer.status == Status::Ready && answer.live_version != answer.target_version)
}

fn says(live: &Live) -> String {
    format!("status {} of the endpoint {}", live.answer.status, live.answer.name)
}

fn reason(live: &Live) -> &str {
    live.answer.failure_reason.as_deref().unwrap_or("the service gives no reason")
}

/// Sends `call` until the runtime is not busy with something else; `call` gives none while it is.
async fn unless_busy<F>(cx: &Cx<'_, Cloud>, mut call: impl FnMut() -> F) -> Result<(), StepError>
where
    F: Future<Output = Result<Option<()>, StepError>>,
{
    until(cx, RELEASED_WITHIN, || {
        let answer = call();
        async move {
            Ok(match answer.await? {
                Some(()) => Poll::Ready(()),
                None => Poll::NotYet(BUSY.to_owned()),
            })
        }
    })
    .await
}

/// Waits until an endpoint that was just made or changed serves its version.
async fn ready(cx: &Cx<'_, Cloud>, runtime_id: &str, name: &str) -> Result<Live, StepError> {
    until(cx, READY_WITHIN, || async {
        let Some(live) = get(cx, runtime_id, name).await? else {
            return Ok(Poll::NotYet("the endpoint to show".to_owned()));
        };
        if settling(&live) {
            return Ok(Poll::NotYet(says(&live)));
        }
        if live.answer.status == Status::Ready {
            return Ok(Poll::Ready(live));
        }
        let message = format!("the endpoint {name} is {}: {}", live.answer.status, reason(&live));
        Err(StepError::new(Class::Failed, message))
    })
    .await
}

/// Removes an endpoint and returns once it is gone.
async fn remove(cx: &Cx<'_, Cloud>, runtime_id: &str, name: &str) -> Result<(), StepError> {
    waits::taken(cx, RELEASED_WITHIN, BUSY, || async {
        let call = cx.cloud.agentcore.delete_agent_runtime_endpoint().agent_runtime_id(runtime_id);
        let answer = call.endpoint_name(name).send().await;
        answer.map_err(|error| classify("DeleteAgentRuntimeEndpoint", error))
    })
    .await?;
    let left = |live: Live| match live.answer.status {
        Status::DeleteFailed => {
            let message = format!("the endpoint {name} could not be removed: {}", reason(&live));
            Err(StepError::new(Class::Failed, message))
        }
        _ => Ok(says(&live)),
    };
    waits::gone(cx, READY_WITHIN, || get(cx, runtime_id, name), left).await
}

/// Removes every endpoint of a runtime but for `DEFAULT`, whoever made it: what lives in a runtime of ours is ours.
pub(super) async fn remove_all(cx: &Cx<'_, Cloud>, runtime_id: &str) -> Result<(), StepError> {
    for endpoint in list(cx, runtime_id).await? {
        remove(cx, runtime_id, &endpoint.name).await?;
    }
    Ok(())
}
