//! Requests to an HTTP API: a host `{api}.execute-api.…` leads to a stage, a route, and the
//! function behind it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::proxy_event::{self, Routed};
use super::state::{Api, Stage};
use super::throttle::{Limit, Throttles};
use super::{cors, routing, text};
use crate::addresses::{host_name, is_loopback};
use crate::local::LocalAws;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::Boxed;
use crate::services::lambda::{self, Invocation, Runtimes};
use crate::state::Account;
use crate::wire::Wire;

/// The service's limit of a request's body.
const MOST_BODY: usize = 10 * 1024 * 1024;

/// A function to be run for a request.
struct Run {
    invocation: Invocation,
    limit: Duration,
    throttle: Limit,
    cors: Option<Map<String, Value>>,
}

/// The answer to a request for an API; `None` when the host is no API's.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
    let api_id = asked(local, request.host())?;
    let request_id = local.random_id(LOWER_ALPHANUMERIC, 16);
    let now = local.now_ms();
    let arrival = Arrival { request, now, request_id: &request_id };
    let strict = local.options().strict_permissions;
    let found = local.read(|account| find(account, &api_id, arrival, strict));
    let throttles = local.attachment::<Throttles>();
    let found = found.and_then(|run| {
        if throttles.admits(&run.throttle, now) {
            return Ok(run);
        }
        Err(message(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"))
    });
    let local = local.clone();
    let origin = request.headers.get(ORIGIN).cloned();
    let own_id = request_id.clone();
    Some(Box::pin(async move {
        let mut response = match found {
            Err(answer) => answer,
            Ok(run) => {
                let mut response = invoke(&local, run.invocation, run.limit).await;
                if let Some(cors) = &run.cors {
                    cors::add(response.headers_mut(), cors, origin.as_ref());
                }
                response
            }
        };
        if let Ok(id) = HeaderValue::from_str(&own_id) {
            response.headers_mut().insert("apigw-requestid", id);
        }
        response
    }))
}

/// The API that a host is: by the name that the service gives it, or by its own port.
fn asked(local: &LocalAws, host: &str) -> Option<String> {
    if let Some((id, rest)) = host.split_once('.')
        && rest.starts_with("execute-api.")
    {
        return Some(id.to_owned());
    }
    let port: u16 = host.rsplit(':').next()?.parse().ok()?;
    if !is_loopback(&host_name(host)) {
        return None;
    }
    local.read(|account| {
        let mut apis = account.http_apis();
        apis.find(|(_, api)| api.port == port).map(|(id, _)| id.to_owned())
    })
}

async fn invoke(local: &LocalAws, invocation: Invocation, limit: Duration) -> Response<Bytes> {
    let unavailable = || message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    let runtimes = local.attachment::<Runtimes>();
    let Ok(turn) = runtimes.turn(&invocation).await else { return unavailable() };
    match tokio::time::timeout(limit, turn.run(local, invocation, None)).await {
        Ok(outcome) if outcome.function_error.is_none() => {
            proxy_event::response(&outcome.payload).unwrap_or_else(internal)
        }
        Ok(_failed) => internal(),
        Err(_elapsed) => unavailable(),
    }
}

/// A request, when it came, and what it is called.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    request: &'a Wire,
    now: i64,
    request_id: &'a str,
}

/// Where in an API a request has arrived.
struct Place<'a> {
    region: &'a str,
    api_id: &'a str,
    stage_name: &'a str,
    stage: &'a Stage,
    route_key: &'a str,
    path_variables: BTreeMap<String, String>,
    integration: &'a Map<String, Value>,
}

