//! Reading, comparing and listing descriptions.

use serde_json::{Value, json};

use super::super::description::DescriptionError;
use super::super::rules::{MAX_FILE_BYTES, MAX_SOURCE_BYTES};
use super::super::{Description, Pointer, ToolSchema, tools};
use super::{described, sound};

fn refused(text: &str) -> DescriptionError {
    Description::parse(text).expect_err("the text is no description")
}

#[test]
fn a_syntax_error_has_line_and_column() {
    for (text, line, column, reason) in [
        ("", 1, 0, "EOF while parsing a value"),
        ("{\n  \"openapi\": \"3.0.3\",\n  oops\n}", 3, 3, "key must be a string"),
        ("{\n  \"a\": 1,\n  \"a\": 2\n}", 3, 5, "the key \"a\" appears twice"),
        ("{ \"a\": { \"b\": 1,\n\"b\": 2 } }", 2, 3, "the key \"b\" appears twice"),
        ("{} {}", 1, 4, "trailing characters"),
    ] {
        let expected =
            DescriptionError::Syntax { format: "JSON", line, column, reason: reason.into() };
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_description_is_refused() {
    for (text, message) in [
        ("[]", "expected an OpenAPI description as an object at the top of the file, found a list"),
        ("null", "expected an OpenAPI description as an object at the top of the file, found null"),
        ("{}", "a file without \"openapi\" is not a supported version of OpenAPI"),
        (r#"{ "swagger": "2.0" }"#, "Swagger \"2.0\" is not a supported version of OpenAPI"),
        (
            r#"{ "openapi": 3.0 }"#,
            "3.0 (it has to be a string) is not a supported version of OpenAPI",
        ),
        (r#"{ "openapi": "3.2.0" }"#, "OpenAPI \"3.2.0\" is not a supported version of OpenAPI"),
        (r#"{ "openapi": "3.01" }"#, "OpenAPI \"3.01\" is not a supported version of OpenAPI"),
        (r#"{ "openapi": "3.0." }"#, "OpenAPI \"3.0.\" is not a supported version of OpenAPI"),
    ] {
        let error = refused(text);
        assert_eq!(error.to_string(), message);
        assert!(!error.help().is_empty());
    }
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_read() {
    let bytes = MAX_SOURCE_BYTES + 1;
    let text = " ".repeat(bytes);
    assert_eq!(refused(&text), DescriptionError::TooLarge { bytes, limit: MAX_SOURCE_BYTES });
    let tools = ToolSchema::parse(&text[..=MAX_FILE_BYTES]).expect_err("it is too large");
    let bytes = MAX_FILE_BYTES + 1;
    assert_eq!(tools, DescriptionError::TooLarge { bytes, limit: MAX_FILE_BYTES });
}

#[test]
fn yaml_says_the_same_as_json() {
    let yaml = "\u{feff}# Pets\nopenapi: 3.0.3\npaths:\n  /pets:\n    get:\n      responses:\n        200: {}\n";
    let json = r#"{"openapi":"3.0.3","paths":{"/pets":{"get":{"responses":{"200":{}}}}}}"#;
    assert_eq!(Description::parse(yaml).expect("a description").minified(), json);
    assert_eq!(
        refused("openapi: 3.0.3\nopenapi: 3.0.3\n").to_string(),
        "not valid YAML at line 2, column 1: the key \"openapi\" appears twice"
    );
    assert_eq!(
        refused("swagger: '2.0'\n").to_string(),
        "Swagger \"2.0\" is not a supported version of OpenAPI"
    );
}

#[test]
fn a_reference_may_be_written_as_in_a_url() {
    for place in ["#/paths/~1a~1{b}/x", "#/paths/~1a~1%7Bb%7D/x", "#/paths/%7E1a~1%7bb%7d/x"] {
        let document = json!({ "openapi": "3.0.3", "paths": { "/a/{b}": { "x": 7 } } });
        let reference = json!({ "$ref": place });
        let description = described(&document);
        let (_, found) = description.resolve(Pointer::root(), &reference).expect(place);
        assert_eq!(found, 7, "{place}");
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let text = "[".repeat(100_000);
    assert!(matches!(refused(&text), DescriptionError::Syntax { line: 1, .. }));
}

#[test]
fn versions_and_a_byte_order_mark_are_accepted() {
    for version in ["3.0", "3.0.0", "3.0.4", "3.1.0", "3.1.1"] {
        let text = format!("\u{feff}{{ \"openapi\": {version:?} }}");
        assert!(Description::parse(&text).is_ok(), "{version}");
    }
}

#[test]
fn minified_keeps_the_order_of_the_file() {
    let text = "{\n  \"openapi\": \"3.0.3\",\n  \"b\": [1, 2.50],\n  \"a\": \"\\u00e9\"\n}";
    let description = Description::parse(text).expect("a description");
    assert_eq!(description.minified(), r#"{"openapi":"3.0.3","b":[1,2.5],"a":"é"}"#);
    let again = Description::parse(&description.minified()).expect("what is sent is readable");
    assert_eq!(again.minified(), description.minified());
}

#[test]
fn order_of_keys_and_spacing_are_no_drift() {
    let one = Description::parse(r#"{ "openapi": "3.0.3", "x": { "b": 1, "a": [1.0, -0.0] } }"#);
    let two = Description::parse(r#"{"x":{"a":[1,0],"b":1.0},"openapi":"3.0.3"}"#);
    let (one, two) = (one.expect("a description"), two.expect("a description"));
    assert!(one.same_as(&two) && two.same_as(&one));
    assert_eq!(one.digest(), two.digest());
    assert_eq!(one.digest().len(), 64);
    assert_ne!(one.minified(), two.minified());
}

#[test]
fn any_other_difference_is_drift() {
    let original = described(&sound());
    for (pointer, value) in [
        ("/info/version", json!("2")),
        ("/info/version", json!(1)),
        ("/paths/~1pets~1{petId}/post/operationId", json!("updatepet")),
        ("/components/schemas/Pet/properties/tags/items", json!({ "type": "number" })),
        ("/servers", json!([{ "url": "https://api.example.com/v2" }])),
        ("/servers/0", json!({ "url": "https://api.example.com/v1", "description": null })),
    ] {
        let mut document = sound();
        *document.pointer_mut(pointer).expect("the place exists") = value;
        let changed = described(&document);
        assert!(!original.same_as(&changed), "{pointer}");
        assert_ne!(original.digest(), changed.digest(), "{pointer}");
    }
}

#[test]
fn the_order_of_a_list_counts_and_large_numbers_stay_apart() {
    let with = |value: Value| described(&json!({ "openapi": "3.0.3", "x": value }));
    assert!(!with(json!([1, 2])).same_as(&with(json!([2, 1]))));
    let (one, next) = (json!(9_007_199_254_740_993_u64), json!(9_007_199_254_740_992_u64));
    assert!(!with(one).same_as(&with(next)));
    assert!(!with(json!(1)).same_as(&with(json!("1"))));
    assert!(!with(json!(1.5)).same_as(&with(json!(1))));
}

#[test]
fn tools_take_their_name_from_target_and_operation() {
    let responses = json!({ "200": { "description": "Ok" } });
    let mut document = sound();
    document["paths"]["/pets"] = json!({
        "get": { "operationId": "listPets", "summary": "Lists pets", "responses": responses },
        "put": { "operationId": "replacePets", "description": "  ", "responses": responses },
        "delete": { "responses": responses },
    });
    let found: Vec<_> = tools(&described(&document), "pets")
        .into_iter()
        .map(|tool| (tool.name, tool.description, tool.method, tool.path))
        .collect();
    let row = |name: &str, description: &str, method: &str, path: &str| {
        (name.to_owned(), description.to_owned(), method.to_owned(), path.to_owned())
    };
    assert_eq!(
        found,
        [
            row("pets___updatePet", "Changes a pet.", "POST", "/pets/{petId}"),
            row("pets___listPets", "Lists pets", "GET", "/pets"),
            row("pets___replacePets", "PUT /pets", "PUT", "/pets"),
        ]
    );
}

#[test]
fn a_path_item_may_be_a_reference() {
    let mut document = sound();
    let item = document["paths"]["/pets/{petId}"].clone();
    document["components"]["pathItems"] = json!({ "Pet": item });
    document["paths"]["/pets/{petId}"] = json!({ "$ref": "#/components/pathItems/Pet" });
    let description = described(&document);
    assert_eq!(super::super::check(&description), []);
    assert_eq!(tools(&description, "t").len(), 1);
}
