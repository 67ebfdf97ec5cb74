//! What stands between the gateway that is wanted and the one that is there.

use std::collections::BTreeSet;
use std::fmt::Debug;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizerConfiguration, ExceptionLevel, GatewayProtocolConfiguration, GatewayStatus,
    SearchType,
};
use construct_engine::{Change, Diff};

use super::overlay::{AUTHORIZER, PROTOCOL};
use super::{Links, Live, Spec};
use crate::steps::marks;

/// The field that the service may refuse to change.
pub(super) const VERSIONS: &str = "supportedVersions";

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let answer = &live.answer;
    let mut changes = Vec::new();
    let mut fixed = Vec::new();
    if answer.name != spec.name {
        fixed.push("the name of a gateway is fixed".to_owned());
        changes.push(Change::new("name", answer.name.clone(), spec.name.clone()));
    }
    if answer.authorizer_type != AUTHORIZER {
        fixed.push("the authorizer of a gateway is fixed".to_owned());
        changes.push(Change::new(
            "authorizerType",
            answer.authorizer_type.as_str(),
            AUTHORIZER.as_str(),
        ));
    }
    if answer.protocol_type != PROTOCOL {
        fixed.push("the protocol of a gateway is fixed".to_owned());
        changes.push(Change::new("protocolType", answer.protocol_type.as_str(), PROTOCOL.as_str()));
    }
    if answer.status == GatewayStatus::Failed {
        fixed.push(format!("it has failed: {}", reasons(answer)));
    }
    if answer.status == GatewayStatus::UpdateUnsuccessful {
        let before = format!("{}: {}", answer.status, reasons(answer));
        changes.push(Change::new("status", before, GatewayStatus::Ready.as_str()));
    }
    changes.extend(text("description", answer.description.as_ref(), spec.description.as_ref()));
    changes.extend(protocol(spec, answer));
    let debug = answer.exception_level == Some(ExceptionLevel::Debug);
    changes.extend(Change::between("exceptionLevel DEBUG", &debug, &spec.debug));
    if let Some(links) = links {
        changes.extend(text("roleArn", answer.role_arn.as_ref(), Some(&links.role_arn)));
        changes.extend(authorizer(links, answer));
    }
    changes.extend(marks::changes(&spec.tags, &live.tags));
    match fixed.into_iter().next() {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

fn protocol(spec: &Spec, answer: &GetGatewayOutput) -> Vec<Change> {
    let mcp = match &answer.protocol_configuration {
        Some(GatewayProtocolConfiguration::Mcp(mcp)) => Some(mcp),
        _ => None,
    };
    let mut changes = Vec::new();
    // No wanted versions leave the choice to the service.
    if !spec.supported_versions.is_empty() {
        let versions = mcp.and_then(|mcp| mcp.supported_versions.as_deref()).unwrap_or_default();
        changes.extend(set(VERSIONS, versions, &spec.supported_versions));
    }
    let instructions = mcp.and_then(|mcp| mcp.instructions.as_ref());
    changes.extend(text("instructions", instructions, spec.instructions.as_ref()));
    let semantic = mcp.is_some_and(|mcp| mcp.search_type == Some(SearchType::Semantic));
    changes.extend(Change::between("searchType SEMANTIC", &semantic, &spec.semantic_search));
    changes
}

fn authorizer(links: &Links, answer: &GetGatewayOutput) -> Vec<Change> {
    let jwt = match &answer.authorizer_configuration {
        Some(AuthorizerConfiguration::CustomJwtAuthorizer(jwt)) => Some(jwt),
        _ => None,
    };
    let url = jwt.map(|jwt| &jwt.discovery_url);
    let clients = jwt.and_then(|jwt| jwt.allowed_clients.as_deref()).unwrap_or_default();
    let scopes = jwt.and_then(|jwt| jwt.allowed_scopes.as_deref()).unwrap_or_default();
    text("discoveryUrl", url, Some(&links.discovery_url))
        .into_iter()
        .chain(set("allowedClients", clients, &links.allowed_clients))
        .chain(set("allowedScopes", scopes, &links.allowed_scopes))
        .collect()
}

/// Nothing and an empty text are the same to the service.
fn text(field: &str, before: Option<&String>, after: Option<&String>) -> Option<Change> {
    let (before, after) = (before.cloned().unwrap_or_default(), after.cloned().unwrap_or_default());
    (before != after).then(|| Change::new(field, before, after))
}

fn set<T: Ord + Debug>(field: &str, before: &[T], after: &[T]) -> Option<Change> {
    let sorted = |items| -> BTreeSet<&T> { BTreeSet::from_iter(items) };
    Change::between(field, &sorted(before), &sorted(after))
}

/// Why the service says that the gateway has its status.
pub(super) fn reasons(answer: &GetGatewayOutput) -> String {
    match answer.status_reasons.as_deref() {
        None | Some([]) => "the service gives no reason".to_owned(),
        Some(reasons) => reasons.join("; "),
    }
}
