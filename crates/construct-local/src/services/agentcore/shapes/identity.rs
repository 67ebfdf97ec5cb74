//! The requests about workload identities and credential providers.

use super::Shape::{self, Enum, Integer, List, Map, Pattern, Record, Text, Union};
use super::authorizer::WORKLOAD_IDENTITY_NAME;
use super::gateway::KMS_KEY_ARN;
use super::network::{
    CERTIFICATE_CONFIGURATIONS, PRIVATE_ENDPOINT, PRIVATE_ENDPOINT_OVERRIDES, TAGS,
};
use super::{ANY, MAX, OPTIONAL, REQUIRED, TEXT};

static CREDENTIAL_PROVIDER_NAME: Shape = Text(1, 128, r"[a-zA-Z0-9\-_]+");

static VENDOR: Shape = Enum(&[
    "GoogleOauth2",
    "GithubOauth2",
    "SlackOauth2",
    "SalesforceOauth2",
    "MicrosoftOauth2",
    "CustomOauth2",
    "AtlassianOauth2",
    "LinkedinOauth2",
    "XOauth2",
    "OktaOauth2",
    "OneLoginOauth2",
    "PingOneOauth2",
    "FacebookOauth2",
    "YandexOauth2",
    "RedditOauth2",
    "ZoomOauth2",
    "TwitchOauth2",
    "SpotifyOauth2",
    "DropboxOauth2",
    "NotionOauth2",
    "HubspotOauth2",
    "CyberArkOauth2",
    "FusionAuthOauth2",
    "Auth0Oauth2",
    "CognitoOauth2",
]);

static OAUTH2_AUTHORIZATION_SERVER_METADATA: Shape = Record(&[
    ("issuer", REQUIRED, &TEXT),
    ("authorizationEndpoint", REQUIRED, &TEXT),
    ("tokenEndpoint", REQUIRED, &TEXT),
    ("responseTypes", OPTIONAL, &List(&TEXT, 0, MAX)),
    (
        "tokenEndpointAuthMethods",
        OPTIONAL,
        &List(&Pattern(r"(client_secret_post|client_secret_basic)"), 1, 2),
    ),
]);

static OAUTH2_DISCOVERY: Shape = Union(&[
    (
        "discoveryUrl",
        OPTIONAL,
        &Pattern(
            r"[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?",
        ),
    ),
    ("authorizationServerMetadata", OPTIONAL, &OAUTH2_AUTHORIZATION_SERVER_METADATA),
]);

static CLIENT_SECRET: Shape = Text(0, 2048, ANY);

static SECRET_REFERENCE: Shape = Record(&[
    ("secretId", REQUIRED, &Text(1, 2048, ANY)),
    ("jsonKey", REQUIRED, &Text(1, 128, ANY)),
]);

static SECRET_SOURCE: Shape = Enum(&["MANAGED", "EXTERNAL"]);

static TOKEN_EXCHANGE_CONFIG: Shape = Record(&[
    ("actorTokenContent", REQUIRED, &Enum(&["NONE", "M2M", "AWS_IAM_ID_TOKEN_JWT"])),
    ("actorTokenScopes", OPTIONAL, &List(&Text(1, 128, ANY), 0, MAX)),
]);

static ON_BEHALF_OF_AUTHENTICATION_CONFIG: Shape =
    Record(&[("clientAuthenticationMethod", REQUIRED, &Enum(&["NO_CLIENT"]))]);

static ON_BEHALF_OF_CONFIG: Shape = Record(&[
    ("grantType", REQUIRED, &Enum(&["TOKEN_EXCHANGE", "JWT_AUTHORIZATION_GRANT"])),
    ("tokenExchangeGrantTypeConfig", OPTIONAL, &TOKEN_EXCHANGE_CONFIG),
    ("onBehalfOfAuthenticationConfig", OPTIONAL, &ON_BEHALF_OF_AUTHENTICATION_CONFIG),
]);

static KMS_KEY_SOURCE: Shape = Record(&[("kmsKeyArn", REQUIRED, &KMS_KEY_ARN)]);

