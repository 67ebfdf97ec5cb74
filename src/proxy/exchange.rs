//! One message and what comes of it: a POST, and a document or a stream of events in answer.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::message::{Message, Received, error, negotiated};
use super::session::{SESSION_ID, Session, State};
use super::trouble::{Refusal, Trouble};
use super::upstream::{Answer, Upstream};
use crate::ui::Ui;
use crate::wire::events::Event;

/// How long a stream may go on after the result, so that its connection can be used again.
const AFTER_RESULT: Duration = Duration::from_secs(1);
/// How often a client comes back to a stream that broke off and then brings nothing.
const MOST_RETURNS: u32 = 5;
/// How long it waits before, unless the server says how long.
pub(super) const RETURN_AFTER: Duration = Duration::from_secs(1);
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const INITIALIZED: &[u8] = br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

/// The two ends of the relay, and the session between them.
pub(super) struct Ends<'a> {
    pub(super) upstream: Upstream,
    pub(super) session: Session,
    pub(super) ui: &'a Ui,
}

impl Ends<'_> {
    /// Relays `message`. Every request in it gets an answer: the server's, or an error that says why there is none. What
    /// is no request gets none, whatever happens to it.
    pub(super) async fn relay(&self, message: &Message) {
        let mut exchange =
            Exchange { ends: self, message, owed: message.asks.clone(), begun: None };
        if let Err(trouble) = exchange.run().await {
            let host = self.upstream.host();
            self.ui.err(&trouble.log(host));
            for id in &exchange.owed {
                let text = trouble.message(host);
                self.ui.out(&error(id, trouble.code(), &text, &trouble.data()));
            }
        }
    }

    async fn post(&self, message: &Message, session: &State) -> Result<Answer, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        if message.version.is_some() {
            message.mirrored(&mut headers);
        } else if message.method != "initialize" {
            session.put(&mut headers);
        }
        self.upstream.send(Method::POST, headers, message.body.clone()).await
    }

    /// Asks for the events after `last`, or for those that belong to no request.
    pub(super) async fn get(&self, last: Option<&str>, session: &State) -> Result<Answer, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, EVENT_STREAM);
        session.put(&mut headers);
        if let Some(last) = last.and_then(|last| HeaderValue::from_str(last).ok()) {
            headers.insert("last-event-id", last);
        }
        self.upstream.send(Method::GET, headers, Bytes::new()).await
    }

    /// Ends the session at the server, which need not allow it.
    pub(super) async fn end(&self) {
        let session = self.session.now();
        if session.id.is_some() {
            let mut headers = HeaderMap::new();
            session.put(&mut headers);
            // Nobody is left who could be told that it did not work.
            self.upstream.send(Method::DELETE, headers, Bytes::new()).await.ok();
        }
    }

    /// Repeats the client's handshake in place of the session that the server forgot, unless that is done already.
    async fn renew(&self, forgotten: &State) -> Result<(), Trouble> {
        let _turn = self.session.renewing.lock().await;
        if self.session.now().handshakes != forgotten.handshakes {
            return Ok(());
        }
        let hello = self.session.hello().ok_or(Trouble::NoSession)?;
        let answer = self.post(&hello, forgotten).await?;
        if !answer.status.is_success() {
            return Err(Trouble::NoSession);
        }
        let id = answer.headers.get(SESSION_ID).cloned();
        let version = self.version_in(answer).await?.ok_or(Trouble::NoSession)?;
        self.session.begin(&hello, id, Some(version));
        let initialized = Message::read(INITIALIZED).ok_or(Trouble::NoSession)?;
        self.post(&initialized, &self.session.now()).await?;
        self.session.open();
        self.ui.err(&format!("{} ended the session; another was begun", self.upstream.host()));
        Ok(())
    }

    /// The version in the answer to a repeated `initialize`, which is not the client's to see.
    async fn version_in(&self, answer: Answer) -> Result<Option<HeaderValue>, Trouble> {
        let patience = self.upstream.patience;
        let version = |text: &[u8]| negotiated(&Received::read(text)?.line);
        if !answer.is_stream() {
            return Ok(version(&answer.whole(patience).await?));
        }
        let mut events = answer.events();
        while let Some(event) = events.next(Some(patience)).await? {
            if let Some(version) = version(&event.data) {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// The message in an event; what is none is dropped, which the log says.
    pub(super) fn received(&self, event: &Event) -> Option<Received> {
        if event.data.is_empty() {
            return None;
        }
        let received = Received::read(&event.data);
        if received.is_none() {
            let (length, host) = (event.data.len(), self.upstream.host());
            self.ui
                .err(&format!("An event of {host} is no message and was dropped: {length} bytes"));
        }
        received
    }
}

/// A message under way.
struct Exchange<'a> {
    ends: &'a Ends<'a>,
    message: &'a Message,
    /// The ids of its requests that have no answer yet.
    owed: Vec<Value>,
    /// The session that the answer to `initialize` names in its head.
    begun: Option<HeaderValue>,
}

impl Exchange<'_> {
    async fn run(&mut self) -> Result<(), Trouble> {
        let session = self.ends.session.now();
        let mut answer = self.ends.post(self.message, &session).await?;
        let is_in_session = session.id.is_some()
            && self.message.version.is_none()
            && self.message.method != "initialize";
        if answer.status == StatusCode::NOT_FOUND && is_in_session {
            self.ends.renew(&session).await?;
            answer = self.ends.post(self.message, &self.ends.session.now()).await?;
        }
        self.begun = answer.headers.get(SESSION_ID).cloned();
        if answer.is_stream() { self.stream(answer).await } else { self.document(answer).await }
    }

    async fn document(&mut self, answer: Answer) -> Result<(), Trouble> {
        let (status, headers) = (answer.status, answer.headers.clone());
        let body = answer.whole(self.ends.upstream.patience).await?;
        match Received::read(&body) {
            Some(received) if status.is_success() || !received.answers.is_empty() => {
                self.write(received);
            }
            _ if status.is_success() && self.owed.is_empty() => {}
            _ => return Err(Trouble::Refused(Refusal::read(status, &headers, &body))),
        }
        if self.owed.is_empty() { Ok(()) } else { Err(Trouble::Ended) }
    }

    async fn stream(&mut self, mut answer: Answer) -> Result<(), Trouble> {
        let (mut last, mut wait, mut returns) = (None, RETURN_AFTER, 0);
        loop {
            let mut events = answer.events();
            loop {
                let event = match events.next(self.patience()).await {
                    Ok(Some(event)) => event,
                    Ok(None) | Err(Trouble::Ended) => break,
                    Err(_) if self.owed.is_empty() => return Ok(()),
                    Err(trouble) => return Err(trouble),
                };
                if let Some(received) = self.ends.received(&event) {
                    self.write(received);
                    returns = 0;
                }
                wait = event.retry.unwrap_or(wait);
                last = event.id.or(last);
            }
            // Up to 2025-11-25 a stream with ids can be come back to; since then a broken one is lost.
            let can_return = last.is_some() && self.message.version.is_none();
            if self.owed.is_empty() {
                return Ok(());
            }
            if !can_return || returns == MOST_RETURNS {
                return Err(Trouble::Ended);
            }
            returns += 1;
            tokio::time::sleep(wait).await;
            answer = self.ends.get(last.as_deref(), &self.ends.session.now()).await?;
            if !answer.is_stream() {
                return Err(Trouble::Ended);
            }
        }
    }

    /// How long the server may be silent now.
    fn patience(&self) -> Option<Duration> {
        match () {
            () if self.owed.is_empty() => Some(AFTER_RESULT),
            () if self.message.listens() => None,
            () => Some(self.ends.upstream.patience),
        }
    }

    /// Writes a message of the server's. An answer must be owed.
    fn write(&mut self, received: Received) {
        let received = match &self.owed[..] {
            [only] => received.named(only),
            _ => received,
        };
        if !received.answers.is_empty() {
            let owed = self.owed.len();
            self.owed.retain(|id| !received.answers.contains(id));
            if self.owed.len() == owed {
                let host = self.ends.upstream.host();
                self.ends
                    .ui
                    .err(&format!("{host} answered what was not asked: {}", short(&received.line)));
                return;
            }
            if self.message.method == "initialize"
                && let Some(version) = negotiated(&received.line)
            {
                self.ends.session.begin(self.message, self.begun.take(), Some(version));
            }
        }
        self.ends.ui.out(&received.line);
    }
}

/// The beginning of a line, for the log.
fn short(line: &str) -> String {
    line.chars().take(200).collect()
}
