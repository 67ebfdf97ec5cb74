//! The health check.

use http::StatusCode;
use serde_json::json;

use crate::Role;
use crate::http::Answer;

/// `200` with the role, for monitoring: it touches nothing outside the process.
pub(crate) fn healthy(role: Role) -> Answer {
    Answer::json(StatusCode::OK, &json!({ "status": "ok", "role": role.handler() }))
}
