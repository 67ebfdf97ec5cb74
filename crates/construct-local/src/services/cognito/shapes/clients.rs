//! Domains, resource servers, clients and users.

use super::{ARN, FLAG, NAME, POOL, TOKEN};
use crate::services::shape::{ANY, Member, OPTIONAL, REQUIRED, Shape, TEXT};

const CLIENT: Member = ("ClientId", REQUIRED, &Shape::Text(1, 128, r"[\w+]+"));
const DOMAIN: Member =
    ("Domain", REQUIRED, &Shape::Text(1, 63, r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"));
const SCOPE: Shape = Shape::Text(1, 256, r"[\x21\x23-\x5B\x5D-\x7E]+");
const URL: Shape = Shape::Text(1, 1024, r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+");
const USERNAME: Member =
    ("Username", REQUIRED, &Shape::Text(1, 128, r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"));

pub(in crate::services::cognito) const WRITE_DOMAIN: &[Member] = &[
    DOMAIN,
    POOL,
    ("ManagedLoginVersion", OPTIONAL, &Shape::Integer(1, 2)),
    ("CustomDomainConfig", OPTIONAL, &Shape::Record(&[("CertificateArn", REQUIRED, &ARN)])),
];
pub(in crate::services::cognito) const DESCRIBE_DOMAIN: &[Member] = &[DOMAIN];
pub(in crate::services::cognito) const DELETE_DOMAIN: &[Member] = &[DOMAIN, POOL];

const IDENTIFIER: Member = ("Identifier", REQUIRED, &SCOPE);
const SERVER_NAME: Member = ("Name", REQUIRED, &Shape::Text(1, 256, r"[\w\s+=,.@-]+"));
pub(in crate::services::cognito) const WRITE_SERVER: &[Member] = &[
    POOL,
    IDENTIFIER,
    SERVER_NAME,
    (
        "Scopes",
        OPTIONAL,
        &Shape::List(
            &Shape::Record(&[
                (
                    "ScopeName",
                    REQUIRED,
                    &Shape::Text(1, 256, r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+"),
                ),
                ("ScopeDescription", REQUIRED, &Shape::Text(1, 256, ANY)),
            ]),
            0,
            100,
        ),
    ),
];
pub(in crate::services::cognito) const ONE_SERVER: &[Member] = &[POOL, IDENTIFIER];
pub(in crate::services::cognito) const LIST_SERVERS: &[Member] =
    &[POOL, ("MaxResults", OPTIONAL, &Shape::Integer(1, 50)), ("NextToken", OPTIONAL, &TOKEN)];

const UNIT: Shape = Shape::Enum(&["seconds", "minutes", "hours", "days"]);
const REFRESH_VALIDITY: Member =
    ("RefreshTokenValidity", OPTIONAL, &Shape::Integer(0, 315_360_000));
const ACCESS_VALIDITY: Member = ("AccessTokenValidity", OPTIONAL, &Shape::Integer(1, 86_400));
const ID_VALIDITY: Member = ("IdTokenValidity", OPTIONAL, &Shape::Integer(1, 86_400));
const UNITS: Member = (
    "TokenValidityUnits",
    OPTIONAL,
    &Shape::Record(&[
        ("AccessToken", OPTIONAL, &UNIT),
        ("IdToken", OPTIONAL, &UNIT),
        ("RefreshToken", OPTIONAL, &UNIT),
    ]),
);
const ATTRIBUTE_NAMES: Shape = Shape::List(&Shape::Text(1, 2048, ANY), 0, 100);
const READ: Member = ("ReadAttributes", OPTIONAL, &ATTRIBUTE_NAMES);
const WRITE: Member = ("WriteAttributes", OPTIONAL, &ATTRIBUTE_NAMES);
const AUTH_FLOWS: Member = (
    "ExplicitAuthFlows",
    OPTIONAL,
    &Shape::List(
        &Shape::Enum(&[
            "ADMIN_NO_SRP_AUTH",
            "CUSTOM_AUTH_FLOW_ONLY",
            "USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_CUSTOM_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
            "ALLOW_USER_AUTH",
        ]),
        0,
        10,
    ),
);
const IDENTITY_PROVIDERS: Member = (
    "SupportedIdentityProviders",
    OPTIONAL,
    &Shape::List(&Shape::Text(1, 32, r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+"), 0, 25),
);
const CALLBACKS: Member = ("CallbackURLs", OPTIONAL, &Shape::List(&URL, 0, 100));
const LOGOUTS: Member = ("LogoutURLs", OPTIONAL, &Shape::List(&URL, 0, 100));
const DEFAULT_REDIRECT: Member = ("DefaultRedirectURI", OPTIONAL, &URL);
const OAUTH_FLOWS: Member = (
    "AllowedOAuthFlows",
    OPTIONAL,
    &Shape::List(&Shape::Enum(&["code", "implicit", "client_credentials"]), 0, 3),
);
const OAUTH_SCOPES: Member = ("AllowedOAuthScopes", OPTIONAL, &Shape::List(&SCOPE, 0, 50));
const OAUTH_ON: Member = ("AllowedOAuthFlowsUserPoolClient", OPTIONAL, &FLAG);
const PREVENT: Member =
    ("PreventUserExistenceErrors", OPTIONAL, &Shape::Enum(&["LEGACY", "ENABLED"]));
const REVOCATION: Member = ("EnableTokenRevocation", OPTIONAL, &FLAG);
const PROPAGATE: Member = ("EnablePropagateAdditionalUserContextData", OPTIONAL, &FLAG);
const SESSION: Member = ("AuthSessionValidity", OPTIONAL, &Shape::Integer(3, 15));
const ROTATION: Member = (
    "RefreshTokenRotation",
    OPTIONAL,
    &Shape::Record(&[
        ("Feature", REQUIRED, &Shape::Enum(&["ENABLED", "DISABLED"])),
        ("RetryGracePeriodSeconds", OPTIONAL, &Shape::Integer(0, 60)),
    ]),
);

pub(in crate::services::cognito) const CREATE_CLIENT: &[Member] = &[
    POOL,
    ("ClientName", REQUIRED, &NAME),
    ("GenerateSecret", OPTIONAL, &FLAG),
    ("ClientSecret", OPTIONAL, &Shape::Text(24, 64, r"[\w+]+")),
    REFRESH_VALIDITY,
    ACCESS_VALIDITY,
    ID_VALIDITY,
    UNITS,
    READ,
    WRITE,
    AUTH_FLOWS,
    IDENTITY_PROVIDERS,
    CALLBACKS,
    LOGOUTS,
    DEFAULT_REDIRECT,
    OAUTH_FLOWS,
    OAUTH_SCOPES,
    OAUTH_ON,
    PREVENT,
    REVOCATION,
    PROPAGATE,
    SESSION,
    ROTATION,
];
pub(in crate::services::cognito) const UPDATE_CLIENT: &[Member] = &[
    POOL,
    CLIENT,
    ("ClientName", OPTIONAL, &NAME),
    REFRESH_VALIDITY,
    ACCESS_VALIDITY,
    ID_VALIDITY,
    UNITS,
    READ,
    WRITE,
    AUTH_FLOWS,
    IDENTITY_PROVIDERS,
    CALLBACKS,
    LOGOUTS,
    DEFAULT_REDIRECT,
    OAUTH_FLOWS,
    OAUTH_SCOPES,
    OAUTH_ON,
    PREVENT,
    REVOCATION,
    PROPAGATE,
    SESSION,
    ROTATION,
];
pub(in crate::services::cognito) const ONE_CLIENT: &[Member] = &[POOL, CLIENT];
pub(in crate::services::cognito) const LIST_CLIENTS: &[Member] =
    &[POOL, ("MaxResults", OPTIONAL, &Shape::Integer(1, 60)), ("NextToken", OPTIONAL, &TOKEN)];

const ATTRIBUTES: Shape = Shape::List(
    &Shape::Record(&[
        ("Name", REQUIRED, &Shape::Text(1, 32, r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+")),
        ("Value", OPTIONAL, &Shape::Text(0, 2048, ANY)),
    ]),
    0,
    50,
);
pub(in crate::services::cognito) const CREATE_USER: &[Member] = &[
    POOL,
    USERNAME,
    ("UserAttributes", OPTIONAL, &ATTRIBUTES),
    ("TemporaryPassword", OPTIONAL, &Shape::Text(0, 256, r"[\S]+")),
    ("ForceAliasCreation", OPTIONAL, &FLAG),
    ("MessageAction", OPTIONAL, &Shape::Enum(&["RESEND", "SUPPRESS"])),
    ("DesiredDeliveryMediums", OPTIONAL, &Shape::List(&Shape::Enum(&["SMS", "EMAIL"]), 0, 2)),
];
pub(in crate::services::cognito) const ONE_USER: &[Member] = &[POOL, USERNAME];
const MFA_SETTINGS: Shape =
    Shape::Record(&[("Enabled", OPTIONAL, &FLAG), ("PreferredMfa", OPTIONAL, &FLAG)]);
pub(in crate::services::cognito) const SET_MFA_PREFERENCE: &[Member] = &[
    POOL,
    USERNAME,
    ("SMSMfaSettings", OPTIONAL, &MFA_SETTINGS),
    ("SoftwareTokenMfaSettings", OPTIONAL, &MFA_SETTINGS),
    ("EmailMfaSettings", OPTIONAL, &MFA_SETTINGS),
    ("WebAuthnMfaSettings", OPTIONAL, &MFA_SETTINGS),
];
pub(in crate::services::cognito) const RESET_PASSWORD: &[Member] =
    &[POOL, USERNAME, ("ClientMetadata", OPTIONAL, &PARAMETERS)];
pub(in crate::services::cognito) const SET_PASSWORD: &[Member] = &[
    POOL,
    USERNAME,
    ("Password", REQUIRED, &Shape::Text(0, 256, r"[\S]+")),
    ("Permanent", OPTIONAL, &FLAG),
];
pub(in crate::services::cognito) const UPDATE_USER: &[Member] =
    &[POOL, USERNAME, ("UserAttributes", REQUIRED, &ATTRIBUTES)];
pub(in crate::services::cognito) const LIST_USERS: &[Member] = &[
    POOL,
    ("AttributesToGet", OPTIONAL, &Shape::List(&Shape::Text(1, 32, ANY), 0, 25)),
    ("Limit", OPTIONAL, &Shape::Integer(0, 60)),
    ("PaginationToken", OPTIONAL, &TOKEN),
    ("Filter", OPTIONAL, &Shape::Text(0, 256, ANY)),
];

const PARAMETERS: Shape = Shape::Map(&TEXT, &Shape::Text(0, 131_072, ANY), 0, 100);
pub(in crate::services::cognito) const INITIATE_AUTH: &[Member] = &[
    (
        "AuthFlow",
        REQUIRED,
        &Shape::Enum(&[
            "USER_SRP_AUTH",
            "REFRESH_TOKEN_AUTH",
            "REFRESH_TOKEN",
            "CUSTOM_AUTH",
            "ADMIN_NO_SRP_AUTH",
            "USER_PASSWORD_AUTH",
            "ADMIN_USER_PASSWORD_AUTH",
            "USER_AUTH",
        ]),
    ),
    CLIENT,
    ("AuthParameters", OPTIONAL, &PARAMETERS),
    ("ClientMetadata", OPTIONAL, &PARAMETERS),
];
pub(in crate::services::cognito) const RESPOND_TO_AUTH_CHALLENGE: &[Member] = &[
    CLIENT,
    ("ChallengeName", REQUIRED, &Shape::Text(1, 64, r"[A-Z_]+")),
    ("Session", OPTIONAL, &Shape::Text(20, 2048, ANY)),
    ("ChallengeResponses", OPTIONAL, &PARAMETERS),
    ("ClientMetadata", OPTIONAL, &PARAMETERS),
];
