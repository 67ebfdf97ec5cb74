//! `construct tools`: the MCP tools that each target's file becomes, offline. Asks nobody and needs no secret.

mod old;
mod text;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::Value;

use super::{ExitCode, Failure};
use crate::manifest::rules::INLINE_SCHEMA;
use crate::manifest::{Manifest, Target};
use crate::openapi::{Change, LossKind, changes};
use crate::prepare::{Finding, Offer, needs_bucket, offer_offline};
use crate::ui::Ui;

pub(super) use text::changes as changes_text;

/// Arguments of `construct tools`.
#[derive(Args, Clone, Debug)]
pub struct ToolsArguments {
    /// Of this target only.
    pub target: Option<String>,
    /// Also print the schema of each tool's arguments.
    #[arg(long)]
    pub schema: bool,
    /// Print what `up` would send for the target, and nothing else.
    #[arg(long, requires = "target", conflicts_with_all = ["schema", "json", "diff"])]
    pub sent: bool,
    /// Compare with OLD: what `--json` printed before, or an older file of the target. Ends with exit code 4 when a change
    /// breaks callers.
    #[arg(long, value_name = "OLD")]
    pub diff: Option<PathBuf>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// What is told of one target. A part of the interface: `--diff` reads what `--json` printed.
#[derive(Debug, Serialize)]
struct Listing {
    name: String,
    /// The file; none for a target whose tools the service or a server knows.
    file: Option<PathBuf>,
    tools: Vec<ListedTool>,
    /// Operations of the whole description, of which some were chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<usize>,
    /// Bytes of what is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    refused: Vec<Told>,
    cautions: Vec<Told>,
    losses: Vec<ToldLoss>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedTool {
    name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    input_schema: Value,
}

#[derive(Debug, Serialize)]
struct Told {
    key: String,
    /// Where in the file.
    pointer: Option<String>,
    message: String,
    help: String,
    rule: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct ToldLoss {
    kind: LossKind,
    pointer: String,
    message: String,
}

/// Runs the command. Ends in exit code 3 when something would be refused, else 4 when a change breaks callers.
///
/// # Errors
/// Everything that is wrong with the manifest itself; a target that is not in it; an old list that cannot be read.
pub fn run(arguments: &ToolsArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let manifest = Manifest::load(&arguments.manifest)?;
    let targets = chosen(&manifest, arguments.target.as_deref())?;
    let offers: Vec<(&str, &Target, Option<Offer>)> = targets
        .iter()
        .map(|(name, target)| (*name, *target, offer_offline(&manifest, (name, target))))
        .collect();
    if arguments.sent {
        return sent(&offers, ui);
    }
    let changes = match &arguments.diff {
        Some(path) => Some(compared(path, &offers)?),
        None => None,
    };
    let listings: Vec<Listing> =
        offers.into_iter().map(|offered| listing(&manifest, offered)).collect();
    if arguments.json {
        ui.out(&document(&listings, changes.as_deref()));
    } else if let Some(changes) = &changes {
        ui.out(&text::changes(changes, ui.paint_out()));
        ui.out(&text::refusals(&listings, ui.paint_out()));
    } else {
        ui.out(&text::listings(&listings, arguments.schema, ui.paint_out()));
    }
    Ok(if listings.iter().any(|listing| !listing.refused.is_empty()) {
        ExitCode::ManifestInvalid
    } else if changes.is_some_and(|changes| changes.iter().any(|change| change.breaks)) {
        ExitCode::ChangesFound
    } else {
        ExitCode::Done
    })
}

fn chosen<'a>(
    manifest: &'a Manifest,
    wanted: Option<&str>,
) -> Result<Vec<(&'a str, &'a Target)>, Failure> {
    let all = manifest.targets.iter().map(|(name, target)| (name.as_str(), target));
    let found: Vec<_> =
        all.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name)).collect();
    match wanted {
        Some(wanted) if found.is_empty() => {
            let known: Vec<&str> = manifest.targets.keys().map(String::as_str).collect();
            Err(Failure::usage(format!("there is no target `{wanted}`"))
                .hint(format!("the manifest has: {}", known.join(", "))))
        }
        _ => Ok(found),
    }
}

