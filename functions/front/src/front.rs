//! A function: its configuration, what it keeps between requests, and which code answers which path.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ALLOW, CACHE_CONTROL, HeaderName};
use http::{HeaderValue, Method, Request as Outgoing, StatusCode};
use serde_json::{Value, json};

use crate::aws::Aws;
use crate::clock::{Clock, Deadline};
use crate::config::Config;
use crate::http::{Answer, Request};
use crate::jwt::{Issuer, Jwks};
use crate::keys::{Keys, Rings};
use crate::log::Log;
use crate::oauth::MetadataDocuments;
use crate::web::{self, Web};
use crate::{Role, connect, health, oauth, proxy};

/// Nobody may wait longer than this for the issuer's keys.
const KEYS_LIMIT: Duration = Duration::from_secs(5);
const MOST_KEYS: u64 = 256 * 1024;

/// A function of the front, ready to answer.
#[derive(Debug)]
pub struct Front {
    /// What it does.
    pub role: Role,
    /// What the environment says.
    pub config: Config,
    /// The way out.
    pub web: Web,
    /// AWS, as the function's role.
    pub aws: Aws,
    /// Time.
    pub clock: Clock,
    /// Where log lines go.
    pub log: Log,
    pub(crate) documents: MetadataDocuments,
    keys: Keys,
    jwks: Jwks,
}

impl Front {
    /// A function that has asked nobody yet.
    pub fn new(role: Role, config: Config, aws: Aws, (clock, log): (Clock, Log)) -> Self {
        let web = Web::new(config.endpoint.as_deref());
        Self {
            role,
            config,
            web,
            aws,
            clock,
            log,
            documents: MetadataDocuments::default(),
            keys: Keys::default(),
            jwks: Jwks::default(),
        }
    }

    /// Does before the first request what would make it slow: the keys are read, and a connection to the gateway is made.
    /// What fails here is tried again when it is needed.
    pub fn warm(&self) {
        let deadline = Deadline::after(KEYS_LIMIT);
        if let Err(error) = self.rings(deadline) {
            self.log.line("warn", "", "sealing_keys_unavailable", json!({ "error": error }));
        }
        if self.role.is_facade() {
            let _found = self.jwks.key("", || self.fetch_keys(deadline), self.clock.now());
            if let Ok(request) = Outgoing::get(&self.config.gateway).body(Vec::new())
                && let Ok(mut answer) = self.web.send(request, deadline)
            {
                // Read to its end, a connection is used again.
                let _rest = web::read(answer.body_mut(), MOST_KEYS);
            }
        }
    }

    /// The sealing keys.
    ///
    /// # Errors
    /// A word for the log, where there are none.
    pub fn rings(&self, deadline: Deadline) -> Result<Arc<Rings>, String> {
        let rings =
            self.keys.rings((&self.aws, &self.web), &self.config, self.clock.now(), deadline);
        rings.map_err(|error| error.word().to_owned())
    }

    /// The issuer whose tokens are checked.
    pub fn issuer(&self, deadline: Deadline) -> Issuer<'_, impl Fn() -> Option<Value>> {
        Issuer {
            name: &self.config.issuer,
            keys: &self.jwks,
            fetch: move || self.fetch_keys(deadline),
        }
    }

    fn fetch_keys(&self, deadline: Deadline) -> Option<Value> {
        let request = Outgoing::get(&self.config.keys_url).body(Vec::new()).ok()?;
        let mut answer = self.web.send(request, deadline.at_most(KEYS_LIMIT)).ok()?;
        if answer.status() != StatusCode::OK {
            return None;
        }
        serde_json::from_slice(&web::read(answer.body_mut(), MOST_KEYS).ok()?).ok()
    }

    /// Answers a request. `invocation` is Lambda's own name of it, for where the front door gave none.
    pub fn answer(
        self: &Arc<Self>,
        request: &Request,
        invocation: &str,
        deadline: Deadline,
    ) -> Answer {
        let deadline = self.config.front.limit().map_or(deadline, |limit| deadline.at_most(limit));
        let id = [request.id.as_str(), invocation].into_iter().find(|id| is_plain(id));
        let visit = Visit { front: self, request, deadline, id: id.unwrap_or("unnamed") };
        let started = std::time::Instant::now();
        let answer = dress(visit.route(), visit.id);
        let status = answer.status.as_u16();
        let level = if status >= 500 { "error" } else { "info" };
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let fields = json!({
            "method": request.method.as_str(),
            "route": visit.endpoint().map_or("none", Endpoint::word),
            "status": status,
            "ms": took,
        });
        self.log.line(level, visit.id, "request", fields);
        answer
    }
}

/// An id that may be repeated in a header and a log.
fn is_plain(id: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_=+/".contains(c);
    (1..=128).contains(&id.len()) && id.chars().all(is_plain)
}

/// What every answer carries, unless it has said otherwise.
fn dress(mut answer: Answer, id: &str) -> Answer {
    let headers = &mut answer.headers;
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (
            HeaderName::from_static("strict-transport-security"),
            "max-age=31536000; includeSubDomains",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-correlation-id"), id);
    }
    answer
}

/// A request on its way through a function.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The function.
    pub front: &'a Arc<Front>,
    /// The request.
    pub request: &'a Request,
    /// When the answer has to be on its way.
    pub deadline: Deadline,
    /// What the request is called in the log and to the caller.
    pub id: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Health,
    AuthorizationServer,
    ProtectedResource,
    Register,
    Authorize,
    Callback,
    Token,
    Mcp,
    ConnectCallback,
    ConsentCallback,
    Connect,
}

