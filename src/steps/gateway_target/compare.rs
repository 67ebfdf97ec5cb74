//! What stands between a target that is wanted and the one that is there.

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiSchemaConfiguration, McpTargetConfiguration, TargetConfiguration, TargetStatus, ToolSchema,
};
use construct_engine::{Change, Diff};

use super::live::Phase;
use super::{Links, Live, Spec, TargetTools, credential, payload};
use crate::openapi::canonical;
use crate::steps::private_endpoint;

/// How much of a digest people are shown.
const SHOWN: usize = 12;

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    if let Some(links) = links
        && links.gateway_id != live.gateway_id
    {
        let (before, after) = (live.gateway_id.clone(), links.gateway_id.clone());
        return Diff::of(vec![Change::new("gateway", before, after)]);
    }
    let mut changes = Vec::new();
    let mut fixed = Vec::new();
    if live.name != spec.name {
        fixed.push("a target's name is part of its tools' names".to_owned());
        changes.push(Change::new("name", live.name.clone(), spec.name.clone()));
    }
    match tools(&spec.tools, links, live.configuration.as_ref()) {
        Ok(differing) => changes.extend(differing),
        Err(kind) => {
            fixed.push("the kind of a target is fixed".to_owned());
            changes.push(kind);
        }
    }
    let (before, after) = (
        live.description.clone().unwrap_or_default(),
        spec.description.clone().unwrap_or_default(),
    );
    if before != after {
        changes.push(Change::new("description", before, after));
    }
    changes.extend(credential::changes(spec, links, &live.credentials));
    changes.extend(private_endpoint::change(
        spec.private_endpoint.as_ref(),
        live.private_endpoint.as_ref(),
    ));
    match live.phase() {
        Phase::Failed => fixed.push(format!("it has {}", live.says())),
        Phase::NotChanged => {
            changes.push(Change::new("status", live.says(), TargetStatus::Ready.as_str()));
        }
        Phase::There | Phase::NeedsConsent | Phase::Coming | Phase::Going => {}
    }
    match fixed.into_iter().next() {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// Fields of the tools that differ, or the change of kind that no update can make.
fn tools(
    wanted: &TargetTools,
    links: Option<&Links>,
    live: Option<&TargetConfiguration>,
) -> Result<Vec<Change>, Change> {
    let mcp = match live {
        Some(TargetConfiguration::Mcp(mcp)) => Some(mcp),
        _ => None,
    };
    match (wanted, mcp) {
        (TargetTools::OpenApi(payload), Some(McpTargetConfiguration::OpenApiSchema(schema))) => {
            let held = match schema {
                ApiSchemaConfiguration::InlinePayload(text) => held(text),
                ApiSchemaConfiguration::S3(s3) => s3.uri.clone().unwrap_or_default(),
                _ => "a source unknown to this version".to_owned(),
            };
            Ok(document("openApiSchema", &held, &payload.digest).into_iter().collect())
        }
        (TargetTools::Lambda(payload), Some(McpTargetConfiguration::Lambda(lambda))) => {
            let held = match &lambda.tool_schema {
                Some(ToolSchema::InlinePayload(tools)) => {
                    canonical::digest(&payload::normal(&payload::from_definitions(tools)))
                }
                Some(ToolSchema::S3(s3)) => s3.uri.clone().unwrap_or_default(),
                _ => "a source unknown to this version".to_owned(),
            };
            // Empty lists and the order of required names come back differently; both sides are put in one form.
            let wanted = serde_json::from_str(&payload.text).map_or_else(
                |_| payload.digest.clone(),
                |value| canonical::digest(&payload::normal(&value)),
            );
            let mut changes: Vec<Change> =
                document("toolSchema", &held, &wanted).into_iter().collect();
            if let Some(arn) = links.and_then(|links| links.function_arn.as_ref())
                && *arn != lambda.lambda_arn
            {
                changes.push(Change::new("lambdaArn", lambda.lambda_arn.clone(), arn.clone()));
            }
            Ok(changes)
        }
        (wanted, _) => {
            let after = match wanted {
                TargetTools::OpenApi(_) => "openApiSchema",
                TargetTools::Lambda(_) => "lambda",
            };
            Err(Change::new("targetConfiguration", kind(live), after))
        }
    }
}

/// The digest of what the service holds, whatever spelling it gives back.
fn held(text: &str) -> String {
    serde_json::from_str(text)
        .map_or_else(|_| "a text that is no JSON".to_owned(), |value| canonical::digest(&value))
}

fn document(field: &str, held: &str, wanted: &str) -> Option<Change> {
    let short = |digest: &str| match digest.get(..SHOWN) {
        Some(start) if digest.len() == 64 => format!("sha256 {start}…"),
        _ => digest.to_owned(),
    };
    (held != wanted).then(|| Change::new(field, short(held), short(wanted)))
}

fn kind(live: Option<&TargetConfiguration>) -> &'static str {
    match live {
        Some(TargetConfiguration::Mcp(mcp)) => match mcp {
            McpTargetConfiguration::OpenApiSchema(_) => "openApiSchema",
            McpTargetConfiguration::Lambda(_) => "lambda",
            McpTargetConfiguration::McpServer(_) => "mcpServer",
            McpTargetConfiguration::SmithyModel(_) => "smithyModel",
            McpTargetConfiguration::ApiGateway(_) => "apiGateway",
            McpTargetConfiguration::Connector(_) => "connector",
            _ => "a kind unknown to this version",
        },
        Some(TargetConfiguration::Http(_)) => "http",
        Some(TargetConfiguration::Inference(_)) => "inference",
        Some(_) => "a kind unknown to this version",
        None => "nothing",
    }
}
