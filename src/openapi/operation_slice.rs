//! One operation as a slice has it: parameters and body that can be sent, answers as far as they are JSON.

use serde_json::{Map, Value, json};

use super::description::Operation;
use super::loss::LossKind;
use super::operation_check::{JSON, is_json};
use super::parameters::Impossible;
use super::pointer::Pointer;
use super::reduce::Reducer;
use super::rules::{self, Violation};
use super::schema_check::unresolved;

/// Members that are taken as they are.
const KEPT: [&str; 4] = ["summary", "description", "deprecated", "servers"];

impl Reducer<'_> {
    /// `operation` with the name `name`, its schemas without combinations and its references inside of schemas only.
    ///
    /// # Errors
    /// Why it cannot be a tool.
    pub(super) fn operation(
        &mut self,
        operation: &Operation<'_>,
        name: &str,
    ) -> Result<Value, Vec<Impossible>> {
        let parameters = self.parameters(operation);
        let body = self.body(operation);
        let (parameters, body) = match (parameters, body) {
            (Ok(parameters), Ok(body)) => (parameters, body),
            (parameters, body) => {
                let mut impossible = parameters.err().unwrap_or_default();
                impossible.extend(body.err());
                return Err(impossible);
            }
        };
        let mut members = Map::new();
        members.insert("operationId".to_owned(), json!(name));
        for kept in KEPT {
            if let Some(value) = operation.value.get(kept) {
                members.insert(kept.to_owned(), value.clone());
            }
        }
        if !parameters.is_empty() {
            members.insert("parameters".to_owned(), Value::Array(parameters));
        }
        members.extend(body.map(|body| ("requestBody".to_owned(), body)));
        members.insert("responses".to_owned(), self.answers(operation));
        Ok(Value::Object(members))
    }

    fn body(&mut self, operation: &Operation<'_>) -> Result<Option<Value>, Impossible> {
        let Some(written) = operation.value.get("requestBody") else { return Ok(None) };
        let place = operation.pointer.join("requestBody");
        let (pointer, body) = match self.description.resolve(place, written) {
            Ok(found) => found,
            Err(reference) => {
                self.refused.push(unresolved(&reference));
                return Ok(None);
            }
        };
        let place = pointer.join("content");
        let Some(content) = body.get("content").and_then(Value::as_object) else {
            return Ok(None);
        };
        let required = body.get("required") == Some(&Value::Bool(true));
        let found = content.keys().find(|one| is_json(one));
        let found = found.or_else(|| content.keys().find(|one| takes_json(one)));
        let others: Vec<&str> =
            content.keys().filter(|one| Some(*one) != found).map(String::as_str).collect();
        let Some(media_type) = found else {
            let offered = others.join(", ");
            if required {
                let message = format!("the request body cannot be JSON, only: {offered}");
                let rule = &rules::MEDIA_TYPE;
                return Err(Violation::new(rule, place, message, "exclude the operation"));
            }
            let message = format!("the body is left out: it cannot be JSON, only: {offered}");
            self.lose(LossKind::Body, &place, message);
            return Ok(None);
        };
        if !others.is_empty() {
            let message =
                format!("the body is sent as JSON only, and not as {}", others.join(", "));
            self.lose(LossKind::Body, &place, message);
        }
        let schema = content[media_type].get("schema").map(|schema| {
            let place = place.join(media_type).join("schema");
            self.schema(&place, schema)
        });
        let mut reduced = Map::new();
        if let Some(description) = body.get("description") {
            reduced.insert("description".to_owned(), description.clone());
        }
        if required {
            reduced.insert("required".to_owned(), Value::Bool(true));
        }
        let schema = schema.unwrap_or_else(|| json!({}));
        reduced.insert("content".to_owned(), json!({ JSON: { "schema": schema } }));
        Ok(Some(Value::Object(reduced)))
    }

    fn answers(&mut self, operation: &Operation<'_>) -> Value {
        let mut reduced = Map::new();
        let place = operation.pointer.join("responses");
        let written = operation.value.get("responses").and_then(Value::as_object);
        for (status, answer) in written.into_iter().flatten() {
            if status.starts_with("x-") {
                continue;
            }
            match self.description.resolve(place.join(status), answer) {
                Ok((pointer, answer)) => {
                    let answer = self.answer(&pointer, answer);
                    reduced.insert(status.clone(), answer);
                }
                Err(reference) => self.refused.push(unresolved(&reference)),
            }
        }
        if reduced.is_empty() {
            reduced.insert("default".to_owned(), json!({ "description": "Any answer." }));
        }
        Value::Object(reduced)
    }

    fn answer(&mut self, pointer: &Pointer, answer: &Value) -> Value {
        let description = answer.get("description").and_then(Value::as_str).unwrap_or_default();
        let mut reduced = json!({ "description": description });
        let Some(content) = answer.get("content").and_then(Value::as_object) else {
            return reduced;
        };
        let place = pointer.join("content");
        let has_json = content.keys().any(|one| is_json(one));
        let (kept, left): (Vec<_>, Vec<_>) =
            content.iter().partition(|(media_type, _)| !has_json || is_json(media_type));
        if !left.is_empty() {
            let left: Vec<&str> = left.iter().map(|(media_type, _)| media_type.as_str()).collect();
            let message =
                format!("the answer is described as JSON only, and not as {}", left.join(", "));
            self.lose(LossKind::Answer, &place, message);
        }
        let mut media_types = Map::new();
        for (media_type, value) in kept {
            let schema = value.get("schema").map(|schema| {
                let place = place.join(media_type).join("schema");
                json!({ "schema": self.schema(&place, schema) })
            });
            media_types.insert(media_type.clone(), schema.unwrap_or_else(|| json!({})));
        }
        if !media_types.is_empty() {
            reduced["content"] = Value::Object(media_types);
        }
        reduced
    }
}

/// Whether a range of media types has JSON in it.
fn takes_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    ["*/*", "application/*"].contains(&essence)
}
