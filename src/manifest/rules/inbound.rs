//! Rules of the ways in: authorizers, MCP settings and interceptors of a gateway.

use super::forms::{
    any, has_no_space, is_claim_name, is_claim_value, is_discovery_url, is_inbound_scope,
    is_kms_key, is_protocol_version,
};
use super::{CountRule, IntegerRule, MODEL, Rule, TextRule, rule};

/// `discovery_url` of a `jwt` table.
pub static DISCOVERY_URL: TextRule = TextRule {
    rule: rule("jwt-discovery-url", MODEL),
    what: "a discovery URL",
    minimum: 1,
    maximum: 2048,
    pattern: Some(
        r"^[^\s?#]+/\.well-known/(openid-configuration|oauth-authorization-server)(/[^\s?#]+)?$",
    ),
    accepts: is_discovery_url,
    form: "write the whole URL, such as \"https://issuer.example.com/.well-known/openid-configuration\"",
};

/// One of `audiences`; the model has no limit of its own.
pub static AUDIENCE: TextRule = TextRule {
    rule: rule("jwt-audience", "construct: a text that fits in a request"),
    what: "an audience",
    minimum: 1,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "write the `aud` that the issuer puts into its tokens",
};

/// One of `clients`; the model has no limit of its own.
pub static JWT_CLIENT: TextRule = TextRule {
    rule: rule("jwt-client", "construct: a text that fits in a request"),
    what: "a client id",
    minimum: 1,
    maximum: 255,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write the client's id as the issuer has it",
};

/// A scope of an inbound token.
pub static INBOUND_SCOPE: TextRule = TextRule {
    rule: rule("jwt-scope", MODEL),
    what: "a scope",
    minimum: 1,
    maximum: 255,
    pattern: Some(r"^[\x21\x23-\x5B\x5D-\x7E]+$"),
    accepts: is_inbound_scope,
    form: "use 1 to 255 visible ASCII characters without quotes and backslashes",
};

/// `advertised_scopes` of a `jwt` table.
pub static ADVERTISED_SCOPES: CountRule =
    CountRule { rule: rule("jwt-advertised-scopes", MODEL), minimum: 0, maximum: 50 };

/// The scopes that are advertised must be ones that are checked.
pub static ADVERTISED_SCOPE: Rule = rule("jwt-advertised-scope", MODEL);

/// Without a condition, every token of the issuer would be let in.
pub static JWT_CONDITION: Rule =
    rule("jwt-condition", "construct, so that no issuer is trusted whole");

/// Name of a claim. The model's own pattern has a range in the place of a hyphen (`.-:`).
pub static INBOUND_CLAIM: TextRule = TextRule {
    rule: rule("jwt-claim-name", MODEL),
    what: "a claim's name",
    minimum: 1,
    maximum: 255,
    pattern: Some(r"^[A-Za-z0-9_./:]+$"),
    accepts: is_claim_name,
    form: "use 1 to 255 letters, digits and _ . / :",
};

/// What a claim is compared with.
pub static CLAIM_VALUE: TextRule = TextRule {
    rule: rule("jwt-claim-value", MODEL),
    what: "a claim's value",
    minimum: 1,
    maximum: 255,
    pattern: Some("^[A-Za-z0-9_.-]+$"),
    accepts: is_claim_value,
    form: "use 1 to 255 letters, digits and _ . -",
};

/// `values` of a claim.
pub static CLAIM_VALUES: CountRule =
    CountRule { rule: rule("jwt-claim-values", MODEL), minimum: 1, maximum: 255 };

/// Which operator takes which type, and one value or several.
pub static CLAIM_OPERATOR: Rule =
    rule("jwt-claim-operator", "Terraform provider for AWS, bedrockagentcore_gateway custom_claim");

/// An MCP protocol version.
pub static PROTOCOL_VERSION: TextRule = TextRule {
    rule: rule("mcp-version", "Model Context Protocol, Versioning: a date"),
    what: "an MCP protocol version",
    minimum: 10,
    maximum: 10,
    pattern: Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    accepts: is_protocol_version,
    form: "write the version's date, such as \"2025-11-25\"",
};

/// `protocol_versions` of a gateway.
pub static PROTOCOL_VERSIONS: CountRule = CountRule {
    rule: rule("mcp-version-count", "construct: a gateway speaks one version at least"),
    minimum: 1,
    maximum: 20,
};

/// `session_timeout_seconds` of a gateway.
pub static SESSION_TIMEOUT: IntegerRule = IntegerRule {
    rule: rule("gateway-session-timeout", MODEL),
    minimum: 900,
    maximum: 28_800,
    only: &[],
    unit: "seconds",
};

/// A KMS key of a gateway: the service takes no alias.
pub static KMS_KEY: TextRule = TextRule {
    rule: rule("gateway-kms-key", MODEL),
    what: "the ARN of a KMS key",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}$"),
    accepts: is_kms_key,
    form: "write the key's own ARN, arn:aws:kms:REGION:ACCOUNT:key/ID, and no alias",
};

/// `interceptors` of a gateway.
pub static INTERCEPTORS: CountRule =
    CountRule { rule: rule("gateway-interceptors", MODEL), minimum: 0, maximum: 2 };

/// `points` of an interceptor.
pub static INTERCEPTION_POINTS: CountRule =
    CountRule { rule: rule("interceptor-points", MODEL), minimum: 1, maximum: 2 };

/// A point has one interceptor.
pub static INTERCEPTION_POINT: Rule =
    rule("interceptor-point", "AgentCore samples, Gateway interceptors: one for each point");
