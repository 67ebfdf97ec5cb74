//! What the service asks of an inline `OpenAPI` description before it turns operations into tools.
//!
//! Rules of the developer guide: version 3.0 or 3.1, an `operationId` on every operation, a real
//! server URL, no schema composition, no parameter serialisation beyond the default. A description
//! in YAML is refused here although the service reads it: this workspace carries no YAML parser.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::addresses::server_authority;

/// Bytes an inline schema may have.
pub(super) const INLINE_SCHEMA_BYTES: usize = 1024 * 1024;
/// Tools one target may have.
pub(super) const TOOLS_PER_TARGET: usize = 1000;
/// Characters of a tool's name, with the `{target}___` in front.
pub(super) const TOOL_NAME_CHARACTERS: usize = 256;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const COMPOSITION: [&str; 3] = ["oneOf", "anyOf", "allOf"];

/// Members below which keys are names or data, not keywords.
const DATA: [&str; 5] = ["example", "examples", "default", "enum", "const"];
const NAMED: [&str; 3] = ["properties", "patternProperties", "$defs"];

/// Checks one description; `target_name` counts in the length of the tools' names.
///
/// # Errors
/// The first rule it breaks, as a sentence for the reply.
pub(super) fn check(description: &str, target_name: &str) -> Result<(), String> {
    if description.len() > INLINE_SCHEMA_BYTES {
        return Err(format!("The inline schema is larger than {INLINE_SCHEMA_BYTES} bytes"));
    }
    let document: Value = serde_json::from_str(description)
        .map_err(|error| format!("The OpenAPI schema is not valid JSON: {error}"))?;
    let Some(document) = document.as_object() else {
        return Err("The OpenAPI schema must be an object".to_owned());
    };
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !(version.starts_with("3.0.") || version.starts_with("3.1.")) {
        return Err(format!("OpenAPI version '{version}' is not supported, only 3.0 and 3.1"));
    }
    if !document.get("info").is_some_and(Value::is_object) {
        return Err("The OpenAPI schema has no 'info' object".to_owned());
    }
    server(document)?;
    operations(document, target_name)?;
    match composition("", &Value::Object(document.clone())) {
        Some(place) => Err(format!("Schema composition is not supported: {place}")),
        None => Ok(()),
    }
}

/// The first server must be a complete https URL: nobody fills in its variables later.
fn server(document: &Map<String, Value>) -> Result<(), String> {
    let url = document
        .get("servers")
        .and_then(|servers| servers.get(0)?.get("url")?.as_str())
        .ok_or_else(|| "The OpenAPI schema has no servers[0].url".to_owned())?;
    if url.contains(['{', '}']) {
        return Err(format!("The server URL '{url}' still has template variables"));
    }
    let host = server_authority(url).unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if host.is_empty() || !host.chars().all(letters) || url.contains(char::is_whitespace) {
        return Err(format!("The server URL '{url}' is not a valid https URL"));
    }
    Ok(())
}

fn operations(document: &Map<String, Value>, target_name: &str) -> Result<(), String> {
    let paths = document
        .get("paths")
        .and_then(Value::as_object)
        .filter(|paths| !paths.is_empty())
        .ok_or_else(|| "The OpenAPI schema has no paths".to_owned())?;
    let mut seen = BTreeSet::new();
    for (path, item) in paths {
        let shared = parameters(item);
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let place = format!("{} {path}", method.to_uppercase());
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            if id.is_empty() {
                return Err(format!("{place} has no operationId"));
            }
            if !seen.insert(id) {
                return Err(format!("The operationId '{id}' is used more than once"));
            }
            if target_name.chars().count() + 3 + id.chars().count() > TOOL_NAME_CHARACTERS {
                return Err(format!(
                    "The tool name '{target_name}___{id}' is longer than {TOOL_NAME_CHARACTERS}"
                ));
            }
            for parameter in shared.iter().chain(&parameters(operation)) {
                serialisation(parameter, &place)?;
            }
        }
    }
    if seen.is_empty() {
        return Err("The OpenAPI schema has no operations".to_owned());
    }
    if seen.len() > TOOLS_PER_TARGET {
        return Err(format!("A target has at most {TOOLS_PER_TARGET} tools, not {}", seen.len()));
    }
    Ok(())
}

fn parameters(owner: &Value) -> Vec<&Value> {
    owner.get("parameters").and_then(Value::as_array).into_iter().flatten().collect()
}

