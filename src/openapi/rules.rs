//! What the service asks of a description, as data: each rule with where it comes from.

use super::pointer::Pointer;

/// The largest description or tool schema that may be sent inline, in bytes.
///
/// The quota reads "1 MB"; the smaller of its two readings is safe with both.
/// Source: `AgentCore` quotas, "inline schema".
pub const MAX_INLINE_BYTES: usize = 1_000_000;

/// The largest description or tool schema that has a way into a target, in bytes.
///
/// Source: `AgentCore` quotas, the schema in S3.
pub const MAX_FILE_BYTES: usize = 10_000_000;

/// The largest description that is read at all, in bytes: what is cut from it may be small. The manifest refuses it too,
/// by the file's size and before it is read.
pub const MAX_SOURCE_BYTES: usize = 64_000_000;

/// The most tools one target may have. Source: `AgentCore` quotas.
pub const MAX_TOOLS: usize = 1_000;

/// The longest tool name, `{target}___` included, in characters. Source: `AgentCore` quotas.
pub const MAX_TOOL_NAME: usize = 256;

/// The longest name of a property or parameter that the usual models take, in characters.
pub const MAX_PROPERTY_NAME: usize = 64;

/// What stands between the target's name and the operation's in a tool name.
pub const TOOL_NAME_SEPARATOR: &str = "___";

/// Whether a problem stops the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The service refuses it, or the tool cannot work: nothing may be sent.
    Refused,
    /// It is accepted, and does less than it seems to: worth saying, not worth stopping for.
    Caution,
}

/// One thing the service, or what stands behind it, asks of a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// The name under which messages, documents and tests know it.
    pub id: &'static str,
    /// What is asked, in one sentence.
    pub summary: &'static str,
    /// Where that is written.
    pub source: &'static str,
    /// What a breach means.
    pub severity: Severity,
}

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the file.
    pub pointer: Pointer,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The rule it breaks.
    pub rule: &'static Rule,
}

impl Violation {
    /// Returns a breach of `rule` at `pointer`.
    pub fn new(
        rule: &'static Rule,
        pointer: Pointer,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { pointer, message: message.into(), help: help.into(), rule }
    }

    /// Tells whether nothing may be sent while this stands.
    pub fn is_refused(&self) -> bool {
        self.rule.severity == Severity::Refused
    }
}

const OPENAPI_TARGETS: &str = "AgentCore developer guide, OpenAPI schema targets";
const OPENAPI_STANDARD: &str = "OpenAPI 3.0.3; the guide asks for a file without semantic errors";
const QUOTAS: &str = "AgentCore quotas";
const LAMBDA_TARGETS: &str = "AgentCore control API, ToolDefinition and SchemaDefinition";

macro_rules! rules {
    ($list:ident: $($name:ident = $id:literal, $severity:ident, $source:expr, $summary:literal;)+) => {
        $(
            #[doc = $summary]
            pub static $name: Rule =
                Rule { id: $id, summary: $summary, source: $source, severity: Severity::$severity };
        )+
        /// Every rule of this file, for documents and for the test that each one is tried.
        pub static $list: &[&Rule] = &[$(&$name),+];
    };
}

rules! { ALL:
    OPERATION_ID = "operation-id", Refused, OPENAPI_TARGETS,
        "Every operation has an operationId, because it becomes the tool's name.";
    OPERATION_ID_UNIQUE = "operation-id-unique", Refused, OPENAPI_STANDARD,
        "No two operations share an operationId.";
    NO_OPERATIONS = "no-operations", Refused, OPENAPI_TARGETS,
        "A description has at least one operation, or the target has no tools.";
    SERVER_URL = "server-url", Refused, OPENAPI_TARGETS,
        "A server is the absolute URL of the real endpoint, with nothing left to fill in.";
    SERVER_HTTPS = "server-https", Caution, OPENAPI_TARGETS,
        "A server is reached over https, because the person's token travels with the call.";
    COMBINED_SCHEMA = "combined-schema", Refused, OPENAPI_TARGETS,
        "No schema in use has oneOf, anyOf or allOf.";
    PARAMETER_SERIALIZATION = "parameter-serialization", Refused, OPENAPI_TARGETS,
        "Parameters are plain values in their default style.";
    MEDIA_TYPE = "media-type", Refused, OPENAPI_TARGETS,
        "A request body can be sent as application/json.";
    RESPONSE_MEDIA_TYPE = "response-media-type", Caution, OPENAPI_TARGETS,
        "Answers come as application/json, the one media type that is fully supported.";
    RESPONSE = "response", Refused, OPENAPI_STANDARD,
        "Every operation has at least one response, and each response a description.";
    PATH_PARAMETER = "path-parameter", Refused, OPENAPI_STANDARD,
        "Each placeholder of a path has its required path parameter, and the other way round.";
    PARAMETER = "parameter", Refused, OPENAPI_STANDARD,
        "A parameter has a name and a place, each pair once in an operation.";
    REFERENCE = "reference", Refused, OPENAPI_STANDARD,
        "Each $ref leads to something in the same file.";
    RECURSIVE_SCHEMA = "recursive-schema", Refused, OPENAPI_TARGETS,
        "No schema in use contains itself or nests without end: a tool's schema is written out in full.";
    STRUCTURE = "structure", Refused, OPENAPI_STANDARD,
        "Each member has the JSON type that the standard gives it.";
    SECURITY_IGNORED = "security-ignored", Caution, OPENAPI_TARGETS,
        "Security schemes are ignored: the target's own credentials are what counts.";
    PROPERTY_NAME = "property-name", Caution, OPENAPI_TARGETS,
        "Names of parameters and properties suit models: letters, digits, '_', '.', '-', at most 64.";
    TOOL_NAME = "tool-name", Refused, QUOTAS,
        "A tool's name, the target's included, has at most 256 characters.";
    TOOL_NAME_CHARACTERS = "tool-name-characters", Caution,
        "Model Context Protocol 2025-11-25, tool names",
        "A tool's name has only letters, digits, '_', '-' and '.'.";
    TOOL_COUNT = "tool-count", Refused, QUOTAS, "A target has at most 1,000 tools.";
    INLINE_SIZE = "inline-size", Refused, QUOTAS, "What is sent inline has at most 1 MB.";
    FILE_SIZE = "file-size", Refused, QUOTAS, "What is sent through a bucket has at most 10 MB.";
    TOOL_MEMBERS = "tool-members", Refused, LAMBDA_TARGETS,
        "A tool has name, description, inputSchema and at most outputSchema beside them.";
    TOOL_UNIQUE = "tool-unique", Refused, LAMBDA_TARGETS, "No two tools share a name.";
    TOOL_SCHEMA_MEMBERS = "tool-schema-members", Refused, LAMBDA_TARGETS,
        "A schema has only type, properties, required, items and description.";
    TOOL_SCHEMA_TYPE = "tool-schema-type", Refused, LAMBDA_TARGETS,
        "A schema's type is string, number, object, array, boolean or integer.";
    TOOL_INPUT_OBJECT = "tool-input-object", Refused,
        "Model Context Protocol 2025-11-25, tools",
        "A tool's input and output schemas are of type object.";
    TOOL_REQUIRED = "tool-required", Caution, LAMBDA_TARGETS,
        "What a schema requires is among its properties.";
}
