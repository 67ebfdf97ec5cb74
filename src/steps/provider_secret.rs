//! The secret of a credential provider: kept by the service (`MANAGED`) or by the account's own Secrets Manager (`EXTERNAL`).
//!
//! A managed value is never read back: a salted digest in the tag `construct:secret` tells whether it changed. The tag is
//! written after the secret, so that a run that dies in between sends the secret again. A value that this run does not know
//! (a prompt that nobody was asked) is no change. With a secret of the account's own, no value and no digest exist.

use aws_sdk_bedrockagentcorecontrol::types::{SecretReference as ExternalSecret, SecretSourceType};
use construct_engine::{Change, Class, Cx, StepError};
use secrecy::{ExposeSecret, SecretString};

use crate::cloud::{Cloud, Secrets, Tags};
use crate::manifest::SecretReference;

/// The field of a plan that stands for an OAuth2 client's secret.
pub(crate) const CLIENT_SECRET: &str = "clientSecret";
/// The field of a plan that stands for an API key.
pub(crate) const API_KEY: &str = "apiKey";

/// The tag with the salted digest of a managed secret.
const SECRET_TAG: &str = "construct:secret";

/// Whether the service holds the secret that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretState {
    /// The digest says yes.
    Same,
    /// The digest says no, or there is none.
    Other,
    /// This run does not know the value.
    Unknown,
}

/// Where a provider has its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) arn: Option<String>,
    pub(super) source: SecretSourceType,
    pub(super) json_key: Option<String>,
    pub(super) state: SecretState,
}

/// What a request says of a secret.
pub(super) struct Sent {
    pub(super) value: Option<String>,
    pub(super) external: Option<ExternalSecret>,
    pub(super) source: SecretSourceType,
}

impl Sent {
    /// A value that the service keeps, or none.
    pub(super) fn managed(value: Option<String>) -> Self {
        Self { value, external: None, source: SecretSourceType::Managed }
    }
}

impl Held {
    /// What is held right after a request with `reference`.
    pub(super) fn state_after(reference: Option<&SecretReference>) -> SecretState {
        match reference {
            None | Some(SecretReference::Secret(_)) => SecretState::Unknown,
            Some(_) => SecretState::Same,
        }
    }
}

/// What to send for `reference`; fails when this run does not know the value. `whose` names the provider.
pub(super) fn sent(
    cx: &Cx<'_, Cloud>,
    reference: Option<&SecretReference>,
    whose: &str,
) -> Result<Sent, StepError> {
    match reference {
        None => Ok(Sent::managed(None)),
        Some(SecretReference::Secret(key)) => {
            let external = ExternalSecret::builder()
                .secret_id(&key.secret_id)
                .json_key(&key.json_key)
                .build()
                .map_err(|error| StepError::bug(error.to_string()))?;
            let source = SecretSourceType::External;
            Ok(Sent { value: None, external: Some(external), source })
        }
        Some(reference) => {
            let value = cx.cloud.secrets.get(reference).ok_or_else(|| {
                let message = format!("the secret of {whose} ({reference}) is not known");
                StepError::new(Class::Invalid, message)
                    .hint("the service wants the secret with every change: give it, and run again")
            })?;
            Ok(Sent::managed(Some(value.expose_secret().to_owned())))
        }
    }
}

/// `tags` with the digest of the secret, where a value is sent.
pub(super) fn with_digest(
    cx: &Cx<'_, Cloud>,
    reference: Option<&SecretReference>,
    tags: &Tags,
) -> Tags {
    let mut tags = tags.clone();
    if let Some(value) = managed(cx, reference) {
        tags.insert(SECRET_TAG.to_owned(), Secrets::digest(&value));
    }
    tags
}

/// Whether a provider with `tags` holds the secret that `reference` names.
pub(super) fn state(
    cx: &Cx<'_, Cloud>,
    reference: Option<&SecretReference>,
    tags: &Tags,
) -> SecretState {
    match (managed(cx, reference), tags.get(SECRET_TAG)) {
        (None, _) => SecretState::Unknown,
        (Some(value), Some(digest)) if Secrets::matches(&value, digest) => SecretState::Same,
        // Nobody gave one now, and somebody did before.
        (Some(value), Some(_)) if cx.cloud.secrets.is_placeholder(&value) => SecretState::Unknown,
        (Some(_), _) => SecretState::Other,
    }
}

