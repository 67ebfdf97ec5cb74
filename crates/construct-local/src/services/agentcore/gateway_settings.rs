//! What a gateway's members must be beyond the request grammar, and what its role must be able to
//! do for them.

use serde_json::Value;

use super::faults::invalid;
use super::gateway_role::{self, GATEWAY_ROLE};
use super::policy_engines::attached_engine;
use super::state::GatewaySettings;
use super::{functions, state};
use crate::service::{Call, Fault};

/// Checks the settings of the gateway whose ARN is, or will be, `arn`.
///
/// # Errors
/// `ValidationException` with the first rule they break, or the role's own refusals.
pub(super) fn check(
    call: &mut Call<'_>,
    settings: &GatewaySettings,
    arn: &str,
) -> Result<(), Fault> {
    if settings.authorizer_type == "CUSTOM_JWT" && settings.authorizer_configuration.is_none() {
        let message = "Authorizer type CUSTOM_JWT needs a customJWTAuthorizer";
        return Err(invalid("authorizerConfiguration", message));
    }
    check_interception_points(settings)?;
    let functions: Vec<&str> = interceptors(settings)
        .filter_map(|interceptor| interceptor["interceptor"]["lambda"]["arn"].as_str())
        .collect();
    for function in &functions {
        functions::check_exists(call, "interceptorConfigurations", function)?;
    }
    let engine = attached_engine(settings);
    if let Some(engine) = engine
        && !state(call).policy_engines.values().any(|own| own.arn == engine)
    {
        let message = format!("Policy engine {engine} not found");
        return Err(invalid("policyEngineConfiguration.arn", message));
    }
    let role = &settings.role_arn;
    gateway_role::check_assumable(call, GATEWAY_ROLE, role)?;
    let needed: Vec<_> = functions
        .into_iter()
        .map(|function| ("lambda:InvokeFunction", function.to_owned()))
        .collect();
    gateway_role::check_permissions(call, role, &needed)?;
    engine.map_or(Ok(()), |engine| gateway_role::check_authorizes(call, role, &[engine, arn]))
}

fn interceptors(settings: &GatewaySettings) -> impl Iterator<Item = &Value> {
    settings.interceptor_configurations.as_ref().and_then(Value::as_array).into_iter().flatten()
}

fn check_interception_points(settings: &GatewaySettings) -> Result<(), Fault> {
    let mut points: Vec<&str> = interceptors(settings)
        .filter_map(|interceptor| interceptor["interceptionPoints"].as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let count = points.len();
    points.sort_unstable();
    points.dedup();
    if points.len() < count {
        let message = "A gateway has at most one interceptor for each interception point";
        return Err(invalid("interceptorConfigurations", message));
    }
    Ok(())
}