/// Parameters are sent in the default style of their place only.
fn serialisation(parameter: &Value, place: &str) -> Result<(), String> {
    let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
    if parameter.get("content").is_some() {
        return Err(format!("{place}: parameter '{name}' has a 'content' serializer"));
    }
    let default = match parameter.get("in").and_then(Value::as_str) {
        Some("query" | "cookie") => "form",
        _ => "simple",
    };
    match parameter.get("style").and_then(Value::as_str) {
        Some(style) if style != default => {
            Err(format!("{place}: parameter '{name}' has style '{style}', which is not supported"))
        }
        _ => Ok(()),
    }
}

/// The path of the first `oneOf`, `anyOf` or `allOf` that is a keyword.
fn composition(path: &str, value: &Value) -> Option<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| composition(&format!("{path}/{index}"), item)),
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            let place = format!("{path}/{name}");
            if COMPOSITION.contains(&name.as_str()) {
                return Some(place);
            }
            if DATA.contains(&name.as_str()) || name.starts_with("x-") {
                return None;
            }
            match member {
                // The keys one level down are property names, whatever they are spelt like.
                Value::Object(named) if NAMED.contains(&name.as_str()) => named
                    .iter()
                    .find_map(|(key, schema)| composition(&format!("{place}/{key}"), schema)),
                _ => composition(&place, member),
            }
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn description() -> Value {
        json!({
            "openapi": "3.0.3",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": "https://api.example.com/v1"}],
            "paths": {"/x": {"get": {"operationId": "getX", "responses": {}}}},
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let mut description = description();
        change(&mut description);
        check(&description.to_string(), "rest").unwrap_err()
    }

    #[test]
    fn a_plain_description_passes() {
        assert_eq!(check(&description().to_string(), "rest"), Ok(()));
    }

    #[test]
    fn only_json_of_version_3_is_read() {
        assert!(check("openapi: 3.0.0", "rest").unwrap_err().contains("not valid JSON"));
        assert!(refusal(|d| d["openapi"] = json!("2.0")).contains("'2.0'"));
        assert!(refusal(|d| d["openapi"] = json!("3.2.0")).contains("'3.2.0'"));
    }

    #[test]
    fn every_operation_needs_its_own_id() {
        assert!(refusal(|d| d["paths"]["/y"] = json!({"post": {}})).contains("POST /y"));
        assert!(
            refusal(|d| d["paths"]["/y"] = json!({"post": {"operationId": "getX"}}))
                .contains("more than once")
        );
        let long = "x".repeat(250);
        assert!(refusal(|d| d["paths"]["/x"]["get"]["operationId"] = json!(long)).contains("256"));
        assert!(refusal(|d| d["paths"] = json!({})).contains("no paths"));
    }

    #[test]
    fn the_server_is_a_finished_https_url() {
        for (url, reason) in [
            ("https://api.example.com/{cloudId}", "template"),
            ("http://api.example.com", "valid https"),
            ("/relative", "valid https"),
            ("https://", "valid https"),
        ] {
            assert!(refusal(|d| d["servers"][0]["url"] = json!(url)).contains(reason), "{url}");
        }
        assert!(refusal(|d| d["servers"] = json!([])).contains("servers[0]"));
    }

    #[test]
    fn composition_is_refused_where_it_is_a_keyword() {
        let body = json!({"content": {"application/json": {"schema": {"oneOf": []}}}});
        assert!(refusal(|d| d["paths"]["/x"]["get"]["requestBody"] = body).contains("/oneOf"),);
        let mut named = description();
        named["components"] = json!({"schemas": {"S": {
            "properties": {"oneOf": {"type": "string"}},
            "example": {"anyOf": 1},
        }}});
        assert_eq!(check(&named.to_string(), "rest"), Ok(()));
    }

    #[test]
    fn parameters_keep_the_default_style() {
        let deep = json!([{"name": "f", "in": "query", "style": "deepObject"}]);
        assert!(refusal(|d| d["paths"]["/x"]["get"]["parameters"] = deep).contains("deepObject"));
        let content = json!([{"name": "f", "in": "query", "content": {}}]);
        assert!(refusal(|d| d["paths"]["/x"]["parameters"] = content).contains("'content'"));
        let mut form = description();
        form["paths"]["/x"]["parameters"] = json!([{"name": "f", "in": "query", "style": "form"}]);
        assert_eq!(check(&form.to_string(), "rest"), Ok(()));
    }

    #[test]
    fn an_inline_schema_ends_at_a_megabyte() {
        assert!(refusal(|d| d["info"]["title"] = json!("x".repeat(1 << 20))).contains("larger"));
    }
}