/// Prints what is sent for the one target.
fn sent(offers: &[(&str, &Target, Option<Offer>)], ui: &Ui) -> Result<ExitCode, Failure> {
    for (name, _, offer) in offers {
        let Some(offer) = offer else {
            return Err(Failure::usage(format!("the target `{name}` sends no file")));
        };
        if let Some(first) = offer.findings.iter().find(|finding| finding.refused) {
            let failure = Failure::new(ExitCode::ManifestInvalid, first.message.clone());
            return Err(failure.hint(format!("`construct tools {name}` lists all that is wrong")));
        }
        ui.out(offer.sent.as_ref().map_or("", |sent| &sent.text));
    }
    Ok(ExitCode::Done)
}

fn compared(
    path: &std::path::Path,
    offers: &[(&str, &Target, Option<Offer>)],
) -> Result<Vec<Change>, Failure> {
    let targets: Vec<(&str, &Target)> =
        offers.iter().map(|(name, target, _)| (*name, *target)).collect();
    let before = old::read(path, &targets)?;
    let nothing = Vec::new();
    let mut all = Vec::new();
    for (name, _, offer) in offers {
        let now: BTreeMap<&str, _> = offer
            .iter()
            .flat_map(|offer| &offer.tools)
            .map(|tool| {
                (
                    tool.name.as_str(),
                    old::definition(&tool.name, &tool.description, &tool.input_schema),
                )
            })
            .collect();
        let now: Vec<_> = now.into_values().collect();
        let before: Vec<_> =
            before.get(*name).unwrap_or(&nothing).iter().map(old::OldTool::definition).collect();
        all.extend(changes(&before, &now));
    }
    Ok(all)
}

fn document(listings: &[Listing], changes: Option<&[Change]>) -> String {
    let mut whole = serde_json::json!({ "targets": listings });
    if let Some(changes) = changes {
        whole["changes"] = serde_json::json!(changes);
    }
    serde_json::to_string_pretty(&whole).expect("a list is plain data that serialises")
}

fn listing(manifest: &Manifest, (name, target, offer): (&str, &Target, Option<Offer>)) -> Listing {
    let file = target.files().first().map(|(key, path)| (*key, path.to_path_buf()));
    let Some((offer, (key, file))) = offer.zip(file) else {
        return Listing {
            name: name.to_owned(),
            file: None,
            tools: Vec::new(),
            operations: None,
            bytes: None,
            refused: Vec::new(),
            cautions: Vec::new(),
            losses: Vec::new(),
        };
    };
    let told = |refused: bool| -> Vec<Told> {
        let findings = offer.findings.iter().filter(|finding| finding.refused == refused);
        findings.map(|finding| told(name, finding)).collect()
    };
    let (mut refused, cautions) = (told(true), told(false));
    let large = offer.sent.as_ref().and_then(|tools| needs_bucket(manifest, &file, tools));
    refused.extend(large.map(|(message, help)| Told {
        key: format!("targets.{name}.{key}"),
        pointer: None,
        message,
        help: help.to_owned(),
        rule: Some(INLINE_SCHEMA.rule.id),
    }));
    let loss = |loss: crate::openapi::Loss| ToldLoss {
        kind: loss.kind,
        pointer: loss.pointer.as_str().to_owned(),
        message: loss.message,
    };
    let tool = |tool: crate::prepare::OfferedTool| ListedTool {
        name: tool.name,
        description: tool.description,
        operation: tool.operation,
        input_schema: tool.input_schema,
    };
    Listing {
        name: name.to_owned(),
        file: Some(file),
        tools: offer.tools.into_iter().map(tool).collect(),
        operations: offer.cut.as_ref().map(|cut| cut.of),
        bytes: offer.sent.as_ref().map(|sent| sent.text.len()),
        refused,
        cautions,
        losses: offer.cut.into_iter().flat_map(|cut| cut.losses).map(loss).collect(),
    }
}

fn told(target: &str, finding: &Finding) -> Told {
    Told {
        key: format!("targets.{target}.{}", finding.key),
        pointer: finding.pointer.as_ref().map(|pointer| pointer.as_str().to_owned()),
        message: finding.message.clone(),
        help: finding.help.clone(),
        rule: finding.rule,
    }
}
