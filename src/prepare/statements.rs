//! What policies say, wherever it stands.

use std::collections::BTreeMap;

use super::Work;

/// Statements by policy engine and policy.
pub type Statements = BTreeMap<(String, String), String>;

impl Work<'_> {
    /// Every policy's statement; a file's is checked here as the manifest's own was.
    pub(super) fn statements(&mut self) -> Statements {
        let mut statements = Statements::new();
        let manifest = self.manifest;
        for (engine, wanted) in &manifest.policy_engines {
            for (name, policy) in &wanted.policies {
                let path = format!("policy_engines.{engine}.policies.{name}.file");
                let statement = match (&policy.statement, &policy.file) {
                    (Some(statement), _) => statement.clone(),
                    (None, Some(file)) => match std::fs::read_to_string(manifest.resolve(file)) {
                        Ok(text) => {
                            let text = text.trim().to_owned();
                            self.problems.merge(manifest.check_statement(engine, &path, &text));
                            text
                        }
                        Err(error) => {
                            let message = format!("cannot read {}: {error}", file.display());
                            self.problem(&path, message, "correct the path, and save it as UTF-8");
                            continue;
                        }
                    },
                    (None, None) => continue,
                };
                statements.insert((engine.clone(), name.clone()), statement);
            }
        }
        statements
    }
}