static PRIVATE_KEY_SOURCE: Shape = Union(&[("kmsKeySource", OPTIONAL, &KMS_KEY_SOURCE)]);

static PRIVATE_KEY_JWT_CONFIG: Shape = Record(&[
    ("privateKeySource", OPTIONAL, &PRIVATE_KEY_SOURCE),
    ("signingAlgorithm", OPTIONAL, &Enum(&["RS256", "PS256", "ES256"])),
    (
        "additionalHeaderClaims",
        OPTIONAL,
        &Map(&Text(1, 255, r"[A-Za-z0-9_.:#-]+"), &Text(1, 2048, ANY), 1, 10),
    ),
    (
        "additionalPayloadClaims",
        OPTIONAL,
        &Map(&Text(1, 255, r"[A-Za-z0-9_.:#-]+"), &Text(1, 2048, ANY), 1, 10),
    ),
]);

static CUSTOM_OAUTH2_PROVIDER_CONFIG_INPUT: Shape = Record(&[
    ("oauthDiscovery", REQUIRED, &OAUTH2_DISCOVERY),
    ("clientId", OPTIONAL, &Text(0, 256, ANY)),
    ("clientSecret", OPTIONAL, &CLIENT_SECRET),
    ("clientSecretConfig", OPTIONAL, &SECRET_REFERENCE),
    ("clientSecretSource", OPTIONAL, &SECRET_SOURCE),
    ("onBehalfOfTokenExchangeConfig", OPTIONAL, &ON_BEHALF_OF_CONFIG),
    (
        "clientAuthenticationMethod",
        OPTIONAL,
        &Enum(&[
            "CLIENT_SECRET_BASIC",
            "CLIENT_SECRET_POST",
            "AWS_IAM_ID_TOKEN_JWT",
            "PRIVATE_KEY_JWT",
        ]),
    ),
    ("privateKeyJwtConfig", OPTIONAL, &PRIVATE_KEY_JWT_CONFIG),
    ("privateEndpoint", OPTIONAL, &PRIVATE_ENDPOINT),
    ("privateEndpointOverrides", OPTIONAL, &PRIVATE_ENDPOINT_OVERRIDES),
    ("certificateConfigurations", OPTIONAL, &CERTIFICATE_CONFIGURATIONS),
]);

static CLIENT_ID: Shape = Text(1, 256, ANY);

static PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT: Shape = Record(&[
    ("clientId", REQUIRED, &CLIENT_ID),
    ("clientSecret", OPTIONAL, &CLIENT_SECRET),
    ("clientSecretConfig", OPTIONAL, &SECRET_REFERENCE),
    ("clientSecretSource", OPTIONAL, &SECRET_SOURCE),
]);

static MICROSOFT_OAUTH2_PROVIDER_CONFIG_INPUT: Shape = Record(&[
    ("clientId", REQUIRED, &CLIENT_ID),
    ("clientSecret", OPTIONAL, &CLIENT_SECRET),
    ("clientSecretConfig", OPTIONAL, &SECRET_REFERENCE),
    ("clientSecretSource", OPTIONAL, &SECRET_SOURCE),
    ("tenantId", OPTIONAL, &Text(1, 2048, ANY)),
]);

static INCLUDED_OAUTH2_PROVIDER_CONFIG_INPUT: Shape = Record(&[
    ("clientId", REQUIRED, &CLIENT_ID),
    ("clientSecret", OPTIONAL, &CLIENT_SECRET),
    ("clientSecretConfig", OPTIONAL, &SECRET_REFERENCE),
    ("clientSecretSource", OPTIONAL, &SECRET_SOURCE),
    ("issuer", OPTIONAL, &TEXT),
    ("authorizationEndpoint", OPTIONAL, &TEXT),
    ("tokenEndpoint", OPTIONAL, &TEXT),
]);

