//! A rule of a gateway: which target requests go to, or which configuration they get.
//!
//! - **name** none; its description begins with the mark, such as `construct: rule/night`, and its id is the service's
//! - **found** by the recorded id, else by the mark, in the list of its gateway that all rules share: one call for all
//! - **proven ours** by the mark; a rule without it on our priority is foreign
//! - **in doubt** the client token is the same when a create is sent again; besides, a priority is refused twice
//! - **two of ours** the one with the smaller id wins
//! - **owned set** the marked rules of each gateway that was found
//! - **secret** none
//! - **protect** nothing
//! - **replace** another gateway only: all else can be changed
//! - **update that resets** no: `UpdateGatewayRule` changes what is sent, and all of it is
//!
//! Rules that the service manages (`system.managedBy`: A/B tests make them) are never touched, and cannot be adopted. A rule
//! names targets that need not be there; the graph makes them first. There is no failed state.
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CreateGatewayRule.html>.

mod content;
mod priority;

use std::time::Duration;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway_rule::GetGatewayRuleOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    Action, Condition, GatewayRuleDetail, GatewayRuleStatus,
};
use construct_engine::{
    Address, Change, Cx, Diff, Foreign, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use serde::{Deserialize, Serialize};

use super::gateway::Gateway;
use super::marks::MARK;
use super::{fields, looking};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::manifest::{Bundle, Route, RuleConditions, WeightedBundle, WeightedRoute};
use crate::steps::waits;
use priority::{Place, taken};

/// The service takes seconds.
const SETTLED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(5));
/// What stands between the mark and the manifest's text in a description.
const JOINT: &str = "; ";

/// The kind of rules of a gateway.
pub struct Rule;

/// What the manifest says of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The node's address, by which it is found.
    pub address: String,
    /// Its place among the gateway's rules.
    pub priority: i32,
    /// Text for the console.
    pub description: Option<String>,
    /// Which requests it is for.
    pub conditions: RuleConditions,
    /// What it does.
    pub content: Content,
}

/// What a rule does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The one target.
    pub route: Option<Route>,
    /// Two targets.
    pub weighted: Vec<WeightedRoute>,
    /// The one configuration bundle.
    pub bundle: Option<Bundle>,
    /// Two configuration bundles.
    pub weighted_bundles: Vec<WeightedBundle>,
}

/// What a rule takes from other nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The gateway it is in.
    pub gateway_id: String,
}

/// A rule as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    gateway_id: String,
    id: String,
    priority: i32,
    description: String,
    conditions: Vec<Condition>,
    actions: Vec<Action>,
    status: GatewayRuleStatus,
    managed_by: Option<String>,
}

/// What tells a rule from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The gateway it is in.
    pub gateway_id: String,
    /// Its id.
    pub id: String,
}

impl Spec {
    /// The mark, and the manifest's own text after it.
    fn whole_description(&self) -> String {
        let mark = format!("{MARK}{}", self.address);
        match &self.description {
            Some(text) => format!("{mark}{JOINT}{text}"),
            None => mark,
        }
    }

    fn place<'a>(&'a self, gateway_id: &'a str, id: Option<&'a str>) -> Place<'a> {
        Place { gateway_id, priority: self.priority, mark: &self.address, id }
    }
}

