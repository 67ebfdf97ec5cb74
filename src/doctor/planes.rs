//! The planes of the local AWS, served for the time of a login: of a copy, so that a login leaves nothing behind.

use std::time::Duration;

use bytes::Bytes;
use construct_local::{LocalAws, server};
use http::Request;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::connection::{Connection, Trust};

/// How long it may take to end once its connections are closed.
const SOON: Duration = Duration::from_secs(5);

/// A copy of a local AWS that listens at the addresses of the original.
pub(super) struct Planes {
    copy: LocalAws,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Planes {
    /// Serves a copy of `original`, which nobody else may serve meanwhile.
    ///
    /// # Errors
    /// Why it cannot be served, such as a port that somebody else has.
    pub(super) async fn serve(original: &LocalAws) -> Result<Self, String> {
        let copy = original.copy().map_err(|error| error.to_string())?;
        let port = copy.port();
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.map_err(|error| format!("port {port}: {error}"))?;
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { stopped.await.unwrap_or_default() };
        let mut serving = tokio::spawn(server::serve(copy.clone(), listener, shutdown));
        // Its own port is answered when it has all the others.
        let Err(unanswered) = ask(port).await else { return Ok(Self { copy, stop, serving }) };
        // It ends where it does not get one of them.
        let Ok(ended) = tokio::time::timeout(SOON, &mut serving).await else {
            serving.abort();
            return Err(unanswered);
        };
        Err(match ended {
            Ok(Err(error)) => error.to_string(),
            _ => unanswered,
        })
    }

    /// The copy that is served.
    pub(super) fn aws(&self) -> &LocalAws {
        &self.copy
    }

    /// Ends it, and with it the functions that ran.
    pub(super) async fn end(self) {
        // It may have ended by itself: then nobody listens any longer.
        self.stop.send(()).ok();
        self.serving.await.ok();
    }
}

async fn ask(port: u16) -> Result<(), String> {
    let trust = Trust::only(rustls::RootCertStore::empty());
    let opened = Connection::open(&format!("http://localhost:{port}/"), &trust).await;
    let (mut connection, _) = opened.map_err(|error| error.to_string())?;
    connection.send(Request::new(Bytes::new())).await.map(drop)
}
