//! Rules of credential providers: names, clients, endpoints, keys and their quotas.

use super::forms::{
    any, is_alphanumeric_with, is_https_discovery_url, is_kms_key, is_name, is_plain_https_url,
    is_provider_arn,
};
use super::{CountRule, MODEL, QUOTAS, Rule, TextRule, rule};

/// Name of a provider in the manifest; with the stack's name before it it fits the service's 128.
pub static PROVIDER_NAME: TextRule = TextRule {
    rule: rule("provider-name", MODEL),
    what: "a provider name",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z0-9_-]+$"),
    accepts: is_name,
    form: "use 1 to 64 letters, digits, hyphens and underscores",
};

/// Providers of one kind, `OAuth2` or API key, of an account in one Region.
pub static PROVIDERS: CountRule =
    CountRule { rule: rule("provider-count", QUOTAS), minimum: 0, maximum: 50 };

/// Providers that a manifest may name: as many as the quota allows of both kinds, and as many linked ones.
pub static PROVIDERS_NAMED: CountRule =
    CountRule { rule: rule("providers-named", "construct"), minimum: 0, maximum: 200 };

/// Client id of a provider.
pub static CLIENT_ID: TextRule = TextRule {
    rule: rule("provider-client-id", MODEL),
    what: "a client id",
    minimum: 1,
    maximum: 256,
    pattern: None,
    accepts: any,
    form: "write the client id, or { env = \"VARIABLE\" }",
};

/// Characters of a client secret that the service keeps.
pub static CLIENT_SECRET: CountRule =
    CountRule { rule: rule("provider-client-secret", MODEL), minimum: 1, maximum: 2048 };

/// Characters of an API key that the service keeps.
pub static API_KEY: CountRule =
    CountRule { rule: rule("provider-api-key", MODEL), minimum: 1, maximum: 65536 };

/// A tenant of Microsoft Entra.
pub static TENANT_ID: TextRule = TextRule {
    rule: rule("provider-tenant-id", MODEL),
    what: "a tenant id",
    minimum: 1,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "write the directory (tenant) id of Microsoft Entra, 1 to 2048 characters",
};

/// An issuer or an endpoint of an OAuth server.
pub static OAUTH_URL: TextRule = TextRule {
    rule: rule("provider-endpoint", "RFC 6749, 3.1 and 3.2; RFC 8414, 2"),
    what: "an address of an OAuth server",
    minimum: 9,
    maximum: 2048,
    pattern: Some(r"^https://[^\s/?#][^\s?#]*$"),
    accepts: is_plain_https_url,
    form: "write an https URL without a query, such as \"https://id.example.com/token\"",
};

/// Where an OAuth server describes itself.
pub static PROVIDER_DISCOVERY_URL: TextRule = TextRule {
    rule: rule("provider-discovery-url", MODEL),
    what: "a discovery URL",
    minimum: 9,
    maximum: 2048,
    pattern: Some(
        r"^https://[^\s/?#][^\s?#]*/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?$",
    ),
    accepts: is_https_discovery_url,
    form: "end it in /.well-known/openid-configuration or /.well-known/oauth-authorization-server",
};

/// A response type of an OAuth server.
pub static RESPONSE_TYPE: TextRule = TextRule {
    rule: rule("provider-response-type", "RFC 8414, 2"),
    what: "a response type",
    minimum: 1,
    maximum: 128,
    pattern: None,
    accepts: any,
    form: "write a response type, such as \"code\"",
};

/// Response types of an OAuth server.
pub static RESPONSE_TYPES: CountRule =
    CountRule { rule: rule("provider-response-types", "construct"), minimum: 1, maximum: 20 };

/// Ways in which a token endpoint takes a client's secret.
pub static TOKEN_ENDPOINT_METHODS: CountRule =
    CountRule { rule: rule("provider-token-endpoint-methods", MODEL), minimum: 1, maximum: 2 };

/// The KMS key that signs a client's assertions.
pub static SIGNING_KEY: TextRule = TextRule {
    rule: rule("provider-signing-key", MODEL),
    what: "the ARN of a KMS key",
    minimum: 1,
    maximum: 2048,
    pattern: Some("^arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}$"),
    accepts: is_kms_key,
    form: "write the key's ARN, not an alias: \"arn:aws:kms:REGION:ACCOUNT:key/ID\"; its usage is SIGN_VERIFY",
};

/// Name of a further claim of a client's assertion.
pub static ASSERTION_CLAIM_NAME: TextRule = TextRule {
    rule: rule("provider-claim-name", MODEL),
    what: "the name of a claim",
    minimum: 1,
    maximum: 255,
    pattern: Some("^[A-Za-z0-9_.:#-]+$"),
    accepts: is_assertion_claim_name,
    form: "use 1 to 255 letters, digits and _.:#-",
};

/// Value of a further claim.
pub static ASSERTION_CLAIM_VALUE: TextRule = TextRule {
    rule: rule("provider-claim-value", MODEL),
    what: "the value of a claim",
    minimum: 1,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "use 1 to 2048 characters",
};

/// Further claims in one part of an assertion.
pub static CLAIMS: CountRule =
    CountRule { rule: rule("provider-claims", MODEL), minimum: 0, maximum: 10 };

/// Claims that the service writes itself, in the header and in the payload of an assertion.
pub static RESERVED_CLAIMS: ([&str; 2], [&str; 4]) = (["alg", "typ"], ["iss", "sub", "jti", "exp"]);

/// Where [`RESERVED_CLAIMS`] comes from.
pub static RESERVED_CLAIM: Rule = rule("provider-reserved-claim", MODEL);

/// One scope of an actor token.
pub static ACTOR_SCOPE: TextRule = TextRule {
    rule: rule("provider-actor-scope", MODEL),
    what: "a scope",
    minimum: 1,
    maximum: 128,
    pattern: None,
    accepts: any,
    form: "write each scope as a text of its own, 1 to 128 characters",
};

/// What goes with which part of a token exchange.
pub static ON_BEHALF_OF: Rule = rule("provider-on-behalf-of", MODEL);

/// What goes with which way of proving the client.
pub static CLIENT_AUTHENTICATION: Rule = rule("provider-client-authentication", MODEL);

/// A provider that exists already.
pub static PROVIDER_ARN: TextRule = TextRule {
    rule: rule("provider-arn", "Service Authorization Reference, Amazon Bedrock AgentCore"),
    what: "the ARN of a credential provider",
    minimum: 1,
    maximum: 2048,
    pattern: Some(
        "^arn:aws[a-z-]*:[a-z-]+:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:token-vault/[a-zA-Z0-9-]+/(oauth2|apikey)credentialprovider/[a-zA-Z0-9_-]+$",
    ),
    accepts: is_provider_arn,
    form: "write \"arn:aws:bedrock-agentcore:REGION:ACCOUNT:token-vault/default/oauth2credentialprovider/NAME\", \
           or apikeycredentialprovider",
};

/// Where a provider may be that a gateway uses.
pub static SAME_PLACE: Rule =
    rule("provider-place", "AgentCore developer guide, Gateway outbound authorization");

fn is_assertion_claim_name(text: &str) -> bool {
    is_alphanumeric_with(text, "_.:#-")
}
