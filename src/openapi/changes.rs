//! What became of tools between two versions, and which changes break those who call them.
//!
//! A change breaks a caller when arguments that were accepted before may not be any more, or a name is gone. Anything else
//! is told and harmless: a new tool, a new optional argument, a value more.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::reduce::as_list;

/// What is compared of a tool.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// The schema of its arguments.
    pub input_schema: &'a Value,
}

/// A difference between two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The tool.
    pub tool: String,
    /// What became of it.
    pub what: Difference,
    /// Where in its arguments, as `a.b[]`; empty for the tool itself.
    pub argument: String,
    /// The difference, in words.
    pub message: String,
    /// Whether it breaks callers.
    pub breaks: bool,
}

/// What became of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is not as before.
    Changed,
}

/// Members of which a larger value takes less, and those of which a smaller one does.
const LOWER_LIMITS: [&str; 5] =
    ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const UPPER_LIMITS: [&str; 5] =
    ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/// Members that take less by being there at all, and cannot be compared otherwise.
const FORMS: [&str; 5] = ["pattern", "format", "multipleOf", "uniqueItems", "not"];

/// Compares two versions of a list of tools, by name.
pub fn changes(before: &[Definition<'_>], now: &[Definition<'_>]) -> Vec<Change> {
    let by_name = |list: &[Definition<'_>]| -> BTreeMap<String, usize> {
        list.iter().enumerate().map(|(index, tool)| (tool.name.to_owned(), index)).collect()
    };
    let (old, new) = (by_name(before), by_name(now));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let mut comparison = Comparison { tool: name, found: Vec::new() };
        match (old.get(name), new.get(name)) {
            (Some(_), None) => comparison.add(Difference::Removed, "", "it is gone", true),
            (None, Some(_)) => comparison.add(Difference::Added, "", "it is new", false),
            (Some(old), Some(new)) => comparison.tools(before[*old], now[*new]),
            (None, None) => {}
        }
        found.append(&mut comparison.found);
    }
    found
}

struct Comparison<'a> {
    tool: &'a str,
    found: Vec<Change>,
}

impl Comparison<'_> {
    fn add(&mut self, what: Difference, argument: &str, message: impl Into<String>, breaks: bool) {
        self.found.push(Change {
            tool: self.tool.to_owned(),
            what,
            argument: argument.to_owned(),
            message: message.into(),
            breaks,
        });
    }

    fn changed(&mut self, argument: &str, message: impl Into<String>, breaks: bool) {
        self.add(Difference::Changed, argument, message, breaks);
    }

    fn tools(&mut self, before: Definition<'_>, now: Definition<'_>) {
        if before.description != now.description {
            self.changed("", "its description is another", false);
        }
        self.schemas("", before.input_schema, now.input_schema);
    }

    fn schemas(&mut self, argument: &str, before: &Value, now: &Value) {
        if before == now {
            return;
        }
        let empty = Map::new();
        let (old, new) = (before.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
        self.types(argument, old, new);
        self.values(argument, old, new);
        self.limits(argument, old, new);
        self.properties(argument, old, new);
        match (old.get("items"), new.get("items")) {
            (Some(before), Some(now)) => self.schemas(&format!("{argument}[]"), before, now),
            (None, Some(now)) if now.as_object().is_none_or(|now| !now.is_empty()) => {
                self.changed(&format!("{argument}[]"), "what it holds is told now", true);
            }
            _ => {}
        }
        let closed = |schema: &Map<String, Value>| {
            schema.get("additionalProperties") == Some(&Value::Bool(false))
        };
        if closed(new) && !closed(old) {
            self.changed(argument, "it takes no other properties any more", true);
        }
        if !argument.is_empty() && old.get("description") != new.get("description") {
            self.changed(argument, "its description is another", false);
        }
    }

    fn types(&mut self, argument: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let (before, now) = (types(old), types(new));
        if before == now {
            return;
        }
        let taken = |kind: &String| {
            now.is_empty() || now.contains(kind) || (kind == "integer" && now.contains("number"))
        };
        let breaks = if before.is_empty() { !now.is_empty() } else { !before.iter().all(taken) };
        let words = |types: &BTreeSet<String>| {
            let words: Vec<&str> = types.iter().map(String::as_str).collect();
            if words.is_empty() { "anything".to_owned() } else { words.join(" or ") }
        };
        self.changed(
            argument,
            format!("it was {}, and is {}", words(&before), words(&now)),
            breaks,
        );
    }

    fn values(&mut self, argument: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let listed = |schema: &Map<String, Value>| -> Option<Vec<Value>> {
            let one = schema.get("const").map(|value| vec![value.clone()]);
            one.or_else(|| schema.get("enum").map(as_list))
        };
        let words = |values: &[&Value]| {
            values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        match (listed(old), listed(new)) {
            (Some(old), Some(new)) => {
                let gone: Vec<&Value> = old.iter().filter(|value| !new.contains(value)).collect();
                let more: Vec<&Value> = new.iter().filter(|value| !old.contains(value)).collect();
                if !gone.is_empty() {
                    self.changed(argument, format!("values are gone: {}", words(&gone)), true);
                }
                if !more.is_empty() {
                    self.changed(argument, format!("values are new: {}", words(&more)), false);
                }
            }
            (None, Some(new)) => {
                let new: Vec<&Value> = new.iter().collect();
                self.changed(argument, format!("it takes only {} now", words(&new)), true);
            }
            (Some(_), None) => self.changed(argument, "it takes any value now", false),
            (None, None) => {}
        }
    }

    fn limits(&mut self, argument: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        for name in LOWER_LIMITS.into_iter().chain(UPPER_LIMITS).chain(FORMS) {
            let (before, now) = (old.get(name), new.get(name));
            if before == now {
                continue;
            }
            let stricter = match (before.and_then(Value::as_f64), now.and_then(Value::as_f64)) {
                (Some(before), Some(now)) if LOWER_LIMITS.contains(&name) => now > before,
                (Some(before), Some(now)) if UPPER_LIMITS.contains(&name) => now < before,
                _ => now.is_some(),
            };
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            let message = format!("its {name} was {}, and is {}", text(before), text(now));
            self.changed(argument, message, stricter);
        }
    }

    fn properties(&mut self, argument: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let empty = Map::new();
        let of = |schema: &'_ Map<String, Value>| {
            schema.get("properties").and_then(Value::as_object).cloned()
        };
        let required = |schema: &Map<String, Value>, name: &str| {
            let list = schema.get("required").and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|one| one == name))
        };
        let (before, now) = (of(old).unwrap_or(empty.clone()), of(new).unwrap_or(empty));
        for (name, schema) in &before {
            let place = below(argument, name);
            let Some(other) = now.get(name) else {
                self.changed(&place, "it is gone", true);
                continue;
            };
            match (required(old, name), required(new, name)) {
                (false, true) => self.changed(&place, "it is required now", true),
                (true, false) => self.changed(&place, "it may be left out now", false),
                _ => {}
            }
            self.schemas(&place, schema, other);
        }
        for name in now.keys().filter(|name| !before.contains_key(*name)) {
            let needed = required(new, name);
            let message = if needed { "it is new, and required" } else { "it is new" };
            self.changed(&below(argument, name), message, needed);
        }
    }
}

