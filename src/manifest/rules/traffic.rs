//! Rules of a gateway's rate limits and of its rules.

use super::forms::{any, is_account, is_alphanumeric_with, is_lower_hyphenated};
use super::{CountRule, IntegerRule, MODEL, OWN, Rule, TextRule, rule};

const GUIDE: &str = "AgentCore developer guide, Gateway rate limits";

/// Name of a rate limit or a rule in the manifest; the id or mark made of it fits the service's 64.
pub static TRAFFIC_NAME: TextRule = TextRule {
    rule: rule("traffic-name", OWN),
    what: "the name of a rate limit or a rule",
    minimum: 1,
    maximum: 32,
    pattern: Some("^[0-9a-z]+(-[0-9a-z]+)*$"),
    accepts: is_lower_hyphenated,
    form: "use 1 to 32 lower-case letters and digits joined by single hyphens",
};

/// Description of a rate limit.
pub static RATE_LIMIT_DESCRIPTION: TextRule = TextRule {
    rule: rule("rate-limit-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 512,
    pattern: None,
    accepts: any,
    form: "use 1 to 512 characters",
};

const HEADER_OTHERS: &str = "!#$%&'+.^_`|~-";

fn begins_as_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
}

fn is_dimension(text: &str) -> bool {
    if let Some(claim) = text.strip_prefix("$.context.jwt.") {
        let ends = |last: char| last.is_ascii_alphanumeric() || last == '_';
        return (2..=63).contains(&claim.len())
            && begins_as_name(claim)
            && claim.ends_with(ends)
            && is_alphanumeric_with(claim, "_-.");
    }
    if let Some(header) = text.strip_prefix("$.context.request.header.") {
        return !header.is_empty() && is_alphanumeric_with(header, HEADER_OTHERS);
    }
    if let Some(path) = text.strip_prefix("$.context.request.body.") {
        return path
            .split('.')
            .all(|part| begins_as_name(part) && is_alphanumeric_with(part, "_-"));
    }
    [
        "targetName",
        "toolName",
        "qualifiedModelId",
        "$.context.iam.principal",
        "$.context.iam.sourceIdentity",
    ]
    .contains(&text)
}

/// What tells requests apart.
pub static DIMENSION: TextRule = TextRule {
    rule: rule("rate-limit-dimension", MODEL),
    what: "a dimension of a rate limit",
    minimum: 1,
    maximum: 128,
    pattern: Some(
        r"^(targetName|toolName|qualifiedModelId|\$\.context\.iam\.principal|\$\.context\.iam\.sourceIdentity|\$\.context\.jwt\.[a-zA-Z_][a-zA-Z0-9_\-\.]{0,61}[a-zA-Z0-9_]|\$\.context\.request\.header\.[a-zA-Z0-9!#$%&'+\.\^_`|~\-]+|\$\.context\.request\.body\.[a-zA-Z_][a-zA-Z0-9_\-]*(\.[a-zA-Z_][a-zA-Z0-9_\-]*)*)$",
    ),
    accepts: is_dimension,
    form: "write targetName, toolName, qualifiedModelId, $.context.iam.principal, \
           $.context.iam.sourceIdentity, $.context.jwt.CLAIM, $.context.request.header.NAME \
           or $.context.request.body.PATH",
};

/// Dimensions of one rate limit.
pub static DIMENSIONS: CountRule =
    CountRule { rule: rule("rate-limit-dimension-count", MODEL), minimum: 1, maximum: 10 };

/// Values of one entry.
pub static DIMENSION_VALUES: CountRule =
    CountRule { rule: rule("rate-limit-value-count", MODEL), minimum: 0, maximum: 10 };

/// The value of a dimension.
pub static DIMENSION_VALUE: TextRule = TextRule {
    rule: rule("rate-limit-value", MODEL),
    what: "the value of a dimension",
    minimum: 1,
    maximum: 256,
    pattern: None,
    accepts: any,
    form: "use 1 to 256 characters; \"*\" is any value",
};

/// Entries of one rate limit.
pub static LIMIT_ENTRIES: CountRule =
    CountRule { rule: rule("rate-limit-entry-count", MODEL), minimum: 1, maximum: 1000 };

/// A rate. The service takes fractions too: a whole number a minute is as fine as is needed.
pub static RATE: IntegerRule = IntegerRule {
    rule: rule("rate-limit-rate", MODEL),
    minimum: 0,
    maximum: 10_000_000,
    only: &[],
    unit: "in a period",
};

/// `*` only where no other value follows.
pub static TRAILING_WILDCARDS: Rule = rule("rate-limit-wildcards", MODEL);

