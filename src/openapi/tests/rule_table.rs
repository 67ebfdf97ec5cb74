//! One row for each way of breaking a rule: what is spoilt, and what has to be said about it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::rules::{self, Violation};
use super::super::{Severity, ToolSchema, check, check_for_target};
use super::{described, sound};

const OPERATION: &str = "/paths/~1pets~1{petId}/post";
const QUERY: &str = "/paths/~1pets~1{petId}/post/parameters/0";
const PET: &str = "/components/schemas/Pet";

#[derive(Clone)]
enum Edit {
    Set(&'static str, Value),
    Remove(&'static str),
}
use Edit::{Remove, Set};

fn spoilt(edits: Vec<Edit>) -> Value {
    let mut document = sound();
    for edit in edits {
        let (Set(pointer, _) | Remove(pointer)) = &edit;
        let (holder, member) = pointer.rsplit_once('/').expect("a pointer below the root");
        let member = member.replace("~1", "/");
        let holder = document.pointer_mut(holder).expect("the place exists");
        match (holder, edit) {
            (Value::Array(list), Set(_, value)) => list.push(value),
            (Value::Object(object), Set(_, value)) => {
                object.insert(member, value);
            }
            (Value::Object(object), Remove(_)) => {
                object.shift_remove(&member).expect("something to remove");
            }
            (other, _) => assert_eq!(other, &json!({}), "there is nothing to change in it"),
        }
    }
    document
}

fn found(violations: &[Violation]) -> Vec<(&'static str, &str)> {
    violations.iter().map(|found| (found.rule.id, found.pointer.as_str())).collect()
}

/// Breaches in servers, paths and names.
fn document_rows() -> Vec<(Vec<Edit>, &'static str, &'static str)> {
    let second =
        json!({ "operationId": "updatePet", "responses": { "200": { "description": "Ok" } } });
    vec![
        (vec![Remove("/paths/~1pets~1{petId}/post/operationId")], "operation-id", OPERATION),
        (
            vec![Set("/paths/~1pets~1{petId}/post/operationId", json!(" "))],
            "operation-id",
            OPERATION,
        ),
        (vec![Set("/paths/~1pets~1{petId}/post/operationId", json!(7))], "operation-id", OPERATION),
        (
            vec![Set("/paths/~1pets~1{petId}/get", second)],
            "operation-id-unique",
            "/paths/~1pets~1{petId}/get/operationId",
        ),
        (vec![Set("/paths", json!({}))], "no-operations", "/paths"),
        (vec![Remove("/servers")], "server-url", ""),
        (vec![Set("/servers", json!([]))], "server-url", "/servers"),
        (vec![Set("/servers", json!([{}]))], "server-url", "/servers/0"),
        (vec![Set("/servers", json!([{ "url": "/v1" }]))], "server-url", "/servers/0/url"),
        (vec![Set("/servers", json!([{ "url": "//host/v1" }]))], "server-url", "/servers/0/url"),
        (vec![Set("/servers", json!([{ "url": "ftp://host" }]))], "server-url", "/servers/0/url"),
        (vec![Set("/servers", json!([{ "url": "https://" }]))], "server-url", "/servers/0/url"),
        (
            vec![Set("/servers", json!([{ "url": "https://a@b.example" }]))],
            "server-url",
            "/servers/0/url",
        ),
        (
            vec![Set("/servers", json!([{ "url": "https://{host}/v1" }]))],
            "server-url",
            "/servers/0/url",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/servers", json!([{ "url": "/v2" }]))],
            "server-url",
            "/paths/~1pets~1{petId}/servers/0/url",
        ),
        (vec![Set("/servers", json!({}))], "structure", "/servers"),
        (
            vec![Set("/servers", json!([{ "url": "http://host" }]))],
            "server-https",
            "/servers/0/url",
        ),
        (vec![Set("/paths/pets", json!({}))], "structure", "/paths/pets"),
        (vec![Set("/paths/~1x", json!([]))], "structure", "/paths/~1x"),
        (vec![Set("/paths/~1x", json!({ "get": 1 }))], "structure", "/paths/~1x/get"),
        (vec![Set("/paths/~1x", json!({ "$ref": "#/nowhere" }))], "reference", "/paths/~1x/$ref"),
        (vec![Set("/security", json!([]))], "security-ignored", "/security"),
        (
            vec![Set("/components/securitySchemes", json!({}))],
            "security-ignored",
            "/components/securitySchemes",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/operationId", json!("o".repeat(253)))],
            "tool-name",
            "/paths/~1pets~1{petId}/post/operationId",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/operationId", json!("pets/update"))],
            "tool-name-characters",
            "/paths/~1pets~1{petId}/post/operationId",
        ),
        (
            vec![Set("/info/description", json!("x".repeat(rules::MAX_INLINE_BYTES)))],
            "inline-size",
            "",
        ),
        (vec![Set("/info/description", json!("x".repeat(rules::MAX_FILE_BYTES)))], "file-size", ""),
    ]
}

/// Breaches in parameters.
fn parameter_rows() -> Vec<(Vec<Edit>, &'static str, &'static str)> {
    const PARAMETER: &str = "/paths/~1pets~1{petId}/post/parameters/0/schema";
    vec![
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters/0/style", json!("pipeDelimited"))],
            "parameter-serialization",
            "/paths/~1pets~1{petId}/post/parameters/0/style",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters/0/explode", json!(false))],
            "parameter-serialization",
            "/paths/~1pets~1{petId}/post/parameters/0/explode",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters/0/allowReserved", json!(true))],
            "parameter-serialization",
            "/paths/~1pets~1{petId}/post/parameters/0/allowReserved",
        ),
        (
            vec![
                Set("/paths/~1pets~1{petId}/post/parameters/0/content", json!({})),
                Remove("/paths/~1pets~1{petId}/post/parameters/0/schema"),
            ],
            "parameter-serialization",
            "/paths/~1pets~1{petId}/post/parameters/0/content",
        ),
        (
            vec![Set(PARAMETER, json!({ "$ref": "#/components/schemas/Pet" }))],
            "parameter-serialization",
            PET,
        ),
        (vec![Remove(PARAMETER)], "parameter", QUERY),
        (vec![Remove("/paths/~1pets~1{petId}/post/parameters/0/name")], "parameter", QUERY),
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters/0/in", json!("body"))],
            "parameter",
            "/paths/~1pets~1{petId}/post/parameters/0/in",
        ),
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/parameters/-",
                json!({ "name": "dry_run", "in": "query", "schema": {} }),
            )],
            "parameter",
            "/paths/~1pets~1{petId}/post/parameters/1",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters", json!({}))],
            "structure",
            "/paths/~1pets~1{petId}/post/parameters",
        ),
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/parameters/-",
                json!({ "$ref": "other.json#/x" }),
            )],
            "reference",
            "/paths/~1pets~1{petId}/post/parameters/1/$ref",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/parameters/0/name", json!("filter[name]"))],
            "property-name",
            "/paths/~1pets~1{petId}/post/parameters/0/name",
        ),
        (vec![Remove("/paths/~1pets~1{petId}/parameters")], "path-parameter", OPERATION),
        (
            vec![Remove("/paths/~1pets~1{petId}/parameters/0/required")],
            "path-parameter",
            "/paths/~1pets~1{petId}/parameters/0",
        ),
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/parameters/-",
                json!({ "name": "owner", "in": "path", "required": true, "schema": {} }),
            )],
            "path-parameter",
            OPERATION,
        ),
    ]
}

