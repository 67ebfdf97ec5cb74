//! How the gateway signs in to a target, as the API takes it and as it is compared.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockagentcorecontrol::types::{
    ApiKeyCredentialLocation, CredentialProvider, CredentialProviderConfiguration,
    CredentialProviderType, GatewayApiKeyCredentialProvider, IamCredentialProvider,
    OAuthCredentialProvider, OAuthGrantType,
};
use aws_smithy_types::error::operation::BuildError;
use construct_engine::{Change, StepError};

use super::{Credential, Links, Spec};
use crate::manifest::{Grant, KeyLocation};
use crate::steps::fields::text;

/// The list of exactly one element that the API takes, or none for no sign-in at all.
pub(super) fn configurations(
    spec: &Spec,
    links: &Links,
) -> Result<Option<Vec<CredentialProviderConfiguration>>, StepError> {
    let bug = |error: BuildError| StepError::bug(error.to_string());
    let Some(kind) = kind(&spec.credential) else { return Ok(None) };
    let arn = || {
        links.provider_arn.as_ref().ok_or_else(|| {
            StepError::bug(format!("the target {} signs in without a provider", spec.name))
        })
    };
    let provider = match &spec.credential {
        Credential::None
        | Credential::GatewayRole
        | Credential::CallerIam
        | Credential::JwtPassthrough => None,
        Credential::SigV4 { service, region } => {
            let signing = IamCredentialProvider::builder()
                .service(service)
                .set_region(region.clone())
                .build()
                .map_err(bug)?;
            Some(CredentialProvider::IamCredentialProvider(signing))
        }
        Credential::OAuth { grant, scopes, custom_parameters } => {
            let parameters = custom_parameters.clone().into_iter().collect();
            let token = OAuthCredentialProvider::builder()
                .provider_arn(arn()?)
                // Required, even when there are none.
                .set_scopes(Some(scopes.clone()))
                .grant_type(grant_type(*grant))
                .set_custom_parameters((!custom_parameters.is_empty()).then_some(parameters))
                .set_default_return_url(links.return_url.clone())
                .build()
                .map_err(bug)?;
            Some(CredentialProvider::OauthCredentialProvider(token))
        }
        Credential::ApiKey { location, name, prefix } => {
            let key = GatewayApiKeyCredentialProvider::builder()
                .provider_arn(arn()?)
                .credential_location(key_location(*location))
                .set_credential_parameter_name(name.clone())
                .set_credential_prefix(prefix.clone())
                .build()
                .map_err(bug)?;
            Some(CredentialProvider::ApiKeyCredentialProvider(key))
        }
    };
    let configuration = CredentialProviderConfiguration::builder()
        .credential_provider_type(kind)
        .set_credential_provider(provider)
        .build()
        .map_err(bug)?;
    Ok(Some(vec![configuration]))
}

fn kind(credential: &Credential) -> Option<CredentialProviderType> {
    Some(match credential {
        Credential::None => return None,
        Credential::GatewayRole | Credential::SigV4 { .. } => {
            CredentialProviderType::GatewayIamRole
        }
        Credential::CallerIam => CredentialProviderType::CallerIamCredentials,
        Credential::JwtPassthrough => CredentialProviderType::JwtPassthrough,
        Credential::OAuth { .. } => CredentialProviderType::Oauth,
        Credential::ApiKey { .. } => CredentialProviderType::ApiKey,
    })
}

/// What differs. Without links, what depends on them is left out.
pub(super) fn changes(
    spec: &Spec,
    links: Option<&Links>,
    live: &[CredentialProviderConfiguration],
) -> Vec<Change> {
    let shown = |kind: Option<&CredentialProviderType>| {
        kind.map_or("none", CredentialProviderType::as_str).to_owned()
    };
    let there = live.first();
    let before = shown(there.map(|one| &one.credential_provider_type));
    let after = shown(kind(&spec.credential).as_ref());
    if before != after {
        return vec![Change::new("credentialProviderType", before, after)];
    }
    let live = there.and_then(|one| one.credential_provider.as_ref());
    let provider_arn = links.map(|links| links.provider_arn.clone().unwrap_or_default());
    match (&spec.credential, live) {
        (Credential::OAuth { .. }, Some(CredentialProvider::OauthCredentialProvider(live))) => {
            token_changes(spec, links, live)
        }
        (
            Credential::ApiKey { location, name, prefix },
            Some(CredentialProvider::ApiKeyCredentialProvider(live)),
        ) => {
            let location = key_location(*location);
            let there = live.credential_location.as_ref().map(ApiKeyCredentialLocation::as_str);
            let arn =
                provider_arn.map(|arn| text("providerArn", Some(&live.provider_arn), Some(&arn)));
            [
                arn.flatten(),
                text("credentialLocation", there.or(Some("HEADER")), Some(location.as_str())),
                // A name and a prefix that nobody wrote are the service's own choice.
                name.as_ref().and_then(|name| {
                    text("credentialParameterName", live.credential_parameter_name(), Some(name))
                }),
                text("credentialPrefix", live.credential_prefix(), prefix.as_deref()),
            ]
            .into_iter()
            .flatten()
            .collect()
        }
        (
            Credential::SigV4 { service, region },
            Some(CredentialProvider::IamCredentialProvider(live)),
        ) => {
            let region =
                region.as_ref().and_then(|region| text("region", live.region(), Some(region)));
            text("service", Some(&live.service), Some(service)).into_iter().chain(region).collect()
        }
        (Credential::SigV4 { service, .. }, _) => {
            text("service", None, Some(service)).into_iter().collect()
        }
        (Credential::GatewayRole, Some(CredentialProvider::IamCredentialProvider(live))) => {
            text("service", Some(&live.service), None).into_iter().collect()
        }
        (Credential::OAuth { .. } | Credential::ApiKey { .. }, _) => {
            vec![Change::new("credentialProvider", "", shown(kind(&spec.credential).as_ref()))]
        }
        _ => Vec::new(),
    }
}

fn token_changes(
    spec: &Spec,
    links: Option<&Links>,
    live: &OAuthCredentialProvider,
) -> Vec<Change> {
    let Credential::OAuth { grant, scopes, custom_parameters } = &spec.credential else {
        return Vec::new();
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
        changes.extend(text("providerArn", Some(&live.provider_arn), Some(&provider)));
        changes.extend(text(
            "defaultReturnUrl",
            live.default_return_url(),
            links.return_url.as_deref(),
        ));
    }
    changes
}

fn grant_type(grant: Grant) -> OAuthGrantType {
    match grant {
        Grant::AuthorizationCode => OAuthGrantType::AuthorizationCode,
        Grant::ClientCredentials => OAuthGrantType::ClientCredentials,
        Grant::TokenExchange => OAuthGrantType::TokenExchange,
    }
}

fn key_location(location: KeyLocation) -> ApiKeyCredentialLocation {
    match location {
        KeyLocation::Header => ApiKeyCredentialLocation::Header,
        KeyLocation::Query => ApiKeyCredentialLocation::QueryParameter,
    }
}
