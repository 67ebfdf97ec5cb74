//! External identity providers.

use super::{POOL, TOKEN};
use crate::services::shape::{ANY, Member, OPTIONAL, REQUIRED, Shape, TEXT};

const NEW_NAME: Member = (
    "ProviderName",
    REQUIRED,
    &Shape::Text(1, 32, r"[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+"),
);
const PROVIDER: Member =
    ("ProviderName", REQUIRED, &Shape::Text(1, 32, r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+"));
const STRINGS: Shape = Shape::Map(&TEXT, &Shape::Text(0, 131_072, ANY), 0, 1000);
const MAPPING: Member = ("AttributeMapping", OPTIONAL, &STRINGS);
const IDENTIFIERS: Member =
    ("IdpIdentifiers", OPTIONAL, &Shape::List(&Shape::Text(1, 40, r"[\w\s+=.@-]+"), 0, 50));
const CONTEXT_CLASSES: Member =
    ("AcrMapping", OPTIONAL, &Shape::Map(&TEXT, &Shape::Text(1, 64, ANY), 0, 4));

pub(in crate::services::cognito) const CREATE_IDENTITY_PROVIDER: &[Member] = &[
    POOL,
    NEW_NAME,
    (
        "ProviderType",
        REQUIRED,
        &Shape::Enum(&["SAML", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple", "OIDC"]),
    ),
    ("ProviderDetails", REQUIRED, &STRINGS),
    MAPPING,
    IDENTIFIERS,
    CONTEXT_CLASSES,
];
pub(in crate::services::cognito) const UPDATE_IDENTITY_PROVIDER: &[Member] = &[
    POOL,
    PROVIDER,
    ("ProviderDetails", OPTIONAL, &STRINGS),
    MAPPING,
    IDENTIFIERS,
    CONTEXT_CLASSES,
];
pub(in crate::services::cognito) const ONE_IDENTITY_PROVIDER: &[Member] = &[POOL, PROVIDER];
pub(in crate::services::cognito) const LIST_IDENTITY_PROVIDERS: &[Member] =
    &[POOL, ("MaxResults", OPTIONAL, &Shape::Integer(0, 60)), ("NextToken", OPTIONAL, &TOKEN)];
