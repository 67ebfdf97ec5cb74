//! The tools of before, from what `construct tools --json` printed or from an older file of a target.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::Failure;
use crate::manifest::Target;
use crate::openapi::Definition;
use crate::prepare::{Offer, stand_ins};

/// A tool of before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OldTool {
    name: String,
    description: String,
    input_schema: Value,
}

#[derive(Deserialize)]
struct OldList {
    targets: Vec<OldTarget>,
}

#[derive(Deserialize)]
struct OldTarget {
    name: String,
    tools: Vec<OldTool>,
}

impl OldTool {
    pub(super) fn definition(&self) -> Definition<'_> {
        definition(&self.name, &self.description, &self.input_schema)
    }
}

pub(super) fn definition<'a>(
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
) -> Definition<'a> {
    Definition { name, description, input_schema }
}

/// The tools of before, by target. A file that is no list is read as the one target's older file.
pub(super) fn read(
    path: &Path,
    targets: &[(&str, &Target)],
) -> Result<BTreeMap<String, Vec<OldTool>>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("cannot read {}", path.display())).cause(error.to_string())
    })?;
    if let Ok(list) = serde_json::from_str::<OldList>(&text) {
        return Ok(list.targets.into_iter().map(|target| (target.name, target.tools)).collect());
    }
    let [(name, target)] = targets else {
        let message = format!("{} is not what `construct tools --json` prints", path.display());
        return Err(Failure::usage(message).hint("name the target whose older file it is"));
    };
    let files = target.files();
    let [(key, _)] = files[..] else {
        return Err(Failure::usage(format!("the target `{name}` has no file to compare with")));
    };
    let offer = Offer::of((name, target), key, &text, &stand_ins(target));
    if offer.sent.is_none() {
        let failure = Failure::usage(format!("{} cannot be compared with", path.display()));
        let whys = offer.findings.iter().map(|finding| finding.message.clone());
        return Err(whys.fold(failure, Failure::cause));
    }
    let tool = |tool: crate::prepare::OfferedTool| OldTool {
        name: tool.name,
        description: tool.description,
        input_schema: tool.input_schema,
    };
    Ok(BTreeMap::from([((*name).to_owned(), offer.tools.into_iter().map(tool).collect())]))
}
