//! The table: what each kind's step calls, and on what.

mod cognito;
mod credentials;
mod front;
mod gateways;
mod keeping;
mod traffic;

/// What a row's operations act on. Rows with the same object become one statement, named after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum On {
    /// Operations without a resource.
    Anything,
    /// Listings, whose resource is the vault with every provider in it.
    AnyProvider,
    /// The same for providers of API keys.
    AnyApiKeyProvider,
    /// Listings, whose resource is the directory with every identity in it.
    AnyIdentity,
    Lock,
    Keys,
    Links,
    Schemas,
    /// Listings, which are limited to the stack's prefix.
    AnyBucket,
    Roles,
    /// Handing a role to a service is an operation on the role.
    RolesForAgentCore,
    RolesForLambda,
    Functions,
    Tables,
    LogGroups,
    NewPools,
    AnyPool,
    OurPools,
    /// A pool that belongs to somebody else and bears no tag of the stack.
    LinkedPools,
    HttpApis,
    Gateways,
    PolicyEngines,
    Portals,
    Runtimes,
    RuntimeIdentities,
    Identities,
    Providers,
    ApiKeyProviders,
    /// Providers of tokens that belong to somebody else.
    LinkedProviders,
    /// The same for providers of API keys.
    LinkedApiKeyProviders,
    TokenChain,
    ApiKeyChain,
    ProviderSecrets,
    ApiKeySecrets,
    /// Where the keys of somebody else's providers are.
    LinkedApiKeySecrets,
    /// The KMS keys that clients sign with.
    SigningKeys,
}

pub(super) type Row = (On, &'static [&'static str]);

/// Every run takes the stack's lock, and leaves signs of life in its tags.
pub(super) const LOCK: Row = (
    On::Lock,
    &[
        "ssm:AddTagsToResource",
        "ssm:DeleteParameter",
        "ssm:GetParameter",
        "ssm:ListTagsForResource",
        "ssm:PutParameter",
    ],
);

/// What is done with a pool that belongs to somebody else, beside what lives in it.
pub(super) const LINKED_POOL: Row = (On::LinkedPools, &["cognito-idp:DescribeUserPool"]);

/// The rows of a kind.
pub(super) fn rows(kind: &str) -> Option<&'static [Row]> {
    [cognito::rows, credentials::rows, front::rows, gateways::rows, keeping::rows, traffic::rows]
        .into_iter()
        .find_map(|rows| rows(kind))
}
