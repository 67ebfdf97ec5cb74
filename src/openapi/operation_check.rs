//! Checks one operation after the other: names, parameters, bodies, responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::description::{Description, Operation};
use super::operation_ids::{made_name, suits_names};
use super::pointer::Pointer;
use super::rules::{self, MAX_PROPERTY_NAME, MAX_TOOL_NAME, TOOL_NAME_SEPARATOR, Violation};
use super::schema_check::{SchemaCheck, unresolved};
use super::server_variables::placeholders;

pub(super) const JSON: &str = "application/json";

/// What is remembered from one operation to the next.
pub(super) struct OperationCheck<'a> {
    description: &'a Description,
    violations: &'a mut Vec<Violation>,
    schemas: SchemaCheck<'a>,
    /// Each operationId, with the operation that had it first.
    names: BTreeMap<&'a str, Pointer>,
}

impl<'a> OperationCheck<'a> {
    pub(super) fn new(description: &'a Description, violations: &'a mut Vec<Violation>) -> Self {
        let schemas = SchemaCheck::new(description);
        Self { description, violations, schemas, names: BTreeMap::new() }
    }

    pub(super) fn check(&mut self, operation: &Operation<'a>) {
        self.check_name(operation);
        self.check_parameters(operation);
        self.check_body(operation);
        self.check_responses(operation);
        self.violations.append(&mut self.schemas.violations);
    }

    fn report(
        &mut self,
        rule: &'static rules::Rule,
        pointer: Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.violations.push(Violation::new(rule, pointer, message, help));
    }

    fn check_name(&mut self, operation: &Operation<'a>) {
        let method = operation.method.to_ascii_uppercase();
        let name = operation.value.get("operationId").and_then(Value::as_str).unwrap_or_default();
        if name.trim().is_empty() {
            self.report(
                &rules::OPERATION_ID,
                operation.pointer.clone(),
                format!("{method} {} has no operationId", operation.path),
                format!("add \"operationId\": {:?}", made_name(operation)),
            );
            return;
        }
        let pointer = operation.pointer.join("operationId");
        if let Some(first) = self.names.get(name) {
            let message = format!("the operationId {name:?} is already used at {first}");
            self.report(
                &rules::OPERATION_ID_UNIQUE,
                pointer.clone(),
                message,
                "rename one of them",
            );
        } else {
            self.names.insert(name, operation.pointer.clone());
        }
        // The shortest target name has one character.
        let length = name.chars().count() + TOOL_NAME_SEPARATOR.len() + 1;
        if length > MAX_TOOL_NAME {
            let message = format!("the tool name would have at least {length} characters");
            let help = format!("shorten it: target, ___ and operationId have {MAX_TOOL_NAME}");
            self.report(&rules::TOOL_NAME, pointer.clone(), message, help);
        }
        if !name.chars().all(suits_names) {
            self.report(
                &rules::TOOL_NAME_CHARACTERS,
                pointer,
                format!("the operationId {name:?} has characters that editors may refuse"),
                format!("write {:?}", name.replace(|character| !suits_names(character), "_")),
            );
        }
    }

    fn check_parameters(&mut self, operation: &Operation<'a>) {
        let shared = operation.path_item.get("parameters");
        let own = operation.value.get("parameters");
        let lists = [(&operation.path_item_pointer, shared), (&operation.pointer, own)];
        let mut path_names = BTreeSet::new();
        for (holder, list) in lists {
            let Some(list) = list else { continue };
            let pointer = holder.join("parameters");
            let Some(list) = list.as_array() else {
                let message = "parameters is not a list";
                self.report(&rules::STRUCTURE, pointer, message, "write a list of parameters");
                continue;
            };
            // An operation may say a path item's parameter anew, so each list stands alone.
            let mut seen = BTreeSet::new();
            for (index, written) in list.iter().enumerate() {
                match self.description.resolve(pointer.join(index), written) {
                    Err(reference) => self.violations.push(unresolved(&reference)),
                    Ok((place, parameter)) => {
                        let Some(key) = self.check_parameter(&place, parameter) else { continue };
                        if key.0 == "path" {
                            path_names.insert(key.1);
                        }
                        if !seen.insert(key) {
                            let message = format!("{} parameter {:?} is there twice", key.0, key.1);
                            let pointer = pointer.join(index);
                            self.report(&rules::PARAMETER, pointer, message, "remove one of them");
                        }
                    }
                }
            }
        }
        self.check_path_names(operation, &path_names);
    }

