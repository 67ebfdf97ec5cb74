//! HTTP/1.1 on a socket, for the MCP endpoint and for the callback.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::header::HOST;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};

/// How many connections are served at once; more wait in the socket's queue.
const MOST_CONNECTIONS: usize = 256;
/// How long a request's head may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// The pause after a connection that was not accepted: without file descriptors the next attempt would fail at once.
const PAUSE: Duration = Duration::from_millis(50);

/// A response whose body is there as a whole.
pub(super) type Answer = Response<Full<Bytes>>;

/// Serves `listener` until the future is dropped.
pub(super) async fn serve<F, R>(listener: TcpListener, answer: F)
where
    F: Fn(Request<Incoming>) -> R,
    R: Future<Output = Answer>,
{
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => connections.push(connection(stream, &answer)),
                Err(_) => tokio::time::sleep(PAUSE).await,
            },
            Some(()) = connections.next() => {}
        }
    }
}

async fn connection<F, R>(stream: TcpStream, answer: &F)
where
    F: Fn(Request<Incoming>) -> R,
    R: Future<Output = Answer>,
{
    let service = service_fn(|request| async { Ok::<_, Infallible>(answer(request).await) });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), service);
    // A connection that breaks concerns nobody but its client.
    drop(served.await);
}

/// Whether the request was sent to this machine under a name that only this machine has: another name would be that of a
/// page which had it point here.
pub(super) fn is_for_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(is_loopback)
}

/// Whether an authority means this machine and nothing else.
pub(super) fn is_loopback(authority: &str) -> bool {
    let name = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _port)) => name,
        None => authority.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_few_names() {
        for own in ["localhost:80", "LOCALHOST", "127.0.0.1:1", "[::1]:8", "127.9.9.9"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in
            ["", "localhost.evil.example", "127.0.0.1.evil.example:80", "evil", "[::2]", "0.0.0.0"]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
