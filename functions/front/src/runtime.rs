//! The loop of the Lambda Runtime API: next event, answer, next event.
//!
//! Blocking and single-threaded, because Lambda gives a sandbox one event at a time.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::fmt;
use std::io::{Cursor, Read};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::StatusCode;
use serde_json::{Value, json};
use ureq::{Agent, SendBody};

use crate::Front;
use crate::clock::Deadline;
use crate::config::FrontDoor;
use crate::http::{Answer, Body, Request};

/// What is left of an invocation when Lambda would end it.
const MARGIN: Duration = Duration::from_millis(500);
/// Between the head and the body of a streamed answer.
const SEPARATOR: [u8; 8] = [0; 8];

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
pub fn serve(api: &str, front: &Arc<Front>) -> Result<(), RuntimeError> {
    let base = format!("http://{api}/2018-06-01/runtime/invocation");
    // No time-out: the wait for the next event lasts as long as the sandbox is frozen.
    let agent: Agent = Agent::config_builder().timeout_global(None).proxy(None).build().into();
    loop {
        let mut next = agent.get(format!("{base}/next")).call()?;
        let header = |name| {
            next.headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let id = header("lambda-runtime-aws-request-id");
        let deadline = deadline(&header("lambda-runtime-deadline-ms"));
        let text = next.body_mut().with_config().limit(u64::MAX).read_to_string()?;
        let event: Option<Value> = serde_json::from_str(&text).ok();
        let Some(request) = event.as_ref().and_then(Request::of_event) else {
            let error = json!({
                "errorType": "Runtime.BadEvent",
                "errorMessage": "the event is no HTTP request of payload format 2.0",
            });
            agent.post(format!("{base}/{id}/error")).send(error.to_string())?;
            continue;
        };
        let answer = front.answer(&request, &id, deadline);
        let place = format!("{base}/{id}/response");
        match front.config.front {
            FrontDoor::FunctionUrl => stream(&agent, &place, answer)?,
            FrontDoor::HttpApi => {
                let event = answer.into_event().unwrap_or_else(
                    |_broken_off| json!({ "statusCode": StatusCode::BAD_GATEWAY.as_u16() }),
                );
                agent.post(place).send(event.to_string())?;
            }
        }
    }
}

/// An invocation's end, as Lambda tells it, with a margin for the way back.
fn deadline(milliseconds: &str) -> Deadline {
    let end = milliseconds.parse().map_or(Duration::MAX, Duration::from_millis);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Deadline::after(end.saturating_sub(now).saturating_sub(MARGIN))
}

/// Answers as response streaming has it: the head as JSON, eight zeros, the body as it comes.
fn stream(agent: &Agent, place: &str, answer: Answer) -> Result<(), ureq::Error> {
    let mut start = Value::Object(answer.head()).to_string().into_bytes();
    start.extend_from_slice(&SEPARATOR);
    let body: Box<dyn Read> = match answer.body {
        Body::Whole(bytes) => {
            start.extend(bytes);
            Box::new(Cursor::new(start))
        }
        Body::Stream(rest) => Box::new(Cursor::new(start).chain(rest)),
    };
    agent
        .post(place)
        .header("lambda-runtime-function-response-mode", "streaming")
        .header("content-type", "application/vnd.awslambda.http-integration-response")
        .send(SendBody::from_owned_reader(body))?;
    Ok(())
}
