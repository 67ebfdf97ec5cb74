//! What a gateway's role may do: one inline policy for each purpose, each named by what it says.
//!
//! The name ends in a digest, so that a policy that says something else is another policy. It is put beside the old one
//! before the target that needs it changes, and the old one goes last: the role has the union of both in between.

use construct_engine::hexadecimal;
use sha2::{Digest, Sha256};

use super::gateway::GatewayParts;
use super::provider::Provider;
use super::{Blueprint, Place, Role, RolePolicy, address, policy};
use crate::policy::{Statement, grants};
use crate::steps::{credential_provider, iam_role_policy};

impl Blueprint<'_> {
    /// Lets the role of `gateway` do what `statements` say, and read the secrets of `providers`.
    pub(super) fn grant(
        &mut self,
        gateway: &GatewayParts<'_>,
        purpose: &str,
        statements: Vec<Statement>,
        providers: Vec<Provider>,
    ) -> RolePolicy {
        self.grant_role((gateway.place, gateway.role), purpose, statements, providers)
    }

    /// The same for the role of a gateway that is not in the graph yet.
    pub(super) fn grant_role(
        &mut self,
        (place, role): (Place<'_>, Role),
        purpose: &str,
        statements: Vec<Statement>,
        providers: Vec<Provider>,
    ) -> RolePolicy {
        let said = serde_json::to_vec(&statements).expect("statements are plain data");
        let name = format!("{purpose}.{}", hexadecimal(&Sha256::digest(said)[..4]));
        let what = place.name("gateway");
        let at = address(format!("role-policy/{what}.{name}"));
        let spec = policy(&self.role_name(&what), &name, statements);
        let deps = (role, providers);
        self.graph.add(iam_role_policy::IamRolePolicy, at, spec, deps, |(_, providers)| {
            iam_role_policy::Links { statements: read_secrets(providers) }
        })
    }
}

/// Reading the secrets that `providers` keep.
pub(super) fn read_secrets(providers: Vec<credential_provider::Outputs>) -> Vec<Statement> {
    let arns: Vec<String> =
        providers.into_iter().filter_map(|provider| provider.secret_arn).collect();
    grants::read_secrets(&arns).into_iter().collect()
}
