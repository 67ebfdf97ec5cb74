//! `[functions]`: variables that Lambda keeps for itself, and how large an environment may be.

use crate::manifest::read::join;
use crate::manifest::{Function, Manifest, Problems, rules};

impl Manifest {
    pub(super) fn check_environment(
        &self,
        path: &str,
        function: &Function,
        problems: &mut Problems,
    ) {
        let path = format!("{path}.environment");
        for name in function.environment.keys() {
            let reserved = rules::RESERVED_VARIABLES.contains(&name.as_str())
                || name.starts_with("AWS_LAMBDA_");
            if reserved {
                let message = format!("Lambda sets `{name}` itself");
                let problem = self.problem(&join(&path, name), message, "remove it");
                problems.push(problem.under(&rules::RESERVED_VARIABLE));
            }
        }
        let size: usize =
            function.environment.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > rules::ENVIRONMENT.maximum {
            let message = format!("the environment has {size} bytes");
            let help = format!("keep to {} bytes in all", rules::ENVIRONMENT.maximum);
            problems.push(self.problem(&path, message, help).under(&rules::ENVIRONMENT.rule));
        }
    }
}
