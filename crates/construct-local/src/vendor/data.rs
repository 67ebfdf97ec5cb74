//! Plausible data for a schema: its examples, else a value of its type that fits its name, the user
//! and what the request said.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::time::iso;

/// Items of a list.
const ITEMS: u64 = 2;
/// Names that mean the user.
const USER_NAMES: [&str; 7] =
    ["login", "username", "user_name", "displayname", "display_name", "publicname", "author"];

/// What an answer is about.
#[derive(Debug, Clone)]
pub(super) struct Context {
    /// The user in whose name is asked.
    pub(super) user: String,
    /// Milliseconds since the epoch.
    pub(super) now: i64,
    /// The request's parameters and body members.
    pub(super) given: BTreeMap<String, Value>,
}

/// A value for `schema`, which is called `name`.
pub(super) fn value(schema: &Value, name: &str, context: &Context) -> Value {
    at(schema, name, context, 1)
}

/// `index` tells the items of a list apart.
fn at(schema: &Value, name: &str, context: &Context, index: u64) -> Value {
    let kind = kind(schema);
    if let Some(given) = context.given.get(name).and_then(|given| fitting(given, kind)) {
        return given;
    }
    let lists = ["examples", "enum"];
    let first = lists.iter().find_map(|list| schema.get(list)?.get(0));
    if let Some(own) = schema.get("example").or(schema.get("const")).or(first) {
        return own.clone();
    }
    match kind {
        "object" => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let members = properties
                .into_iter()
                .flatten()
                .map(|(name, property)| (name.clone(), at(property, name, context, index)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        "array" => {
            let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(ITEMS);
            let items = &schema["items"];
            (1..=ITEMS.min(most)).map(|index| at(items, name, context, index)).collect()
        }
        "integer" => json!(integer(schema, name, context, index)),
        "number" => json!(f64::from(u32::try_from(index).unwrap_or(1)) + 0.5),
        "boolean" => schema.get("default").cloned().unwrap_or(json!(false)),
        "string" => json!(text(schema, name, context, index)),
        _ => Value::Null,
    }
}

/// The type; of several the first that is not null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "null",
    }
}

/// What was given, if it is of a plain type that is wanted: parameters arrive as text.
fn fitting(given: &Value, kind: &str) -> Option<Value> {
    match (given, kind) {
        (Value::String(_), "string") | (Value::Number(_), "integer" | "number") => {
            Some(given.clone())
        }
        (Value::String(text), "integer") => Some(json!(text.parse::<i64>().ok()?)),
        (Value::Bool(_), "boolean") => Some(given.clone()),
        _ => None,
    }
}

/// A number that stays the same for the same name and user, within the schema's bounds.
fn integer(schema: &Value, name: &str, context: &Context, index: u64) -> u64 {
    let digest = Sha256::digest(format!("{} {name} {index}", context.user));
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
    let wide = if name.ends_with("id") { 1_000_000 } else { 100 };
    let (least, most) = (bound("minimum").unwrap_or(1), bound("maximum"));
    let number = u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
    (least + number % wide).min(most.unwrap_or(u64::MAX))
}

fn text(schema: &Value, name: &str, context: &Context, index: u64) -> String {
    let user = &context.user;
    let lower = name.to_ascii_lowercase();
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => return iso(context.now),
        Some("date") => return iso(context.now).chars().take(10).collect(),
        Some("email") => return format!("{user}@example.com"),
        Some("uri" | "url") => return format!("https://example.com/{user}/{lower}/{index}"),
        Some("uuid") => {
            let digest = crate::store::hex(&Sha256::digest(format!("{user} {name} {index}")));
            let part = |from: usize, to: usize| digest[from..to].to_owned();
            return [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
        }
        _ => {}
    }
    if USER_NAMES.contains(&lower.as_str()) {
        return user.clone();
    }
    if lower.ends_with("url") {
        return format!("https://example.com/{user}/{index}");
    }
    if lower.ends_with("_at") || lower.ends_with("createdat") {
        return iso(context.now);
    }
    if lower == "id" || lower.ends_with("id") {
        return integer(&Value::Null, name, context, index).to_string();
    }
    if lower == "email" {
        return format!("{user}@example.com");
    }
    let text = match name {
        "" => format!("{user} {index}"),
        name => format!("{name} {index} of {user}"),
    };
    let most = schema.get("maxLength").and_then(Value::as_u64);
    let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> Context {
        let given = BTreeMap::from([
            ("title".to_owned(), json!("From the request")),
            ("number".to_owned(), json!("7")),
        ]);
        Context { user: "mona".to_owned(), now: 0, given }
    }

    #[test]
    fn the_user_and_the_request_show_in_the_data() {
        let schema = json!({"type": "object", "properties": {
            "login": {"type": "string"},
            "title": {"type": "string"},
            "number": {"type": "integer"},
            "state": {"type": "string", "enum": ["open", "closed"]},
            "created_at": {"type": "string", "format": "date-time"},
            "closed_at": {"type": ["string", "null"], "format": "date-time"},
            "labels": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
            "example": {"type": "object", "example": {"a": 1}},
            "anything": {},
        }});
        assert_eq!(
            value(&schema, "", &context()),
            json!({
                "login": "mona", "title": "From the request", "number": 7, "state": "open",
                "created_at": "1970-01-01T00:00:00.000Z", "closed_at": "1970-01-01T00:00:00.000Z",
                "labels": ["labels 1 of mona"], "example": {"a": 1}, "anything": null,
            })
        );
    }

    #[test]
    fn ids_stay_and_differ_from_one_item_to_the_next() {
        let schema = json!({"type": "array", "items": {"properties": {"id": {"type": "integer"}}}});
        let (first, again) = (value(&schema, "", &context()), value(&schema, "", &context()));
        assert_eq!(first, again);
        assert_ne!(first[0]["id"], first[1]["id"]);
        let bounded = json!({"type": "integer", "minimum": 3, "maximum": 3});
        assert_eq!(value(&bounded, "size", &context()), json!(3));
    }
}
