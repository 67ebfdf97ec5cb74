//! Lambda functions that gateways and targets name.

use super::faults::invalid;
use crate::service::{Call, Fault};

/// Checks that a function of this account exists; those of other accounts cannot be looked up.
/// `strict_permissions` in the options turns this off. `field` is the member that names it.
///
/// # Errors
/// `ValidationException`.
pub(super) fn check_exists(call: &Call<'_>, field: &str, arn: &str) -> Result<(), Fault> {
    let fields: Vec<&str> = arn.split(':').collect();
    let (Some(region), Some(account), Some(name)) = (fields.get(3), fields.get(4), fields.get(6))
    else {
        return Ok(());
    };
    let known = call
        .account
        .region(region)
        .is_some_and(|region| region.lambda.functions.contains_key(*name));
    if call.options.strict_permissions && *account == crate::ACCOUNT_ID && !known {
        return Err(invalid(field, format!("Lambda function {arn} not found")));
    }
    Ok(())
}
