//! Invoking a function: what is checked under the lock, and the run outside of it.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::functions::named;
use super::runtimes::{Invocation, Outcome, Runtimes, Throttled};
use super::state::Function;
use super::{conflict, fault, input, shapes, state, text};
use crate::local::LocalAws;
use crate::service::{Body, Call, Fault, Reply};
use crate::state::Account;

/// The service's limit of a payload that is answered at once.
const MOST_PAYLOAD: usize = 6 * 1024 * 1024;
/// The service's limit of a payload that is only accepted.
const MOST_EVENT: usize = 1024 * 1024;

/// The function of an ARN, which may name a version, in its Region.
pub fn function_of<'a, 'b>(
    account: &'a Account,
    arn: &'b str,
) -> Option<(&'a Function, Option<&'b str>)> {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next()?;
    let name = parts.nth(2)?;
    let qualifier = parts.next();
    Some((account.region(region)?.lambda.functions.get(name)?, qualifier))
}

/// Copies what an invocation needs out of the state. `now` and `port` are the local AWS's.
///
/// # Errors
/// `ResourceConflictException` while the function is being created, `ResourceNotFoundException`
/// for a version that is not there.
pub fn prepare(
    function: &Function,
    qualifier: Option<&str>,
    now: i64,
    port: u16,
) -> Result<Invocation, Fault> {
    let (revision, version) = function.revision(qualifier)?;
    if function.state.is_settling(now) {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. The function is currently in the \
             following state: {}",
            function.state.at(now)
        )));
    }
    let configuration = &revision.configuration;
    let name = function.arn.rsplit(':').next().unwrap_or_default();
    let region = function.arn.split(':').nth(3).unwrap_or_default();
    let runtime = text(configuration, "Runtime");
    let number = |member: &str| configuration.get(member).and_then(Value::as_u64).unwrap_or(0);
    let log_group = configuration
        .get("LoggingConfig")
        .and_then(|logging| logging["LogGroup"].as_str())
        .unwrap_or_default();
    let memory = number("MemorySize").to_string();
    let endpoint = format!("http://localhost:{port}");
    let mut environment: BTreeMap<String, String> = [
        ("AWS_ACCESS_KEY_ID", "ASIALOCALFUNCTION000"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_SESSION_TOKEN", "local"),
        ("AWS_REGION", region),
        ("AWS_DEFAULT_REGION", region),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_EXECUTION_ENV", &format!("AWS_Lambda_{runtime}")),
        ("AWS_LAMBDA_FUNCTION_NAME", name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", text(configuration, "Handler")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect();
    let own = configuration.get("Environment").and_then(|own| own.get("Variables")?.as_object());
    for (name, value) in own.into_iter().flatten() {
        environment.insert(name.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Ok(Invocation {
        function_arn: function.arn.clone(),
        revision: revision.id.clone(),
        role: text(configuration, "Role").to_owned(),
        log_group: log_group.to_owned(),
        runtime: runtime.to_owned(),
        code: revision.code.blob.clone(),
        environment,
        timeout: Duration::from_secs(number("Timeout").max(1)),
        concurrency: function.concurrency.and_then(|limit| usize::try_from(limit).ok()),
        payload: Bytes::from_static(b"{}"),
        client_context: None,
        with_log: false,
        request_id: String::new(),
        now_ms: now,
    })
}

pub(super) fn invoke(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let kind = call.wire.header("x-amz-invocation-type").unwrap_or("RequestResponse").to_owned();
    let with_tail = call.wire.header("x-amz-log-type") == Some("Tail");
    let client_context = client_context(call)?;
    let payload = payload(call, &kind)?;
    let (named, now, port, request_id) = (named(call, &given), call.now, call.port(), call.uuid());
    let function = state(call).function(&named)?;
    let (_, version) = function.revision(named.qualifier.as_deref())?;
    let mut invocation = prepare(function, named.qualifier.as_deref(), now, port)?;
    invocation.payload = payload;
    invocation.client_context = client_context;
    invocation.with_log = with_tail;
    invocation.request_id = request_id;
    match kind.as_str() {
        "RequestResponse" => Ok(Reply::later(move |local: LocalAws| async move {
            let runtimes = local.attachment::<Runtimes>();
            match runtimes.invoke(&local, invocation).await {
                Ok(outcome) => Ok(reply(outcome, version, with_tail)),
                Err(throttled) => Err(too_many(throttled)),
            }
        })),
        "Event" => Ok(Reply::later(move |local: LocalAws| async move {
            tokio::spawn(async move {
                let runtimes = local.attachment::<Runtimes>();
                // Nobody hears how an event ends; a function's own log would say.
                drop(runtimes.invoke(&local, invocation).await);
            });
            Ok(Reply::empty(202))
        })),
        "DryRun" => Ok(Reply::empty(204)),
        other => Err(fault(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to \
                 satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, \
                 DryRun]"
            ),
        )),
    }
}

fn payload(call: &Call<'_>, kind: &str) -> Result<Bytes, Fault> {
    let body = call.wire.body.clone();
    let most = if kind == "Event" { MOST_EVENT } else { MOST_PAYLOAD };
    if body.len() > most {
        return Err(fault(
            413,
            "RequestTooLargeException",
            format!(
                "{} byte payload is too large for the {kind} invocation type (limit {most} bytes)",
                body.len()
            ),
        ));
    }
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
        return Err(fault(
            400,
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {error}"),
        ));
    }
    Ok(body)
}

fn client_context(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let Some(encoded) = call.wire.header("x-amz-client-context") else { return Ok(None) };
    let decoded = BASE64_STANDARD.decode(encoded).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    text.filter(|text| serde_json::from_str::<Map<String, Value>>(text).is_ok())
        // A header of the Runtime API carries it: one line.
        .map(|text| Some(text.replace(['\r', '\n'], " ")))
        .ok_or_else(|| {
            fault(
                400,
                "InvalidRequestContentException",
                "Client context must be a valid Base64-encoded JSON object.",
            )
        })
}

fn reply(outcome: Outcome, version: String, with_tail: bool) -> Reply {
    let mut headers = vec![("X-Amz-Executed-Version".to_owned(), version)];
    if let Some(error) = outcome.function_error {
        headers.push(("X-Amz-Function-Error".to_owned(), error.to_owned()));
    }
    if with_tail {
        headers.push(("X-Amz-Log-Result".to_owned(), BASE64_STANDARD.encode(outcome.log_tail)));
    }
    let content_type = "application/json".to_owned();
    Reply { status: 200, headers, body: Body::Bytes { content_type, bytes: outcome.payload } }
}

fn too_many(_: Throttled) -> Fault {
    fault(429, "TooManyRequestsException", "Rate Exceeded.")
        .with("Reason", "ReservedFunctionConcurrentInvocationLimitExceeded")
}
