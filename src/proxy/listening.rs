//! The stream that belongs to no request: what a server of a version up to 2025-11-25 says or asks by itself.

use std::time::Duration;

use http::StatusCode;

use super::exchange::{Ends, RETURN_AFTER};
use super::session::State;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

impl Ends<'_> {
    /// Reads that stream as long as there is a session. A server without one, such as `AgentCore` Gateway, refuses it, and
    /// then nothing more is asked. Never ends by itself.
    pub(super) async fn listen(&self) {
        let mut watched = self.session.watched();
        loop {
            let opened = watched.wait_for(|session| session.is_open).await;
            let Ok(session) = opened.map(|session| session.clone()) else { break };
            if !self.hear(&session).await {
                break;
            }
            // The server forgot the session: another request will notice, and begin a new one.
            let renewed = |now: &State| now.handshakes != session.handshakes && now.is_open;
            if watched.wait_for(renewed).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Whether there may be something to hear in a later session.
    async fn hear(&self, session: &State) -> bool {
        let (mut last, mut pause) = (None::<String>, RETURN_AFTER);
        loop {
            let mut asked = None;
            if let Ok(answer) = self.get(last.as_deref(), session).await {
                if answer.status == StatusCode::NOT_FOUND {
                    return session.id.is_some();
                }
                if !answer.is_stream() {
                    return false;
                }
                let mut events = answer.events();
                while let Ok(Some(event)) = events.next(None).await {
                    if let Some(received) = self.received(&event) {
                        self.ui.out(&received.line);
                        pause = RETURN_AFTER;
                    }
                    asked = event.retry.or(asked);
                    last = event.id.or(last);
                }
            }
            // Streams end after minutes of silence; one that ends at once is not asked for all the time.
            tokio::time::sleep(asked.unwrap_or(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
