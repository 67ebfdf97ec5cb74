//! What can go wrong with a call.

use serde::Deserialize;
use serde_json::Value;

use crate::service::Fault;

/// What goes wrong. In a file it is written in kebab case: `"cut-after"`, `{ latency = 500 }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Refused, nothing happened.
    FailBefore(Refusal),
    /// It happened, and an error is answered.
    FailAfter(Refusal),
    /// The connection breaks before anything happened.
    CutBefore,
    /// It happened, and the connection breaks before the answer.
    CutAfter,
    /// Never answered, nothing happened.
    HangBefore,
    /// It happened, and is never answered.
    HangAfter,
    /// Happens and is answered only after so many milliseconds.
    Latency(u64),
    /// It happens at once, and is answered so many milliseconds later: to a client that has given up by then it is a lost
    /// answer.
    LatencyAfter(u64),
    /// What the call begins (`CREATING`, `Pending`) takes so many milliseconds.
    Stuck(u64),
    /// What the call begins ends as failed, with this reason. For `AgentCore`'s objects and Lambda's functions.
    Fails(String),
    /// A call that only looks sees the account as it was up to so many milliseconds ago; the seed says how many.
    Stale(u64),
    /// A listing gives at most so many items a page.
    ShortPages(u64),
    /// Somebody else does this just before the call.
    Meanwhile(Interloper),
}

/// A call that somebody else makes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interloper {
    /// The signing name, such as `lambda`.
    pub service: String,
    /// The operation, such as `DeleteFunction`.
    pub operation: String,
    /// Its members by their names in the service's model. A text that is `$` and the name of a member of the call that is
    /// hit stands for that member.
    #[serde(default)]
    pub input: Value,
}

/// The error of a failing call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Named")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The message.
    pub message: String,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

/// A refusal as a file writes it: by a name, or in full.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Named {
    Throttled,
    Internal,
    Unavailable,
    Quota,
    Error { status: u16, code: String, message: String, retry_after: Option<u32> },
}

impl From<Named> for Refusal {
    fn from(named: Named) -> Self {
        match named {
            Named::Throttled => Self::throttled(),
            Named::Internal => Self::internal(),
            Named::Unavailable => Self::unavailable(2),
            Named::Quota => Self::quota(),
            Named::Error { status, code, message, retry_after } => {
                Self { status, code, message, retry_after }
            }
        }
    }
}

impl Refusal {
    fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), retry_after: None }
    }

    /// The refusal of a service that is asked too often. The services that have another code for it use theirs.
    pub fn throttled() -> Self {
        Self::new(429, THROTTLED, "Rate exceeded")
    }

    /// A service's internal error.
    pub fn internal() -> Self {
        Self::new(500, "InternalServerException", "An internal error occurred")
    }

    /// A service that is away for a while, and says for how many seconds.
    pub fn unavailable(seconds: u32) -> Self {
        let refusal = Self::new(503, "ServiceUnavailableException", "The service is unavailable");
        Self { retry_after: Some(seconds), ..refusal }
    }

    /// A quota that is used up, with the status that `AgentCore` gives it.
    pub fn quota() -> Self {
        Self::new(402, "ServiceQuotaExceededException", "The quota of this resource is used up")
    }

    /// The refusal as `service` words it.
    pub(crate) fn of(&self, service: &str) -> Fault {
        let own = (self.code == THROTTLED).then(|| own_throttle(service)).flatten();
        let (status, code) = own.unwrap_or((self.status, &self.code));
        Fault::new(status, code, self.message.clone())
    }
}

const THROTTLED: &str = "ThrottlingException";

/// How services say it that do not answer 429 with `ThrottlingException`. From their lists of common errors.
fn own_throttle(service: &str) -> Option<(u16, &'static str)> {
    match service {
        "iam" | "sts" => Some((400, "Throttling")),
        "lambda" | "apigateway" => Some((429, "TooManyRequestsException")),
        "cognito-idp" => Some((400, "TooManyRequestsException")),
        "dynamodb" | "ssm" | "logs" | "secretsmanager" => Some((400, THROTTLED)),
        "s3" => Some((503, "SlowDown")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn effects_are_read_as_a_file_writes_them() {
        let read = |value: Value| serde_json::from_value::<Effect>(value);
        assert_eq!(read(json!("cut-after")).unwrap(), Effect::CutAfter);
        assert_eq!(read(json!({"stuck": 60_000})).unwrap(), Effect::Stuck(60_000));
        assert_eq!(
            read(json!({"fail-before": "unavailable"})).unwrap(),
            Effect::FailBefore(Refusal::unavailable(2))
        );
        let own =
            json!({"fail-after": {"error": {"status": 418, "code": "Teapot", "message": "no"}}});
        assert_eq!(read(own).unwrap(), Effect::FailAfter(Refusal::new(418, "Teapot", "no")));
        assert!(read(json!("explode")).is_err());
    }

    #[test]
    fn a_throttle_has_the_services_own_code() {
        let said = |service| {
            let fault = Refusal::throttled().of(service);
            (fault.status, fault.code)
        };
        assert_eq!(said("iam"), (400, "Throttling".to_owned()));
        assert_eq!(said("s3"), (503, "SlowDown".to_owned()));
        assert_eq!(said("bedrock-agentcore"), (429, THROTTLED.to_owned()));
        // What else is refused is said as it is.
        assert_eq!(Refusal::internal().of("iam").code, "InternalServerException");
    }
}
