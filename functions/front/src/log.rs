//! Log lines: one JSON object each, for `CloudWatch` Logs to index.
//!
//! A line says what happened to which request and nothing that somebody could use: no token, code, state, cookie,
//! `Authorization` or address with a query. Callers pass words of their own, never what came in.

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// Where lines go.
pub struct Log(Mutex<Box<dyn Write + Send>>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

impl Log {
    /// Lines to the standard output, which Lambda takes.
    pub fn stdout() -> Self {
        Self::to(std::io::stdout())
    }

    /// Lines to somewhere else.
    pub fn to(sink: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(sink)))
    }

    /// Writes a line about the request called `correlation_id`.
    pub fn line(&self, level: &str, correlation_id: &str, event: &str, fields: Value) {
        let mut line = json!({ "level": level, "event": event, "correlation_id": correlation_id });
        if let (Some(line), Value::Object(fields)) = (line.as_object_mut(), fields) {
            line.extend(fields);
        }
        let Self(sink) = self;
        let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
        // There is nowhere to tell that the log cannot be written.
        let _written = writeln!(sink, "{line}").and_then(|()| sink.flush());
    }
}
