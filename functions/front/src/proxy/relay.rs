//! An answer of the gateway on its way back.

use std::io::{ErrorKind, Read};

use http::{Response, StatusCode};
use serde_json::Value;
use ureq::Body as Incoming;

use super::rewrite::{Rewriter, Stale};
use super::sse::{self, Events};
use super::{failure, headers};
use crate::Visit;
use crate::config::FrontDoor;
use crate::http::{Answer, Body};
use crate::oauth;
use crate::random;
use crate::web::{self, Trouble};

/// Lambda takes an answer of 6 MB, in which the head has its place too.
const MOST_ANSWER: usize = 6 * 1024 * 1024 - 64 * 1024;

/// Passes an answer on.
pub(super) fn answer(
    visit: &Visit<'_>,
    rewriter: Rewriter,
    mut response: Response<Incoming>,
) -> Answer {
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        return oauth::unauthorized(visit, Some("the gateway does not accept the token"));
    }
    if status == StatusCode::FORBIDDEN
        && let Some(scope) = missing_scope(&response)
    {
        return oauth::insufficient_scope(visit, &scope);
    }
    let mut given = headers::back(response.headers());
    if status.is_success() {
        let session = given.get("mcp-session-id").and_then(|value| value.to_str().ok());
        if let Some(session) = rewriter.call.marked(session, random::text::<16>) {
            headers::set(&mut given, "mcp-session-id", &session);
        }
    }
    let content_type = given.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_stream = content_type.is_some_and(|kind| kind.starts_with("text/event-stream"));
    let body = if is_stream {
        events(visit, rewriter, response)
    } else {
        whole(visit, &rewriter, response.body_mut()).map(Body::Whole)
    };
    match body {
        Ok(body) => Answer { status, headers: given, cookies: Vec::new(), body },
        Err(instead) => *instead,
    }
}

/// The scope that would do, of a `403` that says so (RFC 6750, section 3.1).
fn missing_scope(response: &Response<Incoming>) -> Option<String> {
    let challenge = response.headers().get(http::header::WWW_AUTHENTICATE)?.to_str().ok()?;
    if !challenge.contains("insufficient_scope") {
        return None;
    }
    let (_, rest) = challenge.split_once("scope=\"")?;
    let (scope, _) = rest.split_once('"')?;
    // RFC 6749, section 3.3.
    let is_scope = |b: u8| matches!(b, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    scope.bytes().all(is_scope).then(|| scope.to_owned())
}

/// A body that is no stream.
fn whole(
    visit: &Visit<'_>,
    rewriter: &Rewriter,
    body: &mut Incoming,
) -> Result<Vec<u8>, Box<Answer>> {
    let most = u64::try_from(MOST_ANSWER).unwrap_or(u64::MAX);
    let bytes = web::read(body, most)
        .map_err(|trouble| Box::new(failure(visit, &rewriter.call, trouble)))?;
    let bytes = match rewriter.rewrite(&bytes) {
        Ok(changed) => changed.unwrap_or(bytes),
        Err(Stale) => return Err(stale(visit)),
    };
    fitting(visit, rewriter, bytes)
}

/// What goes through the door. At one that buffers, an answer is a text in a document and grows by its escapes.
fn fitting(visit: &Visit<'_>, rewriter: &Rewriter, bytes: Vec<u8>) -> Result<Vec<u8>, Box<Answer>> {
    let grows = |byte: &&u8| matches!(**byte, b'"' | b'\\' | ..0x20);
    let length = match visit.config().front {
        FrontDoor::HttpApi => bytes.len() + bytes.iter().filter(grows).count(),
        FrontDoor::FunctionUrl => bytes.len(),
    };
    if length > MOST_ANSWER {
        return Err(Box::new(failure(visit, &rewriter.call, Trouble::TooLarge)));
    }
    Ok(bytes)
}

fn stale(visit: &Visit<'_>) -> Box<Answer> {
    visit.log("info", "call_refused", serde_json::json!({ "error": "token_too_old_for_consent" }));
    Box::new(oauth::unauthorized(visit, Some("the token expires too soon for a consent")))
}

/// A stream. A door that buffers gets it up to the answer to the call, because nothing after that matters to the caller
/// and the stream may never end; a door that streams gets each event as it comes.
fn events(
    visit: &Visit<'_>,
    rewriter: Rewriter,
    response: Response<Incoming>,
) -> Result<Body, Box<Answer>> {
    let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
    let mut events = Events::of(reader);
    let broken = |error: &std::io::Error| {
        let trouble = match error.kind() {
            ErrorKind::InvalidData => Trouble::TooLarge,
            ErrorKind::TimedOut => Trouble::TimedOut,
            _ if is_time_out(error) => Trouble::TimedOut,
            _ => Trouble::Unreachable,
        };
        Box::new(failure(visit, &rewriter.call, trouble))
    };
    let is_streamed = visit.config().front == FrontDoor::FunctionUrl;
    let mut start = Vec::new();
    while let Some(event) = events.next().map_err(|error| broken(&error))? {
        let (bytes, is_last) = changed(&rewriter, &event).map_err(|Stale| stale(visit))?;
        start.extend(bytes);
        if is_last {
            break;
        }
        // The first event has decided that this is an answer.
        if is_streamed {
            let relayed = Relayed { events, rewriter, pending: start, at: 0, is_over: false };
            return Ok(Body::Stream(Box::new(relayed)));
        }
        if start.len() > MOST_ANSWER {
            break;
        }
    }
    fitting(visit, &rewriter, start).map(Body::Whole)
}

/// An error of the connection travels inside one of input and output.
fn is_time_out(error: &std::io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
    matches!(inner, Some(ureq::Error::Timeout(_)))
}

/// An event as it leaves, and whether it answers the call.
fn changed(rewriter: &Rewriter, event: &[u8]) -> Result<(Vec<u8>, bool), Stale> {
    let data = sse::data(event);
    let changed = rewriter.rewrite(&data)?;
    let text = changed.as_deref().unwrap_or(&data);
    let message: Value = serde_json::from_slice(text).unwrap_or_default();
    let is_last = rewriter.call.is_answered_by(&message);
    Ok((changed.map_or_else(|| event.to_vec(), |data| sse::with_data(event, &data)), is_last))
}

/// The rest of a stream. Its head has left: whatever goes wrong now is an event that ends it, with which the client can
/// repeat its call.
struct Relayed<R> {
    events: Events<R>,
    rewriter: Rewriter,
    pending: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl<R: Read> Relayed<R> {
    /// The bytes of the next event; none at the end.
    fn next(&mut self) -> Vec<u8> {
        if self.is_over {
            return Vec::new();
        }
        let failed = match self.events.next() {
            Ok(None) => return Vec::new(),
            Ok(Some(event)) => match changed(&self.rewriter, &event) {
                Ok((bytes, _)) => return bytes,
                Err(Stale) => "sign in again: the token expires too soon for a consent",
            },
            Err(_broken_off) => "the gateway stopped answering",
        };
        self.is_over = true;
        self.rewriter.failed(failed)
    }
}

impl<R: Read> Read for Relayed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.pending.len() {
            self.pending = self.next();
            self.at = 0;
        }
        let count = buffer.len().min(self.pending.len() - self.at);
        buffer[..count].copy_from_slice(&self.pending[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}
