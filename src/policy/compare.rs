//! Whether two policy documents mean the same.
//!
//! Irrelevant, and therefore normalised away: the order of statements, actions, resources,
//! principals and condition values; repeated entries; a text in place of a list of one; a single
//! statement in place of a list; the case of actions, effect-neutral in IAM; the case of condition
//! operators and keys; `"*"` in place of `{"AWS": "*"}`; booleans and numbers written as texts in
//! conditions. Everything else counts, an unknown element too: what cannot be judged is different.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the documents mean the same.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (document(one), document(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// An element in normal form: values of a list, or of condition operators and keys, by name.
type Normal = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

#[derive(PartialEq, Eq)]
struct Meaning {
    /// The version, and any further element as its JSON text.
    elements: BTreeMap<String, String>,
    statements: BTreeSet<Normal>,
}

/// Returns nothing for what is not a policy document.
fn document(value: &Value) -> Option<Meaning> {
    let mut elements = BTreeMap::new();
    let mut statements = None;
    for (name, value) in value.as_object()? {
        if name == "Statement" {
            statements = Some(match value {
                Value::Array(all) => all.iter().map(statement).collect::<Option<_>>()?,
                one => BTreeSet::from([statement(one)?]),
            });
        } else {
            elements.insert(name.clone(), value.to_string());
        }
    }
    Some(Meaning { elements, statements: statements? })
}

fn statement(value: &Value) -> Option<Normal> {
    let mut normal = Normal::new();
    for (name, value) in value.as_object()? {
        match name.as_str() {
            "Condition" => condition(value, &mut normal)?,
            "Principal" | "NotPrincipal" => {
                normal.insert(name.clone(), principal(value)?);
            }
            "Action" | "NotAction" => {
                let actions = texts(value)?.iter().map(|action| action.to_lowercase()).collect();
                normal.insert(name.clone(), plain(actions));
            }
            _ => {
                normal.insert(name.clone(), plain(texts(value)?));
            }
        }
    }
    Some(normal)
}

fn plain(values: BTreeSet<String>) -> BTreeMap<String, BTreeSet<String>> {
    BTreeMap::from([(String::new(), values)])
}

fn principal(value: &Value) -> Option<BTreeMap<String, BTreeSet<String>>> {
    match value {
        Value::String(all) if all == "*" => {
            Some(BTreeMap::from([("AWS".to_owned(), BTreeSet::from(["*".to_owned()]))]))
        }
        value => {
            let groups = value.as_object()?;
            groups.iter().map(|(group, names)| Some((group.clone(), texts(names)?))).collect()
        }
    }
}

fn condition(value: &Value, normal: &mut Normal) -> Option<()> {
    for (operator, keys) in value.as_object()? {
        // One entry for each operator, so that two operators on one key stay apart.
        let entry = normal.entry(format!("Condition {}", operator.to_lowercase())).or_default();
        for (key, values) in keys.as_object()? {
            entry.entry(key.to_lowercase()).or_default().extend(texts(values)?);
        }
    }
    Some(())
}

/// The texts of a text or a list; numbers and booleans as IAM writes them.
fn texts(value: &Value) -> Option<BTreeSet<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(all) => all.iter().map(text).collect(),
        one => Some(BTreeSet::from([text(one)?])),
    }
}
