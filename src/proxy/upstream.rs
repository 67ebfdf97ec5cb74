//! The server over HTTP: one request, its answer as it comes, and what to do when the credentials are over.

use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;

use super::address::Address;
use super::signing::Authorization;
use super::trouble::Trouble;
use crate::cloud::TLS;
use crate::wire::events::{Event, Events};

/// How long a connection may take.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The most that is read of an answer, or of one event of it.
const MOST_BODY: usize = 64 * 1024 * 1024;
/// The session of an agent runtime: requests with the same one reach the same machine.
const RUNTIME_SESSION: &str = "x-amzn-bedrock-agentcore-runtime-session-id";
/// Headers that are the proxy's to write, or that would say who calls.
const OWN: [&str; 14] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "transfer-encoding",
    "x-amz-date",
    "x-amz-security-token",
];

/// Headers that a person adds to every request.
#[derive(Clone, Debug, Default)]
pub struct Extra(HeaderMap);

/// A header that cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraError {
    /// It is not `NAME: VALUE`. The value may be a secret and is not repeated.
    #[error("a header is not written as `NAME: VALUE`")]
    Form,
    /// The proxy writes it itself.
    #[error("the header {0} is the proxy's own to write")]
    Own(HeaderName),
}

impl Extra {
    /// Adds `NAME: VALUE`.
    ///
    /// # Errors
    /// See [`ExtraError`].
    pub fn add(&mut self, text: &str) -> Result<(), ExtraError> {
        let (name, value) = text.split_once(':').ok_or(ExtraError::Form)?;
        let name: HeaderName = name.trim().parse().map_err(|_invalid| ExtraError::Form)?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_invalid| ExtraError::Form)?;
        if OWN.contains(&name.as_str()) {
            return Err(ExtraError::Own(name));
        }
        self.0.append(name, value);
        Ok(())
    }

    /// Names the session of an agent runtime.
    ///
    /// # Errors
    /// When it cannot be written in a header.
    pub fn runtime_session(&mut self, id: &str) -> Result<(), ExtraError> {
        let value = HeaderValue::from_str(id).map_err(|_invalid| ExtraError::Form)?;
        self.0.insert(RUNTIME_SESSION, value);
        Ok(())
    }
}

/// The server.
pub struct Upstream {
    address: Address,
    authorization: Authorization,
    extra: HeaderMap,
    connector: Connector,
    /// How long it may be silent while something is owed.
    pub(super) patience: Duration,
}

impl Upstream {
    /// The server at `address`, called as `authorization` says.
    pub fn new(
        address: Address,
        authorization: Authorization,
        extra: Extra,
        patience: Duration,
    ) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT_WITHIN).build();
        let connector = Connector::builder().tls_provider(TLS).connector_settings(settings);
        // What is on this machine is asked without the environment's proxy.
        let proxy = if address.is_own { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
        let connector = connector.proxy_config(proxy).build();
        let mut extra = extra.0;
        let agent = concat!("construct/", env!("CARGO_PKG_VERSION"));
        extra.entry(USER_AGENT).or_insert(HeaderValue::from_static(agent));
        Self { address, authorization, extra, connector, patience }
    }

    /// The server's host, for sentences.
    pub(super) fn host(&self) -> &str {
        self.address.host()
    }

    /// Sends a request; the answer's head is there, its body comes. A request that was refused because its credentials
    /// are over was not carried out: it is sent once more, if there are others.
    pub(super) async fn send(
        &self,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Trouble> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = self.address.uri.clone();
        *request.headers_mut() = headers;
        for (name, value) in &self.extra {
            request.headers_mut().append(name, value.clone());
        }
        let mut again = request.clone();
        let used = self.authorization.put(&mut request).await.map_err(Trouble::NoCredentials)?;
        let answer = self.once(request).await?;
        let (true, Some(used)) = (answer.is_refused(), used) else { return Ok(answer) };
        let (answer, is_over) = answer.kept(self.patience).await?;
        if !is_over || !self.authorization.has_other_than(&used).await {
            return Ok(answer);
        }
        self.authorization.put(&mut again).await.map_err(Trouble::NoCredentials)?;
        self.once(again).await
    }

    async fn once(&self, request: Request<Bytes>) -> Result<Answer, Trouble> {
        let request = request.map(SdkBody::from);
        let request = request.try_into().map_err(|error| unreachable_because(&error))?;
        let sent = tokio::time::timeout(self.patience, self.connector.call(request)).await;
        let answer = sent
            .map_err(|_elapsed| Trouble::Silent(self.patience))?
            .map_err(|error| not_sent(&error))?;
        let answer = answer.try_into_http1x().map_err(|error| unreachable_because(&error))?;
        let (parts, body) = answer.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}

