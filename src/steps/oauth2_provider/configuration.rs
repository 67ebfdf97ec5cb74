//! The configuration of a provider as the API takes it: the same members in another wrapper for each vendor.

use aws_sdk_bedrockagentcorecontrol::types::{
    AtlassianOauth2ProviderConfigInput, CredentialProviderVendorType,
    GithubOauth2ProviderConfigInput, Oauth2ProviderConfigInput, Oauth2ProviderConfigOutput,
    SecretReference as ExternalSecret, SecretSourceType,
};
use construct_engine::{Class, Cx, StepError};
use secrecy::ExposeSecret;

use super::Spec;
use crate::cloud::Cloud;
use crate::manifest::{SecretReference, Vendor};

/// The service's name for `vendor`.
pub(super) fn vendor(vendor: Vendor) -> CredentialProviderVendorType {
    match vendor {
        Vendor::Github => CredentialProviderVendorType::GithubOauth2,
        Vendor::Atlassian => CredentialProviderVendorType::AtlassianOauth2,
    }
}

/// The whole configuration, the secret included; fails when this run does not know the secret.
pub(super) fn input(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
) -> Result<Oauth2ProviderConfigInput, StepError> {
    let external = match &spec.client_secret {
        SecretReference::Secret(key) => Some(
            ExternalSecret::builder()
                .secret_id(&key.secret_id)
                .json_key(&key.json_key)
                .build()
                .map_err(|error| StepError::bug(error.to_string()))?,
        ),
        _ => None,
    };
    let value = if external.is_some() { None } else { Some(value(cx, spec)?) };
    let source =
        if external.is_some() { SecretSourceType::External } else { SecretSourceType::Managed };
    macro_rules! input {
        ($input:ident, $variant:ident) => {
            $input::builder()
                .client_id(&spec.client_id)
                .client_secret_source(source)
                .set_client_secret(value)
                .set_client_secret_config(external)
                .build()
                .map(Oauth2ProviderConfigInput::$variant)
                .map_err(|error| StepError::bug(error.to_string()))
        };
    }
    match spec.vendor {
        Vendor::Github => input!(GithubOauth2ProviderConfigInput, GithubOauth2ProviderConfig),
        Vendor::Atlassian => {
            input!(AtlassianOauth2ProviderConfigInput, AtlassianOauth2ProviderConfig)
        }
    }
}

fn value(cx: &Cx<'_, Cloud>, spec: &Spec) -> Result<String, StepError> {
    let reference = &spec.client_secret;
    let value = cx.cloud.secrets.get(reference).ok_or_else(|| {
        let message = format!("the client secret of {} ({reference}) is not known", spec.name);
        StepError::new(Class::Invalid, message)
            .hint("the service wants the secret with every change: give it, and run again")
    })?;
    Ok(value.expose_secret().to_owned())
}

/// The client id that the service answers.
pub(super) fn client_id(output: Option<&Oauth2ProviderConfigOutput>) -> Option<String> {
    match output? {
        Oauth2ProviderConfigOutput::GithubOauth2ProviderConfig(github) => github.client_id.clone(),
        Oauth2ProviderConfigOutput::AtlassianOauth2ProviderConfig(atlassian) => {
            atlassian.client_id.clone()
        }
        _ => None,
    }
}
