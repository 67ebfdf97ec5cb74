//! Values: reading one, and adding a version.

use serde_json::{Value, json};

use super::{INVALID, Secret, SecretValue, Version, find_live};
use crate::service::{Call, Fault, Input, Reply};
use crate::time::epoch_seconds;

/// Bytes of a secret's value (service quota).
const SIZE: usize = 65_536;

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules().length("VersionId", 32, 64).length("VersionStage", 1, 256).finish(INVALID)?;
    let version_id = call.input.text("VersionId");
    let stage = call.input.text("VersionStage");
    let (name, secret) = find_live(call, "GetSecretValue")?;
    let found = match version_id {
        Some(id) => secret.versions.get_key_value(id).filter(|(_, version)| {
            stage.is_none_or(|stage| version.stages.iter().any(|label| label == stage))
        }),
        None => secret.staged(stage.unwrap_or("AWSCURRENT")),
    };
    let (id, version) = found.ok_or_else(|| {
        let what = version_id.map_or_else(
            || format!("staging label: {}", stage.unwrap_or("AWSCURRENT")),
            |id| format!("VersionId: {id}"),
        );
        Fault::client(
            "ResourceNotFoundException",
            format!("Secrets Manager can't find the specified secret value for {what}"),
        )
    })?;
    let mut reply = json!({
        "ARN": secret.arn,
        "Name": name,
        "VersionId": id,
        "VersionStages": version.stages,
        "CreatedDate": epoch_seconds(version.created_ms),
    });
    match &version.value {
        SecretValue::Text(text) => reply["SecretString"] = Value::from(text.clone()),
        SecretValue::Binary(base64) => reply["SecretBinary"] = Value::from(base64.clone()),
    }
    Ok(Reply::json(reply))
}

pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let value = given(call.input)?.ok_or_else(|| {
        Fault::client(
            "InvalidParameterException",
            "You must provide either SecretString or SecretBinary.",
        )
    })?;
    call.rules()
        .length("ClientRequestToken", 32, 64)
        .length("VersionStages", 1, 20)
        .finish(INVALID)?;
    let id = token(call);
    let stages: Vec<String> =
        call.input.texts("VersionStages").into_iter().map(str::to_owned).collect();
    let stages = if stages.is_empty() { vec!["AWSCURRENT".to_owned()] } else { stages };
    let now = call.now;
    let (name, secret) = find_live(call, "PutSecretValue")?;
    add_version(secret, &id, value, stages, now)?;
    Ok(Reply::json(json!({
        "ARN": secret.arn,
        "Name": name,
        "VersionId": id,
        "VersionStages": secret.versions[&id].stages,
    })))
}

/// The id of a new version: the client's token, else a new one.
pub(super) fn token(call: &mut Call<'_>) -> String {
    call.input.text("ClientRequestToken").map_or_else(|| call.random.uuid(), str::to_owned)
}

/// The value of the call, if it carries one.
pub(super) fn given(input: &Input) -> Result<Option<SecretValue>, Fault> {
    let value = match (input.text("SecretString"), input.text("SecretBinary")) {
        (Some(_), Some(_)) => {
            return Err(Fault::client(
                "InvalidParameterException",
                "You can't specify both a binary secret value and a string secret value in the \
                 same secret.",
            ));
        }
        (Some(text), None) => SecretValue::Text(text.to_owned()),
        (None, Some(base64)) => SecretValue::Binary(base64.to_owned()),
        (None, None) => return Ok(None),
    };
    let (SecretValue::Text(text) | SecretValue::Binary(text)) = &value;
    if text.is_empty() || text.len() > SIZE {
        return Err(Fault::client(
            INVALID,
            "1 validation error detected: Value at 'secretString' failed to satisfy constraint: \
             Member must have length between 1 and 65536",
        ));
    }
    Ok(Some(value))
}

/// Adds a version and moves its labels to it; what loses `AWSCURRENT` becomes `AWSPREVIOUS`.
/// The same id with the same value again is no change.
pub(super) fn add_version(
    secret: &mut Secret,
    id: &str,
    value: SecretValue,
    stages: Vec<String>,
    now: i64,
) -> Result<(), Fault> {
    if let Some(known) = secret.versions.get(id) {
        if known.value == value {
            return Ok(());
        }
        return Err(Fault::client(
            "ResourceExistsException",
            format!("The operation failed because the secret version {id} already exists."),
        ));
    }
    let mut moved = stages.clone();
    if stages.iter().any(|stage| stage == "AWSCURRENT") {
        moved.push("AWSPREVIOUS".to_owned());
    }
    for version in secret.versions.values_mut() {
        let was_current = version.stages.iter().any(|stage| stage == "AWSCURRENT");
        version.stages.retain(|stage| !moved.contains(stage));
        if was_current && !version.stages.iter().any(|stage| stage == "AWSCURRENT") {
            version.stages.push("AWSPREVIOUS".to_owned());
        }
    }
    secret.versions.insert(id.to_owned(), Version { value, stages, created_ms: now });
    secret.changed_ms = now;
    Ok(())
}
