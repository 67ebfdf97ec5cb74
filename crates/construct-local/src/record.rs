//! The call log: what was asked and how it ended, with secrets masked.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::wire::{Wire, form};

/// How many calls are kept in memory; older ones are dropped.
const KEPT: usize = 20_000;

/// Members whose strings are masked wherever they stand in a body. `S` is every text of a DynamoDB item, among them the names of
/// consent sessions.
const SECRETS: [&str; 22] = [
    "client_secret",
    "clientSecret",
    "ClientSecret",
    "apiKey",
    "Password",
    "TemporaryPassword",
    "PASSWORD",
    "NEW_PASSWORD",
    "Session",
    "SecretString",
    "SecretBinary",
    "PreviousPassword",
    "ProposedPassword",
    "RefreshToken",
    "REFRESH_TOKEN",
    "AccessToken",
    "SECRET_HASH",
    "userToken",
    "workloadIdentityToken",
    "customState",
    "sessionUri",
    "S",
];

/// One request and how it ended.
#[derive(Debug, Clone, Serialize)]
pub struct CallRecord {
    /// Counted from 1, in the order of arrival.
    pub sequence: u64,
    /// The signing name.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The Region.
    pub region: String,
    /// Whether it changes something.
    pub mutating: bool,
    /// The HTTP method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query string as sent.
    pub query: String,
    /// Headers, without authorization and session token.
    pub headers: Vec<(String, String)>,
    /// The body as text. Secrets are replaced by as many `x`, unless
    /// [`crate::Options::record_bodies`] is set.
    pub body: String,
    /// The HTTP status of the answer; `None` when it was cut or hangs.
    pub status: Option<u16>,
    /// The error code, if it failed.
    pub error_code: Option<String>,
    /// Calls that overlap in time share a group: the number of groups is the length of the
    /// critical path, counted in calls.
    pub in_flight_group: u64,
    /// When it arrived, in milliseconds since the epoch.
    pub started_ms: i64,
    /// When it was answered.
    pub ended_ms: i64,
}

/// The log of one local AWS.
#[derive(Debug, Default)]
pub(crate) struct Log {
    calls: VecDeque<CallRecord>,
    sequence: u64,
    in_flight: u64,
    group: u64,
    file: Option<File>,
}

impl Log {
    /// A log that also appends to `path`.
    pub(crate) fn new(path: Option<&Path>) -> std::io::Result<Self> {
        let file =
            path.map(|path| File::options().create(true).append(true).open(path)).transpose()?;
        Ok(Self { file, ..Self::default() })
    }

    /// Counts an arrival: its sequence number and group.
    pub(crate) fn arrive(&mut self) -> (u64, u64) {
        if self.in_flight == 0 {
            self.group += 1;
        }
        self.in_flight += 1;
        self.sequence += 1;
        (self.sequence, self.group)
    }

    /// Counts a departure: answered, or given up by its caller.
    pub(crate) fn depart(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// Keeps a call. `masked` is its body without secrets, for the file.
    pub(crate) fn keep(&mut self, record: CallRecord, masked: String) {
        if let Some(file) = &mut self.file {
            let line = CallRecord { body: masked, ..record.clone() };
            let mut line = serde_json::to_string(&line).expect("a call record is plain data");
            line.push('\n');
            if let Err(error) = file.write_all(line.as_bytes()) {
                tracing::warn!(%error, "call not recorded");
            }
        }
        if self.calls.len() == KEPT {
            self.calls.pop_front();
        }
        self.calls.push_back(record);
    }

    /// The calls that ended, in the order of arrival.
    pub(crate) fn calls(&self) -> Vec<CallRecord> {
        let mut calls: Vec<CallRecord> = self.calls.iter().cloned().collect();
        calls.sort_by_key(|call| call.sequence);
        calls
    }

    /// Forgets the calls.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
    }
}

/// Headers for the log.
pub(crate) fn headers(wire: &Wire) -> Vec<(String, String)> {
    wire.headers
        .iter()
        .filter(|(name, _)| {
            !matches!(name.as_str(), "authorization" | "x-amz-security-token" | "cookie")
        })
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()))
        .collect()
}

/// A body as text with every secret replaced by as many `x`.
pub(crate) fn masked(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        return if mask(&mut value) { value.to_string() } else { text.into_owned() };
    }
    let pairs = form::pairs(&text);
    let secret = |name: &str| {
        matches!(
            name,
            "client_secret"
                | "password"
                | "refresh_token"
                | "code"
                | "code_verifier"
                | "new_password"
        )
    };
    if pairs.iter().any(|(name, _)| secret(name)) {
        let pairs: Vec<String> = pairs
            .into_iter()
            .map(|(name, value)| {
                let value = if secret(&name) { crosses(&value) } else { value };
                format!("{name}={value}")
            })
            .collect();
        return pairs.join("&");
    }
    text.into_owned()
}

/// Masks in place; whether there was anything to mask.
fn mask(value: &mut Value) -> bool {
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |any, item| mask(item) | any),
        Value::Object(map) => {
            let secure = map.get("Type").and_then(Value::as_str) == Some("SecureString");
            let mut any = false;
            for (name, inner) in map.iter_mut() {
                let secret = SECRETS.contains(&name.as_str()) || (secure && name == "Value");
                match inner {
                    // Lifetimes' units, under the names of the tokens.
                    _ if name == "TokenValidityUnits" => {}
                    Value::String(text) if secret => {
                        *text = crosses(text);
                        any = true;
                    }
                    _ => any |= mask(inner),
                }
            }
            any
        }
        _ => false,
    }
}

fn crosses(text: &str) -> String {
    "x".repeat(text.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_at_their_length() {
        let body = br#"{"a":{"clientSecret":"hunter2"},"Type":"SecureString","Value":"abc"}"#;
        assert_eq!(
            masked(body),
            r#"{"a":{"clientSecret":"xxxxxxx"},"Type":"SecureString","Value":"xxx"}"#
        );
        assert_eq!(
            masked(br#"{"Type":"String","Value":"abc"}"#),
            r#"{"Type":"String","Value":"abc"}"#
        );
        let item = br#"{"Item":{"session":{"S":"urn:x"}},"sessionUri":"urn:x"}"#;
        assert_eq!(masked(item), r#"{"Item":{"session":{"S":"xxxxx"}},"sessionUri":"xxxxx"}"#);
        let units = br#"{"TokenValidityUnits":{"AccessToken":"minutes"}}"#;
        assert_eq!(masked(units).as_bytes(), units);
        assert_eq!(masked(b"grant_type=x&client_secret=abc"), "grant_type=x&client_secret=xxx");
    }

    #[test]
    fn overlapping_calls_share_a_group() {
        let mut log = Log::default();
        assert_eq!(log.arrive(), (1, 1));
        assert_eq!(log.arrive(), (2, 1));
        log.depart();
        log.depart();
        assert_eq!(log.arrive(), (3, 2));
    }
}
