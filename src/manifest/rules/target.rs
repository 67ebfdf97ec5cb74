//! Rules of what all targets have: how the gateway signs in, and what passes it.

use super::forms::{any, has_no_space, is_account, is_alphanumeric_with};
use super::{CountRule, MODEL, Rule, TextRule, rule};

/// A list that says something, and fits in a request.
pub static SOME: CountRule =
    CountRule { rule: rule("count-of-some", "construct"), minimum: 1, maximum: 100 };

/// Gateways that take targets which are no MCP servers and offer no tools.
pub static GATEWAY_PROTOCOL: Rule =
    rule("gateway-protocol", "AgentCore developer guide, Gateway targets: protocol type");

/// Who may call with the caller's AWS credentials.
pub static CALLER_IAM: Rule = rule(
    "target-caller-iam",
    "AgentCore developer guide, Gateway outbound authorization: caller IAM credentials",
);

/// A consent's return URL: a target's own or its gateway's.
pub static CONSENT_RETURN: Rule =
    rule("target-consent-return", "AgentCore API Reference, OAuthCredentialProvider");

/// Entries that choose operations of a description.
pub static OPERATIONS_CHOSEN: CountRule =
    CountRule { rule: rule("target-operations", "construct"), minimum: 0, maximum: 1000 };

/// An entry that chooses operations of a description.
pub static OPERATIONS: TextRule = TextRule {
    rule: rule("target-operation", "construct"),
    what: "an operation, a tag or a path",
    minimum: 1,
    maximum: 1024,
    pattern: None,
    accepts: any,
    form: "write an operationId, \"tag:NAME\", \"GET /path\" or \"/path/*\"",
};

/// Value of an OAuth parameter.
pub static CUSTOM_PARAMETER: TextRule = TextRule {
    rule: rule("target-custom-parameter", MODEL),
    what: "an OAuth parameter",
    minimum: 1,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "use 1 to 2048 characters",
};

/// Where an API key goes.
pub static KEY_PARAMETER: TextRule = TextRule {
    rule: rule("target-api-key-name", MODEL),
    what: "the name of a header or parameter",
    minimum: 1,
    maximum: 64,
    pattern: None,
    accepts: any,
    form: "use 1 to 64 characters",
};

/// What stands before an API key.
pub static KEY_PREFIX: TextRule = TextRule {
    rule: rule("target-api-key-prefix", MODEL),
    what: "a prefix",
    minimum: 1,
    maximum: 64,
    pattern: None,
    accepts: any,
    form: "write what stands before the key, 1 to 64 characters, or leave it out",
};

/// The service that the role signs for.
pub static SIGNING_SERVICE: TextRule = TextRule {
    rule: rule("target-signing-service", MODEL),
    what: "a signing name",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z0-9._-]+$"),
    accepts: |text| is_alphanumeric_with(text, "._-"),
    form: "write the service's signing name, such as \"execute-api\" or \"bedrock-agentcore\"",
};

/// Statements of one target.
pub static PERMISSIONS: CountRule =
    CountRule { rule: rule("target-permissions", "construct"), minimum: 0, maximum: 20 };

/// An action that the gateway's role may do.
pub static IAM_ACTION: TextRule = TextRule {
    rule: rule("iam-action", "IAM User Guide, Policy elements: Action"),
    what: "an IAM action",
    minimum: 3,
    maximum: 128,
    pattern: Some("^[a-z0-9-]+:[a-zA-Z0-9]+$"),
    accepts: is_action,
    form: "write service:Operation, such as \"s3:ListBucket\", without a wildcard",
};

/// What it may do it to.
pub static IAM_RESOURCE: TextRule = TextRule {
    rule: rule("iam-resource", "IAM User Guide, Policy elements: Resource"),
    what: "an ARN",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^(\*|arn:[^\s]+)$"),
    accepts: is_resource,
    form: "write an ARN, or \"*\" where the service knows no resource",
};

/// Headers or parameters that pass in one direction.
pub static HEADERS: CountRule =
    CountRule { rule: rule("target-header-count", MODEL), minimum: 0, maximum: 10 };

/// A header that passes the gateway.
pub static HEADER: TextRule = TextRule {
    rule: rule("target-header", MODEL),
    what: "the name of a header",
    minimum: 1,
    maximum: 100,
    pattern: Some("^[a-zA-Z0-9_-]+$"),
    accepts: |text| is_alphanumeric_with(text, "-_"),
    form: "use 1 to 100 letters, digits, hyphens and underscores",
};

/// A parameter that passes the gateway.
pub static QUERY_PARAMETER: TextRule = TextRule {
    rule: rule("target-query-parameter", MODEL),
    what: "a query parameter",
    minimum: 1,
    maximum: 40,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "use 1 to 40 characters without spaces",
};

/// An object in S3.
pub static S3_URI: TextRule = TextRule {
    rule: rule("s3-uri", MODEL),
    what: "an S3 URI",
    minimum: 7,
    maximum: 2048,
    pattern: Some(r"^s3://[^\s/]+/[^\s]+$"),
    accepts: is_s3_uri,
    form: "write s3://bucket/key",
};

/// A secret in Secrets Manager.
pub static SECRET_ARN: TextRule = TextRule {
    rule: rule("secret-arn", MODEL),
    what: "the ARN of a secret",
    minimum: 40,
    maximum: 2048,
    pattern: Some(r"^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^\s]+$"),
    accepts: is_secret_arn,
    form: "write arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME",
};

/// Headers that no list may hold.
pub static RESERVED_HEADER: Rule =
    rule("target-reserved-header", "AgentCore developer guide, Header propagation");

/// What carries credentials, what belongs to one hop, and what the gateway sets itself.
const RESERVED_HEADERS: [&str; 20] = [
    "authorization",
    "connection",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "www-authenticate",
    "x-api-key",
];
const RESERVED_PREFIXES: [&str; 4] = ["access-control-", "content-", "x-forwarded-", "x-amzn-"];
const RUNTIME_HEADERS: &str = "x-amzn-bedrock-agentcore-runtime-custom-";

/// Whether the gateway keeps a header to itself.
pub fn is_reserved_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let reserved = RESERVED_HEADERS.contains(&name.as_str())
        || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    reserved && !name.starts_with(RUNTIME_HEADERS)
}

fn is_action(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, operation)| {
        !service.is_empty()
            && is_alphanumeric_with(service, "-")
            && !service.contains(|letter: char| letter.is_ascii_uppercase())
            && !operation.is_empty()
            && is_alphanumeric_with(operation, "")
    })
}

fn is_resource(text: &str) -> bool {
    text == "*" || (text.starts_with("arn:") && text.len() > 4 && has_no_space(text))
}

fn is_s3_uri(text: &str) -> bool {
    let place = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
    has_no_space(text) && place.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}

fn is_secret_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(7, ':').collect();
    let ["arn", partition, "secretsmanager", region, account, "secret", name] = parts.as_slice()
    else {
        return false;
    };
    partition.starts_with("aws")
        && !region.is_empty()
        && is_alphanumeric_with(region, "-")
        && is_account(account)
        && !name.is_empty()
        && has_no_space(name)
}
