//! One row for each way in which a slice says something otherwise: what was written, what is sent, and what is told of it.

use serde_json::{Value, json};

use super::super::{LossKind, Selection, Slice, check_for_target, slice};
use super::described;

/// A description with one operation, `POST /things/{id}`.
fn thing(operation: &Value, schemas: &Value) -> Value {
    let mut whole = json!({
        "operationId": "changeThing",
        "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }],
        "responses": { "200": { "description": "Ok" } },
    });
    for (name, value) in operation.as_object().unwrap() {
        match (whole.get_mut(name), value) {
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.clone()),
            _ => whole[name] = value.clone(),
        }
    }
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Things", "version": "1" },
        "servers": [{ "url": "https://api.example.com" }],
        "paths": { "/things/{id}": { "post": whole } },
        "components": { "schemas": schemas },
    })
}

fn cut(document: &Value, entry: &str) -> Slice {
    slice(&described(document), &Selection::new(&[entry.to_owned()], &[]), "t")
        .expect("an operation")
}

fn told(slice: &Slice) -> Vec<(LossKind, &str)> {
    slice.losses.iter().map(|loss| (loss.kind, loss.message.as_str())).collect()
}

/// The body's schema in a slice, and what was told.
fn reduced(schema: &Value, schemas: &Value) -> (Value, Vec<String>) {
    let body =
        json!({ "requestBody": { "content": { "application/json": { "schema": schema } } } });
    let slice = cut(&thing(&body, schemas), "*");
    assert_eq!(check_for_target(&slice.description, "t"), [], "{schema}");
    let document = slice.description.document();
    let place = "/paths/~1things~1{id}/post/requestBody/content/application~1json/schema";
    let sent = document.pointer(place).expect("a body").clone();
    (sent, slice.losses.into_iter().map(|loss| loss.message).collect())
}

#[test]
fn what_must_hold_together_is_one_schema() {
    let schemas = json!({
        "Named": { "type": "object", "required": ["name"], "properties": {
            "name": { "type": "string", "maxLength": 9 } } },
        "Aged": { "allOf": [{ "$ref": "#/components/schemas/Named" }, { "required": ["age"],
            "properties": { "age": { "type": "integer" }, "name": { "maxLength": 5 } } }] },
    });
    let (sent, told) = reduced(&json!({ "$ref": "#/components/schemas/Aged" }), &schemas);
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/Aged" }));
    assert!(told.is_empty());
    let all =
        json!({ "allOf": [{ "$ref": "#/components/schemas/Aged" }, { "description": "Outer" }] });
    let (sent, told) = reduced(&all, &schemas);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(
        sent,
        json!({
            "type": "object",
            "required": ["name", "age"],
            "properties": {
                "name": { "type": "string", "maxLength": 5 },
                "age": { "type": "integer" },
            },
            "description": "Outer",
        })
    );
    // Nothing but one reference stays one.
    let one = json!({ "allOf": [{ "$ref": "#/components/schemas/Named" }] });
    assert_eq!(reduced(&one, &schemas).0, json!({ "$ref": "#/components/schemas/Named" }));
}

