//! A policy of a policy engine: who may call which tools of a gateway, in Cedar or Dogwood.
//!
//! - **name** the manifest's own, unique in its engine; immutable. The id is the name and ten random characters
//! - **found** by the recorded ids, else by `ListPolicies` and the name
//! - **proven ours** when its engine is: policies take no tags
//! - **in doubt** the client token is the same when a create is sent again; besides, a name is refused twice
//! - **two of ours** cannot be
//! - **owned set** the list of policies of each engine that was found
//! - **secret** none
//! - **protect** nothing of its own
//! - **replace** delete-first, as the name is taken: after a failed creation, or for another engine
//! - **update that resets** no: `UpdatePolicy` changes what is sent; a description goes with an empty wrapper
//!
//! The service analyses a policy against the tools of the gateways that ask its engine, so that it comes after their targets.
//! It calls them with the permissions of whoever runs construct.
//! It never tells how a policy was validated, so that a change of `validation` counts with the next other change.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreatePolicy.html>.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_policy::GetPolicyOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    CedarPolicy, EnforcementMode, Policy as Listed, PolicyDefinition, PolicyStatement,
    PolicyStatus, PolicyValidationMode, UpdatedDescription,
};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::{fields, looking, marks};
use super::{policy_engine::PolicyEngine, waits};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::{PolicyEnforcement, PolicyLanguage, PolicyValidation, statement};

/// The service's own waiters give up after two minutes.
const ACTIVE_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));

/// The kind of policies.
pub struct Policy;

/// What the manifest says of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name in its engine.
    pub name: String,
    /// What it says, with placeholders for gateways.
    pub statement: String,
    /// What it is written in.
    pub language: PolicyLanguage,
    /// Text for the console.
    pub description: Option<String>,
    /// Whether findings refuse it.
    pub validation: PolicyValidation,
    /// Whether it decides.
    pub enforcement: PolicyEnforcement,
}

/// What a policy takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The engine it is in.
    pub engine_id: String,
    /// The ARNs of the gateways that ask the engine, by what stands for each in a statement.
    pub gateways: BTreeMap<String, String>,
}

/// A policy as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    engine_id: String,
    id: String,
    name: String,
    definition: PolicyDefinition,
    description: Option<String>,
    enforcement: EnforcementMode,
    status: PolicyStatus,
    reasons: Vec<String>,
}

/// What others need of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The engine it is in.
    pub engine_id: String,
    /// Its id.
    pub id: String,
}

