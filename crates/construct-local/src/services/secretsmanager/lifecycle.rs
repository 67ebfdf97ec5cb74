//! Deleting, with or without a time to think again, and restoring.

use serde_json::json;

use super::find;
use crate::service::{Call, Fault, Reply};
use crate::time::epoch_seconds;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let input = call.input;
    let force = input.boolean("ForceDeleteWithoutRecovery").unwrap_or(false);
    let days = input.integer("RecoveryWindowInDays");
    if force && days.is_some() {
        return Err(Fault::client(
            "InvalidParameterException",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ));
    }
    if days.is_some_and(|days| !(7..=30).contains(&days)) {
        return Err(Fault::client(
            "InvalidParameterException",
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ));
    }
    let now = call.now;
    let (name, secret) = find(call)?;
    if secret.deleted_ms.is_some() && !force {
        return Err(Fault::client(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was already scheduled for \
             deletion.",
        ));
    }
    let arn = secret.arn.clone();
    let deleted_ms = if force { now } else { now + days.unwrap_or(30) * DAY_MS };
    if force {
        call.here().secretsmanager.secrets.remove(&name);
    } else {
        secret.deleted_ms = Some(deleted_ms);
        secret.deletion_asked_ms = Some(now);
    }
    Ok(Reply::json(json!({
        "ARN": arn,
        "Name": name,
        "DeletionDate": epoch_seconds(deleted_ms),
    })))
}

pub(super) fn restore(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let (name, secret) = find(call)?;
    secret.deleted_ms = None;
    secret.deletion_asked_ms = None;
    Ok(Reply::json(json!({ "ARN": secret.arn, "Name": name })))
}
