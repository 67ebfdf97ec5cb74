//! Client ids and secrets: read from where the manifest says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;

use super::Work;
use crate::cloud::SecretError;
use crate::manifest::rules::{self, Rule};
use crate::manifest::{Prompt, Provider, SecretReference, TextOr};

impl Work<'_> {
    /// Client ids by provider. They are no secrets, but may come from the same sources.
    pub(super) fn client_ids(&mut self) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for (name, provider) in &self.manifest.providers {
            let Provider::OAuth2(client) = provider else { continue };
            let path = format!("providers.{name}.client_id");
            let id = match &client.client_id {
                None => None,
                Some(TextOr::Text(text)) => Some(text.clone()),
                Some(TextOr::Table(reference)) => self.client_id(&path, reference),
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
        let loaded = self.secrets.load_public(reference, &self.base(), self.source);
        self.note(path, reference, loaded);
        if let SecretReference::Prompt(prompt) = reference
            && self.asks()
        {
            self.ask(path, reference, prompt);
        }
        self.check_length(path, reference, (&rules::CLIENT_ID.rule, rules::CLIENT_ID.maximum));
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
            let Some((key, reference)) = provider.secret() else { continue };
            let path = format!("providers.{name}.{key}");
            self.load(&path, reference);
            let size = if provider.is_api_key() { &rules::API_KEY } else { &rules::CLIENT_SECRET };
            self.check_length(&path, reference, (&size.rule, size.maximum));
        }
        let user = self.manifest.cognito.first_user.as_ref();
        if let Some(password) = user.and_then(|user| user.password.as_ref())
            && self.load("cognito.first_user.password", password)
        {
            // A password that everybody knows is none: the pool makes one instead.
            self.secrets.forget(password);
        }
    }

    /// Refuses a value that is longer than the service keeps; says how long it is, and nothing else of it.
    fn check_length(
        &mut self,
        path: &str,
        reference: &SecretReference,
        (rule, maximum): (&'static Rule, usize),
    ) {
        let length = self.secrets.get(reference).map(|value| value.expose_secret().chars().count());
        if let Some(length) = length.filter(|length| *length > maximum) {
            let message = format!("the {reference} has {length} characters");
            let help = format!("the service keeps at most {maximum} characters");
            self.problems.push(self.manifest.problem(path, message, help).under(rule));
        }
    }

    /// Loads one secret, and returns whether a placeholder took its place.
    pub(super) fn load(&mut self, path: &str, reference: &SecretReference) -> bool {
        let loaded = self.secrets.load(reference, &self.base(), self.source);
        self.note(path, reference, loaded)
    }

    fn base(&self) -> PathBuf {
        self.manifest.resolve(Path::new(""))
    }

    /// Notes what came of a value, and returns whether a placeholder took its place.
    fn note(
        &mut self,
        path: &str,
        reference: &SecretReference,
        loaded: Result<bool, SecretError>,
    ) -> bool {
        match loaded {
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
