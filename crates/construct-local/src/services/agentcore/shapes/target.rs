//! The requests about gateway targets, with the whole union of target configurations.

use super::Shape::{
    self, Closed, Enum, Flag, Integer, List, Map, Pattern, QueryInteger, Record, Text, Union,
};
use super::credentials::CREDENTIAL_PROVIDER_CONFIGURATIONS;
use super::gateway::{CLIENT_TOKEN, GATEWAY_IDENTIFIER, LAMBDA_FUNCTION_ARN};
use super::network::{CERTIFICATE_CONFIGURATIONS, PRIVATE_ENDPOINT};
use super::{ANY, MAX, OPTIONAL, REQUIRED, TEXT};

static TARGET_NAME: Shape = Pattern(r"([0-9a-zA-Z][-]?){1,100}");

static TARGET_DESCRIPTION: Shape = Text(1, 200, ANY);

static S3_CONFIGURATION: Shape = Record(&[
    ("uri", OPTIONAL, &Pattern(r"s3://.{1,2043}")),
    ("bucketOwnerAccountId", OPTIONAL, &Pattern(r"[0-9]{12}")),
]);

static API_SCHEMA_CONFIGURATION: Shape =
    Union(&[("s3", OPTIONAL, &S3_CONFIGURATION), ("inlinePayload", OPTIONAL, &TEXT)]);

/// Closed: other JSON Schema keywords are refused, not dropped (no `enum`, no `format`).
static SCHEMA_DEFINITION: Shape = Closed(&[
    ("type", REQUIRED, &Enum(&["string", "number", "object", "array", "boolean", "integer"])),
    ("properties", OPTIONAL, &Map(&TEXT, &SCHEMA_DEFINITION, 0, MAX)),
    ("required", OPTIONAL, &List(&TEXT, 0, MAX)),
    ("items", OPTIONAL, &SCHEMA_DEFINITION),
    ("description", OPTIONAL, &TEXT),
]);

static TOOL_DEFINITION: Shape = Record(&[
    ("name", REQUIRED, &TEXT),
    ("description", REQUIRED, &TEXT),
    ("inputSchema", REQUIRED, &SCHEMA_DEFINITION),
    ("outputSchema", OPTIONAL, &SCHEMA_DEFINITION),
]);

static TOOL_SCHEMA: Shape = Union(&[
    ("s3", OPTIONAL, &S3_CONFIGURATION),
    ("inlinePayload", OPTIONAL, &List(&TOOL_DEFINITION, 0, MAX)),
]);

static MCP_LAMBDA_TARGET_CONFIGURATION: Shape = Record(&[
    ("lambdaArn", REQUIRED, &LAMBDA_FUNCTION_ARN),
    ("toolSchema", REQUIRED, &TOOL_SCHEMA),
]);

static MCP_TOOL_SCHEMA_CONFIGURATION: Shape =
    Union(&[("s3", OPTIONAL, &S3_CONFIGURATION), ("inlinePayload", OPTIONAL, &TEXT)]);

static LISTING_MODE: Shape = Enum(&["DEFAULT", "DYNAMIC"]);

static MCP_SERVER_TARGET_CONFIGURATION: Shape = Record(&[
    // The model has https only; see `addresses::server_authority`.
    ("endpoint", REQUIRED, &Pattern(r"https://.*|http://(localhost|127\.0\.0\.1)[:/].*")),
    ("mcpToolSchema", OPTIONAL, &MCP_TOOL_SCHEMA_CONFIGURATION),
    ("listingMode", OPTIONAL, &LISTING_MODE),
    ("resourcePriority", OPTIONAL, &Integer(0, 1000)),
]);

static REST_API_METHOD: Shape = Enum(&["GET", "DELETE", "HEAD", "OPTIONS", "PATCH", "PUT", "POST"]);

static API_GATEWAY_TOOL_OVERRIDE: Shape = Record(&[
    ("name", REQUIRED, &TEXT),
    ("description", OPTIONAL, &TEXT),
    ("path", REQUIRED, &TEXT),
    ("method", REQUIRED, &REST_API_METHOD),
]);

static API_GATEWAY_TOOL_FILTER: Shape = Record(&[
    ("filterPath", REQUIRED, &TEXT),
    ("methods", REQUIRED, &List(&REST_API_METHOD, 0, MAX)),
]);

static API_GATEWAY_TOOL_CONFIGURATION: Shape = Record(&[
    ("toolOverrides", OPTIONAL, &List(&API_GATEWAY_TOOL_OVERRIDE, 0, MAX)),
    ("toolFilters", REQUIRED, &List(&API_GATEWAY_TOOL_FILTER, 0, MAX)),
]);

static API_GATEWAY_TARGET_CONFIGURATION: Shape = Record(&[
    ("restApiId", REQUIRED, &TEXT),
    ("stage", REQUIRED, &TEXT),
    ("apiGatewayToolConfiguration", REQUIRED, &API_GATEWAY_TOOL_CONFIGURATION),
]);

static CONNECTOR_ID: Shape = Text(1, 256, ANY);

