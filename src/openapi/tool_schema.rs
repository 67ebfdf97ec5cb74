//! The tool schema file of a Lambda target: a JSON list of the tools the function offers.
//!
//! The service keeps it as typed structures and not as text, so that a member it does not know
//! (`enum`, `format`, `default`, …) would be lost without a word; here it is refused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::canonical;
use super::description::{DescriptionError, kind, parse_json};
use super::operation_ids::suits_names;
use super::pointer::Pointer;
use super::rules::{self, MAX_INLINE_BYTES, MAX_TOOL_NAME, MAX_TOOLS, Rule, Violation};
use super::tools::tool_name;

/// The members of a tool. Source: `AgentCore` control API, `ToolDefinition`.
const TOOL_MEMBERS: [&str; 4] = ["name", "description", "inputSchema", "outputSchema"];
/// The members of a schema. Source: `AgentCore` control API, `SchemaDefinition`.
const SCHEMA_MEMBERS: [&str; 5] = ["type", "properties", "required", "items", "description"];
/// The types of a schema. Source: `AgentCore` control API, `SchemaType`.
const TYPES: [&str; 6] = ["string", "number", "object", "array", "boolean", "integer"];

/// A list of tools, not yet checked further.
#[derive(Debug, Clone)]
pub struct ToolSchema {
    tools: Vec<Value>,
}

impl ToolSchema {
    /// Reads a tool schema from the text of its file; fails where it is not a JSON list.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        match parse_json(text)? {
            Value::Array(tools) => Ok(Self { tools }),
            other => Err(DescriptionError::WrongKind {
                expected: "a JSON list of tools",
                found: kind(&other),
            }),
        }
    }

    /// Returns the tools as written, each with name, description, inputSchema and outputSchema.
    pub fn definitions(&self) -> &[Value] {
        &self.tools
    }

    /// Returns the file as JSON text with sorted keys and without spaces.
    pub fn canonical_text(&self) -> String {
        canonical::canonical_text(&Value::Array(self.tools.clone()))
    }

    /// Returns a SHA-256 as hex that is the same for all files with the same meaning.
    pub fn digest(&self) -> String {
        canonical::digest(&Value::Array(self.tools.clone()))
    }

    /// Tells whether both mean the same, whatever their key order and spacing.
    pub fn same_as(&self, other: &Self) -> bool {
        self.canonical_text() == other.canonical_text()
    }

    /// Returns all problems, for the target named `target`, top of the file first.
    pub fn check(&self, target: &str) -> Vec<Violation> {
        let mut check = Check { target, names: BTreeMap::new(), violations: Vec::new() };
        let root = Pointer::root();
        if self.tools.is_empty() {
            let help = "add a tool with name, description and inputSchema";
            check.report(&rules::NO_OPERATIONS, root.clone(), "the file has no tool", help);
        }
        if self.tools.len() > MAX_TOOLS {
            let message = format!("{} tools, the limit is {MAX_TOOLS}", self.tools.len());
            check.report(&rules::TOOL_COUNT, root.clone(), message, "split them over targets");
        }
        for (index, tool) in self.tools.iter().enumerate() {
            check.tool(&root.join(index), tool);
        }
        let bytes = self.canonical_text().len();
        if bytes > MAX_INLINE_BYTES {
            let message = format!("the tools have {bytes} bytes, the limit is {MAX_INLINE_BYTES}");
            check.report(&rules::INLINE_SIZE, root, message, "split them over targets");
        }
        check.violations
    }
}

struct Check<'a> {
    target: &'a str,
    names: BTreeMap<&'a str, Pointer>,
    violations: Vec<Violation>,
}

impl<'a> Check<'a> {
    fn report(
        &mut self,
        rule: &'static Rule,
        pointer: Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.violations.push(Violation::new(rule, pointer, message, help));
    }

    fn tool(&mut self, pointer: &Pointer, tool: &'a Value) {
        let Some(members) = tool.as_object() else {
            let message = format!("a tool is {}, not an object", kind(tool));
            self.report(&rules::TOOL_MEMBERS, pointer.clone(), message, "write an object");
            return;
        };
        self.only(&rules::TOOL_MEMBERS, pointer, members, &TOOL_MEMBERS);
        if let Some(name) = self.text(pointer, members, "name") {
            self.name(&pointer.join("name"), name);
        }
        self.text(pointer, members, "description");
        for member in ["inputSchema", "outputSchema"] {
            let place = pointer.join(member);
            match members.get(member) {
                Some(schema) => {
                    let top_type = schema.get("type").and_then(Value::as_str);
                    if top_type.is_some_and(|top_type| top_type != "object") {
                        let message = format!("the {member} is not of type object");
                        let help = "put the value into a property of an object";
                        let place = place.join("type");
                        self.report(&rules::TOOL_INPUT_OBJECT, place, message, help);
                    }
                    self.schema(&place, schema);
                }
                None if member == "inputSchema" => {
                    let help = "add \"inputSchema\": { \"type\": \"object\", \"properties\": {} }";
                    let message = "the tool has no inputSchema";
                    self.report(&rules::TOOL_MEMBERS, pointer.clone(), message, help);
                }
                None => {}
            }
        }
    }

