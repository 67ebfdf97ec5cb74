//! What holds for any file, not only for the ones thought of.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::{prop_assert, prop_assert_eq, proptest};
use serde_json::{Map, Value, json};

use super::super::{Description, Pointer, ToolSchema, canonical, check, tools};
use super::{described, sound};

/// Words that mean something to the checks, so that what is made up reaches into them.
const WORDS: [&str; 14] = [
    "$ref",
    "#/components/schemas/Pet",
    "#/paths",
    "allOf",
    "content",
    "get",
    "in",
    "items",
    "object",
    "path",
    "properties",
    "schema",
    "{a}",
    "https://{a}.example",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // The reader is exact up to 15 digits, far more than a limit in a schema has.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 1_000.0)),
        select(&WORDS[..]).prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![select(&WORDS[..]).prop_map(str::to_owned), ".{0,3}"];
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key, inner, 0..4)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

fn places(pointer: &Pointer, value: &Value, found: &mut Vec<Pointer>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.push(pointer.join(key));
                places(&pointer.join(key), value, found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                found.push(pointer.join(index));
                places(&pointer.join(index), value, found);
            }
        }
        _ => {}
    }
}

/// Writes the keys of every object the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let entries = object.iter().rev().map(|(key, value)| (key.clone(), reversed(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Array(list) => list.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn any_damage_is_survived_and_pointed_at(value in json_value(), place in any::<Index>()) {
        let mut document = sound();
        let mut found = Vec::new();
        places(&Pointer::root(), &document, &mut found);
        let place = place.get(&found).clone();
        *document.pointer_mut(place.as_str()).expect("the place exists") = value;
        if let Ok(description) = Description::parse(&document.to_string()) {
            tools(&description, "target");
            let values = BTreeMap::from([("a".to_owned(), "b".to_owned())]);
            if let Ok(filled) = description.with_server_variables(&values) {
                prop_assert!(filled.server_variable_names().is_empty());
            }
            for violation in check(&description) {
                // Something that is missing is reported where it belongs: there or one above.
                let text = violation.pointer.as_str();
                let above = text.rsplit_once('/').map_or("", |(above, _)| above);
                let there = description.document().pointer(text).is_some();
                prop_assert!(there || description.document().pointer(above).is_some(), "{text}");
                prop_assert!(!violation.message.is_empty() && !violation.help.is_empty());
            }
        }
    }

    #[test]
    fn the_order_of_keys_never_matters(value in json_value()) {
        let one = described(&json!({ "openapi": "3.0.3", "x": value }));
        let two = described(&reversed(one.document()));
        prop_assert!(one.same_as(&two));
        prop_assert_eq!(one.digest(), two.digest());
    }

    #[test]
    fn one_digest_means_one_meaning(one in json_value(), two in json_value()) {
        let equal = canonical::canonical(&one) == canonical::canonical(&two);
        prop_assert_eq!(equal, canonical::digest(&one) == canonical::digest(&two));
    }

    #[test]
    fn what_is_sent_reads_back_the_same(value in json_value()) {
        let description = described(&json!({ "openapi": "3.0.3", "x": value }));
        let again = Description::parse(&description.minified()).expect("it is readable");
        prop_assert_eq!(again.minified(), description.minified());
        prop_assert!(again.same_as(&description));
    }

    #[test]
    fn any_list_of_tools_is_survived(values in vec(json_value(), 0..4)) {
        let schema = ToolSchema::parse(&Value::from(values).to_string()).expect("a list");
        for violation in schema.check("target") {
            prop_assert!(!violation.message.is_empty() && !violation.help.is_empty());
        }
    }
}
