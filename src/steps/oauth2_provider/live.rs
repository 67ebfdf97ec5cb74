//! A provider as it is, and what stands between it and the wanted one.

use aws_sdk_bedrockagentcorecontrol::operation::create_oauth2_credential_provider::CreateOauth2CredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::operation::get_oauth2_credential_provider::GetOauth2CredentialProviderOutput;
use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProviderVendorType, SecretSourceType, Status,
};
use construct_engine::{Change, Diff};

use super::configuration::{Kept, Shown};
use super::custom::FILLED_IN;
use super::{Spec, configuration};
use crate::cloud::Tags;
use crate::steps::provider_secret::{self, Held, SecretState};
use crate::steps::{marks, private_endpoint};

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

/// A provider as the service answers it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) vendor: CredentialProviderVendorType,
    pub(super) configuration: Shown,
    pub(super) kept: Kept,
    pub(super) callback_url: Option<String>,
    pub(super) secret: Held,
    pub(super) arrival: Arrival,
    pub(super) tags: Tags,
}

impl Live {
    /// What Get answered; tags and the secret's state are the caller's to fill in.
    pub(super) fn read(answer: GetOauth2CredentialProviderOutput) -> Self {
        let (configuration, kept) = configuration::live(answer.oauth2_provider_config_output);
        Self {
            configuration,
            kept,
            name: answer.name,
            arn: answer.credential_provider_arn,
            vendor: answer.credential_provider_vendor,
            callback_url: answer.callback_url,
            secret: Held {
                arn: answer.client_secret_arn.map(|secret| secret.secret_arn),
                source: answer.client_secret_source.unwrap_or(SecretSourceType::Managed),
                json_key: answer.client_secret_json_key,
                state: SecretState::Unknown,
            },
            arrival: Arrival::of(answer.status.as_ref(), answer.failure_reason),
            tags: Tags::new(),
        }
    }

    /// What Create answered to `spec` with `tags`.
    pub(super) fn created(
        spec: &Spec,
        answer: CreateOauth2CredentialProviderOutput,
        tags: Tags,
    ) -> Self {
        let (configuration, kept) = configuration::live(answer.oauth2_provider_config_output);
        Self {
            configuration,
            kept,
            name: answer.name,
            arn: answer.credential_provider_arn,
            vendor: configuration::vendor(spec.vendor),
            callback_url: answer.callback_url,
            secret: Held {
                arn: answer.client_secret_arn.map(|secret| secret.secret_arn),
                source: answer.client_secret_source.unwrap_or(SecretSourceType::Managed),
                json_key: answer.client_secret_json_key,
                state: Held::state_after(spec.client_secret.as_ref()),
            },
            arrival: Arrival::of(answer.status.as_ref(), None),
            tags,
        }
    }

    /// The same with what `before` knew beyond Get's answer.
    pub(super) fn knowing(self, before: &Self) -> Self {
        let secret = Held { state: before.secret.state, ..self.secret };
        Self { tags: before.tags.clone(), secret, ..self }
    }
}

/// Compares; the reference of the secret is what is shown, never a value.
pub(super) fn diff(spec: &Spec, live: &Live) -> Diff {
    let wanted_vendor = configuration::vendor(spec.vendor);
    let mut changes = Vec::new();
    if live.vendor == wanted_vendor {
        changes.extend(configuration_changes(spec, live));
    } else {
        let (before, after) = (live.vendor.as_str(), wanted_vendor.as_str());
        changes.push(Change::new("credentialProviderVendor", before, after));
    }
    changes.extend(provider_secret::change(
        provider_secret::CLIENT_SECRET,
        spec.client_secret.as_ref(),
        &live.secret,
    ));
    if let Arrival::NotChanged(reason) = &live.arrival {
        changes.push(Change::new("status", format!("UPDATE_FAILED: {reason}"), "READY"));
    }
    changes.extend(marks::changes(&spec.tags, &live.tags));
    let reason = match &live.arrival {
        _ if live.vendor != wanted_vendor => {
            "the vendor of a credential provider is fixed; the new one has a callback URL of its own to register"
                .to_owned()
        }
        Arrival::NotMade(reason) => format!("its creation failed: {reason}"),
        Arrival::NotGone(reason) => format!("an earlier removal failed: {reason}"),
        _ => return Diff::of(changes),
    };
    Diff::Replace { reason, changes }
}

/// The fields of the configuration that differ. What the manifest leaves to the vendor, or to the service, is not compared.
fn configuration_changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let wanted = configuration::wanted(spec);
    let mut changes = Vec::new();
    for (field, after) in &wanted {
        let before = live.configuration.get(field).cloned().unwrap_or_default();
        let same = match *field {
            // No answer has the tenant itself: it is a part of every address of its server.
            "tenantId" => {
                live.configuration.get("issuer").is_none_or(|issuer| issuer.contains(after))
            }
            "issuer" => before.trim_end_matches('/') == after.trim_end_matches('/'),
            _ => before == *after,
        };
        if !same {
            let before = if *field == "tenantId" { "another tenant".to_owned() } else { before };
            changes.push(Change::new(*field, before, after.clone()));
        }
    }
    if spec.vendor.is_custom() {
        let left = live.configuration.iter().filter(|(field, before)| {
            !wanted.contains_key(*field) && !FILLED_IN.contains(*field) && !before.is_empty()
        });
        changes.extend(left.map(|(field, before)| Change::new(*field, before.clone(), "")));
        let endpoint = spec.settings.private_endpoint.as_ref();
        changes.extend(private_endpoint::change(endpoint, live.kept.private_endpoint.as_ref()));
    }
    changes
}
