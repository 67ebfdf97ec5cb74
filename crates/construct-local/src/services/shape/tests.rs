use serde_json::json;

use super::*;

static SAMPLE: &[Member] = &[
    ("Name", REQUIRED, &Shape::Text(2, 4, "[a-z]+")),
    ("size", OPTIONAL, &Shape::QueryInteger(1, 20)),
    ("rate", OPTIONAL, &Shape::Number(0.0, 2.0)),
    ("on", OPTIONAL, &Shape::Flag),
    ("list", OPTIONAL, &Shape::List(&Shape::Enum(&["A", "B"]), 1, 2)),
    ("keys", OPTIONAL, &Shape::QueryList(&Shape::Text(1, 2, ANY), 0, 2)),
    ("map", OPTIONAL, &Shape::Map(&Shape::Pattern("[a-z]"), &Shape::Integer(0, 1), 0, 1)),
    ("closed", OPTIONAL, &Shape::Closed(&[("a", OPTIONAL, &TEXT)])),
    ("union", OPTIONAL, &Shape::Union(&[("a", OPTIONAL, &TEXT), ("b", OPTIONAL, &TEXT)])),
];

fn members(input: Value) -> Map<String, Value> {
    let Value::Object(input) = input else { unreachable!("the tests pass objects") };
    input
}

/// The members at fault, in order.
fn faulty(input: Value) -> Vec<String> {
    problems(&members(input), SAMPLE).iter().map(Problem::dotted).collect()
}

#[test]
fn what_fits_passes_and_what_is_not_known_is_dropped() {
    let input = json!({
        "Name": "abc", "size": "20", "rate": 1.5, "on": true, "list": ["A", "B"], "keys": "k",
        "map": {"x": 1}, "closed": {"a": ""}, "union": {"a": "", "b": null}, "unknown": 1,
    });
    let kept = check(&members(input), SAMPLE).unwrap();
    let expected = json!({
        "Name": "abc", "size": 20, "rate": 1.5, "on": true, "list": ["A", "B"], "keys": "k",
        "map": {"x": 1}, "closed": {"a": ""}, "union": {"a": ""},
    });
    assert_eq!(Value::Object(kept), expected);
}

#[test]
fn every_problem_is_told_with_its_place() {
    let input = json!({
        "size": "21", "rate": 2.5, "on": "true", "list": ["A", "C"], "keys": ["k", "", "k"],
        "map": {"XY": 2}, "closed": {"b": ""}, "union": {"a": "", "b": ""},
    });
    let expected = [
        "Name", "size", "rate", "on", "list.1", "keys", "keys.1", "map.key", "map.XY", "closed.b",
        "union",
    ];
    assert_eq!(faulty(input), expected);
}

#[test]
fn lengths_count_characters_and_patterns_cover_all() {
    assert_eq!(faulty(json!({"Name": "a"})), ["Name"]);
    assert_eq!(faulty(json!({"Name": "abcde"})), ["Name"]);
    assert_eq!(faulty(json!({"Name": "abc\n"})), ["Name"]);
    assert_eq!(faulty(json!({"Name": 1})), ["Name"]);
    assert_eq!(faulty(json!({"Name": null})), ["Name"]);
    assert_eq!(faulty(json!({"Name": "abc", "list": []})), ["list"]);
    assert_eq!(faulty(json!({"Name": "abc", "union": {}})), ["union"]);
    assert_eq!(faulty(json!({"Name": "abc", "union": {"c": ""}})), ["union.c"]);
}

#[test]
fn limits_are_one_sentence_in_the_words_of_the_services() {
    let refused = check(&members(json!({"size": "21", "list": ["A", "C"]})), SAMPLE).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Limits(
            "3 validation errors detected: Value null at 'name' failed to satisfy constraint: \
             Member must not be null; Value '21' at 'size' failed to satisfy constraint: Member \
             must have value less than or equal to 20; Value 'C' at 'list.2.member' failed to \
             satisfy constraint: Member must satisfy enum value set: [A, B]"
                .to_owned()
        )
    );
}

#[test]
fn another_type_is_no_limit() {
    let refused = check(&members(json!({"Name": 1, "size": "21"})), SAMPLE).unwrap_err();
    assert!(matches!(refused, Refusal::Type(sentence) if sentence.contains("must be a string")));
}