/// A dimension stands once in a rate limit.
pub static DISTINCT_DIMENSIONS: Rule = rule("rate-limit-distinct-dimensions", GUIDE);

/// Two rate limits of one gateway have different dimensions.
pub static OWN_DIMENSIONS: Rule = rule("rate-limit-own-dimensions", GUIDE);

/// A rule's place among those of its gateway.
pub static RULE_PRIORITY: IntegerRule = IntegerRule {
    rule: rule("rule-priority", MODEL),
    minimum: 1,
    maximum: 1_000_000,
    only: &[],
    unit: "as a priority",
};

/// Two rules of one gateway have different priorities.
pub static OWN_PRIORITY: Rule = rule("rule-own-priority", MODEL);

/// Description of a rule. The service takes 256 characters; the mark before it takes some.
pub static RULE_DESCRIPTION: TextRule = TextRule {
    rule: rule("rule-description", OWN),
    what: "a rule's description",
    minimum: 1,
    maximum: 180,
    pattern: None,
    accepts: any,
    form: "use 1 to 180 characters",
};

fn is_principal(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts.as_slice() else {
        return false;
    };
    let named = match *service {
        "iam" => resource.strip_prefix("user/").or_else(|| resource.strip_prefix("role/")),
        "sts" => resource.strip_prefix("assumed-role/"),
        _ => None,
    };
    partition.starts_with("aws")
        && partition.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-')
        && (*account == "*" || is_account(account))
        && named.is_some_and(|name| !name.is_empty() && is_alphanumeric_with(name, "_+=,.@*?/-"))
}

/// Who a rule is for.
pub static RULE_PRINCIPAL: TextRule = TextRule {
    rule: rule("rule-principal", MODEL),
    what: "the ARN of an IAM principal",
    minimum: 1,
    maximum: 2048,
    pattern: Some(
        r"^(arn:aws[a-zA-Z-]*:iam::([0-9]{12}|\*):(user|role)/[a-zA-Z0-9_+=,.@*?/-]+|arn:aws[a-zA-Z-]*:sts::([0-9]{12}|\*):assumed-role/[a-zA-Z0-9_+=,.@*?/-]+)$",
    ),
    accepts: is_principal,
    form: "write the ARN of a user, a role or an assumed role; * and ? stand for others",
};

/// Principals, or models, of one rule.
pub static RULE_PRINCIPALS: CountRule =
    CountRule { rule: rule("rule-matches", MODEL), minimum: 0, maximum: 100 };

fn is_rule_path(text: &str) -> bool {
    let part = text.strip_prefix('/').and_then(|rest| rest.strip_suffix("/*"));
    part.is_some_and(|part| !part.is_empty() && is_alphanumeric_with(part, "_-."))
}

/// Where the paths that a rule is for begin.
pub static RULE_PATH: TextRule = TextRule {
    rule: rule("rule-path", MODEL),
    what: "a path of a rule",
    minimum: 1,
    maximum: 512,
    pattern: Some(r"^/[a-zA-Z0-9_\-.]+/\*$"),
    accepts: is_rule_path,
    form: "write the first part and a star, such as \"/orders/*\"",
};

/// Paths of one rule.
pub static RULE_PATHS: CountRule =
    CountRule { rule: rule("rule-path-count", MODEL), minimum: 0, maximum: 10 };

fn is_rule_model(text: &str) -> bool {
    text.split('/').all(|part| !part.is_empty() && is_alphanumeric_with(part, "-._*?@:"))
}

/// Which models a rule is for.
pub static RULE_MODEL: TextRule = TextRule {
    rule: rule("rule-model", MODEL),
    what: "a model of a rule",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^[a-zA-Z0-9\-\._\*\?@:]+(/[a-zA-Z0-9\-\._\*\?@:]+)*$"),
    accepts: is_rule_model,
    form: "write a model's id; * and ? stand for others",
};

/// The model that a route asks for.
pub static ROUTE_MODEL: TextRule = TextRule {
    rule: rule("route-model", MODEL),
    what: "a model id",
    minimum: 1,
    maximum: 2048,
    pattern: Some(r"^[a-zA-Z0-9][a-zA-Z0-9\-._/@:]*$"),
    accepts: |text| {
        text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && is_alphanumeric_with(text, "-._/@:")
    },
    form: "write the model's id as the target knows it",
};

/// Entries of a split: two, or none where nothing is split.
pub static SPLIT: CountRule = CountRule { rule: rule("rule-split", MODEL), minimum: 0, maximum: 2 };

/// What the weights of a split make together.
pub static SPLIT_SUM: Rule = rule("rule-split-sum", "AgentCore developer guide, Gateway rules");

