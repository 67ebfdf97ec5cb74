//! The errors of the `AgentCore` control plane, with its names and HTTP statuses.

use serde_json::{Value, json};

use super::state::Status;
use crate::service::Fault;
use crate::services::shape::Problem;

/// `ValidationException` 400 with the members at fault in `fieldList`.
pub(super) fn validation(problems: &[Problem]) -> Fault {
    let count = problems.len();
    let noun = if count == 1 { "error" } else { "errors" };
    let list: Vec<String> = problems
        .iter()
        .map(|problem| {
            format!(
                "Value at '{}' failed to satisfy constraint: {}",
                problem.dotted(),
                problem.constraint
            )
        })
        .collect();
    let message = format!("{count} validation {noun} detected: {}", list.join("; "));
    let fields: Vec<Value> = problems
        .iter()
        .map(|problem| json!({"name": problem.dotted(), "message": problem.constraint}))
        .collect();
    Fault::new(400, "ValidationException", message)
        .with("reason", json!("FieldValidationFailed"))
        .with("fieldList", Value::Array(fields))
}

/// `ValidationException` about one member, in the words of a service rule.
pub(super) fn invalid(field: &str, message: impl Into<String>) -> Fault {
    let message = message.into();
    Fault::new(400, "ValidationException", message.clone())
        .with("reason", json!("FieldValidationFailed"))
        .with("fieldList", json!([{"name": field, "message": message}]))
}

/// `ValidationException` for a client token that came before with other parameters.
pub(super) fn token_mismatch() -> Fault {
    let message = "The client token was used before with other parameters";
    Fault::new(400, "ValidationException", message)
        .with("reason", json!("IdempotentParameterMismatchException"))
        .with("fieldList", json!([{"name": "clientToken", "message": message}]))
}

/// `ResourceNotFoundException` 404.
pub(super) fn not_found(message: impl Into<String>) -> Fault {
    Fault::new(404, "ResourceNotFoundException", message)
}

/// `ConflictException` 409: a taken name, or an object that is busy.
pub(super) fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "ConflictException", message)
}

/// `ServiceQuotaExceededException`, which this service answers with HTTP 402.
pub(super) fn quota(message: impl Into<String>) -> Fault {
    Fault::new(402, "ServiceQuotaExceededException", message)
}

/// `ThrottlingException` 429.
pub(super) fn throttled(message: impl Into<String>) -> Fault {
    Fault::new(429, "ThrottlingException", message)
}

/// `AccessDeniedException` 403.
pub(super) fn denied(message: impl Into<String>) -> Fault {
    Fault::new(403, "AccessDeniedException", message)
}

/// Refuses an operation on an object that the service is at work on. `object` is told as it is:
/// `Gateway tools-0123456789`.
///
/// # Errors
/// `ConflictException`.
pub(super) fn check_idle(object: &str, status: Status) -> Result<(), Fault> {
    if status.is_transient() {
        return Err(conflict(format!("{object} is in status {status}")));
    }
    Ok(())
}
