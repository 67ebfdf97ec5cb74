//! Rules of the account: names, Regions, tags.

use super::forms::{is_bucket, is_ignored, is_region, is_stack_name, is_tag};
use super::{CountRule, OWN, Rule, TextRule, rule};
use crate::policy::INLINE_LIMIT;

/// `[stack] name`. With 24 characters the longest derived name, an IAM role `{stack}-{function}-role`
/// for a function name of 32, has 62 of 64; a gateway's has 32 of 48; a Cognito domain with its
/// hash stays within 63. Lower case, because gateway ids and Cognito domains are; no doubled or
/// closing hyphen, because `AgentCore`'s name patterns refuse doubled ones.
pub static STACK_NAME: TextRule = TextRule {
    rule: rule("stack-name", OWN),
    what: "a stack name",
    minimum: 2,
    maximum: 24,
    pattern: Some("^[a-z][a-z0-9]*(-[a-z0-9]+)*$"),
    accepts: is_stack_name,
    form: "use 2 to 24 lower-case letters, digits and single hyphens, starting with a letter",
};

/// `[stack] region`.
pub static REGION: TextRule = TextRule {
    rule: rule("region-form", "AWS General Reference, Service endpoints"),
    what: "an AWS Region",
    minimum: 9,
    maximum: 25,
    pattern: Some("^[a-z]{2}(-[a-z]+)+-[0-9]$"),
    accepts: is_region,
    form: "write the Region's code, such as \"us-west-2\"",
};

/// `[stack] bucket`.
pub static BUCKET: TextRule = TextRule {
    rule: rule("bucket-name", "Amazon S3 User Guide, General purpose bucket naming rules"),
    what: "the name of a bucket",
    minimum: 3,
    maximum: 63,
    pattern: Some("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"),
    accepts: is_bucket,
    form: "use 3 to 63 lower-case letters, digits, hyphens and dots",
};

/// Keys of `[stack] tags`.
pub static TAG_KEY: TextRule = TextRule {
    rule: rule("tag-key", "AWS General Reference, Tag naming limits"),
    what: "a tag key",
    minimum: 1,
    maximum: 128,
    pattern: None,
    accepts: is_tag,
    form: "use 1 to 128 letters, digits, spaces and _ . : / = + - @",
};

/// Values of `[stack] tags`.
pub static TAG_VALUE: TextRule = TextRule {
    rule: rule("tag-value", "AWS General Reference, Tag naming limits"),
    what: "a tag value",
    minimum: 0,
    maximum: 256,
    pattern: None,
    accepts: is_tag,
    form: "use at most 256 letters, digits, spaces and _ . : / = + - @",
};

/// `[stack] ignore`. That there is such an object with such a field is checked once the graph is laid out.
pub static IGNORED: TextRule = TextRule {
    rule: rule("ignored-field", OWN),
    what: "a field of an object",
    minimum: 3,
    maximum: 512,
    pattern: Some("^[^\\s.]+\\..+$"),
    accepts: is_ignored,
    form: "write address and field as a plan shows them, with a dot between them, such as \"gateway.description\"",
};

/// How many fields may be left alone.
pub static IGNORED_COUNT: CountRule =
    CountRule { rule: rule("ignored-count", OWN), minimum: 0, maximum: 1000 };

/// The service takes 50 tags on an object. Every object has construct's marks of its stack and its node; a gateway has a
/// third for its settings, a provider one for its secret.
pub static TAGS: CountRule = CountRule {
    rule: rule("tag-count", "AWS General Reference, Tag naming limits: 50, less construct's three"),
    minimum: 0,
    maximum: 47,
};

/// What the inline policies of one role say together, in characters that are no white space.
pub static INLINE_POLICIES: CountRule = CountRule {
    rule: rule("role-inline-policies", "IAM User Guide, IAM and AWS STS quotas"),
    minimum: 0,
    maximum: INLINE_LIMIT,
};

/// Prefixes of tag keys that belong to others: AWS, and construct's own marks.
pub static RESERVED_TAG: Rule =
    rule("tag-reserved-prefix", "AWS General Reference, Tag naming limits; construct's own marks");

/// Words that a Cognito prefix domain, and so the stack's name in it, may not contain.
pub static COGNITO_RESERVED: Rule = rule(
    "cognito-domain-reserved-word",
    "Cognito developer guide, Using the Amazon Cognito domain",
);

/// The reserved words of [`COGNITO_RESERVED`].
pub const COGNITO_RESERVED_WORDS: [&str; 3] = ["aws", "amazon", "cognito"];
