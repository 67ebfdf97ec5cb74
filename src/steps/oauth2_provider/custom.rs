//! What a custom OAuth server has beyond a client: how it is described, and how clients and people's tokens are dealt with.

use aws_sdk_bedrockagentcorecontrol::error::BuildError;
use aws_sdk_bedrockagentcorecontrol::types::{
    ActorTokenContentType, ClientAuthenticationMethodType, CustomOauth2ProviderConfigOutput,
    KmsKeySourceType, Oauth2AuthorizationServerMetadata, Oauth2Discovery,
    OnBehalfOfAuthenticationConfig, OnBehalfOfClientAuthenticationMethod,
    OnBehalfOfTokenExchangeConfigType, OnBehalfOfTokenExchangeGrantTypeType, PrivateKeyJwtConfig,
    PrivateKeySource, SigningAlgorithm, TokenExchangeGrantTypeConfigType,
};
use construct_engine::StepError;

use super::configuration::{Kept, Shown};
use crate::manifest::{
    ActorToken, ClientAuthentication, ExchangeGrant, OAuth2Settings, OnBehalfOf, PrivateKeyJwt,
    ServerMetadata,
};
use crate::steps::private_endpoint;

/// The parts of a custom configuration, which requests and answers have alike.
pub(super) struct Custom {
    pub(super) discovery: Option<Oauth2Discovery>,
    pub(super) method: Option<ClientAuthenticationMethodType>,
    pub(super) private_key_jwt: Option<PrivateKeyJwtConfig>,
    pub(super) on_behalf_of: Option<OnBehalfOfTokenExchangeConfigType>,
    pub(super) kept: Kept,
}

/// Fields that the service fills in where nobody does: what is not asked for is not compared.
pub(super) const FILLED_IN: [&str; 4] =
    ["clientAuthenticationMethod", "signingAlgorithm", "responseTypes", "tokenEndpointAuthMethods"];

impl Custom {
    /// What `settings` say, over what is `kept` of the live one.
    pub(super) fn wanted(settings: &OAuth2Settings, kept: Kept) -> Result<Self, StepError> {
        let bug = |error: BuildError| StepError::bug(error.to_string());
        let discovery = match (&settings.discovery_url, &settings.metadata) {
            (Some(url), _) => Some(Oauth2Discovery::DiscoveryUrl(url.clone())),
            (None, Some(server)) => {
                Some(Oauth2Discovery::AuthorizationServerMetadata(metadata(server).map_err(bug)?))
            }
            (None, None) => None,
        };
        let endpoint = settings.private_endpoint.as_ref().map(private_endpoint::to_sdk);
        Ok(Self {
            discovery,
            method: settings.client_authentication.map(method),
            private_key_jwt: settings
                .private_key_jwt
                .as_ref()
                .map(private_key_jwt)
                .transpose()
                .map_err(bug)?,
            on_behalf_of: settings.on_behalf_of.as_ref().map(exchange).transpose().map_err(bug)?,
            kept: Kept {
                private_endpoint: endpoint.transpose()?.or(kept.private_endpoint),
                ..kept
            },
        })
    }

    pub(super) fn live(output: CustomOauth2ProviderConfigOutput) -> Self {
        Self {
            discovery: output.oauth_discovery,
            method: output.client_authentication_method,
            private_key_jwt: output.private_key_jwt_config,
            on_behalf_of: output.on_behalf_of_token_exchange_config,
            kept: Kept {
                private_endpoint: output.private_endpoint,
                overrides: output.private_endpoint_overrides,
            },
        }
    }

    /// Field by field, but for the private endpoint, which is compared by itself.
    pub(super) fn shown(&self) -> Shown {
        let mut shown = Shown::new();
        match &self.discovery {
            Some(Oauth2Discovery::DiscoveryUrl(url)) => {
                shown.insert("discoveryUrl", url.clone());
            }
            Some(Oauth2Discovery::AuthorizationServerMetadata(server)) => {
                shown.insert("issuer", server.issuer.clone());
                shown.insert("authorizationEndpoint", server.authorization_endpoint.clone());
                shown.insert("tokenEndpoint", server.token_endpoint.clone());
                let lists = [
                    ("responseTypes", &server.response_types),
                    ("tokenEndpointAuthMethods", &server.token_endpoint_auth_methods),
                ];
                for (field, list) in lists {
                    shown.extend(list.as_ref().map(|list| (field, sorted(list))));
                }
            }
            _ => {}
        }
        let method = self.method.as_ref().map(|method| method.as_str().to_owned());
        shown.extend(method.map(|method| ("clientAuthenticationMethod", method)));
        if let Some(key) = &self.private_key_jwt {
            if let Some(PrivateKeySource::KmsKeySource(source)) = &key.private_key_source {
                shown.insert("kmsKeyArn", source.kms_key_arn.clone());
            }
            let algorithm = key.signing_algorithm.as_ref();
            shown.extend(algorithm.map(|one| ("signingAlgorithm", one.as_str().to_owned())));
            let claims = [
                ("additionalHeaderClaims", &key.additional_header_claims),
                ("additionalPayloadClaims", &key.additional_payload_claims),
            ];
            for (field, claims) in claims {
                let pairs = claims.iter().flatten().map(|(name, value)| format!("{name}={value}"));
                let pairs = sorted(&pairs.collect::<Vec<_>>());
                shown.extend((!pairs.is_empty()).then_some((field, pairs)));
            }
        }
        if let Some(exchange) = &self.on_behalf_of {
            shown.insert("onBehalfOf", exchange_shown(exchange));
        }
        shown
    }
}

