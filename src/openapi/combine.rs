//! One schema in the place of several: of all that must hold (`allOf`), and of alternatives (`anyOf`, `oneOf`).
//!
//! What must hold together becomes one schema that asks for the same. Alternatives become one that takes each of them
//! where that can be said: objects share one list of properties, texts their values. Where it cannot, as between a text
//! and an object, the first is kept, so that whatever a model sends is still something the API takes.

use serde_json::{Map, Value, json};

use super::loss::LossKind;
use super::pointer::Pointer;
use super::reduce::{Reducer, name_of, referred};

/// How deep equally named properties of alternatives are combined in their turn.
const MAX_DEPTH: usize = 6;
/// How long the text may be that tells of alternatives.
const MAX_TOLD: usize = 500;
/// Members of which the larger is the stricter, and those of which the smaller is.
const LOWER_LIMITS: [&str; 4] = ["minimum", "minLength", "minItems", "minProperties"];
const UPPER_LIMITS: [&str; 4] = ["maximum", "maxLength", "maxItems", "maxProperties"];
/// Members that tell people something; the outer one stands.
const TOLD: [&str; 3] = ["description", "title", "default"];

impl Reducer<'_> {
    /// The schema of what is both `left` and `right`.
    pub(super) fn both(&mut self, pointer: &Pointer, left: Value, right: Value) -> Value {
        self.both_at(pointer, left, right, 0)
    }

    fn both_at(&mut self, pointer: &Pointer, left: Value, right: Value, depth: usize) -> Value {
        if is_empty(&left) || left == right {
            return right;
        }
        if is_empty(&right) {
            return left;
        }
        let (left, right) = (self.resolved(left), self.resolved(right));
        let (Value::Object(mut whole), Value::Object(right)) = (left.clone(), right) else {
            return left;
        };
        for (name, value) in right {
            match whole.get(&name).cloned() {
                None => {
                    whole.insert(name, value);
                }
                Some(known) if known == value => {}
                Some(known) => {
                    let both = self.member(pointer, &name, (known, value), depth);
                    whole.insert(name, both);
                }
            }
        }
        Value::Object(whole)
    }

    /// The member `name` of a schema that is two at once.
    fn member(
        &mut self,
        pointer: &Pointer,
        name: &str,
        (left, right): (Value, Value),
        depth: usize,
    ) -> Value {
        if TOLD.contains(&name) {
            return left;
        }
        if depth < MAX_DEPTH {
            match (name, &left, &right) {
                ("properties", Value::Object(own), Value::Object(other)) => {
                    let mut all = own.clone();
                    for (name, value) in other.clone() {
                        let both = match all.get(&name).cloned() {
                            Some(own) => {
                                let place = pointer.join(&name);
                                self.both_at(&place, own, value, depth + 1)
                            }
                            None => value,
                        };
                        all.insert(name, both);
                    }
                    return Value::Object(all);
                }
                ("items", ..) => return self.both_at(pointer, left, right, depth + 1),
                _ => {}
            }
        }
        if let Some(both) = simple_member(name, &left, &right) {
            return both;
        }
        let message = format!("it is asked for two kinds of {name:?}, of which the first is kept");
        self.lose(LossKind::Schema, pointer, message);
        left
    }

    /// The schema of what is one of `parts`.
    pub(super) fn one_of(&mut self, pointer: &Pointer, parts: Vec<Value>) -> Value {
        self.one_of_at(pointer, parts, 0)
    }

    fn one_of_at(&mut self, pointer: &Pointer, parts: Vec<Value>, depth: usize) -> Value {
        let mut null = false;
        let mut options: Vec<Value> = Vec::new();
        for part in parts {
            if is_null(&part) {
                null = true;
            } else if !options.contains(&part) {
                options.push(part);
            }
        }
        let one = match options.len() {
            0 => json!({}),
            1 => options.remove(0),
            _ => self.several(pointer, options, depth),
        };
        if !null {
            return one;
        }
        let one = self.resolved(one);
        self.or_null(one)
    }

    fn several(&mut self, pointer: &Pointer, options: Vec<Value>, depth: usize) -> Value {
        let labels: Vec<String> = options.iter().enumerate().map(label).collect();
        let kinds: Vec<Option<&'static str>> =
            options.iter().map(|option| self.kind_behind(option, MAX_DEPTH)).collect();
        let Some(first) = options.first().cloned() else { return json!({}) };
        let all = |wanted: &[&str]| {
            kinds.iter().all(|kind| kind.is_some_and(|kind| wanted.contains(&kind)))
        };
        let says_only_required = |option: &Value| {
            option.as_object().is_some_and(|one| one.keys().all(|name| name == "required"))
        };
        if options.iter().all(says_only_required) {
            let message = "which of its properties go together is not told any more";
            self.lose(LossKind::Schema, pointer, message);
            return json!({});
        }
        let alike = all(&[kinds[0].unwrap_or_default()]) || all(&["integer", "number"]);
        if depth >= MAX_DEPTH || !alike {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.unwrap_or("anything")).collect();
            let message = format!("it is one of {}, of which the first is kept", words.join(", "));
            self.lose(LossKind::Schema, pointer, message);
            return first;
        }
        let options: Vec<Map<String, Value>> = options
            .into_iter()
            .filter_map(|option| match self.resolved(option) {
                Value::Object(members) => Some(members),
                _ => None,
            })
            .collect();
        match kinds[0] {
            Some("object") => self.objects(pointer, &labels, &options, depth),
            Some("array") => {
                let items: Vec<Value> = options
                    .iter()
                    .map(|one| one.get("items").cloned().unwrap_or(json!({})))
                    .collect();
                let items = self.one_of_at(&pointer.join("items"), items, depth + 1);
                let mut whole = self.shared(pointer, &options, &["items"]);
                whole.insert("items".to_owned(), items);
                Value::Object(whole)
            }
            _ => self.scalars(pointer, &options),
        }
    }

    /// The type of a schema, looked up without reducing what it refers to: that may be where this one stands.
    fn kind_behind(&self, schema: &Value, depth: usize) -> Option<&'static str> {
        let members = schema.as_object()?;
        if let Some(place) = referred(schema) {
            let target = place.find(self.description.document()).filter(|_| depth > 0)?;
            return self.kind_behind(target, depth - 1);
        }
        let parts = members.get("allOf").and_then(Value::as_array).into_iter().flatten();
        kind(members).or_else(|| {
            parts.filter(|_| depth > 0).find_map(|part| self.kind_behind(part, depth - 1))
        })
    }

    /// One object with the properties of all.
    fn objects(
        &mut self,
        pointer: &Pointer,
        labels: &[String],
        options: &[Map<String, Value>],
        depth: usize,
    ) -> Value {
        let mut names: Vec<&String> = Vec::new();
        let properties = |one: &'_ Map<String, Value>| -> Map<String, Value> {
            one.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
        };
        let each: Vec<Map<String, Value>> = options.iter().map(properties).collect();
        for name in each.iter().flat_map(Map::keys) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut all = Map::new();
        for name in names {
            let kinds: Vec<Value> = each.iter().filter_map(|one| one.get(name).cloned()).collect();
            let place = pointer.join(name);
            all.insert(name.clone(), self.one_of_at(&place, kinds, depth + 1));
        }
        let requires = |one: &Map<String, Value>, name: &Value| {
            one.get("required").and_then(Value::as_array).is_some_and(|list| list.contains(name))
        };
        let first = options[0].get("required").and_then(Value::as_array).cloned();
        let required: Vec<Value> = first
            .into_iter()
            .flatten()
            .filter(|name| options.iter().all(|one| requires(one, name)))
            .collect();
        let mut whole = Map::new();
        whole.insert("type".to_owned(), json!("object"));
        whole.insert("description".to_owned(), Value::from(told(labels, &each)));
        whole.insert("properties".to_owned(), Value::Object(all));
        if !required.is_empty() {
            whole.insert("required".to_owned(), Value::Array(required));
        }
        let message = format!(
            "{} alternatives are one object, whose description says which properties go together",
            options.len()
        );
        self.lose(LossKind::Schema, pointer, message);
        Value::Object(whole)
    }

    /// One text or number with the values of all.
    fn scalars(&mut self, pointer: &Pointer, options: &[Map<String, Value>]) -> Value {
        let values = |one: &Map<String, Value>| -> Option<Vec<Value>> {
            let single = one.get("const").map(|value| vec![value.clone()]);
            single.or_else(|| one.get("enum")?.as_array().cloned())
        };
        let listed: Option<Vec<Vec<Value>>> = options.iter().map(values).collect();
        let mut whole = self.shared(pointer, options, &["enum", "const", "type"]);
        let kind = if options.iter().all(|one| kind(one) == Some("integer")) {
            Some("integer")
        } else {
            options.iter().filter_map(kind).find(|kind| *kind != "integer")
        };
        if let Some(kind) = kind {
            whole.insert("type".to_owned(), json!(kind));
        }
        if let Some(listed) = listed {
            let mut all: Vec<Value> = Vec::new();
            for value in listed.into_iter().flatten() {
                if !all.contains(&value) {
                    all.push(value);
                }
            }
            whole.insert("enum".to_owned(), Value::Array(all));
        } else if options.iter().any(|one| values(one).is_some()) {
            let message = "some alternatives list their values, and any value is taken";
            self.lose(LossKind::Schema, pointer, message);
        }
        Value::Object(whole)
    }

    /// What all `options` say alike, but for the members that are combined otherwise.
    fn shared(
        &mut self,
        pointer: &Pointer,
        options: &[Map<String, Value>],
        otherwise: &[&str],
    ) -> Map<String, Value> {
        let mut whole = options[0].clone();
        whole.retain(|name, _| name == "type" || !otherwise.contains(&name.as_str()));
        let mut differing: Vec<String> = Vec::new();
        for name in options.iter().flat_map(Map::keys) {
            let alike = options.iter().all(|one| one.get(name) == options[0].get(name));
            if alike || otherwise.contains(&name.as_str()) || name == "type" {
                continue;
            }
            whole.shift_remove(name);
            if name == "nullable" {
                continue;
            }
            if !TOLD.contains(&name.as_str()) && !differing.contains(name) {
                differing.push(name.clone());
            }
        }
        if options.iter().any(|one| one.get("nullable") == Some(&Value::Bool(true))) {
            whole.insert("nullable".to_owned(), Value::Bool(true));
        }
        if !differing.is_empty() {
            let names = differing.join(", ");
            let message =
                format!("alternatives are one schema, without what they differ in: {names}");
            self.lose(LossKind::Schema, pointer, message);
        }
        whole
    }

    fn or_null(&self, schema: Value) -> Value {
        let Value::Object(mut members) = schema else { return schema };
        if !self.is_json_schema {
            members.insert("nullable".to_owned(), Value::Bool(true));
            return Value::Object(members);
        }
        let kinds = match members.get("type").cloned() {
            Some(Value::Array(mut list)) => {
                if !list.contains(&json!("null")) {
                    list.push(json!("null"));
                }
                Value::Array(list)
            }
            Some(kind) => json!([kind, "null"]),
            None => return Value::Object(members),
        };
        members.insert("type".to_owned(), kinds);
        if let Some(Value::Array(values)) = members.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        Value::Object(members)
    }
}

