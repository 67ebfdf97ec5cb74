//! The tools of a gateway: those of every target that is in service, named after it.

use serde_json::{Value, json};

use super::super::state::{Status, Target};
use super::super::target_kind::TargetKind;
use super::authorizer::Caller;
use super::{Site, search, server};
use crate::openapi::{Description, Operation};

/// What stands between a target's name and a tool's own.
pub(super) const SEPARATOR: &str = "___";

/// The tools that a client sees, in the order of their names. Those of a server in listing mode
/// DYNAMIC are read now; a server that does not answer has none.
pub(super) async fn definitions(site: &Site, caller: &Caller) -> Vec<Value> {
    let mut definitions = Vec::new();
    for target in served(site) {
        if is_dynamic(target) {
            let listed = server::list(site, caller, target).await.unwrap_or_else(|reason| {
                tracing::warn!(target = %target.settings.name, %reason, "no tools listed");
                Vec::new()
            });
            definitions.extend(named(target, listed));
        } else {
            definitions.extend(target_definitions(site, target));
        }
    }
    if has_search(site) {
        definitions.push(search::definition());
    }
    definitions.sort_by(|left, right| left["name"].as_str().cmp(&right["name"].as_str()));
    definitions
}

/// Whether the gateway has the search tool.
pub(super) fn has_search(site: &Site) -> bool {
    site.mcp("searchType") == Some(&json!("SEMANTIC"))
}

/// The target and the tool's own name behind a name that a client uses.
pub(super) fn find<'a>(site: &'a Site, name: &'a str) -> Option<(&'a Target, &'a str)> {
    // A target's name has no underscore, so the first separator is the one.
    let (target, tool) = name.split_once(SEPARATOR)?;
    let target = served(site).find(|own| own.settings.name == target)?;
    // What a dynamic server has, only the server knows.
    let known = is_dynamic(target)
        || target_definitions(site, target).iter().any(|tool| tool["name"] == name);
    known.then_some((target, tool))
}

fn is_dynamic(target: &Target) -> bool {
    TargetKind::of(&target.settings.target_configuration).is_some_and(|(kind, part)| {
        kind == TargetKind::McpServer && part.get("listingMode") == Some(&json!("DYNAMIC"))
    })
}

/// The targets whose tools can be called. One whose last change failed still has the tools from
/// before.
fn served(site: &Site) -> impl Iterator<Item = &Target> {
    let now = site.local.now_ms();
    site.gateway.targets.values().filter(move |target| {
        !matches!(
            *target.status.at(now),
            Status::Creating
                | Status::CreatePendingAuth
                | Status::Failed
                | Status::Deleting
                | Status::Gone
        )
    })
}

fn target_definitions(site: &Site, target: &Target) -> Vec<Value> {
    let Some((kind, part)) = TargetKind::of(&target.settings.target_configuration) else {
        return Vec::new();
    };
    let own = match kind {
        TargetKind::OpenApi => operations(site, part),
        TargetKind::Lambda => match part["toolSchema"]["inlinePayload"].as_array() {
            Some(tools) => tools.clone(),
            None => from_text(schema(site, &part["toolSchema"])),
        },
        TargetKind::McpServer if part.get("mcpToolSchema").is_some() => {
            from_text(schema(site, &part["mcpToolSchema"]))
        }
        TargetKind::McpServer => target.listed_tools.clone(),
        // Their tools are read from what exists in the cloud only.
        _ => Vec::new(),
    };
    named(target, own)
}

/// The tools under the names that clients use.
fn named(target: &Target, tools: Vec<Value>) -> Vec<Value> {
    let prefix = &target.settings.name;
    tools
        .into_iter()
        .filter_map(|mut tool| {
            let name = format!("{prefix}{SEPARATOR}{}", tool.get("name")?.as_str()?);
            tool["name"] = json!(name);
            Some(tool)
        })
        .collect()
}

fn operations(site: &Site, part: &Value) -> Vec<Value> {
    let description = schema(site, part).as_deref().and_then(Description::read);
    let Some(description) = description else { return Vec::new() };
    let tool = |operation: &Operation<'_>| {
        json!({
            "name": operation.id,
            "description": operation.text(),
            "inputSchema": operation.input_schema(),
        })
    };
    description.operations().iter().map(tool).collect()
}

/// The tools of a list as MCP writes it, or of its bare form.
pub(super) fn listed(document: &Value) -> Vec<Value> {
    let list = document.as_array().or_else(|| document.get("tools")?.as_array());
    list.cloned().unwrap_or_default()
}

fn from_text(text: Option<String>) -> Vec<Value> {
    listed(&text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// A schema: from the configuration itself, or from the object in S3 that it names.
pub(super) fn schema(site: &Site, union: &Value) -> Option<String> {
    if let Some(inline) = union.get("inlinePayload") {
        return inline.as_str().map(str::to_owned);
    }
    let place = union["s3"]["uri"].as_str()?.strip_prefix("s3://")?;
    let (bucket, key) = place.split_once('/')?;
    let blob = site.local.read(|account| {
        account.s3.object(&site.region, bucket, key).map(|object| object.blob.clone())
    })?;
    String::from_utf8(site.local.blob(&blob)?.to_vec()).ok()
}
