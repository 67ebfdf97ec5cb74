//! Runs functions: keeps their processes warm, one event in each at a time, and starts another
//! when all are busy, as the service scales out. Nothing here holds the state of the local AWS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::log_groups;
use super::process::{Ended, Process, Program};
use super::runtime_api::Event;
use crate::local::LocalAws;

/// The service gives a function ten seconds to start before its own limit counts.
const START_ALLOWANCE: Duration = Duration::from_secs(10);
/// Idle processes kept of one revision; more are ended when they become idle.
const WARM_LIMIT: usize = 4;

/// Everything one invocation needs, copied out of the state before it begins.
#[derive(Clone)]
pub struct Invocation {
    /// The function's ARN, without a version.
    pub function_arn: String,
    /// Changes with each change of code or configuration: a process of another one is not used.
    pub revision: String,
    /// The execution role's ARN.
    pub role: String,
    /// The log group of the function.
    pub log_group: String,
    /// For example `provided.al2023`.
    pub runtime: String,
    /// The blob that holds the deployment package.
    pub code: String,
    /// The process environment: the reserved variables and the function's own.
    pub environment: BTreeMap<String, String>,
    /// How long the function may take.
    pub timeout: Duration,
    /// How many may run at once (the reserved concurrency), if limited.
    pub concurrency: Option<usize>,
    /// The event, a JSON document.
    pub payload: Bytes,
    /// The client context, a JSON document, if one was sent.
    pub client_context: Option<String>,
    /// Whether the end of the log is wanted with the answer.
    pub with_log: bool,
    /// A UUID.
    pub request_id: String,
    /// Milliseconds since the epoch when it began.
    pub now_ms: i64,
}

impl std::fmt::Debug for Invocation {
    /// Without environment and event, which hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Invocation")
            .field("function_arn", &self.function_arn)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The answer, or the error document.
    pub payload: Bytes,
    /// `Unhandled` when the function failed: the value of `X-Amz-Function-Error`.
    pub function_error: Option<&'static str>,
    /// The last 4 KB the function wrote.
    pub log_tail: String,
}

/// More invocations than the reserved concurrency allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("rate exceeded")]
pub struct Throttled;

#[derive(Debug, Default)]
struct Warm {
    revision: String,
    idle: Vec<Process>,
    running: usize,
}

/// The processes of all functions. Dropping it ends them.
#[derive(Debug, Default, Clone)]
pub struct Runtimes {
    functions: Arc<Mutex<BTreeMap<String, Warm>>>,
}

impl Runtimes {
    /// Runs the function once.
    ///
    /// # Errors
    /// [`Throttled`] when the reserved concurrency is used up. A function that fails is no error
    /// here but an [`Outcome`] with a function error, as the service reports it.
    pub async fn invoke(
        &self,
        local: &LocalAws,
        invocation: Invocation,
    ) -> Result<Outcome, Throttled> {
        let warm = self.enter(&invocation)?;
        let _running =
            Running { runtimes: self.clone(), function: invocation.function_arn.clone() };
        log_groups::ensure(local, &invocation);
        let started = warm.is_none();
        let mut process = match warm {
            Some(process) => process,
            None => match Process::start(&Program {
                runtime: invocation.runtime.clone(),
                zip: local.blob(&invocation.code).unwrap_or_default(),
                environment: invocation.environment.clone(),
            })
            .await
            {
                Ok(process) => process,
                Err(error) => {
                    let payload = document("Runtime.InvalidEntrypoint", &error.to_string());
                    return Ok(failed(payload, String::new()));
                }
            },
        };
        let allowance = if started { START_ALLOWANCE } else { Duration::ZERO };
        let event = Event {
            request_id: invocation.request_id.clone(),
            deadline_ms: invocation.now_ms
                + i64::try_from(invocation.timeout.as_millis()).unwrap_or(i64::MAX / 2),
            function_arn: invocation.function_arn.clone(),
            client_context: invocation.client_context.clone(),
            payload: invocation.payload.clone(),
        };
        let ended = process.handle(event, invocation.timeout, allowance).await;
        if invocation.with_log {
            process.drain_log().await;
        }
        let outcome = match ended {
            Ended::Answer(payload) => {
                Outcome { payload, function_error: None, log_tail: process.log_tail() }
            }
            Ended::Error(payload) => failed(payload, process.log_tail()),
            Ended::Broken(kind, sentence) => {
                return Ok(failed(document(kind, &sentence), process.log_tail()));
            }
        };
        self.keep(&invocation, process);
        Ok(outcome)
    }

    /// Ends the idle processes of a function that was deleted.
    pub fn forget(&self, function_arn: &str) {
        self.lock().remove(function_arn);
    }

    /// How many idle processes there are.
    pub fn warm(&self) -> usize {
        self.lock().values().map(|warm| warm.idle.len()).sum()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Warm>> {
        self.functions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, invocation: &Invocation) -> Result<Option<Process>, Throttled> {
        let mut functions = self.lock();
        let warm = functions.entry(invocation.function_arn.clone()).or_default();
        if invocation.concurrency.is_some_and(|limit| warm.running >= limit) {
            return Err(Throttled);
        }
        if warm.revision != invocation.revision {
            warm.idle.clear();
            warm.revision.clone_from(&invocation.revision);
        }
        warm.running += 1;
        while let Some(mut process) = warm.idle.pop() {
            if process.is_alive() {
                return Ok(Some(process));
            }
        }
        Ok(None)
    }

    fn keep(&self, invocation: &Invocation, process: Process) {
        let mut functions = self.lock();
        let Some(warm) = functions.get_mut(&invocation.function_arn) else { return };
        if warm.revision == invocation.revision && warm.idle.len() < WARM_LIMIT {
            warm.idle.push(process);
        }
    }
}

/// Counts an invocation as long as it lives, also when its caller goes away.
struct Running {
    runtimes: Runtimes,
    function: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(warm) = self.runtimes.lock().get_mut(&self.function) {
            warm.running = warm.running.saturating_sub(1);
        }
    }
}

fn failed(payload: Bytes, log_tail: String) -> Outcome {
    Outcome { payload, function_error: Some("Unhandled"), log_tail }
}

fn document(kind: &str, sentence: &str) -> Bytes {
    Bytes::from(json!({ "errorType": kind, "errorMessage": sentence }).to_string())
}
