//! What stands between the gateway that is wanted and the one that is there.

use std::collections::BTreeSet;
use std::fmt::Debug;

use aws_sdk_bedrockagentcorecontrol::operation::get_gateway::GetGatewayOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    ExceptionLevel, GatewayStatus, McpGatewayConfiguration, SearchType, WafConfiguration,
};
use construct_engine::{Change, Diff};

use super::overlay::{Wanted, live_jwt, live_mcp};
use super::{Links, Live, Spec, interceptor, policy};
use crate::manifest::GatewayProtocol;
use crate::steps::fields::text;
use crate::steps::{jwt_authorizer, marks};

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
    let authorizer = spec.authorizer.to_sdk();
    if answer.authorizer_type != authorizer {
        fixed.push("the authorizer of a gateway is fixed".to_owned());
        let before = answer.authorizer_type.as_str();
        changes.push(Change::new("authorizerType", before, authorizer.as_str()));
    }
    if live.protocol != spec.protocol {
        fixed.push("the protocol of a gateway is fixed".to_owned());
        let word = |protocol: GatewayProtocol| match protocol {
            GatewayProtocol::Mcp => "MCP",
            GatewayProtocol::Any => "",
        };
        changes.push(Change::new("protocolType", word(live.protocol), word(spec.protocol)));
    }
    if answer.status == GatewayStatus::Failed {
        fixed.push(format!("it has failed: {}", reasons(answer)));
    }
    if answer.status == GatewayStatus::UpdateUnsuccessful {
        let before = format!("{}: {}", answer.status, reasons(answer));
        changes.push(Change::new("status", before, GatewayStatus::Ready.as_str()));
    }
    changes.extend(settings(spec, links, live));
    changes.extend(marks::changes(&spec.tags_over(&live.tags), &live.tags));
    match fixed.into_iter().next() {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// The fields that an update would change. What it cannot send back it refuses, and says so then.
fn settings(spec: &Spec, links: Option<&Links>, live: &Live) -> Vec<Change> {
    let answer = &live.answer;
    let (Ok(wanted), Ok(mcp), Ok(jwt)) =
        (Wanted::new(spec, links, Some(live)), live_mcp(Some(answer)), live_jwt(Some(answer)))
    else {
        return vec![Change::new("settings", "unknown to this version", "as the manifest says")];
    };
    let mut changes = Vec::new();
    changes.extend(text(
        "description",
        answer.description.as_deref(),
        wanted.description.as_deref(),
    ));
    changes.extend(protocol(mcp, &wanted.protocol));
    changes.extend(text(
        "exceptionLevel",
        debug(answer.exception_level.as_ref()),
        debug(wanted.exception_level.as_ref()),
    ));
    changes.extend(text("kmsKeyArn", answer.kms_key_arn.as_deref(), wanted.kms_key.as_deref()));
    let mode = |waf: Option<&WafConfiguration>| {
        waf.and_then(|waf| waf.failure_mode.as_ref()).map(ToString::to_string)
    };
    changes.extend(text(
        "wafConfiguration.failureMode",
        mode(answer.waf_configuration.as_ref()).as_deref(),
        mode(wanted.waf.as_ref()).as_deref(),
    ));
    changes.extend(text(
        "policyEngineConfiguration",
        policy::shown(answer.policy_engine_configuration.as_ref()).as_deref(),
        policy::shown(wanted.policy_engine.as_ref()).as_deref(),
    ));
    if let Some(links) = links {
        changes.extend(text("roleArn", answer.role_arn.as_deref(), Some(&links.role_arn)));
    }
    if let Some(interceptors) = &wanted.interceptors {
        let before = answer.interceptor_configurations.as_deref().unwrap_or_default();
        changes.extend(Change::between(
            "interceptorConfigurations",
            &interceptor::shown(before),
            &interceptor::shown(interceptors),
        ));
    }
    if let Some(wanted) = &wanted.jwt {
        changes.extend(jwt_authorizer::changes(jwt, wanted));
    }
    changes
}

fn protocol(
    live: Option<&McpGatewayConfiguration>,
    wanted: &McpGatewayConfiguration,
) -> Vec<Change> {
    let nothing = McpGatewayConfiguration::builder().build();
    let live = live.unwrap_or(&nothing);
    let mut changes = Vec::new();
    changes.extend(set(VERSIONS, live.supported_versions(), wanted.supported_versions()));
    changes.extend(text(
        "instructions",
        live.instructions.as_deref(),
        wanted.instructions.as_deref(),
    ));
    changes.extend(text("searchType", semantic(live), semantic(wanted)));
    let timeout = |mcp: &McpGatewayConfiguration| {
        mcp.session_configuration.as_ref().and_then(|session| session.session_timeout_in_seconds)
    };
    let seconds = |mcp: &McpGatewayConfiguration| timeout(mcp).map(|seconds| seconds.to_string());
    let (before, after) = (seconds(live), seconds(wanted));
    changes.extend(text("sessionTimeoutInSeconds", before.as_deref(), after.as_deref()));
    // What is absent is off.
    let streams = |mcp: &McpGatewayConfiguration| {
        let streaming = mcp.streaming_configuration.as_ref();
        streaming.and_then(|streaming| streaming.enable_response_streaming).unwrap_or_default()
    };
    changes.extend(Change::between("enableResponseStreaming", &streams(live), &streams(wanted)));
    let whole =
        |mcp: &McpGatewayConfiguration| mcp.disable_mcp_list_tools_pagination.unwrap_or_default();
    changes.extend(Change::between("disableMcpListToolsPagination", &whole(live), &whole(wanted)));
    changes
}

/// The one level that says something.
fn debug(level: Option<&ExceptionLevel>) -> Option<&str> {
    level.filter(|level| **level == ExceptionLevel::Debug).map(ExceptionLevel::as_str)
}

/// The one type that says something.
fn semantic(mcp: &McpGatewayConfiguration) -> Option<&str> {
    mcp.search_type.as_ref().filter(|kind| **kind == SearchType::Semantic).map(SearchType::as_str)
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
