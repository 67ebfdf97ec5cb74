//! Checks over several tables, and of the files that the manifest names.
//!
//! What one key may hold is said in [`super::tables`] and checked by the reader. Here is what
//! needs more than one key: references by name, which grant a target type takes, reserved words.

mod client;
mod cognito;
mod files;
mod front;
mod function;
mod gateway;
mod outbound;
mod policy;
mod portal;
mod provider;
mod runtime;
mod target;
mod target_gateway;
mod traffic;

use super::read::join;
use super::{Manifest, Problems, rules};

impl Manifest {
    /// Everything that can be checked from the text alone. `refused` is what the reader put a stand-in for.
    pub(in crate::manifest) fn check_rules(&self, refused: &Problems) -> Problems {
        let mut problems = Problems::default();
        self.check_stack(&mut problems);
        self.check_cognito(&mut problems);
        self.check_gateways(&mut problems);
        self.check_fronts(&mut problems);
        self.check_clients(&mut problems);
        self.check_providers(refused, &mut problems);
        self.check_policies(&mut problems);
        for (name, target) in &self.targets {
            self.check_target(&join("targets", name), target, &mut problems);
        }
        self.check_runtimes(&mut problems);
        for (name, function) in &self.functions {
            self.check_environment(&join("functions", name), function, &mut problems);
        }
        problems
    }

    /// What a person should know, though nothing is refused: shown with every plan.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.target_warnings()
    }

    fn check_stack(&self, problems: &mut Problems) {
        let name = &self.stack.name;
        for word in rules::COGNITO_RESERVED_WORDS {
            if name.contains(word) {
                let message = format!("a stack name cannot contain `{word}`");
                let help = "choose another name: it becomes part of the sign-in domain, where \
                            Cognito keeps the words aws, amazon and cognito for itself";
                let problem = self.problem("stack.name", message, help);
                problems.push(problem.under(&rules::COGNITO_RESERVED));
            }
        }
        for key in self.stack.tags.keys() {
            let lower = key.to_lowercase();
            if lower.starts_with("aws:") || lower.starts_with("construct:") {
                let problem = self.problem(
                    &join("stack.tags", key),
                    "tag keys that start with `aws:` or `construct:` are reserved",
                    "choose another key",
                );
                problems.push(problem.under(&rules::RESERVED_TAG));
            }
        }
    }
}

/// What to write where a name refers to nothing.
fn help_for_reference<'a>(
    table: &str,
    name: &str,
    known: impl Iterator<Item = &'a String>,
) -> String {
    let known: Vec<&str> = known.map(String::as_str).collect();
    if let Some(meant) = super::nearest::nearest(name, &known) {
        return format!("did you mean `{meant}`?");
    }
    if known.is_empty() {
        return format!("add a table [{}]", join(table, name));
    }
    format!("add a table [{}], or name one of {}", join(table, name), known.join(", "))
}
