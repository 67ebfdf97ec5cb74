//! `application/x-www-form-urlencoded`: query strings and the query protocol's bodies.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::decode;

/// RFC 3986, section 2.3: what needs no encoding in a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The pairs of a form, in order, decoded.
pub fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
        })
        .collect()
}

/// The query protocol's flat names as a tree: `Tags.member.1.Key` becomes a list of objects.
/// All leaves are strings.
pub fn tree(pairs: &[(String, String)]) -> Value {
    let mut root = Map::new();
    for (name, value) in pairs {
        let steps: Vec<&str> = name.split('.').collect();
        insert(&mut root, &steps, value);
    }
    lists(Value::Object(root))
}

fn insert(map: &mut Map<String, Value>, steps: &[&str], value: &str) {
    match steps {
        [] => {}
        [name] => {
            map.insert((*name).to_owned(), Value::from(value));
        }
        [name, rest @ ..] => {
            let inner = map.entry((*name).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// `{"member": {"1": a, "2": b}}` is the list `[a, b]`.
fn lists(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    if map.len() == 1
        && let Some(Value::Object(members)) = map.get("member")
    {
        let mut numbered: Vec<(u32, Value)> = members
            .iter()
            .filter_map(|(number, item)| Some((number.parse().ok()?, lists(item.clone()))))
            .collect();
        numbered.sort_by_key(|(number, _)| *number);
        return Value::Array(numbered.into_iter().map(|(_, item)| item).collect());
    }
    Value::Object(map.into_iter().map(|(name, inner)| (name, lists(inner))).collect())
}

/// Request parameters: none twice, none empty (RFC 6749, section 3.1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// `None` when one is given twice.
    pub(crate) fn of(pairs: &[(String, String)]) -> Option<Self> {
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            if parameters.insert(name.clone(), value.clone()).is_some() {
                return None;
            }
        }
        parameters.retain(|_, value: &mut String| !value.is_empty());
        Some(Self(parameters))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

/// Adds parameters to an address that may have some.
pub(crate) fn location(address: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut location = address.to_owned();
    for (name, value) in parameters {
        let Some(value) = value else { continue };
        location.push(if location.contains('?') { '&' } else { '?' });
        location.extend(utf8_percent_encode(name, ENCODED));
        location.push('=');
        location.extend(utf8_percent_encode(value, ENCODED));
    }
    location
}

/// A text as it may stand in a path or a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The form of these pairs.
pub(crate) fn written<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_form_becomes_a_tree() {
        let parsed = pairs(
            "Action=TagRole&RoleName=a%2Bb+c&Tags.member.10.Key=z&Tags.member.2.Key=x\
             &Tags.member.2.Value=y",
        );
        assert_eq!(
            tree(&parsed),
            json!({
                "Action": "TagRole",
                "RoleName": "a+b c",
                "Tags": [{"Key": "x", "Value": "y"}, {"Key": "z"}],
            })
        );
    }

    #[test]
    fn a_parameter_comes_once_or_not_at_all() {
        let read = |text| Parameters::of(&pairs(text));
        assert!(read("a=1&a=1").is_none());
        let parameters = read("a=1&b=").unwrap();
        assert_eq!((parameters.get("a"), parameters.get("b")), (Some("1"), None));
    }
}