impl Step<Cloud> for Rule {
    const KIND: &'static str = "agentcore.rule";
    const FIELDS: &'static [&'static str] = &["priority", "conditions", "actions"];
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
        let recorded = last.map(|last| &last.gateway_id);
        let Some(gateway_id) = links.map(|links| &links.gateway_id).or(recorded) else {
            return Ok(Presence::Absent);
        };
        let pick = |rules: &Vec<Live>| {
            let recorded = rules.iter().find(|one| last.is_some_and(|last| last.id == one.id));
            let marked = rules.iter().filter(|one| one.is_at(&spec.address));
            let foreign = || rules.iter().find(|one| one.is_foreign_on(spec.priority));
            recorded.or_else(|| marked.min_by_key(|one| &one.id)).or_else(foreign).cloned()
        };
        let read = || list(cx, gateway_id);
        let found = looking::find(cx, &list_name(gateway_id), read, pick).await?;
        let Some(live) = found else { return Ok(Presence::Absent) };
        let recorded = last.is_some_and(|last| last.id == live.id) && live.managed_by.is_none();
        Ok(live.presence(recorded))
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        if let Some(owner) = &live.managed_by {
            let reason = format!("{owner} manages it");
            return Diff::Replace { reason, changes: Vec::new() };
        }
        let mut changes = Vec::new();
        changes.extend(Change::between("priority", &live.priority, &spec.priority));
        let wanted = spec.whole_description();
        changes.extend(fields::text("description", Some(&live.description), Some(&wanted)));
        // Only what the manifest's tables refuse cannot be built, and the write says so.
        let conditions = content::conditions(&spec.conditions).unwrap_or_default();
        if !same_conditions(&live.conditions, &conditions) {
            let (before, after) = (
                content::shown_conditions(&live.conditions),
                content::shown_conditions(&conditions),
            );
            changes.push(Change::new("conditions", before, after));
        }
        let actions = content::actions(&spec.content).unwrap_or_default();
        if !same_actions(&live.actions, &actions) {
            let (before, after) =
                (content::shown_actions(&live.actions), content::shown_actions(&actions));
            changes.push(Change::new("actions", before, after));
        }
        match links.and_then(|links| {
            Change::between("gatewayIdentifier", &live.gateway_id, &links.gateway_id)
        }) {
            Some(moved) => {
                changes.insert(0, moved);
                Diff::Replace { reason: "a rule stays in its gateway".to_owned(), changes }
            }
            None => Diff::of(changes),
        }
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let (conditions, actions) = built(spec)?;
        let gateway_id = &links.gateway_id;
        let answer = taken(cx, &spec.place(gateway_id, None), || async {
            cx.cloud
                .agentcore
                .create_gateway_rule()
                .gateway_identifier(gateway_id)
                .priority(spec.priority)
                .description(spec.whole_description())
                .set_conditions((!conditions.is_empty()).then(|| conditions.clone()))
                .set_actions(Some(actions.clone()))
                .client_token(cx.token)
                .send()
                .await
                .map_err(|error| classify("CreateGatewayRule", error))
        })
        .await?;
        active(cx, gateway_id, &answer.rule_id).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let has = |field| fields::has(changes, field);
        let (mut conditions, mut actions) = built(spec)?;
        if !has("conditions") {
            conditions.clone_from(&live.conditions);
        }
        if !has("actions") {
            actions.clone_from(&live.actions);
        }
        let priority = if has("priority") { spec.priority } else { live.priority };
        taken(cx, &spec.place(&live.gateway_id, Some(&live.id)), || async {
            cx.cloud
                .agentcore
                .update_gateway_rule()
                .gateway_identifier(&live.gateway_id)
                .rule_id(&live.id)
                .priority(priority)
                .description(spec.whole_description())
                .set_conditions(Some(conditions.clone()))
                .set_actions(Some(actions.clone()))
                .send()
                .await
                .map_err(|error| classify("UpdateGatewayRule", error))
        })
        .await?;
        active(cx, &live.gateway_id, &live.id).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let (gateway_id, id) = (&outputs.gateway_id, &outputs.id);
        waits::taken(cx, SETTLED_WITHIN, "the rule to finish what it does", || async {
            let call = cx.cloud.agentcore.delete_gateway_rule().gateway_identifier(gateway_id);
            let answer = call.rule_id(id).send().await;
            answer.map_err(|error| classify("DeleteGatewayRule", error))
        })
        .await?;
        waits::gone(cx, SETTLED_WITHIN, || get(cx, gateway_id, id), |live| Ok(live.says())).await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        let read = || get(cx, &live.gateway_id, &live.id);
        let changing = |seen: &Live| seen.is_settling().then(|| seen.says());
        let settled = waits::settled(cx, SETTLED_WITHIN, read, changing).await?;
        Ok(settled.map_or(Presence::Absent, Presence::Ours))
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { gateway_id: live.gateway_id.clone(), id: live.id.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.gateway_id, outputs.id)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let looks = found.of::<Cloud, Gateway>().into_iter().map(|(_, gateway)| async move {
            let id = &gateway.id;
            let rules = cx.cloud.lists.once(&list_name(id), || list(cx, id)).await?;
            let marked = rules.iter().filter(|rule| rule.managed_by.is_none());
            let ours = marked.filter_map(|rule| {
                let address = Address::new(rule.mark()?).ok()?;
                Some((address, Self::outputs(rule)))
            });
            Ok::<_, StepError>(ours.collect::<Vec<_>>())
        });
        Ok(futures_util::future::try_join_all(looks).await?.into_iter().flatten().collect())
    }
}

