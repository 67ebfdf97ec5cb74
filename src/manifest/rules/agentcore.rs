//! Rules of `AgentCore`: gateways, targets, providers, identities and their quotas.

use super::forms::{any, has_no_space, is_hyphenated, is_lower_hyphenated, is_name, is_url};
use super::{CountRule, MODEL, OWN, QUOTAS, TextRule, rule};

/// Description of a gateway or a target.
pub static DESCRIPTION: TextRule = TextRule {
    rule: rule("agentcore-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 200,
    pattern: None,
    accepts: any,
    form: "use 1 to 200 characters",
};

/// `[gateway] instructions`.
pub static INSTRUCTIONS: TextRule = TextRule {
    rule: rule("gateway-instructions", MODEL),
    what: "a gateway's instructions",
    minimum: 1,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "use 1 to 2048 characters",
};

/// Name of a gateway: the stack's name and the node's.
pub static GATEWAY_NAME: TextRule = TextRule {
    rule: rule("gateway-name", MODEL),
    what: "a gateway name",
    minimum: 1,
    maximum: 48,
    pattern: Some("^([0-9a-zA-Z]-?)+$"),
    accepts: is_hyphenated,
    form: "use 1 to 48 letters and digits joined by single hyphens",
};

/// Name of a gateway in the manifest; the names of its front's roles still fit into IAM's 64 characters.
pub static GATEWAY_KEY: TextRule = TextRule {
    rule: rule("gateway-key", OWN),
    what: "a gateway's name in the manifest",
    minimum: 1,
    maximum: 16,
    pattern: Some("^[0-9a-z]+(-[0-9a-z]+)*$"),
    accepts: is_lower_hyphenated,
    form: "use 1 to 16 lower-case letters and digits joined by single hyphens",
};

/// Gateways of an account in one Region.
pub static GATEWAYS: CountRule =
    CountRule { rule: rule("gateway-count", QUOTAS), minimum: 0, maximum: 1000 };

/// Name of a target; it becomes part of its tools' names, so the stack's name is left out.
pub static TARGET_NAME: TextRule = TextRule {
    rule: rule("target-name", MODEL),
    what: "a target name",
    minimum: 1,
    maximum: 100,
    pattern: Some("^([0-9a-zA-Z]-?)+$"),
    accepts: is_hyphenated,
    form: "use 1 to 100 letters and digits joined by single hyphens",
};

/// Targets of one gateway.
pub static TARGETS: CountRule =
    CountRule { rule: rule("target-count", QUOTAS), minimum: 0, maximum: 100 };

/// Targets of all gateways of a manifest: as many as have been tried.
pub static ALL_TARGETS: CountRule =
    CountRule { rule: rule("all-targets-count", "construct"), minimum: 0, maximum: 1000 };

/// A schema that is sent inline, in bytes. The quota reads 1 MB: the smaller of its two readings is safe with both.
pub static INLINE_SCHEMA: CountRule =
    CountRule { rule: rule("inline-schema-size", QUOTAS), minimum: 1, maximum: 1_000_000 };

/// A schema in S3, in bytes; none that is larger is taken in any way.
pub static SCHEMA: CountRule =
    CountRule { rule: rule("schema-size", QUOTAS), minimum: 1, maximum: 10_000_000 };

/// A description of which some operations are sent, in bytes.
pub static WHOLE_DESCRIPTION: CountRule =
    CountRule { rule: rule("description-size", "construct"), minimum: 1, maximum: 64_000_000 };

/// One scope of a target.
pub static SCOPE: TextRule = TextRule {
    rule: rule("target-scope", MODEL),
    what: "a scope",
    minimum: 1,
    maximum: 64,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write each scope as a text of its own, 1 to 64 characters without spaces",
};

/// Scopes of one target.
pub static SCOPES: CountRule =
    CountRule { rule: rule("target-scope-count", MODEL), minimum: 0, maximum: 100 };

/// `custom_parameters` of one target.
pub static CUSTOM_PARAMETERS: CountRule =
    CountRule { rule: rule("target-custom-parameters", MODEL), minimum: 0, maximum: 10 };

/// Name of a stand-alone workload identity; with the stack's name before it it fits 3 to 255.
pub static IDENTITY_NAME: TextRule = TextRule {
    rule: rule("identity-name", MODEL),
    what: "an identity name",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z0-9_-]+$"),
    accepts: is_name,
    form: "use 1 to 64 letters, digits, hyphens and underscores",
};

/// A URL that a consent returns to.
pub static RETURN_URL: TextRule = TextRule {
    rule: rule("identity-return-url", MODEL),
    what: "a return URL",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^[a-zA-Z0-9_]+:/{0,2}[^\s/]\S*$"),
    accepts: is_url,
    form: "write an absolute URL, such as \"https://example.com/callback\"",
};

/// Return URLs of one workload identity.
pub static RETURN_URLS: CountRule =
    CountRule { rule: rule("identity-return-url-count", "construct"), minimum: 1, maximum: 100 };
