//! Secret values: read from where the manifest says, kept in memory, and compared by a salted digest.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use construct_engine::hexadecimal;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::manifest::SecretReference;

/// What a secret that nobody gave is on the local AWS: the local vendor takes it.
const PLACEHOLDER: &str = "local-placeholder";

/// Why a secret could not be had. Never holds its value.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Unset(String),
    /// The file cannot be read.
    #[error("cannot read the secret from {path}")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file holds nothing.
    #[error("the file {0} is empty")]
    Empty(String),
    /// A person would have to be asked, and there is no terminal.
    #[error("a secret is to be asked for, and there is no terminal")]
    NoTerminal,
}

/// Where values are read from.
pub trait SecretSource: Send + Sync {
    /// An environment variable's value.
    fn variable(&self, name: &str) -> Option<String>;
    /// Asks a person.
    ///
    /// # Errors
    /// [`SecretError::NoTerminal`] where there is nobody to ask.
    fn ask(&self, question: &str) -> Result<SecretString, SecretError>;
}

/// Values by the text of their reference. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Arc<Mutex<BTreeMap<String, SecretString>>>,
    made: Arc<Mutex<Vec<(String, SecretString)>>>,
    placeholders: bool,
    /// Whether sources are left alone.
    unread: bool,
}

impl Secrets {
    /// With `placeholders`, a secret that nobody gave is replaced by one that only the local vendor takes.
    pub fn new(placeholders: bool) -> Self {
        Self { placeholders, ..Self::default() }
    }

    /// Values that no source is read for: for a command that writes no secret. What nobody knows is no change.
    pub fn unread() -> Self {
        Self { unread: true, ..Self::default() }
    }

    /// Reads the value of `reference` unless it is known. Returns whether a placeholder took its place.
    ///
    /// A Secrets Manager reference is never read: the service that needs it reads it itself. A prompt is not asked here.
    ///
    /// # Errors
    /// [`SecretError`], unless placeholders are allowed.
    pub fn load(
        &self,
        reference: &SecretReference,
        base: &Path,
        source: &dyn SecretSource,
    ) -> Result<bool, SecretError> {
        if self.unread { Ok(false) } else { self.fetch(reference, base, source) }
    }

    /// The same for a value that is no secret, and is read wherever it can be.
    ///
    /// # Errors
    /// [`SecretError`], unless placeholders are allowed or secrets are not read.
    pub fn load_public(
        &self,
        reference: &SecretReference,
        base: &Path,
        source: &dyn SecretSource,
    ) -> Result<bool, SecretError> {
        match self.fetch(reference, base, source) {
            Err(_) if self.unread => Ok(false),
            fetched => fetched,
        }
    }

