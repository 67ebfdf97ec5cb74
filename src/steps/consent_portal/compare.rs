//! What a consent portal is compared by.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::operation::get_consent_portal::GetConsentPortalOutput;
use aws_sdk_bedrockagentcorecontrol::types::ConsentPortalStatus as Status;
use construct_engine::{Change, Diff};

use super::{Links, Live, Spec, reason, scopes};
use crate::steps::marks;

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let answer = &live.answer;
    let mut changes = Vec::new();
    let mut fixed = None;
    if answer.name != spec.name {
        fixed = Some("the name of a consent portal is fixed".to_owned());
        changes.push(Change::new("name", answer.name.clone(), spec.name.clone()));
    }
    match answer.status {
        Status::Failed => fixed = Some(format!("it has failed: {}", reason(answer))),
        Status::UpdateFailed => {
            let before = format!("UPDATE_FAILED: {}", reason(answer));
            changes.push(Change::new("status", before, "ACTIVE"));
        }
        _ => {}
    }
    if let Some(links) = links {
        let source = answer.sources.first().map(|one| one.identifier.clone()).unwrap_or_default();
        // A source is told by its id or by its ARN, and answered as it was told or not.
        if last_part(&source) != last_part(&links.gateway_arn) {
            fixed = Some("a consent portal stays with its gateway".to_owned());
            changes.push(Change::new("sources", source, links.gateway_arn.clone()));
        }
        changes.extend(idp_changes(spec, links, answer));
        if answer.execution_role_arn != links.role_arn {
            let before = answer.execution_role_arn.clone();
            changes.push(Change::new("executionRoleArn", before, links.role_arn.clone()));
        }
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

fn idp_changes(spec: &Spec, links: &Links, answer: &GetConsentPortalOutput) -> Vec<Change> {
    let live = answer.idp_config.as_ref();
    let before = live.map(|idp| idp.credential_provider_arn.clone()).unwrap_or_default();
    let provider = (before != links.provider_arn)
        .then(|| Change::new("credentialProviderArn", before, links.provider_arn.clone()));
    let before: BTreeSet<String> =
        live.map(|idp| idp.scopes.iter().cloned().collect()).unwrap_or_default();
    let after: BTreeSet<String> = scopes(spec, links).into_iter().collect();
    let before_audience = live.and_then(|idp| idp.audience.clone());
    [
        provider,
        Change::between("scopes", &before, &after),
        Change::between("audience", &before_audience, &spec.audience),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn last_part(identifier: &str) -> &str {
    identifier.rsplit('/').next().unwrap_or(identifier)
}
