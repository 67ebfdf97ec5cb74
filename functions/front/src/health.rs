//! The health check, and the plain refusals around it.

use serde_json::{Value, json};

use crate::Role;

/// `200` with the role, for monitoring: it touches nothing outside the process.
pub fn healthy(role: Role) -> Value {
    respond(200, &json!({ "status": "ok", "role": role.handler() }))
}

/// A refusal with its reason in a JSON body.
pub fn refuse(status: u16, reason: &str) -> Value {
    respond(status, &json!({ "error": reason }))
}

fn respond(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": {
            "content-type": "application/json",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        },
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}
