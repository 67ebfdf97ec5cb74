//! User attributes: the standard ones every pool has, and the pool's own.

use serde_json::{Map, Value, json};

use super::invalid;
use crate::service::Fault;

/// Standard attributes with their type, and whether users may change them.
const STANDARD: [(&str, &str, bool); 20] = [
    ("profile", "String", true),
    ("address", "String", true),
    ("birthdate", "String", true),
    ("gender", "String", true),
    ("preferred_username", "String", true),
    ("updated_at", "Number", true),
    ("website", "String", true),
    ("picture", "String", true),
    ("identities", "String", true),
    ("sub", "String", false),
    ("phone_number", "String", true),
    ("phone_number_verified", "Boolean", true),
    ("zoneinfo", "String", true),
    ("locale", "String", true),
    ("email", "String", true),
    ("email_verified", "Boolean", true),
    ("given_name", "String", true),
    ("family_name", "String", true),
    ("middle_name", "String", true),
    ("name", "String", true),
];

/// The members of a pool's own schema that differ from the standard: custom attributes get their
/// `custom:` prefix, standard ones may be made required.
///
/// # Errors
/// `InvalidParameterException` for an attribute without a name, or one that is given twice.
pub(super) fn custom(schema: Option<&Value>) -> Result<Vec<Value>, Fault> {
    let mut kept: Vec<Value> = Vec::new();
    for attribute in schema.and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = attribute.get("Name").and_then(Value::as_str) else {
            return Err(invalid("Schema attributes need a name."));
        };
        let is_standard = STANDARD.iter().any(|(standard, ..)| *standard == name);
        let developer_only = attribute.get("DeveloperOnlyAttribute") == Some(&json!(true));
        let required = attribute.get("Required") == Some(&json!(true));
        if !is_standard && required {
            return Err(invalid("Required custom attributes are not supported currently."));
        }
        let full = match (is_standard, developer_only) {
            (true, _) => name.to_owned(),
            (false, false) => format!("custom:{name}"),
            (false, true) => format!("dev:custom:{name}"),
        };
        if kept.iter().any(|known| known["Name"] == json!(full)) {
            return Err(invalid(format!("Duplicate attribute {full} in the schema.")));
        }
        let mut shown = Map::new();
        shown.insert("Name".to_owned(), json!(full));
        for (member, default) in [
            ("AttributeDataType", json!("String")),
            ("DeveloperOnlyAttribute", json!(false)),
            ("Mutable", json!(true)),
            ("Required", json!(false)),
        ] {
            let value = attribute.get(member).cloned().unwrap_or(default);
            shown.insert(member.to_owned(), value);
        }
        for member in ["NumberAttributeConstraints", "StringAttributeConstraints"] {
            if let Some(value) = attribute.get(member) {
                shown.insert(member.to_owned(), value.clone());
            }
        }
        kept.push(Value::Object(shown));
    }
    Ok(kept)
}

/// `SchemaAttributes` of a pool.
pub(super) fn all(own: &[Value]) -> Value {
    let standard = STANDARD.iter().map(|(name, kind, mutable)| {
        let own = own.iter().find(|own| own["Name"] == json!(name));
        own.cloned().unwrap_or_else(|| standard(name, kind, *mutable))
    });
    let custom = own.iter().filter(|own| !is_standard(own["Name"].as_str().unwrap_or_default()));
    standard.chain(custom.cloned()).collect()
}

fn standard(name: &str, kind: &str, mutable: bool) -> Value {
    let is_sub = name == "sub";
    let mut shown = json!({
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": false,
        "Mutable": mutable,
        "Required": is_sub,
    });
    let least = if is_sub { "1" } else { "0" };
    match kind {
        "String" => {
            let limits = json!({ "MinLength": least, "MaxLength": "2048" });
            shown["StringAttributeConstraints"] = limits;
        }
        "Number" => shown["NumberAttributeConstraints"] = json!({ "MinValue": least }),
        _ => {}
    }
    shown
}

/// Whether users of the pool may have the attribute.
pub(super) fn knows(own: &[Value], name: &str) -> bool {
    is_standard(name) || own.iter().any(|own| own["Name"] == json!(name))
}

/// The standard attributes that the pool makes required.
pub(super) fn required(own: &[Value]) -> impl Iterator<Item = &str> {
    own.iter().filter(|own| own["Required"] == json!(true)).filter_map(|own| own["Name"].as_str())
}

fn is_standard(name: &str) -> bool {
    STANDARD.iter().any(|(standard, ..)| *standard == name)
}
