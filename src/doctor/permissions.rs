//! Whether the caller may do all that the manifest needs: IAM's own simulation of exactly the statements that
//! `construct iam` prints.
//!
//! The simulation reads the caller's policies and boundary. It does not see what a session's policy takes away, and of an
//! organisation's policies only those without conditions (IAM user guide, "IAM policy testing with the IAM policy
//! simulator"): an allowed action can still be refused.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
    ResourceSpecificResult,
};
use construct_engine::StepError;
use futures_util::StreamExt;

use super::identity::Caller;
use super::{Checked, Finding};
use crate::cloud::{Cloud, classify, is_not_found};
use crate::policy::{Action, Document, Statement};

/// How many simulations run at once: IAM is a slow service with low limits.
const AT_ONCE: usize = 4;
/// How many refused actions a finding names.
const NAMED: usize = 6;
const WHY_NOT: &str = "`construct up` and `construct cleanup` stop where an action is refused";

/// Simulates every statement of `policy` for `caller`.
pub(super) async fn check(cloud: &Cloud, caller: &Caller, policy: &Document) -> Checked {
    let findings = match source(cloud, caller).await {
        Err(finding) => vec![finding],
        Ok(source) => simulated(cloud, &source, policy).await,
    };
    Checked::new("permissions", findings)
}

async fn simulated(cloud: &Cloud, source: &str, policy: &Document) -> Vec<Finding> {
    let answers: Vec<_> = futures_util::stream::iter(policy.statements())
        .map(|statement| async move { (statement, simulate(cloud, source, statement).await) })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let actions: BTreeSet<&str> = policy
        .statements()
        .iter()
        .flat_map(|statement| statement.actions().map(Action::as_str))
        .collect();
    let mut findings = Vec::new();
    for (statement, answer) in &answers {
        match answer {
            Ok(refused) if refused.is_empty() => {}
            Ok(refused) => findings.push(lacking(statement, refused)),
            Err(error) => {
                findings.push(Finding::refused("whether the caller may do what is needed", error));
            }
        }
    }
    // One refusal of the simulation itself says it for all statements.
    findings.dedup();
    if findings.is_empty() {
        findings.push(Finding::fine(format!(
            "all {} actions of `construct iam` are allowed to {source}",
            actions.len()
        )));
    }
    findings
}

fn lacking(statement: &Statement, refused: &BTreeMap<String, Refused>) -> Finding {
    let mut actions: Vec<String> =
        refused.iter().map(|(action, how)| format!("{action}{}", how.words())).collect();
    let more = actions.len().saturating_sub(NAMED);
    actions.truncate(NAMED);
    if more > 0 {
        actions.push(format!("{more} more"));
    }
    let resources: Vec<&str> = statement.resources().collect();
    Finding::wrong(
        format!("not allowed: {}, on {}", actions.join(", "), resources.join(", ")),
        WHY_NOT,
        format!(
            "give the caller the statement {} of the policy that `construct iam` prints; what is denied explicitly must be \
             allowed where it is denied",
            statement.sid()
        ),
    )
}

/// How an action is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// A statement denies it.
    Explicitly,
    /// No statement allows it.
    Implicitly,
}

impl Refused {
    const fn words(self) -> &'static str {
        match self {
            Self::Explicitly => " (denied explicitly)",
            Self::Implicitly => "",
        }
    }
}

/// The actions of a statement that are refused on any of its resources.
async fn simulate(
    cloud: &Cloud,
    source: &str,
    statement: &Statement,
) -> Result<BTreeMap<String, Refused>, StepError> {
    let context = statement.condition().values().flatten().map(|(key, values)| {
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(ContextKeyTypeEnum::String)
            .set_context_key_values(Some(values.iter().cloned().collect()))
            .build()
    });
    let mut results = cloud
        .iam
        .simulate_principal_policy()
        .policy_source_arn(source)
        .set_action_names(Some(statement.actions().map(ToString::to_string).collect()))
        .set_resource_arns(Some(statement.resources().map(str::to_owned).collect()))
        .set_context_entries(Some(context.collect()))
        .into_paginator()
        .send();
    let mut refused = BTreeMap::new();
    while let Some(page) = results.next().await {
        let page = page.map_err(|error| classify("SimulatePrincipalPolicy", error))?;
        for result in page.evaluation_results() {
            refused.extend(decision(result).map(|how| (result.eval_action_name().to_owned(), how)));
        }
    }
    Ok(refused)
}

/// How a result refuses its action; none where it allows it on every resource.
fn decision(result: &EvaluationResult) -> Option<Refused> {
    let each = result
        .resource_specific_results()
        .iter()
        .map(ResourceSpecificResult::eval_resource_decision);
    let all = std::iter::once(result.eval_decision()).chain(each);
    let refused =
        all.map(PolicyEvaluationDecisionType::as_str).filter(|decision| *decision != "allowed");
    refused
        .map(|decision| match decision {
            "explicitDeny" => Refused::Explicitly,
            _ => Refused::Implicitly,
        })
        .reduce(|one, other| if one == Refused::Explicitly { one } else { other })
}

/// The principal whose policies are read: the role behind a session.
///
/// A session's ARN does not tell the role's path, which only the role itself does.
async fn source(cloud: &Cloud, caller: &Caller) -> Result<String, Finding> {
    let unchecked = |why: &str, todo: &str| {
        Finding::not_tried("whether the caller may do what is needed", why, todo)
    };
    let Some((head, resource)) = caller.arn.split_once(":assumed-role/") else {
        return match caller.arn.rsplit(':').next().unwrap_or_default() {
            "root" => Err(unchecked(
                "the caller is the account's root user, whom no policy limits",
                "use a role or a user for what you do every day",
            )),
            resource if resource.starts_with("user/") => Ok(caller.arn.clone()),
            _ => Err(unchecked(
                "IAM simulates users and roles, and the caller is neither",
                "call as a role or a user",
            )),
        };
    };
    let name = resource.split('/').next().unwrap_or_default();
    match cloud.iam.get_role().role_name(name).send().await {
        Ok(answer) => Ok(answer.role.map(|role| role.arn).unwrap_or_default()),
        Err(error) => match classify("GetRole", error) {
            error if is_not_found(&error) => Err(Finding::refused(
                format!("whether the caller's role {name} may do what is needed"),
                &error,
            )),
            // Most roles have no path: then the ARN can be told from the session's.
            _ => Ok(format!("{}:role/{name}", head.replacen(":sts:", ":iam:", 1))),
        },
    }
}
