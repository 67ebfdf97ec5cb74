//! What a server up to version 2025-11-25 remembers a client by: the session that it gave at the handshake, and the version
//! that was agreed on. It may forget the session (status 404); then the client's own handshake is repeated for it.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderValue};
use tokio::sync::watch;

use super::message::Message;

/// The header with the session's id.
pub(super) const SESSION_ID: &str = "mcp-session-id";

/// What is known of a session at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// How many handshakes there were; with none, the client's requests say everything by themselves.
    pub(super) handshakes: u64,
    /// The server's id of it, if it gave one.
    pub(super) id: Option<HeaderValue>,
    version: Option<HeaderValue>,
    /// Whether the client said that it is initialized: before that, the server sends nothing by itself.
    pub(super) is_open: bool,
}

impl State {
    /// The headers of a request in the session.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        if let Some(id) = &self.id {
            headers.insert(SESSION_ID, id.clone());
        }
        if let Some(version) = &self.version {
            headers.insert("mcp-protocol-version", version.clone());
        }
    }
}

/// The session of this process.
pub(super) struct Session {
    state: watch::Sender<State>,
    hello: Mutex<Option<Message>>,
    /// One at a time repeats the handshake; the others wait and then find it done.
    pub(super) renewing: tokio::sync::Mutex<()>,
}

impl Session {
    /// None yet.
    pub(super) fn new() -> Self {
        let (state, _) = watch::channel(State::default());
        Self { state, hello: Mutex::default(), renewing: tokio::sync::Mutex::default() }
    }

    /// What is known now.
    pub(super) fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// Hears of changes.
    pub(super) fn watched(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// A handshake is done: what the server said in it.
    pub(super) fn begin(
        &self,
        hello: &Message,
        id: Option<HeaderValue>,
        version: Option<HeaderValue>,
    ) {
        *self.hello.lock().unwrap_or_else(PoisonError::into_inner) = Some(hello.clone());
        self.state.send_modify(|state| {
            let handshakes = state.handshakes + 1;
            *state = State { handshakes, id, version, is_open: false };
        });
    }

    /// The client is initialized.
    pub(super) fn open(&self) {
        self.state.send_modify(|state| state.is_open = true);
    }

    /// The client's `initialize`, to be sent again.
    pub(super) fn hello(&self) -> Option<Message> {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
