//! A provider as it is, and what stands between it and the wanted one.

use aws_sdk_bedrockagentcorecontrol::operation::create_oauth2_credential_provider::CreateOauth2CredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::operation::get_oauth2_credential_provider::GetOauth2CredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProviderVendorType, SecretSourceType, Status,
};
use construct_engine::{Change, Diff};

use super::{Spec, configuration};
use crate::cloud::Tags;
use crate::manifest::SecretReference;
use crate::steps::marks;

/// Where a provider is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// Usable. The service leaves the status out where nothing is asynchronous.
    There,
    /// Being made or changed.
    Coming,
    /// Being removed.
    Going,
    /// Could not be made, with the reason.
    NotMade(String),
    /// Could not be changed, with the reason.
    NotChanged(String),
    /// Could not be removed, with the reason.
    NotGone(String),
}

impl Arrival {
    fn of(status: Option<&Status>, reason: Option<String>) -> Self {
        let reason = reason.unwrap_or_else(|| "the service gives no reason".to_owned());
        match status {
            Some(Status::Creating | Status::Updating) => Self::Coming,
            Some(Status::Deleting) => Self::Going,
            Some(Status::CreateFailed) => Self::NotMade(reason),
            Some(Status::UpdateFailed) => Self::NotChanged(reason),
            Some(Status::DeleteFailed) => Self::NotGone(reason),
            _ => Self::There,
        }
    }

    pub(super) fn failure(&self) -> Option<&str> {
        match self {
            Self::NotMade(reason) | Self::NotChanged(reason) | Self::NotGone(reason) => {
                Some(reason)
            }
            Self::There | Self::Coming | Self::Going => None,
        }
    }
}

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

/// A provider as the service answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) vendor: CredentialProviderVendorType,
    pub(super) client_id: Option<String>,
    pub(super) callback_url: Option<String>,
    pub(super) secret_arn: Option<String>,
    pub(super) secret_source: SecretSourceType,
    pub(super) secret_json_key: Option<String>,
    pub(super) arrival: Arrival,
    pub(super) secret: SecretState,
    pub(super) tags: Tags,
}

impl Live {
    /// What Get answered; tags and the secret's state are the caller's to fill in.
    pub(super) fn read(answer: GetOauth2CredentialProviderOutput) -> Self {
        Self {
            client_id: configuration::client_id(answer.oauth2_provider_config_output.as_ref()),
            name: answer.name,
            arn: answer.credential_provider_arn,
            vendor: answer.credential_provider_vendor,
            callback_url: answer.callback_url,
            secret_arn: answer.client_secret_arn.map(|secret| secret.secret_arn),
            secret_source: answer.client_secret_source.unwrap_or(SecretSourceType::Managed),
            secret_json_key: answer.client_secret_json_key,
            arrival: Arrival::of(answer.status.as_ref(), answer.failure_reason),
            secret: SecretState::Unknown,
            tags: Tags::new(),
        }
    }

    /// What Create answered to `spec` with `tags`.
    pub(super) fn created(
        spec: &Spec,
        answer: CreateOauth2CredentialProviderOutput,
        tags: Tags,
    ) -> Self {
        let external = matches!(spec.client_secret, SecretReference::Secret(_));
        Self {
            client_id: configuration::client_id(answer.oauth2_provider_config_output.as_ref())
                .or_else(|| Some(spec.client_id.clone())),
            name: answer.name,
            arn: answer.credential_provider_arn,
            vendor: configuration::vendor(spec.vendor),
            callback_url: answer.callback_url,
            secret_arn: answer.client_secret_arn.map(|secret| secret.secret_arn),
            secret_source: answer.client_secret_source.unwrap_or(SecretSourceType::Managed),
            secret_json_key: answer.client_secret_json_key,
            arrival: Arrival::of(answer.status.as_ref(), None),
            secret: if external { SecretState::Unknown } else { SecretState::Same },
            tags,
        }
    }

    /// The same with what `before` knew beyond Get's answer.
    pub(super) fn knowing(self, before: &Self) -> Self {
        Self { tags: before.tags.clone(), secret: before.secret, ..self }
    }
}

/// Compares; the reference of the secret is what is shown, never a value.
pub(super) fn diff(spec: &Spec, live: &Live) -> Diff {
    let wanted_vendor = configuration::vendor(spec.vendor);
    let mut changes = Vec::new();
    if live.vendor != wanted_vendor {
        changes.push(Change::new(
            "credentialProviderVendor",
            live.vendor.as_str(),
            wanted_vendor.as_str(),
        ));
    }
    let before = live.client_id.clone().unwrap_or_default();
    if before != spec.client_id {
        changes.push(Change::new("clientId", before, spec.client_id.clone()));
    }
    changes.extend(secret_change(spec, live));
    if let Arrival::NotChanged(reason) = &live.arrival {
        changes.push(Change::new("status", format!("UPDATE_FAILED: {reason}"), "READY"));
    }
    changes.extend(marks::changes(&spec.tags, &live.tags));
    let reason = match &live.arrival {
        _ if live.vendor != wanted_vendor => {
            "the vendor of a credential provider is fixed".to_owned()
        }
        Arrival::NotMade(reason) => format!("its creation failed: {reason}"),
        Arrival::NotGone(reason) => format!("an earlier removal failed: {reason}"),
        _ => return Diff::of(changes),
    };
    Diff::Replace { reason, changes }
}

fn secret_change(spec: &Spec, live: &Live) -> Option<Change> {
    let external = live.secret_source == SecretSourceType::External;
    let held = match (external, &live.secret_arn, &live.secret_json_key) {
        (true, Some(arn), Some(key)) => format!("Secrets Manager secret {arn}#{key}"),
        (true, _, _) => "a Secrets Manager secret".to_owned(),
        (false, _, _) => "a value".to_owned(),
    };
    let differs = match &spec.client_secret {
        SecretReference::Secret(key) => {
            !external
                || live.secret_json_key.as_ref() != Some(&key.json_key)
                || !live.secret_arn.as_ref().is_some_and(|arn| names(&key.secret_id, arn))
        }
        _ => external || live.secret == SecretState::Other,
    };
    differs.then(|| {
        let after = match &spec.client_secret {
            reference @ SecretReference::Secret(_) => reference.to_string(),
            reference => format!("the value of the {reference}"),
        };
        Change::new("clientSecret", held, after)
    })
}

/// Whether `id`, a name or an ARN with or without the random end, names the secret at `arn`.
///
/// Secrets Manager ends the ARN of a secret with a hyphen and six characters that are not part of its name.
pub(super) fn names(id: &str, arn: &str) -> bool {
    let name = arn.split_once(":secret:").map_or(arn, |(_, name)| name);
    let without_end = |text: &str| {
        text.rsplit_once('-').filter(|(_, end)| end.len() == 6).map(|(name, _)| name.to_owned())
    };
    id == arn
        || id == name
        || without_end(name).as_deref() == Some(id)
        || without_end(arn).as_deref() == Some(id)
}
