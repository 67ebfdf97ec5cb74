//! Secrets themselves: creating, describing, listing, updating, tagging.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::values::{add_version, given, token};
use super::{INVALID, Secret, find, find_live, tag_list, tags};
use crate::page::page;
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};
use crate::time::epoch_seconds;

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required("Name")
        .length("Name", 1, 512)
        .length("ClientRequestToken", 32, 64)
        .length("Description", 0, 2048)
        .length("KmsKeyId", 0, 2048)
        .finish(INVALID)?;
    let input = call.input;
    let name = input.text("Name").unwrap_or_default();
    if !crate::validate::matches("[A-Za-z0-9/_+=.@-]+", name) {
        return Err(Fault::client(
            INVALID,
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
             following: -/_+=.@!",
        ));
    }
    let tags = tags(call)?;
    let value = given(input)?;
    let id = token(call);
    let now = call.now;
    let suffix = call.random_id(ALPHANUMERIC, 6);
    let arn = call.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
    let secrets = &mut call.here().secretsmanager.secrets;
    if let Some(known) = secrets.get(name) {
        if known.deleted_ms.is_some() {
            return Err(Fault::client(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already \
                 scheduled for deletion.",
            ));
        }
        // The same token and value again is the same secret.
        let same = value.is_some()
            && known.versions.get(&id).map(|version| &version.value) == value.as_ref();
        if same {
            return Ok(Reply::json(json!({"ARN": known.arn, "Name": name, "VersionId": id})));
        }
        return Err(Fault::client(
            "ResourceExistsException",
            format!("The operation failed because the secret {name} already exists."),
        ));
    }
    let mut secret = Secret {
        arn,
        description: input.text("Description").unwrap_or_default().to_owned(),
        kms_key_id: input.text("KmsKeyId").map(str::to_owned),
        created_ms: now,
        changed_ms: now,
        deleted_ms: None,
        deletion_asked_ms: None,
        versions: BTreeMap::new(),
        tags,
        policy: None,
    };
    let mut reply = json!({"ARN": secret.arn, "Name": name});
    if let Some(value) = value {
        add_version(&mut secret, &id, value, vec!["AWSCURRENT".to_owned()], now)?;
        reply["VersionId"] = Value::from(id);
    }
    secrets.insert(name.to_owned(), secret);
    Ok(Reply::json(reply))
}

pub(super) fn describe(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let (name, secret) = find(call)?;
    let mut shown = entry(&name, secret);
    shown["VersionIdsToStages"] = secret.stages();
    Ok(Reply::json(shown))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .range("MaxResults", 1, 100)
        .one_of("SortOrder", &["asc", "desc"])
        .finish(INVALID)?;
    let input = call.input;
    let planned = input.boolean("IncludePlannedDeletion").unwrap_or(false);
    let mut filters: Vec<(String, Vec<String>)> = Vec::new();
    for filter in input.list("Filters") {
        let key = filter["Key"].as_str().unwrap_or_default();
        if !matches!(key, "name" | "description" | "tag-key" | "tag-value" | "all") {
            return Err(Fault::new(
                501,
                "NotImplemented",
                format!("the local AWS does not implement the filter {key} of ListSecrets"),
            ));
        }
        let values = filter["Values"].as_array().into_iter().flatten();
        let values = values.filter_map(|value| value.as_str().map(str::to_owned)).collect();
        filters.push((key.to_owned(), values));
    }
    let size = input.integer("MaxResults").and_then(|size| usize::try_from(size).ok());
    let found: Vec<(String, Secret)> = call
        .here()
        .secretsmanager
        .secrets
        .iter()
        .filter(|(name, secret)| {
            (planned || secret.deleted_ms.is_none())
                && filters.iter().all(|(key, values)| matches(key, values, name, secret))
        })
        .map(|(name, secret)| (name.clone(), secret.clone()))
        .collect();
    let page = page(found, |(name, _)| name.clone(), input.text("NextToken"), size.unwrap_or(100))
        .map_err(|_unknown| {
            Fault::client("InvalidNextTokenException", "The NextToken value is invalid.")
        })?;
    let list: Vec<Value> = page
        .items
        .iter()
        .map(|(name, secret)| {
            let mut shown = entry(name, secret);
            shown["SecretVersionsToStages"] = secret.stages();
            shown
        })
        .collect();
    let mut reply = json!({ "SecretList": list });
    if let Some(next) = page.next {
        reply["NextToken"] = Value::from(next);
    }
    Ok(Reply::json(reply))
}

