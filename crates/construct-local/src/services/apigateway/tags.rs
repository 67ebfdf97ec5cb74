//! Tags of APIs and stages, by ARN.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{bad, input, not_found, shapes, state, text};
use crate::service::{Call, Fault, Reply};

const MOST: usize = 50;

/// Reads a map of tags.
///
/// # Errors
/// `BadRequestException` for a key that is too long, empty or reserved.
pub(super) fn read(tags: Option<&Value>) -> Result<BTreeMap<String, String>, Fault> {
    let mut read = BTreeMap::new();
    for (key, value) in tags.and_then(Value::as_object).into_iter().flatten() {
        let length = key.chars().count();
        if !(1..=128).contains(&length) || key.to_ascii_lowercase().starts_with("aws:") {
            return Err(bad(format!("Invalid tag key specified: {key}")));
        }
        read.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(read)
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::TAG)?;
    let new = read(given.get("tags"))?;
    let tags = tags_of(call, text(&given, "resource-arn"))?;
    let added = new.keys().filter(|key| !tags.contains_key(*key)).count();
    if tags.len() + added > MOST {
        return Err(bad(format!("A resource can have at most {MOST} tags")));
    }
    tags.extend(new);
    Ok(Reply::status(201, json!({})))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_RESOURCE)?;
    let keys: Vec<String> = call.input.texts("tagKeys").into_iter().map(str::to_owned).collect();
    if keys.is_empty() {
        return Err(bad("Tag keys are required"));
    }
    tags_of(call, text(&given, "resource-arn"))?.retain(|key, _| !keys.contains(key));
    Ok(Reply::empty(204))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_RESOURCE)?;
    let tags = tags_of(call, text(&given, "resource-arn"))?;
    Ok(Reply::json(json!({ "tags": tags })))
}

/// `arn:aws:apigateway:{region}::/apis/{api}` or the same with `/stages/{stage}`.
fn tags_of<'a>(
    call: &'a mut Call<'_>,
    arn: &str,
) -> Result<&'a mut BTreeMap<String, String>, Fault> {
    let prefix = format!("arn:{}:apigateway:{}::/apis/", crate::PARTITION, call.region);
    let rest = arn
        .strip_prefix(&prefix)
        .ok_or_else(|| bad(format!("Invalid resource ARN specified: {arn}")))?;
    match rest.split_once("/stages/") {
        None => Ok(&mut state(call).api_mut(rest)?.tags),
        Some((api, stage)) => {
            let found = state(call).api_mut(api)?.stages.get_mut(stage);
            Ok(&mut found.ok_or_else(|| not_found("Stage", stage))?.tags)
        }
    }
}
