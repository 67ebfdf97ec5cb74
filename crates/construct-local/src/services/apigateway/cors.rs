//! CORS as the service does it by itself, for an API that is configured for it.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Map, Value, json};

use crate::wire::Wire;

/// Whether a browser asks whether it may ask.
pub(crate) fn is_preflight(request: &Wire) -> bool {
    request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key("access-control-request-method")
}

/// The service replaces whatever CORS headers the function gave.
pub(crate) fn add(
    headers: &mut HeaderMap,
    cors: &Map<String, Value>,
    origin: Option<&HeaderValue>,
) {
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    let Some(origin) = origin.and_then(|origin| origin.to_str().ok()) else { return };
    let list = |name: &str| -> Vec<&str> {
        cors.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let allowed = list("allowOrigins");
    let answered = if allowed.contains(&"*") {
        "*"
    } else if allowed.contains(&origin) {
        origin
    } else {
        return;
    };
    let mut insert = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    insert("access-control-allow-origin", answered.to_owned());
    for (member, name) in [
        ("allowMethods", "access-control-allow-methods"),
        ("allowHeaders", "access-control-allow-headers"),
        ("exposeHeaders", "access-control-expose-headers"),
    ] {
        let values = list(member);
        if !values.is_empty() {
            insert(name, values.join(","));
        }
    }
    if cors.get("allowCredentials") == Some(&json!(true)) {
        insert("access-control-allow-credentials", "true".to_owned());
    }
    if let Some(age) = cors.get("maxAge").and_then(Value::as_i64) {
        insert("access-control-max-age", age.to_string());
    }
}