static CONNECTOR_SOURCE: Shape = Record(&[
    ("connectorId", REQUIRED, &CONNECTOR_ID),
    ("version", OPTIONAL, &Text(5, 32, r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)")),
]);

static DOCUMENT: Shape = Shape::Document;

static CONNECTOR_PARAMETER_OVERRIDE: Shape = Record(&[
    ("path", REQUIRED, &TEXT),
    ("description", OPTIONAL, &TEXT),
    ("visible", OPTIONAL, &Flag),
]);

static CONNECTOR_CONFIGURATION: Shape = Record(&[
    ("name", REQUIRED, &Text(0, 64, r"[a-zA-Z][a-zA-Z0-9_-]*")),
    ("description", OPTIONAL, &Text(0, 2000, ANY)),
    ("parameterValues", OPTIONAL, &DOCUMENT),
    ("parameterOverrides", OPTIONAL, &List(&CONNECTOR_PARAMETER_OVERRIDE, 0, MAX)),
]);

static CONNECTOR_TARGET_CONFIGURATION: Shape = Record(&[
    ("source", REQUIRED, &CONNECTOR_SOURCE),
    ("enabled", OPTIONAL, &List(&TEXT, 1, 50)),
    ("configurations", OPTIONAL, &List(&CONNECTOR_CONFIGURATION, 0, MAX)),
]);

static MCP_TARGET_CONFIGURATION: Shape = Union(&[
    ("openApiSchema", OPTIONAL, &API_SCHEMA_CONFIGURATION),
    ("smithyModel", OPTIONAL, &API_SCHEMA_CONFIGURATION),
    ("lambda", OPTIONAL, &MCP_LAMBDA_TARGET_CONFIGURATION),
    ("mcpServer", OPTIONAL, &MCP_SERVER_TARGET_CONFIGURATION),
    ("apiGateway", OPTIONAL, &API_GATEWAY_TARGET_CONFIGURATION),
    ("connector", OPTIONAL, &CONNECTOR_TARGET_CONFIGURATION),
]);

static HTTP_API_SCHEMA_CONFIGURATION: Shape =
    Record(&[("source", REQUIRED, &API_SCHEMA_CONFIGURATION)]);

static RUNTIME_TARGET_CONFIGURATION: Shape = Record(&[
    (
        "arn",
        REQUIRED,
        &Pattern(
            r"arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:runtime/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}",
        ),
    ),
    ("qualifier", OPTIONAL, &Pattern(r".*([1-9][0-9]{0,4})|([a-zA-Z][a-zA-Z0-9_]{0,47}).*")),
    ("schema", OPTIONAL, &HTTP_API_SCHEMA_CONFIGURATION),
]);

static PASSTHROUGH_ENDPOINT: Shape = Text(1, 2048, r"https://[a-zA-Z0-9\-\.]+(:[0-9]{1,5})?(/.*)?");

static STICKINESS_CONFIGURATION: Shape = Record(&[
    ("identifier", REQUIRED, &Text(1, 256, ANY)),
    ("timeout", OPTIONAL, &Integer(1, 86_400)),
    ("compositeIdentifier", OPTIONAL, &List(&Text(1, 256, ANY), 1, 5)),
]);

static PASSTHROUGH_TARGET_CONFIGURATION: Shape = Record(&[
    ("endpoint", REQUIRED, &PASSTHROUGH_ENDPOINT),
    ("protocolType", REQUIRED, &Enum(&["MCP", "A2A", "INFERENCE", "CUSTOM"])),
    ("schema", OPTIONAL, &HTTP_API_SCHEMA_CONFIGURATION),
    ("stickinessConfiguration", OPTIONAL, &STICKINESS_CONFIGURATION),
    (
        "staticQueryParameters",
        OPTIONAL,
        &Map(&Text(1, 128, r"[a-zA-Z0-9_.-]+"), &Pattern(r"[^\x00-\x1F\x7F]*"), 0, MAX),
    ),
    (
        "staticQueryParameterConflictResolution",
        OPTIONAL,
        &Enum(&["CLIENT_OVERRIDE", "STATIC_OVERRIDE"]),
    ),
]);

static HTTP_CONNECTOR_SOURCE: Shape = Record(&[("connectorId", REQUIRED, &CONNECTOR_ID)]);

static HTTP_CONNECTOR_TARGET_CONFIGURATION: Shape = Record(&[
    ("source", REQUIRED, &HTTP_CONNECTOR_SOURCE),
    (
        "parameters",
        OPTIONAL,
        &Map(&Text(1, 128, r"[a-zA-Z][a-zA-Z0-9_-]*"), &Text(1, 1024, ANY), 0, 10),
    ),
]);

static HTTP_TARGET_CONFIGURATION: Shape = Union(&[
    ("agentcoreRuntime", OPTIONAL, &RUNTIME_TARGET_CONFIGURATION),
    ("passthrough", OPTIONAL, &PASSTHROUGH_TARGET_CONFIGURATION),
    ("connector", OPTIONAL, &HTTP_CONNECTOR_TARGET_CONFIGURATION),
]);

static INFERENCE_CONNECTOR_SOURCE: Shape = Record(&[("connectorId", REQUIRED, &Text(1, 256, ANY))]);

static INFERENCE_CONNECTOR_TARGET_CONFIGURATION: Shape =
    Record(&[("source", REQUIRED, &INFERENCE_CONNECTOR_SOURCE)]);

static PROVIDER_PREFIX: Shape =
    Record(&[("strip", OPTIONAL, &Flag), ("separator", OPTIONAL, &Text(1, 1, ANY))]);

static MODEL_MAPPING: Shape = Record(&[("providerPrefix", OPTIONAL, &PROVIDER_PREFIX)]);

static INFERENCE_OPERATION_PATH: Shape = Text(1, 256, r"/[a-zA-Z0-9\-\._/{}]+");

static MODEL_ENTRY: Shape = Record(&[(
    "model",
    REQUIRED,
    &Text(1, 2048, r"[a-zA-Z0-9\-\._\*\?@:]+(/[a-zA-Z0-9\-\._\*\?@:]+)*"),
)]);

static INFERENCE_OPERATION_CONFIGURATION: Shape = Record(&[
    ("path", REQUIRED, &INFERENCE_OPERATION_PATH),
    ("providerPath", OPTIONAL, &INFERENCE_OPERATION_PATH),
    ("models", OPTIONAL, &List(&MODEL_ENTRY, 1, 100)),
]);

static INFERENCE_PROVIDER_TARGET_CONFIGURATION: Shape = Record(&[
    ("endpoint", REQUIRED, &PASSTHROUGH_ENDPOINT),
    ("modelMapping", OPTIONAL, &MODEL_MAPPING),
    ("operations", OPTIONAL, &List(&INFERENCE_OPERATION_CONFIGURATION, 1, 10)),
]);

static INFERENCE_TARGET_CONFIGURATION: Shape = Union(&[
    ("connector", OPTIONAL, &INFERENCE_CONNECTOR_TARGET_CONFIGURATION),
    ("provider", OPTIONAL, &INFERENCE_PROVIDER_TARGET_CONFIGURATION),
]);

static TARGET_CONFIGURATION: Shape = Union(&[
    ("mcp", OPTIONAL, &MCP_TARGET_CONFIGURATION),
    ("http", OPTIONAL, &HTTP_TARGET_CONFIGURATION),
    ("inference", OPTIONAL, &INFERENCE_TARGET_CONFIGURATION),
]);

static METADATA_CONFIGURATION: Shape = Record(&[
    ("allowedRequestHeaders", OPTIONAL, &List(&Text(1, 100, ANY), 1, 10)),
    ("allowedQueryParameters", OPTIONAL, &List(&Text(1, 40, ANY), 1, 10)),
    ("allowedResponseHeaders", OPTIONAL, &List(&Text(1, 100, ANY), 1, 10)),
]);

pub(in crate::services::agentcore) static CREATE_GATEWAY_TARGET_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("name", OPTIONAL, &TARGET_NAME),
    ("description", OPTIONAL, &TARGET_DESCRIPTION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("targetConfiguration", REQUIRED, &TARGET_CONFIGURATION),
    ("credentialProviderConfigurations", OPTIONAL, &CREDENTIAL_PROVIDER_CONFIGURATIONS),
    ("metadataConfiguration", OPTIONAL, &METADATA_CONFIGURATION),
    ("privateEndpoint", OPTIONAL, &PRIVATE_ENDPOINT),
    ("certificateConfigurations", OPTIONAL, &CERTIFICATE_CONFIGURATIONS),
]);

