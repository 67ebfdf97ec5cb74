//! Requests to a function URL: the function is run for each, and its answer passed on as it comes or as a whole.
//!
//! Event and answer have payload format 2.0, as an HTTP API's have. A streamed answer is a head in JSON, eight zero bytes
//! and the body: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html>.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::invoke;
use super::runtimes::{Invocation, Outcome, Runtimes, Throttled};
use super::state::Function;
use super::urls::FunctionUrl;
use crate::addresses::{host_name, is_loopback};
use crate::chunks::{BrokenOff, Chunks};
use crate::local::LocalAws;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::Boxed;
use crate::services::apigateway::{cors, proxy_event};
use crate::state::Account;
use crate::wire::Wire;

/// The service's limit of a request's body.
const MOST_BODY: usize = 6 * 1024 * 1024;
/// Between the head and the body of a streamed answer.
const SEPARATOR: [u8; 8] = [0; 8];
/// A head that is longer than all headers may be is none.
const MOST_HEAD: usize = 64 * 1024;
/// Pieces that may wait to be passed on.
const WAITING: usize = 16;

/// A function to be run for a request.
struct Run {
    invocation: Invocation,
    is_streamed: bool,
    cors: Option<Map<String, Value>>,
}

/// The answer to a request for a function URL; `None` when it is for none.
pub(super) fn answer(local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Chunks>>> {
    if !local.read(|account| asked(account, request.host()).is_some()) {
        return None;
    }
    let id = local.random_id(LOWER_ALPHANUMERIC, 32);
    let now = local.now_ms();
    let found = local.read(|account| {
        let asked = asked(account, request.host())?;
        Some(find(account, asked, request, (now, id.as_str())))
    })?;
    let local = local.clone();
    let origin = request.headers.get(ORIGIN).cloned();
    Some(Box::pin(async move {
        let mut response = match found {
            Err(response) => response.map(Chunks::whole),
            Ok(Run { mut invocation, is_streamed, cors }) => {
                invocation.request_id.clone_from(&id);
                let mut response = if is_streamed {
                    streamed(&local, invocation).await
                } else {
                    buffered(&local, invocation).await.map(Chunks::whole)
                };
                if let Some(cors) = &cors {
                    cors::add(response.headers_mut(), cors, origin.as_ref());
                }
                response
            }
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }))
}

/// The function whose URL a host is: by the name that the service gives it, or by its own port.
fn asked<'a>(account: &'a Account, host: &str) -> Option<(&'a Function, &'a FunctionUrl)> {
    if let Some((id, rest)) = host.split_once('.')
        && rest.starts_with("lambda-url.")
    {
        return account.function_urls().find(|(_, url)| url.id == id);
    }
    let port: u16 = host.rsplit(':').next()?.parse().ok()?;
    if !is_loopback(&host_name(host)) {
        return None;
    }
    account.function_urls().find(|(_, url)| url.port == port)
}

/// The function to run, or what the service answers by itself.
fn find(
    account: &Account,
    (function, url): (&Function, &FunctionUrl),
    request: &Wire,
    (now, request_id): (i64, &str),
) -> Result<Run, Response<Bytes>> {
    let cors = url.cors.as_ref().map(as_an_api_has_it);
    if let Some(cors) = cors.as_ref().filter(|_| cors::is_preflight(request)) {
        let mut response = Response::new(Bytes::new());
        cors::add(response.headers_mut(), cors, request.headers.get(ORIGIN));
        return Err(response);
    }
    // Anybody may call, if the function's own policy says so twice: since October 2025 for the URL, and for the function.
    if !function.allows_public_url() {
        let sentence = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                        https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";
        return Err(message(StatusCode::FORBIDDEN, sentence));
    }
    if request.body.len() > MOST_BODY {
        return Err(message(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"));
    }
    let mut invocation =
        invoke::prepare(function, None, now, account.port).map_err(|_not_ready| failed())?;
    let time = Timestamp::from_millisecond(now).unwrap_or_default();
    let none = BTreeMap::new();
    let routed = proxy_event::Routed {
        account: crate::ACCOUNT_ID,
        api_id: &url.id,
        domain_name: request.host(),
        stage: "$default",
        stage_variables: &none,
        route_key: "$default",
        path_variables: &none,
        now_ms: now,
        time: &time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        request_id,
    };
    invocation.payload = Bytes::from(proxy_event::event(&routed, request).to_string());
    Ok(Run { invocation, is_streamed: url.invoke_mode == "RESPONSE_STREAM", cors })
}

/// Both services call the members the same, but for the first letter.
fn as_an_api_has_it(cors: &Map<String, Value>) -> Map<String, Value> {
    let lower = |name: &str| {
        let (first, rest) = name.split_at(1);
        first.to_ascii_lowercase() + rest
    };
    cors.iter().map(|(name, value)| (lower(name), value.clone())).collect()
}

async fn buffered(local: &LocalAws, invocation: Invocation) -> Response<Bytes> {
    answered(local.attachment::<Runtimes>().invoke(local, invocation).await)
}

/// What a whole answer becomes.
fn answered(ended: Result<Outcome, Throttled>) -> Response<Bytes> {
    match ended {
        Ok(Outcome { function_error: None, payload, .. }) => {
            proxy_event::response(&payload).unwrap_or_else(failed)
        }
        Ok(_failed) => failed(),
        Err(Throttled) => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
    }
}

type Work = JoinHandle<Result<Outcome, Throttled>>;

/// Runs the function and answers as soon as its head is there.
async fn streamed(local: &LocalAws, invocation: Invocation) -> Response<Chunks> {
    let (sink, mut pieces) = mpsc::channel(WAITING);
    let runner = local.clone();
    let work: Work = tokio::spawn(async move {
        runner.attachment::<Runtimes>().stream(&runner, invocation, sink).await
    });
    let mut start = BytesMut::new();
    loop {
        if let Some(at) = start.windows(SEPARATOR.len()).position(|window| window == SEPARATOR) {
            let head = start.split_to(at + SEPARATOR.len());
            let Some(response) = proxy_event::response(&head[..at]) else {
                return failed().map(Chunks::whole);
            };
            return response.map(|_no_body| passed_on(start.freeze(), pieces, work));
        }
        match pieces.recv().await {
            Some(piece) if start.len() <= MOST_HEAD => start.extend_from_slice(&piece),
            Some(_) => return failed().map(Chunks::whole),
            // The function did not stream: its answer is whole, or there is none.
            None => {
                let ended = work.await;
                return ended.map_or_else(|_panicked| failed(), answered).map(Chunks::whole);
            }
        }
    }
}

/// The rest of a streamed answer. Where the function fails on the way, the connection breaks off.
fn passed_on(start: Bytes, mut pieces: mpsc::Receiver<Bytes>, work: Work) -> Chunks {
    let (sink, chunks) = Chunks::new();
    tokio::spawn(async move {
        let mut next = Some(start).filter(|start| !start.is_empty());
        loop {
            if let Some(piece) = next
                && sink.send(Ok(piece)).await.is_err()
            {
                return;
            }
            next = pieces.recv().await;
            if next.is_none() {
                break;
            }
        }
        let is_whole = matches!(work.await, Ok(Ok(Outcome { function_error: None, .. })));
        if !is_whole {
            drop(sink.send(Err(BrokenOff)).await);
        }
    });
    chunks
}

fn failed() -> Response<Bytes> {
    message(StatusCode::BAD_GATEWAY, "Internal Server Error")
}

fn message(status: StatusCode, sentence: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(json!({ "Message": sentence }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
