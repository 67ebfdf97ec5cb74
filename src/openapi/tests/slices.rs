//! What holds for any slice of any description: it is valid, has what it was cut from or tells what not, and is the same
//! each time.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::{prop_assert, prop_assert_eq, proptest};
use serde_json::{Map, Value, json};

use super::super::{
    Description, Pointer, Selection, Slice, Violation, check_for_target, slice, tools,
};
use super::described;

/// Components that generated schemas may refer to.
const COMPONENTS: [&str; 4] = ["A", "B", "C", "D"];

fn all() -> Selection {
    Selection::new(&["*".to_owned()], &[])
}

fn cut(description: &Description) -> Slice {
    slice(description, &all(), "t").expect("every entry answers")
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        select(&["string", "integer", "number", "boolean"][..])
            .prop_map(|kind| json!({ "type": kind })),
        select(&COMPONENTS[..])
            .prop_map(|name| json!({ "$ref": format!("#/components/schemas/{name}") })),
        vec(select(&["a", "b", "c"][..]), 1..3)
            .prop_map(|values| json!({ "type": "string", "enum": values })),
        (0..9_i64).prop_map(|limit| json!({ "type": "string", "maxLength": limit })),
        Just(json!({})),
        Just(json!({ "enum": [null] })),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let object = (btree_map("[a-d]", inner.clone(), 0..4), vec("[a-d]", 0..2)).prop_map(
            |(properties, required)| {
                let properties: Map<String, Value> = properties.into_iter().collect();
                json!({ "type": "object", "properties": properties, "required": required })
            },
        );
        prop_oneof![
            object.clone(),
            inner.clone().prop_map(|items| json!({ "type": "array", "items": items })),
            (select(&["allOf", "anyOf", "oneOf"][..]), vec(inner.clone(), 1..4))
                .prop_map(|(name, parts)| json!({ name: parts })),
            (object, select(&["allOf", "anyOf"][..]), vec(inner, 1..3)).prop_map(
                |(mut object, name, parts)| {
                    object[name] = Value::Array(parts);
                    object
                }
            ),
        ]
    })
}

fn parameter() -> impl Strategy<Value = Value> {
    let styles = &["form", "simple", "pipeDelimited", "deepObject", "spaceDelimited"][..];
    (
        "[a-f]",
        select(&["query", "header", "cookie"][..]),
        any::<bool>(),
        proptest::option::of(select(styles)),
        proptest::option::of(any::<bool>()),
        schema(),
    )
        .prop_map(|(name, place, required, style, explode, schema)| {
            let mut one =
                json!({ "name": name, "in": place, "required": required, "schema": schema });
            if let Some(style) = style {
                one["style"] = json!(style);
            }
            if let Some(explode) = explode {
                one["explode"] = json!(explode);
            }
            one
        })
}

fn operation() -> impl Strategy<Value = Value> {
    let media = select(&["application/json", "*/*", "text/plain"][..]);
    (
        proptest::option::of("[a-c/]{1,3}"),
        vec(parameter(), 0..4),
        proptest::option::of((media.clone(), any::<bool>(), schema())),
        (media, schema()),
    )
        .prop_map(|(id, parameters, body, (media, answer))| {
            let mut one = json!({ "parameters": parameters, "responses": { "200": {
                "description": "Ok", "content": { media: { "schema": answer } } } } });
            if let Some(id) = id {
                one["operationId"] = json!(id);
            }
            if let Some((media, required, schema)) = body {
                one["requestBody"] =
                    json!({ "required": required, "content": { media: { "schema": schema } } });
            }
            one
        })
}

fn description() -> impl Strategy<Value = Description> {
    let operations = btree_map(("/[a-c]{1,2}", select(&["get", "post"][..])), operation(), 1..5);
    (select(&["3.0.3", "3.1.0"][..]), operations, vec(schema(), COMPONENTS.len())).prop_map(
        |(version, operations, schemas)| {
            let mut paths = json!({});
            for ((path, method), operation) in operations {
                paths[path][method] = operation;
            }
            let schemas: Map<String, Value> =
                COMPONENTS.iter().map(|name| (*name).to_owned()).zip(schemas).collect();
            described(&json!({
                "openapi": version,
                "info": { "title": "t", "version": "1" },
                "servers": [{ "url": "https://api.example.com" }],
                "paths": paths,
                "components": { "schemas": schemas },
            }))
        },
    )
}

/// Places of an operation's parameters and body, and of the properties that the body has without looking behind
/// combinations: what a person would look for in the slice.
fn parts(description: &Description, path: &str, method: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let document = description.document();
    let operation = &document["paths"][path][method];
    for one in operation["parameters"].as_array().into_iter().flatten() {
        found.insert(format!("{} {}", one["in"], one["name"]));
    }
    let content = operation["requestBody"]["content"].as_object();
    for media in content.into_iter().flat_map(Map::values) {
        found.insert("body".to_owned());
        let place = Pointer::root();
        if let Ok((_, schema)) = description.resolve(place, &media["schema"]) {
            let names = schema["properties"].as_object().into_iter().flat_map(Map::keys);
            found.extend(names.map(|name| format!("body {name}")));
        }
    }
    found
}

