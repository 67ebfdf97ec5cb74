//! What the service asks of the roles it is given, and of a gateway's role for each target.
//!
//! Both are asked of IAM as other services see it: a role, a trust or a policy younger than the
//! propagation delay is not there yet, which is what makes a create right after `PutRolePolicy`
//! fail on AWS too. `strict_permissions` in the options turns these checks off.

use super::credential_rules::Outbound;
use super::faults::invalid;
use super::permissions::allows;
use super::state::Gateway;
use super::target_kind::{OutboundAuth, TargetKind};
use super::workload_identities;
use crate::service::{Call, Fault};
use serde_json::Value;

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

/// What the gateway's role must allow so that it can serve this target.
///
/// `secret_arn` is the secret of the credential provider that `outbound` names.
pub(super) fn needed(
    gateway: &Gateway,
    kind: TargetKind,
    part: &Value,
    outbound: &Outbound<'_>,
    secret_arn: Option<&str>,
) -> Vec<Permission> {
    let mut needed = Vec::new();
    if kind == TargetKind::Lambda {
        let function = part.get("lambdaArn").and_then(Value::as_str).unwrap_or_default();
        needed.push(("lambda:InvokeFunction", function.to_owned()));
    }
    let (Some(provider), Some(secret)) = (outbound.provider_arn, secret_arn) else {
        return needed;
    };
    let token_action = match outbound.auth {
        OutboundAuth::ApiKey => "bedrock-agentcore:GetResourceApiKey",
        auth if auth.is_oauth() => "bedrock-agentcore:GetResourceOauth2Token",
        _ => return needed,
    };
    // The service authorization data requires each of these resources for the token actions.
    let identity = workload_identities::arn_beside(&gateway.arn, &gateway.id);
    let directory = identity.split("/workload-identity/").next().unwrap_or_default().to_owned();
    let vault = provider.rsplitn(3, '/').nth(2).unwrap_or_default().to_owned();
    for resource in [&directory, &identity] {
        needed.push(("bedrock-agentcore:GetWorkloadAccessToken", resource.clone()));
    }
    for resource in [directory, identity, vault, provider.to_owned()] {
        needed.push((token_action, resource));
    }
    needed.push(("secretsmanager:GetSecretValue", secret.to_owned()));
    needed
}