static TARGET_ID: Shape = Pattern(r"[0-9a-zA-Z]{10}");

pub(in crate::services::agentcore) static UPDATE_GATEWAY_TARGET_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("targetId", REQUIRED, &TARGET_ID),
    ("name", OPTIONAL, &TARGET_NAME),
    ("description", OPTIONAL, &TARGET_DESCRIPTION),
    ("targetConfiguration", REQUIRED, &TARGET_CONFIGURATION),
    ("credentialProviderConfigurations", OPTIONAL, &CREDENTIAL_PROVIDER_CONFIGURATIONS),
    ("metadataConfiguration", OPTIONAL, &METADATA_CONFIGURATION),
    ("privateEndpoint", OPTIONAL, &PRIVATE_ENDPOINT),
    ("certificateConfigurations", OPTIONAL, &CERTIFICATE_CONFIGURATIONS),
]);

pub(in crate::services::agentcore) static TARGET_ID_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("targetId", REQUIRED, &TARGET_ID),
]);

pub(in crate::services::agentcore) static LIST_GATEWAY_TARGETS_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("maxResults", OPTIONAL, &QueryInteger(1, 1000)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);

pub(in crate::services::agentcore) static SYNCHRONIZE_GATEWAY_TARGETS_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("targetIdList", REQUIRED, &List(&TARGET_ID, 1, 1)),
]);
