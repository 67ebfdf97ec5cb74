//! What a caller without a good token is told: the challenge of RFC 6750 and RFC 9728, and the same in the body.
//!
//! The body is not decoration: AWS's front doors rename `WWW-Authenticate`, so that it is all that arrives.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;
use serde_json::json;

use crate::Visit;
use crate::http::Answer;

/// The path-inserted form, which a client derives from the resource's address by itself.
const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";

/// `401`: sign in, or sign in again. Without a token there is no error to name (RFC 6750, section 3.1).
pub fn unauthorized(visit: &Visit<'_>, error: Option<&'static str>) -> Answer {
    challenge(visit, StatusCode::UNAUTHORIZED, error, visit.config().required_scope())
}

/// `403`: the token is good and does not reach far enough; `scope` would.
pub fn insufficient_scope(visit: &Visit<'_>, scope: &str) -> Answer {
    challenge(visit, StatusCode::FORBIDDEN, Some("token lacks a scope"), scope)
}

fn challenge(
    visit: &Visit<'_>,
    status: StatusCode,
    description: Option<&'static str>,
    scope: &str,
) -> Answer {
    let metadata = visit.config().own(METADATA);
    let error = match status {
        StatusCode::FORBIDDEN => "insufficient_scope",
        _ => "invalid_token",
    };
    let mut header = format!("Bearer resource_metadata=\"{metadata}\", scope=\"{scope}\"");
    if let Some(description) = description {
        header = format!("{header}, error=\"{error}\", error_description=\"{description}\"");
    }
    let document = json!({
        "error": error,
        "error_description": description.unwrap_or("a bearer token is needed"),
        "resource_metadata": metadata,
        "scope": scope,
        "correlation_id": visit.id,
    });
    Answer::json(status, &document).with(WWW_AUTHENTICATE, &header)
}
