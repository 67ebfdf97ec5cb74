//! `/register`: dynamic client registration (RFC 7591) without a table.
//!
//! The id that a client gets is its own record, sealed. What is registered is echoed, also where it was decided here; what
//! is not used is not. Nothing that a registration names is ever fetched.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::client::{self, MOST_ID, PREFIX, Record};
use super::redirect::RedirectUri;
use crate::Visit;
use crate::http::Answer;
use crate::seal::Purpose;

const MOST_BODY: usize = 16 * 1024;
const MOST_REDIRECT_URIS: usize = 10;
const MOST_NAME: usize = 100;
/// Metadata that is kept as it came: it changes nothing here.
const ECHOED: [&str; 9] = [
    "client_name",
    "client_uri",
    "logo_uri",
    "contacts",
    "tos_uri",
    "policy_uri",
    "software_id",
    "software_version",
    "application_type",
];

/// What is wrong with a registration: RFC 7591, section 3.2.2.
type Wrong = (&'static str, &'static str);

/// Registers a client.
pub fn register(visit: &Visit<'_>) -> Answer {
    let Ok(rings) = visit.rings() else {
        return visit.problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "try again",
        );
    };
    let body = &visit.request.body;
    if body.len() > MOST_BODY {
        let description = "the registration is too large";
        return visit.problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_client_metadata",
            description,
        );
    }
    let metadata: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let checked = metadata
        .ok_or(("invalid_client_metadata", "the body is no JSON object"))
        .and_then(|metadata| registered(&metadata, &visit.config().scopes));
    let (record, mut document) = match checked {
        Ok(checked) => checked,
        Err((error, description)) => {
            return visit.problem(StatusCode::BAD_REQUEST, error, description);
        }
    };
    let id = format!("{PREFIX}{}", rings.id.seal(Purpose::Client, &record, None));
    if id.len() > MOST_ID {
        let description = "the names and redirect URIs are too long in all";
        return visit.problem(StatusCode::BAD_REQUEST, "invalid_client_metadata", description);
    }
    visit.log("info", "client_registered", json!({ "client": client::fingerprint(&id) }));
    document.insert("client_id".to_owned(), json!(id));
    document.insert("client_id_issued_at".to_owned(), json!(visit.now()));
    Answer::json(StatusCode::CREATED, &Value::Object(document))
}

/// The record to seal and the metadata to echo.
fn registered(
    metadata: &Map<String, Value>,
    scopes: &[String],
) -> Result<(Record, Map<String, Value>), Wrong> {
    let redirect_uris = redirect_uris(metadata.get("redirect_uris"))?;
    let name = match metadata.get("client_name") {
        None | Some(Value::Null) => "A program without a name".to_owned(),
        Some(Value::String(name)) if name.chars().count() <= MOST_NAME => name.clone(),
        Some(_) => return Err(("invalid_client_metadata", "client_name is no short text")),
    };
    require(metadata, "grant_types", "authorization_code")?;
    require(metadata, "response_types", "code")?;
    let mut document: Map<String, Value> = metadata
        .iter()
        .filter(|(name, value)| ECHOED.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    document.insert("client_name".to_owned(), json!(name));
    document.insert("redirect_uris".to_owned(), json!(redirect_uris));
    document.insert("grant_types".to_owned(), json!(["authorization_code", "refresh_token"]));
    document.insert("response_types".to_owned(), json!(["code"]));
    // A secret that every copy of a program has is none: all clients are public.
    document.insert("token_endpoint_auth_method".to_owned(), json!("none"));
    document.insert("scope".to_owned(), json!(scopes.join(" ")));
    Ok((Record { n: name, r: redirect_uris }, document))
}

fn redirect_uris(value: Option<&Value>) -> Result<Vec<String>, Wrong> {
    let uris = value.and_then(Value::as_array).filter(|uris| !uris.is_empty());
    let uris = uris.ok_or(("invalid_redirect_uri", "redirect_uris is no list of addresses"))?;
    if uris.len() > MOST_REDIRECT_URIS {
        return Err(("invalid_redirect_uri", "there are more than ten redirect_uris"));
    }
    let uris = uris.iter().map(|uri| {
        uri.as_str().filter(|uri| RedirectUri::read(uri).is_some()).map(str::to_owned).ok_or((
            "invalid_redirect_uri",
            "a redirect URI is neither https, nor http on a loopback address, nor an editor's own scheme",
        ))
    });
    uris.collect()
}

/// A list that is given has to contain what is served here.
fn require(metadata: &Map<String, Value>, name: &str, needed: &str) -> Result<(), Wrong> {
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(given)) if given.iter().any(|one| one == needed) => Ok(()),
        Some(_) => Err(("invalid_client_metadata", "only the authorization code grant is served")),
    }
}
