//! Rules of what runs: Lambda, its logs, and the HTTP API in front.

use super::forms::{has_no_space, is_function_arn, is_function_variable, is_name};
use super::{CountRule, IntegerRule, MODEL, Rule, TextRule, rule};

/// Memory of a Lambda function.
pub static FUNCTION_MEMORY: IntegerRule = IntegerRule {
    rule: rule("lambda-memory", "Lambda API Reference, CreateFunction MemorySize"),
    minimum: 128,
    maximum: 10_240,
    only: &[],
    unit: "MB",
};

/// Time limit of a Lambda function of the stack's own.
pub static FUNCTION_TIMEOUT: IntegerRule = IntegerRule {
    rule: rule("lambda-timeout", "Lambda API Reference, CreateFunction Timeout"),
    minimum: 1,
    maximum: 900,
    only: &[],
    unit: "seconds",
};

/// Time limit of a front function behind an HTTP API, which gives up at 30 seconds.
pub static HTTP_API_TIMEOUT: IntegerRule = IntegerRule {
    rule: rule("http-api-integration-timeout", "API Gateway developer guide, HTTP API quotas"),
    minimum: 1,
    maximum: 29,
    only: &[],
    unit: "seconds",
};

/// Request limits are the HTTP API's; a function URL has none of its own.
pub static FUNCTION_URL_LIMITS: Rule =
    rule("function-url-limits", "Lambda developer guide, Function URLs: throttle by concurrency");

/// Days that a log group keeps its lines.
pub static LOG_RETENTION: IntegerRule = IntegerRule {
    rule: rule("log-retention", "CloudWatch Logs API Reference, PutRetentionPolicy"),
    minimum: 1,
    maximum: 3653,
    only: &[
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557,
        2922, 3288, 3653,
    ],
    unit: "days",
};

/// `[front.throttle] rate`.
pub static THROTTLE_RATE: IntegerRule = IntegerRule {
    rule: rule("http-api-rate", "API Gateway developer guide, Account-level throttling"),
    minimum: 1,
    maximum: 10_000,
    only: &[],
    unit: "requests a second",
};

/// `[front.throttle] burst`.
pub static THROTTLE_BURST: IntegerRule = IntegerRule {
    rule: rule("http-api-burst", "API Gateway developer guide, Account-level throttling"),
    minimum: 1,
    maximum: 5_000,
    only: &[],
    unit: "requests",
};

/// `[front] reserved_concurrency`.
pub static CONCURRENCY: IntegerRule = IntegerRule {
    rule: rule("lambda-concurrency", "Lambda developer guide, Quotas: 1,000 a Region by default"),
    minimum: 1,
    maximum: 1_000,
    only: &[],
    unit: "executions",
};

/// Name of a function in the manifest: `{stack}-{name}` and its role's name fit 64.
pub static FUNCTION_NAME: TextRule = TextRule {
    rule: rule(
        "function-name",
        "Lambda and IAM API References: 64 characters with the stack's name",
    ),
    what: "a function name",
    minimum: 1,
    maximum: 32,
    pattern: Some("^[a-zA-Z0-9_-]+$"),
    accepts: is_name,
    form: "use 1 to 32 letters, digits, hyphens and underscores",
};

/// `lambda.arn` of a target.
pub static FUNCTION_ARN: TextRule = TextRule {
    rule: rule("function-arn", MODEL),
    what: "the ARN of a Lambda function",
    minimum: 1,
    maximum: 170,
    pattern: Some(
        r"^arn:aws[a-zA-Z0-9_-]*:lambda:[a-z]{2}(-[a-z]+)+-[0-9]:[0-9]{12}:function:[a-zA-Z0-9_.$-]+(:[a-zA-Z0-9_.$-]+)?$",
    ),
    accepts: is_function_arn,
    form: "write it as arn:aws:lambda:REGION:ACCOUNT:function:NAME",
};

/// Entry point of a function.
pub static HANDLER: TextRule = TextRule {
    rule: rule("lambda-handler", "Lambda API Reference, CreateFunction Handler"),
    what: "a handler",
    minimum: 1,
    maximum: 128,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write the runtime's entry point, such as \"bootstrap\" or \"index.handler\"",
};

/// Runtimes that take a zip; which of them still accept new functions is the service's to say.
pub const RUNTIMES: [&str; 20] = [
    "provided.al2023",
    "provided.al2",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "nodejs26.x",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
];

/// A deployment package sent with the call, in bytes.
pub static PACKAGE: CountRule = CountRule {
    rule: rule("lambda-package-size", "Lambda developer guide, Quotas: 50 MB zipped"),
    minimum: 1,
    maximum: 50 << 20,
};

/// Name of an environment variable of a function.
pub static FUNCTION_VARIABLE: TextRule = TextRule {
    rule: rule("lambda-environment-name", "Lambda API Reference, Environment"),
    what: "the name of an environment variable",
    minimum: 2,
    maximum: 256,
    pattern: Some("^[a-zA-Z][a-zA-Z0-9_]+$"),
    accepts: is_function_variable,
    form: "start with a letter; use letters, digits and underscores, two characters at least",
};

/// Names and values of a function's environment together, in bytes.
pub static ENVIRONMENT: CountRule = CountRule {
    rule: rule("lambda-environment-size", "Lambda developer guide, Quotas: 4 KB"),
    minimum: 0,
    maximum: 4096,
};

/// Environment variables that Lambda sets itself.
pub static RESERVED_VARIABLE: Rule =
    rule("lambda-reserved-variable", "Lambda developer guide, Reserved environment variables");

/// The reserved names of [`RESERVED_VARIABLE`]; every `AWS_LAMBDA_` name is reserved as well.
pub const RESERVED_VARIABLES: [&str; 9] = [
    "_HANDLER",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
];