static OAUTH2_PROVIDER_CONFIG_INPUT: Shape = Union(&[
    ("customOauth2ProviderConfig", OPTIONAL, &CUSTOM_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("googleOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("githubOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("slackOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("salesforceOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("microsoftOauth2ProviderConfig", OPTIONAL, &MICROSOFT_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("atlassianOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("linkedinOauth2ProviderConfig", OPTIONAL, &PLAIN_OAUTH2_PROVIDER_CONFIG_INPUT),
    ("includedOauth2ProviderConfig", OPTIONAL, &INCLUDED_OAUTH2_PROVIDER_CONFIG_INPUT),
]);

pub(in crate::services::agentcore) static CREATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST: Shape =
    Record(&[
        ("name", REQUIRED, &CREDENTIAL_PROVIDER_NAME),
        ("credentialProviderVendor", REQUIRED, &VENDOR),
        ("oauth2ProviderConfigInput", REQUIRED, &OAUTH2_PROVIDER_CONFIG_INPUT),
        ("tags", OPTIONAL, &TAGS),
    ]);

pub(in crate::services::agentcore) static UPDATE_OAUTH2_CREDENTIAL_PROVIDER_REQUEST: Shape =
    Record(&[
        ("name", REQUIRED, &CREDENTIAL_PROVIDER_NAME),
        ("credentialProviderVendor", REQUIRED, &VENDOR),
        ("oauth2ProviderConfigInput", REQUIRED, &OAUTH2_PROVIDER_CONFIG_INPUT),
    ]);

pub(in crate::services::agentcore) static CREATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST: Shape =
    Record(&[
        ("name", REQUIRED, &CREDENTIAL_PROVIDER_NAME),
        ("apiKey", OPTIONAL, &Text(0, 65_536, ANY)),
        ("apiKeySecretConfig", OPTIONAL, &SECRET_REFERENCE),
        ("apiKeySecretSource", OPTIONAL, &SECRET_SOURCE),
        ("tags", OPTIONAL, &TAGS),
    ]);

pub(in crate::services::agentcore) static UPDATE_API_KEY_CREDENTIAL_PROVIDER_REQUEST: Shape =
    Record(&[
        ("name", REQUIRED, &CREDENTIAL_PROVIDER_NAME),
        ("apiKey", OPTIONAL, &Text(0, 65_536, ANY)),
        ("apiKeySecretConfig", OPTIONAL, &SECRET_REFERENCE),
        ("apiKeySecretSource", OPTIONAL, &SECRET_SOURCE),
    ]);

static RETURN_URL: Shape = Text(1, 2048, r"\w+:(\/?\/?)[^\s]+");

pub(in crate::services::agentcore) static CREATE_WORKLOAD_IDENTITY_REQUEST: Shape = Record(&[
    ("name", REQUIRED, &WORKLOAD_IDENTITY_NAME),
    ("allowedResourceOauth2ReturnUrls", OPTIONAL, &List(&RETURN_URL, 0, MAX)),
    ("tags", OPTIONAL, &TAGS),
]);

pub(in crate::services::agentcore) static LIST_OF_20_REQUEST: Shape =
    Record(&[("nextToken", OPTIONAL, &TEXT), ("maxResults", OPTIONAL, &Integer(1, 20))]);

pub(in crate::services::agentcore) static LIST_OF_100_REQUEST: Shape =
    Record(&[("nextToken", OPTIONAL, &TEXT), ("maxResults", OPTIONAL, &Integer(1, 100))]);

pub(in crate::services::agentcore) static UPDATE_WORKLOAD_IDENTITY_REQUEST: Shape = Record(&[
    ("name", REQUIRED, &WORKLOAD_IDENTITY_NAME),
    ("allowedResourceOauth2ReturnUrls", OPTIONAL, &List(&RETURN_URL, 0, MAX)),
]);

pub(in crate::services::agentcore) static WORKLOAD_IDENTITY_NAME_REQUEST: Shape =
    Record(&[("name", REQUIRED, &WORKLOAD_IDENTITY_NAME)]);

pub(in crate::services::agentcore) static CREDENTIAL_PROVIDER_NAME_REQUEST: Shape =
    Record(&[("name", REQUIRED, &CREDENTIAL_PROVIDER_NAME)]);