    /// Returns a member that has to be a text with something in it.
    fn text(
        &mut self,
        pointer: &Pointer,
        members: &'a Map<String, Value>,
        member: &str,
    ) -> Option<&'a str> {
        match members.get(member) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            found => {
                let message = match found {
                    None => format!("the tool has no {member}"),
                    Some(Value::String(_)) => format!("the tool's {member} is empty"),
                    Some(other) => format!("the tool's {member} is {}", kind(other)),
                };
                let help = format!("write a text as {member:?}");
                self.report(&rules::TOOL_MEMBERS, pointer.clone(), message, help);
                None
            }
        }
    }

    fn name(&mut self, pointer: &Pointer, name: &'a str) {
        if let Some(first) = self.names.get(name) {
            let message = format!("the tool {name:?} is already there at {first}");
            self.report(&rules::TOOL_UNIQUE, pointer.clone(), message, "rename one of them");
        } else {
            self.names.insert(name, pointer.clone());
        }
        let length = tool_name(self.target, name).chars().count();
        if length > MAX_TOOL_NAME {
            let message =
                format!("the tool name has {length} characters, the limit is {MAX_TOOL_NAME}");
            let help = "shorten it, or the target's name";
            self.report(&rules::TOOL_NAME, pointer.clone(), message, help);
        }
        if !name.chars().all(suits_names) {
            let message = format!("the tool name {name:?} has characters that editors may refuse");
            let help =
                format!("write {:?}", name.replace(|character| !suits_names(character), "_"));
            self.report(&rules::TOOL_NAME_CHARACTERS, pointer.clone(), message, help);
        }
    }

    fn only(
        &mut self,
        rule: &'static Rule,
        pointer: &Pointer,
        members: &Map<String, Value>,
        allowed: &[&str],
    ) {
        for member in members.keys().filter(|member| !allowed.contains(&member.as_str())) {
            let message = format!("{member:?} is not supported here");
            let help = match member.as_str() {
                "enum" | "format" | "default" | "minimum" | "maximum" | "pattern" => {
                    "remove it, and say it in the description".to_owned()
                }
                _ => format!("remove it; supported are: {}", allowed.join(", ")),
            };
            self.report(rule, pointer.join(member), message, help);
        }
    }

    fn schema(&mut self, pointer: &Pointer, schema: &Value) {
        let Some(members) = schema.as_object() else {
            let message = format!("a schema is {}, not an object", kind(schema));
            let help = "write an object with a type";
            self.report(&rules::TOOL_SCHEMA_MEMBERS, pointer.clone(), message, help);
            return;
        };
        self.only(&rules::TOOL_SCHEMA_MEMBERS, pointer, members, &SCHEMA_MEMBERS);
        self.schema_type(pointer, members.get("type"));
        if let Some(description) = members.get("description").filter(|value| !value.is_string()) {
            let message = format!("the description is {}, not a text", kind(description));
            let pointer = pointer.join("description");
            self.report(&rules::TOOL_SCHEMA_MEMBERS, pointer, message, "write a text");
        }
        let properties = members.get("properties");
        match properties.map(|value| (value, value.as_object())) {
            Some((_, Some(properties))) => {
                for (name, schema) in properties {
                    self.schema(&pointer.join("properties").join(name), schema);
                }
            }
            Some((other, None)) => {
                let message = format!("properties is {}, not an object", kind(other));
                let pointer = pointer.join("properties");
                let help = "write an object of schemas";
                self.report(&rules::TOOL_SCHEMA_MEMBERS, pointer, message, help);
            }
            None => {}
        }
        if let Some(items) = members.get("items") {
            self.schema(&pointer.join("items"), items);
        }
        if let Some(required) = members.get("required") {
            self.required(&pointer.join("required"), required, properties);
        }
    }

    fn schema_type(&mut self, pointer: &Pointer, written: Option<&Value>) {
        let help = format!("use one of: {}", TYPES.join(", "));
        match written {
            Some(Value::String(name)) if TYPES.contains(&name.as_str()) => {}
            Some(other) => {
                let message = format!("{other} is not a supported type");
                self.report(&rules::TOOL_SCHEMA_TYPE, pointer.join("type"), message, help);
            }
            None => {
                let message = "the schema has no type";
                self.report(&rules::TOOL_SCHEMA_TYPE, pointer.clone(), message, help);
            }
        }
    }

    fn required(&mut self, pointer: &Pointer, required: &Value, properties: Option<&Value>) {
        let Some(list) = required.as_array() else {
            let message = format!("required is {}, not a list", kind(required));
            let help = "write a list of property names";
            self.report(&rules::TOOL_SCHEMA_MEMBERS, pointer.clone(), message, help);
            return;
        };
        let known: BTreeSet<&str> = properties
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        for (index, name) in list.iter().enumerate() {
            let place = pointer.join(index);
            match name.as_str() {
                None => {
                    let message = format!("required holds {}, not a name", kind(name));
                    let help = "write the name of a property";
                    self.report(&rules::TOOL_SCHEMA_MEMBERS, place, message, help);
                }
                Some(name) if !known.contains(name) => {
                    let message = format!("{name:?} is required but is no property");
                    let help = "add the property, or remove the name";
                    self.report(&rules::TOOL_REQUIRED, place, message, help);
                }
                Some(_) => {}
            }
        }
    }
}
