//! `[gateway]` and `[gateways]`: which keys go together, and the references between them and the rest.

use std::collections::BTreeSet;

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{
    Consent, Gateway, Inbound, InterceptionPoint, Jwt, Manifest, Problems, rules,
};

impl Manifest {
    pub(super) fn check_gateways(&self, problems: &mut Problems) {
        if !self.gateways.is_empty() && self.is_written("gateway") {
            let message = "there are both [gateway] and [gateways]";
            let help = "give the one of [gateway] a name, and move it into [gateways]";
            problems.push(self.problem("gateway", message, help));
        }
        let all = self.gateways.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        for (name, target) in &self.targets {
            let path = join("targets", name) + ".gateway";
            match &target.gateway {
                Some(gateway) if !self.gateways.contains_key(gateway) => {
                    let message = format!("there is no gateway `{gateway}`");
                    let help = help_for_reference("gateways", gateway, self.gateways.keys());
                    problems.push(self.problem(&path, message, help));
                }
                None if self.gateways.len() > 1 => {
                    let message = "it does not say which gateway it is in";
                    problems.push(self.problem(&path, message, format!("name one of {all}")));
                }
                _ => {}
            }
        }
        for (name, gateway) in self.all_gateways() {
            let path = name.map_or_else(|| "gateway".to_owned(), |name| join("gateways", name));
            self.check_name(&path, name, problems);
            self.check_target_count(&path, name, problems);
            self.check_way_in(&path, gateway, problems);
            self.check_interceptors(&path, gateway, problems);
            self.check_gateway_policy(&path, gateway, problems);
            self.check_rate_limits(&path, gateway, problems);
            self.check_gateway_rules((name, &path), gateway, problems);
            self.check_portal(&path, (name, gateway), problems);
        }
        self.check_shared(problems);
    }

    /// The name in the account has the stack's before it.
    fn check_name(&self, path: &str, name: Option<&str>, problems: &mut Problems) {
        let Some(name) = name else { return };
        let whole = format!("{}-gateway-{name}", self.stack.name);
        let (length, maximum) = (whole.len(), rules::GATEWAY_NAME.maximum);
        if length > maximum {
            let message = format!("the gateway {whole} would have a name of {length} characters");
            let help = format!("shorten its name or the stack's by {}", length - maximum);
            problems.push(self.problem(path, message, help).under(&rules::GATEWAY_NAME.rule));
        }
    }

    fn check_target_count(&self, path: &str, name: Option<&str>, problems: &mut Problems) {
        let (count, maximum) = (self.targets_of(name).count(), rules::TARGETS.maximum);
        if count > maximum {
            let message = format!("{count} targets are in this gateway, and {maximum} fit");
            let help = "divide them over several gateways: a table [gateways.NAME] each";
            problems.push(self.problem(path, message, help).under(&rules::TARGETS.rule));
        }
    }

    fn check_way_in(&self, path: &str, gateway: &Gateway, problems: &mut Problems) {
        let key = format!("{path}.jwt");
        match (gateway.inbound, &gateway.jwt) {
            (Inbound::Jwt, None) => {
                let message = "inbound = \"jwt\" does not say whose tokens are taken";
                let help = "add `jwt = { discovery_url = \"…\", audiences = [\"…\"] }`";
                problems.push(self.problem(&format!("{path}.inbound"), message, help));
            }
            (Inbound::Jwt, Some(jwt)) => self.check_jwt(&key, jwt, problems),
            (_, Some(_)) => {
                let message = "`jwt` is for inbound = \"jwt\"";
                problems.push(self.problem(
                    &key,
                    message,
                    "write `inbound = \"jwt\"`, or remove it",
                ));
            }
            (_, None) => {}
        }
        if gateway.consent == Some(Consent::Callback) && !gateway.has_front() {
            let message =
                "consent = \"callback\" needs the front, which only inbound = \"cognito\" has";
            let help = "remove it, or choose another way in";
            problems.push(self.problem(&format!("{path}.consent"), message, help));
        }
    }

    pub(super) fn check_jwt(&self, path: &str, jwt: &Jwt, problems: &mut Problems) {
        let lists = [&jwt.audiences, &jwt.clients, &jwt.scopes];
        if lists.iter().all(|list| list.is_empty()) && jwt.claims.is_empty() {
            let message = "every token of the issuer would be let in";
            let help = "add one of `audiences`, `clients`, `scopes` and `claims`";
            problems.push(self.problem(path, message, help).under(&rules::JWT_CONDITION));
        }
        for scope in jwt.advertised_scopes.keys().filter(|scope| !jwt.scopes.contains(scope)) {
            let key = join(&format!("{path}.advertised_scopes"), scope);
            let message = format!("`{scope}` is not one of `scopes`");
            let problem = self.problem(&key, message, "add it to `scopes`, or remove it here");
            problems.push(problem.under(&rules::ADVERTISED_SCOPE));
        }
        for (index, claim) in jwt.claims.iter().enumerate() {
            let key = format!("{path}.claims[{index}]");
            let (holds, several) = claim.operator.takes();
            let problem = if claim.r#type != holds {
                let help = "type = \"string\" takes equals, \"string_array\" takes contains and contains_any";
                let message = "the operator does not go with the claim's type";
                self.problem(&format!("{key}.operator"), message, help)
            } else if several && claim.values.is_none() {
                let message = "contains_any compares with several values";
                self.problem(&format!("{key}.value"), message, "write `values = [\"…\"]`")
            } else if !several && claim.value.is_none() {
                let message = "equals and contains compare with one value";
                self.problem(&format!("{key}.values"), message, "write `value = \"…\"`")
            } else {
                continue;
            };
            problems.push(problem.under(&rules::CLAIM_OPERATOR));
        }
    }

    fn check_interceptors(&self, path: &str, gateway: &Gateway, problems: &mut Problems) {
        let mut taken: BTreeSet<InterceptionPoint> = BTreeSet::new();
        for (index, interceptor) in gateway.interceptors.iter().enumerate() {
            let key = format!("{path}.interceptors[{index}]");
            if let Some(name) =
                interceptor.function.as_ref().filter(|name| !self.functions.contains_key(*name))
            {
                let message = format!("there is no function `{name}`");
                let help = help_for_reference("functions", name, self.functions.keys());
                problems.push(self.problem(&format!("{key}.function"), message, help));
            }
            if !interceptor.points.iter().all(|point| taken.insert(*point)) {
                let message = "a point has one interceptor";
                let help =
                    "name \"request\" once and \"response\" once, in one interceptor or in two";
                let problem = self.problem(&format!("{key}.points"), message, help);
                problems.push(problem.under(&rules::INTERCEPTION_POINT));
            }
        }
    }

    /// What belongs to a way in that no gateway has would be read and never used.
    fn check_shared(&self, problems: &mut Problems) {
        if self.all_gateways().iter().any(|(_, gateway)| gateway.has_front()) {
            return;
        }
        for key in ["cognito", "front"].into_iter().filter(|key| self.is_written(key)) {
            let message =
                format!("[{key}] is for gateways with inbound = \"cognito\", and there is none");
            problems.push(self.problem(key, message, "remove it, or choose that way in"));
        }
    }
}
