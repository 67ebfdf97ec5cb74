//! Description, types and JSON Schema say the same.

use super::good;
use crate::manifest::rules::{self, TextRule};
use crate::manifest::shape::{Key, Kind, Presence, Shape};
use crate::manifest::{Answers, Manifest, read, schema, starter, tables};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::path::Path;

static WHOLE: Kind = Kind::Table(&tables::MANIFEST);

/// A full value of a kind: every key written, the `round`th of each set of alternatives chosen.
fn sample(kind: &'static Kind, round: usize) -> Value {
    match kind {
        // The one text that must have a form.
        Kind::Text(rule) if rule.rule.id == "secrets-manager-key" => json!("id#key"),
        Kind::TextOr(_, shape) if round % 2 == 1 => sample_table(shape, round),
        // Halved, so that what a table chooses by the round does not always come out the same.
        Kind::ChoiceOr(_, shape) if round % 2 == 1 => sample_table(shape, round / 2),
        Kind::Json => json!({ "free": [1, true, { "text": "x" }] }),
        Kind::TrueOrText(_) if round % 2 == 1 => json!(true),
        Kind::Text(_) | Kind::TextOr(..) | Kind::TrueOrText(_) => json!("text"),
        Kind::Integer(rule) => json!(rule.minimum),
        Kind::Choice(choices) | Kind::ChoiceOr(choices, _) => json!(choices[round % choices.len()]),
        Kind::Boolean => json!(true),
        Kind::List(item, _) => json!([sample(item, round)]),
        Kind::Named(_, item, _) => json!({ "name": sample(item, round) }),
        Kind::Table(shape) => sample_table(shape, round),
    }
}

fn sample_table(shape: &'static Shape, round: usize) -> Value {
    let alternatives = shape.exactly_one;
    let chosen = alternatives.get(round % alternatives.len().max(1));
    let keys = shape
        .keys
        .iter()
        .filter(|key| !alternatives.contains(&key.name) || chosen == Some(&key.name));
    let value = |key: &'static Key| match chosen {
        Some(chosen) if !key.with.is_empty() && !key.with.contains(chosen) => match &key.presence {
            Presence::Or(default) => {
                Some(serde_json::to_value(read::default_value(default, &key.kind)).unwrap())
            }
            Presence::Required | Presence::Optional => None,
        },
        _ => Some(sample(&key.kind, round)),
    };
    Value::Object(keys.filter_map(|key| Some((key.name.to_owned(), value(key)?))).collect())
}

/// Every value of a document replaced, one after another, by one of each type.
fn mutations(value: &Value) -> Vec<Value> {
    let mut all: Vec<Value> =
        ["-1", "1.5", "true", "\"\"", "\"#\"", "[]", "[1]", "{}", "{\"a\":1}"]
            .into_iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect();
    match value {
        Value::Object(keys) => {
            for (key, inner) in keys {
                all.extend(mutations(inner).into_iter().map(|other| {
                    let mut keys = keys.clone();
                    keys.insert(key.clone(), other);
                    Value::Object(keys)
                }));
                let mut fewer = keys.clone();
                fewer.remove(key);
                all.push(Value::Object(fewer));
            }
        }
        Value::Array(items) => {
            all.extend(items.iter().flat_map(mutations).map(|other| json!([other])));
        }
        _ => {}
    }
    all
}

