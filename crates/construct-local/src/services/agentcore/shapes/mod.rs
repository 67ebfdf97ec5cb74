//! What each AgentCore operation takes: the constraints of the service model (2023-06-05) as tables. What the model cannot
//! express (which credential fits which target, what a role must allow) lives with the operations.

pub(super) mod authorizer;
pub(super) mod credentials;
pub(super) mod gateway;
pub(super) mod identity;
pub(super) mod network;
pub(super) mod policy;
pub(super) mod portal;
pub(super) mod rules;
pub(super) mod runtime;
pub(super) mod target;

use super::faults::validation;
use crate::service::{Fault, Input};
use crate::services::shape::{self, ANY, MAX, OPTIONAL, REQUIRED, Shape, TEXT};

/// Checks a request against its table.
///
/// # Errors
/// `ValidationException` with reason `FieldValidationFailed` and one entry per problem.
pub(super) fn check(shape: &Shape, input: &Input) -> Result<(), Fault> {
    let Shape::Record(members) = shape else { return Ok(()) };
    let problems = shape::problems(input.members(), members);
    if problems.is_empty() { Ok(()) } else { Err(validation(&problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::matches;

    /// Uses every pattern below a shape once: a pattern that does not compile panics.
    fn compile(shape: &'static Shape, seen: &mut Vec<*const Shape>) {
        if seen.contains(&std::ptr::from_ref(shape)) {
            return;
        }
        seen.push(shape);
        match shape {
            Shape::Text(_, _, pattern) | Shape::Pattern(pattern) => {
                matches(pattern, "x");
            }
            Shape::List(item, ..) | Shape::QueryList(item, ..) => compile(item, seen),
            Shape::Map(key, value, ..) => {
                compile(key, seen);
                compile(value, seen);
            }
            Shape::Record(members) | Shape::Closed(members) | Shape::Union(members) => {
                members.iter().for_each(|(_, _, member)| compile(member, seen));
            }
            _ => {}
        }
    }

    #[test]
    fn every_pattern_of_the_tables_compiles() {
        let mut seen = Vec::new();
        for request in [
            &gateway::CREATE_GATEWAY_REQUEST,
            &gateway::UPDATE_GATEWAY_REQUEST,
            &target::CREATE_GATEWAY_TARGET_REQUEST,
            &identity::CREATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST,
            &identity::CREATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST,
            &identity::CREATE_WORKLOAD_IDENTITY_REQUEST,
            &runtime::CREATE_AGENT_RUNTIME_REQUEST,
            &runtime::UPDATE_AGENT_RUNTIME_REQUEST,
            &runtime::UNTAG_RESOURCE_REQUEST,
            &runtime::CREATE_AGENT_RUNTIME_ENDPOINT_REQUEST,
            &portal::CREATE_CONSENT_PORTAL_REQUEST,
            &rules::CREATE_GATEWAY_RULE_REQUEST,
            &rules::CREATE_GATEWAY_RATE_LIMIT_REQUEST,
            &policy::CREATE_POLICY_ENGINE_REQUEST,
            &policy::CREATE_POLICY_REQUEST,
        ] {
            compile(request, &mut seen);
        }
        assert!(seen.len() > 200, "the tables are walked: {}", seen.len());
    }
}
