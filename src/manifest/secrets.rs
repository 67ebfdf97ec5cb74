//! Where a secret comes from, never the secret itself.
//!
//! The manifest names sources only: an environment variable, a file, a prompt, or a secret in AWS
//! Secrets Manager. Reading them is the cloud layer's work; these types have no field that could
//! hold a value, so a manifest can be printed, compared and stored without care.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The source of a secret, as `{ env = "NAME" }` and its three siblings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretReference {
    /// An environment variable, by name.
    Env(String),
    /// A file, relative to the manifest; one trailing line break does not count.
    File(PathBuf),
    /// Asked for on the terminal.
    Prompt(Prompt),
    /// A key of a JSON secret in AWS Secrets Manager.
    Secret(SecretsManagerKey),
}

impl fmt::Display for SecretReference {
    /// Names the source, for plans and messages: `environment variable GITHUB_CLIENT_SECRET`.
    ///
    /// Two references with the same name have the same value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "environment variable {name}"),
            Self::File(path) => write!(formatter, "file {}", path.display()),
            Self::Prompt(prompt) => write!(formatter, "prompt for {}", prompt.key),
            Self::Secret(key) => write!(formatter, "Secrets Manager secret {key}"),
        }
    }
}

/// A question for a person; `prompt = true` leaves its wording to construct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The question, if the manifest words it.
    pub text: Option<String>,
    /// The manifest's key that asks, such as `providers.github.client_secret`.
    ///
    /// It tells two prompts apart, which may well ask in the same words.
    pub key: String,
}

impl Prompt {
    /// What to ask: the manifest's words, or else the key.
    pub fn question(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.key)
    }
}

impl SecretReference {
    /// Tells a prompt which key of the manifest it answers.
    pub(super) fn asked_by(&mut self, path: &str) {
        if let Self::Prompt(prompt) = self {
            path.clone_into(&mut prompt.key);
        }
    }
}

impl Serialize for Prompt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.text {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_bool(true),
        }
    }
}

impl<'de> Deserialize<'de> for Prompt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TrueOrText)
    }
}

struct TrueOrText;
impl de::Visitor<'_> for TrueOrText {
    type Value = Prompt;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`true` or the question")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Prompt, E> {
        if value {
            Ok(Prompt { text: None, key: String::new() })
        } else {
            Err(E::invalid_value(de::Unexpected::Bool(false), &self))
        }
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Prompt, E> {
        Ok(Prompt { text: Some(value.to_owned()), key: String::new() })
    }
}

/// `secret-id#json_key`: one key of a JSON secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretsManagerKey {
    /// Name or ARN of the secret.
    pub secret_id: String,
    /// Key within the secret's JSON object.
    pub json_key: String,
}

impl fmt::Display for SecretsManagerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.secret_id, self.json_key)
    }
}

/// A Secrets Manager reference without its `#json_key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a Secrets Manager reference has the form secret-id#json_key")]
pub struct NotASecretKey;

impl FromStr for SecretsManagerKey {
    type Err = NotASecretKey;

    fn from_str(text: &str) -> Result<Self, NotASecretKey> {
        // A secret's name cannot hold `#`, so the first one separates.
        match text.split_once('#') {
            Some((id, key)) if !id.is_empty() && !key.is_empty() && !key.contains('#') => {
                Ok(Self { secret_id: id.to_owned(), json_key: key.to_owned() })
            }
            _ => Err(NotASecretKey),
        }
    }
}

impl TryFrom<String> for SecretsManagerKey {
    type Error = NotASecretKey;

    fn try_from(text: String) -> Result<Self, NotASecretKey> {
        text.parse()
    }
}

impl From<SecretsManagerKey> for String {
    fn from(key: SecretsManagerKey) -> Self {
        key.to_string()
    }
}

/// A value that may stand in the manifest itself or come from a secret's source.
pub type ValueSource = super::text_or::TextOr<SecretReference>;
