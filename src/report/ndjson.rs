//! A run for scripts: one JSON object a line on stdout, and a sign of life every ten seconds.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use construct_engine::{Address, Event};
use serde::Serialize;
use tokio::time::Instant;

use crate::ui::Ui;

/// The version of the lines: raised when a reader of the old ones would go wrong. New events and members do not raise it.
pub const FORMAT: u32 = 1;

/// How often a sign of life is given.
pub const HEARTBEAT: Duration = Duration::from_secs(10);

/// Prints events as they come. Shared by reference; every call returns at once.
pub struct Ndjson<'a> {
    ui: &'a Ui,
    started: Instant,
    running: Mutex<BTreeSet<Address>>,
}

#[derive(Serialize)]
struct Line<'a, T> {
    format: u32,
    at: &'a str,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct Heartbeat<'a> {
    event: &'static str,
    running: Vec<&'a Address>,
    elapsed_ms: u64,
}

impl<'a> Ndjson<'a> {
    /// Lines on the stdout of `ui`.
    pub fn new(ui: &'a Ui) -> Self {
        Self { ui, started: Instant::now(), running: Mutex::default() }
    }

    /// Prints one event.
    pub fn see(&self, event: &Event) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::NodeStarted { address, .. } => {
                running.insert(address.clone());
            }
            Event::NodeDone { address, .. } | Event::NodeFailed { address, .. } => {
                running.remove(address);
            }
            _ => {}
        }
        self.print(event);
    }

    /// Prints a sign of life every [`HEARTBEAT`]; to be polled beside the run, and never ends by itself.
    pub async fn heartbeat(&self) {
        loop {
            tokio::time::sleep(HEARTBEAT).await;
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            self.print(Heartbeat {
                event: "heartbeat",
                running: running.iter().collect(),
                elapsed_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            });
        }
    }

    fn print<T: Serialize>(&self, content: T) {
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        self.ui.out(&line(&at, content));
    }
}

fn line<T: Serialize>(at: &str, content: T) -> String {
    serde_json::to_string(&Line { format: FORMAT, at, content })
        .expect("events are plain data that serialises")
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_engine::Verb;
    use serde_json::Value;

    fn started(address: &str) -> Event {
        Event::NodeStarted {
            address: Address::new(address).unwrap(),
            kind: "iam.role".into(),
            verb: Verb::MayUpdate,
            after: Vec::new(),
        }
    }

    #[test]
    fn a_line_is_the_event_with_format_and_time() {
        assert_eq!(
            line("2026-01-01T00:00:00.000Z", started("role/gateway")),
            r#"{"format":1,"at":"2026-01-01T00:00:00.000Z","event":"node_started","address":"role/gateway","kind":"iam.role","verb":"may_update","after":[]}"#
        );
    }

    #[tokio::test(start_paused = true)]
    async fn signs_of_life_name_what_runs() {
        let (ui, captured) = Ui::captured();
        let ndjson = Ndjson::new(&ui);
        ndjson.see(&started("a"));
        ndjson.see(&started("b"));
        ndjson.see(&Event::NodeDone {
            address: Address::new("a").unwrap(),
            kind: "iam.role".into(),
            outcome: construct_engine::NodeOutcome::Unchanged,
            outputs: Value::Null,
            elapsed_ms: 1,
        });
        tokio::time::timeout(Duration::from_secs(25), ndjson.heartbeat()).await.unwrap_err();
        let lines: Vec<Value> =
            captured.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 5);
        assert_eq!(lines[4]["event"], "heartbeat");
        assert_eq!(lines[4]["running"], serde_json::json!(["b"]));
        assert_eq!(lines[4]["elapsed_ms"], 20_000);
    }
}