/// Share of one entry of a split.
pub static WEIGHT: IntegerRule = IntegerRule {
    rule: rule("rule-weight", MODEL),
    minimum: 1,
    maximum: 99,
    only: &[],
    unit: "as a weight",
};

/// Name of one entry of a split.
pub static VARIANT_NAME: TextRule = TextRule {
    rule: rule("rule-variant-name", MODEL),
    what: "the name of a share",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?$"),
    accepts: |text| {
        is_alphanumeric_with(text, "-") && !text.starts_with('-') && !text.ends_with('-')
    },
    form: "use 1 to 64 letters, digits and hyphens, with no hyphen at an end",
};

/// Key of a share's metadata.
pub static VARIANT_KEY: TextRule = TextRule {
    rule: rule("rule-metadata-key", MODEL),
    what: "a key of metadata",
    minimum: 1,
    maximum: 128,
    pattern: None,
    accepts: any,
    form: "use 1 to 128 characters",
};

/// Value of a share's metadata.
pub static VARIANT_VALUE: TextRule = TextRule {
    rule: rule("rule-metadata-value", MODEL),
    what: "a value of metadata",
    minimum: 1,
    maximum: 256,
    pattern: None,
    accepts: any,
    form: "use 1 to 256 characters",
};

/// Metadata of one share.
pub static VARIANT_METADATA: CountRule =
    CountRule { rule: rule("rule-metadata-count", MODEL), minimum: 0, maximum: 25 };

fn is_bundle_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "bedrock-agentcore", region, account, resource] = parts.as_slice()
    else {
        return false;
    };
    let id = resource.strip_prefix("configuration-bundle/").and_then(|id| id.rsplit_once('-'));
    partition.starts_with("aws")
        && is_alphanumeric_with(partition, "-")
        && !region.is_empty()
        && is_alphanumeric_with(region, "-")
        && is_account(account)
        && id.is_some_and(|(name, suffix)| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.len() <= 100
                && is_alphanumeric_with(name, "-_")
                && suffix.len() == 10
                && is_alphanumeric_with(suffix, "")
        })
}

/// A configuration bundle.
pub static BUNDLE_ARN: TextRule = TextRule {
    rule: rule("rule-bundle-arn", MODEL),
    what: "the ARN of a configuration bundle",
    minimum: 1,
    maximum: 256,
    pattern: Some(
        "^arn:aws[a-zA-Z-]*:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:configuration-bundle/[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9]{10}$",
    ),
    accepts: is_bundle_arn,
    form: "write its whole ARN, which ends in configuration-bundle/ and its id",
};

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| {
            part.chars().all(|letter| letter.is_ascii_digit() || ('a'..='f').contains(&letter))
        })
}

/// A version of a configuration bundle.
pub static BUNDLE_VERSION: TextRule = TextRule {
    rule: rule("rule-bundle-version", MODEL),
    what: "a version of a configuration bundle",
    minimum: 36,
    maximum: 36,
    pattern: Some("^[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}$"),
    accepts: is_uuid,
    form: "write the version's id, such as \"0123abcd-0123-4567-89ab-0123456789ab\"",
};

fn is_status_code(text: &str) -> bool {
    let rest = text.strip_prefix(['4', '5']);
    rest.is_some_and(|rest| {
        rest == "XX" || (rest.len() == 2 && rest.chars().all(|digit| digit.is_ascii_digit()))
    })
}

/// An answer that counts as a failure.
pub static STATUS_CODE: TextRule = TextRule {
    rule: rule("rule-status-code", MODEL),
    what: "a status code of a failure",
    minimum: 3,
    maximum: 3,
    pattern: Some("^[45]([0-9]{2}|XX)$"),
    accepts: is_status_code,
    form: "write a code, such as \"429\", or all of its kind, \"4XX\" or \"5XX\"",
};

/// Status codes of one fallback; the service wants one where it gets the list at all.
pub static STATUS_CODES: CountRule =
    CountRule { rule: rule("rule-status-code-count", MODEL), minimum: 0, maximum: 10 };

/// Errors of one fallback.
pub static FALLBACK_ERRORS: CountRule =
    CountRule { rule: rule("rule-fallback-error-count", MODEL), minimum: 0, maximum: 3 };

/// Targets of one fallback.
pub static FALLBACK_TARGETS: CountRule =
    CountRule { rule: rule("rule-fallback-target-count", MODEL), minimum: 1, maximum: 2 };

/// How long the first byte of an answer may take.
pub static FIRST_BYTE_TIMEOUT: IntegerRule = IntegerRule {
    rule: rule("rule-first-byte-timeout", MODEL),
    minimum: 50,
    maximum: 900_000,
    only: &[],
    unit: "ms",
};
