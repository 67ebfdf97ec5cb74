//! JSON values as the query protocol's XML: lists have `<member>` elements.

use serde_json::Value;

/// Appends `value`'s inner XML to `out`. Members that are null are left out.
pub fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
        Value::String(text) => out.push_str(&escaped(text)),
        Value::Array(items) => {
            for item in items {
                element(out, "member", item);
            }
        }
        Value::Object(map) => {
            for (name, item) in map.iter().filter(|(_, item)| !item.is_null()) {
                element(out, name, item);
            }
        }
    }
}

fn element(out: &mut String, name: &str, value: &Value) {
    out.push('<');
    out.push_str(name);
    out.push('>');
    write(out, value);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Text with XML's special characters replaced.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
