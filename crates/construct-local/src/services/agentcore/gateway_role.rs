//! What the service asks of the roles it is given, and how it asks what a gateway's role allows.
//!
//! Both are asked of IAM as other services see it: a role, a trust or a policy younger than the
//! propagation delay is not there yet, which is what makes a create right after `PutRolePolicy`
//! fail on AWS too. `strict_permissions` in the options turns these checks off.

use super::faults::{denied, invalid};
use super::permissions::allows;
use crate::service::{Call, Fault};

/// The service principal of every role that `AgentCore` takes.
const PRINCIPAL: &str = "bedrock-agentcore.amazonaws.com";

/// An action and the resource it is done on.
pub(super) type Permission = (&'static str, String);

/// Whose role it is, as messages tell it, and the member that names it.
pub(super) type Holder = (&'static str, &'static str);

/// A gateway's role.
pub(super) const GATEWAY_ROLE: Holder = ("Gateway", "roleArn");
/// An agent runtime's role.
pub(super) const RUNTIME_ROLE: Holder = ("Agent runtime", "roleArn");
/// A consent portal's role.
pub(super) const PORTAL_ROLE: Holder = ("Consent portal", "executionRoleArn");

/// Checks that the service can assume a role.
///
/// # Errors
/// `ValidationException` for a role that is not there, not visible yet, or trusts others only.
pub(super) fn check_assumable(
    call: &Call<'_>,
    (holder, member): Holder,
    role_arn: &str,
) -> Result<(), Fault> {
    let delay = call.options.delays.iam_propagation_ms;
    if !call.options.strict_permissions
        || call.account.iam.can_assume(role_arn, PRINCIPAL, call.now, delay)
    {
        return Ok(());
    }
    let message = format!(
        "{holder} execution role {role_arn} does not exist or cannot be assumed by {PRINCIPAL}"
    );
    Err(invalid(member, message))
}

/// Checks that a gateway's role allows all of `needed`.
///
/// # Errors
/// `ValidationException` that names the first action it does not allow.
pub(super) fn check_permissions(
    call: &Call<'_>,
    role_arn: &str,
    needed: &[Permission],
) -> Result<(), Fault> {
    if !call.options.strict_permissions {
        return Ok(());
    }
    let delay = call.options.delays.iam_propagation_ms;
    let documents = call.account.iam.visible_documents(role_arn, call.now, delay);
    match needed.iter().find(|(action, resource)| !allows(&documents, action, resource)) {
        None => Ok(()),
        Some((action, resource)) => Err(invalid(
            "roleArn",
            format!("Gateway execution role lacks permission {action} on resource {resource}"),
        )),
    }
}

/// The session the service assumes a role in to try it out on a policy engine.
const POLICY_ENGINE_SESSION: &str = "GenesisPolicyEngineCheck";

/// Checks that a gateway's role may ask a policy engine, by doing it: on the engine and on the
/// gateway, which the service authorization data both requires for the action.
///
/// # Errors
/// `AccessDeniedException` as IAM words it.
pub(super) fn check_authorizes(
    call: &Call<'_>,
    role_arn: &str,
    resources: &[&str],
) -> Result<(), Fault> {
    const ACTION: &str = "bedrock-agentcore:AuthorizeAction";
    if !call.options.strict_permissions {
        return Ok(());
    }
    let delay = call.options.delays.iam_propagation_ms;
    let documents = call.account.iam.visible_documents(role_arn, call.now, delay);
    let Some(resource) = resources.iter().find(|resource| !allows(&documents, ACTION, resource))
    else {
        return Ok(());
    };
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    Err(denied(format!(
        "User: arn:{}:sts::{}:assumed-role/{role}/{POLICY_ENGINE_SESSION} is not authorized to \
         perform: {ACTION} on resource: {resource} because no identity-based policy allows the \
         {ACTION} action",
        crate::PARTITION,
        crate::ACCOUNT_ID
    )))
}
