//! A Lambda target's tool schema: typed structures on the wire, JSON in a file, and one form in which both are compared.

use std::collections::HashMap;

use aws_sdk_bedrockagentcorecontrol::types::{SchemaDefinition, SchemaType, ToolDefinition};
use serde_json::{Map, Value, json};

/// Reads a tool schema; the manifest's check has refused what is not supported before.
pub(in super::super) fn to_definitions(text: &str) -> Result<Vec<ToolDefinition>, String> {
    let tools: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let tools = tools.as_array().ok_or("the schema is no list")?;
    tools.iter().map(tool).collect()
}

fn tool(value: &Value) -> Result<ToolDefinition, String> {
    let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
    ToolDefinition::builder()
        .set_name(text("name"))
        .set_description(text("description"))
        .set_input_schema(value.get("inputSchema").map(schema).transpose()?)
        .set_output_schema(value.get("outputSchema").map(schema).transpose()?)
        .build()
        .map_err(|error| error.to_string())
}

fn schema(value: &Value) -> Result<SchemaDefinition, String> {
    let kind = value.get("type").and_then(Value::as_str).ok_or("a schema has no type")?;
    let properties = value.get("properties").and_then(Value::as_object).map(|properties| {
        properties
            .iter()
            .map(|(name, value)| Ok((name.clone(), schema(value)?)))
            .collect::<Result<HashMap<_, _>, String>>()
    });
    let required = value
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    SchemaDefinition::builder()
        .r#type(SchemaType::from(kind))
        .set_properties(properties.transpose()?)
        .set_required(required)
        .set_items(value.get("items").map(schema).transpose()?.map(Box::new))
        .set_description(value.get("description").and_then(Value::as_str).map(str::to_owned))
        .build()
        .map_err(|error| error.to_string())
}

/// What the service holds, as the JSON it was made from.
pub(in super::super) fn from_definitions(tools: &[ToolDefinition]) -> Value {
    let mut list = Vec::new();
    for tool in tools {
        let mut value = json!({ "name": tool.name, "description": tool.description });
        for (member, schema) in
            [("inputSchema", &tool.input_schema), ("outputSchema", &tool.output_schema)]
        {
            if let Some(schema) = schema {
                value[member] = from_schema(schema);
            }
        }
        list.push(value);
    }
    Value::Array(list)
}

fn from_schema(schema: &SchemaDefinition) -> Value {
    let mut value = json!({ "type": schema.r#type.as_str() });
    if let Some(properties) = &schema.properties {
        let properties =
            properties.iter().map(|(name, schema)| (name.clone(), from_schema(schema)));
        value["properties"] = Value::Object(properties.collect());
    }
    if let Some(required) = &schema.required {
        value["required"] = json!(required);
    }
    if let Some(items) = &schema.items {
        value["items"] = from_schema(items);
    }
    if let Some(description) = &schema.description {
        value["description"] = json!(description);
    }
    value
}

/// The tools in the one form in which they are compared: sorted by name, required names sorted, nothing empty.
pub(in super::super) fn normal(tools: &Value) -> Value {
    let mut tools: Vec<Value> = tools.as_array().into_iter().flatten().map(normal_tool).collect();
    tools.sort_by_key(|tool| {
        tool.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
    });
    Value::Array(tools)
}

fn normal_tool(tool: &Value) -> Value {
    let Some(members) = tool.as_object() else { return tool.clone() };
    let members = members.iter().map(|(name, value)| {
        let schema = matches!(name.as_str(), "inputSchema" | "outputSchema");
        (name.clone(), if schema { normal_schema(value) } else { value.clone() })
    });
    Value::Object(members.collect())
}

fn normal_schema(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let mut normal = Map::new();
    for (name, value) in members {
        let value = match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let each =
                    properties.iter().map(|(name, value)| (name.clone(), normal_schema(value)));
                Value::Object(each.collect())
            }
            ("required", Value::Array(names)) => {
                let mut names = names.clone();
                names.sort_by_key(|name| name.as_str().unwrap_or_default().to_owned());
                Value::Array(names)
            }
            ("items", value) => normal_schema(value),
            (_, value) => value.clone(),
        };
        let empty = match &value {
            Value::Array(list) => list.is_empty(),
            Value::Object(members) => members.is_empty(),
            _ => false,
        };
        if !empty {
            normal.insert(name.clone(), value);
        }
    }
    Value::Object(normal)
}