/// Whether any of a filter's values matches: the beginning of a text, or not so with a leading `!`.
fn matches(key: &str, values: &[String], name: &str, secret: &Secret) -> bool {
    let texts: Vec<&str> = match key {
        "name" => vec![name],
        "description" => vec![&secret.description],
        "tag-key" => secret.tags.keys().map(String::as_str).collect(),
        "tag-value" => secret.tags.values().map(String::as_str).collect(),
        _ => [name, secret.description.as_str()]
            .into_iter()
            .chain(secret.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]))
            .collect(),
    };
    values.iter().any(|wanted| match wanted.strip_prefix('!') {
        Some(unwanted) => !texts.iter().any(|text| text.starts_with(unwanted)),
        None => texts.iter().any(|text| text.starts_with(wanted.as_str())),
    })
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .length("ClientRequestToken", 32, 64)
        .length("Description", 0, 2048)
        .length("KmsKeyId", 0, 2048)
        .finish(INVALID)?;
    let input = call.input;
    let value = given(input)?;
    let id = token(call);
    let now = call.now;
    let (name, secret) = find_live(call, "UpdateSecret")?;
    let mut reply = json!({"ARN": secret.arn, "Name": name});
    if let Some(value) = value {
        add_version(secret, &id, value, vec!["AWSCURRENT".to_owned()], now)?;
        reply["VersionId"] = Value::from(id);
    }
    if let Some(description) = input.text("Description") {
        description.clone_into(&mut secret.description);
    }
    if let Some(key) = input.text("KmsKeyId") {
        secret.kms_key_id = Some(key.to_owned());
    }
    secret.changed_ms = now;
    Ok(Reply::json(reply))
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("Tags").finish(INVALID)?;
    let added = tags(call)?;
    let (_, secret) = find_live(call, "TagResource")?;
    let mut all = secret.tags.clone();
    all.extend(added);
    if all.len() > 50 {
        return Err(Fault::client(
            "InvalidParameterException",
            "A secret can have no more than 50 tags.",
        ));
    }
    secret.tags = all;
    Ok(Reply::empty(200))
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().required("TagKeys").finish(INVALID)?;
    let keys = call.input.texts("TagKeys");
    find_live(call, "UntagResource")?.1.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Reply::empty(200))
}

pub(super) fn get_policy(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let (name, secret) = find(call)?;
    let mut reply = json!({"ARN": secret.arn, "Name": name});
    if let Some(policy) = &secret.policy {
        reply["ResourcePolicy"] = Value::from(policy.clone());
    }
    Ok(Reply::json(reply))
}

/// What describing and listing have in common.
fn entry(name: &str, secret: &Secret) -> Value {
    let mut shown = json!({
        "ARN": secret.arn,
        "Name": name,
        "CreatedDate": epoch_seconds(secret.created_ms),
        "LastChangedDate": epoch_seconds(secret.changed_ms),
        "Tags": tag_list(&secret.tags),
    });
    if !secret.description.is_empty() {
        shown["Description"] = Value::from(secret.description.clone());
    }
    if let Some(key) = &secret.kms_key_id {
        shown["KmsKeyId"] = Value::from(key.clone());
    }
    if let Some(asked) = secret.deletion_asked_ms {
        shown["DeletedDate"] = epoch_seconds(asked);
    }
    shown
}
