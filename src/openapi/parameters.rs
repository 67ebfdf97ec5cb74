//! Parameters in the only form that `AgentCore` sends: plain values in the default style of their place.
//!
//! What another style would write is said by a plain parameter where that reaches the API as the same text, and told to the
//! model in the description. A parameter that cannot be said at all is left out; without a required one the operation
//! cannot be a tool.

use serde_json::{Map, Value, json};

use super::combine::kind;
use super::description::Operation;
use super::loss::LossKind;
use super::operation_check::suits_models;
use super::pointer::Pointer;
use super::reduce::Reducer;
use super::rules::{self, Violation};

/// Why an operation cannot be a tool.
pub(super) type Impossible = Violation;

/// A parameter on its way from the description to the slice.
struct Parameter<'a> {
    pointer: &'a Pointer,
    name: &'a str,
    place: &'a str,
    required: bool,
    written: &'a Map<String, Value>,
}

impl Reducer<'_> {
    /// The parameters of `operation`, its path's included, each written out.
    ///
    /// # Errors
    /// The required ones that cannot be sent.
    pub(super) fn parameters(
        &mut self,
        operation: &Operation<'_>,
    ) -> Result<Vec<Value>, Vec<Impossible>> {
        let mut reduced: Vec<Value> = Vec::new();
        let mut impossible = Vec::new();
        for (pointer, written) in self.written_parameters(operation) {
            let Some(members) = written.as_object() else { continue };
            let text = |member: &str| members.get(member).and_then(Value::as_str);
            let (Some(name), Some(place)) = (text("name"), text("in")) else {
                reduced.push(written);
                continue;
            };
            let required = place == "path" || members.get("required") == Some(&Value::Bool(true));
            let parameter =
                Parameter { pointer: &pointer, name, place, required, written: members };
            match self.parameter(&parameter) {
                Ok(found) => {
                    for one in found {
                        if !reduced.iter().any(|known| is_same(known, &one)) {
                            reduced.push(one);
                        }
                    }
                }
                Err(reason) if required => {
                    let message = format!("the required parameter {name:?} {reason}");
                    let help = "exclude the operation";
                    let rule = &rules::PARAMETER_SERIALIZATION;
                    impossible.push(Violation::new(rule, pointer.clone(), message, help));
                }
                Err(reason) => {
                    let message = format!("{name:?} is left out: it {reason}");
                    self.lose(LossKind::Parameter, &pointer, message);
                }
            }
        }
        if impossible.is_empty() { Ok(reduced) } else { Err(impossible) }
    }

    /// The path's parameters that the operation does not say anew, then its own, behind their references.
    fn written_parameters(&mut self, operation: &Operation<'_>) -> Vec<(Pointer, Value)> {
        let shared = operation.path_item.get("parameters");
        let own = operation.value.get("parameters");
        let lists = [(&operation.path_item_pointer, shared), (&operation.pointer, own)];
        let mut all: Vec<(Pointer, Value)> = Vec::new();
        for (holder, list) in lists {
            let list = list.and_then(Value::as_array).into_iter().flatten();
            for (index, written) in list.enumerate() {
                let place = holder.join("parameters").join(index);
                match self.description.resolve(place, written) {
                    Ok((place, parameter)) => {
                        match all.iter_mut().find(|(_, known)| is_same(known, parameter)) {
                            Some(known) => *known = (place, parameter.clone()),
                            None => all.push((place, parameter.clone())),
                        }
                    }
                    Err(reference) => {
                        self.refused.push(super::schema_check::unresolved(&reference));
                    }
                }
            }
        }
        all
    }

    /// What a parameter is in the slice; an object may become several.
    fn parameter(&mut self, parameter: &Parameter<'_>) -> Result<Vec<Value>, String> {
        if !parameter.required && !suits_models(parameter.name) {
            return Err("has a name that models refuse".to_owned());
        }
        if parameter.written.get("content").is_some() {
            let message = format!("{:?} is taken as JSON text", parameter.name);
            self.lose(LossKind::Parameter, parameter.pointer, message);
            return Ok(vec![plain(
                parameter,
                json!({ "type": "string" }),
                "A value as JSON text.",
            )]);
        }
        if parameter.written.get("allowReserved") == Some(&Value::Bool(true)) {
            let message = format!("reserved characters in {:?} are escaped", parameter.name);
            self.lose(LossKind::Parameter, parameter.pointer, message);
        }
        let schema = if let Some(schema) = parameter.written.get("schema") {
            self.schema(&parameter.pointer.join("schema"), schema)
        } else {
            let message = format!("{:?} has no schema, and is a text", parameter.name);
            self.lose(LossKind::Parameter, parameter.pointer, message);
            json!({ "type": "string" })
        };
        let resolved = self.resolved(schema.clone());
        let empty = Map::new();
        let members = resolved.as_object().unwrap_or(&empty);
        let default = if matches!(parameter.place, "query" | "cookie") { "form" } else { "simple" };
        let style = parameter.written.get("style").and_then(Value::as_str).unwrap_or(default);
        let explode = parameter.written.get("explode").and_then(Value::as_bool);
        let explode = explode.unwrap_or(style == "form");
        match (kind(members), style) {
            (Some("object"), "form") if explode && parameter.place == "query" => {
                self.members_as_parameters(parameter, members)
            }
            (Some("object"), _) => Err(format!("is an object in the style {style:?}")),
            (Some("array"), _) => self.list(parameter, schema, members, (style, explode)),
            (_, "label" | "matrix" | "deepObject") => Err(format!("has the style {style:?}")),
            _ => Ok(vec![plain(parameter, schema, "")]),
        }
    }

    fn list(
        &mut self,
        parameter: &Parameter<'_>,
        schema: Value,
        members: &Map<String, Value>,
        (style, explode): (&str, bool),
    ) -> Result<Vec<Value>, String> {
        let items = members.get("items").cloned().unwrap_or(json!({}));
        let items = self.resolved(items);
        if let Some(kind @ ("object" | "array")) = items.as_object().and_then(kind) {
            return Err(format!("is a list whose items are of the type {kind}"));
        }
        let separator = match (style, explode, parameter.place) {
            ("form", true, "query" | "cookie") | ("simple", false, _) => {
                return Ok(vec![plain(parameter, schema, "")]);
            }
            ("form", false, _) => "commas",
            ("pipeDelimited", false, _) => "vertical bars",
            ("spaceDelimited", false, _) => "spaces",
            _ => return Err(format!("is a list in the style {style:?}")),
        };
        let message =
            format!("{:?} is a list, and is taken as a text with {separator}", parameter.name);
        self.lose(LossKind::Parameter, parameter.pointer, message);
        let values = items.get("enum").and_then(Value::as_array);
        let values: Vec<String> = values.into_iter().flatten().map(Value::to_string).collect();
        let possible = if values.is_empty() {
            String::new()
        } else {
            format!(" Possible: {}.", values.join(", "))
        };
        let told = format!("Several values are separated by {separator}.{possible}");
        Ok(vec![plain(parameter, json!({ "type": "string" }), &told)])
    }

    /// An object whose members are written side by side is the same as a parameter for each of them.
    fn members_as_parameters(
        &mut self,
        parameter: &Parameter<'_>,
        members: &Map<String, Value>,
    ) -> Result<Vec<Value>, String> {
        let properties = members.get("properties").and_then(Value::as_object);
        let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
            return Err("is an object without properties".to_owned());
        };
        let required = members.get("required").and_then(Value::as_array);
        let mut parameters = Vec::new();
        for (name, schema) in properties.clone() {
            let needed = parameter.required
                && required.is_some_and(|list| list.iter().any(|one| *one == name));
            let resolved = self.resolved(schema.clone());
            let is_plain = !matches!(resolved.as_object().and_then(kind), Some("object" | "array"));
            if is_plain && (needed || suits_models(&name)) {
                let mut one = json!({ "name": name, "in": "query" });
                if needed {
                    one["required"] = Value::Bool(true);
                }
                one["schema"] = schema;
                parameters.push(one);
            } else if needed {
                return Err(format!("has the member {name:?}, which is no plain value"));
            } else {
                let message = format!("the member {name:?} of {:?} is left out", parameter.name);
                self.lose(LossKind::Parameter, parameter.pointer, message);
            }
        }
        let message = format!("{:?} is taken member by member", parameter.name);
        self.lose(LossKind::Parameter, parameter.pointer, message);
        Ok(parameters)
    }
}

/// Whether two parameters have one name and one place.
fn is_same(one: &Value, other: &Value) -> bool {
    one.get("name") == other.get("name") && one.get("in") == other.get("in")
}

/// The parameter with `schema` in the default style, and `told` behind its description.
fn plain(parameter: &Parameter<'_>, schema: Value, told: &str) -> Value {
    let mut members = Map::new();
    members.insert("name".to_owned(), json!(parameter.name));
    members.insert("in".to_owned(), json!(parameter.place));
    let written = parameter.written.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{written} {told}");
    if !description.trim().is_empty() {
        members.insert("description".to_owned(), json!(description.trim()));
    }
    if parameter.required {
        members.insert("required".to_owned(), Value::Bool(true));
    }
    if parameter.written.get("deprecated") == Some(&Value::Bool(true)) {
        members.insert("deprecated".to_owned(), Value::Bool(true));
    }
    members.insert("schema".to_owned(), schema);
    Value::Object(members)
}
