//! What the SDK clients share: every call is counted, and a mutating one is never sent again blindly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, Error, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;

use super::classify::never_left;

/// How many requests left, by `service.Operation`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallCount {
    /// Requests by operation, retries included.
    pub by_operation: BTreeMap<String, usize>,
}

impl CallCount {
    /// All requests.
    pub fn total(&self) -> usize {
        self.by_operation.values().sum()
    }

    /// Requests that change something.
    pub fn mutating(&self) -> usize {
        let changes = |operation: &&String| {
            operation.split('.').next_back().is_some_and(|name| !is_read(name))
        };
        self.by_operation
            .iter()
            .filter(|(operation, _)| changes(operation))
            .map(|(_, count)| count)
            .sum()
    }
}

/// A log of calls that clones share.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<CallCount>>);

impl CallLog {
    /// What was counted so far.
    pub fn count(&self) -> CallCount {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether an operation only looks, by the naming that all AWS services keep.
fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Head", "AdminGet", "Simulate"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn modify_before_transmit(
        &self,
        _context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            let key = format!("{}.{}", metadata.service(), metadata.name());
            let mut count = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *count.by_operation.entry(key).or_insert(0) += 1;
        }
        Ok(())
    }
}

/// Forbids the SDK's own retries where a call may have had its effect: the engine looks first and then decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoBlindRetry;

/// How often a call is sent where nobody is there: a person waits to hear of a wrong name or a lost network.
const UNREACHABLE_ATTEMPTS: u32 = 6;

/// Codes by which a service says that it did nothing and wants to be asked later.
const THROTTLES: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "TooManyUpdates",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
];

impl NoBlindRetry {
    /// Whether an attempt that ended in `error` surely had no effect, so that it may be sent again.
    fn had_no_effect(error: &OrchestratorError<Error>, response: Option<&HttpResponse>) -> bool {
        error.as_connector_error().is_some_and(never_left)
            || response.is_some_and(|response| {
                let named = response.headers().get("x-amzn-errortype").unwrap_or_default();
                let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
                response.status().as_u16() == 429
                    || THROTTLES.iter().any(|code| {
                        named.split(':').next() == Some(code)
                            || body.contains(&format!("{code}\""))
                            || body.contains(&format!("<Code>{code}</Code>"))
                    })
            })
    }
}

/// Not a retry classifier: those are asked when the request, and with it the operation's name, is gone.
impl Intercept for NoBlindRetry {
    fn name(&self) -> &'static str {
        "no blind retry of mutating calls"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mutating = config.load::<Metadata>().is_none_or(|metadata| !is_read(metadata.name()));
        let Some(Err(error)) = context.output_or_error() else { return Ok(()) };
        if mutating && !Self::had_no_effect(error, context.response()) {
            // The strategy, which decides next, finds all attempts used up.
            config.interceptor_state().store_put(RetryConfig::disabled());
        } else if error.as_connector_error().is_some_and(never_left) {
            let few = RetryConfig::standard().with_max_attempts(UNREACHABLE_ATTEMPTS);
            config.interceptor_state().store_put(few);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_told_from_changes() {
        let count = CallCount {
            by_operation: BTreeMap::from([
                ("IAM.GetRole".to_owned(), 3),
                ("IAM.CreateRole".to_owned(), 2),
                ("SSM.PutParameter".to_owned(), 1),
            ]),
        };
        assert_eq!((count.total(), count.mutating()), (6, 3));
    }
}