fn not_sent(error: &ConnectorError) -> Trouble {
    if error.is_timeout() {
        return Trouble::Unreachable(format!(
            "no connection within {} s",
            CONNECT_WITHIN.as_secs()
        ));
    }
    unreachable_because(error)
}

/// The innermost reason is the one that says something.
fn unreachable_because(error: &dyn std::error::Error) -> Trouble {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    Trouble::Unreachable(innermost.to_string())
}

/// An answer, of which the body may still be on its way.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: SdkBody,
}

impl Answer {
    fn is_refused(&self) -> bool {
        matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
    }

    /// Whether it is a stream of events.
    pub(super) fn is_stream(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        self.status.is_success() && kind.trim().eq_ignore_ascii_case("text/event-stream")
    }

    /// The same refusal with its body there, and whether it says that credentials are over or were taken back.
    async fn kept(self, patience: Duration) -> Result<(Self, bool), Trouble> {
        let (status, headers) = (self.status, self.headers.clone());
        let code = headers.get("x-amzn-errortype").and_then(|code| code.to_str().ok());
        let in_header = code.unwrap_or_default().to_ascii_lowercase();
        let body = self.whole(patience).await?;
        let text = String::from_utf8_lossy(&body).to_ascii_lowercase();
        let is_over = ["expiredtoken", "unrecognizedclient", "invalidclienttokenid"]
            .iter()
            .any(|code| in_header.contains(code) || text.contains(code))
            || text.contains("security token included in the request is");
        Ok((Self { status, headers, body: SdkBody::from(body) }, is_over))
    }

    /// The whole body; the server may not be silent for longer than `patience`.
    pub(super) async fn whole(mut self, patience: Duration) -> Result<Bytes, Trouble> {
        let mut whole = BytesMut::new();
        while let Some(piece) = piece(&mut self.body, Some(patience)).await? {
            if whole.len() + piece.len() > MOST_BODY {
                return Err(Trouble::TooLong);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    /// The body's events.
    pub(super) fn events(self) -> EventReader {
        let events = Events::of_at_most(MOST_BODY);
        EventReader { body: self.body, events, ready: Vec::new().into_iter(), is_open: true }
    }
}

/// Events as they arrive.
pub(super) struct EventReader {
    body: SdkBody,
    events: Events,
    ready: std::vec::IntoIter<Event>,
    is_open: bool,
}

impl EventReader {
    /// The next event; none at the end. `patience` is how long the server may send nothing at all.
    pub(super) async fn next(
        &mut self,
        patience: Option<Duration>,
    ) -> Result<Option<Event>, Trouble> {
        loop {
            if let Some(event) = self.ready.next() {
                return Ok(Some(event));
            }
            if !self.is_open {
                return Ok(None);
            }
            let ended = if let Some(piece) = piece(&mut self.body, patience).await? {
                self.events.push(&piece).map_err(|_too_long| Trouble::TooLong)?
            } else {
                self.is_open = false;
                self.events.rest().into_iter().collect()
            };
            self.ready = ended.into_iter();
        }
    }
}

/// The next piece of a body; none at its end.
async fn piece(body: &mut SdkBody, patience: Option<Duration>) -> Result<Option<Bytes>, Trouble> {
    loop {
        let frame = match patience {
            Some(time) => tokio::time::timeout(time, body.frame())
                .await
                .map_err(|_elapsed| Trouble::Silent(time))?,
            None => body.frame().await,
        };
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame.map_err(|_broken| Trouble::Ended)?;
        // What is no data are trailers.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_the_proxy_writes_are_not_a_person_s() {
        let mut extra = Extra::default();
        extra.add("X-Team: a: b").unwrap();
        extra.add("x-team:c").unwrap();
        let values: Vec<&HeaderValue> = extra.0.get_all("x-team").iter().collect();
        assert_eq!(values, ["a: b", "c"]);
        for own in ["Authorization: Bearer s3cret", "mcp-session-id: 1", "HOST: evil.example"] {
            let error = extra.add(own).unwrap_err();
            assert!(matches!(error, ExtraError::Own(_)), "{own}");
            assert!(!error.to_string().contains("s3cret"));
        }
        for odd in ["s3cret", "a b: s3cret", "a: s3\ncret"] {
            assert_eq!(extra.add(odd).unwrap_err(), ExtraError::Form, "{odd}");
        }
    }
}
