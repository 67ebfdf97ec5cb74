//! The pure part: what is a difference, and what it takes to remove it.

use aws_sdk_bedrockagentcorecontrol::types::{
    CustomOauth2ProviderConfigOutput, IncludedOauth2ProviderConfigOutput,
    Oauth2AuthorizationServerMetadata, Oauth2Discovery, Oauth2ProviderConfigOutput,
    SecretSourceType,
};
use construct_engine::{Diff, Step};

use super::configuration::{Kept, Shown};
use super::live::{Arrival, Live};
use super::{OAuth2Provider, Spec, configuration, custom};
use crate::cloud::Tags;
use crate::manifest::rules::VENDOR_WORDS;
use crate::manifest::{
    ActorToken, ClientAuthentication, ExchangeGrant, OAuth2Settings, OnBehalfOf, PrivateEndpoint,
    PrivateKeyJwt, SecretReference, ServerMetadata, Vendor,
};
use crate::steps::provider_secret::{Held, SecretState};

fn of(word: &str) -> Vendor {
    Vendor::of(word).unwrap()
}

fn spec() -> Spec {
    Spec {
        name: "acme-github".into(),
        vendor: of("github"),
        client_id: "Iv1.x".into(),
        client_secret: Some(SecretReference::Env("GITHUB_CLIENT_SECRET".into())),
        settings: OAuth2Settings::default(),
        tags: Tags::from([("team".into(), "x".into())]),
    }
}

fn live() -> Live {
    Live {
        name: spec().name,
        arn: "arn:x".into(),
        vendor: configuration::vendor(of("github")),
        configuration: Shown::from([("clientId", "Iv1.x".to_owned())]),
        kept: Kept::default(),
        callback_url: Some("https://callback".into()),
        secret: Held {
            arn: Some("arn:aws:secretsmanager:us-west-2:1:secret:made-by-the-vault-AbCdEf".into()),
            source: SecretSourceType::Managed,
            json_key: None,
            state: SecretState::Same,
        },
        arrival: Arrival::There,
        tags: Tags::from([("team".into(), "x".into()), ("construct:secret".into(), "s:d".into())]),
    }
}

fn fields(spec: &Spec, live: &Live) -> Vec<String> {
    match OAuth2Provider::diff(spec, Some(&None), live) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    assert_eq!(OAuth2Provider::diff(&spec(), Some(&None), &live()), Diff::Same);
    let unknown = Held { state: SecretState::Unknown, ..live().secret };
    let unknown = Live { secret: unknown, ..live() };
    assert_eq!(
        OAuth2Provider::diff(&spec(), Some(&None), &unknown),
        Diff::Same,
        "a secret nobody knows is no change"
    );
}

#[test]
fn each_field_is_a_change_of_its_own() {
    assert_eq!(fields(&Spec { client_id: "other".into(), ..spec() }, &live()), ["clientId"]);
    let rotated = Held { state: SecretState::Other, ..live().secret };
    assert_eq!(fields(&spec(), &Live { secret: rotated, ..live() }), ["clientSecret"]);
    let tags = Tags::from([("team".into(), "y".into())]);
    assert_eq!(fields(&Spec { tags, ..spec() }, &live()), ["tag team"]);
    let failed = Live { arrival: Arrival::NotChanged("why".into()), ..live() };
    assert_eq!(fields(&spec(), &failed), ["status"]);
}

#[test]
fn what_cannot_be_changed_is_replaced() {
    let other = Spec { vendor: of("atlassian"), ..spec() };
    assert!(fields(&other, &live())[0].starts_with("replace: the vendor"));
    let failed = Live { arrival: Arrival::NotMade("no vault".into()), ..live() };
    assert_eq!(fields(&spec(), &failed), ["replace: its creation failed: no vault"]);
}

#[test]
fn every_vendor_of_the_table_is_one_of_the_sdk() {
    for word in VENDOR_WORDS {
        let api = of(word).row().api;
        let known = configuration::vendor(of(word));
        assert!(known.as_str() == api && !format!("{known:?}").contains("Unknown"), "{word}");
    }
}

fn server(issuer: &str) -> Oauth2Discovery {
    let server = Oauth2AuthorizationServerMetadata::builder()
        .issuer(issuer)
        .authorization_endpoint(format!("{issuer}/authorize"))
        .token_endpoint(format!("{issuer}/token"));
    Oauth2Discovery::AuthorizationServerMetadata(server.build().unwrap())
}

fn included(word: &str, issuer: &str) -> Live {
    let output = IncludedOauth2ProviderConfigOutput::builder()
        .client_id("Iv1.x")
        .oauth_discovery(server(issuer))
        .build();
    let output = Oauth2ProviderConfigOutput::IncludedOauth2ProviderConfig(output);
    let (configuration, kept) = configuration::live(Some(output));
    Live { configuration, kept, vendor: configuration::vendor(of(word)), ..live() }
}