/// The function to run, or what the service answers by itself.
fn find(
    account: &Account,
    api_id: &str,
    arrival: Arrival<'_>,
    strict: bool,
) -> Result<Run, Response<Bytes>> {
    let request = arrival.request;
    let (region, api) = account
        .regions
        .iter()
        .find_map(|(name, region)| Some((name, region.apigateway.apis.get(api_id)?)))
        .filter(|(_, api)| api.members.get("disableExecuteApiEndpoint") != Some(&json!(true)))
        .ok_or_else(not_found)?;
    if request.body.len() > MOST_BODY {
        return Err(message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
    }
    let (stage_name, stage, path) = stage_of(api, &request.path).ok_or_else(not_found)?;
    let cors = api.members.get("corsConfiguration").and_then(Value::as_object);
    if let Some(cors) = cors.filter(|_| cors::is_preflight(request)) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        cors::add(response.headers_mut(), cors, request.headers.get(ORIGIN));
        return Err(response);
    }
    let keys = api.routes.values().map(|route| text(route, "routeKey"));
    let (route_key, path_variables) =
        routing::select(keys, request.method.as_str(), path).ok_or_else(not_found)?;
    let integration = api
        .routes
        .values()
        .find(|route| text(route, "routeKey") == route_key)
        .and_then(|route| text(route, "target").strip_prefix("integrations/"))
        .and_then(|id| api.integrations.get(id))
        .ok_or_else(internal)?;
    let place = Place { region, api_id, stage_name, stage, route_key, path_variables, integration };
    let throttle = Limit::of(&stage.members, [api_id, stage_name, route_key]);
    let invocation = invocation(account, &place, arrival, strict)?;
    let limit = integration.get("timeoutInMillis").and_then(Value::as_u64).unwrap_or(30_000);
    Ok(Run { invocation, limit: Duration::from_millis(limit), throttle, cors: cors.cloned() })
}

fn invocation(
    account: &Account,
    place: &Place<'_>,
    arrival: Arrival<'_>,
    strict: bool,
) -> Result<Invocation, Response<Bytes>> {
    if text(place.integration, "integrationType") != "AWS_PROXY" {
        let sentence = "the local AWS takes requests to functions only";
        return Err(message(StatusCode::NOT_IMPLEMENTED, sentence));
    }
    let uri = text(place.integration, "integrationUri");
    let arn = uri
        .split_once("/functions/")
        .map_or(uri, |(_, rest)| rest.trim_end_matches("/invocations"));
    let (function, qualifier) = lambda::function_of(account, arn).ok_or_else(internal)?;
    // The service answers a caller 500 when the API may not invoke the function: the easiest thing
    // to forget, and nothing but this shows it.
    let source = format!(
        "arn:aws:execute-api:{}:{}:{}/{}/{}",
        place.region,
        crate::ACCOUNT_ID,
        place.api_id,
        place.stage_name,
        place.route_key.replace(" /", "/")
    );
    if strict && !function.allows("apigateway.amazonaws.com", &source) {
        tracing::warn!(function = %function.arn, %source, "the function's policy refuses the API");
        return Err(internal());
    }
    let Arrival { request, now, request_id } = arrival;
    let mut invocation =
        lambda::prepare(function, qualifier, now, account.port).map_err(|_not_ready| internal())?;
    let time = Timestamp::from_millisecond(now).unwrap_or_default();
    let routed = Routed {
        account: crate::ACCOUNT_ID,
        api_id: place.api_id,
        domain_name: request.host(),
        stage: place.stage_name,
        stage_variables: &text_map(&place.stage.members, "stageVariables"),
        route_key: place.route_key,
        path_variables: &place.path_variables,
        now_ms: now,
        time: &time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        request_id,
    };
    invocation.payload = Bytes::from(proxy_event::event(&routed, request).to_string());
    request_id.clone_into(&mut invocation.request_id);
    Ok(invocation)
}

fn text_map(members: &Map<String, Value>, name: &str) -> BTreeMap<String, String> {
    let entries = members.get(name).and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect()
}

/// A stage named by the first segment, else `$default`; and the path that routes are matched with.
fn stage_of<'a>(api: &'a Api, path: &'a str) -> Option<(&'a str, &'a Stage, &'a str)> {
    let rest = path.strip_prefix('/').unwrap_or(path);
    let (first, after) = match rest.split_once('/') {
        Some((first, _)) => (first, &rest[first.len()..]),
        None => (rest, "/"),
    };
    if let Some((name, stage)) = api.stages.get_key_value(first) {
        return Some((name, stage, after));
    }
    let (name, stage) = api.stages.get_key_value("$default")?;
    Some((name, stage, path))
}

fn not_found() -> Response<Bytes> {
    message(StatusCode::NOT_FOUND, "Not Found")
}

fn internal() -> Response<Bytes> {
    message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
}

fn message(status: StatusCode, sentence: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "message": sentence }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
