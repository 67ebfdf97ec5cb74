//! Checks over several tables, and of the files that the manifest names.
//!
//! What one key may hold is said in [`super::tables`] and checked by the reader. Here is what
//! needs more than one key: references by name, which grant a target type takes, reserved words.

use super::read::join;
use super::rules::outbound::{self, Outbound};
use super::rules::{self, CountRule};
use super::types::{Function, LambdaSource, Target, TargetKind};
use super::{Manifest, Problems};
use std::io::ErrorKind;
use std::path::Path;

impl Manifest {
    /// Everything that can be checked from the text alone.
    pub(super) fn check_rules(&self) -> Problems {
        let mut problems = Problems::default();
        self.check_stack(&mut problems);
        for (name, target) in &self.targets {
            self.check_target(&join("targets", name), target, &mut problems);
        }
        for (name, function) in &self.functions {
            self.check_environment(&join("functions", name), function, &mut problems);
        }
        problems
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

    fn check_target(&self, path: &str, target: &Target, problems: &mut Problems) {
        if let Some(auth) = &target.auth
            && !self.providers.contains_key(&auth.provider)
        {
            let message = format!("there is no provider `{}`", auth.provider);
            let help = help_for_reference("providers", &auth.provider, self.providers.keys());
            problems.push(self.problem(&format!("{path}.auth.provider"), message, help));
        }
        if let TargetKind::Lambda { source, .. } = &target.kind {
            if let LambdaSource::Function(name) = source
                && !self.functions.contains_key(name)
            {
                let message = format!("there is no function `{name}`");
                let help = help_for_reference("functions", name, self.functions.keys());
                problems.push(self.problem(&format!("{path}.lambda.function"), message, help));
            }
            let variables = format!("{path}.variables");
            if self.is_written(&variables) {
                problems.push(self.problem(
                    &variables,
                    "variables are for a target with `openapi`",
                    "remove them, or give the function an environment",
                ));
            }
        }
        self.check_outbound(path, target, problems);
    }

    fn check_outbound(&self, path: &str, target: &Target, problems: &mut Problems) {
        let kind = outbound::TargetType::of(&target.kind);
        let wanted = Outbound::of(target);
        let allowed = outbound::allowed(kind);
        if allowed.contains(&wanted) {
            return;
        }
        let message = format!("{kind} does not take {wanted}");
        let all = allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let help = match kind {
            outbound::TargetType::Lambda => format!("remove `auth`; possible: {all}"),
            outbound::TargetType::OpenApi => format!("possible: {all}"),
        };
        // The grant is to blame, unless the type takes no `auth` at all.
        let oauth = [Outbound::AuthorizationCode, Outbound::ClientCredentials];
        let blamed = if oauth.iter().any(|grant| allowed.contains(grant)) {
            format!("{path}.auth.grant")
        } else {
            format!("{path}.auth")
        };
        problems.push(self.problem(&blamed, message, help).under(&outbound::RULE));
    }

    fn check_environment(&self, path: &str, function: &Function, problems: &mut Problems) {
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

    /// Everything about the files that the manifest names, but for their content.
    pub(super) fn check_files(&self) -> Problems {
        let mut problems = Problems::default();
        for (name, target) in &self.targets {
            let path = join("targets", name);
            match &target.kind {
                TargetKind::OpenApi { path: file, .. } => {
                    let key = format!("{path}.openapi");
                    self.check_file(&key, file, &rules::INLINE_SCHEMA, &mut problems);
                }
                TargetKind::Lambda { tools, .. } => {
                    let key = format!("{path}.lambda.tools");
                    self.check_file(&key, tools, &rules::INLINE_SCHEMA, &mut problems);
                }
            }
        }
        for (name, function) in &self.functions {
            let key = join("functions", name) + ".zip";
            self.check_file(&key, &function.zip, &rules::PACKAGE, &mut problems);
        }
        problems
    }

    fn check_file(
        &self,
        key: &str,
        file: &Path,
        size: &'static CountRule,
        problems: &mut Problems,
    ) {
        let shown = file.display();
        let place = self.resolve(file);
        let relative = "paths are relative to the manifest's directory";
        let (message, help, rule) = match std::fs::metadata(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let help = format!("{relative}; looked for {}", place.display());
                (format!("there is no file {shown}"), help, None)
            }
            Err(error) => (format!("cannot read {shown}: {error}"), relative.to_owned(), None),
            Ok(found) if !found.is_file() => {
                (format!("{shown} is not a file"), relative.to_owned(), None)
            }
            Ok(found) if found.len() < size.minimum as u64 => {
                (format!("{shown} is empty"), "name a file with content".to_owned(), None)
            }
            Ok(found) if found.len() > size.maximum as u64 => {
                let message = format!("{shown} has {} bytes", found.len());
                (message, format!("at most {} bytes fit", size.maximum), Some(&size.rule))
            }
            Ok(_) => return,
        };
        let mut problem = self.problem(key, message, help);
        problem.rule = rule;
        problems.push(problem);
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