proptest! {
    #[test]
    fn any_slice_is_valid(description in description()) {
        let slice = cut(&description);
        let refused: Vec<Violation> = check_for_target(&slice.description, "t")
            .into_iter()
            .filter(Violation::is_refused)
            .collect();
        let empty = slice.description.operations().is_empty();
        prop_assert!(empty || refused.is_empty(), "{refused:?} in {}", slice.description.minified());
        prop_assert!(!empty || slice.refused.iter().any(|one| one.rule.id == "no-operations"));
    }

    #[test]
    fn what_is_not_in_a_slice_is_told(description in description()) {
        let slice = cut(&description);
        let lost = |pointer: &str| {
            slice.losses.iter().any(|loss| loss.pointer.as_str().starts_with(pointer))
        };
        for operation in description.operations() {
            let place = operation.pointer.as_str();
            let there = &slice.description.document()["paths"][operation.path][operation.method];
            if there.is_null() {
                prop_assert!(lost(place), "{place} is gone without a word");
                continue;
            }
            let before = parts(&description, operation.path, operation.method);
            let now = parts(&slice.description, operation.path, operation.method);
            for gone in before.difference(&now) {
                let around = if gone.starts_with("body") { "/requestBody" } else { "/parameters" };
                let told = lost(&format!("{place}{around}")) || lost("/components");
                prop_assert!(told, "{gone} of {place} is gone without a word");
            }
        }
    }

    #[test]
    fn a_slice_of_a_slice_is_itself(description in description()) {
        let once = cut(&description);
        if once.description.operations().is_empty() {
            return Ok(());
        }
        let again = cut(&once.description);
        prop_assert_eq!(again.description.minified(), once.description.minified());
        prop_assert!(again.losses.is_empty(), "{:?}", again.losses);
        prop_assert_eq!(cut(&description).description.minified(), once.description.minified());
    }
}

/// The names of the tools of a description with these operations: method, path, and id.
fn names(operations: &[(&str, &str, Option<&str>)]) -> Vec<String> {
    let mut paths = json!({});
    for (method, path, id) in operations {
        paths[*path][*method] = json!({ "responses": { "200": { "description": "Ok" } } });
        if let Some(id) = id {
            paths[*path][*method]["operationId"] = json!(id);
        }
    }
    let document = json!({ "openapi": "3.0.3", "info": {}, "paths": paths });
    let tools = tools(&cut(&described(&document)).description, "t");
    tools.into_iter().map(|tool| tool.name.replacen("t___", "", 1)).collect()
}

#[test]
fn names_are_made_alike_whatever_else_there_is() {
    let made = names(&[("get", "/user/repos", None)]);
    assert_eq!(made, ["getUserRepos"]);
    let beside = names(&[("get", "/user/repos", None), ("get", "/a", Some("other"))]);
    assert_eq!(beside[0], made[0]);
    // Who wrote the name keeps it, wherever it stands.
    let taken = names(&[("get", "/user/repos", None), ("get", "/a", Some("getUserRepos"))]);
    assert_eq!(taken[1], "getUserRepos");
    assert!(taken[0].starts_with("getUserRepos_") && taken[0].len() == "getUserRepos_".len() + 8);
    let unsuited = names(&[
        ("get", "/a", Some("a/b")),
        ("get", "/b", Some("a_b")),
        ("get", "/c", Some("a b")),
    ]);
    assert_eq!(unsuited[1], "a_b");
    assert_eq!(unsuited.iter().collect::<BTreeSet<_>>().len(), 3);
    let long = "x".repeat(300);
    let long = names(&[("get", "/a", Some(&long)), ("get", "/b", Some(&long))]);
    assert!(long.iter().all(|name| name.len() == 252) && long[0] != long[1]);
}

#[test]
fn a_hundred_thousand_operations_take_no_time() {
    let paths: Map<String, Value> = (0..50_000)
        .map(|number| {
            let operation = |method: &str| {
                json!({ "operationId": format!("{method}{number}"), "tags": [format!("t{}", number % 100)],
                    "responses": { "200": { "description": "Ok" } } })
            };
            (format!("/p{number}"), json!({ "get": operation("get"), "put": operation("put") }))
        })
        .collect();
    let document = json!({ "openapi": "3.0.3", "info": { "title": "t", "version": "1" },
        "servers": [{ "url": "https://api.example.com" }], "paths": paths });
    let description = described(&document);
    let begin = Instant::now();
    let selection = Selection::new(&["tag:t7".to_owned()], &["put*".to_owned()]);
    let slice = slice(&description, &selection, "t").expect("a slice");
    assert_eq!(slice.description.operations().len(), 500);
    assert_eq!(check_for_target(&slice.description, "t"), []);
    // Unoptimised and beside other tests; what matters is that nothing grows with the square.
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}