#[test]
fn alternatives_are_one_schema_where_that_can_be_said() {
    let schemas = json!({ "Cat": { "type": "object", "required": ["kind", "lives"], "properties": {
        "kind": { "enum": ["cat"] }, "lives": { "type": "integer" } } },
        "Dog": { "type": "object", "required": ["kind"], "properties": {
        "kind": { "enum": ["dog"] }, "barks": { "type": "boolean" } } } });
    let cat = json!({ "$ref": "#/components/schemas/Cat" });
    let dog = json!({ "$ref": "#/components/schemas/Dog" });
    for (written, sent, told) in [
        (json!({ "oneOf": [cat] }), cat.clone(), ""),
        (
            json!({ "anyOf": [{ "type": "string" }, { "type": "string", "enum": [null] }] }),
            json!({ "type": "string" })
                .as_object()
                .map(|one| {
                    let mut one = one.clone();
                    one.insert("nullable".into(), json!(true));
                    Value::Object(one)
                })
                .unwrap(),
            "",
        ),
        (
            json!({ "oneOf": [{ "type": "string", "enum": ["a"] }, { "type": "string", "enum": ["b"] }] }),
            json!({ "type": "string", "enum": ["a", "b"] }),
            "",
        ),
        (
            json!({ "oneOf": [{ "type": "integer" }, { "type": "number" }] }),
            json!({ "type": "number" }),
            "",
        ),
        (
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            json!({ "type": "string" }),
            "one of string, integer, of which the first is kept",
        ),
        (
            json!({ "oneOf": [{ "type": "string", "pattern": "^a" }, { "type": "string", "pattern": "^b" }] }),
            json!({ "type": "string" }),
            "without what they differ in: pattern",
        ),
        (
            json!({ "type": "object", "properties": { "a": {}, "b": {} },
                "anyOf": [{ "required": ["a"] }, { "required": ["b"] }] }),
            json!({ "type": "object", "properties": { "a": {}, "b": {} } }),
            "which of its properties go together",
        ),
        (
            json!({ "oneOf": [cat, dog], "discriminator": { "propertyName": "kind" } }),
            json!({
                "type": "object",
                "description": "One of: Cat (kind, lives); Dog (kind, barks)",
                "properties": { "kind": { "enum": ["cat", "dog"], "type": "string" },
                    "lives": { "type": "integer" }, "barks": { "type": "boolean" } },
                "required": ["kind"],
            }),
            "2 alternatives are one object",
        ),
    ] {
        let (found, losses) = reduced(&written, &schemas);
        assert_eq!(found, sent, "{written}");
        match told {
            "" => assert!(losses.is_empty(), "{written}: {losses:?}"),
            told => assert!(losses.iter().any(|one| one.contains(told)), "{written}: {losses:?}"),
        }
    }
}

#[test]
fn circles_are_cut_where_they_lead_back() {
    let schemas = json!({
        "Node": { "type": "object", "properties": {
            "next": { "$ref": "#/components/schemas/Node" },
            "tree": { "$ref": "#/components/schemas/Tree" } } },
        "Tree": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
        "Unused": { "oneOf": [] },
    });
    let (_, told) = reduced(&json!({ "$ref": "#/components/schemas/Node" }), &schemas);
    assert_eq!(told.len(), 2, "{told:?}");
    // A combination that contains itself has no smaller form.
    let endless = json!({ "A": { "allOf": [{ "$ref": "#/components/schemas/B" }, { "type": "object" }] },
        "B": { "allOf": [{ "$ref": "#/components/schemas/A" }, { "type": "object" }] } });
    let (sent, told) = reduced(&json!({ "$ref": "#/components/schemas/A" }), &endless);
    assert_eq!(sent, json!({ "$ref": "#/components/schemas/A" }));
    assert!(told.iter().any(|one| one.contains("a part of itself")), "{told:?}");
}