fn sorted(list: &[String]) -> String {
    let mut list: Vec<&str> = list.iter().map(String::as_str).collect();
    list.sort_unstable();
    list.join(", ")
}

fn exchange_shown(exchange: &OnBehalfOfTokenExchangeConfigType) -> String {
    let actor = exchange.token_exchange_grant_type_config.as_ref().map(|actor| {
        let content = actor.actor_token_content.as_str();
        match actor.actor_token_scopes() {
            [] => format!("actor {content}"),
            scopes => format!("actor {content} with {}", sorted(scopes)),
        }
    });
    let client = exchange.on_behalf_of_authentication_config.as_ref();
    let method = client.map(|client| client.client_authentication_method.as_str().to_owned());
    let grant = exchange.grant_type.as_str().to_owned();
    std::iter::once(grant).chain(actor).chain(method).collect::<Vec<_>>().join(", ")
}

fn metadata(server: &ServerMetadata) -> Result<Oauth2AuthorizationServerMetadata, BuildError> {
    Oauth2AuthorizationServerMetadata::builder()
        .issuer(&server.issuer)
        .authorization_endpoint(&server.authorization_endpoint)
        .token_endpoint(&server.token_endpoint)
        .set_response_types(server.response_types.clone())
        .set_token_endpoint_auth_methods(server.token_endpoint_auth_methods.clone())
        .build()
}

fn method(method: ClientAuthentication) -> ClientAuthenticationMethodType {
    match method {
        ClientAuthentication::ClientSecretBasic => {
            ClientAuthenticationMethodType::ClientSecretBasic
        }
        ClientAuthentication::ClientSecretPost => ClientAuthenticationMethodType::ClientSecretPost,
        ClientAuthentication::PrivateKeyJwt => ClientAuthenticationMethodType::PrivateKeyJwt,
        ClientAuthentication::AwsIamIdTokenJwt => ClientAuthenticationMethodType::AwsIamIdTokenJwt,
    }
}

fn private_key_jwt(key: &PrivateKeyJwt) -> Result<PrivateKeyJwtConfig, BuildError> {
    let source = KmsKeySourceType::builder().kms_key_arn(&key.kms_key).build()?;
    let claims = |claims: &std::collections::BTreeMap<String, String>| {
        (!claims.is_empty()).then(|| claims.clone().into_iter().collect())
    };
    Ok(PrivateKeyJwtConfig::builder()
        .private_key_source(PrivateKeySource::KmsKeySource(source))
        .set_signing_algorithm(key.algorithm.as_deref().map(SigningAlgorithm::from))
        .set_additional_header_claims(claims(&key.header_claims))
        .set_additional_payload_claims(claims(&key.payload_claims))
        .build())
}

fn exchange(wanted: &OnBehalfOf) -> Result<OnBehalfOfTokenExchangeConfigType, BuildError> {
    let actor = |actor| {
        TokenExchangeGrantTypeConfigType::builder()
            .actor_token_content(match actor {
                ActorToken::None => ActorTokenContentType::None,
                ActorToken::M2m => ActorTokenContentType::M2M,
                ActorToken::AwsIamIdTokenJwt => ActorTokenContentType::AwsIamIdTokenJwt,
            })
            .set_actor_token_scopes(
                (!wanted.actor_scopes.is_empty()).then(|| wanted.actor_scopes.clone()),
            )
            .build()
    };
    let client = wanted.no_client.then(|| {
        OnBehalfOfAuthenticationConfig::builder()
            .client_authentication_method(OnBehalfOfClientAuthenticationMethod::NoClient)
            .build()
    });
    OnBehalfOfTokenExchangeConfigType::builder()
        .grant_type(match wanted.grant {
            ExchangeGrant::TokenExchange => OnBehalfOfTokenExchangeGrantTypeType::TokenExchange,
            ExchangeGrant::JwtAuthorizationGrant => {
                OnBehalfOfTokenExchangeGrantTypeType::JwtAuthorizationGrant
            }
        })
        .set_token_exchange_grant_type_config(wanted.actor_token.map(actor).transpose()?)
        .set_on_behalf_of_authentication_config(client.transpose()?)
        .build()
}
