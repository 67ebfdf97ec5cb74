//! Tool schema files of Lambda targets.

use serde_json::{Value, json};

use super::super::rules::MAX_INLINE_BYTES;
use super::super::{DescriptionError, ToolSchema};

fn tool() -> Value {
    json!({
        "name": "list_buckets",
        "description": "Lists buckets.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "prefix": { "type": "string", "description": "Beginning of the name." },
                "limits": { "type": "array", "items": { "type": "integer" } }
            },
            "required": ["prefix"]
        },
        "outputSchema": { "type": "object", "properties": { "count": { "type": "number" } } }
    })
}

fn schema(tools: &Value) -> ToolSchema {
    ToolSchema::parse(&tools.to_string()).expect("a list")
}

fn found(tools: &Value) -> Vec<(&'static str, String)> {
    let violations = schema(tools).check("aws");
    assert!(violations.iter().all(|violation| !violation.help.is_empty()));
    violations.into_iter().map(|found| (found.rule.id, found.pointer.as_str().to_owned())).collect()
}

/// What is put where in a sound tool, and what has to be said about it. Null removes.
fn rows() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    vec![
        ("/name", Value::Null, "tool-members", "/0"),
        ("/name", json!(""), "tool-members", "/0"),
        ("/name", json!(3), "tool-members", "/0"),
        ("/description", Value::Null, "tool-members", "/0"),
        ("/inputSchema", Value::Null, "tool-members", "/0"),
        ("/annotations", json!({}), "tool-members", "/0/annotations"),
        ("/name", json!("n".repeat(251)), "tool-name", "/0/name"),
        ("/name", json!("list buckets"), "tool-name-characters", "/0/name"),
        ("/inputSchema", json!([]), "tool-schema-members", "/0/inputSchema"),
        ("/inputSchema/type", json!("string"), "tool-input-object", "/0/inputSchema/type"),
        ("/outputSchema/type", json!("array"), "tool-input-object", "/0/outputSchema/type"),
        ("/inputSchema/type", Value::Null, "tool-schema-type", "/0/inputSchema"),
        (
            "/inputSchema/properties/prefix/type",
            json!("null"),
            "tool-schema-type",
            "/0/inputSchema/properties/prefix/type",
        ),
        (
            "/inputSchema/properties/prefix/type",
            json!(["string", "integer"]),
            "tool-schema-type",
            "/0/inputSchema/properties/prefix/type",
        ),
        (
            "/inputSchema/properties/prefix/enum",
            json!(["a"]),
            "tool-schema-members",
            "/0/inputSchema/properties/prefix/enum",
        ),
        (
            "/inputSchema/properties/limits/items/format",
            json!("int64"),
            "tool-schema-members",
            "/0/inputSchema/properties/limits/items/format",
        ),
        (
            "/outputSchema/properties/count/description",
            json!(1),
            "tool-schema-members",
            "/0/outputSchema/properties/count/description",
        ),
        (
            "/outputSchema/properties",
            json!([]),
            "tool-schema-members",
            "/0/outputSchema/properties",
        ),
        (
            "/inputSchema/required",
            json!("prefix"),
            "tool-schema-members",
            "/0/inputSchema/required",
        ),
        ("/inputSchema/required", json!([1]), "tool-schema-members", "/0/inputSchema/required/0"),
        ("/inputSchema/required", json!(["gone"]), "tool-required", "/0/inputSchema/required/0"),
        ("/description", json!("x".repeat(MAX_INLINE_BYTES)), "inline-size", ""),
    ]
}

pub(super) fn rules_tried() -> impl Iterator<Item = &'static str> {
    rows().into_iter().map(|(_, _, rule, _)| rule).chain(["tool-unique"])
}

#[test]
fn every_breach_is_reported_alone_and_in_its_place() {
    for (place, value, rule, pointer) in rows() {
        let mut tool = tool();
        let (holder, member) = place.rsplit_once('/').expect("a place");
        let holder = tool.pointer_mut(holder).and_then(Value::as_object_mut).expect("an object");
        if value.is_null() {
            holder.shift_remove(member).expect("something to remove");
        } else {
            holder.insert(member.to_owned(), value);
        }
        assert_eq!(found(&json!([tool])), [(rule, pointer.to_owned())], "{place}");
    }
}

#[test]
fn a_sound_file_has_no_problem() {
    assert_eq!(found(&json!([tool()])), []);
}

#[test]
fn lists_are_checked_as_a_whole() {
    assert_eq!(found(&json!([])), [("no-operations", String::new())]);
    assert_eq!(found(&json!([tool(), tool()])), [("tool-unique", "/1/name".to_owned())]);
    assert_eq!(found(&json!(["x"])), [("tool-members", "/0".to_owned())]);
    let many: Vec<Value> = (0..1_001)
        .map(|number| json!({ "name": format!("t{number}"), "description": "d", "inputSchema": { "type": "object" } }))
        .collect();
    assert_eq!(found(&Value::Array(many)), [("tool-count", String::new())]);
}

#[test]
fn what_is_no_list_is_refused() {
    let expected = "a JSON list of tools";
    let error = ToolSchema::parse("{}").expect_err("an object");
    assert_eq!(error, DescriptionError::WrongKind { expected, found: "an object" });
    let error = ToolSchema::parse("[\n{").expect_err("cut short");
    assert!(matches!(error, DescriptionError::Syntax { line: 2, .. }));
}

#[test]
fn the_spelling_is_one_for_equal_files() {
    let one = ToolSchema::parse(r#"[{ "name": "a", "description": "b" }]"#).expect("a list");
    let two = ToolSchema::parse(r#"[{"description":"b","name":"a"}]"#).expect("a list");
    assert_eq!(one.canonical_text(), r#"[{"description":"b","name":"a"}]"#);
    assert!(one.same_as(&two));
    assert_eq!(one.digest(), two.digest());
    assert!(!one.same_as(&ToolSchema::parse("[]").expect("a list")));
    assert_eq!(one.definitions().len(), 1);
}
