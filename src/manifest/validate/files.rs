//! The files that a manifest names: there, readable, and not too large.

use std::io::ErrorKind;
use std::path::Path;

use crate::manifest::read::join;
use crate::manifest::rules::{self, CountRule};
use crate::manifest::{Manifest, Problems, Protocol};

impl Manifest {
    /// Everything about the files that the manifest names, but for their content.
    pub(in crate::manifest) fn check_files(&self) -> Problems {
        let mut problems = Problems::default();
        for (name, target) in &self.targets {
            let path = join("targets", name);
            let size = if target.is_cut() { &rules::WHOLE_DESCRIPTION } else { &rules::SCHEMA };
            for (key, file) in target.files() {
                self.check_file(&format!("{path}.{key}"), file, size, &mut problems);
            }
        }
        for (engine, wanted) in &self.policy_engines {
            let path = format!("{}.policies", join("policy_engines", engine));
            for (name, policy) in &wanted.policies {
                if let Some(file) = &policy.file {
                    let key = join(&path, name) + ".file";
                    self.check_file(&key, file, &rules::POLICY_FILE, &mut problems);
                }
            }
        }
        for (name, function) in &self.functions {
            let key = join("functions", name) + ".zip";
            self.check_file(&key, &function.zip, &rules::PACKAGE, &mut problems);
        }
        for (name, runtime) in &self.runtimes {
            if let Some(zip) = &runtime.zip {
                let key = join("runtimes", name) + ".zip";
                self.check_file(&key, zip, &rules::RUNTIME_PACKAGE, &mut problems);
            }
        }
        for (name, federation) in &self.cognito.federation {
            if let Protocol::Saml(saml) = &federation.protocol
                && let Some(file) = &saml.metadata_file
            {
                let key = join("cognito.federation", name) + ".saml.metadata_file";
                self.check_file(&key, file, &rules::SAML_METADATA, &mut problems);
            }
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
