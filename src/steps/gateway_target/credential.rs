//! How the gateway signs in to a target, as the API takes it and as it is compared.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockagentcorecontrol::types::{
    CredentialProvider, CredentialProviderConfiguration, CredentialProviderType,
    OAuthCredentialProvider, OAuthGrantType,
};
use construct_engine::{Change, StepError};

use super::{Credential, Links, Spec, TargetTools};
use crate::manifest::Grant;

/// The list of exactly one element that the API takes, or none for no sign-in at all.
pub(super) fn configurations(
    spec: &Spec,
    links: &Links,
) -> Result<Option<Vec<CredentialProviderConfiguration>>, StepError> {
    let bug =
        |error: aws_smithy_types::error::operation::BuildError| StepError::bug(error.to_string());
    let builder = CredentialProviderConfiguration::builder();
    let builder = match (&spec.credential, &spec.tools) {
        // A role can sign for an OpenAPI target only with a service name, which no manifest gives.
        (Credential::None, _) | (Credential::GatewayRole, TargetTools::OpenApi(_)) => {
            return Ok(None);
        }
        (Credential::GatewayRole, TargetTools::Lambda(_)) => {
            builder.credential_provider_type(CredentialProviderType::GatewayIamRole)
        }
        (Credential::OAuth { grant, scopes, custom_parameters }, _) => {
            let arn = links.provider_arn.as_ref().ok_or_else(|| {
                StepError::bug(format!("the target {} signs in without a provider", spec.name))
            })?;
            let parameters = custom_parameters.clone().into_iter().collect();
            let provider = OAuthCredentialProvider::builder()
                .provider_arn(arn)
                // Required, even when there are none.
                .set_scopes(Some(scopes.clone()))
                .grant_type(grant_type(*grant))
                .set_custom_parameters((!custom_parameters.is_empty()).then_some(parameters))
                .set_default_return_url(links.return_url.clone())
                .build()
                .map_err(bug)?;
            builder
                .credential_provider_type(CredentialProviderType::Oauth)
                .credential_provider(CredentialProvider::OauthCredentialProvider(provider))
        }
    };
    Ok(Some(vec![builder.build().map_err(bug)?]))
}

/// What differs. Without links, what depends on them is left out.
pub(super) fn changes(
    spec: &Spec,
    links: Option<&Links>,
    live: &[CredentialProviderConfiguration],
) -> Vec<Change> {
    let shown = |kind: Option<&str>| kind.unwrap_or("none").to_owned();
    let there = live.first();
    let kind = shown(there.map(|one| one.credential_provider_type.as_str()));
    let wanted = match (&spec.credential, &spec.tools) {
        (Credential::None, _) | (Credential::GatewayRole, TargetTools::OpenApi(_)) => None,
        (Credential::GatewayRole, TargetTools::Lambda(_)) => {
            Some(CredentialProviderType::GatewayIamRole)
        }
        (Credential::OAuth { .. }, _) => Some(CredentialProviderType::Oauth),
    };
    let wanted = shown(wanted.as_ref().map(CredentialProviderType::as_str));
    if kind != wanted {
        return vec![Change::new("credentialProviderType", kind, wanted)];
    }
    let Credential::OAuth { grant, scopes, custom_parameters } = &spec.credential else {
        return Vec::new();
    };
    let Some(CredentialProvider::OauthCredentialProvider(live)) =
        there.and_then(|one| one.credential_provider.as_ref())
    else {
        return vec![Change::new("credentialProvider", "", "oauthCredentialProvider")];
    };
    let grant = grant_type(*grant);
    let mut changes = Vec::new();
    if live.grant_type != grant {
        changes.push(Change::new("grantType", live.grant_type.as_str(), grant.as_str()));
    }
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (live.scopes.iter().collect(), scopes.iter().collect());
    changes.extend(Change::between("scopes", &before, &after));
    let before: BTreeMap<String, String> =
        live.custom_parameters.clone().unwrap_or_default().into_iter().collect();
    changes.extend(Change::between("customParameters", &before, custom_parameters));
    if let Some(links) = links {
        let provider = links.provider_arn.clone().unwrap_or_default();
        changes.extend(text("providerArn", live.provider_arn.clone(), provider));
        let before = live.default_return_url.clone().unwrap_or_default();
        changes.extend(text(
            "defaultReturnUrl",
            before,
            links.return_url.clone().unwrap_or_default(),
        ));
    }
    changes
}

fn text(field: &str, before: String, after: String) -> Option<Change> {
    (before != after).then(|| Change::new(field, before, after))
}

fn grant_type(grant: Grant) -> OAuthGrantType {
    match grant {
        Grant::AuthorizationCode => OAuthGrantType::AuthorizationCode,
        Grant::ClientCredentials => OAuthGrantType::ClientCredentials,
    }
}