/// Members whose common ground needs no look behind references.
fn simple_member(name: &str, left: &Value, right: &Value) -> Option<Value> {
    let number = |value: &Value| value.as_f64();
    match (name, left, right) {
        ("required", Value::Array(own), Value::Array(other)) => {
            let mut all = own.clone();
            all.extend(other.iter().filter(|name| !own.contains(name)).cloned());
            Some(Value::Array(all))
        }
        ("enum", Value::Array(own), Value::Array(other)) => {
            let common: Vec<Value> =
                own.iter().filter(|value| other.contains(value)).cloned().collect();
            (!common.is_empty()).then_some(Value::Array(common))
        }
        ("nullable", Value::Bool(own), Value::Bool(other)) => Some(Value::Bool(*own && *other)),
        ("readOnly" | "writeOnly" | "deprecated", Value::Bool(own), Value::Bool(other)) => {
            Some(Value::Bool(*own || *other))
        }
        // Each part closes the object for itself, which no object with members of both could be.
        ("additionalProperties", Value::Bool(false), other)
        | ("additionalProperties", other, Value::Bool(false)) => Some(other.clone()),
        ("type", own, other) => match (own.as_str(), other.as_str()) {
            (Some("integer"), Some("number")) | (Some("number"), Some("integer")) => {
                Some(json!("integer"))
            }
            _ => {
                let both = |list: &Value, kind: &Value| {
                    list.as_array().is_some_and(|list| list.contains(kind)).then(|| kind.clone())
                };
                both(own, other).or_else(|| both(other, own))
            }
        },
        _ if LOWER_LIMITS.contains(&name) => {
            Some(if number(left)? >= number(right)? { left } else { right }.clone())
        }
        _ if UPPER_LIMITS.contains(&name) => {
            Some(if number(left)? <= number(right)? { left } else { right }.clone())
        }
        _ => None,
    }
}

