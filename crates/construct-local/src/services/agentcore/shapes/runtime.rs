//! The requests about agent runtimes, and the tag requests.

use super::Shape::{
    self, Enum, Flag, Integer, List, Map, Pattern, QueryInteger, QueryList, Record, Text, Union,
};
use super::authorizer::AUTHORIZER_CONFIGURATION;
use super::gateway::{CLIENT_TOKEN, ROLE_ARN};
use super::network::{TAG_KEY, TAGS};
use super::{ANY, OPTIONAL, REQUIRED};

static AGENT_RUNTIME_NAME: Shape = Pattern(r"[a-zA-Z][a-zA-Z0-9_]{0,47}");

static CONTAINER_CONFIGURATION: Shape = Record(&[(
    "containerUri",
    REQUIRED,
    &Text(
        1,
        1024,
        r"(([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?|public\.ecr\.aws)/((?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*)(?::([^:@]{1,300}))?(?:@(.+))?",
    ),
)]);

static S3_LOCATION: Shape = Record(&[
    ("bucket", REQUIRED, &Pattern(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")),
    ("prefix", REQUIRED, &Text(1, 1024, ANY)),
    ("versionId", OPTIONAL, &Text(3, 1024, ANY)),
]);

static CODE: Shape = Union(&[("s3", OPTIONAL, &S3_LOCATION)]);

static CODE_CONFIGURATION: Shape = Record(&[
    ("code", REQUIRED, &CODE),
    (
        "runtime",
        REQUIRED,
        &Enum(&[
            "PYTHON_3_10",
            "PYTHON_3_11",
            "PYTHON_3_12",
            "PYTHON_3_13",
            "PYTHON_3_14",
            "NODE_22",
        ]),
    ),
    ("entryPoint", REQUIRED, &List(&Text(1, 128, ANY), 1, 2)),
]);

static AGENT_RUNTIME_ARTIFACT: Shape = Union(&[
    ("containerConfiguration", OPTIONAL, &CONTAINER_CONFIGURATION),
    ("codeConfiguration", OPTIONAL, &CODE_CONFIGURATION),
]);

static VPC_CONFIG: Shape = Record(&[
    ("securityGroups", REQUIRED, &List(&Pattern(r"sg-[0-9a-zA-Z]{8,17}"), 1, 16)),
    ("subnets", REQUIRED, &List(&Pattern(r"subnet-[0-9a-zA-Z]{8,17}"), 1, 16)),
    ("requireServiceS3Endpoint", OPTIONAL, &Flag),
]);

static NETWORK_CONFIGURATION: Shape = Record(&[
    ("networkMode", REQUIRED, &Enum(&["PUBLIC", "VPC"])),
    ("networkModeConfig", OPTIONAL, &VPC_CONFIG),
]);

static REQUEST_HEADER_CONFIGURATION: Shape = Union(&[(
    "requestHeaderAllowlist",
    OPTIONAL,
    &List(&Text(1, 256, r"[A-Za-z][A-Za-z0-9_-]{0,255}"), 1, 20),
)]);

static SERVER_PORT: Shape = Integer(8000, 12_000);

static PROTOCOL_CONFIGURATION: Shape = Record(&[
    ("serverProtocol", REQUIRED, &Enum(&["MCP", "HTTP", "A2A", "AGUI"])),
    ("port", OPTIONAL, &SERVER_PORT),
    ("path", OPTIONAL, &Text(1, 2048, r"/[A-Za-z0-9\-._~/%]*")),
]);

static LIFECYCLE_CONFIGURATION: Shape = Record(&[
    ("idleRuntimeSessionTimeout", OPTIONAL, &Integer(60, 1_209_600)),
    ("maxLifetime", OPTIONAL, &Integer(60, 1_209_600)),
]);

static HTTP_POST_LIFECYCLE_HOOK_ACTION: Shape = Record(&[
    ("path", REQUIRED, &Text(1, 32, r"/[A-Za-z0-9._~/-]*")),
    ("port", OPTIONAL, &SERVER_PORT),
]);

static LIFECYCLE_HOOK_ACTION: Shape =
    Union(&[("httpPost", OPTIONAL, &HTTP_POST_LIFECYCLE_HOOK_ACTION)]);

static LIFECYCLE_HOOK: Shape = Record(&[("action", REQUIRED, &LIFECYCLE_HOOK_ACTION)]);

static BUILD_LIFECYCLE_HOOKS: Shape = Record(&[("warmup", OPTIONAL, &LIFECYCLE_HOOK)]);

static RUNTIME_HOOKS_CONFIGURATION: Shape = Record(&[("build", OPTIONAL, &BUILD_LIFECYCLE_HOOKS)]);

static MOUNT_PATH: Shape = Text(6, 200, r"/mnt/[a-zA-Z0-9._-]+/?");

static SESSION_STORAGE_CONFIGURATION: Shape = Record(&[("mountPath", REQUIRED, &MOUNT_PATH)]);

static S3_FILES_ACCESS_POINT_CONFIGURATION: Shape = Record(&[
    (
        "accessPointArn",
        REQUIRED,
        &Text(
            0,
            256,
            r"arn:aws[-a-z]*:s3files:[0-9a-z-:]+:file-system/fs-[0-9a-f]{17,40}/access-point/fsap-[0-9a-f]{17,40}",
        ),
    ),
    ("mountPath", REQUIRED, &MOUNT_PATH),
]);

static EFS_ACCESS_POINT_CONFIGURATION: Shape = Record(&[
    (
        "accessPointArn",
        REQUIRED,
        &Text(
            0,
            128,
            r"arn:aws[-a-z]*:elasticfilesystem:[0-9a-z-:]+:access-point/fsap-[0-9a-f]{8,40}",
        ),
    ),
    ("mountPath", REQUIRED, &MOUNT_PATH),
]);

static CAPACITY_PROVIDER_VOLUME_CONFIGURATION: Shape = Record(&[
    ("volumeName", REQUIRED, &Text(1, 48, r"[a-zA-Z][a-zA-Z0-9_-]{0,47}")),
    ("mountPath", REQUIRED, &MOUNT_PATH),
]);

static FILESYSTEM_CONFIGURATION: Shape = Union(&[
    ("sessionStorage", OPTIONAL, &SESSION_STORAGE_CONFIGURATION),
    ("s3FilesAccessPoint", OPTIONAL, &S3_FILES_ACCESS_POINT_CONFIGURATION),
    ("efsAccessPoint", OPTIONAL, &EFS_ACCESS_POINT_CONFIGURATION),
    ("capacityProviderVolume", OPTIONAL, &CAPACITY_PROVIDER_VOLUME_CONFIGURATION),
]);

static CAPACITY_PROVIDER_CONFIGURATION: Shape = Record(&[(
    "capacityProviderArn",
    REQUIRED,
    &Pattern(
        r"arn:aws(-[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:capacity-provider/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}",
    ),
)]);

static PORT_RANGE: Shape =
    Record(&[("from", REQUIRED, &SERVER_PORT), ("to", REQUIRED, &SERVER_PORT)]);

static ALLOWED_PORT: Shape =
    Union(&[("port", OPTIONAL, &SERVER_PORT), ("portRange", OPTIONAL, &PORT_RANGE)]);

static ALLOWED_PORTS: Shape = List(&ALLOWED_PORT, 1, 5);

static RESOURCE_CONFIGURATION: Shape =
    Record(&[("minimumMemoryInMiB", REQUIRED, &Integer(i64::MIN, i64::MAX))]);

pub(in crate::services::agentcore) static CREATE_AGENT_RUNTIME_REQUEST: Shape = Record(&[
    ("agentRuntimeName", REQUIRED, &AGENT_RUNTIME_NAME),
    ("agentRuntimeArtifact", REQUIRED, &AGENT_RUNTIME_ARTIFACT),
    ("roleArn", REQUIRED, &ROLE_ARN),
    ("networkConfiguration", OPTIONAL, &NETWORK_CONFIGURATION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("description", OPTIONAL, &Text(1, 4096, ANY)),
    ("authorizerConfiguration", OPTIONAL, &AUTHORIZER_CONFIGURATION),
    ("requestHeaderConfiguration", OPTIONAL, &REQUEST_HEADER_CONFIGURATION),
    ("protocolConfiguration", OPTIONAL, &PROTOCOL_CONFIGURATION),
    ("lifecycleConfiguration", OPTIONAL, &LIFECYCLE_CONFIGURATION),
    ("hooksConfiguration", OPTIONAL, &RUNTIME_HOOKS_CONFIGURATION),
    ("environmentVariables", OPTIONAL, &Map(&Text(1, 100, ANY), &Text(0, 5000, ANY), 0, 50)),
    ("filesystemConfigurations", OPTIONAL, &List(&FILESYSTEM_CONFIGURATION, 0, 5)),
    ("capacityProviderConfiguration", OPTIONAL, &CAPACITY_PROVIDER_CONFIGURATION),
    ("tags", OPTIONAL, &TAGS),
    ("platformVersion", OPTIONAL, &Text(1, 128, r"[^\s]+")),
    ("allowedPorts", OPTIONAL, &ALLOWED_PORTS),
    ("resourceConfigurations", OPTIONAL, &List(&RESOURCE_CONFIGURATION, 0, 1)),
]);

static AGENT_RUNTIME_ID: Shape = Pattern(r"[a-zA-Z][a-zA-Z0-9_]{0,99}-[a-zA-Z0-9]{10}");

static RUNTIME_METADATA_CONFIGURATION: Shape = Record(&[("requireMMDSV2", REQUIRED, &Flag)]);

pub(in crate::services::agentcore) static UPDATE_AGENT_RUNTIME_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("agentRuntimeArtifact", REQUIRED, &AGENT_RUNTIME_ARTIFACT),
    ("roleArn", REQUIRED, &ROLE_ARN),
    ("networkConfiguration", OPTIONAL, &NETWORK_CONFIGURATION),
    ("description", OPTIONAL, &Text(1, 4096, ANY)),
    ("authorizerConfiguration", OPTIONAL, &AUTHORIZER_CONFIGURATION),
    ("requestHeaderConfiguration", OPTIONAL, &REQUEST_HEADER_CONFIGURATION),
    ("protocolConfiguration", OPTIONAL, &PROTOCOL_CONFIGURATION),
    ("lifecycleConfiguration", OPTIONAL, &LIFECYCLE_CONFIGURATION),
    ("hooksConfiguration", OPTIONAL, &RUNTIME_HOOKS_CONFIGURATION),
    ("metadataConfiguration", OPTIONAL, &RUNTIME_METADATA_CONFIGURATION),
    ("environmentVariables", OPTIONAL, &Map(&Text(1, 100, ANY), &Text(0, 5000, ANY), 0, 50)),
    ("filesystemConfigurations", OPTIONAL, &List(&FILESYSTEM_CONFIGURATION, 0, 5)),
    ("capacityProviderConfiguration", OPTIONAL, &CAPACITY_PROVIDER_CONFIGURATION),
    ("platformVersion", OPTIONAL, &Text(1, 128, r"[^\s]+")),
    ("allowedPorts", OPTIONAL, &ALLOWED_PORTS),
    ("resourceConfigurations", OPTIONAL, &List(&RESOURCE_CONFIGURATION, 0, 1)),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

static AGENT_RUNTIME_VERSION: Shape = Text(1, 5, r"([1-9][0-9]{0,4})");

pub(in crate::services::agentcore) static GET_AGENT_RUNTIME_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("version", OPTIONAL, &AGENT_RUNTIME_VERSION),
]);

pub(in crate::services::agentcore) static DELETE_AGENT_RUNTIME_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("version", OPTIONAL, &AGENT_RUNTIME_VERSION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

pub(in crate::services::agentcore) static LIST_AGENT_RUNTIMES_REQUEST: Shape = Record(&[
    ("maxResults", OPTIONAL, &QueryInteger(1, 100)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);

/// Of both versions and endpoints.
pub(in crate::services::agentcore) static LIST_OF_AGENT_RUNTIME_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("maxResults", OPTIONAL, &QueryInteger(1, 100)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);

static ENDPOINT_NAME: Shape = Pattern(r"[a-zA-Z][a-zA-Z0-9_]{0,47}");

static ENDPOINT_DESCRIPTION: Shape = Text(1, 256, ANY);

pub(in crate::services::agentcore) static CREATE_AGENT_RUNTIME_ENDPOINT_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("name", REQUIRED, &ENDPOINT_NAME),
    ("agentRuntimeVersion", OPTIONAL, &AGENT_RUNTIME_VERSION),
    ("description", OPTIONAL, &ENDPOINT_DESCRIPTION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("tags", OPTIONAL, &TAGS),
]);

pub(in crate::services::agentcore) static UPDATE_AGENT_RUNTIME_ENDPOINT_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("endpointName", REQUIRED, &ENDPOINT_NAME),
    ("agentRuntimeVersion", OPTIONAL, &AGENT_RUNTIME_VERSION),
    ("description", OPTIONAL, &ENDPOINT_DESCRIPTION),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

pub(in crate::services::agentcore) static AGENT_RUNTIME_ENDPOINT_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("endpointName", REQUIRED, &ENDPOINT_NAME),
]);

pub(in crate::services::agentcore) static DELETE_AGENT_RUNTIME_ENDPOINT_REQUEST: Shape = Record(&[
    ("agentRuntimeId", REQUIRED, &AGENT_RUNTIME_ID),
    ("endpointName", REQUIRED, &ENDPOINT_NAME),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
]);

/// The published pattern has no digit in the path segments, which would leave
/// `oauth2credentialprovider` untaggable; digits are let through here.
static TAGGABLE_ARN: Shape = Text(
    20,
    1011,
    r"arn:(?:[^:]+)?:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:([a-z0-9-]+/[^/]+)(?:/[a-z0-9-]+/[^/]+)*",
);

pub(in crate::services::agentcore) static TAG_RESOURCE_REQUEST: Shape =
    Record(&[("resourceArn", REQUIRED, &TAGGABLE_ARN), ("tags", REQUIRED, &TAGS)]);

pub(in crate::services::agentcore) static UNTAG_RESOURCE_REQUEST: Shape = Record(&[
    ("resourceArn", REQUIRED, &TAGGABLE_ARN),
    ("tagKeys", REQUIRED, &QueryList(&TAG_KEY, 0, 200)),
]);

pub(in crate::services::agentcore) static TAGS_OF_REQUEST: Shape =
    Record(&[("resourceArn", REQUIRED, &TAGGABLE_ARN)]);