/// Breaches in bodies and responses.
fn body_rows() -> Vec<(Vec<Edit>, &'static str, &'static str)> {
    vec![
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/requestBody",
                json!({ "content": { "text/csv": {} } }),
            )],
            "media-type",
            "/paths/~1pets~1{petId}/post/requestBody/content",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/requestBody", json!({}))],
            "structure",
            "/paths/~1pets~1{petId}/post/requestBody/content",
        ),
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/requestBody",
                json!({ "$ref": "#/components/x" }),
            )],
            "reference",
            "/paths/~1pets~1{petId}/post/requestBody/$ref",
        ),
        (vec![Remove("/paths/~1pets~1{petId}/post/responses")], "response", OPERATION),
        (vec![Set("/paths/~1pets~1{petId}/post/responses", json!({}))], "response", OPERATION),
        (
            vec![Remove("/paths/~1pets~1{petId}/post/responses/200/description")],
            "response",
            "/paths/~1pets~1{petId}/post/responses/200",
        ),
        (
            vec![Set("/paths/~1pets~1{petId}/post/responses/404", json!({ "$ref": "#/x" }))],
            "reference",
            "/paths/~1pets~1{petId}/post/responses/404/$ref",
        ),
        (
            vec![Set(
                "/paths/~1pets~1{petId}/post/responses/200/content",
                json!({ "text/plain": {} }),
            )],
            "response-media-type",
            "/paths/~1pets~1{petId}/post/responses/200/content",
        ),
    ]
}

