//! Runs functions: keeps their processes warm, one event in each at a time, and starts another
//! when all are busy, as the service scales out. This machine does not scale: beyond a number of
//! processes, events wait their turn. Nothing here holds the state of the local AWS.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::log_groups;
use super::process::{Ended, Process, Program, StartError};
use super::runtime_api::Event;
use crate::local::LocalAws;

/// The service gives a function ten seconds to start before its own limit counts.
const START_ALLOWANCE: Duration = Duration::from_secs(10);
/// Processes of one function at once: enough that a few slow calls hold nobody up, and few enough for a
/// small machine when thousands of calls arrive together.
const MOST_AT_ONCE: usize = 16;

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

#[derive(Debug)]
struct Warm {
    revision: String,
    idle: Vec<Process>,
    /// Invocations that run or wait.
    entered: usize,
    turns: Arc<Semaphore>,
}

impl Default for Warm {
    fn default() -> Self {
        let turns = Arc::new(Semaphore::new(MOST_AT_ONCE));
        Self { revision: String::new(), idle: Vec::new(), entered: 0, turns }
    }
}

/// The processes of all functions. Dropping it ends them.
#[derive(Debug, Default, Clone)]
pub struct Runtimes {
    functions: Arc<Mutex<BTreeMap<String, Warm>>>,
}

/// Leave to run one invocation now.
#[derive(Debug)]
pub struct Turn {
    // In this order: the turn is passed on by who has left.
    entered: Entered,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Runtimes {
    /// Waits until the invocation can run. No limit of the service's counts this wait: there, nothing
    /// waits.
    ///
    /// # Errors
    /// [`Throttled`] when the reserved concurrency is used up.
    pub async fn turn(&self, invocation: &Invocation) -> Result<Turn, Throttled> {
        let (entered, turns) = self.enter(invocation)?;
        // It is never closed.
        Ok(Turn { entered, _permit: turns.acquire_owned().await.ok() })
    }

    /// Runs the function once, when it is its turn.
    ///
    /// # Errors
    /// [`Throttled`] when the reserved concurrency is used up. A function that fails is no error
    /// here but an [`Outcome`] with a function error, as the service reports it.
    pub async fn invoke(
        &self,
        local: &LocalAws,
        invocation: Invocation,
    ) -> Result<Outcome, Throttled> {
        Ok(self.turn(&invocation).await?.run(local, invocation, None).await)
    }

    /// Runs the function once, when it is its turn, and passes on to `sink` what it streams. A function that answers as a
    /// whole passes nothing on, and has its answer in the outcome.
    ///
    /// # Errors
    /// As [`Self::invoke`].
    pub async fn stream(
        &self,
        local: &LocalAws,
        invocation: Invocation,
        sink: mpsc::Sender<Bytes>,
    ) -> Result<Outcome, Throttled> {
        Ok(self.turn(&invocation).await?.run(local, invocation, Some(sink)).await)
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

    fn enter(&self, invocation: &Invocation) -> Result<(Entered, Arc<Semaphore>), Throttled> {
        let mut functions = self.lock();
        let warm = functions.entry(invocation.function_arn.clone()).or_default();
        if invocation.concurrency.is_some_and(|limit| warm.entered >= limit) {
            return Err(Throttled);
        }
        warm.entered += 1;
        let function = invocation.function_arn.clone();
        Ok((Entered { runtimes: self.clone(), function }, Arc::clone(&warm.turns)))
    }

    /// A process that waits for an event.
    fn idle(&self, invocation: &Invocation) -> Option<Process> {
        let mut functions = self.lock();
        let warm = functions.get_mut(&invocation.function_arn)?;
        if warm.revision != invocation.revision {
            warm.idle.clear();
            warm.revision.clone_from(&invocation.revision);
        }
        while let Some(mut process) = warm.idle.pop() {
            if process.is_alive() {
                return Some(process);
            }
        }
        None
    }

    fn keep(&self, invocation: &Invocation, process: Process) {
        let mut functions = self.lock();
        let Some(warm) = functions.get_mut(&invocation.function_arn) else { return };
        if warm.revision == invocation.revision {
            warm.idle.push(process);
        }
    }
}

impl Turn {
    /// Runs the function once, and passes on to `sink` what it streams.
    pub async fn run(
        self,
        local: &LocalAws,
        invocation: Invocation,
        sink: Option<mpsc::Sender<Bytes>>,
    ) -> Outcome {
        log_groups::ensure(local, &invocation);
        let runtimes = &self.entered.runtimes;
        let warm = runtimes.idle(&invocation);
        let allowance = if warm.is_none() { START_ALLOWANCE } else { Duration::ZERO };
        let started = match warm {
            Some(process) => Ok(process),
            None => start(local, &invocation).await,
        };
        let mut process = match started {
            Ok(process) => process,
            Err(error) => {
                let payload = document("Runtime.InvalidEntrypoint", &error.to_string());
                return failed(payload, String::new());
            }
        };
        let limit = i64::try_from(invocation.timeout.as_millis()).unwrap_or(i64::MAX / 2);
        let event = Event {
            request_id: invocation.request_id.clone(),
            deadline_ms: local.now_ms() + limit,
            function_arn: invocation.function_arn.clone(),
            client_context: invocation.client_context.clone(),
            payload: invocation.payload.clone(),
            sink,
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
                return failed(document(kind, &sentence), process.log_tail());
            }
        };
        runtimes.keep(&invocation, process);
        outcome
    }
}

async fn start(local: &LocalAws, invocation: &Invocation) -> Result<Process, StartError> {
    let program = Program {
        runtime: invocation.runtime.clone(),
        zip: local.blob(&invocation.code).unwrap_or_default(),
        environment: invocation.environment.clone(),
    };
    Process::start(&program, local.running().as_deref()).await
}

/// Counts an invocation as long as it lives, also when its caller goes away.
#[derive(Debug)]
struct Entered {
    runtimes: Runtimes,
    function: String,
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(warm) = self.runtimes.lock().get_mut(&self.function) {
            warm.entered = warm.entered.saturating_sub(1);
        }
    }
}

fn failed(payload: Bytes, log_tail: String) -> Outcome {
    Outcome { payload, function_error: Some("Unhandled"), log_tail }
}

fn document(kind: &str, sentence: &str) -> Bytes {
    Bytes::from(json!({ "errorType": kind, "errorMessage": sentence }).to_string())
}
