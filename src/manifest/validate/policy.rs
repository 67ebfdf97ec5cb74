//! `[policy_engines]`: engines that gateways name, and gateways that statements name.

use super::help_for_reference;
use crate::manifest::read::join;
use crate::manifest::{Gateway, Manifest, Problems, rules, statement};

impl Manifest {
    pub(super) fn check_gateway_policy(
        &self,
        path: &str,
        gateway: &Gateway,
        problems: &mut Problems,
    ) {
        let Some(engine) = gateway.policy.as_ref().and_then(|policy| policy.engine.as_ref()) else {
            return;
        };
        if !self.policy_engines.contains_key(engine) {
            let message = format!("there is no policy engine `{engine}`");
            let help = help_for_reference("policy_engines", engine, self.policy_engines.keys());
            problems.push(self.problem(&format!("{path}.policy.engine"), message, help));
        }
    }

    pub(super) fn check_policies(&self, problems: &mut Problems) {
        for (engine, wanted) in &self.policy_engines {
            for (name, policy) in &wanted.policies {
                let path = join(&format!("{}.policies", join("policy_engines", engine)), name);
                if let Some(statement) = &policy.statement {
                    let path = format!("{path}.statement");
                    problems.merge(self.check_statement(engine, &path, statement));
                }
            }
        }
    }

    /// What is wrong with the statement of a policy of `engine`, which `path` holds or names.
    pub(crate) fn check_statement(&self, engine: &str, path: &str, statement: &str) -> Problems {
        let mut problems = Problems::default();
        let rule = &rules::POLICY_STATEMENT;
        let length = statement.chars().count();
        if !(rule.minimum..=rule.maximum).contains(&length) {
            let message = format!("{} of {length} characters is not possible", rule.what);
            problems.push(self.problem(path, message, rule.form).under(&rule.rule));
        }
        let attached = self.gateways_of(engine);
        for placeholder in statement::placeholders(statement) {
            if !attached.iter().any(|gateway| statement::placeholder(*gateway) == placeholder) {
                let known: Vec<String> =
                    attached.iter().map(|gateway| statement::placeholder(*gateway)).collect();
                let message = format!("{placeholder} stands for no gateway that asks this engine");
                let help = match known.as_slice() {
                    [] => format!("let a gateway ask it: policy = {{ engine = \"{engine}\" }}"),
                    known => format!("write {}", known.join(" or ")),
                };
                problems.push(self.problem(path, message, help));
            }
        }
        problems
    }
}
