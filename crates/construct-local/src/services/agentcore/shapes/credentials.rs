//! How a gateway authorizes itself outbound: the one entry of `credentialProviderConfigurations`.

use super::Shape::{self, Enum, List, Map, Pattern, Record, Text, Union};
use super::{ANY, OPTIONAL, REQUIRED};

pub(super) static OAUTH_CREDENTIAL_PROVIDER: Shape = Record(&[
    ("providerArn", REQUIRED, &Pattern(r"arn:([^:]*):([^:]*):([^:]*):([0-9]{12})?:(.+)")),
    ("scopes", REQUIRED, &List(&Text(1, 64, ANY), 0, 100)),
    ("customParameters", OPTIONAL, &Map(&Text(1, 256, ANY), &Text(1, 2048, ANY), 1, 10)),
    ("grantType", OPTIONAL, &Enum(&["CLIENT_CREDENTIALS", "AUTHORIZATION_CODE", "TOKEN_EXCHANGE"])),
    ("defaultReturnUrl", OPTIONAL, &Text(1, 2048, r"\w+:(\/?\/?)[^\s]+")),
]);

pub(super) static API_KEY_CREDENTIAL_PROVIDER: Shape = Record(&[
    ("providerArn", REQUIRED, &Pattern(r"arn:([^:]*):([^:]*):([^:]*):([0-9]{12})?:(.+)")),
    ("credentialParameterName", OPTIONAL, &Text(1, 64, ANY)),
    ("credentialPrefix", OPTIONAL, &Text(1, 64, ANY)),
    ("credentialLocation", OPTIONAL, &Enum(&["HEADER", "QUERY_PARAMETER"])),
]);

pub(super) static IAM_CREDENTIAL_PROVIDER: Shape = Record(&[
    ("service", REQUIRED, &Text(1, 64, r"[a-zA-Z0-9._-]+")),
    ("region", OPTIONAL, &Text(1, 32, r"[a-zA-Z0-9-]+")),
]);

pub(super) static CREDENTIAL_PROVIDER: Shape = Union(&[
    ("oauthCredentialProvider", OPTIONAL, &OAUTH_CREDENTIAL_PROVIDER),
    ("apiKeyCredentialProvider", OPTIONAL, &API_KEY_CREDENTIAL_PROVIDER),
    ("iamCredentialProvider", OPTIONAL, &IAM_CREDENTIAL_PROVIDER),
]);

pub(super) static CREDENTIAL_PROVIDER_CONFIGURATION: Shape = Record(&[
    (
        "credentialProviderType",
        REQUIRED,
        &Enum(&[
            "GATEWAY_IAM_ROLE",
            "OAUTH",
            "API_KEY",
            "CALLER_IAM_CREDENTIALS",
            "JWT_PASSTHROUGH",
        ]),
    ),
    ("credentialProvider", OPTIONAL, &CREDENTIAL_PROVIDER),
]);

pub(super) static CREDENTIAL_PROVIDER_CONFIGURATIONS: Shape =
    List(&CREDENTIAL_PROVIDER_CONFIGURATION, 1, 1);
