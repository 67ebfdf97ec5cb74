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
}

/// What a function said.
pub(super) enum Said {
    /// The answer to the event.
    Response(Bytes),
    /// An error document, of the event or of the start.
    Error(Bytes),
}

type Slot = Mutex<Option<(String, oneshot::Sender<Said>)>>;

struct Shared {
    events: tokio::sync::Mutex<mpsc::Receiver<(Event, oneshot::Sender<Said>)>>,
    /// The event the function works on. There is never more than one.
    current: Slot,
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
            let body = read(request).await;
            let said = match what.as_str() {
                "response" => Said::Response(body),
                "error" => Said::Error(body),
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
        Some((event.request_id, answer));
    reply
        .body(Full::new(event.payload))
        .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn finish(shared: &Shared, id: &str, said: Said) -> Response<Full<Bytes>> {
    let mut current = shared.current.lock().unwrap_or_else(PoisonError::into_inner);
    if current.as_ref().is_none_or(|(known, _)| known != id) {
        return plain(StatusCode::BAD_REQUEST);
    }
    if let Some((_, answer)) = current.take() {
        // The caller may have timed out meanwhile; then nobody listens any more.
        drop(answer.send(said));
    }
    plain(StatusCode::ACCEPTED)
}

async fn read(request: Request<Incoming>) -> Bytes {
    request.into_body().collect().await.map_or_else(|_| Bytes::new(), Collected::to_bytes)
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::new(Bytes::from_static(b"{}")));
    *reply.status_mut() = status;
    reply
}
