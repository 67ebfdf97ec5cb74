//! A policy engine: what a gateway asks before it lets a tool be called.
//!
//! - **name** `{stack}_NAME` with the stack's hyphens as underscores, as the service takes no hyphens; unique in the account;
//!   immutable. The id is the name and ten random characters
//! - **found** by the recorded id, else by `ListPolicyEngines` and the name: the API has no filter
//! - **proven ours** by its tags, which are a call of their own; with a recorded ARN both calls leave at once
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice
//! - **two of ours** cannot be
//! - **owned set** `ListPolicyEngines`, then the tags of those whose name starts like ours
//! - **secret** none
//! - **protect** nothing: nobody has anything in it
//! - **replace** delete-first, as the name is taken: for another key, and after a failed creation. Until the new one has its
//!   policies again, gateways let every call pass that they let in
//! - **update that resets** no: `UpdatePolicyEngine` changes the description only
//!
//! Deletion: its policies go first, as they live in it, and every gateway must have let go of it. Gateways of this stack that
//! still ask it are told to; for another's the refusal names the gateway, and its owner must.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreatePolicyEngine.html>.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_policy_engine::GetPolicyEngineOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    PolicyEngine as Listed, PolicyEngineStatus, UpdatedDescription,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{agentcore_tags, fields, gateway, looking, marks, waits};
use crate::cloud::{Cloud, Naming, Tags, classify, is_not_found};

/// The service's own waiters give up after two minutes.
const ACTIVE_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));
/// How long the service may go on refusing because of a gateway that has let go of it, or a policy that is going.
const RELEASED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(2));

/// The kind of policy engines.
pub struct PolicyEngine;

/// What the manifest says of a policy engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in the account.
    pub name: String,
    /// Text for the console.
    pub description: Option<String>,
    /// The key that encrypts it; none is a key of the service's.
    pub kms_key: Option<String>,
    /// The marks and the manifest's tags.
    pub tags: Tags,
}

/// A policy engine as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    id: String,
    arn: String,
    name: String,
    description: Option<String>,
    kms_key: Option<String>,
    status: PolicyEngineStatus,
    reasons: Vec<String>,
    tags: Tags,
}

/// What others need of a policy engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
}

/// The name in the account of what the manifest calls `name`.
pub fn name_of(naming: &Naming, name: &str) -> String {
    format!("{}_{name}", naming.stack.replace('-', "_"))
}

