//! Execution roles: whether Lambda may assume one yet.

use super::invalid;
use crate::service::{Call, Fault};

/// Refuses a role that is not there, does not trust Lambda, or is too new to be seen: the service
/// answers all three alike.
///
/// # Errors
/// `InvalidParameterValueException`.
pub(super) fn check(call: &Call<'_>, arn: &str) -> Result<(), Fault> {
    let delay = call.options.delays.iam_propagation_ms;
    if call.account.iam.can_assume(arn, "lambda.amazonaws.com", call.now, delay) {
        return Ok(());
    }
    Err(invalid("The role defined for the function cannot be assumed by Lambda."))
}
