//! Whether what each role may do fits: IAM counts all inline policies of a role together.

use std::collections::BTreeMap;

use construct_engine::{Address, Step};

use super::portal::PORTAL_ROLE;
use super::{Blueprint, Place};
use crate::cloud::Naming;
use crate::front;
use crate::manifest::{Problems, rules};
use crate::policy::{Document, grants};
use crate::steps::iam_role_policy;

impl Blueprint<'_> {
    /// A problem for each role of the graph whose policies are larger than a role takes.
    pub(super) fn oversized_roles(&self) -> Problems {
        let limit = rules::INLINE_POLICIES.maximum;
        let manifest = &self.prepared.manifest;
        let too_large = self.inline_sizes().into_iter().filter(|(_, size)| *size > limit);
        too_large
            .map(|(role, size)| {
                let message = format!(
                    "the inline policies of the role {role} would have {size} characters, and {limit} fit"
                );
                let help = "put fewer targets into this gateway, or divide them over several: a table [gateways.NAME] each";
                let path = self.table_of(&role);
                manifest.problem(&path, message, help).under(&rules::INLINE_POLICIES.rule)
            })
            .collect()
    }

    /// The characters of all inline policies, by the name of their role.
    fn inline_sizes(&self) -> BTreeMap<String, usize> {
        let mut sizes = BTreeMap::new();
        for (address, kind, after) in self.graph.outline() {
            if kind != iam_role_policy::IamRolePolicy::KIND {
                continue;
            }
            let Some(spec) = self.graph.spec(address) else { continue };
            let spec: iam_role_policy::Spec =
                serde_json::from_value(spec).expect("a spec is read as it was written");
            let secrets: Vec<String> =
                after.into_iter().filter_map(|one| self.secret(one)).collect();
            let statements = spec.statements.into_iter().chain(grants::read_secrets(&secrets));
            *sizes.entry(spec.role).or_default() += Document::new(statements).size();
        }
        sizes
    }

    /// An ARN as long as that of the secret that the provider at `address` will have; none where that is no provider.
    fn secret(&self, address: &Address) -> Option<String> {
        address.as_str().strip_prefix("provider/")?;
        let spec = self.graph.spec(address)?;
        Some(secret_arn(self.naming, spec["name"].as_str()?))
    }

    /// The table of the gateway that has `role`, itself or through its front or its portal.
    fn table_of(&self, role: &str) -> String {
        let has = |place: Place<'_>| {
            let mut parts = ["gateway", PORTAL_ROLE].into_iter().chain(front::FUNCTIONS);
            parts.any(|part| self.role_name(&place.name(part)) == role)
        };
        let all = self.prepared.manifest.all_gateways();
        let found = all.into_iter().find(|(name, wanted)| has(Place { name: *name, wanted }));
        match found {
            Some((Some(name), _)) => format!("gateways.{name}"),
            _ => "gateway".to_owned(),
        }
    }
}

/// The service names the secret of a provider, and Secrets Manager adds a hyphen and six characters.
fn secret_arn(naming: &Naming, provider: &str) -> String {
    let name = format!("bedrock-agentcore-identity!default/oauth2/{provider}");
    naming.arn("secretsmanager", &format!("secret:{name}-??????"))
}
