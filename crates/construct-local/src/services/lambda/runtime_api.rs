//! The Lambda Runtime API over loopback: how a running function fetches its next event and gives
//! its answer. The paths and headers are those of the public Runtime API (2018-06-01), so that a
//! real `bootstrap` runs here unchanged.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

const PREFIX: &str = "/2018-06-01/runtime/";

/// One event on its way to a function.
pub(super) struct Event {
    /// The request id, a UUID.
    pub(super) request_id: String,
    /// When the invocation is given up, in milliseconds since 1970.
    pub(super) deadline_ms: i64,
    /// The ARN the caller invoked.
    pub(super) function_arn: String,
    /// The decoded client context (JSON), if the caller sent one.
    pub(super) client_context: Option<String>,
    /// The event document.
    pub(super) payload: Bytes,
    /// Where a streamed answer is passed on, if its caller wants it so.
    pub(super) sink: Option<mpsc::Sender<Bytes>>,
}

/// What a function said.
pub(super) enum Said {
    /// The answer to the event; empty where it was streamed.
    Response(Bytes),
    /// An error document, of the event or of the start.
    Error(Bytes),
}

/// The event that a function works on.
struct Current {
    request_id: String,
    answer: oneshot::Sender<Said>,
    sink: Option<mpsc::Sender<Bytes>>,
}

struct Shared {
    events: tokio::sync::Mutex<mpsc::Receiver<(Event, oneshot::Sender<Said>)>>,
    /// The event the function works on. There is never more than one.
    current: Mutex<Option<Current>>,
    /// What a failed start said, kept for the event that finds the function dead.
    start_error: Mutex<Option<Bytes>>,
}

/// A Runtime API for exactly one process. Dropping it closes its port.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<(Event, oneshot::Sender<Said>)>,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl RuntimeApi {
    /// Listens on a free loopback port.
    ///
    /// # Errors
    /// When no loopback port can be bound.
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (events, queue) = mpsc::channel(1);
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(queue),
            current: Mutex::new(None),
            start_error: Mutex::new(None),
        });
        let server = tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { address, events, shared, server })
    }

    /// `host:port`, the value of `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands an event over. The receiver ends without a value when the function never answers.
    pub(super) async fn send(&self, event: Event) -> oneshot::Receiver<Said> {
        let (answer, said) = oneshot::channel();
        // The receiving half lives in `shared`, which lives as long as this does.
        let sent = self.events.send((event, answer)).await;
        debug_assert!(sent.is_ok(), "the queue lives as long as its server");
        said
    }

    /// What the function reported when it failed to start, once.
    pub(super) fn take_start_error(&self) -> Option<Bytes> {
        self.shared.start_error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    // Connections end with this task: the set aborts them when it is dropped.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connection(stream, Arc::clone(&shared)));
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, std::convert::Infallible>(answer(request, &shared).await) }
    });
    // A function that goes away in the middle of a request is noticed by its process, not here.
    drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
}

async fn answer(request: Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let Some(path) = path.strip_prefix(PREFIX) else { return plain(StatusCode::NOT_FOUND) };
    match (request.method(), path) {
        (&Method::GET, "invocation/next") => next(shared).await,
        (&Method::POST, "init/error") => {
            let body = read(request).await;
            *shared.start_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
            plain(StatusCode::ACCEPTED)
        }
        (&Method::POST, path) => {
            let Some((id, what)) =
                path.strip_prefix("invocation/").and_then(|rest| rest.split_once('/'))
            else {
                return plain(StatusCode::NOT_FOUND);
            };
            let (id, what) = (id.to_owned(), what.to_owned());
            let said = match what.as_str() {
                "response" => match sink(shared, &id, &request) {
                    Some(sink) => pass_on(request, sink).await,
                    None => Said::Response(read(request).await),
                },
                "error" => Said::Error(read(request).await),
                _ => return plain(StatusCode::NOT_FOUND),
            };
            finish(shared, &id, said)
        }
        _ => plain(StatusCode::NOT_FOUND),
    }
}

async fn next(shared: &Shared) -> Response<Full<Bytes>> {
    let Some((event, answer)) = shared.events.lock().await.recv().await else {
        return plain(StatusCode::GONE);
    };
    let mut reply = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", &event.request_id)
        .header("lambda-runtime-deadline-ms", event.deadline_ms)
        .header("lambda-runtime-invoked-function-arn", &event.function_arn)
        .header("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0");
    if let Some(context) = &event.client_context {
        reply = reply.header("lambda-runtime-client-context", context);
    }
    *shared.current.lock().unwrap_or_else(PoisonError::into_inner) =
        Some(Current { request_id: event.request_id, answer, sink: event.sink });
    reply
        .body(Full::new(event.payload))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn finish(shared: &Shared, id: &str, said: Said) -> Response<Full<Bytes>> {
    let mut current = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
    if current.as_ref().is_none_or(|current| current.request_id != id) {
        return plain(StatusCode::BAD_REQUEST);
    }
    if let Some(current) = current.take() {
        // The caller may have timed out meanwhile; then nobody listens any more.
        drop(current.answer.send(said));
    }
    plain(StatusCode::ACCEPTED)
}

/// Where this answer is passed on: a streamed one, to a caller that wants it so.
fn sink(shared: &Shared, id: &str, request: &Request<Incoming>) -> Option<mpsc::Sender<Bytes>> {
    let mode = request.headers().get("lambda-runtime-function-response-mode")?;
    let current = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
    let current =
        current.as_ref().filter(|current| current.request_id == id && mode == "streaming");
    current?.sink.clone()
}

/// Passes a streamed answer on. Where its reader has gone, it is read to its end all the same: the function does not notice.
/// A trailer tells that the function failed on the way.
async fn pass_on(request: Request<Incoming>, sink: mpsc::Sender<Bytes>) -> Said {
    let mut body = request.into_body();
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            let document = r#"{"errorType":"Runtime.TruncatedResponse","errorMessage":"the answer broke off"}"#;
            return Said::Error(Bytes::from_static(document.as_bytes()));
        };
        match frame.into_data() {
            Ok(piece) => drop(sink.send(piece).await),
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                if let Some(kind) = trailers.get("lambda-runtime-function-error-type") {
                    let kind = String::from_utf8_lossy(kind.as_bytes());
                    let document = serde_json::json!({ "errorType": kind, "errorMessage": "" });
                    return Said::Error(Bytes::from(document.to_string()));
                }
            }
        }
    }
    Said::Response(Bytes::new())
}

async fn read(request: Request<Incoming>) -> Bytes {
    request.into_body().collect().await.map_or_else(|_| Bytes::new(), Collected::to_bytes)
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::new(Bytes::from_static(b"{}")));
    *reply.status_mut() = status;
    reply
}