    fn fetch(
        &self,
        reference: &SecretReference,
        base: &Path,
        source: &dyn SecretSource,
    ) -> Result<bool, SecretError> {
        let value = match reference {
            SecretReference::Env(name) => source
                .variable(name)
                .filter(|value| !value.is_empty())
                .ok_or_else(|| SecretError::Unset(name.clone())),
            SecretReference::File(path) => read_file(&base.join(path)),
            SecretReference::Prompt(_) if self.placeholders => Ok(PLACEHOLDER.to_owned()),
            SecretReference::Prompt(_) | SecretReference::Secret(_) => return Ok(false),
        };
        match value {
            Ok(value) => {
                let placeholder = value == PLACEHOLDER;
                self.put(reference, value.into());
                Ok(placeholder)
            }
            Err(_) if self.placeholders => {
                self.put(reference, PLACEHOLDER.to_owned().into());
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for the value of a prompt unless it is known.
    ///
    /// # Errors
    /// [`SecretError::NoTerminal`].
    pub fn ask(
        &self,
        reference: &SecretReference,
        question: &str,
        source: &dyn SecretSource,
    ) -> Result<(), SecretError> {
        if !self.unread && self.get(reference).is_none() {
            self.put(reference, source.ask(question)?);
        }
        Ok(())
    }

    /// The value, where it is known.
    pub fn get(&self, reference: &SecretReference) -> Option<SecretString> {
        self.lock().get(&key(reference)).cloned()
    }

    /// Whether `value` stands for one that nobody gave.
    pub fn is_placeholder(&self, value: &SecretString) -> bool {
        self.placeholders && value.expose_secret() == PLACEHOLDER
    }

    /// Forgets the value of `reference`.
    pub fn forget(&self, reference: &SecretReference) {
        self.lock().remove(&key(reference));
    }

    /// Keeps a password that was made for `whom`, for the terminal to show once. Events and files never see it.
    pub fn keep_made(&self, whom: &str, value: SecretString) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push((whom.to_owned(), value));
    }

    /// Hands out what was made, once.
    pub fn take_made(&self) -> Vec<(String, SecretString)> {
        std::mem::take(&mut *self.made.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers a value until the process ends.
    pub fn put(&self, reference: &SecretReference, value: SecretString) {
        self.lock().insert(key(reference), value);
    }

    /// A new salted digest of a value, `salt:digest`: short enough for a tag, and of no use without the value.
    pub fn digest(value: &SecretString) -> String {
        let mut salt = [0_u8; 8];
        getrandom::fill(&mut salt).expect("the operating system gives random bytes");
        let salt = hexadecimal(&salt);
        format!("{salt}:{}", salted(&salt, value))
    }

    /// Whether `value` is the one that `digest` was made of.
    pub fn matches(value: &SecretString, digest: &str) -> bool {
        digest.split_once(':').is_some_and(|(salt, rest)| salted(salt, value) == rest)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, SecretString>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(reference: &SecretReference) -> String {
    reference.to_string()
}

fn salted(salt: &str, value: &SecretString) -> String {
    hexadecimal(&Sha256::digest(format!("{salt}/{}", value.expose_secret()))[..16])
}

fn read_file(path: &Path) -> Result<String, SecretError> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| SecretError::File { path: shown.clone(), source })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() { Err(SecretError::Empty(shown)) } else { Ok(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl SecretSource for Nobody {
        fn variable(&self, name: &str) -> Option<String> {
            (name == "SET").then(|| "s3cret".to_owned())
        }
        fn ask(&self, _question: &str) -> Result<SecretString, SecretError> {
            Err(SecretError::NoTerminal)
        }
    }

    #[test]
    fn values_come_from_their_source_or_a_placeholder() {
        let base = tempfile::tempdir().unwrap();
        let (set, unset) =
            (SecretReference::Env("SET".into()), SecretReference::Env("UNSET".into()));
        let strict = Secrets::new(false);
        assert!(!strict.load(&set, base.path(), &Nobody).unwrap());
        assert_eq!(strict.get(&set).unwrap().expose_secret(), "s3cret");
        assert!(
            matches!(strict.load(&unset, base.path(), &Nobody), Err(SecretError::Unset(name)) if name == "UNSET")
        );
        let local = Secrets::new(true);
        assert!(local.load(&unset, base.path(), &Nobody).unwrap());
        assert_eq!(local.get(&unset).unwrap().expose_secret(), PLACEHOLDER);
    }

    #[test]
    fn unread_secrets_stay_where_they_are() {
        let base = tempfile::tempdir().unwrap();
        let (set, unset) =
            (SecretReference::Env("SET".into()), SecretReference::Env("UNSET".into()));
        let unread = Secrets::unread();
        for reference in [&set, &unset] {
            assert!(!unread.load(reference, base.path(), &Nobody).unwrap());
            unread.ask(reference, "?", &Nobody).unwrap();
            assert!(unread.get(reference).is_none());
        }
        // A client id is no secret.
        assert!(!unread.load_public(&unset, base.path(), &Nobody).unwrap());
        assert!(!unread.load_public(&set, base.path(), &Nobody).unwrap());
        assert_eq!(unread.get(&set).unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn digests_tell_values_apart_without_showing_them() {
        let (one, two) =
            (SecretString::from("one".to_owned()), SecretString::from("two".to_owned()));
        let digest = Secrets::digest(&one);
        assert!(Secrets::matches(&one, &digest) && !Secrets::matches(&two, &digest));
        assert_ne!(digest, Secrets::digest(&one), "the salt differs");
        assert!(digest.len() <= 256 && !digest.contains("one"));
    }
}
