//! Requests to an HTTP API: a host `{api}.execute-api.…` leads to a stage, a route, and the
//! function behind it.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::proxy_event::{self, Routed};
use super::state::{Api, Stage};
use super::{routing, text};
use crate::local::LocalAws;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::Boxed;
use crate::services::lambda::{self, Invocation, Runtimes};
use crate::state::Account;
use crate::wire::Wire;

/// The service's limit of a request's body.
const MOST_BODY: usize = 10 * 1024 * 1024;

/// What was found for a request.
enum Found {
    /// The service answers by itself.
    Answer(Response<Bytes>),
    /// A function is to be run.
    Function(Box<Run>),
}

struct Run {
    invocation: Invocation,
    limit: Duration,
    cors: Option<Map<String, Value>>,
}

/// The answer to a request for an API; `None` when the host is no API's.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
    let (api_id, rest) = request.host().split_once('.')?;
    if !rest.starts_with("execute-api.") {
        return None;
    }
    let request_id = local.random_id(LOWER_ALPHANUMERIC, 16);
    let now = local.now_ms();
    let strict = local.options().strict_permissions;
    let found = local.read(|account| find(account, api_id, request, now, &request_id, strict));
    let local = local.clone();
    let origin = request.headers.get(ORIGIN).cloned();
    let own_id = request_id.clone();
    Some(Box::pin(async move {
        let mut response = match found {
            Found::Answer(response) => response,
            Found::Function(run) => {
                let mut response = invoke(&local, run.invocation, run.limit).await;
                if let Some(cors) = &run.cors {
                    add_cors(response.headers_mut(), cors, origin.as_ref());
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

async fn invoke(local: &LocalAws, invocation: Invocation, limit: Duration) -> Response<Bytes> {
    let runtimes = local.attachment::<Runtimes>();
    match tokio::time::timeout(limit, runtimes.invoke(local, invocation)).await {
        Ok(Ok(outcome)) if outcome.function_error.is_none() => {
            proxy_event::response(&outcome.payload).unwrap_or_else(internal)
        }
        Ok(Ok(_failed)) => internal(),
        // Out of time, or out of concurrency.
        Err(_) | Ok(Err(_)) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
    }
}

fn find(
    account: &Account,
    api_id: &str,
    request: &Wire,
    now: i64,
    request_id: &str,
    strict: bool,
) -> Found {
    let Some((region, api)) = account
        .regions
        .iter()
        .find_map(|(name, region)| Some((name, region.apigateway.apis.get(api_id)?)))
    else {
        return Found::Answer(not_found());
    };
    if api.members.get("disableExecuteApiEndpoint") == Some(&json!(true)) {
        return Found::Answer(not_found());
    }
    if request.body.len() > MOST_BODY {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return Found::Answer(message(status, "Request Entity Too Large"));
    }
    let Some((stage_name, stage, path)) = stage_of(api, &request.path) else {
        return Found::Answer(not_found());
    };
    let cors = api.members.get("corsConfiguration").and_then(Value::as_object);
    let is_preflight = request.method == Method::OPTIONS
        && request.headers.contains_key(ORIGIN)
        && request.headers.contains_key("access-control-request-method");
    if let Some(cors) = cors.filter(|_| is_preflight) {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        add_cors(response.headers_mut(), cors, request.headers.get(ORIGIN));
        return Found::Answer(response);
    }
    let keys = api.routes.values().map(|route| text(route, "routeKey"));
    let Some((key, variables)) = routing::select(keys, request.method.as_str(), path) else {
        return Found::Answer(not_found());
    };
    let Some(integration) = api
        .routes
        .values()
        .find(|route| text(route, "routeKey") == key)
        .and_then(|route| text(route, "target").strip_prefix("integrations/"))
        .and_then(|id| api.integrations.get(id))
    else {
        return Found::Answer(internal());
    };
    if text(integration, "integrationType") != "AWS_PROXY" {
        let sentence = "the local AWS takes requests to functions only";
        return Found::Answer(message(StatusCode::NOT_IMPLEMENTED, sentence));
    }
    let uri = text(integration, "integrationUri");
    let arn = uri
        .split_once("/functions/")
        .map_or(uri, |(_, rest)| rest.trim_end_matches("/invocations"));
    let Some((function, qualifier)) = function_of(account, arn) else {
        return Found::Answer(internal());
    };
    // The service answers a caller 500 when the API may not invoke the function: the easiest thing
    // to forget, and nothing but this shows it.
    let source = format!(
        "arn:aws:execute-api:{region}:{}:{api_id}/{stage_name}/{}",
        crate::ACCOUNT_ID,
        key.replace(" /", "/")
    );
    if strict && !function.allows("apigateway.amazonaws.com", &source) {
        tracing::warn!(function = %function.arn, %source, "the function's policy refuses the API");
        return Found::Answer(internal());
    }
    let Ok(mut invocation) = lambda::prepare(function, qualifier, now, account.port) else {
        return Found::Answer(internal());
    };
    invocation.payload =
        event(account, api_id, (stage_name, stage), key, &variables, request, now, request_id);
    request_id.clone_into(&mut invocation.request_id);
    let limit = integration.get("timeoutInMillis").and_then(Value::as_u64).unwrap_or(30_000);
    Found::Function(Box::new(Run {
        invocation,
        limit: Duration::from_millis(limit),
        cors: cors.cloned(),
    }))
}

#[expect(clippy::too_many_arguments, reason = "one place gathers what an event is made of")]
fn event(
    account: &Account,
    api_id: &str,
    (stage_name, stage): (&str, &Stage),
    key: &str,
    variables: &BTreeMap<String, String>,
    request: &Wire,
    now: i64,
    request_id: &str,
) -> Bytes {
    let domain = format!("{api_id}.execute-api.localhost:{}", account.port);
    let stage_variables = stage
        .members
        .get("stageVariables")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    let time = Timestamp::from_millisecond(now).unwrap_or_default();
    let routed = Routed {
        account: crate::ACCOUNT_ID,
        api_id,
        domain_name: &domain,
        stage: stage_name,
        stage_variables: &stage_variables,
        route_key: key,
        path_variables: variables,
        now_ms: now,
        time: &time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        request_id,
    };
    let event = proxy_event::event(
        &routed,
        &request.method,
        &request.path,
        &request.raw_query,
        &request.headers,
        &request.body,
    );
    Bytes::from(event.to_string())
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

fn function_of<'a, 'b>(
    account: &'a Account,
    arn: &'b str,
) -> Option<(&'a lambda::Function, Option<&'b str>)> {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next()?;
    let name = parts.nth(2)?;
    let qualifier = parts.next();
    Some((account.region(region)?.lambda.functions.get(name)?, qualifier))
}

/// The service replaces whatever CORS headers the function gave.
fn add_cors(headers: &mut HeaderMap, cors: &Map<String, Value>, origin: Option<&HeaderValue>) {
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| name.as_str().starts_with("access-control-"))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    let Some(origin) = origin.and_then(|origin| origin.to_str().ok()) else { return };
    let list = |name: &str| -> Vec<&str> {
        cors.get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let allowed = list("allowOrigins");
    let answered = if allowed.contains(&"*") {
        "*"
    } else if allowed.contains(&origin) {
        origin
    } else {
        return;
    };
    let mut insert = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    insert("access-control-allow-origin", answered.to_owned());
    for (member, name) in [
        ("allowMethods", "access-control-allow-methods"),
        ("allowHeaders", "access-control-allow-headers"),
        ("exposeHeaders", "access-control-expose-headers"),
    ] {
        let values = list(member);
        if !values.is_empty() {
            insert(name, values.join(","));
        }
    }
    if cors.get("allowCredentials") == Some(&json!(true)) {
        insert("access-control-allow-credentials", "true".to_owned());
    }
    if let Some(age) = cors.get("maxAge").and_then(Value::as_i64) {
        insert("access-control-max-age", age.to_string());
    }
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
