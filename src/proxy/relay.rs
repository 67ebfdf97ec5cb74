//! The relay: lines in, messages out, several at once.
//!
//! A request is sent as soon as it is read, so that a slow one holds up no other, and a bound keeps the server from getting
//! too many at once. Answers to the server's own questions and notifications do not count: what waits for them would never
//! get done. Only the handshake is waited for, because a server may refuse what overtakes it.

use std::io;
use std::time::Duration;

use futures_util::future::{AbortHandle, Abortable, FutureExt, Shared};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::sync::{Semaphore, oneshot};

use super::exchange::Ends;
use super::message::{Message, error};
use super::session::Session;
use super::upstream::Upstream;
use crate::ui::Ui;
use crate::wire::lines;

/// Requests that the server gets at once.
const MOST_AT_ONCE: usize = 32;
/// Messages that are under way or wait for that; more are not read.
const MOST_HELD: usize = 1024;
/// The longest line that is read: what `AgentCore` Runtime takes.
const LONGEST: u64 = 100 * 1024 * 1024;
/// How long a server may take to end a session.
const END_WITHIN: Duration = Duration::from_secs(2);
const PARSE_ERROR: i64 = -32_700;

/// A client on standard input and output, and a server over HTTP.
pub struct Relay<'a>(Ends<'a>);

/// A request that the client may call off.
struct Asked {
    ids: Vec<Value>,
    /// Whether closing the connection is how it is called off (since 2026-07-28).
    by_closing: bool,
    listens: bool,
    handle: AbortHandle,
}

impl<'a> Relay<'a> {
    /// Between the client at `ui` and `upstream`.
    pub fn new(upstream: Upstream, ui: &'a Ui) -> Self {
        Self(Ends { upstream, session: Session::new(), ui })
    }

    /// Relays until the input ends and what was asked is answered, or nobody reads the output any more.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub async fn serve(&self) -> io::Result<()> {
        let ends = &self.0;
        let permits = Semaphore::new(MOST_AT_ONCE);
        let mut turn = Turn::default();
        let mut lines = lines::of_stdin(LONGEST);
        let mut running = FuturesUnordered::new();
        let mut asked: Vec<Asked> = Vec::new();
        let mut listening = std::pin::pin!(ends.listen());
        let mut is_open = true;
        while is_open || !running.is_empty() {
            tokio::select! {
                line = lines.recv(), if is_open && running.len() < MOST_HELD => {
                    let Some(line) = line.transpose()? else {
                        is_open = false;
                        // A subscription has no end of its own.
                        for one in asked.iter().filter(|one| one.listens) {
                            one.handle.abort();
                        }
                        continue;
                    };
                    let Some(message) = Message::read(&line) else {
                        let text = "Parse error: this line is not JSON";
                        ends.ui.out(&error(&Value::Null, PARSE_ERROR, text, &Value::Null));
                        continue;
                    };
                    let cancelled = cancelled(&message, &asked);
                    let is_newer = ends.session.now().handshakes == 0 && message.cancels.is_some();
                    if is_newer || cancelled.iter().any(|one| one.by_closing) {
                        for one in cancelled {
                            one.handle.abort();
                        }
                        continue;
                    }
                    let (handle, registration) = AbortHandle::new_pair();
                    // What is over with this message: the requests that it calls off, and itself.
                    let mut over: Vec<AbortHandle> =
                        cancelled.iter().map(|one| one.handle.clone()).collect();
                    over.push(handle.clone());
                    asked.push(Asked {
                        ids: message.asks.clone(),
                        by_closing: message.version.is_some(),
                        listens: message.listens(),
                        handle,
                    });
                    let turn = turn.of(&message);
                    let work = self.carry_out(&permits, message, turn, over);
                    running.push(Abortable::new(work, registration));
                }
                Some(_) = running.next() => asked.retain(|one| !one.handle.is_aborted()),
                () = &mut listening => {}
            }
            if ends.ui.closed() {
                break;
            }
        }
        Ok(())
    }

    /// Relays one message when it is its turn.
    async fn carry_out(
        &self,
        permits: &Semaphore,
        message: Message,
        (before, done): (Option<Shared<oneshot::Receiver<()>>>, Option<oneshot::Sender<()>>),
        over: Vec<AbortHandle>,
    ) {
        if let Some(before) = before {
            before.await.ok();
        }
        let is_request = !message.asks.is_empty();
        let _permit = if is_request { permits.acquire().await.ok() } else { None };
        self.0.relay(&message).await;
        // The server heard of it first: a connection that closes is no cancellation to an older one.
        for handle in over {
            handle.abort();
        }
        if message.method == "notifications/initialized" {
            self.0.session.open();
        }
        drop(done);
    }

    /// Ends the session at the server.
    pub async fn end(&self) {
        // It forgets the session by itself one day.
        tokio::time::timeout(END_WITHIN, self.0.end()).await.ok();
    }
}

/// The requests that `message` calls off.
fn cancelled<'a>(message: &Message, asked: &'a [Asked]) -> Vec<&'a Asked> {
    let Some(id) = &message.cancels else { return Vec::new() };
    asked.iter().filter(|one| one.ids.contains(id)).collect()
}

/// Keeps what comes after the handshake behind it.
#[derive(Default)]
struct Turn(Option<Shared<oneshot::Receiver<()>>>);

impl Turn {
    /// What `message` has to wait for, and what others wait for if it is part of the handshake: its end.
    fn of(
        &mut self,
        message: &Message,
    ) -> (Option<Shared<oneshot::Receiver<()>>>, Option<oneshot::Sender<()>>) {
        let before = self.0.clone();
        let is_handshake =
            matches!(message.method.as_str(), "initialize" | "notifications/initialized");
        let done = is_handshake.then(|| {
            let (sender, receiver) = oneshot::channel();
            self.0 = Some(receiver.shared());
            sender
        });
        (before, done)
    }
}
