//! Rules of what is found on this machine or written freely: paths, variables, secrets.

use super::forms::{any, has_no_space, is_secret_key, is_tenant, is_variable_name};
use super::{CountRule, MODEL, TextRule, rule};

/// Name of an environment variable of this machine.
pub static VARIABLE_NAME: TextRule = TextRule {
    rule: rule("environment-variable-name", "POSIX, Environment variables"),
    what: "the name of an environment variable",
    minimum: 1,
    maximum: 256,
    pattern: Some("^[a-zA-Z_][a-zA-Z0-9_]*$"),
    accepts: is_variable_name,
    form: "write the variable's name, such as \"GITHUB_CLIENT_SECRET\", not its value",
};

/// `{ secret = "secret-id#json_key" }`: the id, a `#`, and the key, each within its own limit.
pub static SECRET_KEY: TextRule = TextRule {
    rule: rule("secrets-manager-key", MODEL),
    what: "a Secrets Manager reference",
    minimum: 3,
    maximum: 2177,
    pattern: Some("^[^#]{1,2048}#[^#]{1,128}$"),
    accepts: is_secret_key,
    form: "write \"secret-id#json_key\": the secret's name or ARN, 1 to 2048 characters, `#`, and a key of its JSON, 1 to 128",
};

/// A question on the terminal.
pub static PROMPT: TextRule = TextRule {
    rule: rule("prompt", "construct"),
    what: "a question",
    minimum: 1,
    maximum: 200,
    pattern: None,
    accepts: any,
    form: "write the question, or `true`",
};

/// A path on this machine.
pub static PATH: TextRule = TextRule {
    rule: rule("path", "construct"),
    what: "a path",
    minimum: 1,
    maximum: 4096,
    pattern: None,
    accepts: any,
    form: "write a path relative to the manifest",
};

/// A text with no rule but that it fits in a request.
pub static FREE_TEXT: TextRule = TextRule {
    rule: rule("text", "construct"),
    what: "a text",
    minimum: 0,
    maximum: 2048,
    pattern: None,
    accepts: any,
    form: "use at most 2048 characters",
};

/// Key of a small map: a server variable, or an OAuth parameter.
pub static MAP_KEY: TextRule = TextRule {
    rule: rule("map-key", "construct"),
    what: "a name",
    minimum: 1,
    maximum: 256,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "use 1 to 256 characters without spaces",
};

/// Tenant of an Atlassian site.
pub static TENANT: TextRule = TextRule {
    rule: rule("atlassian-tenant", "Atlassian support, Site URL"),
    what: "an Atlassian tenant",
    minimum: 1,
    maximum: 63,
    pattern: Some("^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$"),
    accepts: is_tenant,
    form: "write the part before .atlassian.net, such as \"acme\"",
};

/// A list with no rule but that it fits in a request.
pub static ANY_COUNT: CountRule =
    CountRule { rule: rule("count", "construct"), minimum: 0, maximum: 100 };