#[test]
fn parameters_reach_the_api_as_the_same_text() {
    let list = json!({ "type": "array", "items": { "type": "string", "enum": ["a", "b"] } });
    let object = json!({ "type": "object", "required": ["x"], "properties": {
        "x": { "type": "integer" }, "y": { "type": "object" } } });
    let text = json!({ "type": "string" });
    for (written, sent, told) in [
        (json!({ "schema": text, "explode": false }), json!([{ "schema": text }]), ""),
        (json!({ "schema": list }), json!([{ "schema": list }]), ""),
        (
            json!({ "schema": list, "explode": false, "description": "Which." }),
            json!([{ "schema": text, "description":
                "Which. Several values are separated by commas. Possible: \"a\", \"b\"." }]),
            "with commas",
        ),
        (
            json!({ "schema": list, "style": "pipeDelimited", "explode": false }),
            json!([{ "schema": text, "description":
                "Several values are separated by vertical bars. Possible: \"a\", \"b\"." }]),
            "with vertical bars",
        ),
        (
            json!({ "content": { "application/json": { "schema": object } } }),
            json!([{ "schema": text, "description": "A value as JSON text." }]),
            "as JSON text",
        ),
        (
            json!({ "schema": object, "required": true }),
            json!([{ "name": "x", "schema": { "type": "integer" }, "required": true }]),
            "member by member",
        ),
        (
            json!({ "schema": object, "style": "deepObject" }),
            json!([]),
            "in the style \"deepObject\"",
        ),
        (
            json!({ "schema": list, "style": "deepObject" }),
            json!([]),
            "in the style \"deepObject\"",
        ),
        (json!({ "schema": text, "allowReserved": true }), json!([{ "schema": text }]), "escaped"),
        (json!({ "name": "a[b]", "schema": text }), json!([]), "models refuse"),
        (json!({}), json!([{ "schema": text }]), "no schema"),
    ] {
        let mut parameter = json!({ "name": "q", "in": "query" });
        parameter.as_object_mut().unwrap().extend(written.as_object().unwrap().clone());
        let slice = cut(&thing(&json!({ "parameters": [parameter] }), &json!({})), "*");
        assert_eq!(check_for_target(&slice.description, "t"), [], "{written}");
        let document = slice.description.document();
        let parameters = &document["paths"]["/things/{id}"]["post"]["parameters"];
        let found: Vec<&Value> = parameters.as_array().unwrap().iter().skip(1).collect();
        let expected: Vec<Value> = sent
            .as_array()
            .unwrap()
            .iter()
            .map(|one| {
                let mut whole = json!({ "name": "q", "in": "query" });
                whole.as_object_mut().unwrap().extend(one.as_object().unwrap().clone());
                whole
            })
            .collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{written}");
        match told {
            "" => assert!(slice.losses.is_empty(), "{written}: {:?}", slice.losses),
            told => {
                let losses = super::sliced_parts::told(&slice);
                assert!(losses.iter().any(|(_, one)| one.contains(told)), "{written}: {losses:?}");
            }
        }
    }
}

#[test]
fn bodies_and_answers_are_json() {
    let schema = json!({ "schema": { "type": "object" } });
    let body = |content: Value, required: bool| {
        let body = json!({ "requestBody": { "required": required, "content": content } });
        thing(&body, &json!({}))
    };
    let both = body(json!({ "application/json": schema, "text/plain": schema }), true);
    let slice = cut(&both, "*");
    assert_eq!(
        told(&slice),
        [(LossKind::Body, "the body is sent as JSON only, and not as text/plain")]
    );
    assert!(told(&cut(&body(json!({ "*/*": schema }), true), "*")).is_empty());
    let optional = cut(&body(json!({ "multipart/form-data": schema }), false), "*");
    assert!(told(&optional)[0].1.contains("left out: it cannot be JSON"));
    assert_eq!(check_for_target(&optional.description, "t"), []);
    let answer = json!({ "responses": { "200": { "description": "Ok", "content": {
        "application/json": schema, "text/html": schema } } } });
    let slice = cut(&thing(&answer, &json!({})), "*");
    assert_eq!(told(&slice)[0].0, LossKind::Answer);
}

#[test]
fn what_cannot_be_a_tool_is_refused_by_name_and_left_out_by_pattern() {
    let form = json!({ "requestBody": { "required": true, "content": {
        "application/x-www-form-urlencoded": {} } } });
    let document = thing(&form, &json!({}));
    let named = cut(&document, "changeThing");
    assert_eq!(named.refused[0].rule.id, "media-type");
    let place = "/paths/~1things~1{id}/post/requestBody/content";
    assert_eq!(named.refused[0].pointer.as_str(), place);
    let chosen = cut(&document, "changeT*");
    assert_eq!(told(&chosen)[0].0, LossKind::Operation);
    assert_eq!(chosen.refused[0].rule.id, "no-operations");
}

#[test]
fn references_out_of_the_file_are_refused_at_their_place() {
    for reference in ["other.json#/A", "https://example.com/a.json", "#/components/schemas/None"] {
        let body = json!({ "requestBody": { "content": { "application/json": { "schema": {
            "type": "object", "properties": { "a": { "$ref": reference } } } } } } });
        let slice = cut(&thing(&body, &json!({})), "*");
        assert_eq!(slice.refused[0].rule.id, "reference", "{reference}");
        let place = slice.refused[0].pointer.as_str();
        assert!(place.ends_with("/schema/properties/a/$ref"), "{place}");
    }
}
