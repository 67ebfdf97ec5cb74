//! Rules of what is behind a target, type by type.

use super::forms::{any, has_no_space, is_account, is_alphanumeric_with, is_region};
use super::{CountRule, IntegerRule, MODEL, QUOTAS, TextRule, rule};

const PAGES: &str = "AgentCore developer guide, Gateway target types";

/// URL of an MCP server.
pub static HTTPS_URL: TextRule = TextRule {
    rule: rule("target-mcp-endpoint", MODEL),
    what: "an https URL",
    minimum: 9,
    maximum: 2048,
    pattern: Some(r"^https://[^\s/][^\s]*$"),
    accepts: is_https,
    form: "write an absolute URL that begins with https://",
};

/// URL of an HTTP target or a server of models.
pub static HTTP_ENDPOINT: TextRule = TextRule {
    rule: rule("target-http-endpoint", MODEL),
    what: "an https endpoint",
    minimum: 9,
    maximum: 2048,
    pattern: Some(r"^https://[a-zA-Z0-9.-]+(:[0-9]{1,5})?(/[^\s]*)?$"),
    accepts: is_endpoint,
    form: "write https://, a host, and perhaps a port and a path",
};

/// Lower wins; the service takes 1000 where nothing is said.
pub static RESOURCE_PRIORITY: IntegerRule = IntegerRule {
    rule: rule("target-resource-priority", MODEL),
    minimum: 0,
    maximum: 1000,
    only: &[],
    unit: "as a priority",
};

/// An agent runtime.
pub static RUNTIME_ARN: TextRule = TextRule {
    rule: rule("target-runtime-arn", MODEL),
    what: "the ARN of an agent runtime",
    minimum: 60,
    maximum: 256,
    pattern: Some(
        "^arn:aws[a-z-]*:bedrock-agentcore:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:runtime/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$",
    ),
    accepts: is_runtime_arn,
    form: "write arn:aws:bedrock-agentcore:REGION:ACCOUNT:runtime/ID",
};

/// An endpoint of a runtime.
pub static QUALIFIER: TextRule = TextRule {
    rule: rule("target-runtime-qualifier", MODEL),
    what: "a qualifier of a runtime",
    minimum: 1,
    maximum: 48,
    pattern: Some("^([1-9][0-9]{0,4}|[a-zA-Z][a-zA-Z0-9_]{0,47})$"),
    accepts: is_qualifier,
    form: "write the name of an endpoint, or a version",
};

/// A REST API.
pub static REST_API: TextRule = TextRule {
    rule: rule("target-rest-api", "API Gateway, RestApi"),
    what: "the id of a REST API",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z0-9]+$"),
    accepts: |text| is_alphanumeric_with(text, ""),
    form: "write the id, such as \"a1b2c3d4e5\"",
};

/// A stage of a REST API.
pub static STAGE_NAME: TextRule = TextRule {
    rule: rule("target-rest-stage", "API Gateway, Stage"),
    what: "the name of a stage",
    minimum: 1,
    maximum: 128,
    pattern: Some("^[a-zA-Z0-9_-]+$"),
    accepts: |text| is_alphanumeric_with(text, "-_"),
    form: "use 1 to 128 letters, digits, hyphens and underscores",
};

/// A resource of a REST API; `{proxy+}` is not taken.
pub static RESOURCE_PATH: TextRule = TextRule {
    rule: rule("target-rest-path", PAGES),
    what: "a resource path",
    minimum: 1,
    maximum: 1024,
    pattern: Some(r"^/[^\s+]*$"),
    accepts: is_resource_path,
    form: "write a path of the API, such as \"/pets/{id}\" or \"/pets/*\"; proxy resources are not taken",
};

/// Name of a tool.
pub static TOOL_NAME: TextRule = TextRule {
    rule: rule("target-tool-name", QUOTAS),
    what: "the name of a tool",
    minimum: 1,
    maximum: 256,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "use 1 to 256 characters without spaces",
};

/// A connector of the service.
pub static CONNECTOR_ID: TextRule = TextRule {
    rule: rule("target-connector-id", MODEL),
    what: "the id of a connector",
    minimum: 1,
    maximum: 256,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write the connector's id",
};

/// Version of a connector.
pub static CONNECTOR_VERSION: TextRule = TextRule {
    rule: rule("target-connector-version", MODEL),
    what: "a version",
    minimum: 5,
    maximum: 32,
    pattern: Some(r"^(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})$"),
    accepts: is_version,
    form: "write three numbers, such as \"1.2.0\"",
};

/// Tools of a connector that are offered.
pub static ENABLED_TOOLS: CountRule =
    CountRule { rule: rule("target-connector-enabled", MODEL), minimum: 0, maximum: 50 };

/// A tool of a connector.
pub static CONNECTOR_TOOL: TextRule = TextRule {
    rule: rule("target-connector-tool", MODEL),
    what: "the name of a connector's tool",
    minimum: 1,
    maximum: 64,
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_-]*$"),
    accepts: is_identifier,
    form: "begin with a letter; letters, digits, hyphens and underscores",
};

/// What a connector's tool does.
pub static CONNECTOR_DESCRIPTION: TextRule = TextRule {
    rule: rule("target-connector-description", MODEL),
    what: "a description",
    minimum: 0,
    maximum: 2000,
    pattern: None,
    accepts: any,
    form: "use at most 2000 characters",
};

/// A parameter of an HTTP connector.
pub static CONNECTOR_PARAMETER: TextRule = TextRule {
    rule: rule("target-connector-parameter", MODEL),
    what: "a connector's parameter",
    minimum: 1,
    maximum: 128,
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_-]*$"),
    accepts: is_identifier,
    form: "begin with a letter; letters, digits, hyphens and underscores",
};

