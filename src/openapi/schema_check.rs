//! Checks the schemas that operations use, through every `$ref`, each component once.

use std::collections::BTreeSet;

use serde_json::Value;

use super::description::{Description, UnresolvedReference, kind};
use super::operation_check::{suits_models, unsuitable_name};
use super::pointer::Pointer;
use super::rules::{self, Violation};

/// Members that combine schemas. Source: `AgentCore` developer guide, `OpenAPI` schema targets.
pub(super) const COMBINING: [&str; 3] = ["oneOf", "anyOf", "allOf"];
/// Members whose value is a schema. Source: `OpenAPI` 3.0.3 and JSON Schema 2020-12 (3.1).
pub(super) const HOLDS_SCHEMA: [&str; 10] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Members whose value is an object of schemas.
pub(super) const HOLDS_SCHEMAS_BY_NAME: [&str; 3] =
    ["properties", "patternProperties", "dependentSchemas"];
/// Members whose value is a list of schemas; a combining one is refused and looked into as well.
pub(super) const HOLDS_SCHEMA_LIST: [&str; 4] = ["prefixItems", "oneOf", "anyOf", "allOf"];

/// How deep schemas may lie within each other. JSON ends at 128 when read; only a chain of `$ref`
/// gets past that, and one without end would exhaust the stack.
const MAX_DEPTH: usize = 256;

/// A walk over schemas that remembers which it has seen.
pub(super) struct SchemaCheck<'a> {
    description: &'a Description,
    /// Where the walk is inside: meeting one of these again is recursion.
    open: Vec<Pointer>,
    done: BTreeSet<Pointer>,
    pub(super) violations: Vec<Violation>,
}

impl<'a> SchemaCheck<'a> {
    pub(super) fn new(description: &'a Description) -> Self {
        Self { description, open: Vec::new(), done: BTreeSet::new(), violations: Vec::new() }
    }

    /// Checks the schema at `pointer` and everything below and behind it.
    pub(super) fn check(&mut self, pointer: &Pointer, schema: &'a Value) {
        if self.open.contains(pointer) {
            // Reached through a `$ref`, which `follow` has reported.
            return;
        }
        if !self.done.insert(pointer.clone()) {
            return;
        }
        if self.open.len() >= MAX_DEPTH {
            self.violations.push(Violation::new(
                &rules::RECURSIVE_SCHEMA,
                pointer.clone(),
                format!("schemas in use lie more than {MAX_DEPTH} deep within each other"),
                "describe the inner ones by the members that matter",
            ));
            return;
        }
        self.open.push(pointer.clone());
        self.look_into(pointer, schema);
        self.open.pop();
    }

    fn look_into(&mut self, pointer: &Pointer, schema: &'a Value) {
        let Some(members) = schema.as_object() else {
            // OpenAPI 3.1 allows `true` and `false` for anything and nothing.
            if !schema.is_boolean() {
                self.structure(pointer.clone(), "the schema", schema);
            }
            return;
        };
        if members.contains_key("$ref") {
            self.follow(pointer, schema);
            return;
        }
        for member in COMBINING.into_iter().filter(|member| members.contains_key(*member)) {
            self.violations.push(Violation::new(
                &rules::COMBINED_SCHEMA,
                pointer.join(member),
                format!("a schema in use has {member}"),
                "write one plain schema: merge the members, or keep the variant that is needed",
            ));
        }
        for member in HOLDS_SCHEMA {
            if let Some(value) = members.get(member) {
                self.check(&pointer.join(member), value);
            }
        }
        for member in HOLDS_SCHEMAS_BY_NAME {
            let Some(value) = members.get(member) else { continue };
            let place = pointer.join(member);
            let Some(schemas) = value.as_object() else {
                self.structure(place, member, value);
                continue;
            };
            for (name, schema) in schemas {
                if member == "properties" && !suits_models(name) {
                    self.violations.push(unsuitable_name(place.join(name), name));
                }
                self.check(&place.join(name), schema);
            }
        }
        for member in HOLDS_SCHEMA_LIST {
            let list = members.get(member).and_then(Value::as_array);
            for (index, schema) in list.into_iter().flatten().enumerate() {
                self.check(&pointer.join(member).join(index), schema);
            }
        }
    }

    fn follow(&mut self, pointer: &Pointer, schema: &'a Value) {
        let (target, value) = match self.description.resolve(pointer.clone(), schema) {
            Ok(found) => found,
            Err(reference) => {
                self.violations.push(unresolved(&reference));
                return;
            }
        };
        if self.open.contains(&target) {
            self.violations.push(Violation::new(
                &rules::RECURSIVE_SCHEMA,
                pointer.clone(),
                format!("the schema at {target} contains itself"),
                "cut the circle: describe the inner one by the members that matter",
            ));
        } else {
            self.check(&target, value);
        }
    }

    fn structure(&mut self, pointer: Pointer, what: &str, value: &Value) {
        self.violations.push(Violation::new(
            &rules::STRUCTURE,
            pointer,
            format!("{what} is {}, not an object", kind(value)),
            "write an object",
        ));
    }
}

/// Returns the problem that a reference leads nowhere.
pub(super) fn unresolved(reference: &UnresolvedReference) -> Violation {
    let inside = reference.reference.starts_with('#');
    Violation::new(
        &rules::REFERENCE,
        reference.pointer.join("$ref"),
        format!("the reference {:?} leads to nothing in this file", reference.reference),
        if inside {
            "correct the name, or add what it names"
        } else {
            "copy what it names into this file"
        },
    )
}
