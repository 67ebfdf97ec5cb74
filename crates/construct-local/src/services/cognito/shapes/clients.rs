//! Domains, resource servers, clients and users.

use super::{ARN, FLAG, NAME, POOL, TOKEN};
use crate::services::shape::{Kind, Member, optional, required};

const CLIENT: Member = required("ClientId", Kind::Text(1, 128, Some(r"[\w+]+")));
const DOMAIN: Member =
    required("Domain", Kind::Text(1, 63, Some(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?")));
const SCOPE: Kind = Kind::Text(1, 256, Some(r"[\x21\x23-\x5B\x5D-\x7E]+"));
const URL: Kind = Kind::Text(1, 1024, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"));
const USERNAME: Member =
    required("Username", Kind::Text(1, 128, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")));

pub(in crate::services::cognito) const WRITE_DOMAIN: &[Member] = &[
    DOMAIN,
    POOL,
    optional("ManagedLoginVersion", Kind::Integer(1, 2)),
    optional("CustomDomainConfig", Kind::Structure(&[required("CertificateArn", ARN)])),
];
pub(in crate::services::cognito) const DESCRIBE_DOMAIN: &[Member] = &[DOMAIN];
pub(in crate::services::cognito) const DELETE_DOMAIN: &[Member] = &[DOMAIN, POOL];

const IDENTIFIER: Member = required("Identifier", SCOPE);
const SERVER_NAME: Member = required("Name", Kind::Text(1, 256, Some(r"[\w\s+=,.@-]+")));
pub(in crate::services::cognito) const WRITE_SERVER: &[Member] = &[
    POOL,
    IDENTIFIER,
    SERVER_NAME,
    optional(
        "Scopes",
        Kind::List(
            0,
            100,
            &Kind::Structure(&[
                required(
                    "ScopeName",
                    Kind::Text(1, 256, Some(r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+")),
                ),
                required("ScopeDescription", Kind::Text(1, 256, None)),
            ]),
        ),
    ),
];
pub(in crate::services::cognito) const ONE_SERVER: &[Member] = &[POOL, IDENTIFIER];
pub(in crate::services::cognito) const LIST_SERVERS: &[Member] =
    &[POOL, optional("MaxResults", Kind::Integer(1, 50)), optional("NextToken", TOKEN)];

const UNIT: Kind = Kind::Choice(&["seconds", "minutes", "hours", "days"]);
const REFRESH_VALIDITY: Member = optional("RefreshTokenValidity", Kind::Integer(0, 315_360_000));
const ACCESS_VALIDITY: Member = optional("AccessTokenValidity", Kind::Integer(1, 86_400));
const ID_VALIDITY: Member = optional("IdTokenValidity", Kind::Integer(1, 86_400));
const UNITS: Member = optional(
    "TokenValidityUnits",
    Kind::Structure(&[
        optional("AccessToken", UNIT),
        optional("IdToken", UNIT),
        optional("RefreshToken", UNIT),
    ]),
);
const ATTRIBUTE_NAMES: Kind = Kind::List(0, 100, &Kind::Text(1, 2048, None));
const READ: Member = optional("ReadAttributes", ATTRIBUTE_NAMES);
const WRITE: Member = optional("WriteAttributes", ATTRIBUTE_NAMES);
const AUTH_FLOWS: Member = optional(
    "ExplicitAuthFlows",
    Kind::List(
        0,
        10,
        &Kind::Choice(&[
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
    ),
);
const IDENTITY_PROVIDERS: Member = optional(
    "SupportedIdentityProviders",
    Kind::List(0, 25, &Kind::Text(1, 32, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+"))),
);
const CALLBACKS: Member = optional("CallbackURLs", Kind::List(0, 100, &URL));
const LOGOUTS: Member = optional("LogoutURLs", Kind::List(0, 100, &URL));
const DEFAULT_REDIRECT: Member = optional("DefaultRedirectURI", URL);
const OAUTH_FLOWS: Member = optional(
    "AllowedOAuthFlows",
    Kind::List(0, 3, &Kind::Choice(&["code", "implicit", "client_credentials"])),
);
const OAUTH_SCOPES: Member = optional("AllowedOAuthScopes", Kind::List(0, 50, &SCOPE));
const OAUTH_ON: Member = optional("AllowedOAuthFlowsUserPoolClient", FLAG);
const PREVENT: Member =
    optional("PreventUserExistenceErrors", Kind::Choice(&["LEGACY", "ENABLED"]));
const REVOCATION: Member = optional("EnableTokenRevocation", FLAG);
const PROPAGATE: Member = optional("EnablePropagateAdditionalUserContextData", FLAG);
const SESSION: Member = optional("AuthSessionValidity", Kind::Integer(3, 15));
const ROTATION: Member = optional(
    "RefreshTokenRotation",
    Kind::Structure(&[
        required("Feature", Kind::Choice(&["ENABLED", "DISABLED"])),
        optional("RetryGracePeriodSeconds", Kind::Integer(0, 60)),
    ]),
);

pub(in crate::services::cognito) const CREATE_CLIENT: &[Member] = &[
    POOL,
    required("ClientName", NAME),
    optional("GenerateSecret", FLAG),
    optional("ClientSecret", Kind::Text(24, 64, Some(r"[\w+]+"))),
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
    optional("ClientName", NAME),
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
    &[POOL, optional("MaxResults", Kind::Integer(1, 60)), optional("NextToken", TOKEN)];

const ATTRIBUTES: Kind = Kind::List(
    0,
    50,
    &Kind::Structure(&[
        required("Name", Kind::Text(1, 32, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+"))),
        optional("Value", Kind::Text(0, 2048, None)),
    ]),
);
pub(in crate::services::cognito) const CREATE_USER: &[Member] = &[
    POOL,
    USERNAME,
    optional("UserAttributes", ATTRIBUTES),
    optional("TemporaryPassword", Kind::Text(0, 256, Some(r"[\S]+"))),
    optional("ForceAliasCreation", FLAG),
    optional("MessageAction", Kind::Choice(&["RESEND", "SUPPRESS"])),
    optional("DesiredDeliveryMediums", Kind::List(0, 2, &Kind::Choice(&["SMS", "EMAIL"]))),
];
pub(in crate::services::cognito) const ONE_USER: &[Member] = &[POOL, USERNAME];
const MFA_SETTINGS: Kind =
    Kind::Structure(&[optional("Enabled", FLAG), optional("PreferredMfa", FLAG)]);
pub(in crate::services::cognito) const SET_MFA_PREFERENCE: &[Member] = &[
    POOL,
    USERNAME,
    optional("SMSMfaSettings", MFA_SETTINGS),
    optional("SoftwareTokenMfaSettings", MFA_SETTINGS),
    optional("EmailMfaSettings", MFA_SETTINGS),
    optional("WebAuthnMfaSettings", MFA_SETTINGS),
];
pub(in crate::services::cognito) const RESET_PASSWORD: &[Member] =
    &[POOL, USERNAME, optional("ClientMetadata", PARAMETERS)];
pub(in crate::services::cognito) const SET_PASSWORD: &[Member] = &[
    POOL,
    USERNAME,
    required("Password", Kind::Text(0, 256, Some(r"[\S]+"))),
    optional("Permanent", FLAG),
];
pub(in crate::services::cognito) const UPDATE_USER: &[Member] =
    &[POOL, USERNAME, required("UserAttributes", ATTRIBUTES)];
pub(in crate::services::cognito) const LIST_USERS: &[Member] = &[
    POOL,
    optional("AttributesToGet", Kind::List(0, 25, &Kind::Text(1, 32, None))),
    optional("Limit", Kind::Integer(0, 60)),
    optional("PaginationToken", TOKEN),
    optional("Filter", Kind::Text(0, 256, None)),
];

const PARAMETERS: Kind = Kind::Map(100, &Kind::Text(0, 131_072, None));
pub(in crate::services::cognito) const INITIATE_AUTH: &[Member] = &[
    required(
        "AuthFlow",
        Kind::Choice(&[
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
    optional("AuthParameters", PARAMETERS),
    optional("ClientMetadata", PARAMETERS),
];
pub(in crate::services::cognito) const RESPOND_TO_AUTH_CHALLENGE: &[Member] = &[
    CLIENT,
    required("ChallengeName", Kind::Text(1, 64, Some(r"[A-Z_]+"))),
    optional("Session", Kind::Text(20, 2048, None)),
    optional("ChallengeResponses", PARAMETERS),
    optional("ClientMetadata", PARAMETERS),
];
