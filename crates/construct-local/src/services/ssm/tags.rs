//! Tags of parameters.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{INVALID, Parameter};
use crate::service::{Call, Fault, Reply};

pub(super) fn add(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Tags").finish(INVALID)?;
    let added = given(call)?;
    let parameter = parameter(call)?;
    let mut all = parameter.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(Fault::client("TooManyTagsError", "A resource can have no more than 50 tags."));
    }
    parameter.tags = all;
    Ok(Reply::empty(200))
}

pub(super) fn remove(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("TagKeys").finish(INVALID)?;
    let keys = call.input.texts("TagKeys");
    parameter(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Reply::empty(200))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let tags: Vec<Value> = parameter(call)?
        .tags
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    Ok(Reply::json(json!({ "TagList": tags })))
}

/// The `Tags` member, checked.
pub(super) fn given(call: &Call<'_>) -> Result<BTreeMap<String, String>, Fault> {
    const LETTERS: &str = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)";
    let mut rules = call.rules().length("Tags", 0, 1000);
    let mut tags = BTreeMap::new();
    for tag in call.input.list("Tags") {
        let key = tag["Key"].as_str().unwrap_or_default();
        let value = tag["Value"].as_str().unwrap_or_default();
        rules = rules.nested("tags", key, 1..=128, Some(LETTERS)).nested(
            "tags",
            value,
            0..=256,
            Some(LETTERS),
        );
        tags.insert(key.to_owned(), value.to_owned());
    }
    rules.finish(INVALID)?;
    Ok(tags)
}

fn parameter<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Parameter, Fault> {
    call.rules().required_all(&["ResourceType", "ResourceId"]).finish(INVALID)?;
    if call.input.text("ResourceType") != Some("Parameter") {
        return Err(Fault::client("InvalidResourceType", "The resource type is not valid."));
    }
    let name = call.input.text("ResourceId").unwrap_or_default();
    call.here().ssm.parameters.get_mut(name).ok_or_else(|| {
        Fault::client(
            "InvalidResourceId",
            "The resource ID is not valid. Verify that you entered the correct ID and try again.",
        )
    })
}