impl Step<Cloud> for Policy {
    const KIND: &'static str = "agentcore.policy";
    const FIELDS: &'static [&'static str] = &["definition", "description", "enforcementMode"];
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
        let current = |last: &&Outputs| links.is_none_or(|links| links.engine_id == last.engine_id);
        if let Some(last) = last.filter(current)
            && let Some(live) = get(cx, &last.engine_id, &last.id).await?
        {
            return Ok(live.presence());
        }
        let Some(links) = links else { return Ok(Presence::Absent) };
        let engine = &links.engine_id;
        let by_name = |policies: &Vec<Listed>| {
            policies.iter().find(|one| one.name == spec.name).map(|one| one.policy_id.clone())
        };
        let list = || list(cx, engine);
        let found = looking::find(cx, &list_name(engine), list, by_name).await?;
        let Some(id) = found else { return Ok(Presence::Absent) };
        Ok(get(cx, engine, &id).await?.map_or(Presence::Absent, Live::presence))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        if live.status == PolicyStatus::CreateFailed {
            let reason = format!("it has failed: {}", live.says());
            return Diff::Replace { reason, changes: Vec::new() };
        }
        let moved = links
            .and_then(|links| Change::between("policyEngineId", &live.engine_id, &links.engine_id));
        if let Some(moved) = moved {
            let reason = "a policy stays in its engine".to_owned();
            return Diff::Replace { reason, changes: vec![moved] };
        }
        let mut changes = Vec::new();
        if matches!(live.status, PolicyStatus::UpdateFailed | PolicyStatus::DeleteFailed) {
            changes.push(Change::new("status", live.says(), PolicyStatus::Active.as_str()));
        }
        // A statement that names a gateway is known once the gateway is.
        let known = links.map(|links| filled(spec, links)).or_else(|| {
            statement::placeholders(&spec.statement).is_empty().then(|| spec.statement.clone())
        });
        if let Some(statement) = known {
            let (language, before) = live.says_what();
            if language != Some(spec.language) || before != statement {
                let (before, after) = (marks::digest(before), marks::digest(&statement));
                changes.push(Change::new("definition", before, after));
            }
        }
        changes.extend(fields::text(
            "description",
            live.description.as_deref(),
            spec.description.as_deref(),
        ));
        let after = enforcement(spec.enforcement);
        if live.enforcement != after {
            let before = live.enforcement.as_str();
            changes.push(Change::new("enforcementMode", before, after.as_str()));
        }
        Diff::of(changes)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let answer = cx
            .cloud
            .agentcore
            .create_policy()
            .policy_engine_id(&links.engine_id)
            .name(&spec.name)
            .definition(definition(spec, links)?)
            .set_description(spec.description.clone())
            .validation_mode(validation(spec.validation))
            .enforcement_mode(enforcement(spec.enforcement))
            .client_token(cx.token)
            .send()
            .await
            .map_err(|error| explained(classify("CreatePolicy", error), spec))?;
        active(cx, (&links.engine_id, &answer.policy_id), spec).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let has = |field| fields::has(changes, field);
        let definition = if has("definition") { definition(spec, links)? } else { live.definition };
        let description =
            if has("description") { spec.description.clone() } else { live.description };
        let description = UpdatedDescription::builder().set_optional_value(description).build();
        let enforced = has("enforcementMode");
        cx.cloud
            .agentcore
            .update_policy()
            .policy_engine_id(&live.engine_id)
            .policy_id(&live.id)
            .definition(definition)
            .description(description)
            .validation_mode(validation(spec.validation))
            .enforcement_mode(if enforced {
                enforcement(spec.enforcement)
            } else {
                live.enforcement
            })
            .send()
            .await
            .map_err(|error| explained(classify("UpdatePolicy", error), spec))?;
        active(cx, (&live.engine_id, &live.id), spec).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let (engine_id, id) = (&outputs.engine_id, &outputs.id);
        waits::taken(cx, ACTIVE_WITHIN, "the policy to finish what it does", || async {
            let call = cx.cloud.agentcore.delete_policy().policy_engine_id(engine_id);
            let answer = call.policy_id(id).send().await;
            answer.map_err(|error| classify("DeletePolicy", error))
        })
        .await?;
        let left = |live: Live| match live.status {
            PolicyStatus::DeleteFailed => {
                let message =
                    format!("the policy {} could not be removed: {}", live.name, live.says());
                Err(StepError::new(Class::Failed, message))
            }
            _ => Ok(live.says()),
        };
        waits::gone(cx, ACTIVE_WITHIN, || get(cx, engine_id, id), left).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let read = || get(cx, &live.engine_id, &live.id);
        let changing = |seen: &Live| transient(&seen.status).then(|| seen.says());
        let settled = waits::settled(cx, ACTIVE_WITHIN, read, changing).await?;
        Ok(settled.map_or(Presence::Absent, Presence::Ours))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { engine_id: live.engine_id.clone(), id: live.id.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.engine_id, outputs.id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let engines = found.of::<Cloud, PolicyEngine>().into_iter();
        let looks = engines.map(|(engine, outputs)| async move {
            let id = &outputs.id;
            let policies = cx.cloud.lists.once(&list_name(id), || list(cx, id)).await?;
            let ours = policies.iter().filter_map(|policy| {
                let address = Address::new(address_of(engine.leaf(), &policy.name)).ok()?;
                let (engine_id, id) = (id.clone(), policy.policy_id.clone());
                Some((address, Outputs { engine_id, id }))
            });
            Ok::<_, StepError>(ours.collect::<Vec<_>>())
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

/// The address of the policy called `name` of the engine that the manifest calls `engine`.
pub fn address_of(engine: &str, name: &str) -> String {
    format!("policy/{engine}.{name}")
}

impl Live {
    fn new(engine_id: &str, answer: GetPolicyOutput) -> Result<Self, StepError> {
        let name = &answer.name;
        let bare = || StepError::bug(format!("the policy {name} has no definition"));
        Ok(Self {
            engine_id: engine_id.to_owned(),
            definition: answer.definition.ok_or_else(bare)?,
            id: answer.policy_id,
            name: answer.name,
            description: answer.description,
            enforcement: answer.enforcement_mode,
            status: answer.status,
            reasons: answer.status_reasons,
        })
    }

    fn presence(self) -> Presence<Self> {
        if transient(&self.status) { Presence::Settling(self) } else { Presence::Ours(self) }
    }

    fn says(&self) -> String {
        fields::status(self.status.as_str(), &self.reasons)
    }

    /// Its language, where this version knows it, and its statement.
    fn says_what(&self) -> (Option<PolicyLanguage>, &str) {
        match &self.definition {
            PolicyDefinition::Cedar(cedar) => (Some(PolicyLanguage::Cedar), &cedar.statement),
            PolicyDefinition::Policy(policy) => (Some(PolicyLanguage::Dogwood), &policy.statement),
            _ => (None, ""),
        }
    }
}

fn filled(spec: &Spec, links: &Links) -> String {
    statement::filled(&spec.statement, &links.gateways)
}

fn definition(spec: &Spec, links: &Links) -> Result<PolicyDefinition, StepError> {
    let statement = filled(spec, links);
    let built = match spec.language {
        PolicyLanguage::Cedar => {
            CedarPolicy::builder().statement(statement).build().map(PolicyDefinition::Cedar)
        }
        PolicyLanguage::Dogwood => {
            PolicyStatement::builder().statement(statement).build().map(PolicyDefinition::Policy)
        }
    };
    built.map_err(|error| StepError::bug(error.to_string()))
}

fn validation(validation: PolicyValidation) -> PolicyValidationMode {
    match validation {
        PolicyValidation::FailOnFindings => PolicyValidationMode::FailOnAnyFindings,
        PolicyValidation::IgnoreFindings => PolicyValidationMode::IgnoreAllFindings,
    }
}

fn enforcement(enforcement: PolicyEnforcement) -> EnforcementMode {
    match enforcement {
        PolicyEnforcement::Active => EnforcementMode::Active,
        PolicyEnforcement::LogOnly => EnforcementMode::LogOnly,
    }
}

fn transient(status: &PolicyStatus) -> bool {
    matches!(status, PolicyStatus::Creating | PolicyStatus::Updating | PolicyStatus::Deleting)
}

fn list_name(engine_id: &str) -> String {
    format!("agentcore.policies {engine_id}")
}

/// The policies of an engine; none when the engine is gone.
async fn list(cx: &Cx<'_, Cloud>, engine_id: &str) -> Result<Vec<Listed>, StepError> {
    let call = cx.cloud.agentcore.list_policies().policy_engine_id(engine_id);
    let policies = call.into_paginator().page_size(100).items().send().try_collect().await;
    match policies.map_err(|error| classify("ListPolicies", error)) {
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        policies => policies,
    }
}

async fn get(cx: &Cx<'_, Cloud>, engine_id: &str, id: &str) -> Result<Option<Live>, StepError> {
    let call = cx.cloud.agentcore.get_policy().policy_engine_id(engine_id).policy_id(id);
    match call.send().await.map_err(|error| classify("GetPolicy", error)) {
        Ok(answer) => Live::new(engine_id, answer).map(Some),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until the service has analysed the policy and takes it.
async fn active(
    cx: &Cx<'_, Cloud>,
    (engine_id, id): (&str, &str),
    spec: &Spec,
) -> Result<Live, StepError> {
    until(cx, ACTIVE_WITHIN, || async {
        let Some(live) = get(cx, engine_id, id).await? else {
            return Ok(Poll::NotYet("the policy to show".to_owned()));
        };
        match live.status {
            PolicyStatus::Active => Ok(Poll::Ready(live)),
            PolicyStatus::CreateFailed | PolicyStatus::UpdateFailed => {
                let message = format!("the policy {} has {}", live.name, live.says());
                Err(explained(StepError::new(Class::Failed, message), spec))
            }
            _ => Ok(Poll::NotYet(live.says())),
        }
    })
    .await
}

/// Says where findings of the service's analysis come from, and what can be done about them.
fn explained(error: StepError, spec: &Spec) -> StepError {
    if error.message.contains("Insufficient permissions to call gateway") {
        return error.hint(
            "the service calls the gateway with your permissions: you need bedrock-agentcore:InvokeGateway on it",
        );
    }
    let findings = matches!(error.class, Class::Failed | Class::Invalid);
    if !findings || spec.validation == PolicyValidation::IgnoreFindings {
        return error;
    }
    error.hint(
        "the policy is checked against the tools of the gateways that ask its engine: actions are \
         AgentCore::Action::\"TARGET___TOOL\". Correct it, or set validation = \"ignore_findings\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "readers".into(),
            statement:
                r#"permit(principal, action, resource == AgentCore::Gateway::"${gateway}");"#.into(),
            language: PolicyLanguage::Cedar,
            description: None,
            validation: PolicyValidation::FailOnFindings,
            enforcement: PolicyEnforcement::Active,
        }
    }

    fn links() -> Links {
        let gateways = BTreeMap::from([("${gateway}".to_owned(), "arn:gateway".to_owned())]);
        Links { engine_id: "e".into(), gateways }
    }

    fn live() -> Live {
        Live {
            engine_id: "e".into(),
            id: "readers-0123456789".into(),
            name: "readers".into(),
            definition: definition(&spec(), &links()).unwrap(),
            description: None,
            enforcement: EnforcementMode::Active,
            status: PolicyStatus::Active,
            reasons: Vec::new(),
        }
    }

    fn fields(spec: &Spec, links: Option<&Links>, live: &Live) -> Vec<String> {
        match Policy::diff(spec, links, live) {
            Diff::Same => Vec::new(),
            Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
            Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
        }
    }

    #[test]
    fn a_statement_is_compared_with_its_gateways_filled_in() {
        assert!(fields(&spec(), Some(&links()), &live()).is_empty());
        assert!(fields(&spec(), None, &live()).is_empty(), "not known yet");
        let mut moved = links();
        moved.gateways.insert("${gateway}".into(), "arn:other".into());
        assert_eq!(fields(&spec(), Some(&moved), &live()), ["definition"]);
        let plain = Spec { statement: "permit(principal, action, resource);".into(), ..spec() };
        assert_eq!(fields(&plain, None, &live()), ["definition"]);
        let other = Spec { language: PolicyLanguage::Dogwood, ..spec() };
        assert_eq!(fields(&other, Some(&links()), &live()), ["definition"]);
    }

    #[test]
    fn the_other_fields_are_changed_in_place() {
        let change = |change: fn(&mut Spec)| {
            let mut spec = spec();
            change(&mut spec);
            fields(&spec, Some(&links()), &live())
        };
        assert_eq!(change(|spec| spec.description = Some("x".into())), ["description"]);
        assert_eq!(
            change(|spec| spec.enforcement = PolicyEnforcement::LogOnly),
            ["enforcementMode"]
        );
        assert!(change(|spec| spec.validation = PolicyValidation::IgnoreFindings).is_empty());
    }

    #[test]
    fn a_failed_policy_is_made_again_and_a_failed_change_sent_again() {
        let reasons = vec!["unknown action".to_owned()];
        let failed = Live { status: PolicyStatus::CreateFailed, reasons, ..live() };
        let replace = fields(&spec(), Some(&links()), &failed);
        assert_eq!(replace, ["replace: it has failed: status CREATE_FAILED: unknown action"]);
        let changed = Live { status: PolicyStatus::UpdateFailed, ..live() };
        assert_eq!(fields(&spec(), Some(&links()), &changed), ["status"]);
    }

    #[test]
    fn findings_are_explained_unless_they_are_ignored() {
        let error = || StepError::new(Class::Failed, "no");
        assert!(explained(error(), &spec()).hint.is_some());
        let ignoring = Spec { validation: PolicyValidation::IgnoreFindings, ..spec() };
        assert!(explained(error(), &ignoring).hint.is_none());
        let uncalled = "CREATE_FAILED: Insufficient permissions to call gateway with ID x";
        let uncalled = explained(StepError::new(Class::Failed, uncalled), &spec());
        assert!(uncalled.hint.unwrap().contains("InvokeGateway"));
        let denied = StepError::new(Class::Denied, "no");
        assert!(explained(denied, &spec()).hint.is_none());
    }
}