#[test]
fn endpoints_are_compared_where_the_manifest_names_them() {
    let settings = OAuth2Settings {
        issuer: Some("https://id.example.com/".into()),
        authorization_endpoint: Some("https://id.example.com/authorize".into()),
        token_endpoint: Some("https://id.example.com/token".into()),
        ..OAuth2Settings::default()
    };
    let okta = Spec { vendor: of("okta"), settings, ..spec() };
    assert!(fields(&okta, &included("okta", "https://id.example.com")).is_empty());
    assert_eq!(
        fields(&okta, &included("okta", "https://elsewhere.example.com")),
        ["authorizationEndpoint", "issuer", "tokenEndpoint"]
    );
    let zoom = Spec { vendor: of("zoom"), ..spec() };
    assert!(fields(&zoom, &included("zoom", "https://zoom.example.com")).is_empty());
}

#[test]
fn a_tenant_is_seen_in_the_addresses_of_its_server() {
    let settings =
        OAuth2Settings { tenant_id: Some("tenant-a".into()), ..OAuth2Settings::default() };
    let wanted = Spec { vendor: of("microsoft"), settings, ..spec() };
    let issued = |issuer: &str| {
        let vendor = configuration::vendor(of("microsoft"));
        Live { vendor, ..included("microsoft", issuer) }
    };
    assert!(fields(&wanted, &issued("https://login.example.com/tenant-a/v2.0")).is_empty());
    assert_eq!(fields(&wanted, &issued("https://login.example.com/common")), ["tenantId"]);
}

/// A custom server with everything, as the manifest says it.
fn everything() -> OAuth2Settings {
    OAuth2Settings {
        metadata: Some(ServerMetadata {
            issuer: "https://id.example.com".into(),
            authorization_endpoint: "https://id.example.com/authorize".into(),
            token_endpoint: "https://id.example.com/token".into(),
            response_types: Some(vec!["code".into()]),
            token_endpoint_auth_methods: Some(vec!["client_secret_post".into()]),
        }),
        client_authentication: Some(ClientAuthentication::PrivateKeyJwt),
        private_key_jwt: Some(PrivateKeyJwt {
            kms_key: "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012"
                .into(),
            algorithm: Some("ES256".into()),
            header_claims: [("kid".to_owned(), "one".to_owned())].into(),
            payload_claims: [("aud".to_owned(), "two".to_owned())].into(),
        }),
        on_behalf_of: Some(OnBehalfOf {
            grant: ExchangeGrant::TokenExchange,
            actor_token: Some(ActorToken::M2m),
            actor_scopes: vec!["b".into(), "a".into()],
            no_client: true,
        }),
        private_endpoint: Some(PrivateEndpoint::ResourceConfiguration(
            "rcfg-0123456789abcdef0".into(),
        )),
        ..OAuth2Settings::default()
    }
}

/// What the service answers to `settings`.
fn answered(settings: &OAuth2Settings) -> Live {
    let custom = custom::Custom::wanted(settings, Kept::default()).unwrap();
    let output = CustomOauth2ProviderConfigOutput::builder()
        .client_id("Iv1.x")
        .set_oauth_discovery(custom.discovery)
        .set_client_authentication_method(custom.method)
        .set_private_key_jwt_config(custom.private_key_jwt)
        .set_on_behalf_of_token_exchange_config(custom.on_behalf_of)
        .set_private_endpoint(custom.kept.private_endpoint)
        .build();
    let output = Oauth2ProviderConfigOutput::CustomOauth2ProviderConfig(output);
    let (configuration, kept) = configuration::live(Some(output));
    Live { configuration, kept, vendor: configuration::vendor(of("custom")), ..live() }
}

#[test]
fn every_field_of_a_custom_server_is_seen() {
    let custom = |settings| Spec { vendor: of("custom"), client_secret: None, settings, ..spec() };
    let all = custom(everything());
    assert!(fields(&all, &answered(&everything())).is_empty());
    let none = fields(&all, &answered(&OAuth2Settings::default()));
    assert_eq!(
        none,
        [
            "additionalHeaderClaims",
            "additionalPayloadClaims",
            "authorizationEndpoint",
            "clientAuthenticationMethod",
            "issuer",
            "kmsKeyArn",
            "onBehalfOf",
            "responseTypes",
            "signingAlgorithm",
            "tokenEndpoint",
            "tokenEndpointAuthMethods",
            "privateEndpoint",
        ]
    );
    // The other way round: what nobody wants any more goes, and what the service may have filled in stays.
    let url = OAuth2Settings {
        discovery_url: Some("https://id.example.com/.well-known/openid-configuration".into()),
        ..OAuth2Settings::default()
    };
    assert_eq!(
        fields(&custom(url), &answered(&everything())),
        [
            "discoveryUrl",
            "additionalHeaderClaims",
            "additionalPayloadClaims",
            "authorizationEndpoint",
            "issuer",
            "kmsKeyArn",
            "onBehalfOf",
            "tokenEndpoint",
        ]
    );
}

#[test]
fn an_update_sends_back_what_the_manifest_does_not_speak_of() {
    let kept = answered(&everything()).kept;
    let silent = OAuth2Settings { private_endpoint: None, ..everything() };
    let wanted = custom::Custom::wanted(&silent, kept.clone()).unwrap();
    assert_eq!(wanted.kept, kept);
}
