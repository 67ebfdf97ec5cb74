//! The MCP tools that an `OpenAPI` description becomes.

use serde_json::{Map, Value, json};

use super::description::{Description, Operation};
use super::operation_check::is_json;
use super::pointer::Pointer;
use super::rules::TOOL_NAME_SEPARATOR;

/// The property that holds a body whose own properties cannot stand beside the parameters.
const BODY: &str = "body";
/// How many values one tool's input may consist of when its references are written out; the rest is left open.
const MAX_WRITTEN: usize = 20_000;

/// A tool as an editor will see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Name: the target's, three underscores, the operation's.
    pub name: String,
    /// What the tool is for: the operation's description, else its summary, else method and path.
    pub description: String,
    /// HTTP method, in capitals.
    pub method: String,
    /// Path of the operation, with its placeholders.
    pub path: String,
    /// The schema of its arguments: parameters and the properties of the JSON body side by side.
    pub input_schema: Value,
}

/// Returns the name a target's operation or function has as a tool.
pub fn tool_name(target: &str, operation: &str) -> String {
    format!("{target}{TOOL_NAME_SEPARATOR}{operation}")
}

/// Returns the tools of `description` under the target named `target`, in the order of the file.
///
/// An operation without `operationId` becomes no tool; the check reports it.
pub fn tools(description: &Description, target: &str) -> Vec<Tool> {
    let mut tools = Vec::new();
    for operation in description.operations() {
        let text = |member: &str| {
            let text = operation.value.get(member).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let Some(id) = text("operationId") else { continue };
        let method = operation.method.to_ascii_uppercase();
        let told = text("description")
            .or_else(|| text("summary"))
            .unwrap_or_else(|| format!("{method} {}", operation.path));
        tools.push(Tool {
            name: tool_name(target, &id),
            description: told,
            method,
            path: operation.path.to_owned(),
            input_schema: input_schema(description, &operation),
        });
    }
    tools
}

fn input_schema(description: &Description, operation: &Operation<'_>) -> Value {
    let mut input = Input { description, open: Vec::new(), left: MAX_WRITTEN };
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for parameter in parameters(description, operation) {
        let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
        let mut schema = input.written(parameter.get("schema").unwrap_or(&json!({})));
        if let (Some(told), Some(schema)) = (parameter.get("description"), schema.as_object_mut()) {
            schema.entry("description").or_insert_with(|| told.clone());
        }
        properties.insert(name.to_owned(), schema);
        if parameter.get("required") == Some(&Value::Bool(true)) {
            required.push(json!(name));
        }
    }
    if let Some((schema, needed)) = body(description, operation) {
        let body = input.written(schema);
        let own = body.get("properties").and_then(Value::as_object);
        let beside = own.filter(|own| !own.keys().any(|name| properties.contains_key(name)));
        if let Some(own) = beside {
            properties.extend(own.clone());
            let names = body.get("required").and_then(Value::as_array).filter(|_| needed);
            required.extend(names.into_iter().flatten().cloned());
        } else {
            properties.insert(BODY.to_owned(), body);
            required.extend(needed.then(|| json!(BODY)));
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

/// The path's parameters that the operation does not say anew, then its own.
fn parameters<'a>(description: &'a Description, operation: &Operation<'a>) -> Vec<&'a Value> {
    let lists = [operation.path_item.get("parameters"), operation.value.get("parameters")];
    let mut all: Vec<&Value> = Vec::new();
    for written in lists.into_iter().flatten().filter_map(Value::as_array).flatten() {
        let Ok((_, one)) = description.resolve(Pointer::root(), written) else { continue };
        let same = |known: &&Value| {
            known.get("name") == one.get("name") && known.get("in") == one.get("in")
        };
        all.retain(|known| !same(known));
        all.push(one);
    }
    all
}

/// The schema of the JSON body, and whether there must be one.
fn body<'a>(description: &'a Description, operation: &Operation<'a>) -> Option<(&'a Value, bool)> {
    let written = operation.value.get("requestBody")?;
    let (_, body) = description.resolve(Pointer::root(), written).ok()?;
    let content = body.get("content")?.as_object()?;
    let (_, media_type) = content.iter().find(|(name, _)| is_json(name))?;
    Some((media_type.get("schema")?, body.get("required") == Some(&Value::Bool(true))))
}

/// Schemas with their references written out.
struct Input<'a> {
    description: &'a Description,
    open: Vec<Pointer>,
    left: usize,
}

impl Input<'_> {
    fn written(&mut self, value: &Value) -> Value {
        if self.left == 0 {
            return json!({});
        }
        self.left -= 1;
        match value {
            Value::Object(members) if members.contains_key("$ref") => {
                let Ok((place, target)) = self.description.resolve(Pointer::root(), value) else {
                    return json!({});
                };
                if self.open.contains(&place) {
                    return json!({});
                }
                self.open.push(place);
                let written = self.written(target);
                self.open.pop();
                written
            }
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| (name.clone(), self.written(member)))
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(list) => list.iter().map(|item| self.written(item)).collect(),
            plain => plain.clone(),
        }
    }
}
