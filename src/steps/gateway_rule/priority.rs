//! A priority is one rule's at a time: whoever of ours stands on a priority that the manifest gives to another rule steps aside.
//!
//! Two rules that change places, or a new rule on the place of one that is about to go, could not be written otherwise. A
//! rule that steps aside goes to the end, and its own node gives it its place or removes it in the same run.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use construct_engine::{Class, Cx, Poll, StepError, Waiting, until};

use super::{Live, list};
use crate::cloud::{Cloud, classify};
use crate::manifest::rules::RULE_PRIORITY;

/// How long another rule may take to leave.
const FREED_WITHIN: Waiting = Waiting::up_to(Duration::from_mins(2));

/// What a write wants: the priority, in which gateway, for the rule that is marked so.
pub(super) struct Place<'a> {
    pub(super) gateway_id: &'a str,
    pub(super) priority: i32,
    pub(super) mark: &'a str,
    /// The id, where the rule is there already.
    pub(super) id: Option<&'a str>,
}

impl Place<'_> {
    fn is_of(&self, rule: &Live) -> bool {
        self.id == Some(rule.id.as_str()) || rule.is_at(self.mark)
    }
}

/// Sends a write of a rule until its priority is free.
///
/// # Errors
/// The refusal, where a rule has the priority that is not construct's, or is the wanted one itself.
pub(super) async fn taken<T, F>(
    cx: &Cx<'_, Cloud>,
    place: &Place<'_>,
    write: impl Fn() -> F,
) -> Result<T, StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    until(cx, FREED_WITHIN, || async {
        // One after another: a rule must not be sent away from a place that it has just got.
        let _turn = cx.cloud.rule_turn.lock().await;
        let refusal = match write().await {
            Ok(answer) => return Ok(Poll::Ready(answer)),
            Err(error) if error.class == Class::Conflict => error,
            Err(error) => return Err(error),
        };
        let rules = list(cx, place.gateway_id).await?;
        let holder = rules.iter().find(|rule| rule.priority == place.priority);
        match holder {
            None => Ok(Poll::NotYet("the rule to finish what it does".to_owned())),
            Some(rule) if place.is_of(rule) => {
                // A write of its own that went before, or the rule that this very write made.
                if rule.is_settling() { Ok(Poll::NotYet(rule.says())) } else { Err(refusal) }
            }
            Some(rule) if rule.mark().is_some() && rule.managed_by.is_none() => {
                aside(cx, rule, &rules).await?;
                Ok(Poll::NotYet(format!("another rule to leave the priority {}", rule.priority)))
            }
            Some(rule) => {
                let id = &rule.id;
                Err(refusal.hint(format!("the rule {id} has this priority: choose another one")))
            }
        }
    })
    .await
}

/// Gives `rule` the last priority that is free. A refusal is tried again with the write that wants its place.
async fn aside(cx: &Cx<'_, Cloud>, rule: &Live, rules: &[Live]) -> Result<(), StepError> {
    let answer = cx
        .cloud
        .agentcore
        .update_gateway_rule()
        .gateway_identifier(&rule.gateway_id)
        .rule_id(&rule.id)
        .priority(last_free(rules))
        .send()
        .await;
    match answer.map_err(|error| classify("UpdateGatewayRule", error)) {
        Err(error) if error.class != Class::Conflict => Err(error),
        _ => Ok(()),
    }
}

fn last_free(rules: &[Live]) -> i32 {
    let used: BTreeSet<i32> = rules.iter().map(|rule| rule.priority).collect();
    let last = i32::try_from(RULE_PRIORITY.maximum).unwrap_or(i32::MAX);
    (1..=last).rev().find(|priority| !used.contains(priority)).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::super::tests::live;
    use super::*;

    #[test]
    fn the_last_free_priority_is_found_from_the_end() {
        let at = |priority| Live { priority, ..live() };
        assert_eq!(last_free(&[]), 1_000_000);
        assert_eq!(last_free(&[at(1_000_000), at(999_999), at(7)]), 999_998);
    }
}