fn is_empty(schema: &Value) -> bool {
    schema == &Value::Bool(true) || schema.as_object().is_some_and(Map::is_empty)
}

/// Whether a schema only says that the value may be null. Descriptions made from `OData` write that as an object of nothing.
fn is_null(schema: &Value) -> bool {
    schema == &json!({ "type": "object", "nullable": true })
        || schema.get("type") == Some(&json!("null"))
        || schema.get("const") == Some(&Value::Null)
        || schema.get("enum") == Some(&json!([null]))
}

/// The one type of a schema, written or plain from its members.
pub(super) fn kind(schema: &Map<String, Value>) -> Option<&'static str> {
    const KINDS: [&str; 6] = ["object", "array", "string", "integer", "number", "boolean"];
    let written = |name: &str| KINDS.into_iter().find(|kind| *kind == name);
    match schema.get("type") {
        Some(Value::String(name)) => return written(name),
        Some(Value::Array(list)) => {
            let mut names = list.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            return match (names.next(), names.next()) {
                (Some(name), None) => written(name),
                _ => None,
            };
        }
        _ => {}
    }
    if schema.contains_key("properties") || schema.contains_key("additionalProperties") {
        return Some("object");
    }
    if schema.contains_key("items") {
        return Some("array");
    }
    let listed = schema.get("enum").and_then(|list| list.get(0));
    match schema.get("const").or(listed) {
        Some(Value::String(_)) => Some("string"),
        Some(Value::Bool(_)) => Some("boolean"),
        Some(Value::Number(number)) if number.is_f64() => Some("number"),
        Some(Value::Number(_)) => Some("integer"),
        _ => None,
    }
}

/// What an alternative is called.
fn label((index, option): (usize, &Value)) -> String {
    let title = option.get("title").and_then(Value::as_str).map(str::to_owned);
    let name = referred(option).map(|place| name_of(&place));
    name.or(title).unwrap_or_else(|| (index + 1).to_string())
}

/// Which properties go together.
fn told(labels: &[String], each: &[Map<String, Value>]) -> String {
    let one = |(label, properties): (&String, &Map<String, Value>)| {
        let names: Vec<&str> = properties.keys().map(String::as_str).collect();
        format!("{label} ({})", names.join(", "))
    };
    let text: Vec<String> = labels.iter().zip(each).map(one).collect();
    let text = format!("One of: {}", text.join("; "));
    if text.chars().count() <= MAX_TOLD {
        return text;
    }
    let short: String = text.chars().take(MAX_TOLD - 1).collect();
    format!("{short}…")
}
