//! What stands between the runtime that is wanted and the one that is there.

use std::collections::BTreeSet;

use aws_sdk_bedrockagentcorecontrol::types::{
    AgentRuntimeArtifact, AgentRuntimeStatus, Code, LifecycleConfiguration, NetworkConfiguration,
    ProtocolConfiguration,
};
use construct_engine::{Change, Diff};

use super::overlay::{Wanted, live_headers, live_jwt};
use super::{Links, Live, Spec, reason};
use crate::steps::{jwt_authorizer, marks};

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let answer = &live.answer;
    let mut changes = Vec::new();
    let mut fixed = None;
    if answer.agent_runtime_name != spec.name {
        fixed = Some("the name of a runtime is fixed".to_owned());
        let before = answer.agent_runtime_name.clone();
        changes.push(Change::new("agentRuntimeName", before, spec.name.clone()));
    }
    match answer.status {
        AgentRuntimeStatus::CreateFailed => {
            fixed = Some(format!("its creation failed: {}", reason(live)));
        }
        AgentRuntimeStatus::DeleteFailed => {
            fixed = Some(format!("an earlier removal failed: {}", reason(live)));
        }
        AgentRuntimeStatus::UpdateFailed => {
            let before = format!("UPDATE_FAILED: {}", reason(live));
            changes.push(Change::new("status", before, "READY"));
        }
        _ => {}
    }
    changes.extend(settings(spec, links, live));
    changes.extend(marks::changes(&spec.tags_over(&live.tags), &live.tags));
    match fixed {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// The fields that an update would change. What it cannot send back it refuses, and says so then.
fn settings(spec: &Spec, links: Option<&Links>, live: &Live) -> Vec<Change> {
    let answer = &live.answer;
    let (Ok(wanted), Ok(jwt)) = (Wanted::new(spec, Some(live)), live_jwt(Some(live))) else {
        return vec![Change::new("settings", "unknown to this version", "as the manifest says")];
    };
    let mut changes = Vec::new();
    let mut field = |name: &str, before: String, after: String| {
        if before != after {
            changes.push(Change::new(name, before, after));
        }
    };
    let description = |text: Option<&String>| text.cloned().unwrap_or_default();
    field(
        "description",
        description(answer.description.as_ref()),
        description(wanted.description.as_ref()),
    );
    let before = answer.agent_runtime_artifact.as_ref().map(artifact).unwrap_or_default();
    field("agentRuntimeArtifact", before, artifact(&wanted.artifact));
    let before = answer.network_configuration.as_ref().map(network).unwrap_or_default();
    field("networkConfiguration", before, network(&wanted.network));
    let before = answer.protocol_configuration.as_ref().map(protocol).unwrap_or_default();
    field("protocolConfiguration", before, protocol(&wanted.protocol));
    let before = live_headers(answer.request_header_configuration.as_ref()).unwrap_or_default();
    field("requestHeaderAllowlist", listed(&before), listed(&wanted.headers));
    let before = answer.lifecycle_configuration.as_ref().map(lifecycle).unwrap_or_default();
    // The service fills in what nobody asked for.
    let after = wanted.lifecycle.as_ref().map_or_else(|| before.clone(), lifecycle);
    field("lifecycleConfiguration", before, after);
    if let Some(links) = links {
        field("roleArn", answer.role_arn.clone(), links.role_arn.clone());
    }
    changes.extend(environment(&wanted, live));
    match (&wanted.jwt, jwt) {
        (Some(wanted), live) => changes.extend(jwt_authorizer::changes(live, wanted)),
        (None, Some(live)) => {
            let before = live.discovery_url.clone();
            changes.push(Change::new("authorizerConfiguration", before, "AWS credentials"));
        }
        (None, None) => {}
    }
    changes
}

/// The names of the variables that differ: values may be nobody's business.
fn environment(wanted: &Wanted, live: &Live) -> Option<Change> {
    let nothing = std::collections::HashMap::new();
    let there = live.answer.environment_variables.as_ref().unwrap_or(&nothing);
    let set = wanted
        .environment
        .iter()
        .filter(|(name, value)| there.get(*name) != Some(value))
        .map(|(name, _)| format!("{name} set"));
    let removed: BTreeSet<&String> =
        there.keys().filter(|name| !wanted.environment.contains_key(*name)).collect();
    let said: Vec<String> =
        set.chain(removed.into_iter().map(|name| format!("{name} removed"))).collect();
    (!said.is_empty()).then(|| Change::new("environmentVariables", "", said.join(", ")))
}

fn artifact(artifact: &AgentRuntimeArtifact) -> String {
    match artifact {
        AgentRuntimeArtifact::ContainerConfiguration(image) => image.container_uri.clone(),
        AgentRuntimeArtifact::CodeConfiguration(code) => {
            let place = match &code.code {
                Some(Code::S3(zip)) => {
                    let version = zip.version_id.as_ref().map(|id| format!("@{id}"));
                    format!("s3://{}/{}{}", zip.bucket, zip.prefix, version.unwrap_or_default())
                }
                _ => "code unknown to this version".to_owned(),
            };
            format!("{place} {} {}", code.runtime, code.entry_point.join(" "))
        }
        _ => "an artifact unknown to this version".to_owned(),
    }
}

fn network(network: &NetworkConfiguration) -> String {
    let mode = network.network_mode.as_str();
    match &network.network_mode_config {
        Some(inside) => {
            format!("{mode} {} {}", listed(&inside.subnets), listed(&inside.security_groups))
        }
        None => mode.to_owned(),
    }
}

fn protocol(protocol: &ProtocolConfiguration) -> String {
    let port = protocol.port.map(|port| format!(" port {port}")).unwrap_or_default();
    let path = protocol.path.as_ref().map(|path| format!(" path {path}")).unwrap_or_default();
    format!("{}{port}{path}", protocol.server_protocol)
}

fn lifecycle(lifecycle: &LifecycleConfiguration) -> String {
    let seconds = |seconds: Option<i32>| seconds.map_or_else(|| "?".to_owned(), |s| s.to_string());
    format!(
        "idle {} s, at most {} s",
        seconds(lifecycle.idle_runtime_session_timeout),
        seconds(lifecycle.max_lifetime)
    )
}

/// In order, as the order of these lists says nothing.
fn listed(items: &[String]) -> String {
    let sorted: BTreeSet<&str> = items.iter().map(String::as_str).collect();
    sorted.into_iter().collect::<Vec<_>>().join(" ")
}
