//! What a gateway says about its authorization: the protected resource metadata (RFC 9728) and the
//! challenge of a refusal (RFC 6750, section 3).

use std::fmt::Write as _;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::super::issuers;
use super::authorizer::custom_jwt;
use super::{METADATA, Site, json_answer, refusal};

/// The metadata document. Only a gateway that takes bearer tokens has one.
pub(super) fn answer(site: &Site) -> Response<Bytes> {
    let Some(authorizer) = custom_jwt(&site.gateway) else {
        return refusal(StatusCode::NOT_FOUND, "this gateway takes no bearer tokens");
    };
    let discovery = authorizer["discoveryUrl"].as_str().unwrap_or_default();
    let issuer = issuers::of_discovery_url(discovery);
    let mut document = json!({
        "resource": site.url(),
        "authorization_servers": issuer.as_slice(),
        "bearer_methods_supported": ["header"],
    });
    let scopes = advertised_scopes(authorizer);
    if !scopes.is_empty() {
        document["scopes_supported"] = json!(scopes);
    }
    json_answer(StatusCode::OK, &document)
}

/// A refusal with its challenge. `error` is empty when no token was sent.
pub(super) fn challenge(
    site: &Site,
    status: StatusCode,
    error: &str,
    message: &str,
) -> Response<Bytes> {
    let error_body = json!({ "code": -32001, "message": message });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error_body });
    let mut response = json_answer(status, &body);
    let Some(authorizer) = custom_jwt(&site.gateway) else { return response };
    let mut challenge = format!("Bearer resource_metadata=\"{}{METADATA}\"", site.base);
    let scopes = advertised_scopes(authorizer).join(" ");
    for (name, value) in [("scope", scopes.as_str()), ("error", error)] {
        if !value.is_empty() && write!(challenge, ", {name}=\"{value}\"").is_err() {
            return response;
        }
    }
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// The scopes that clients are told to ask for: the allowed ones, under the names they are
/// advertised by.
fn advertised_scopes(authorizer: &Value) -> Vec<&str> {
    let names = authorizer.get("advertisedScopeMapping");
    let allowed = authorizer.get("allowedScopes").and_then(Value::as_array).into_iter().flatten();
    allowed
        .filter_map(Value::as_str)
        .map(|scope| names.and_then(|names| names.get(scope)?.as_str()).unwrap_or(scope))
        .collect()
}