#[test]
fn the_reader_goes_on_after_every_mistake() {
    let mut refused = 0;
    for round in 0..4 {
        let whole = sample_table(&tables::MANIFEST, round);
        // One table at a time: together they would be read again for every mistake in each.
        let tables = whole.as_object().unwrap().iter();
        let documents = tables.flat_map(|(name, table)| {
            let stack = &whole["stack"];
            mutations(table).into_iter().map(move |other| match name.as_str() {
                "stack" => json!({ "stack": other }),
                _ => json!({ "stack": stack, name: other }),
            })
        });
        for document in documents {
            let Ok(text) = toml::to_string(&document) else { continue };
            let lines = text.lines().count();
            // That this returns at all is the point: `read` insists that the types hold.
            let draft = Manifest::read(&text, "construct.toml", Path::new(""));
            refused += usize::from(!draft.problems.is_empty());
            for problem in &draft.problems {
                assert!(problem.line <= lines + 1 && problem.column > 0, "{problem}\n{text}");
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

/// Fails where `whole` lacks something of `part`.
fn assert_holds(whole: &Value, part: &Value, path: &str) {
    match part {
        Value::Object(keys) => {
            for (key, value) in keys {
                let found = whole.get(key).unwrap_or_else(|| panic!("{path}.{key} was lost"));
                assert_holds(found, value, &format!("{path}.{key}"));
            }
        }
        Value::Array(items) => {
            let found = whole.as_array().map(Vec::as_slice).unwrap_or_default();
            assert_eq!(found.len(), items.len(), "{path}");
            for (found, item) in found.iter().zip(items) {
                assert_holds(found, item, path);
            }
        }
        other => assert_eq!(whole, other, "{path}"),
    }
}

/// Fails where a type has a key that the description lacks.
fn assert_described(value: &Value, kind: &'static Kind, path: &str) {
    match (kind, value) {
        (
            Kind::Table(shape) | Kind::TextOr(_, shape) | Kind::ChoiceOr(_, shape),
            Value::Object(keys),
        ) => {
            for (key, value) in keys {
                let described = shape.keys.iter().find(|one| one.name == key);
                let described =
                    described.unwrap_or_else(|| panic!("{path}.{key} is not described"));
                assert_described(value, &described.kind, &format!("{path}.{key}"));
            }
        }
        (Kind::List(item, _), Value::Array(items)) => {
            for value in items {
                assert_described(value, item, path);
            }
        }
        (Kind::Named(_, item, _), Value::Object(entries)) => {
            for (name, value) in entries {
                assert_described(value, item, &format!("{path}.{name}"));
            }
        }
        _ => {}
    }
}

#[test]
fn types_and_description_have_the_same_keys() {
    // A vendor is the longest list of choices, and one of three kinds of provider.
    for round in 0..3 * rules::VENDOR_WORDS.len() {
        let full = sample_table(&tables::MANIFEST, round);
        let manifest = Manifest::deserialize(&full).unwrap();
        let written = serde_json::to_value(&manifest).unwrap();
        assert_holds(&written, &full, "");
        assert_described(&written, &WHOLE, "");
    }
}

/// A checker of the part of JSON Schema that [`schema`] uses; patterns are tested by themselves.
fn accepts(schema: &Value, value: &Value) -> bool {
    let object = schema.as_object().unwrap();
    let size = value.as_str().map(|text| text.chars().count());
    let count = value.as_array().map(Vec::len).or(value.as_object().map(serde_json::Map::len));
    let within = |size: Option<usize>, limit: &Value, at_least: bool| {
        let limit = usize::try_from(limit.as_u64().unwrap()).unwrap();
        size.is_none_or(|size| if at_least { size >= limit } else { size <= limit })
    };
    object.iter().all(|(word, rule)| match word.as_str() {
        "$schema" | "title" | "description" | "default" | "pattern" => true,
        "type" => match rule.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            other => panic!("type {other} is not known"),
        },
        "const" => value == rule,
        "enum" => rule.as_array().unwrap().contains(value),
        "minimum" => value.as_i64() >= rule.as_i64(),
        "maximum" => value.as_i64() <= rule.as_i64(),
        "minLength" => within(size, rule, true),
        "maxLength" => within(size, rule, false),
        "minItems" | "minProperties" => within(count, rule, true),
        "maxItems" | "maxProperties" => within(count, rule, false),
        "items" => value.as_array().unwrap().iter().all(|item| accepts(rule, item)),
        "dependentSchemas" => rule
            .as_object()
            .unwrap()
            .iter()
            .all(|(key, schema)| value.get(key).is_none() || accepts(schema, value)),
        "anyOf" => rule.as_array().unwrap().iter().any(|one| accepts(one, value)),
        "oneOf" => rule.as_array().unwrap().iter().filter(|one| accepts(one, value)).count() == 1,
        "required" => {
            rule.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
        }
        "properties" => value
            .as_object()
            .unwrap()
            .iter()
            .all(|(key, value)| rule.get(key).is_none_or(|schema| accepts(schema, value))),
        "propertyNames" => value.as_object().unwrap().keys().all(|key| accepts(rule, &json!(key))),
        "additionalProperties" => value.as_object().unwrap().iter().all(|(key, value)| {
            object.get("properties").is_some_and(|known| known.get(key).is_some())
                || (rule.is_object() && accepts(rule, value))
        }),
        other => panic!("keyword {other} is not known"),
    })
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let schema = schema();
    let text = starter(&Answers::default());
    good(&text);
    let mut document = serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap();
    assert!(accepts(&schema, &document));
    document["stack"]["zebra"] = json!(1);
    assert!(!accepts(&schema, &document));
}

#[test]
fn the_schema_has_exactly_the_described_keys() {
    fn compare(schema: &Value, kind: &'static Kind, path: &str) {
        match kind {
            Kind::Table(shape) => {
                let properties = schema["properties"].as_object().unwrap();
                let described: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
                assert!(properties.keys().eq(described.iter()), "{path}");
                assert_eq!(schema["additionalProperties"], json!(false), "{path}");
                for key in shape.keys {
                    let required = schema.get("required").and_then(Value::as_array);
                    let named = required.is_some_and(|all| all.contains(&json!(key.name)));
                    let always = matches!(key.presence, Presence::Required) && key.with.is_empty();
                    assert_eq!(named, always, "{path}");
                    compare(&properties[key.name], &key.kind, &format!("{path}.{}", key.name));
                }
            }
            Kind::Named(_, item, _) => compare(&schema["additionalProperties"], item, path),
            Kind::List(item, _) => compare(&schema["items"], item, path),
            Kind::TextOr(_, shape) | Kind::ChoiceOr(_, shape) => {
                assert_eq!(
                    schema["oneOf"][1]["properties"].as_object().unwrap().len(),
                    shape.keys.len()
                );
            }
            _ => {}
        }
    }
    compare(&schema(), &WHOLE, "");
}

#[test]
fn defaults_are_themselves_allowed() {
    // What the reader fills in, written out, is read back as the same manifest.
    let manifest = good(super::STACK);
    let mut written = serde_json::to_value(&manifest).unwrap();
    drop_nulls(&mut written);
    assert!(accepts(&schema(), &written), "{written:#}");
    let text = toml::to_string(&written).unwrap();
    assert_eq!(
        serde_json::to_value(good(&text)).unwrap(),
        serde_json::to_value(&manifest).unwrap()
    );
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(keys) = value {
        keys.retain(|_, value| !value.is_null());
        keys.values_mut().for_each(drop_nulls);
    }
}

/// Every text rule of the tables, found by walking them.
fn text_rules() -> Vec<&'static TextRule> {
    fn walk(kind: &'static Kind, found: &mut Vec<&'static TextRule>) {
        match kind {
            Kind::Text(rule) | Kind::TrueOrText(rule) => found.push(rule),
            Kind::TextOr(rule, shape) => {
                found.push(rule);
                shape.keys.iter().for_each(|key| walk(&key.kind, found));
            }
            Kind::ChoiceOr(_, shape) => shape.keys.iter().for_each(|key| walk(&key.kind, found)),
            Kind::Named(rule, item, _) => {
                found.push(rule);
                walk(item, found);
            }
            Kind::List(item, _) => walk(item, found),
            Kind::Table(shape) => shape.keys.iter().for_each(|key| walk(&key.kind, found)),
            Kind::Integer(_) | Kind::Choice(_) | Kind::Boolean | Kind::Json => {}
        }
    }
    let mut found = Vec::new();
    tables::MANIFEST.keys.iter().for_each(|key| walk(&key.kind, &mut found));
    found
}

#[test]
fn patterns_and_functions_agree() {
    let mut runner = TestRunner::deterministic();
    let rules = text_rules();
    for rule in &rules {
        let Some(pattern) = rule.pattern else { continue };
        // What the pattern makes, the function takes.
        let texts = proptest::string::string_regex(pattern.trim_matches(['^', '$'])).unwrap();
        for _ in 0..200 {
            let text = texts.new_tree(&mut runner).unwrap().current();
            assert!((rule.accepts)(&text), "{} refuses {text:?}", rule.rule.id);
        }
    }
    // And what no pattern makes, no function takes: near misses for each alphabet.
    for (rule, misses) in [
        (&rules::STACK_NAME, &["Acme", "a--b", "-a", "a-", "1a", "a_b", "ä"][..]),
        (&rules::REGION, &["us-west", "us-west-22", "us--west-2", "usa-west-2", "us-west-x"]),
        (&rules::TARGET_NAME, &["-a", "a--b", "a_b", "a b"]),
        (&rules::EMAIL, &["a", "@b", "a@", "a@b@c", "a b@c"]),
        (&rules::SECRET_KEY, &["a", "#a", "a#", "a#b#c"]),
        (&rules::RETURN_URL, &["a", "https:", "https://", "https:///a", "a b:c", "-:a"]),
        (&rules::FUNCTION_VARIABLE, &["_AB", "1A", "A-B"]),
        (&rules::VARIABLE_NAME, &["1A", "A-B", "A B", "a=b"]),
        (&rules::TENANT, &["acme.atlassian.net", "-a", "a-", "a--b"]),
        (&rules::OAUTH_URL, &["http://a", "https://", "https://a?b", "https://a#b", "https://a b"]),
        (
            &rules::PROVIDER_DISCOVERY_URL,
            &[
                "https://a/.well-known/jwks",
                "https://a.example/openid-configuration",
                "http://a/.well-known/openid-configuration",
                "https://a/.well-known/openid-configuration/",
            ],
        ),
        (
            &rules::SIGNING_KEY,
            &[
                "arn:aws:kms:us-west-2:111122223333:alias/x",
                "arn:aws:kms:us-west-2:1111:key/12345678-1234-1234-1234-123456789012",
                "arn:aws:kms:us-west-2:111122223333:key/short",
            ],
        ),
        (&rules::ASSERTION_CLAIM_NAME, &["a b", "a/b"]),
        (
            &rules::PROVIDER_ARN,
            &[
                "arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/x",
                "arn:aws:bedrock-agentcore:us-west-2:1:token-vault/default/oauth2credentialprovider/x",
                "arn:aws:bedrock-agentcore:us-west-2:111122223333:token-vault/default/oauthcredentialprovider/x",
            ],
        ),
        (&rules::FUNCTION_ARN, &["arn:aws:lambda:us-west-2:123:function:x", "arn:aws:s3:::x"]),
    ] {
        for miss in misses {
            assert!(!(rule.accepts)(miss), "{} takes {miss:?}", rule.rule.id);
        }
    }
}

#[test]
fn derived_names_fit_their_services() {
    let stack = "x".repeat(rules::STACK_NAME.maximum);
    let gateway = format!("{stack}-gateway");
    assert!(
        gateway.len() <= rules::GATEWAY_NAME.maximum && (rules::GATEWAY_NAME.accepts)(&gateway)
    );
    let function = "f".repeat(rules::FUNCTION_NAME.maximum);
    assert!(format!("{stack}-{function}-role").len() <= 64);
    let provider = "p".repeat(rules::PROVIDER_NAME.maximum);
    assert!(format!("{stack}-{provider}").len() <= 128);
    let identity = "i".repeat(rules::IDENTITY_NAME.maximum);
    assert!(format!("{stack}-{identity}").len() <= 255);
    assert!(format!("{stack}-01234567").len() <= 63);
}

#[test]
fn rule_names_are_unique() {
    let mut ids: Vec<&str> = text_rules().iter().map(|rule| rule.rule.id).collect();
    ids.extend([rules::outbound::RULE.id, rules::RESERVED_TAG.id, rules::COGNITO_RESERVED.id]);
    let mut addresses: Vec<(&str, *const TextRule)> =
        text_rules().iter().map(|rule| (rule.rule.id, std::ptr::from_ref(*rule))).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut named: Vec<&str> = addresses.iter().map(|(id, _)| *id).collect();
    named.dedup();
    assert_eq!(named.len(), addresses.len(), "two rules share a name: {ids:?}");
}

proptest::proptest! {
    #[test]
    fn no_text_stops_the_reader(
        from in 0usize..1200,
        length in 0usize..40,
        text in "[\\[\\]{}=\"#.,\na-c1é ]{0,8}",
    ) {
        // The starter with a piece torn out and another put in.
        let starter = starter(&Answers::default());
        let mut letters: Vec<char> = starter.chars().collect();
        let from = from.min(letters.len());
        let end = (from + length).min(letters.len());
        letters.splice(from..end, text.chars());
        let damaged: String = letters.into_iter().collect();
        if let Err(problems) = Manifest::parse(&damaged, "construct.toml", Path::new("")) {
            proptest::prop_assert!(!problems.is_empty());
            let lines = damaged.lines().count();
            proptest::prop_assert!(problems.iter().all(|one| one.line <= lines + 1));
        }
    }
}
