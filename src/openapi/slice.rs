//! Cuts a target's operations out of a description, in a form that `AgentCore` takes.
//!
//! What is cut out is a description of its own: the chosen operations with names, parameters and bodies that can be sent,
//! and the components that they use. Everything that it does not have of the original is told as a [`Loss`].

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::description::{Description, Operation};
use super::loss::{Loss, LossKind};
use super::operation_ids;
use super::pointer::Pointer;
use super::reduce::Reducer;
use super::rules::{self, Violation};
use super::selection::{Selection, Unmatched};

/// A description that was cut from another.
#[derive(Debug)]
pub struct Slice {
    /// What is sent.
    pub description: Description,
    /// What it does not have of the original, in the order of the operations.
    pub losses: Vec<Loss>,
    /// Why nothing may be sent: operations that were named and cannot be tools, references that lead nowhere. Places are
    /// those in the original.
    pub refused: Vec<Violation>,
}

/// Cuts what `selection` chooses out of `description`, for the target named `target`.
///
/// # Errors
/// Entries of the selection that no operation answers to.
pub fn slice(
    description: &Description,
    selection: &Selection,
    target: &str,
) -> Result<Slice, Vec<Unmatched>> {
    let operations = description.operations();
    let chosen = selection.choose(&operations)?;
    let names = operation_ids::names(&operations, target);
    let mut reducer = Reducer::new(description);
    let mut refused = Vec::new();
    let mut roots: Vec<Value> = Vec::new();
    let mut places: Vec<&Operation<'_>> = Vec::new();
    for one in &chosen {
        let operation = &operations[one.index];
        let name = &names[one.index];
        match reducer.operation(operation, &name.name) {
            Ok(reduced) => {
                if let Some(changed) = &name.changed {
                    reducer.lose(LossKind::Name, &operation.pointer, changed);
                }
                roots.push(reduced);
                places.push(operation);
            }
            Err(impossible) if one.named => refused.extend(impossible),
            Err(impossible) => {
                let why: Vec<String> = impossible.into_iter().map(|why| why.message).collect();
                let message = format!("{} is left out: {}", called(operation), why.join("; "));
                reducer.lose(LossKind::Operation, &operation.pointer, message);
            }
        }
    }
    if roots.is_empty() && refused.is_empty() {
        refused.push(Violation::new(
            &rules::NO_OPERATIONS,
            Pointer::root().join("paths"),
            "none of the chosen operations can be a tool",
            "choose others: `construct tools` says why each cannot",
        ));
    }
    let components = reducer.components_of(&mut roots);
    let document = document(description, (places, roots), &components);
    refused.extend(std::mem::take(&mut reducer.refused));
    let description = Description::from_document(document);
    Ok(Slice { description, losses: once_each(reducer.losses), refused })
}

/// A parameter or answer that several operations share is met by each of them.
fn once_each(losses: Vec<Loss>) -> Vec<Loss> {
    let mut met = BTreeSet::new();
    let key = |loss: &Loss| (loss.kind, loss.pointer.clone(), loss.message.clone());
    losses.into_iter().filter(|loss| met.insert(key(loss))).collect()
}

fn called(operation: &Operation<'_>) -> String {
    format!("{} {}", operation.method.to_ascii_uppercase(), operation.path)
}

fn document(
    description: &Description,
    (places, operations): (Vec<&Operation<'_>>, Vec<Value>),
    components: &Map<String, Value>,
) -> Value {
    let original = description.document();
    let mut paths = Map::new();
    for (place, operation) in places.into_iter().zip(operations) {
        let path_item = paths.entry(place.path).or_insert_with(|| {
            let servers = place.path_item.get("servers").cloned();
            Value::Object(
                servers.map(|servers| ("servers".to_owned(), servers)).into_iter().collect(),
            )
        });
        path_item[place.method] = operation;
    }
    let mut document = Map::new();
    let mut put = |name: &str, value: Value| {
        document.insert(name.to_owned(), value);
    };
    put("openapi", original.get("openapi").cloned().unwrap_or_default());
    let told = |name: &str| {
        original.get("info").and_then(|info| info.get(name)).cloned().unwrap_or_else(|| json!(""))
    };
    put("info", json!({ "title": told("title"), "version": told("version") }));
    if let Some(servers) = original.get("servers") {
        put("servers", servers.clone());
    }
    put("paths", Value::Object(paths));
    if !components.is_empty() {
        put("components", json!({ "schemas": components }));
    }
    Value::Object(document)
}