impl Endpoint {
    /// A well-known document is served at the root and with our resource's path inserted (RFC 8414, 3.1; RFC 9728, 3.1).
    fn of(role: Role, path: &str) -> Option<Self> {
        let of_facade = role.is_facade();
        let of_consents = role.is_for_consents();
        Some(match path {
            "/health" => Self::Health,
            "/.well-known/oauth-authorization-server"
            | "/.well-known/oauth-authorization-server/mcp"
                if of_facade =>
            {
                Self::AuthorizationServer
            }
            "/.well-known/oauth-protected-resource"
            | "/.well-known/oauth-protected-resource/mcp"
                if of_facade =>
            {
                Self::ProtectedResource
            }
            "/register" if of_facade => Self::Register,
            "/authorize" if of_facade => Self::Authorize,
            "/callback" if of_facade => Self::Callback,
            "/token" if of_facade => Self::Token,
            "/mcp" if of_facade => Self::Mcp,
            "/connect/callback" if of_consents => Self::ConnectCallback,
            "/oauth2/callback" if of_consents => Self::ConsentCallback,
            path if of_consents && path.starts_with("/connect/") => Self::Connect,
            _ => return None,
        })
    }

    const fn methods(self) -> &'static str {
        match self {
            Self::Register | Self::Token => "POST",
            Self::Authorize => "GET, POST",
            Self::Mcp => "POST, DELETE",
            _ => "GET, HEAD",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::AuthorizationServer => "authorization-server-metadata",
            Self::ProtectedResource => "protected-resource-metadata",
            Self::Register => "register",
            Self::Authorize => "authorize",
            Self::Callback => "callback",
            Self::Token => "token",
            Self::Mcp => "mcp",
            Self::ConnectCallback => "connect-callback",
            Self::ConsentCallback => "consent-callback",
            Self::Connect => "connect",
        }
    }
}

impl<'a> Visit<'a> {
    fn endpoint(&self) -> Option<Endpoint> {
        Endpoint::of(self.front.role, &self.request.path)
    }

    fn route(&self) -> Answer {
        let Some(endpoint) = self.endpoint() else {
            return self.problem(StatusCode::NOT_FOUND, "not_found", "nothing is served here");
        };
        let is_read = matches!(self.request.method, Method::GET | Method::HEAD);
        match (endpoint, &self.request.method) {
            (Endpoint::Health, _) if is_read => health::healthy(self.front.role),
            (Endpoint::AuthorizationServer, _) if is_read => oauth::authorization_server(self),
            (Endpoint::ProtectedResource, _) if is_read => oauth::protected_resource(self),
            (Endpoint::Register, &Method::POST) => oauth::register(self),
            (Endpoint::Authorize, &Method::GET) => oauth::ask(self),
            (Endpoint::Authorize, &Method::POST) => oauth::decide(self),
            (Endpoint::Callback, &Method::GET) => oauth::callback(self),
            (Endpoint::Token, &Method::POST) => oauth::token(self),
            (Endpoint::Mcp, &Method::POST | &Method::DELETE) => proxy::forward(self),
            (Endpoint::Connect, &Method::GET) => connect::start(self),
            (Endpoint::ConnectCallback, &Method::GET) => connect::signed_in(self),
            (Endpoint::ConsentCallback, &Method::GET) => connect::consented(self),
            (endpoint, _) => self
                .problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "see Allow")
                .with(ALLOW, endpoint.methods()),
        }
    }

    /// The time.
    pub fn now(&self) -> u64 {
        self.front.clock.now()
    }

    /// The configuration.
    pub fn config(&self) -> &'a Config {
        &self.front.config
    }

    /// A log line about this request.
    pub fn log(&self, level: &str, event: &str, fields: Value) {
        self.front.log.line(level, self.id, event, fields);
    }

    /// The sealing keys; where there are none, that is in the log already.
    ///
    /// # Errors
    /// [`NoKeys`].
    pub fn rings(&self) -> Result<Arc<Rings>, NoKeys> {
        self.front.rings(self.deadline).map_err(|error| {
            self.log("error", "sealing_keys_unavailable", json!({ "error": error }));
            NoKeys
        })
    }

    /// A refusal as a JSON document with its reason and the name of this request.
    pub fn problem(&self, status: StatusCode, error: &str, description: &str) -> Answer {
        let document = json!({
            "error": error,
            "error_description": description,
            "correlation_id": self.id,
        });
        Answer::json(status, &document)
    }
}

/// There are no sealing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoKeys;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_function_serves_what_two_would() {
        let paths = [
            ("/mcp", Role::McpProxy),
            ("/token", Role::McpProxy),
            ("/.well-known/oauth-protected-resource/mcp", Role::McpProxy),
            ("/connect/callback", Role::OauthCallback),
            ("/connect/a-handle", Role::OauthCallback),
            ("/oauth2/callback", Role::OauthCallback),
        ];
        for (path, role) in paths {
            let other = if role == Role::McpProxy { Role::OauthCallback } else { Role::McpProxy };
            let endpoint = Endpoint::of(role, path);
            assert!(endpoint.is_some(), "{path}");
            assert_eq!(Endpoint::of(Role::Front, path), endpoint, "{path}");
            assert_eq!(Endpoint::of(other, path), None, "{path}");
        }
        assert_eq!(Role::of_handler(Role::Front.handler()), Some(Role::Front));
    }
}
