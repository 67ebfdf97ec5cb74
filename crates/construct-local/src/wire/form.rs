//! `application/x-www-form-urlencoded`: query strings and the query protocol's bodies.

use serde_json::{Map, Value};

use super::decode;

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
}
