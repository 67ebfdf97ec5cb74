//! The loop of the Lambda Runtime API: next event, answer, next event.
//!
//! Blocking and single-threaded, because Lambda gives a sandbox one event at a time.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::fmt;

use serde_json::{Value, json};

/// Why the loop ended. Lambda starts a new sandbox.
#[derive(Debug)]
pub enum RuntimeError {
    /// A variable that Lambda sets is missing or says something else: the process does not run in Lambda.
    Environment(&'static str),
    /// The Runtime API did not answer as it should.
    Api(Box<ureq::Error>),
}

impl fmt::Display for RuntimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "{name} is not set as Lambda sets it"),
            Self::Api(error) => write!(f, "the Lambda Runtime API failed: {error}"),
        }
    }
}

impl std::error::Error for RuntimeError {}

impl From<ureq::Error> for RuntimeError {
    fn from(error: ureq::Error) -> Self {
        Self::Api(Box::new(error))
    }
}

/// Serves events from the Runtime API at `api` (host and port) until it fails.
///
/// # Errors
/// [`RuntimeError::Api`].
pub fn serve(api: &str, answer: impl Fn(&Value) -> Value) -> Result<(), RuntimeError> {
    let base = format!("http://{api}/2018-06-01/runtime/invocation");
    // No time-out: the wait for the next event lasts as long as the sandbox is frozen.
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(None).build().into();
    loop {
        let mut next = agent.get(format!("{base}/next")).call()?;
        let id = next
            .headers()
            .get("lambda-runtime-aws-request-id")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let text = next.body_mut().with_config().limit(u64::MAX).read_to_string()?;
        let Ok(event) = serde_json::from_str::<Value>(&text) else {
            let error =
                json!({"errorType": "Runtime.BadEvent", "errorMessage": "the event is no JSON"});
            agent.post(format!("{base}/{id}/error")).send(error.to_string())?;
            continue;
        };
        agent.post(format!("{base}/{id}/response")).send(answer(&event).to_string())?;
    }
}