    fn check_path_names(&mut self, operation: &Operation<'a>, declared: &BTreeSet<&str>) {
        let used: BTreeSet<&str> = placeholders(operation.path).into_iter().collect();
        for name in used.difference(declared) {
            let message = format!("the path has {{{name}}} but no path parameter of that name");
            let help =
                format!("add {{ \"name\": {name:?}, \"in\": \"path\", \"required\": true, … }}");
            self.report(&rules::PATH_PARAMETER, operation.pointer.clone(), message, help);
        }
        for name in declared.difference(&used) {
            let message = format!("the path has no placeholder for the path parameter {name:?}");
            let help = format!("write {{{name}}} into the path, or remove the parameter");
            self.report(&rules::PATH_PARAMETER, operation.pointer.clone(), message, help);
        }
    }

    /// Checks one parameter and returns its place and name, where it has both.
    fn check_parameter(
        &mut self,
        pointer: &Pointer,
        parameter: &'a Value,
    ) -> Option<(&'a str, &'a str)> {
        let text = |member: &str| parameter.get(member).and_then(Value::as_str);
        let (Some(name), Some(place)) = (text("name"), text("in")) else {
            let message = "the parameter has no name or does not say where it goes";
            let help = "add \"name\" and \"in\"";
            self.report(&rules::PARAMETER, pointer.clone(), message, help);
            return None;
        };
        let Some(default_style) = default_style(place) else {
            let message = format!("a parameter cannot be in {place:?}");
            let help = "use path, query, header or cookie";
            self.report(&rules::PARAMETER, pointer.join("in"), message, help);
            return None;
        };
        if place == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
            let message = format!("the path parameter {name:?} is not required");
            let help = "add \"required\": true";
            self.report(&rules::PATH_PARAMETER, pointer.clone(), message, help);
        }
        if !suits_models(name) {
            self.violations.push(unsuitable_name(pointer.join("name"), name));
        }
        self.check_serialization(pointer, parameter, default_style);
        if let Some(schema) = parameter.get("schema") {
            self.schemas.check(&pointer.join("schema"), schema);
        } else if parameter.get("content").is_none() {
            let message = format!("the parameter {name:?} has no schema");
            self.report(&rules::PARAMETER, pointer.clone(), message, "add a schema");
        }
        Some((place, name))
    }

    fn check_serialization(&mut self, pointer: &Pointer, parameter: &Value, default_style: &str) {
        const RULE: &rules::Rule = &rules::PARAMETER_SERIALIZATION;
        let style = parameter.get("style").and_then(Value::as_str).unwrap_or(default_style);
        if style != default_style {
            let message = format!("the style {style:?} is not supported");
            let help = format!("remove it: the default here is {default_style}");
            self.report(RULE, pointer.join("style"), message, help);
        }
        let explode = parameter.get("explode").and_then(Value::as_bool);
        if explode.is_some_and(|explode| explode != (default_style == "form")) {
            let message = "explode other than its default is not supported";
            let help = "remove it, and take one value or a string where several are needed";
            self.report(RULE, pointer.join("explode"), message, help);
        }
        if parameter.get("allowReserved") == Some(&Value::Bool(true)) {
            let message = "allowReserved is not supported";
            self.report(RULE, pointer.join("allowReserved"), message, "remove it");
        }
        if parameter.get("content").is_some() {
            let message = "a parameter described by content is not supported";
            let help = "describe it by a schema, as a string where it is structured";
            self.report(RULE, pointer.join("content"), message, help);
        }
        let Some(schema) = parameter.get("schema") else { return };
        let Ok((place, schema)) = self.description.resolve(pointer.join("schema"), schema) else {
            return;
        };
        if schema.get("type").is_some_and(|kind| names_type(kind, "object")) {
            let message = "a parameter that is an object is not supported";
            self.report(RULE, place, message, "take its members as parameters of their own");
        }
    }

    fn check_body(&mut self, operation: &Operation<'a>) {
        let Some(written) = operation.value.get("requestBody") else { return };
        let resolved = self.description.resolve(operation.pointer.join("requestBody"), written);
        let (pointer, body) = match resolved {
            Ok(found) => found,
            Err(reference) => {
                self.violations.push(unresolved(&reference));
                return;
            }
        };
        let pointer = pointer.join("content");
        let Some(content) = body.get("content").and_then(Value::as_object) else {
            let message = "the request body has no content";
            let help = format!("add \"content\": {{ {JSON:?}: {{ \"schema\": … }} }}");
            self.report(&rules::STRUCTURE, pointer, message, help);
            return;
        };
        if !content.keys().any(|media_type| is_json(media_type)) {
            let offered = content.keys().cloned().collect::<Vec<_>>().join(", ");
            let message = format!("the request body cannot be JSON, only: {offered}");
            let help = format!("describe it as {JSON}, or leave the operation out");
            self.report(&rules::MEDIA_TYPE, pointer.clone(), message, help);
        }
        self.check_content(&pointer, content);
    }

    fn check_content(&mut self, pointer: &Pointer, content: &'a serde_json::Map<String, Value>) {
        for (media_type, value) in content {
            if let Some(schema) = value.get("schema") {
                self.schemas.check(&pointer.join(media_type).join("schema"), schema);
            }
        }
    }

    fn check_responses(&mut self, operation: &Operation<'a>) {
        let responses = operation.value.get("responses").and_then(Value::as_object);
        let Some(responses) = responses.filter(|responses| !responses.is_empty()) else {
            let method = operation.method.to_ascii_uppercase();
            let message = format!("{method} {} has no responses", operation.path);
            let help = "add \"responses\": { \"200\": { \"description\": … } }";
            self.report(&rules::RESPONSE, operation.pointer.clone(), message, help);
            return;
        };
        let place = operation.pointer.join("responses");
        for (status, written) in responses.iter().filter(|(status, _)| !status.starts_with("x-")) {
            let (pointer, response) = match self.description.resolve(place.join(status), written) {
                Ok(found) => found,
                Err(reference) => {
                    self.violations.push(unresolved(&reference));
                    continue;
                }
            };
            if response.get("description").and_then(Value::as_str).is_none() {
                let message = format!("the response {status} has no description");
                self.report(&rules::RESPONSE, pointer.clone(), message, "add a description");
            }
            let Some(content) = response.get("content").and_then(Value::as_object) else {
                continue;
            };
            let pointer = pointer.join("content");
            if !content.is_empty() && !content.keys().any(|media_type| is_json(media_type)) {
                let offered = content.keys().cloned().collect::<Vec<_>>().join(", ");
                let message = format!("the response {status} is not JSON but {offered}");
                let help = "expect a model to get it as plain text, if at all";
                self.report(&rules::RESPONSE_MEDIA_TYPE, pointer.clone(), message, help);
            }
            self.check_content(&pointer, content);
        }
    }
}

/// Tells whether a media type is JSON, whatever its parameters.
pub(super) fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(JSON)
}

/// Returns the style a parameter has when it names none. Source: `OpenAPI` 3.0.3, Parameter Object.
fn default_style(place: &str) -> Option<&'static str> {
    match place {
        "query" | "cookie" => Some("form"),
        "path" | "header" => Some("simple"),
        _ => None,
    }
}

/// Tells whether a `type` is, or in `OpenAPI` 3.1 may be, the one named.
pub(super) fn names_type(kind: &Value, name: &str) -> bool {
    kind == name || kind.as_array().is_some_and(|list| list.iter().any(|kind| kind == name))
}

/// Tells whether the usual models take a property of this name in a tool's input.
pub(super) fn suits_models(name: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    !name.is_empty() && name.chars().count() <= MAX_PROPERTY_NAME && name.chars().all(fits)
}

pub(super) fn unsuitable_name(pointer: Pointer, name: &str) -> Violation {
    Violation::new(
        &rules::PROPERTY_NAME,
        pointer,
        format!("models may refuse a tool with the property {name:?}"),
        format!("leave it out, or use letters, digits, '_', '.', '-', at most {MAX_PROPERTY_NAME}"),
    )
}
