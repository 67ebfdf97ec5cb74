//! Filling in server URLs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::{Description, ServerVariableError, check};
use super::{described, sound};

fn with_server(server: &Value) -> Description {
    let mut document = sound();
    document["servers"] = json!([server]);
    described(&document)
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn tenant() -> Description {
    let variables = json!({ "cloudId": { "default": "example" } });
    with_server(
        &json!({ "url": "https://host.example/ex/{cloudId}/a", "variables": variables, "x-a": 1 }),
    )
}

fn regional() -> Description {
    let variables = json!({ "region": { "default": "eu", "enum": ["eu", "us"] } });
    with_server(&json!({ "url": "https://{region}.example", "variables": variables }))
}

fn errors(description: &Description, pairs: &[(&str, &str)]) -> Vec<ServerVariableError> {
    description.with_server_variables(&values(pairs)).expect_err("the values do not fit")
}

#[test]
fn a_value_is_written_into_the_url_and_the_block_goes() {
    let filled = tenant().with_server_variables(&values(&[("cloudId", "1f-2_3")]));
    let filled = filled.expect("the value fits");
    let server = json!({ "url": "https://host.example/ex/1f-2_3/a", "x-a": 1 });
    assert_eq!(filled.document()["servers"], json!([server]));
    assert_eq!(check(&filled), []);
}

#[test]
fn without_variables_nothing_changes() {
    let description = described(&sound());
    let filled = description.with_server_variables(&BTreeMap::new()).expect("nothing to fill in");
    assert_eq!(filled.minified(), description.minified());
}

#[test]
fn the_rest_of_the_file_keeps_its_order() {
    let variables = json!({ "a": { "default": "example" } });
    let server =
        json!({ "variables": variables, "url": "https://{a}.example", "x-b": 1, "x-a": 2 });
    let description = with_server(&server);
    let filled = description.with_server_variables(&values(&[("a", "b")])).expect("fits");
    let written = format!(r#""servers":[{server}],"paths""#);
    let expected = description
        .minified()
        .replace(&written, r#""servers":[{"url":"https://b.example","x-b":1,"x-a":2}],"paths""#);
    assert_ne!(expected, description.minified());
    assert_eq!(filled.minified(), expected);
}

#[test]
fn servers_of_paths_and_operations_are_filled_in_too() {
    let mut document = sound();
    let server = json!([{ "url": "https://{a}.example" }]);
    document["paths"]["/pets/{petId}"]["servers"] = server.clone();
    document["paths"]["/pets/{petId}"]["post"]["servers"] = server;
    let description = described(&document);
    assert_eq!(description.server_variable_names(), ["a".to_owned()].into());
    let filled = description.with_server_variables(&values(&[("a", "b")])).expect("fits");
    assert_eq!(check(&filled), []);
    assert!(filled.server_variable_names().is_empty());
    assert_eq!(filled.minified().matches("https://b.example").count(), 2);
}

#[test]
fn missing_and_unknown_values_are_all_reported() {
    let found = errors(&tenant(), &[("cloudID", "1"), ("other", "2")]);
    let messages: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "the server URL \"https://host.example/ex/{cloudId}/a\" needs a value for \"cloudId\"",
            "no server URL has a placeholder {cloudID}",
            "no server URL has a placeholder {other}",
        ]
    );
    assert_eq!(found[0].help(), "give the target variables = { cloudId = … }");
    assert_eq!(found[1].help(), "remove it, or use one of: cloudId");
}

#[test]
fn a_default_counts_only_where_the_values_are_listed() {
    let filled = regional().with_server_variables(&BTreeMap::new()).expect("eu is the default");
    assert_eq!(filled.document()["servers"][0]["url"], "https://eu.example");
    assert!(matches!(errors(&tenant(), &[])[..], [ServerVariableError::Missing { .. }]));
}

#[test]
fn a_value_outside_the_list_is_refused() {
    let found = errors(&regional(), &[("region", "evil.example/")]);
    assert!(
        matches!(&found[..], [ServerVariableError::NotAllowed { allowed, .. }] if allowed.len() == 2)
    );
}

#[test]
fn a_value_cannot_change_the_rest_of_the_url() {
    for value in
        ["", ".", "..", "a/b", "a?b", "a#b", "a@b", "a:1", "a b", "a%2fb", "{x}", "é", "a\n"]
    {
        let found = errors(&tenant(), &[("cloudId", value)]);
        assert!(matches!(found[..], [ServerVariableError::Unsafe { .. }]), "{value:?}");
    }
}
