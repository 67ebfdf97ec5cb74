//! Standard input and output: a message a line. Nothing else is ever written to stdout.
//!
//! Requests are answered as they get done, so that a slow one holds up no other; a bound keeps a client from having more
//! under way than the gateway is asked at once.

use std::cell::Cell;
use std::io;

use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use secrecy::SecretString;
use serde_json::Value;

use super::message::{Message, Refusal, answer_to};
use super::server::Server;
use crate::ui::Ui;
use crate::wire::lines;

/// Requests under way at once.
const MOST_AT_ONCE: usize = 16;
/// The longest line that is read.
const LONGEST: u64 = 1024 * 1024;

/// Serves until the input ends and what was asked is answered.
///
/// `token` is asked before each call of a tool, so that a token that is renewed meanwhile is the new one.
///
/// # Errors
/// When the input cannot be read.
pub async fn serve(
    server: &Server<'_>,
    token: &dyn Fn() -> Result<SecretString, String>,
    ui: &Ui,
) -> io::Result<()> {
    let token = || token().map_err(|why| Refusal::unauthorized(&why));
    let opens_urls = Cell::new(false);
    let mut lines = lines::of_stdin(LONGEST);
    let mut running = FuturesUnordered::new();
    let mut handles: Vec<(Value, AbortHandle)> = Vec::new();
    let mut is_open = true;
    while is_open || !running.is_empty() {
        tokio::select! {
            line = lines.recv(), if is_open && running.len() < MOST_AT_ONCE => {
                let Some(line) = line.transpose()? else { is_open = false; continue };
                let message = match Message::read(&line) {
                    Ok(Some(message)) => message,
                    Ok(None) => continue,
                    Err(refusal) => { ui.out(&answer_to(None, &Err(refusal)).to_string()); continue }
                };
                let Some(id) = message.id.clone() else {
                    cancel(&message, &handles);
                    continue;
                };
                note_capabilities(&message, &opens_urls);
                let (handle, registration) = AbortHandle::new_pair();
                handles.push((id.clone(), handle));
                let era = message.era(opens_urls.get());
                let work = async move {
                    let outcome = match era {
                        Ok(era) => server.answer(message, era, &token).await,
                        Err(refusal) => Err(refusal),
                    };
                    answer_to(Some(&id), &outcome)
                };
                running.push(Abortable::new(work, registration));
            }
            Some(answer) = running.next() => {
                if let Ok(answer) = answer {
                    handles.retain(|(id, _)| *id != answer["id"]);
                    ui.out(&answer.to_string());
                }
                handles.retain(|(_, handle)| !handle.is_aborted());
            }
        }
        if ui.closed() {
            break;
        }
    }
    Ok(())
}

/// `notifications/cancelled`: nobody waits for the answer any more.
fn cancel(message: &Message, handles: &[(Value, AbortHandle)]) {
    if message.method != "notifications/cancelled" {
        return;
    }
    let cancelled = message.params.get("requestId");
    for (_, handle) in handles.iter().filter(|(id, _)| Some(id) == cancelled) {
        handle.abort();
    }
}

/// What the client says of itself in its handshake.
fn note_capabilities(message: &Message, opens_urls: &Cell<bool>) {
    if message.method == "initialize" {
        let capabilities = message.params.get("capabilities").unwrap_or(&Value::Null);
        opens_urls.set(!capabilities["elicitation"]["url"].is_null());
    }
}
