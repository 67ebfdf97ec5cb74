//! Rules of policy engines and their policies.

use super::forms::{any, is_account, is_alphanumeric_with, is_variable_name};
use super::{CountRule, MODEL, OWN, TextRule, rule};

/// Name of a policy engine in the manifest; with the stack's name before it it fits the service's 48.
pub static POLICY_ENGINE_NAME: TextRule = TextRule {
    rule: rule("policy-engine-key", OWN),
    what: "a policy engine's name in the manifest",
    minimum: 1,
    maximum: 23,
    pattern: Some("^[a-zA-Z0-9_]+$"),
    accepts: |text| is_alphanumeric_with(text, "_"),
    form: "use 1 to 23 letters, digits and underscores",
};

/// Name of a policy, unique in its engine.
pub static POLICY_NAME: TextRule = TextRule {
    rule: rule("policy-name", MODEL),
    what: "a policy name",
    minimum: 1,
    maximum: 48,
    pattern: Some("^[A-Za-z][A-Za-z0-9_]*$"),
    accepts: |text| is_variable_name(text) && !text.starts_with('_'),
    form: "use 1 to 48 letters, digits and underscores, starting with a letter",
};

/// Description of a policy engine or a policy.
pub static POLICY_DESCRIPTION: TextRule = TextRule {
    rule: rule("policy-description", MODEL),
    what: "a description",
    minimum: 1,
    maximum: 4096,
    pattern: None,
    accepts: any,
    form: "use 1 to 4096 characters",
};

/// A policy in Cedar or Dogwood.
pub static POLICY_STATEMENT: TextRule = TextRule {
    rule: rule("policy-statement", MODEL),
    what: "a policy's statement",
    minimum: 35,
    maximum: 10_000,
    pattern: None,
    accepts: any,
    form: "write one policy of 35 to 10000 characters, such as \
           permit(principal, action, resource is AgentCore::Gateway);",
};

/// A file with a policy, in bytes: what it says is counted in characters once it is read.
pub static POLICY_FILE: CountRule =
    CountRule { rule: rule("policy-file-size", MODEL), minimum: 1, maximum: 40_000 };

fn is_policy_engine_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "bedrock-agentcore", region, account, resource] = parts.as_slice()
    else {
        return false;
    };
    let id = resource.strip_prefix("policy-engine/").and_then(|id| id.rsplit_once('-'));
    partition.starts_with("aws")
        && is_alphanumeric_with(partition, "-")
        && !region.is_empty()
        && is_alphanumeric_with(region, "-")
        && is_account(account)
        && id.is_some_and(|(name, suffix)| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && is_alphanumeric_with(name, "-_")
                && suffix.len() == 10
                && is_alphanumeric_with(suffix, "_")
        })
}

/// A policy engine that exists already.
pub static POLICY_ENGINE_ARN: TextRule = TextRule {
    rule: rule("policy-engine-arn", MODEL),
    what: "the ARN of a policy engine",
    minimum: 1,
    maximum: 170,
    pattern: Some(
        "^arn:aws(-[a-z]+)*:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:policy-engine/[a-zA-Z][a-zA-Z0-9_-]{0,99}-[a-zA-Z0-9_]{10}$",
    ),
    accepts: is_policy_engine_arn,
    form: "write its whole ARN, which ends in policy-engine/ and its id",
};
