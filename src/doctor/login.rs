//! A login without a person, on the way that a client takes: the documents that it finds the front by, a token, the
//! handshake, the list of tools. Each step is timed.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue, Request, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::connection::{Answer, Connection, Way};
use super::{Finding, Hop};
use crate::proxy::Authorization;
use crate::wire::events;

/// The version of the protocol that every client of these days speaks.
const PROTOCOL: &str = "2025-11-25";
const VERSION_HEADER: HeaderName = HeaderName::from_static("mcp-protocol-version");
const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");
/// How much of a refusal's own words is told.
const MOST_WORDS: usize = 200;
const NO_CLIENT: &str = "no client gets to the tools this way";

/// Where a gateway is reached, and how it is shown who calls.
pub(super) struct Login<'a> {
    /// The gateway's name, where there are several.
    pub(super) gateway: Option<&'a str>,
    /// The address that clients are given.
    pub(super) mcp_url: &'a str,
    /// The front's own address; none where clients talk to the gateway itself.
    pub(super) front_url: Option<&'a str>,
    /// Whether the gateway has targets: then it has tools.
    pub(super) has_targets: bool,
}

/// Who calls.
pub(super) struct Proof {
    /// What is put on each request.
    pub(super) authorization: Authorization,
    /// In words.
    pub(super) whose: String,
}

/// A conversation on one connection.
struct Talk<'a> {
    login: &'a Login<'a>,
    connection: Connection,
    proof: &'a Proof,
    /// What the server gave at the handshake.
    session: Option<HeaderValue>,
    hops: Vec<Hop>,
}

impl Login<'_> {
    /// The steps of reaching the address.
    pub(super) fn way(&self, way: &Way) -> Vec<Hop> {
        let hop = |name, time| Hop::new(name, self.gateway, time);
        let reached = [hop("dns", way.dns), hop("connect", way.connect)];
        reached.into_iter().chain(way.tls.map(|time| hop("tls", time))).collect()
    }

    /// Reads the documents that clients begin with, where there is a front.
    pub(super) async fn metadata(&self, connection: &mut Connection) -> (Vec<Finding>, Vec<Hop>) {
        let Some(front) = self.front_url else { return (Vec::new(), Vec::new()) };
        let begun = Instant::now();
        let outcome = self.documents(connection, front).await;
        let hops = vec![Hop::new("metadata", self.gateway, begun.elapsed())];
        let findings = match outcome {
            Ok(()) => Vec::new(),
            Err(why) => vec![Finding::wrong(
                format!("the documents that clients find {front} by are not right: {why}"),
                "editors cannot tell where to sign in",
                "run `construct up`, which sets the front's variables anew; its log group says why it does not answer",
            )],
        };
        (findings, hops)
    }

    /// RFC 9728, section 3.1, with the resource's path, then RFC 8414, section 3.
    async fn documents(&self, connection: &mut Connection, front: &str) -> Result<(), String> {
        let path = path_of(self.mcp_url).to_string();
        let resource =
            document(connection, &format!("/.well-known/oauth-protected-resource{path}")).await?;
        if resource["resource"] != self.mcp_url {
            return Err(format!(
                "they speak of {}, clients of {}",
                resource["resource"], self.mcp_url
            ));
        }
        let server = document(connection, "/.well-known/oauth-authorization-server").await?;
        if server["issuer"] != front {
            return Err(format!("the issuer is {}", server["issuer"]));
        }
        Ok(())
    }

    /// The handshake and the list of tools.
    pub(super) async fn talk(
        &self,
        connection: Connection,
        proof: &Proof,
    ) -> (Vec<Finding>, Vec<Hop>) {
        let mut talk = Talk { login: self, connection, proof, session: None, hops: Vec::new() };
        let finding = match talk.through().await {
            Ok(finding) | Err(finding) => finding,
        };
        (vec![finding], talk.hops)
    }
}

