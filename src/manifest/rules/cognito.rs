//! Rules of the sign-in: passwords, life of tokens, identity providers, pools that exist already.

use super::forms::{
    any, has_no_space, is_alphanumeric_with, is_email, is_https_origin, is_https_url,
    is_hyphenated, is_pool_id,
};
use super::{CountRule, IntegerRule, Rule, TextRule, rule};

const MODEL: &str = "cognito-idp service model 2016-04-18";

/// E-mail address of a person in the pool.
pub static EMAIL: TextRule = TextRule {
    rule: rule("cognito-username", "Cognito API Reference, AdminCreateUser Username"),
    what: "an e-mail address",
    minimum: 3,
    maximum: 128,
    pattern: Some(r"^[^\s@]+@[^\s@]+$"),
    accepts: is_email,
    form: "write an address such as \"ada@example.com\"",
};

/// `[cognito] access_token_minutes`.
pub static ACCESS_TOKEN: IntegerRule = IntegerRule {
    rule: rule("cognito-access-token", "Cognito API Reference, CreateUserPoolClient"),
    minimum: 5,
    maximum: 1440,
    only: &[],
    unit: "minutes",
};

/// `[cognito] refresh_token_days`.
pub static REFRESH_TOKEN: IntegerRule = IntegerRule {
    rule: rule("cognito-refresh-token", "Cognito API Reference, CreateUserPoolClient"),
    minimum: 1,
    maximum: 3650,
    only: &[],
    unit: "days",
};

/// `[cognito.password] minimum_length`.
pub static PASSWORD_LENGTH: IntegerRule = IntegerRule {
    rule: rule("cognito-password-length", "Cognito API Reference, PasswordPolicyType"),
    minimum: 6,
    maximum: 99,
    only: &[],
    unit: "characters",
};

/// `[cognito.password] history`; none and 0 are the same.
pub static PASSWORD_HISTORY: IntegerRule = IntegerRule {
    rule: rule("cognito-password-history", "Cognito API Reference, PasswordPolicyType"),
    minimum: 0,
    maximum: 24,
    only: &[],
    unit: "passwords",
};

/// `[cognito.password] temporary_days`. The service takes 0 as well, and reads it as 7.
pub static TEMPORARY_PASSWORD: IntegerRule = IntegerRule {
    rule: rule("cognito-temporary-password", "Cognito API Reference, PasswordPolicyType"),
    minimum: 1,
    maximum: 365,
    only: &[],
    unit: "days",
};

/// Name of an identity provider. The service takes 3 to 32 characters of almost any kind; here the name is part of an
/// address and, behind `construct.`, of an identifier of at most 40.
pub static FEDERATION_NAME: TextRule = TextRule {
    rule: rule("cognito-identity-provider-name", MODEL),
    what: "the name of an identity provider",
    minimum: 3,
    maximum: 30,
    pattern: Some("^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*-?$"),
    accepts: is_hyphenated,
    form: "use 3 to 30 letters, digits and single hyphens, not beginning with a hyphen",
};

/// Names that mean something else in a client's list of identity providers.
pub static RESERVED_FEDERATION: Rule =
    rule("cognito-identity-provider-reserved", "Cognito API Reference, CreateUserPoolClient");

/// The reserved names of [`RESERVED_FEDERATION`], in lower case.
pub const RESERVED_FEDERATIONS: [&str; 5] =
    ["cognito", "facebook", "google", "loginwithamazon", "signinwithapple"];

/// Identity providers of a pool.
pub static FEDERATIONS: CountRule = CountRule {
    rule: rule("cognito-identity-provider-count", "Cognito developer guide, Quotas: 300 a pool"),
    minimum: 0,
    maximum: 300,
};

/// An address of an identity provider: its issuer, an endpoint, its metadata.
pub static FEDERATION_URL: TextRule = TextRule {
    rule: rule("cognito-identity-provider-url", "Cognito developer guide, OIDC and SAML providers"),
    what: "an https address",
    minimum: 9,
    maximum: 2048,
    pattern: Some(r"^https://[^\s/?#]+[^\s]*$"),
    accepts: is_https_url,
    form: "write an address such as \"https://idp.example.com\"",
};

/// A scope asked of an OIDC provider.
pub static FEDERATION_SCOPE: TextRule = TextRule {
    rule: rule("oauth-scope", "RFC 6749, 3.3"),
    what: "a scope",
    minimum: 1,
    maximum: 256,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write one scope without spaces, such as \"openid\"",
};

