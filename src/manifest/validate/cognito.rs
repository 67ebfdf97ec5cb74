//! `[cognito]`: identity providers, and what does not go together with a pool that is not ours.

use std::collections::BTreeMap;

use crate::manifest::read::join;
use crate::manifest::rules;
use crate::manifest::{Manifest, Oidc, Problems, Protocol};

/// What the owner of a pool decides, and nobody else.
const OWNERS: [&str; 4] = ["first_user", "password", "mfa", "federation"];

impl Manifest {
    pub(super) fn check_cognito(&self, problems: &mut Problems) {
        self.check_existing(problems);
        let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, federation) in &self.cognito.federation {
            let path = join("cognito.federation", name);
            if rules::RESERVED_FEDERATIONS.contains(&name.to_lowercase().as_str()) {
                let message = format!("an identity provider cannot be called `{name}`");
                let help = "choose another name: this one means something else to Cognito";
                let problem = self.problem(&path, message, help);
                problems.push(problem.under(&rules::RESERVED_FEDERATION));
            }
            if let Protocol::Oidc(oidc) = &federation.protocol {
                self.check_oidc(&format!("{path}.oidc"), oidc, problems);
            }
            for (index, identifier) in federation.identifiers.iter().enumerate() {
                let at = format!("{path}.identifiers[{index}]");
                if identifier.starts_with(rules::FEDERATION_MARK) {
                    let message = format!(
                        "identifiers that begin with `{}` are reserved",
                        rules::FEDERATION_MARK
                    );
                    let problem = self.problem(&at, message, "choose another identifier");
                    problems.push(problem.under(&rules::RESERVED_IDENTIFIER));
                }
                if let Some(other) = taken.insert(identifier, name) {
                    let message = format!("`{identifier}` is an identifier of `{other}` already");
                    let help = "Cognito takes an identifier once in a pool: remove one of them";
                    problems.push(self.problem(&at, message, help));
                }
            }
        }
    }

    fn check_existing(&self, problems: &mut Problems) {
        let Some(existing) = &self.cognito.existing else { return };
        for key in OWNERS {
            let path = format!("cognito.{key}");
            if self.is_written(&path) {
                let message = format!("`existing` and `{key}` exclude each other");
                let help = "remove one of them: what a pool is like, and who is in it, is for its \
                            owner to decide";
                problems.push(self.problem(&path, message, help));
            }
        }
        let region = existing.pool.split('_').next().unwrap_or_default();
        if region != self.stack.region {
            let message =
                format!("the pool is in {region}, and the stack in {}", self.stack.region);
            let help = "name a pool of the stack's Region, or move the stack";
            let problem = self.problem("cognito.existing.pool", message, help);
            problems.push(problem.under(&rules::POOL_REGION));
        }
    }

    fn check_oidc(&self, path: &str, oidc: &Oidc, problems: &mut Problems) {
        if !oidc.scopes.iter().any(|scope| scope == "openid") {
            let message = "the scopes lack `openid`";
            let problem = self.problem(&format!("{path}.scopes"), message, "add \"openid\"");
            problems.push(problem.under(&rules::OPENID_SCOPE));
        }
        let missing: Vec<&str> = oidc
            .endpoints()
            .into_iter()
            .filter_map(|(name, url)| url.is_none().then_some(name))
            .collect();
        if !missing.is_empty() && missing.len() < oidc.endpoints().len() {
            let message =
                format!("only some of the endpoints are given; lacking: {}", missing.join(", "));
            let help = "give all four, or none, and Cognito reads them from the issuer's discovery document";
            let problem = self.problem(path, message, help);
            problems.push(problem.under(&rules::OIDC_ENDPOINTS));
        }
    }
}