fn below(argument: &str, name: &str) -> String {
    if argument.is_empty() { name.to_owned() } else { format!("{argument}.{name}") }
}

/// The types that a schema takes; none for any. A value that may be null in the way of `OpenAPI` 3.0 has that type too.
fn types(schema: &Map<String, Value>) -> BTreeSet<String> {
    let written = schema.get("type").map(as_list).unwrap_or_default();
    let mut types: BTreeSet<String> =
        written.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if !types.is_empty() && schema.get("nullable") == Some(&Value::Bool(true)) {
        types.insert("null".to_owned());
    }
    types
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The changes from one schema of an argument `a` to another.
    fn between(before: Value, now: Value) -> Vec<(String, bool)> {
        let whole = |schema: Value| json!({ "type": "object", "properties": { "a": schema } });
        let (before, now) = (whole(before), whole(now));
        let of = |schema| Definition { name: "t", description: "d", input_schema: schema };
        changes(&[of(&before)], &[of(&now)])
            .into_iter()
            .map(|change| (format!("{}: {}", change.argument, change.message), change.breaks))
            .collect()
    }

    #[test]
    fn what_takes_less_breaks_and_what_takes_more_does_not() {
        let object = |required: &[&str], names: &[&str]| {
            let properties: Map<String, Value> = names
                .iter()
                .map(|name| ((*name).to_owned(), json!({ "type": "string" })))
                .collect();
            json!({ "type": "object", "properties": properties, "required": required })
        };
        for (narrow, wide) in [
            (json!({ "type": "integer" }), json!({ "type": "number" })),
            (json!({ "type": "string" }), json!({ "type": ["string", "null"] })),
            (json!({ "type": "string" }), json!({ "type": "string", "nullable": true })),
            (json!({ "type": "string" }), json!({})),
            (json!({ "enum": ["a"] }), json!({ "enum": ["a", "b"] })),
            (json!({ "const": "a" }), json!({ "enum": ["a", "b"] })),
            (json!({ "enum": ["a"] }), json!({})),
            (json!({ "maxLength": 1 }), json!({ "maxLength": 2 })),
            (json!({ "minimum": 2 }), json!({ "minimum": 1 })),
            (json!({ "pattern": "^a$" }), json!({})),
            (
                json!({ "type": "array", "items": { "type": "integer" } }),
                json!({ "type": "array", "items": { "type": "number" } }),
            ),
            (json!({ "additionalProperties": false }), json!({})),
            (object(&["x"], &["x"]), object(&[], &["x"])),
            (object(&[], &["x"]), object(&[], &["x", "y"])),
        ] {
            let widened = between(narrow.clone(), wide.clone());
            let narrowed = between(wide.clone(), narrow.clone());
            assert!(widened.iter().all(|(_, breaks)| !breaks), "{narrow} {wide}: {widened:?}");
            assert!(narrowed.iter().any(|(_, breaks)| *breaks), "{wide} {narrow}: {narrowed:?}");
            assert!(between(wide.clone(), wide).is_empty());
        }
        assert_eq!(
            between(object(&[], &["x"]), object(&["y"], &["x", "y"])),
            [("a.y: it is new, and required".to_owned(), true)]
        );
    }

    #[test]
    fn tools_come_and_go_by_name() {
        let schema = json!({ "type": "object" });
        let of = |name, description| Definition { name, description, input_schema: &schema };
        let found = changes(&[of("a", "x"), of("b", "x")], &[of("b", "y"), of("c", "x")]);
        let told: Vec<(&str, Difference, bool)> =
            found.iter().map(|one| (one.tool.as_str(), one.what, one.breaks)).collect();
        assert_eq!(
            told,
            [
                ("a", Difference::Removed, true),
                ("b", Difference::Changed, false),
                ("c", Difference::Added, false),
            ]
        );
    }
}
