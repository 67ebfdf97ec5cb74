//! Writes schemas without what `AgentCore` refuses in them: `oneOf`, `anyOf` and `allOf`.
//!
//! `$ref` stays where it can: a component that many operations use is written once. Each component is reduced once,
//! however often it is used, and what it loses is told once, at its own place.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::description::Description;
use super::loss::{Loss, LossKind};
use super::pointer::Pointer;
use super::rules::Violation;
use super::schema_check::{
    COMBINING, HOLDS_SCHEMA, HOLDS_SCHEMA_LIST, HOLDS_SCHEMAS_BY_NAME, unresolved,
};

/// Members that tell people something and say nothing of a value, or that only go with a combination.
const LEFT_OUT: [&str; 9] = [
    "$comment",
    "$id",
    "$schema",
    "discriminator",
    "example",
    "examples",
    "externalDocs",
    "x-examples",
    "xml",
];
/// How many components may lie within each other by way of combinations.
const MAX_OPEN: usize = 64;

/// A walk over schemas that remembers what it has reduced.
pub(super) struct Reducer<'a> {
    pub(super) description: &'a Description,
    /// Whether schemas are those of JSON Schema, as in `OpenAPI` 3.1.
    pub(super) is_json_schema: bool,
    components: BTreeMap<Pointer, Value>,
    open: Vec<Pointer>,
    pub(super) losses: Vec<Loss>,
    /// References that lead nowhere, or out of the file.
    pub(super) refused: Vec<Violation>,
}

impl<'a> Reducer<'a> {
    pub(super) fn new(description: &'a Description) -> Self {
        let version = description.document().get("openapi").and_then(Value::as_str);
        Self {
            description,
            is_json_schema: version.is_some_and(|version| version.starts_with("3.1")),
            components: BTreeMap::new(),
            open: Vec::new(),
            losses: Vec::new(),
            refused: Vec::new(),
        }
    }

    pub(super) fn lose(&mut self, kind: LossKind, pointer: &Pointer, message: impl Into<String>) {
        self.losses.push(Loss::new(kind, pointer, message));
    }

    /// The schema at `pointer` without combinations; its references lead to where they led.
    pub(super) fn schema(&mut self, pointer: &Pointer, schema: &Value) -> Value {
        let Some(members) = schema.as_object() else { return schema.clone() };
        if members.contains_key("$ref") {
            return self.reference(pointer, schema);
        }
        let base = self.members(pointer, members);
        if COMBINING.iter().any(|member| members.contains_key(*member)) {
            self.combination(pointer, members, base)
        } else {
            Value::Object(base)
        }
    }

    /// The reduced schema that stands at `place` in the description.
    pub(super) fn component(&mut self, place: &Pointer) -> Value {
        if let Some(known) = self.components.get(place) {
            return known.clone();
        }
        if self.open.contains(place) || self.open.len() >= MAX_OPEN {
            self.lose(
                LossKind::Schema,
                place,
                "it is a part of itself by way of a combination, and is any value there",
            );
            return json!({});
        }
        let Some(schema) = place.find(self.description.document()) else { return json!({}) };
        self.open.push(place.clone());
        let reduced = self.schema(place, schema);
        self.open.pop();
        self.components.insert(place.clone(), reduced.clone());
        reduced
    }

    /// What a reduced schema stands for: itself, or what its reference leads to.
    pub(super) fn resolved(&mut self, schema: Value) -> Value {
        let mut schema = schema;
        // As far as a chain of aliases is followed elsewhere.
        for _ in 0..16 {
            let Some(place) = referred(&schema) else { break };
            let target = self.component(&place);
            let Value::Object(mut beside) = schema else { break };
            beside.shift_remove("$ref");
            schema = match target {
                Value::Object(mut members) if !beside.is_empty() => {
                    members.extend(beside);
                    Value::Object(members)
                }
                target => target,
            };
        }
        match referred(&schema) {
            None => schema,
            Some(place) => {
                self.lose(
                    LossKind::Schema,
                    &place,
                    "it is only another name of itself, and is any value",
                );
                json!({})
            }
        }
    }

    fn reference(&mut self, pointer: &Pointer, schema: &Value) -> Value {
        let place = match self.description.resolve(pointer.clone(), schema) {
            Ok((place, _)) => place,
            Err(reference) => {
                self.refused.push(unresolved(&reference));
                return json!({});
            }
        };
        let mut members = Map::new();
        members.insert("$ref".to_owned(), Value::from(format!("#{}", place.as_str())));
        // In 3.0 whatever stands beside a reference is ignored.
        if self.is_json_schema
            && let Some(written) = schema.as_object()
        {
            members.extend(self.members(pointer, written).into_iter().filter(|(k, _)| k != "$ref"));
        }
        Value::Object(members)
    }

    /// The members of a schema but for its combinations, with the schemas in them reduced.
    fn members(&mut self, pointer: &Pointer, members: &Map<String, Value>) -> Map<String, Value> {
        let mut reduced = Map::new();
        for (name, value) in members {
            let text = name.as_str();
            let data = name.starts_with("x-") || LEFT_OUT.contains(&text);
            if data || COMBINING.contains(&text) {
                continue;
            }
            let place = pointer.join(name);
            let value = match value {
                Value::Object(_) if HOLDS_SCHEMA.contains(&text) => self.schema(&place, value),
                Value::Object(schemas) if HOLDS_SCHEMAS_BY_NAME.contains(&text) => schemas
                    .iter()
                    .map(|(name, schema)| (name.clone(), self.schema(&place.join(name), schema)))
                    .collect::<Map<_, _>>()
                    .into(),
                Value::Array(list) if HOLDS_SCHEMA_LIST.contains(&text) => list
                    .iter()
                    .enumerate()
                    .map(|(index, schema)| self.schema(&place.join(index), schema))
                    .collect(),
                plain => plain.clone(),
            };
            reduced.insert(name.clone(), value);
        }
        reduced
    }

    fn combination(
        &mut self,
        pointer: &Pointer,
        members: &Map<String, Value>,
        base: Map<String, Value>,
    ) -> Value {
        let mut whole = Value::Object(base);
        for member in ["allOf", "anyOf", "oneOf"] {
            let Some(list) = members.get(member).and_then(Value::as_array) else { continue };
            let place = pointer.join(member);
            let parts: Vec<Value> = list
                .iter()
                .enumerate()
                .map(|(index, part)| self.schema(&place.join(index), part))
                .collect();
            if member == "allOf" {
                for part in parts {
                    whole = self.both(&place, whole, part);
                }
            } else {
                let one = self.one_of(&place, parts);
                whole = self.both(&place, whole, one);
            }
        }
        whole
    }
}

/// Where the reference of a reduced schema leads.
pub(super) fn referred(schema: &Value) -> Option<Pointer> {
    schema.get("$ref")?.as_str()?.strip_prefix('#').and_then(Pointer::from_text)
}

/// The last part of the place that a reference leads to.
pub(super) fn name_of(place: &Pointer) -> String {
    let last = place.as_str().rsplit('/').next().unwrap_or_default();
    last.replace("~1", "/").replace("~0", "~")
}

/// A value that may stand alone or in a list.
pub(super) fn as_list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}
