//! External identity providers.

use super::{POOL, TOKEN};
use crate::services::shape::{Kind, Member, optional, required};

const NEW_NAME: Member = required(
    "ProviderName",
    Kind::Text(1, 32, Some(r"[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+")),
);
const PROVIDER: Member =
    required("ProviderName", Kind::Text(1, 32, Some(r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+")));
const STRINGS: Kind = Kind::Map(1000, &Kind::Text(0, 131_072, None));
const MAPPING: Member = optional("AttributeMapping", STRINGS);
const IDENTIFIERS: Member =
    optional("IdpIdentifiers", Kind::List(0, 50, &Kind::Text(1, 40, Some(r"[\w\s+=.@-]+"))));
const CONTEXT_CLASSES: Member = optional("AcrMapping", Kind::Map(4, &Kind::Text(1, 64, None)));

pub(in crate::services::cognito) const CREATE_IDENTITY_PROVIDER: &[Member] = &[
    POOL,
    NEW_NAME,
    required(
        "ProviderType",
        Kind::Choice(&["SAML", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple", "OIDC"]),
    ),
    required("ProviderDetails", STRINGS),
    MAPPING,
    IDENTIFIERS,
    CONTEXT_CLASSES,
];
pub(in crate::services::cognito) const UPDATE_IDENTITY_PROVIDER: &[Member] =
    &[POOL, PROVIDER, optional("ProviderDetails", STRINGS), MAPPING, IDENTIFIERS, CONTEXT_CLASSES];
pub(in crate::services::cognito) const ONE_IDENTITY_PROVIDER: &[Member] = &[POOL, PROVIDER];
pub(in crate::services::cognito) const LIST_IDENTITY_PROVIDERS: &[Member] =
    &[POOL, optional("MaxResults", Kind::Integer(0, 60)), optional("NextToken", TOKEN)];
