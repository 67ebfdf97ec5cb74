//! One connection, made step by step so that each can be timed and told apart: the name, the socket, TLS, then requests on
//! it. No proxy of the environment is used: what is looked at is the way from here.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::certificate;

/// How long each step of a connection may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take: the front's own limit at an HTTP API, and its start.
const ANSWER_WITHIN: Duration = Duration::from_secs(45);
/// The most that is read of an answer: the gateway's own limit.
const MOST_BODY: usize = 6 * 1024 * 1024;

/// The step that failed, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreached {
    /// The address is none.
    #[error("{0:?} is no address with a host")]
    Address(String),
    /// The name has no address.
    #[error("the name {0} does not resolve: {1}")]
    Name(String, String),
    /// Nobody takes connections.
    #[error("{0} cannot be connected to: {1}")]
    Connect(String, String),
    /// The certificate is not one to trust, or there is no TLS.
    #[error("{0} does not show a certificate that this machine trusts: {1}")]
    Tls(String, String),
    /// What answers is no HTTP.
    #[error("{0} does not speak HTTP: {1}")]
    Http(String, String),
}

/// How the way was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Looking the name up.
    pub(super) dns: Duration,
    /// Connecting.
    pub(super) connect: Duration,
    /// Agreeing on TLS; none without it.
    pub(super) tls: Option<Duration>,
    /// Until when the certificate is good.
    pub(super) certificate_until: Option<Timestamp>,
}

/// An answer, whole.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: StatusCode,
    /// The headers.
    pub(super) headers: HeaderMap,
    /// The body.
    pub(super) body: Bytes,
}

impl Answer {
    /// The body as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A connection that requests go over, one after the other.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: HeaderValue,
}

/// Whose certificates are trusted.
#[derive(Clone)]
pub struct Trust(Arc<RootCertStore>);

impl Trust {
    /// Those that this machine trusts.
    pub fn of_this_machine() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self(Arc::new(roots))
    }

    /// These alone.
    pub fn only(roots: RootCertStore) -> Self {
        Self(Arc::new(roots))
    }

    fn connector(&self) -> Result<TlsConnector, rustls::Error> {
        // The same cryptography as in the AWS clients.
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&self.0))
            .with_no_client_auth();
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

impl Connection {
    /// Connects to the host of `url`.
    ///
    /// # Errors
    /// The step that failed.
    pub(super) async fn open(url: &str, trust: &Trust) -> Result<(Self, Way), Unreached> {
        let address = || Unreached::Address(url.to_owned());
        let uri: Uri = url.parse().map_err(|_invalid| address())?;
        let authority = uri.authority().ok_or_else(address)?;
        let name = authority.host().to_owned();
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_invalid| address())?;
        let is_tls = uri.scheme_str() == Some("https");
        let port = authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 });

        let begun = Instant::now();
        let addresses = resolve(&name, port).await?;
        let dns = begun.elapsed();

        let begun = Instant::now();
        let stream = connect(&name, port, &addresses).await?;
        let connect = begun.elapsed();

        if !is_tls {
            let connection = Self { sender: spoken(stream, &name).await?, host };
            return Ok((connection, Way { dns, connect, tls: None, certificate_until: None }));
        }
        let begun = Instant::now();
        let failed = |why: String| Unreached::Tls(name.clone(), why);
        let connector = trust.connector().map_err(|error| failed(error.to_string()))?;
        let server =
            ServerName::try_from(name.clone()).map_err(|error| failed(error.to_string()))?;
        let stream = timeout(PATIENCE, connector.connect(server, stream))
            .await
            .map_err(|_elapsed| failed(late()))?
            .map_err(|error| failed(error.to_string()))?;
        let tls = Some(begun.elapsed());
        let shown = stream.get_ref().1.peer_certificates().and_then(|all| all.first());
        let certificate_until = shown.and_then(|one| certificate::not_after(one));
        let connection = Self { sender: spoken(stream, &name).await?, host };
        Ok((connection, Way { dns, connect, tls, certificate_until }))
    }

    /// Sends a request, whose URI is a path, and reads its answer whole.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn send(&mut self, mut request: Request<Bytes>) -> Result<Answer, String> {
        let agent = HeaderValue::from_static(concat!("construct/", env!("CARGO_PKG_VERSION")));
        request.headers_mut().insert(HOST, self.host.clone());
        request.headers_mut().insert(USER_AGENT, agent);
        let asked = async {
            self.sender.ready().await.map_err(|error| error.to_string())?;
            let answer = self.sender.send_request(request.map(Full::new)).await;
            let (parts, body) = answer.map_err(|error| error.to_string())?.into_parts();
            let body = Limited::new(body, MOST_BODY).collect().await;
            let body = body.map_err(|error| error.to_string())?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        let late = || format!("no answer within {} s", ANSWER_WITHIN.as_secs());
        timeout(ANSWER_WITHIN, asked).await.map_err(|_elapsed| late())?
    }
}

fn late() -> String {
    format!("no answer within {} s", PATIENCE.as_secs())
}

/// The addresses of a name. Names below `localhost` are this machine, whatever the resolver of the system thinks (RFC 6761,
/// section 6.3).
async fn resolve(name: &str, port: u16) -> Result<Vec<SocketAddr>, Unreached> {
    if name == "localhost" || name.ends_with(".localhost") {
        return Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]);
    }
    let failed = |why: String| Unreached::Name(name.to_owned(), why);
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let found = timeout(PATIENCE, tokio::net::lookup_host((bare, port)))
        .await
        .map_err(|_elapsed| failed(late()))?
        .map_err(|error| failed(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() { Err(failed("it has no address".to_owned())) } else { Ok(found) }
}

async fn connect(name: &str, port: u16, addresses: &[SocketAddr]) -> Result<TcpStream, Unreached> {
    let failed = |why: String| Unreached::Connect(format!("{name}:{port}"), why);
    timeout(PATIENCE, TcpStream::connect(addresses))
        .await
        .map_err(|_elapsed| failed(late()))?
        .map_err(|error| failed(error.to_string()))
}

async fn spoken(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    name: &str,
) -> Result<SendRequest<Full<Bytes>>, Unreached> {
    let (sender, connection) = handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Unreached::Http(name.to_owned(), error.to_string()))?;
    // It ends with the sender; how it ended shows in the requests.
    tokio::spawn(async move { connection.await.ok() });
    Ok(sender)
}
