//! The local API Gateway v2: the control plane of HTTP APIs, and the plane that takes their
//! requests to the functions behind them.

mod apis;
pub(crate) mod cors;
mod integrations;
mod plane;
pub(crate) mod proxy_event;
mod routes;
mod routing;
mod shapes;
mod stages;
mod state;
mod tags;
mod throttle;

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::Response;
use serde_json::{Map, Value, json};

pub use state::{Api, State};

use crate::local::LocalAws;
use crate::page::Page;
use crate::service::{Boxed, Call, Fault, Protocol, Reply, Service};
use crate::services::shape::{self, Member, Refusal};
use crate::wire::Wire;
use crate::wire::rest::Route;

const ROUTES: &[Route] = &[
    Route::new("CreateApi", "POST", "/v2/apis"),
    Route::new("GetApis", "GET", "/v2/apis"),
    Route::new("GetApi", "GET", "/v2/apis/{apiId}"),
    Route::new("UpdateApi", "PATCH", "/v2/apis/{apiId}"),
    Route::new("DeleteApi", "DELETE", "/v2/apis/{apiId}"),
    Route::new("DeleteCorsConfiguration", "DELETE", "/v2/apis/{apiId}/cors"),
    Route::new("CreateIntegration", "POST", "/v2/apis/{apiId}/integrations"),
    Route::new("GetIntegrations", "GET", "/v2/apis/{apiId}/integrations"),
    Route::new("GetIntegration", "GET", "/v2/apis/{apiId}/integrations/{integrationId}"),
    Route::new("UpdateIntegration", "PATCH", "/v2/apis/{apiId}/integrations/{integrationId}"),
    Route::new("DeleteIntegration", "DELETE", "/v2/apis/{apiId}/integrations/{integrationId}"),
    Route::new("CreateRoute", "POST", "/v2/apis/{apiId}/routes"),
    Route::new("GetRoutes", "GET", "/v2/apis/{apiId}/routes"),
    Route::new("GetRoute", "GET", "/v2/apis/{apiId}/routes/{routeId}"),
    Route::new("UpdateRoute", "PATCH", "/v2/apis/{apiId}/routes/{routeId}"),
    Route::new("DeleteRoute", "DELETE", "/v2/apis/{apiId}/routes/{routeId}"),
    Route::new("CreateStage", "POST", "/v2/apis/{apiId}/stages"),
    Route::new("GetStages", "GET", "/v2/apis/{apiId}/stages"),
    Route::new("GetStage", "GET", "/v2/apis/{apiId}/stages/{stageName}"),
    Route::new("UpdateStage", "PATCH", "/v2/apis/{apiId}/stages/{stageName}"),
    Route::new("DeleteStage", "DELETE", "/v2/apis/{apiId}/stages/{stageName}"),
    Route::new(
        "DeleteRouteSettings",
        "DELETE",
        "/v2/apis/{apiId}/stages/{stageName}/routesettings/{routeKey}",
    ),
    Route::new(
        "DeleteAccessLogSettings",
        "DELETE",
        "/v2/apis/{apiId}/stages/{stageName}/accesslogsettings",
    ),
    // An ARN has slashes, and some clients leave them as they are.
    Route::new("TagResource", "POST", "/v2/tags/{resource-arn+}"),
    Route::new("UntagResource", "DELETE", "/v2/tags/{resource-arn+}"),
    Route::new("GetTags", "GET", "/v2/tags/{resource-arn+}"),
];

/// The service behind the signing name `apigateway`.
#[derive(Debug, Clone, Copy)]
pub struct ApiGateway;

impl Service for ApiGateway {
    fn signing_name(&self) -> &'static str {
        "apigateway"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Rest { routes: ROUTES, message_key: "message" }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateApi" => apis::create(call),
            "GetApis" => apis::list(call),
            "GetApi" => apis::get(call),
            "UpdateApi" => apis::update(call),
            "DeleteApi" => apis::delete(call),
            "DeleteCorsConfiguration" => apis::delete_cors(call),
            "CreateIntegration" => integrations::create(call),
            "GetIntegrations" => integrations::list(call),
            "GetIntegration" => integrations::get(call),
            "UpdateIntegration" => integrations::update(call),
            "DeleteIntegration" => integrations::delete(call),
            "CreateRoute" => routes::create(call),
            "GetRoutes" => routes::list(call),
            "GetRoute" => routes::get(call),
            "UpdateRoute" => routes::update(call),
            "DeleteRoute" => routes::delete(call),
            "CreateStage" => stages::create(call),
            "GetStages" => stages::list(call),
            "GetStage" => stages::get(call),
            "UpdateStage" => stages::update(call),
            "DeleteStage" => stages::delete(call),
            "DeleteRouteSettings" => stages::delete_route_settings(call),
            "DeleteAccessLogSettings" => stages::delete_access_log(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "GetTags" => tags::get(call),
            _ => Err(call.not_implemented()),
        }
    }

    fn plane(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
        plane::answer(local, request)
    }
}

/// The call's members, checked against the operation's shape.
fn input(call: &Call<'_>, members: &[Member]) -> Result<Map<String, Value>, Fault> {
    shape::check(call.input.members(), members).map_err(|refusal| match refusal {
        Refusal::Type(sentence) => Fault::client("SerializationException", sentence),
        Refusal::Limits(sentence) => bad(sentence),
    })
}

/// A string member; empty when it was left out.
fn text<'a>(input: &'a Map<String, Value>, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The members that a create or update keeps: all but those in the path.
fn kept(input: Map<String, Value>, apart: &[&str]) -> Map<String, Value> {
    input.into_iter().filter(|(name, _)| !apart.contains(&name.as_str())).collect()
}

fn state<'a>(call: &'a mut Call<'_>) -> &'a mut State {
    &mut call.here().apigateway
}

fn bad(message: impl Into<String>) -> Fault {
    Fault::client("BadRequestException", message)
}

fn conflict(message: impl Into<String>) -> Fault {
    Fault::new(409, "ConflictException", message)
}

fn not_found(kind: &str, id: &str) -> Fault {
    Fault::new(404, "NotFoundException", format!("Invalid {kind} identifier specified {id}"))
        .with("resourceType", kind)
}

/// One page; `maxResults` is a string here.
fn paged(items: Vec<(String, Value)>, input: &Map<String, Value>) -> Result<Reply, Fault> {
    const MOST: usize = 500;
    let size = match input.get("maxResults").and_then(Value::as_str) {
        None => MOST,
        Some(size) => size
            .parse()
            .ok()
            .filter(|size| (1..=MOST).contains(size))
            .ok_or_else(|| bad(format!("Invalid value for maxResults: {size}")))?,
    };
    let token = input.get("nextToken").and_then(Value::as_str);
    let Page { items, next } = crate::page::page(items, |(key, _)| key.clone(), token, size)
        .map_err(|_foreign| bad("Invalid next token specified"))?;
    let items: Vec<Value> = items.into_iter().map(|(_, item)| item).collect();
    let mut answer = json!({ "items": items });
    if let Some(next) = next {
        answer["nextToken"] = json!(next);
    }
    Ok(Reply::json(answer))
}