/// `authorize_scopes` of an OIDC provider must hold `openid`.
pub static OPENID_SCOPE: Rule =
    rule("cognito-openid-scope", "Cognito developer guide, Adding OIDC identity providers");

/// The endpoints that an OIDC provider's discovery tells, or the manifest: all of them or none.
pub static OIDC_ENDPOINTS: Rule =
    rule("cognito-oidc-endpoints", "Cognito API Reference, CreateIdentityProvider");

/// Name of an attribute of the pool, on the left of a mapping.
pub static ATTRIBUTE_NAME: TextRule = TextRule {
    rule: rule("cognito-attribute-name", MODEL),
    what: "the name of a pool's attribute",
    minimum: 1,
    maximum: 32,
    pattern: Some("^[a-zA-Z0-9_:-]+$"),
    accepts: is_attribute_name,
    form: "use one of the standard attributes, such as \"email\", or \"custom:NAME\"",
};

/// Claim or SAML attribute, on the right of a mapping.
pub static CLAIM_NAME: TextRule = TextRule {
    rule: rule("cognito-attribute-claim", "construct; the service takes more"),
    what: "a claim",
    minimum: 1,
    maximum: 256,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write the claim's name, or the URI of a SAML attribute",
};

/// Attributes of a pool, custom ones included.
pub static ATTRIBUTES: CountRule = CountRule {
    rule: rule("cognito-attribute-count", "Cognito developer guide, Quotas: 50 custom attributes"),
    minimum: 0,
    maximum: 70,
};

/// Another name of a provider, for `idp_identifier`.
pub static FEDERATION_IDENTIFIER: TextRule = TextRule {
    rule: rule("cognito-identity-provider-identifier", MODEL),
    what: "an identifier of a provider",
    minimum: 1,
    maximum: 40,
    pattern: Some(r"^[a-zA-Z0-9_+=.@ -]+$"),
    accepts: is_identifier,
    form: "use 1 to 40 letters, digits, spaces and _ + = . @ -, such as \"example.com\"",
};

/// The service takes 50; one of them is construct's mark.
pub static FEDERATION_IDENTIFIERS: CountRule = CountRule {
    rule: rule("cognito-identity-provider-identifiers", MODEL),
    minimum: 0,
    maximum: 49,
};

/// Begins the identifiers that are construct's marks.
pub static RESERVED_IDENTIFIER: Rule =
    rule("cognito-identity-provider-mark", "construct's own marks");

/// What [`RESERVED_IDENTIFIER`] is about.
pub const FEDERATION_MARK: &str = "construct.";

/// SAML metadata, in bytes.
pub static SAML_METADATA: CountRule =
    CountRule { rule: rule("cognito-saml-metadata", MODEL), minimum: 1, maximum: 131_072 };

/// `existing.pool`.
pub static POOL_ID: TextRule = TextRule {
    rule: rule("cognito-pool-id", MODEL),
    what: "the id of a user pool",
    minimum: 11,
    maximum: 55,
    pattern: Some("^[a-z]{2}(-[a-z]+)+-[0-9]_[0-9a-zA-Z]+$"),
    accepts: is_pool_id,
    form: "write the pool's id, such as \"us-west-2_AbC123\"",
};

/// A pool's id begins with its Region.
pub static POOL_REGION: Rule = rule("cognito-pool-region", MODEL);

/// `existing.domain`.
pub static POOL_DOMAIN: TextRule = TextRule {
    rule: rule("cognito-pool-domain", "Cognito developer guide, User pool endpoints"),
    what: "the address of a pool's domain",
    minimum: 9,
    maximum: 263,
    pattern: Some(r"^https://[a-z0-9.-]+$"),
    accepts: is_https_origin,
    form: "write https:// and the domain, without a path, such as \
           \"https://acme.auth.us-west-2.amazoncognito.com\"",
};

/// Name of an identity provider of a pool that exists already.
pub static PROVIDER_OF_POOL: TextRule = TextRule {
    rule: rule("cognito-provider-of-pool", MODEL),
    what: "the name of an identity provider",
    minimum: 1,
    maximum: 32,
    pattern: None,
    accepts: any,
    form: "write its name in the pool, or \"COGNITO\" for the pool's own people",
};

/// At least one way to sign in.
pub static PROVIDERS_OF_POOL: CountRule = CountRule {
    rule: rule("cognito-providers-of-client", "construct: people sign in somehow"),
    minimum: 1,
    maximum: 301,
};

fn is_attribute_name(text: &str) -> bool {
    is_alphanumeric_with(text, "_:-")
}

fn is_identifier(text: &str) -> bool {
    is_alphanumeric_with(text, "_+=.@ -")
}
