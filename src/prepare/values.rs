//! Client ids and secrets: read from where the manifest says.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::ExposeSecret;

use super::Work;
use crate::manifest::{Prompt, SecretReference, TextOr};

impl Work<'_> {
    /// Client ids by provider. They are no secrets, but may come from the same sources.
    pub(super) fn client_ids(&mut self) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for (name, provider) in &self.manifest.providers {
            let path = format!("providers.{name}.client_id");
            let id = match &provider.client_id {
                TextOr::Text(text) => Some(text.clone()),
                TextOr::Table(reference) => self.client_id(&path, reference),
            };
            ids.extend(id.map(|id| (name.clone(), id)));
        }
        ids
    }

    pub(super) fn client_id(&mut self, path: &str, reference: &SecretReference) -> Option<String> {
        if matches!(reference, SecretReference::Secret(_)) {
            let help = "write the id itself: it is no secret";
            self.problem(path, "a client id is not read from Secrets Manager", help);
            return None;
        }
        self.load(path, reference);
        if let SecretReference::Prompt(prompt) = reference
            && self.asks()
        {
            self.ask(path, reference, prompt);
        }
        self.secrets.get(reference).map(|value| value.expose_secret().to_owned())
    }

    fn ask(&mut self, path: &str, reference: &SecretReference, prompt: &Prompt) {
        if let Err(error) = self.secrets.ask(reference, prompt.question(), self.source) {
            self.problem(path, error.to_string(), "write the id itself, or use { env = \"…\" }");
        }
    }

    /// Loads every secret that can be had without asking a person.
    pub(super) fn secret_values(&mut self) {
        for (name, provider) in &self.manifest.providers {
            self.load(&format!("providers.{name}.client_secret"), &provider.client_secret);
        }
        let user = self.manifest.cognito.first_user.as_ref();
        if let Some(password) = user.and_then(|user| user.password.as_ref())
            && self.load("cognito.first_user.password", password)
        {
            // A password that everybody knows is none: the pool makes one instead.
            self.secrets.forget(password);
        }
    }

    /// Loads one secret, and returns whether a placeholder took its place.
    pub(super) fn load(&mut self, path: &str, reference: &SecretReference) -> bool {
        let base = self.manifest.resolve(Path::new(""));
        match self.secrets.load(reference, &base, self.source) {
            Ok(placeholder) => {
                if placeholder {
                    self.placeholders.push(reference.to_string());
                }
                placeholder
            }
            Err(error) => {
                let help = "set it and run again, or name another source";
                self.problem(path, error.to_string(), help);
                false
            }
        }
    }
}