impl Talk<'_> {
    async fn through(&mut self) -> Result<Finding, Finding> {
        let client = json!({ "name": "construct doctor", "version": env!("CARGO_PKG_VERSION") });
        let parameters =
            json!({ "protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": client });
        self.call(1, "initialize", &parameters).await?;
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        // What a server says to a notification is nobody's concern.
        self.post(&initialized).await.ok();
        let listed = self.call(2, "tools/list", &json!({})).await?;
        let count = listed["tools"].as_array().map_or(0, Vec::len);
        let more = if listed["nextCursor"].is_string() { " and more" } else { "" };
        let (url, whose) = (self.login.mcp_url, &self.proof.whose);
        if count == 0 && self.login.has_targets {
            return Err(Finding::wrong(
                format!("{url} lists no tools to {whose}"),
                "the gateway has targets, so that clients expect some",
                "`construct status` shows how the targets are; a policy engine lists only what the caller may use",
            ));
        }
        Ok(Finding::fine(format!("{count} tools{more} listed at {url} to {whose}")))
    }

    /// The result of a call.
    async fn call(
        &mut self,
        id: u32,
        method: &'static str,
        parameters: &Value,
    ) -> Result<Value, Finding> {
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters });
        let begun = Instant::now();
        let answer = self.post(&message).await;
        self.hops.push(Hop::new(method, self.login.gateway, begun.elapsed()));
        let answer = answer.map_err(|why| self.failed(method, &why))?;
        if let Some(session) = answer.headers.get(SESSION_HEADER) {
            self.session = Some(session.clone());
        }
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(self.refused(method, &answer));
        }
        let text = answer.text();
        let message = serde_json::from_str(&text).ok().filter(Value::is_object);
        let message = message.or_else(|| events::last_answer(&text)).unwrap_or_default();
        match message.get("result") {
            Some(result) => Ok(result.clone()),
            None => Err(self
                .failed(method, &format!("status {}{}", answer.status.as_u16(), words(&answer)))),
        }
    }

    async fn post(&mut self, message: &Value) -> Result<Answer, String> {
        let mut request = Request::post(self.login.mcp_url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream")
            .header(VERSION_HEADER, PROTOCOL)
            .body(Bytes::from(message.to_string()))
            .map_err(|error| error.to_string())?;
        if let Some(session) = &self.session {
            request.headers_mut().insert(SESSION_HEADER, session.clone());
        }
        // A signature speaks of the whole address; on the connection only its path is sent.
        self.proof.authorization.put(&mut request).await?;
        *request.uri_mut() = Uri::from(path_of(&request.uri().to_string()));
        self.connection.send(request).await
    }

    fn failed(&self, method: &str, why: &str) -> Finding {
        Finding::wrong(
            format!("{method} at {} fails: {why}", self.login.mcp_url),
            NO_CLIENT,
            "look into the log group of the function mcp-proxy, where there is a front, and at `construct status`",
        )
    }

    fn refused(&self, method: &str, answer: &Answer) -> Finding {
        let (url, whose, status) = (self.login.mcp_url, &self.proof.whose, answer.status.as_u16());
        Finding::wrong(
            format!("{url} refuses {method} to {whose}: status {status}{}", words(answer)),
            NO_CLIENT,
            "a token given by hand must be a fresh one of this stack's pool, with its scope; where it was none, run `construct up`: \
             the front or the gateway may know other clients than there are",
        )
    }
}

/// What a refusal says of itself. No answer repeats the token that it refuses.
fn words(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let said =
        [&body["error_description"], &body["error"]["message"], &body["message"], &body["error"]];
    let said = said.into_iter().find_map(Value::as_str).unwrap_or_default();
    if said.is_empty() {
        String::new()
    } else {
        format!(", {}", said.chars().take(MOST_WORDS).collect::<String>())
    }
}

async fn document(connection: &mut Connection, path: &str) -> Result<Value, String> {
    let request = Request::get(path).body(Bytes::new()).map_err(|error| error.to_string())?;
    let answer = connection.send(request).await.map_err(|why| format!("{path}: {why}"))?;
    if answer.status != StatusCode::OK {
        return Err(format!(
            "{path} answers with status {}{}",
            answer.status.as_u16(),
            words(&answer)
        ));
    }
    serde_json::from_slice(&answer.body).map_err(|_invalid| format!("{path} answers with no JSON"))
}

fn path_of(url: &str) -> PathAndQuery {
    let path = url.parse::<Uri>().ok().and_then(|uri| uri.path_and_query().cloned());
    path.unwrap_or_else(|| PathAndQuery::from_static("/"))
}
