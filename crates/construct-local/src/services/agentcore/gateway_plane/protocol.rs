//! MCP over HTTP: one POST, one JSON answer, in both eras. The gateway keeps no session.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::super::gateways::supported_versions;
use super::authorizer::{Caller, authorize};
use super::message::{Era, INVALID_PARAMS, MODERN, Message, RpcError, SERVER_KEY, URL_ELICITATION};
use super::{Site, call, json_answer, tools};
use crate::page;
use crate::wire::Wire;

/// Tools on a page of `tools/list`.
const PAGE: usize = 100;
/// The key under which a stateless client is asked to open a URL, and answers.
pub(super) const CONSENT: &str = "authorization";

/// Answers a POST to the MCP endpoint.
pub(super) async fn answer(site: &Site, request: &Wire) -> Response<Bytes> {
    let caller = match authorize(site, request).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal,
    };
    let message = match Message::read(&request.body) {
        Ok(message) => message,
        Err(error) => return json_answer(error.status, &error.body(None)),
    };
    let versions = supported_versions(&site.gateway.settings);
    let result = match Era::of(request, &message, &versions) {
        Ok(_) if message.id.is_none() => {
            let mut accepted = Response::new(Bytes::new());
            *accepted.status_mut() = StatusCode::ACCEPTED;
            return accepted;
        }
        Ok(era) => dispatch(site, &caller, &message, &era).await,
        Err(error) => Err(error),
    };
    let id = message.id.as_ref();
    let (status, body) = match result {
        Ok(result) => (StatusCode::OK, json!({ "jsonrpc": "2.0", "id": id, "result": result })),
        Err(error) => (error.status, error.body(id)),
    };
    let mut response = json_answer(status, &body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

async fn dispatch(
    site: &Site,
    caller: &Caller,
    message: &Message,
    era: &Era,
) -> Result<Value, RpcError> {
    let result = match (message.method.as_str(), era) {
        ("initialize", Era::Handshake(_)) => initialize(site, message),
        ("ping", Era::Handshake(_)) => Ok(json!({})),
        ("server/discover", Era::Stateless { .. }) => Ok(discover(site)),
        ("tools/list", _) => list(site, caller, message).await,
        ("tools/call", _) => call_tool(site, caller, message, era).await,
        (method, era) => Err(RpcError::no_method(method, era)),
    }?;
    Ok(match era {
        Era::Handshake(_) => result,
        Era::Stateless { .. } => stateless(site, result, &message.method),
    })
}

/// The versions that begin with a handshake, the newest last.
fn handshake_versions(site: &Site) -> Vec<&str> {
    let versions = supported_versions(&site.gateway.settings);
    versions.into_iter().filter(|version| *version < MODERN).collect()
}

fn initialize(site: &Site, message: &Message) -> Result<Value, RpcError> {
    let asked = message.params.get("protocolVersion").and_then(Value::as_str);
    let Some(asked) = asked else {
        return Err(RpcError::new(INVALID_PARAMS, "initialize needs a protocolVersion"));
    };
    let versions = handshake_versions(site);
    let Some(newest) = versions.last() else {
        return Err(RpcError::unsupported(asked, &supported_versions(&site.gateway.settings)));
    };
    let version = versions.iter().find(|version| **version == asked).unwrap_or(newest);
    let mut result = described(site);
    result.insert("protocolVersion".to_owned(), json!(version));
    result.insert("serverInfo".to_owned(), server_info(site));
    Ok(Value::Object(result))
}

fn discover(site: &Site) -> Value {
    let mut result = described(site);
    let versions = supported_versions(&site.gateway.settings);
    result.insert("supportedVersions".to_owned(), json!(versions));
    Value::Object(result)
}

/// What both first answers say.
fn described(site: &Site) -> Map<String, Value> {
    let mut result = Map::new();
    result.insert("capabilities".to_owned(), json!({ "tools": { "listChanged": false } }));
    if let Some(instructions) = site.mcp("instructions") {
        result.insert("instructions".to_owned(), instructions.clone());
    }
    result
}

fn server_info(site: &Site) -> Value {
    json!({ "name": site.gateway.settings.name, "version": "1.0.0" })
}

/// What every result carries where there is no handshake. Nothing stays fresh and nothing is shared:
/// an update of a target shows in the next listing.
fn stateless(site: &Site, mut result: Value, method: &str) -> Value {
    if result.get("resultType").is_none() {
        result["resultType"] = json!("complete");
    }
    if matches!(method, "tools/list" | "server/discover") {
        result["ttlMs"] = json!(0);
        result["cacheScope"] = json!("private");
    }
    result["_meta"][SERVER_KEY] = server_info(site);
    result
}

async fn list(site: &Site, caller: &Caller, message: &Message) -> Result<Value, RpcError> {
    let definitions = tools::definitions(site, caller).await;
    if site.mcp("disableMcpListToolsPagination") == Some(&json!(true)) {
        return Ok(json!({ "tools": definitions }));
    }
    let cursor = message.params.get("cursor").and_then(Value::as_str);
    let name = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
    let page = page::page(definitions, name, cursor, PAGE)
        .map_err(|_foreign| RpcError::new(INVALID_PARAMS, "Invalid cursor"))?;
    let mut result = json!({ "tools": page.items });
    if let Some(next) = page.next {
        result["nextCursor"] = json!(next);
    }
    Ok(result)
}

async fn call_tool(
    site: &Site,
    caller: &Caller,
    message: &Message,
    era: &Era,
) -> Result<Value, RpcError> {
    let consent = match call::call(site, caller, message).await? {
        call::Called::Done(result) => return Ok(result),
        call::Called::NeedsConsent(consent) => consent,
    };
    let text = format!("Please open this URL to authorize access: {}", consent.provider);
    match era {
        Era::Stateless { opens_urls: false } => Err(RpcError::needs_url_elicitation()),
        Era::Stateless { .. } if declined(message) => {
            Ok(call::failed("The user did not authorize the access that this tool needs."))
        }
        Era::Stateless { .. } => Ok(json!({
            "resultType": "input_required",
            "inputRequests": { CONSENT: {
                "method": "elicitation/create",
                "params": { "mode": "url", "url": consent.url, "message": text },
            }},
        })),
        Era::Handshake(version) => {
            let speaks = match version {
                Some(version) => version.as_str() >= URL_ELICITATION,
                None => handshake_versions(site).contains(&URL_ELICITATION),
            };
            if speaks {
                return Err(RpcError::url_elicitation(&consent.id, &consent.url, &text));
            }
            Ok(call::failed(
                "This tool needs the user's authorization, which is asked for with version \
                 2025-11-25 of the protocol or a newer one.",
            ))
        }
    }
}

/// Whether the client answers an earlier request to open a URL by a refusal.
fn declined(message: &Message) -> bool {
    let answer = message.params.get("inputResponses").and_then(|answers| answers.get(CONSENT));
    answer.and_then(|answer| answer["action"].as_str()).is_some_and(|action| action != "accept")
}