/// Breaches in schemas, wherever they hide.
fn schema_rows() -> Vec<(Vec<Edit>, &'static str, &'static str)> {
    let inner = |member: &str| json!({ "type": "object", member: [{ "type": "string" }] });
    let circle = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Pet" } });
    vec![
        (
            vec![Set("/components/schemas/Pet/oneOf", json!([]))],
            "combined-schema",
            "/components/schemas/Pet/oneOf",
        ),
        (
            vec![Set("/components/schemas/Pet/properties/a", inner("anyOf"))],
            "combined-schema",
            "/components/schemas/Pet/properties/a/anyOf",
        ),
        (
            vec![Set("/components/schemas/Pet/properties/tags/items", inner("allOf"))],
            "combined-schema",
            "/components/schemas/Pet/properties/tags/items/allOf",
        ),
        (
            vec![Set("/components/schemas/Pet/additionalProperties", inner("oneOf"))],
            "combined-schema",
            "/components/schemas/Pet/additionalProperties/oneOf",
        ),
        (
            vec![Set(
                "/components/schemas/Pet/properties/a",
                json!({ "$ref": "#/components/schemas/Unused" }),
            )],
            "combined-schema",
            "/components/schemas/Unused/oneOf",
        ),
        (
            vec![Set(
                "/components/schemas/Pet/properties/a",
                json!({ "$ref": "#/components/schemas/Gone" }),
            )],
            "reference",
            "/components/schemas/Pet/properties/a/$ref",
        ),
        (
            vec![Set("/components/schemas/Pet/properties/young", circle)],
            "recursive-schema",
            "/components/schemas/Pet/properties/young/items",
        ),
        (
            vec![Set("/components/schemas/Pet/properties", json!([]))],
            "structure",
            "/components/schemas/Pet/properties",
        ),
        (
            vec![Set("/components/schemas/Pet/properties/name", json!("string"))],
            "structure",
            "/components/schemas/Pet/properties/name",
        ),
        (
            vec![Set("/components/schemas/Pet/properties/full name", json!({}))],
            "property-name",
            "/components/schemas/Pet/properties/full name",
        ),
    ]
}

fn rows() -> Vec<(Vec<Edit>, &'static str, &'static str)> {
    [document_rows(), parameter_rows(), body_rows(), schema_rows()].concat()
}

#[test]
fn the_sound_description_has_no_problem() {
    assert_eq!(found(&check(&described(&sound()))), []);
}

#[test]
fn every_breach_is_reported_alone_and_in_its_place() {
    for (edits, rule, pointer) in rows() {
        let document = spoilt(edits);
        let violations = check(&described(&document));
        assert_eq!(found(&violations), [(rule, pointer)], "{rule}");
        assert!(violations.iter().all(|violation| !violation.help.is_empty()));
    }
}

#[test]
fn every_rule_is_tried() {
    let mut tried: BTreeSet<&str> = rows().into_iter().map(|(_, rule, _)| rule).collect();
    // These have tests of their own, here and with the tools of functions.
    tried.extend(["tool-count"]);
    tried.extend(super::lambda_tools::rules_tried());
    let all: BTreeSet<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
    assert_eq!(tried, all);
    assert_eq!(all.len(), rules::ALL.len(), "two rules share a name");
}

#[test]
fn all_problems_come_at_once_and_shared_ones_once() {
    let broken =
        json!({ "name": "q", "in": "query", "style": "form", "explode": false, "schema": {} });
    let shared = json!({ "$ref": "#/components/parameters/q" });
    let operation =
        |name: &str| json!({ "operationId": name, "parameters": [shared], "responses": {} });
    let document = spoilt(vec![
        Remove("/servers"),
        Set("/components/parameters", json!({ "q": broken })),
        Set("/paths/~1a", json!({ "get": operation("a"), "put": operation("b") })),
    ]);
    assert_eq!(
        found(&check(&described(&document))),
        [
            ("server-url", ""),
            ("parameter-serialization", "/components/parameters/q/explode"),
            ("response", "/paths/~1a/get"),
            ("response", "/paths/~1a/put"),
        ]
    );
}

