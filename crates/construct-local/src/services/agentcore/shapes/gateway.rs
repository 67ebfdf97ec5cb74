//! The requests about gateways.

use super::Shape::{self, Enum, Flag, Integer, List, Pattern, QueryInteger, Record, Text, Union};
use super::authorizer::AUTHORIZER_CONFIGURATION;
use super::network::TAGS;
use super::{ANY, MAX, OPTIONAL, REQUIRED, TEXT};

pub(in crate::services::agentcore) static GATEWAY_NAME: Shape = Pattern(r"([0-9a-zA-Z][-]?){1,48}");

static GATEWAY_DESCRIPTION: Shape = Text(1, 200, ANY);

pub(in crate::services::agentcore) static CLIENT_TOKEN: Shape =
    Text(33, 256, r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,256}");

pub(in crate::services::agentcore) static ROLE_ARN: Shape =
    Text(1, 2048, r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+");

static SESSION_CONFIGURATION: Shape =
    Record(&[("sessionTimeoutInSeconds", OPTIONAL, &Integer(900, 28_800))]);

static STREAMING_CONFIGURATION: Shape = Record(&[("enableResponseStreaming", OPTIONAL, &Flag)]);

static MCP_GATEWAY_CONFIGURATION: Shape = Record(&[
    ("supportedVersions", OPTIONAL, &List(&TEXT, 0, MAX)),
    ("instructions", OPTIONAL, &Text(1, 2048, ANY)),
    ("searchType", OPTIONAL, &Enum(&["SEMANTIC"])),
    ("sessionConfiguration", OPTIONAL, &SESSION_CONFIGURATION),
    ("streamingConfiguration", OPTIONAL, &STREAMING_CONFIGURATION),
    ("disableMcpListToolsPagination", OPTIONAL, &Flag),
]);

static GATEWAY_PROTOCOL_CONFIGURATION: Shape =
    Union(&[("mcp", OPTIONAL, &MCP_GATEWAY_CONFIGURATION)]);

static AUTHORIZER_TYPE: Shape = Enum(&["CUSTOM_JWT", "AWS_IAM", "NONE", "AUTHENTICATE_ONLY"]);

pub(in crate::services::agentcore) static KMS_KEY_ARN: Shape =
    Text(1, 2048, r"arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}");

pub(in crate::services::agentcore) static LAMBDA_FUNCTION_ARN: Shape = Text(
    1,
    170,
    r"arn:(aws[a-zA-Z-]*)?:lambda:([a-z]{2}(-gov)?-[a-z]+-\d{1}):(\d{12}):function:([a-zA-Z0-9-_.]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
);

static LAMBDA_INTERCEPTOR_CONFIGURATION: Shape = Record(&[("arn", REQUIRED, &LAMBDA_FUNCTION_ARN)]);

static INTERCEPTOR_CONFIGURATION: Shape =
    Union(&[("lambda", OPTIONAL, &LAMBDA_INTERCEPTOR_CONFIGURATION)]);

static INTERCEPTOR_PAYLOAD_EXCLUSION_SELECTOR: Shape =
    Union(&[("field", OPTIONAL, &Enum(&["RESPONSE_BODY"]))]);

static INTERCEPTOR_PAYLOAD_FILTER: Shape =
    Record(&[("exclude", REQUIRED, &List(&INTERCEPTOR_PAYLOAD_EXCLUSION_SELECTOR, 1, 1))]);

static INTERCEPTOR_INPUT_CONFIGURATION: Shape = Record(&[
    ("passRequestHeaders", REQUIRED, &Flag),
    ("payloadFilter", OPTIONAL, &INTERCEPTOR_PAYLOAD_FILTER),
]);

static GATEWAY_INTERCEPTOR_CONFIGURATION: Shape = Record(&[
    ("interceptor", REQUIRED, &INTERCEPTOR_CONFIGURATION),
    ("interceptionPoints", REQUIRED, &List(&Enum(&["REQUEST", "RESPONSE"]), 1, 2)),
    ("inputConfiguration", OPTIONAL, &INTERCEPTOR_INPUT_CONFIGURATION),
]);

static GATEWAY_POLICY_ENGINE_CONFIGURATION: Shape = Record(&[
    (
        "arn",
        REQUIRED,
        &Text(
            1,
            170,
            r"arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:policy-engine\/[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9_]{10}",
        ),
    ),
    ("mode", REQUIRED, &Enum(&["LOG_ONLY", "ENFORCE"])),
]);

static PUBLIC_DOMAIN_NAME: Shape = Text(
    1,
    253,
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(?:\.(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?))+",
);

static DOMAIN_OVERRIDE: Shape = Record(&[
    ("defaultDomain", REQUIRED, &PUBLIC_DOMAIN_NAME),
    ("alternateDomains", OPTIONAL, &List(&PUBLIC_DOMAIN_NAME, 1, 10)),
]);

pub(in crate::services::agentcore) static CREATE_GATEWAY_REQUEST: Shape = Record(&[
    ("name", REQUIRED, &GATEWAY_NAME),
    ("description", OPTIONAL, &GATEWAY_DESCRIPTION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("roleArn", REQUIRED, &ROLE_ARN),
    ("protocolType", OPTIONAL, &Enum(&["MCP"])),
    ("protocolConfiguration", OPTIONAL, &GATEWAY_PROTOCOL_CONFIGURATION),
    ("authorizerType", REQUIRED, &AUTHORIZER_TYPE),
    ("authorizerConfiguration", OPTIONAL, &AUTHORIZER_CONFIGURATION),
    ("kmsKeyArn", OPTIONAL, &KMS_KEY_ARN),
    ("interceptorConfigurations", OPTIONAL, &List(&GATEWAY_INTERCEPTOR_CONFIGURATION, 1, 2)),
    ("policyEngineConfiguration", OPTIONAL, &GATEWAY_POLICY_ENGINE_CONFIGURATION),
    ("exceptionLevel", OPTIONAL, &Enum(&["DEBUG"])),
    ("tags", OPTIONAL, &TAGS),
    ("domainOverride", OPTIONAL, &DOMAIN_OVERRIDE),
]);

pub(in crate::services::agentcore) static GATEWAY_IDENTIFIER: Shape =
    Pattern(r"([0-9a-z][-]?){1,100}-[0-9a-z]{10}");

static LAMBDA_TRANSFORM_CONFIGURATION: Shape = Record(&[("arn", OPTIONAL, &LAMBDA_FUNCTION_ARN)]);

static CUSTOM_TRANSFORM_CONFIGURATION: Shape =
    Record(&[("lambda", OPTIONAL, &LAMBDA_TRANSFORM_CONFIGURATION)]);

static WAF_CONFIGURATION: Shape =
    Record(&[("failureMode", OPTIONAL, &Enum(&["FAIL_CLOSE", "FAIL_OPEN"]))]);

pub(in crate::services::agentcore) static UPDATE_GATEWAY_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("name", REQUIRED, &GATEWAY_NAME),
    ("description", OPTIONAL, &GATEWAY_DESCRIPTION),
    ("roleArn", REQUIRED, &ROLE_ARN),
    ("protocolType", OPTIONAL, &Enum(&["MCP"])),
    ("protocolConfiguration", OPTIONAL, &GATEWAY_PROTOCOL_CONFIGURATION),
    ("authorizerType", REQUIRED, &AUTHORIZER_TYPE),
    ("authorizerConfiguration", OPTIONAL, &AUTHORIZER_CONFIGURATION),
    ("kmsKeyArn", OPTIONAL, &KMS_KEY_ARN),
    ("customTransformConfiguration", OPTIONAL, &CUSTOM_TRANSFORM_CONFIGURATION),
    ("interceptorConfigurations", OPTIONAL, &List(&GATEWAY_INTERCEPTOR_CONFIGURATION, 1, 2)),
    ("policyEngineConfiguration", OPTIONAL, &GATEWAY_POLICY_ENGINE_CONFIGURATION),
    ("exceptionLevel", OPTIONAL, &Enum(&["DEBUG"])),
    ("wafConfiguration", OPTIONAL, &WAF_CONFIGURATION),
    ("domainOverride", OPTIONAL, &DOMAIN_OVERRIDE),
]);

pub(in crate::services::agentcore) static GATEWAY_ID_REQUEST: Shape =
    Record(&[("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER)]);

pub(in crate::services::agentcore) static LIST_GATEWAYS_REQUEST: Shape = Record(&[
    ("maxResults", OPTIONAL, &QueryInteger(1, 1000)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);