impl Step<Cloud> for PolicyEngine {
    const KIND: &'static str = "agentcore.policy-engine";
    const FIELDS: &'static [&'static str] = &["description", marks::ANY_TAG];
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
        if let Some(last) = last
            && let Some(live) = read_tagged(cx, &last.id, &last.arn).await?
        {
            return Ok(live.presence(cx));
        }
        let by_name = |engines: &Vec<Listed>| {
            let named = engines.iter().find(|one| one.name == spec.name);
            named.map(|one| (one.policy_engine_id.clone(), one.policy_engine_arn.clone()))
        };
        let found = looking::find(cx, LIST, || list(cx), by_name).await?;
        let Some((id, arn)) = found else { return Ok(Presence::Absent) };
        let live = read_tagged(cx, &id, &arn).await?;
        Ok(live.map_or(Presence::Absent, |live| live.presence(cx)))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let mut changes = Vec::new();
        let mut fixed = None;
        if live.kms_key != spec.kms_key {
            let (before, after) = (live.kms_key.clone(), spec.kms_key.clone());
            changes.push(Change::new(
                "encryptionKeyArn",
                before.unwrap_or_default(),
                after.unwrap_or_default(),
            ));
            fixed = Some(
                "the key of a policy engine is fixed; until the new one is asked, gateways let every call pass"
                    .to_owned(),
            );
        }
        if live.status == PolicyEngineStatus::CreateFailed {
            fixed = Some(format!("it has failed: {}", live.says()));
        }
        if matches!(
            live.status,
            PolicyEngineStatus::UpdateFailed | PolicyEngineStatus::DeleteFailed
        ) {
            changes.push(Change::new("status", live.says(), PolicyEngineStatus::Active.as_str()));
        }
        changes.extend(fields::text(
            "description",
            live.description.as_deref(),
            spec.description.as_deref(),
        ));
        changes.extend(marks::changes(&spec.tags, &live.tags));
        match fixed {
            Some(reason) => Diff::Replace { reason, changes },
            None => Diff::of(changes),
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .agentcore
            .create_policy_engine()
            .name(&spec.name)
            .set_description(spec.description.clone())
            .set_encryption_key_arn(spec.kms_key.clone())
            .client_token(cx.token)
            .set_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreatePolicyEngine", error))?;
        active(cx, &answer.policy_engine_id, spec.tags.clone()).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::beyond_tags(changes) {
            let wanted = fields::has(changes, "description");
            let description = if wanted { spec.description.clone() } else { live.description };
            let description = UpdatedDescription::builder().set_optional_value(description).build();
            cx.cloud
                .agentcore
                .update_policy_engine()
                .policy_engine_id(&live.id)
                .description(description)
                .send()
                .await
                .map_err(|error| classify("UpdatePolicyEngine", error))?;
            live = active(cx, &live.id, live.tags).await?;
        }
        live.tags =
            agentcore_tags::complete(cx, &live.arn, &marks::among(changes), &live.tags).await?;
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        until(cx, RELEASED_WITHIN, || async {
            let call = cx.cloud.agentcore.delete_policy_engine().policy_engine_id(&outputs.id);
            match call.send().await.map_err(|error| classify("DeletePolicyEngine", error)) {
                Ok(_) => Ok(Poll::Ready(())),
                Err(error) if is_not_found(&error) => Ok(Poll::Ready(())),
                Err(error) if error.class == Class::Conflict => {
                    gateway::let_go_of(cx, &outputs.arn).await?;
                    Ok(Poll::NotYet(error.message))
                }
                Err(error) => Err(error),
            }
        })
        .await?;
        let left = |answer: GetPolicyEngineOutput| match answer.status {
            PolicyEngineStatus::DeleteFailed => {
                let says = Live::new(answer, Tags::new()).says();
                let message = format!("the policy engine could not be removed: {says}");
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(format!("status {status} of the policy engine")),
        };
        waits::gone(cx, ACTIVE_WITHIN, || get(cx, &outputs.id), left).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let changing = |seen: &GetPolicyEngineOutput| {
            let status = &seen.status;
            transient(status).then(|| format!("status {status} of the policy engine"))
        };
        let settled = waits::settled(cx, ACTIVE_WITHIN, || get(cx, &live.id), changing).await?;
        let settled = settled.map(|answer| Live::new(answer, live.tags));
        Ok(settled.map_or(Presence::Absent, Presence::Ours))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { id: live.id.clone(), arn: live.arn.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.id.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let engines: Arc<Vec<Listed>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        let prefix = name_of(&cx.cloud.naming, "");
        let looks = engines.iter().filter(|one| one.name.starts_with(&prefix)).map(|one| async {
            let tags = agentcore_tags::read(cx, &one.policy_engine_arn).await?;
            let outputs =
                Outputs { id: one.policy_engine_id.clone(), arn: one.policy_engine_arn.clone() };
            Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let all: Arc<Vec<Listed>> = cx.cloud.lists.once(LIST, || list(cx)).await?;
        agentcore_tags::stacks(cx, all.iter().map(|one| one.policy_engine_arn.clone())).await
    }
}

impl Live {
    fn new(answer: GetPolicyEngineOutput, tags: Tags) -> Self {
        Self {
            id: answer.policy_engine_id,
            arn: answer.policy_engine_arn,
            name: answer.name,
            description: answer.description,
            kms_key: answer.encryption_key_arn,
            status: answer.status,
            reasons: answer.status_reasons,
            tags,
        }
    }

    fn presence(self, cx: &Cx<'_, Cloud>) -> Presence<Self> {
        let (what, tags) = (format!("the policy engine {}", self.name), self.tags.clone());
        let settling = transient(&self.status);
        marks::presence(cx.cloud, &what, &tags, self, settling)
    }

    fn says(&self) -> String {
        fields::status(self.status.as_str(), &self.reasons)
    }
}

fn transient(status: &PolicyEngineStatus) -> bool {
    matches!(
        status,
        PolicyEngineStatus::Creating | PolicyEngineStatus::Updating | PolicyEngineStatus::Deleting
    )
}

/// The shared list of the account's policy engines.
const LIST: &str = "agentcore.policy-engines";

async fn list(cx: &Cx<'_, Cloud>) -> Result<Vec<Listed>, StepError> {
    let pages = cx.cloud.agentcore.list_policy_engines().into_paginator().page_size(100);
    let engines = pages.items().send().try_collect().await;
    engines.map_err(|error| classify("ListPolicyEngines", error))
}

async fn get(cx: &Cx<'_, Cloud>, id: &str) -> Result<Option<GetPolicyEngineOutput>, StepError> {
    let answer = cx.cloud.agentcore.get_policy_engine().policy_engine_id(id).send().await;
    match answer.map_err(|error| classify("GetPolicyEngine", error)) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read_tagged(cx: &Cx<'_, Cloud>, id: &str, arn: &str) -> Result<Option<Live>, StepError> {
    let (answer, tags) = tokio::join!(get(cx, id), agentcore_tags::read(cx, arn));
    let Some(answer) = answer? else { return Ok(None) };
    Ok(Some(Live::new(answer, Tags::clone(&*tags?))))
}

/// Waits until the engine takes policies.
async fn active(cx: &Cx<'_, Cloud>, id: &str, tags: Tags) -> Result<Live, StepError> {
    let answer = until(cx, ACTIVE_WITHIN, || async {
        let Some(answer) = get(cx, id).await? else {
            return Ok(Poll::NotYet("the policy engine to show".to_owned()));
        };
        match answer.status {
            PolicyEngineStatus::Active => Ok(Poll::Ready(answer)),
            PolicyEngineStatus::CreateFailed | PolicyEngineStatus::UpdateFailed => {
                let live = Live::new(answer, Tags::new());
                let message = format!("the policy engine {} has {}", live.name, live.says());
                Err(StepError::new(Class::Failed, message))
            }
            status => Ok(Poll::NotYet(format!("status {status} of the policy engine"))),
        }
    })
    .await?;
    Ok(Live::new(answer, tags))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "acme_tools".into(),
            description: Some("who may".into()),
            kms_key: None,
            tags: Tags::from([("a".into(), "1".into())]),
        }
    }

    fn live() -> Live {
        Live {
            id: "acme_tools-0123456789".into(),
            arn: "arn:engine".into(),
            name: spec().name,
            description: spec().description,
            kms_key: None,
            status: PolicyEngineStatus::Active,
            reasons: Vec::new(),
            tags: spec().tags,
        }
    }

    fn fields(live: &Live) -> Vec<String> {
        match PolicyEngine::diff(&spec(), Some(&()), live) {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
        }
    }

    #[test]
    fn each_field_is_changed_where_that_is_possible() {
        assert!(fields(&live()).is_empty());
        assert_eq!(fields(&Live { description: None, ..live() }), ["description"]);
        assert_eq!(fields(&Live { tags: Tags::new(), ..live() }), ["tag a"]);
        let failed = PolicyEngineStatus::UpdateFailed;
        assert_eq!(fields(&Live { status: failed, ..live() }), ["status"]);
    }

    #[test]
    fn another_key_and_a_failed_creation_need_another_engine() {
        let keyed = fields(&Live { kms_key: Some("arn:key".into()), ..live() });
        assert!(keyed[0].starts_with("replace: the key"), "{keyed:?}");
        let reasons = vec!["no key".to_owned()];
        let failed = Live { status: PolicyEngineStatus::CreateFailed, reasons, ..live() };
        assert_eq!(fields(&failed), ["replace: it has failed: status CREATE_FAILED: no key"]);
    }

    #[test]
    fn names_have_no_hyphens() {
        let naming = Naming {
            stack: "acme-tools".into(),
            account: "1".into(),
            region: "r".into(),
            partition: "aws".into(),
        };
        assert_eq!(name_of(&naming, "main"), "acme_tools_main");
    }
}