#[test]
fn what_is_allowed_is_not_reported() {
    let plain = json!({ "oneOf": { "type": "string" }, "allOf": { "type": "string" } });
    let styled = json!({ "name": "ids", "in": "query", "style": "form", "explode": true,
        "schema": { "type": "array", "items": { "type": "string" } } });
    let again = json!({ "name": "petId", "in": "path", "required": true, "schema": {} });
    let csv = json!({ "application/json; charset=utf-8": {}, "text/csv": {} });
    for edits in [
        vec![Set("/components/schemas/Pet/properties", plain)],
        vec![Set("/components/schemas/Pet/additionalProperties", json!(true))],
        vec![Set("/paths/~1pets~1{petId}/post/parameters/-", styled)],
        vec![Set("/paths/~1pets~1{petId}/post/parameters/-", again)],
        vec![Set("/paths/~1pets~1{petId}/post/requestBody/content", csv)],
        vec![Set("/paths/~1pets~1{petId}/post/responses/204", json!({ "description": "Done." }))],
        vec![Set("/paths/x-internal", json!("anything"))],
        vec![Set("/openapi", json!("3.1.0"))],
    ] {
        assert_eq!(found(&check(&described(&spoilt(edits)))), []);
    }
}

#[test]
fn a_longer_target_name_leaves_less_for_the_operation() {
    let pointer = "/paths/~1pets~1{petId}/post/operationId";
    let description = described(&spoilt(vec![Set(pointer, json!("o".repeat(243)))]));
    assert_eq!(found(&check_for_target(&description, "ten-chars1")), []);
    assert_eq!(found(&check_for_target(&description, "eleven-char")), [("tool-name", pointer)]);
}

#[test]
fn a_target_has_at_most_a_thousand_tools() {
    let operation = |name: usize| {
        json!({ "get": { "operationId": format!("o{name}"),
            "responses": { "200": { "description": "Ok" } } } })
    };
    let paths = |count: usize| -> Value {
        let entries = (0..count).map(|name| (format!("/{name}"), operation(name)));
        Value::Object(entries.collect())
    };
    let check = |count| check(&described(&spoilt(vec![Set("/paths", paths(count))])));
    assert_eq!(found(&check(1_000)), []);
    assert_eq!(found(&check(1_001)), [("tool-count", "/paths")]);
}

#[test]
fn only_cautions_let_a_file_pass() {
    let cautions: Vec<&str> = rules::ALL
        .iter()
        .filter(|rule| rule.severity == Severity::Caution)
        .map(|rule| rule.id)
        .collect();
    let expected = [
        "server-https",
        "response-media-type",
        "security-ignored",
        "property-name",
        "tool-name-characters",
        "tool-required",
    ];
    assert_eq!(cautions, expected);
    let schema = ToolSchema::parse(r#"[{ "name": "a" }]"#).expect("a list");
    assert!(schema.check("t").iter().all(Violation::is_refused));
}

#[test]
fn a_long_chain_of_schemas_is_an_error_and_no_crash() {
    let chain = |length: usize| {
        let link = |number: usize| {
            let next = format!("#/components/schemas/S{}", number + 1);
            (format!("S{number}"), json!({ "properties": { "next": { "$ref": next } } }))
        };
        let mut schemas: serde_json::Map<String, Value> = (0..length).map(link).collect();
        schemas.insert(format!("S{length}"), json!({ "type": "string" }));
        schemas.insert("Pet".into(), json!({ "$ref": "#/components/schemas/S0" }));
        check(&described(&spoilt(vec![Set("/components/schemas", Value::Object(schemas))])))
    };
    assert_eq!(found(&chain(100)), []);
    let rules: Vec<_> = chain(5_000).iter().map(|found| found.rule.id).collect();
    // The body and the answer each come as far as the limit, and the answer goes on from there.
    assert!(!rules.is_empty() && rules.iter().all(|rule| *rule == "recursive-schema"), "{rules:?}");
}
