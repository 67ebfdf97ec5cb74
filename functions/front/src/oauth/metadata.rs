//! The two documents that a client finds us by.
//!
//! They name our own address whatever `Host` or forwarding header a request carries, and are the same at the root and with
//! the resource's path inserted.

use http::StatusCode;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use crate::Visit;
use crate::http::Answer;

/// Short enough that a changed stack is noticed, long enough for a burst of clients.
const CACHED: &str = "public, max-age=300";

/// RFC 8414, with `code_challenge_methods_supported`, without which a client has to refuse us, and `iss` (RFC 9207).
pub fn authorization_server(visit: &Visit<'_>) -> Answer {
    let config = visit.config();
    document(&json!({
        "issuer": config.base,
        "authorization_endpoint": config.own("/authorize"),
        "token_endpoint": config.own("/token"),
        "registration_endpoint": config.own("/register"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": config.scopes,
        "authorization_response_iss_parameter_supported": true,
        "client_id_metadata_document_supported": true,
    }))
}

/// RFC 9728. `resource` is, byte for byte, the address that clients are given.
pub fn protected_resource(visit: &Visit<'_>) -> Answer {
    let config = visit.config();
    document(&json!({
        "resource": config.resource,
        "authorization_servers": [config.base],
        "scopes_supported": config.scopes,
        "bearer_methods_supported": ["header"],
    }))
}

fn document(document: &Value) -> Answer {
    Answer::json(StatusCode::OK, document).with(CACHE_CONTROL, CACHED)
}
