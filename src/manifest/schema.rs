//! The JSON Schema of `construct.toml`, printed from the tables that the reader uses.

use super::read::default_value;
use super::rules::TextRule;
use super::shape::{Default, Key, Kind, Presence, Shape};
use super::tables;
use serde_json::{Map, Value, json};

/// Returns the JSON Schema (2020-12) of a manifest, for editors and for `construct schema`.
pub fn schema() -> Value {
    let mut schema = table(&tables::MANIFEST);
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("title".to_owned(), json!(super::FILE_NAME));
    whole.append(&mut schema);
    Value::Object(whole)
}

fn table(shape: &'static Shape) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in shape.keys {
        properties.insert(key.name.to_owned(), Value::Object(property(key)));
    }
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(shape.doc));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("additionalProperties".to_owned(), json!(false));
    let required: Vec<&str> = shape
        .keys
        .iter()
        .filter(|key| matches!(key.presence, Presence::Required) && key.with.is_empty())
        .map(|key| key.name)
        .collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    if !shape.exactly_one.is_empty() {
        let one: Vec<Value> =
            shape.exactly_one.iter().map(|name| json!({ "required": [name] })).collect();
        schema.insert("oneOf".to_owned(), json!(one));
    }
    let with: Map<String, Value> = shape
        .keys
        .iter()
        .filter(|key| !key.with.is_empty())
        .map(|key| {
            let one = key.with.iter().map(|name| json!({ "required": [name] }));
            (key.name.to_owned(), json!({ "anyOf": one.collect::<Vec<_>>() }))
        })
        .collect();
    if !with.is_empty() {
        schema.insert("dependentSchemas".to_owned(), Value::Object(with));
    }
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

fn property(key: &'static Key) -> Map<String, Value> {
    let mut schema = kind(&key.kind);
    // The key's own sentence says more than its table's.
    schema.insert("description".to_owned(), json!(key.doc));
    if let Presence::Or(default) = &key.presence
        && !matches!(default, Default::Table)
    {
        let value = serde_json::to_value(default_value(default, &key.kind))
            .expect("a TOML value without dates is JSON");
        schema.insert("default".to_owned(), value);
    }
    schema
}

fn kind(kind: &'static Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text(rule) => return text(rule),
        Kind::Table(shape) => return table(shape),
        Kind::Integer(rule) if rule.only.is_empty() => {
            json!({ "type": "integer", "minimum": rule.minimum, "maximum": rule.maximum })
        }
        Kind::Integer(rule) => json!({ "type": "integer", "enum": rule.only }),
        Kind::Choice(choices) => json!({ "type": "string", "enum": choices }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::TrueOrText(rule) => json!({ "oneOf": [{ "const": true }, text(rule)] }),
        Kind::TextOr(rule, shape) => json!({ "oneOf": [text(rule), table(shape)] }),
        Kind::ChoiceOr(choices, shape) => {
            json!({ "oneOf": [{ "type": "string", "enum": choices }, table(shape)] })
        }
        Kind::Json => json!({ "type": "object" }),
        Kind::List(item, count) => json!({
            "type": "array",
            "items": self::kind(item),
            "minItems": count.minimum,
            "maxItems": count.maximum,
        }),
        Kind::Named(name, item, count) => json!({
            "type": "object",
            "propertyNames": text(name),
            "additionalProperties": self::kind(item),
            "minProperties": count.minimum,
            "maxProperties": count.maximum,
        }),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => unreachable!("every arm above is an object"),
    }
}

fn text(rule: &'static TextRule) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("minLength".to_owned(), json!(rule.minimum));
    schema.insert("maxLength".to_owned(), json!(rule.maximum));
    if let Some(pattern) = rule.pattern {
        schema.insert("pattern".to_owned(), json!(pattern));
    }
    schema
}
