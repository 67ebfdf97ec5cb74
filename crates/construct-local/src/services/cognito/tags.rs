//! Tags of user pools, the only Cognito objects here that have any.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::pools::state;
use super::{input, invalid, not_found, shapes, text, texts};
use crate::service::{Call, Fault};

/// Tags an object may have.
const MOST: usize = 50;

/// Reads a map of tags.
///
/// # Errors
/// `InvalidParameterException` for a key that is too long, empty or reserved.
pub(super) fn read(tags: Option<&Value>) -> Result<BTreeMap<String, String>, Fault> {
    let mut read = BTreeMap::new();
    for (key, value) in tags.and_then(Value::as_object).into_iter().flatten() {
        if key.is_empty() || key.chars().count() > 128 {
            return Err(invalid(format!("The tag key '{key}' is not 1 to 128 characters long.")));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(invalid("aws: prefixed tag key names are not allowed for external use."));
        }
        read.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(read)
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::TAG)?;
    let new = read(given.get("Tags"))?;
    let tags = tags_of(call, text(&given, "ResourceArn"))?;
    let added = new.keys().filter(|key| !tags.contains_key(*key)).count();
    if tags.len() + added > MOST {
        return Err(invalid(format!("A resource can have at most {MOST} tags.")));
    }
    tags.extend(new);
    Ok(json!({}))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::UNTAG)?;
    let tags = tags_of(call, text(&given, "ResourceArn"))?;
    for key in texts(&given, "TagKeys") {
        tags.remove(key);
    }
    Ok(json!({}))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::LIST_TAGS)?;
    let tags = tags_of(call, text(&given, "ResourceArn"))?;
    Ok(json!({ "Tags": tags }))
}

fn tags_of<'a>(
    call: &'a mut Call<'_>,
    arn: &str,
) -> Result<&'a mut BTreeMap<String, String>, Fault> {
    let own = call.arn("cognito-idp", "userpool/");
    let id = arn.strip_prefix(&own).ok_or_else(|| not_found(format!("No resource {arn}.")))?;
    Ok(&mut state(call).pool_mut(id)?.tags)
}