macro_rules! from_answer {
    ($name:ident, $answer:ty) => {
        fn $name(gateway_id: &str, answer: $answer) -> Self {
            Self {
                gateway_id: gateway_id.to_owned(),
                id: answer.rule_id,
                priority: answer.priority,
                description: answer.description.unwrap_or_default(),
                conditions: answer.conditions.unwrap_or_default(),
                actions: answer.actions,
                status: answer.status,
                managed_by: answer.system.map(|system| system.managed_by),
            }
        }
    };
}

impl Live {
    from_answer!(read, GetGatewayRuleOutput);
    from_answer!(listed, GatewayRuleDetail);

    /// The address that its description names.
    fn mark(&self) -> Option<&str> {
        let marked = self.description.strip_prefix(MARK)?;
        Some(marked.split_once(JOINT).map_or(marked, |(address, _)| address))
    }

    fn is_at(&self, address: &str) -> bool {
        self.managed_by.is_none() && self.mark() == Some(address)
    }

    fn is_foreign_on(&self, priority: i32) -> bool {
        self.priority == priority && (self.managed_by.is_some() || self.mark().is_none())
    }

    fn is_settling(&self) -> bool {
        self.status != GatewayRuleStatus::Active
    }

    /// As it is seen by its node; a `recorded` one is ours even where somebody changed its description.
    fn presence(self, recorded: bool) -> Presence<Self> {
        if !recorded && self.is_foreign_on(self.priority) {
            let (priority, id) = (self.priority, &self.id);
            let who = match &self.managed_by {
                Some(owner) => format!("which {owner} manages"),
                None => "which construct did not make".to_owned(),
            };
            let evidence = format!("the priority {priority} is taken by the rule {id}, {who}");
            return Presence::Foreign(Foreign { live: self, evidence });
        }
        if self.is_settling() { Presence::Settling(self) } else { Presence::Ours(self) }
    }

    fn says(&self) -> String {
        fields::status(self.status.as_str(), &[])
    }
}

/// All of `conditions` hold, in whatever order.
fn same_conditions(live: &[Condition], wanted: &[Condition]) -> bool {
    live.len() == wanted.len() && wanted.iter().all(|one| live.contains(one))
}

/// A configuration and a way, in whatever order.
fn same_actions(live: &[Action], wanted: &[Action]) -> bool {
    live.len() == wanted.len() && wanted.iter().all(|one| live.contains(one))
}

fn built(spec: &Spec) -> Result<(Vec<Condition>, Vec<Action>), StepError> {
    let built = || Ok((content::conditions(&spec.conditions)?, content::actions(&spec.content)?));
    built().map_err(|error: aws_smithy_types::error::operation::BuildError| {
        StepError::bug(error.to_string())
    })
}

fn list_name(gateway_id: &str) -> String {
    format!("agentcore.rules {gateway_id}")
}

/// The rules of a gateway; none when the gateway is gone.
async fn list(cx: &Cx<'_, Cloud>, gateway_id: &str) -> Result<Vec<Live>, StepError> {
    let call = cx.cloud.agentcore.list_gateway_rules().gateway_identifier(gateway_id);
    let rules: Result<Vec<GatewayRuleDetail>, _> =
        call.into_paginator().page_size(100).items().send().try_collect().await;
    match rules.map_err(|error| classify("ListGatewayRules", error)) {
        Ok(rules) => Ok(rules.into_iter().map(|rule| Live::listed(gateway_id, rule)).collect()),
        Err(error) if is_not_found(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn get(cx: &Cx<'_, Cloud>, gateway_id: &str, id: &str) -> Result<Option<Live>, StepError> {
    let call = cx.cloud.agentcore.get_gateway_rule().gateway_identifier(gateway_id).rule_id(id);
    match call.send().await.map_err(|error| classify("GetGatewayRule", error)) {
        Ok(answer) => Ok(Some(Live::read(gateway_id, answer))),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn active(cx: &Cx<'_, Cloud>, gateway_id: &str, id: &str) -> Result<Live, StepError> {
    until(cx, SETTLED_WITHIN, || async {
        Ok(match get(cx, gateway_id, id).await? {
            None => Poll::NotYet("the rule to show".to_owned()),
            Some(live) if live.is_settling() => Poll::NotYet(live.says()),
            Some(live) => Poll::Ready(live),
        })
    })
    .await
}

#[cfg(test)]
mod tests;
