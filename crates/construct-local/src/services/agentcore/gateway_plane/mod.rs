//! A gateway as an MCP server: what answers at the `gatewayUrl`.
//!
//! A request passes the gateway's inbound authorizer, then the protocol, which lists the targets'
//! tools or calls one of them. What stands behind a tool is called as the service would call it: an
//! operation of a description over HTTP, a function through the local Lambda, an MCP server as its
//! client. Backends that cannot exist here answer a tool error that says so.

mod arguments;
mod authorizer;
mod backend;
mod call;
mod credentials;
mod key_sets;
mod message;
mod protocol;
mod resource_metadata;
mod search;
mod server;
mod tools;

pub(super) use credentials::credential_of;
pub(super) use server::read_tools;

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use super::state::{Gateway, Status};
use crate::addresses::{self, GATEWAY_PATH, host_name, is_loopback};
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::wire::Wire;

/// A gateway that a request is for, as it stood when the request came.
#[derive(Clone)]
struct Site {
    local: LocalAws,
    region: String,
    gateway: Arc<Gateway>,
    /// The base of its URLs, without a slash at the end.
    base: String,
}

/// What a request asks of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Mcp,
    ResourceMetadata,
    Elsewhere,
}

const METADATA: &str = "/.well-known/oauth-protected-resource";

/// Whether a request is for a gateway, signed or not.
pub(super) fn is_for_gateway(request: &Wire) -> bool {
    place(request).is_some()
}

/// The answer to a request for a gateway; `None` when it is for none.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
    let (id, endpoint) = place(request)?;
    let (local, request) = (local.clone(), request.clone());
    Some(Box::pin(async move {
        let Some(site) = Site::find(&local, &id) else {
            return refusal(StatusCode::NOT_FOUND, &format!("there is no gateway {id}"));
        };
        match (endpoint, &request.method) {
            (Endpoint::ResourceMetadata, &Method::GET) => resource_metadata::answer(&site),
            (Endpoint::Mcp, &Method::POST) => protocol::answer(&site, &request).await,
            (Endpoint::Elsewhere, _) => not_played(&request.path),
            (endpoint, _) => {
                let mut response = refusal(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "this address does not answer such a request",
                );
                let methods = if endpoint == Endpoint::Mcp { "POST" } else { "GET" };
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
                response
            }
        }
    }))
}

/// The gateway's id and what is asked of it: by path on this machine, or by the service's host name. A
/// page of a stranger whose name resolves to this machine gets nothing.
fn place(request: &Wire) -> Option<(String, Endpoint)> {
    let path = request.path.as_str();
    let host = host_name(request.host());
    if let Some((id, rest)) = host.split_once(".gateway.bedrock-agentcore.") {
        return rest.ends_with(".amazonaws.com").then(|| (id.to_owned(), endpoint(path)));
    }
    if !host.is_empty() && !is_loopback(&host) {
        return None;
    }
    if let Some(rest) = path.strip_prefix(GATEWAY_PATH) {
        let (id, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        return Some((id.to_owned(), endpoint(rest)));
    }
    let id = path.strip_prefix(METADATA)?.strip_prefix(GATEWAY_PATH)?.strip_suffix("/mcp")?;
    Some((id.to_owned(), Endpoint::ResourceMetadata))
}

fn endpoint(path: &str) -> Endpoint {
    match path {
        "/mcp" => Endpoint::Mcp,
        METADATA => Endpoint::ResourceMetadata,
        path if path.strip_prefix(METADATA) == Some("/mcp") => Endpoint::ResourceMetadata,
        _ => Endpoint::Elsewhere,
    }
}

impl Site {
    /// The gateway of this id in any Region, if it is in service.
    fn find(local: &LocalAws, id: &str) -> Option<Self> {
        let now = local.now_ms();
        local.read(|account| {
            let (region, gateway) = account
                .regions
                .iter()
                .find_map(|(region, state)| Some((region, state.agentcore.gateways.get(id)?)))?;
            let status = *gateway.status.at(now);
            let serves = !matches!(status, Status::Creating | Status::Deleting | Status::Gone);
            serves.then(|| Self {
                local: local.clone(),
                region: region.clone(),
                gateway: Arc::new(gateway.clone()),
                base: addresses::gateway(account.port, id),
            })
        })
    }

    /// The URL that MCP clients use.
    fn url(&self) -> String {
        format!("{}/mcp", self.base)
    }

    /// A member of the gateway's MCP configuration.
    fn mcp(&self, name: &str) -> Option<&Value> {
        self.gateway.settings.protocol_configuration.as_ref()?.get("mcp")?.get(name)
    }
}

/// The answer at the path of an HTTP or inference target, in a form that clients of MCP read too.
fn not_played(path: &str) -> Response<Bytes> {
    let mut parts = path.strip_prefix(GATEWAY_PATH).unwrap_or(path).split('/');
    let target = parts.nth(1).unwrap_or_default();
    let message = format!(
        "the local AWS plays MCP targets only, at /mcp: it does not reach the target {target:?}"
    );
    let error = json!({ "code": -32_603, "message": message });
    let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
    json_answer(StatusCode::NOT_IMPLEMENTED, &body)
}

fn refusal(status: StatusCode, message: &str) -> Response<Bytes> {
    json_answer(status, &json!({ "message": message }))
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
