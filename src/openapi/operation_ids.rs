//! A name for each operation of a description: its own, or one that is made from method and path.
//!
//! A tool's name is what people allow and what models learn, so it must not change when operations come or go around
//! it. It is decided over the whole description and not over the slice, and by an operation's own words: where two would
//! be called the same, a digest of method and path tells them apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::canonical::digest_of;
use super::description::Operation;
use super::rules::{MAX_TOOL_NAME, TOOL_NAME_SEPARATOR};

/// A name, and why it is another than the description's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OperationName {
    pub(super) name: String,
    pub(super) changed: Option<String>,
}

/// The names of `operations` as tools of the target named `target`, in their order; no two are the same.
pub(super) fn names(operations: &[Operation<'_>], target: &str) -> Vec<OperationName> {
    let room = MAX_TOOL_NAME.saturating_sub(target.chars().count() + TOOL_NAME_SEPARATOR.len());
    let wanted: Vec<String> = operations
        .iter()
        .map(|operation| match written(operation) {
            Some(id) => suited(id),
            None => made_name(operation),
        })
        .collect();
    // Who keeps a name that several want: the first that is written so, else the first of all.
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for exact in [true, false] {
        for (index, (operation, name)) in operations.iter().zip(&wanted).enumerate() {
            let is_exact = written(operation) == Some(name) && name.len() <= room;
            if is_exact || (!exact && name.len() <= room) {
                holders.entry(name).or_insert(index);
            }
        }
    }
    let kept: BTreeSet<&str> = holders.keys().copied().collect();
    let mut names = Vec::with_capacity(operations.len());
    for (index, (operation, wanted_name)) in operations.iter().zip(&wanted).enumerate() {
        let keeps = holders.get(wanted_name.as_str()) == Some(&index);
        let name = if keeps {
            wanted_name.clone()
        } else {
            told_apart(operation, wanted_name, room, &kept)
        };
        let changed = match written(operation) {
            None => Some(format!("it has no operationId, and is called {name:?}")),
            Some(id) if id == name => None,
            Some(id) if keeps => {
                Some(format!("{id:?} has characters that editors refuse, and is called {name:?}"))
            }
            Some(id) if wanted_name.len() > room => {
                Some(format!("{id:?} is too long, and is called {name:?}"))
            }
            Some(id) => Some(format!("{id:?} is not the only one, and is called {name:?}")),
        };
        names.push(OperationName { name, changed });
    }
    names
}

/// Makes a name from method and path: `GET /user/repos` becomes `getUserRepos`.
pub(super) fn made_name(operation: &Operation<'_>) -> String {
    let words = operation.path.split(|character: char| !character.is_ascii_alphanumeric());
    let mut name = operation.method.to_owned();
    for word in words {
        let mut characters = word.chars();
        name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(characters.as_str());
    }
    name
}

/// Whether a character may stand in a tool's name. Source: Model Context Protocol 2025-11-25, tool names.
pub(super) fn suits_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-.".contains(character)
}

fn suited(id: &str) -> String {
    id.replace(|character| !suits_names(character), "_")
}

fn written<'a>(operation: &Operation<'a>) -> Option<&'a str> {
    let id = operation.value.get("operationId").and_then(Value::as_str)?.trim();
    (!id.is_empty()).then_some(id)
}

/// `wanted`, cut where it is too long, with as much of a digest behind it as makes it unlike the others.
fn told_apart(
    operation: &Operation<'_>,
    wanted: &str,
    room: usize,
    kept: &BTreeSet<&str>,
) -> String {
    let digest = digest_of(&format!("{} {}", operation.method, operation.path));
    let with = |length: usize| {
        let text: String = wanted.chars().take(room.saturating_sub(length + 1)).collect();
        format!("{text}_{}", &digest[..length])
    };
    let name = with(8);
    if kept.contains(name.as_str()) { with(digest.len()) } else { name }
}
