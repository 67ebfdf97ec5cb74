//! Tags of functions.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::{Function, Named};
use super::{input, invalid, not_found, shapes, state, text};
use crate::service::{Call, Fault, Reply};

const MOST: usize = 50;

/// Reads a map of tags.
///
/// # Errors
/// `InvalidParameterValueException` for a key that is too long, empty or reserved.
pub(super) fn read(tags: Option<&Value>) -> Result<BTreeMap<String, String>, Fault> {
    let mut read = BTreeMap::new();
    for (key, value) in tags.and_then(Value::as_object).into_iter().flatten() {
        let is_form = crate::validate::matches(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}", key);
        if !is_form || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid(format!("The tag key '{key}' is not valid.")));
        }
        read.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(read)
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::TAG)?;
    let new = read(given.get("Tags"))?;
    let tags = &mut function(call, text(&given, "Resource"))?.tags;
    let added = new.keys().filter(|key| !tags.contains_key(*key)).count();
    if tags.len() + added > MOST {
        return Err(invalid(format!("A resource can have at most {MOST} tags.")));
    }
    tags.extend(new);
    Ok(Reply::empty(204))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UNTAG)?;
    let keys: Vec<String> = call.input.texts("tagKeys").into_iter().map(str::to_owned).collect();
    if keys.is_empty() {
        return Err(invalid("At least one tag key is needed."));
    }
    let tags = &mut function(call, text(&given, "Resource"))?.tags;
    tags.retain(|key, _| !keys.contains(key));
    Ok(Reply::empty(204))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_TAGS)?;
    let tags = &function(call, text(&given, "Resource"))?.tags;
    Ok(Reply::json(json!({ "Tags": tags })))
}

fn function<'a>(call: &'a mut Call<'_>, arn: &str) -> Result<&'a mut Function, Fault> {
    let prefix = call.arn("lambda", "function:");
    let Some(name) = arn.strip_prefix(&prefix) else {
        return Err(not_found(format!("Function not found: {arn}")));
    };
    if name.contains(':') {
        return Err(invalid("Tags on function aliases and versions are not supported."));
    }
    state(call).function_mut(&Named::parse(name, None, &prefix))
}
