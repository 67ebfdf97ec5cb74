//! How much room the account has left.
//!
//! `AgentCore` does not tell its quotas: what there is is counted against the defaults, which an account may have had
//! raised. Lambda tells its own.

use aws_sdk_bedrockagentcorecontrol::types::GatewaySummary;
use construct_engine::StepError;

use super::{Checked, Finding};
use crate::cloud::{Cloud, classify};
use crate::manifest::rules;
use crate::outputs::config::Config;
use crate::steps::provider_quota;

/// Calls at once below which a team's editors can use Lambda up: new accounts begin with 10.
///
/// Source: Lambda developer guide, "Lambda quotas".
const FEW_CALLS: i32 = 50;

/// Counts what the stack shares with the rest of the account, and the targets of the gateways of `config`.
pub(super) async fn check(cloud: &Cloud, config: Option<&Config>) -> Checked {
    let mut findings = Vec::new();
    match provider_quota::there(cloud).await {
        Ok((oauth2, api_key)) => {
            let most = rules::PROVIDERS.maximum;
            findings.push(room("OAuth2 credential providers", oauth2, most));
            findings.push(room("API key credential providers", api_key, most));
        }
        Err(error) => {
            findings.push(Finding::refused("how many credential providers there are", &error));
        }
    }
    findings.push(match gateways(cloud).await {
        Ok(there) => room("gateways", there.len(), rules::GATEWAYS.maximum),
        Err(error) => Finding::refused("how many gateways there are", &error),
    });
    for (label, id) in ids(config) {
        findings.push(match targets(cloud, &id).await {
            Ok(there) => room(&format!("targets of {label}"), there, rules::TARGETS.maximum),
            Err(error) => Finding::refused(format!("how many targets {label} has"), &error),
        });
    }
    findings.push(calls_at_once(cloud).await);
    Checked::new("quotas", findings)
}

/// The stack's gateways: what to call each, and its id.
fn ids(config: Option<&Config>) -> Vec<(String, String)> {
    let named = config.into_iter().flat_map(|config| &config.gateways);
    let named = named.map(|(name, gateway)| (format!("the gateway {name}"), gateway.id.clone()));
    let one = config.and_then(|config| config.gateway.as_ref());
    named.chain(one.map(|gateway| ("the gateway".to_owned(), gateway.id.clone()))).collect()
}

fn room(what: &str, there: usize, most: usize) -> Finding {
    let count = format!("{what}: {there} of {most}, the default quota");
    if there < most {
        return Finding::fine(count);
    }
    Finding::wrong(
        count,
        "none can be added, unless the quota was raised for this account",
        "remove what is no longer used, link a provider that another stack made (`existing`), or ask for more in the \
         Service Quotas console",
    )
}

async fn gateways(cloud: &Cloud) -> Result<Vec<GatewaySummary>, StepError> {
    let pages = cloud.agentcore.list_gateways().into_paginator().page_size(1000);
    let gateways = pages.items().send().collect::<Result<Vec<_>, _>>().await;
    gateways.map_err(|error| classify("ListGateways", error))
}

async fn targets(cloud: &Cloud, gateway: &str) -> Result<usize, StepError> {
    let call = cloud.agentcore.list_gateway_targets().gateway_identifier(gateway);
    let targets = call.into_paginator().page_size(1000).items().send();
    let targets = targets.collect::<Result<Vec<_>, _>>().await;
    targets.map(|all| all.len()).map_err(|error| classify("ListGatewayTargets", error))
}

async fn calls_at_once(cloud: &Cloud) -> Finding {
    let answer = cloud.lambda.get_account_settings().send().await;
    let limit = match answer.map_err(|error| classify("GetAccountSettings", error)) {
        Ok(answer) => answer.account_limit,
        // Nothing of construct needs this operation, so that a deployer's policy does not have it.
        Err(error) => return Finding::refused("how many calls Lambda takes at once", &error),
    };
    let (all, free) = limit.map_or((0, 0), |limit| {
        (limit.concurrent_executions, limit.unreserved_concurrent_executions.unwrap_or_default())
    });
    let count = format!("Lambda calls at once: {all}, {free} of them not reserved");
    if free >= FEW_CALLS {
        return Finding::fine(count);
    }
    Finding::wrong(
        count,
        "every call of an editor is one of the front, and those that find no room are refused with 429",
        "ask for more \"Concurrent executions\" of Lambda in the Service Quotas console",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    #[test]
    fn the_last_place_is_still_room() {
        assert_eq!(room("gateways", 999, 1000).outcome, Outcome::Fine);
        let full = room("gateways", 1000, 1000);
        assert!(full.outcome == Outcome::Wrong && full.what.contains("1000 of 1000"));
    }
}
