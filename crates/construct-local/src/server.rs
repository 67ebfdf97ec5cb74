//! The local AWS over TCP, on HTTP/1.1: at its own port, and at one for each HTTP API and each function URL.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::answer::Answer;
use crate::chunks::Chunks;
use crate::local::LocalAws;

/// How long connections get to finish their request after the shutdown.
const GRACE: Duration = Duration::from_secs(2);

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("cut by the fault plan")]
    Cut,
    #[error("the request body could not be read")]
    Body(#[from] hyper::Error),
}

/// Serves `local` on `listener` until `shutdown` is done, then lets running requests finish. HTTP APIs and function URLs
/// are served at their own ports of the same address, from when they are made to when they are gone.
///
/// While it serves, `owner.json` tells other processes the address.
///
/// # Errors
/// When the listener has no address, the port of one of those is taken, or `owner.json` cannot be written.
pub async fn serve(
    local: LocalAws,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let mut ports = Ports { address: address.ip(), tasks: JoinSet::new(), apis: BTreeMap::new() };
    ports.follow(&local, &stopped).await?;
    local.announce(Some(address.to_string())).map_err(io::Error::other)?;
    ports.tasks.spawn(accept(local.clone(), listener, stopped.clone()));
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            () = local.changed() => {
                if let Err(error) = ports.follow(&local, &stopped).await {
                    tracing::warn!(%error, "an HTTP API or a function URL is not served");
                }
            }
        }
    }
    stop.send_replace(true);
    let finished = async { while ports.tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::debug!("connections closed before they were done");
    }
    local.flush()?;
    local.announce(None).map_err(io::Error::other)
}

/// The ports that are served.
struct Ports {
    address: IpAddr,
    tasks: JoinSet<()>,
    /// Those of HTTP APIs and function URLs.
    apis: BTreeMap<u16, AbortHandle>,
}

impl Ports {
    /// Serves the ports of the HTTP APIs and function URLs that there are now, and no others.
    async fn follow(
        &mut self,
        local: &LocalAws,
        stopped: &watch::Receiver<bool>,
    ) -> io::Result<()> {
        let wanted = local.api_ports();
        self.apis.retain(|port, task| {
            let stays = wanted.contains(port);
            if !stays {
                task.abort();
            }
            stays
        });
        for port in wanted {
            if !self.apis.contains_key(&port) {
                let listener = TcpListener::bind((self.address, port)).await.map_err(|error| {
                    io::Error::new(
                        error.kind(),
                        format!("port {port} of an HTTP API or a function URL: {error}"),
                    )
                })?;
                let task = self.tasks.spawn(accept(local.clone(), listener, stopped.clone()));
                self.apis.insert(port, task);
            }
        }
        Ok(())
    }
}

/// Takes connections until it is stopped, then waits for those it has.
async fn accept(local: LocalAws, listener: TcpListener, stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let mut stop = stopped.clone();
    loop {
        tokio::select! {
            () = async { drop(stop.wait_for(|stopped| *stopped).await) } => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(local.clone(), stream, stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors: the next accept would fail at once as well.
                    tracing::warn!(%error, "connection not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(local: LocalAws, stream: TcpStream, mut stopped: watch::Receiver<bool>) {
    let service = service_fn(move |request| respond(local.clone(), request));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let result = tokio::select! {
        result = serving.as_mut() => result,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}

async fn respond(
    local: LocalAws,
    request: Request<Incoming>,
) -> Result<Response<Either<Full<Bytes>, Chunks>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    match local.answer(Request::from_parts(parts, body)).await {
        Answer::Response(response) => Ok(response.map(|bytes| Either::Left(Full::new(bytes)))),
        Answer::Stream(response) => Ok(response.map(Either::Right)),
        Answer::Cut => Err(Broken::Cut),
        Answer::Hang => match pending::<Infallible>().await {},
    }
}
