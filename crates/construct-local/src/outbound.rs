//! Requests that the local AWS makes itself: key sets of issuers, vendors' token endpoints, the
//! upstreams of a gateway's targets.
//!
//! An address of its own is answered by the same router, without a socket, so that the planes reach
//! each other in process as they do over TCP.

use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery};
use http::{HeaderValue, Request, Response, Uri};

use crate::addresses::{host_name, is_loopback};
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::services::cognito;

/// How long another server may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The most that is read of an answer: the gateway's payload limit.
const MOST_BODY: u64 = 6 * 1024 * 1024;

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The URL is none that can be called.
    #[error("`{0}` is not an http or https URL")]
    Url(String),
    /// It leads away from this machine, which [`crate::Options::internet`] does not allow.
    #[error("the local AWS was not told to call {0} (start it with access to the internet)")]
    NotAllowed(String),
    /// The other end did not answer as HTTP asks, or not in time.
    #[error("{host} did not answer: {reason}")]
    Failed {
        /// Whom it was for.
        host: String,
        /// What went wrong. Never holds a header or a body.
        reason: String,
    },
}

/// Sends `request`, whose URI is absolute, and gives the answer whatever its status. Redirects are
/// answers too.
///
/// # Errors
/// [`Unanswered`].
pub fn send(
    local: &LocalAws,
    request: Request<Bytes>,
) -> Boxed<Result<Response<Bytes>, Unanswered>> {
    let local = local.clone();
    // Boxed, because the router's own answer may send another request.
    Box::pin(async move {
        let uri = request.uri().clone();
        let Some(host) = uri.host().filter(|_| matches!(uri.scheme_str(), Some("http" | "https")))
        else {
            return Err(Unanswered::Url(uri.to_string()));
        };
        if is_own(&local, &uri) {
            return Ok(local.handle(relative(request)).await);
        }
        if !may_call(&local, &uri) {
            return Err(Unanswered::NotAllowed(host.to_owned()));
        }
        call(host.to_owned(), request).await
    })
}

/// Whether requests to this address may be made at all.
pub fn may_call(local: &LocalAws, uri: &Uri) -> bool {
    local.options().internet || is_own(local, uri) || is_loopback(&name(uri))
}

/// Whether the local AWS itself answers at this address: on its own port, or in place of the service
/// whose object it has.
pub fn is_own(local: &LocalAws, uri: &Uri) -> bool {
    let name = name(uri);
    if is_loopback(&name) {
        let port = uri.port_u16().unwrap_or(80);
        return port == local.port() || local.api_ports().contains(&port);
    }
    local.read(|account| cognito::answers(account, &name, uri.path()))
}

fn name(uri: &Uri) -> String {
    host_name(uri.authority().map(Authority::as_str).unwrap_or_default())
}

/// The request as a server sees it: a path, and the host in its header.
fn relative(mut request: Request<Bytes>) -> Request<Bytes> {
    let uri = request.uri().clone();
    let host = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(http::header::HOST, host);
    }
    *request.uri_mut() =
        uri.path_and_query().cloned().map_or_else(Uri::default, |path: PathAndQuery| path.into());
    request
}

/// Over a socket. The client blocks, so it has a thread of its own.
async fn call(host: String, request: Request<Bytes>) -> Result<Response<Bytes>, Unanswered> {
    let to_this_machine = is_loopback(&host_name(&host));
    let result = tokio::task::spawn_blocking(move || {
        let mut agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0);
        if to_this_machine {
            agent = agent.proxy(None);
        }
        let agent: ureq::Agent = agent.build().into();
        let (parts, body) = request.into_parts();
        let response = agent.run(Request::from_parts(parts, body.to_vec()))?;
        let (parts, body) = response.into_parts();
        let bytes = body.into_with_config().limit(MOST_BODY).read_to_vec()?;
        Ok::<_, ureq::Error>(Response::from_parts(parts, Bytes::from(bytes)))
    })
    .await;
    match result {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Unanswered::Failed { host, reason: error.to_string() }),
        Err(_stopped) => Err(Unanswered::Failed { host, reason: "the call was ended".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn get(url: &str) -> Request<Bytes> {
        Request::get(url).body(Bytes::new()).unwrap()
    }

    #[tokio::test]
    async fn an_address_of_its_own_needs_no_socket() {
        let local = LocalAws::in_memory(Options { port: Some(4566), ..Options::instant() });
        let answer = send(&local, get("http://localhost:4566/nothing?x=1")).await.unwrap();
        assert_eq!(answer.status(), 404);
        let body = String::from_utf8(answer.body().to_vec()).unwrap();
        assert!(body.contains("localhost:4566/nothing"), "{body}");
    }

    #[tokio::test]
    async fn nothing_leaves_this_machine_unless_told() {
        let local = LocalAws::in_memory(Options { port: Some(4566), ..Options::instant() });
        let refused = send(&local, get("https://api.example.com/user")).await.unwrap_err();
        assert_eq!(refused, Unanswered::NotAllowed("api.example.com".to_owned()));
        let strange = send(&local, get("ftp://localhost/")).await.unwrap_err();
        assert_eq!(strange, Unanswered::Url("ftp://localhost/".to_owned()));
        // A loopback port that nobody listens on was tried.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let failed = send(&local, get(&format!("http://{closed}/"))).await.unwrap_err();
        assert!(matches!(failed, Unanswered::Failed { .. }), "{failed}");
    }
}
