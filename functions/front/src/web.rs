//! The way out: one pool of connections for what the functions call.
//!
//! No redirect is followed and no proxy is used, so that a request with somebody's token goes where it was sent and nowhere
//! else. Names below `localhost` are this machine (RFC 6761, section 6.3), whatever the resolver of the system thinks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{HeaderValue, Request, Response, Uri};
use ureq::config::Config;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body, Error};

use crate::clock::Deadline;
use crate::http::origin;

/// A call that brought no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It took too long.
    TimedOut,
    /// Nobody answered, or not in HTTP.
    Unreachable,
    /// The answer is larger than is read.
    TooLarge,
}

impl Trouble {
    /// A word for the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::TooLarge => "too_large",
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Timeout(_) => Self::TimedOut,
            Error::BodyExceedsLimit(_) => Self::TooLarge,
            Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Unreachable,
        }
    }
}

/// What has been idle for longer is taken for dead: the other side closes what is not used.
const MOST_IDLE: Duration = Duration::from_secs(45);

/// Connections, and when one was last used.
#[derive(Debug)]
struct Pool {
    agent: Agent,
    used_at: SystemTime,
}

/// The way out.
#[derive(Debug)]
pub struct Web {
    pool: Mutex<Pool>,
    endpoint: Option<Uri>,
}

impl Web {
    /// One that finds AWS at `endpoint`, where that is set.
    pub fn new(endpoint: Option<&str>) -> Self {
        let pool = Pool { agent: agent(), used_at: SystemTime::now() };
        Self {
            pool: Mutex::new(pool),
            endpoint: endpoint.and_then(|endpoint| endpoint.parse().ok()),
        }
    }

    /// Connections that can still be alive. Between two invocations a sandbox is frozen, and the clock that a connection's
    /// age is told by may have stood still with it: only the time of day tells.
    fn agent(&self) -> Agent {
        let now = SystemTime::now();
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        if now.duration_since(pool.used_at).is_ok_and(|idle| idle > MOST_IDLE) {
            pool.agent = agent();
        }
        pool.used_at = now;
        pool.agent.clone()
    }

    /// Sends a request and waits for the head of its answer; the deadline is for the body too.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn send(
        &self,
        mut request: Request<Vec<u8>>,
        deadline: Deadline,
    ) -> Result<Response<Body>, Trouble> {
        self.relocate(&mut request);
        let (parts, body) = request.into_parts();
        let agent = self.agent();
        let limit = Some(deadline.left());
        // A length of nought would be sent for an empty body, which a GET must not have.
        let answer = if body.is_empty() && parts.method != http::Method::POST {
            let request = Request::from_parts(parts, ());
            agent.run(agent.configure_request(request).timeout_global(limit).build())
        } else {
            let request = Request::from_parts(parts, body);
            agent.run(agent.configure_request(request).timeout_global(limit).build())
        };
        Ok(answer?)
    }

    /// With the local AWS, a request to a name of AWS goes there and keeps the name in `Host`.
    fn relocate(&self, request: &mut Request<Vec<u8>>) {
        let Some(endpoint) = &self.endpoint else { return };
        let uri = request.uri();
        let host = uri.host().unwrap_or_default();
        if ![".amazonaws.com", ".amazoncognito.com"].iter().any(|suffix| host.ends_with(suffix)) {
            return;
        }
        let (Ok(own), Some(path)) = (HeaderValue::from_str(host), uri.path_and_query()) else {
            return;
        };
        let place = format!("{}{path}", origin(&endpoint.to_string()));
        if let Ok(place) = place.parse() {
            *request.uri_mut() = place;
            request.headers_mut().insert(http::header::HOST, own);
        }
    }
}

/// Reads a body to its end.
///
/// # Errors
/// See [`Trouble`].
pub fn read(body: &mut Body, most: u64) -> Result<Vec<u8>, Trouble> {
    Ok(body.with_config().limit(most).read_to_vec()?)
}

fn agent() -> Agent {
    Agent::with_parts(config(), DefaultConnector::new(), Names)
}

/// What all calls have in common.
pub(crate) fn config() -> Config {
    Config::builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("")
        .max_idle_age(MOST_IDLE)
        .build()
}

/// Resolves names below `localhost` by itself.
#[derive(Debug)]
struct Names;

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().unwrap_or_default();
        if host != "localhost" && !host.ends_with(".localhost") {
            return DefaultResolver::default().resolve(uri, config, timeout);
        }
        let port =
            uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let mut addresses = self.empty();
        addresses.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        Ok(addresses)
    }
}