/// The secret's value where it is to be sent and this run knows it.
fn managed(cx: &Cx<'_, Cloud>, reference: Option<&SecretReference>) -> Option<SecretString> {
    match reference? {
        SecretReference::Secret(_) => None,
        reference => cx.cloud.secrets.get(reference),
    }
}

/// The change of `field` from what is held to what `reference` names; the reference is what is shown, never a value.
pub(super) fn change(
    field: &str,
    reference: Option<&SecretReference>,
    held: &Held,
) -> Option<Change> {
    let external = held.source == SecretSourceType::External;
    let before = match (external, &held.arn, &held.json_key) {
        (true, Some(arn), Some(key)) => format!("Secrets Manager secret {arn}#{key}"),
        (true, _, _) => "a Secrets Manager secret".to_owned(),
        (false, _, _) => "a value".to_owned(),
    };
    let (differs, after) = match reference {
        // What a client without a secret keeps in the vault is the service's own affair.
        None => (external, String::new()),
        Some(reference @ SecretReference::Secret(key)) => {
            let same = external
                && held.json_key.as_ref() == Some(&key.json_key)
                && held.arn.as_ref().is_some_and(|arn| names(&key.secret_id, arn));
            (!same, reference.to_string())
        }
        Some(reference) => {
            let differs = external || held.state == SecretState::Other;
            (differs, format!("the value of the {reference}"))
        }
    };
    differs.then(|| Change::new(field, before, after))
}

/// Whether `id`, a name or an ARN with or without the random end, names the secret at `arn`.
///
/// Secrets Manager ends the ARN of a secret with a hyphen and six characters that are not part of its name.
fn names(id: &str, arn: &str) -> bool {
    let name = arn.split_once(":secret:").map_or(arn, |(_, name)| name);
    let without_end = |text: &str| {
        text.rsplit_once('-').filter(|(_, end)| end.len() == 6).map(|(name, _)| name.to_owned())
    };
    id == arn
        || id == name
        || without_end(name).as_deref() == Some(id)
        || without_end(arn).as_deref() == Some(id)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn held(source: SecretSourceType, state: SecretState) -> Held {
        let external = source == SecretSourceType::External;
        Held {
            arn: Some("arn:aws:secretsmanager:us-west-2:1:secret:acme/github-AbCdEf".into()),
            json_key: external.then(|| "client_secret".into()),
            source,
            state,
        }
    }

    fn external(text: &str) -> SecretReference {
        SecretReference::Secret(text.parse().unwrap())
    }

    #[test]
    fn a_secret_of_the_accounts_own_is_compared_by_its_reference() {
        let held = held(SecretSourceType::External, SecretState::Unknown);
        let changed = |reference: &SecretReference| change("s", Some(reference), &held).is_some();
        assert!(!changed(&external("acme/github#client_secret")));
        assert!(!changed(&external(&format!("{}#client_secret", held.arn.as_ref().unwrap()))));
        assert!(changed(&external("acme/github#other")));
        assert!(changed(&external("acme/git#client_secret")));
        assert!(changed(&SecretReference::File(PathBuf::from("s"))), "to a managed one");
        assert!(change("s", None, &held).is_some(), "to none");
    }

    #[test]
    fn a_managed_secret_is_compared_by_its_digest() {
        let file = SecretReference::File(PathBuf::from("s"));
        let changed =
            |state| change("s", Some(&file), &held(SecretSourceType::Managed, state)).is_some();
        assert!(!changed(SecretState::Same) && !changed(SecretState::Unknown));
        assert!(changed(SecretState::Other));
        let managed = held(SecretSourceType::Managed, SecretState::Same);
        let shown = change("s", Some(&external("acme/github#client_secret")), &managed).unwrap();
        assert_eq!(
            (shown.before.as_str(), shown.after.as_str()),
            ("a value", "Secrets Manager secret acme/github#client_secret")
        );
    }

    #[test]
    fn a_secret_is_named_with_or_without_its_random_end() {
        let arn = "arn:aws:secretsmanager:us-west-2:1:secret:a-b-AbCdEf";
        for id in [arn, "arn:aws:secretsmanager:us-west-2:1:secret:a-b", "a-b", "a-b-AbCdEf"] {
            assert!(names(id, arn), "{id}");
        }
        for id in ["a", "a-b-AbCdE", "secret:a-b"] {
            assert!(!names(id, arn), "{id}");
        }
    }
}