/// Value of a parameter of an HTTP connector.
pub static CONNECTOR_VALUE: TextRule = TextRule {
    rule: rule("target-connector-value", MODEL),
    what: "a parameter's value",
    minimum: 1,
    maximum: 1024,
    pattern: None,
    accepts: any,
    form: "use 1 to 1024 characters",
};

/// Parameters of an HTTP connector.
pub static CONNECTOR_PARAMETERS: CountRule =
    CountRule { rule: rule("target-connector-parameters", MODEL), minimum: 0, maximum: 10 };

/// What tells callers apart.
pub static STICKINESS: TextRule = TextRule {
    rule: rule("target-stickiness", MODEL),
    what: "an expression",
    minimum: 1,
    maximum: 256,
    pattern: None,
    accepts: any,
    form: "write an expression such as \"$context.header.x-session-id\"",
};

/// For how long a caller stays at a server.
pub static STICKINESS_TIMEOUT: IntegerRule = IntegerRule {
    rule: rule("target-stickiness-timeout", MODEL),
    minimum: 1,
    maximum: 86400,
    only: &[],
    unit: "seconds",
};

/// What tells callers apart together.
pub static COMPOSITE: CountRule =
    CountRule { rule: rule("target-stickiness-composite", MODEL), minimum: 0, maximum: 5 };

/// A parameter that is added to a query.
pub static QUERY_NAME: TextRule = TextRule {
    rule: rule("target-query-name", MODEL),
    what: "a query parameter",
    minimum: 1,
    maximum: 128,
    pattern: Some("^[a-zA-Z0-9_.-]+$"),
    accepts: |text| is_alphanumeric_with(text, "_.-"),
    form: "use letters, digits, dots, hyphens and underscores",
};

/// Value of a parameter that is added to a query.
pub static QUERY_VALUE: TextRule = TextRule {
    rule: rule("target-query-value", MODEL),
    what: "the value of a query parameter",
    minimum: 0,
    maximum: 2048,
    pattern: None,
    accepts: has_no_control,
    form: "leave control characters out",
};

/// Between a provider and a model.
pub static SEPARATOR: TextRule = TextRule {
    rule: rule("target-inference-separator", MODEL),
    what: "a separator",
    minimum: 1,
    maximum: 1,
    pattern: None,
    accepts: any,
    form: "write one character",
};

/// Paths of a server of models.
pub static INFERENCE_OPERATIONS: CountRule =
    CountRule { rule: rule("target-inference-operations", MODEL), minimum: 0, maximum: 10 };

/// A path of a server of models.
pub static INFERENCE_PATH: TextRule = TextRule {
    rule: rule("target-inference-path", MODEL),
    what: "a path",
    minimum: 2,
    maximum: 256,
    pattern: Some("^/[a-zA-Z0-9._/{}-]+$"),
    accepts: is_inference_path,
    form: "write a path such as \"/v1/messages\"",
};

/// A model, or several.
pub static MODEL_PATTERN: TextRule = TextRule {
    rule: rule("target-inference-model", MODEL),
    what: "a model",
    minimum: 1,
    maximum: 2048,
    pattern: Some("^[a-zA-Z0-9._*?@:-]+(/[a-zA-Z0-9._*?@:-]+)*$"),
    accepts: is_model,
    form: "write a model's id; * and ? stand for others",
};

/// Models of one path.
pub static MODELS: CountRule =
    CountRule { rule: rule("target-inference-models", MODEL), minimum: 0, maximum: 100 };

fn begins_with_letter(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
}

fn is_identifier(text: &str) -> bool {
    begins_with_letter(text) && is_alphanumeric_with(text, "-_")
}

fn has_no_control(text: &str) -> bool {
    !text.contains(|letter: char| letter.is_ascii_control())
}

fn is_https(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && has_no_space(text)
}

fn is_endpoint(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let is_port = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|digit| digit.is_ascii_digit())
    };
    has_no_space(text)
        && !name.is_empty()
        && is_alphanumeric_with(name, ".-")
        && port.is_none_or(is_port)
}

fn is_runtime_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "bedrock-agentcore", region, account, runtime] = parts.as_slice() else {
        return false;
    };
    let id = runtime.strip_prefix("runtime/").and_then(|id| id.rsplit_once('-'));
    partition.starts_with("aws")
        && is_region(region)
        && is_account(account)
        && id.is_some_and(|(name, suffix)| {
            begins_with_letter(name)
                && name.len() <= 48
                && is_alphanumeric_with(name, "_")
                && suffix.len() == 10
                && is_alphanumeric_with(suffix, "")
        })
}

fn is_qualifier(text: &str) -> bool {
    let version = text.len() <= 5
        && !text.starts_with('0')
        && text.bytes().all(|digit| digit.is_ascii_digit());
    version || (begins_with_letter(text) && is_alphanumeric_with(text, "_"))
}

fn is_resource_path(text: &str) -> bool {
    text.starts_with('/') && has_no_space(text) && !text.contains('+')
}

fn is_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|digit| digit.is_ascii_digit())
            && (*part == "0" || !part.starts_with('0'))
    };
    parts.len() == 3 && parts.iter().all(number)
}

fn is_inference_path(text: &str) -> bool {
    text.strip_prefix('/')
        .is_some_and(|rest| !rest.is_empty() && is_alphanumeric_with(rest, "._/{}-"))
}

fn is_model(text: &str) -> bool {
    text.split('/').all(|part| !part.is_empty() && is_alphanumeric_with(part, "._*?@:-"))
}
