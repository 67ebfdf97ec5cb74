//! `[runtimes.NAME]`.

use super::super::rules as r;
use super::super::shape::{Default, Key, Kind, Shape};
use super::jwt::JWT;
use super::target::PERMISSION;
use super::{optional, or, required, table, with};

pub(super) static RUNTIME: Shape = Shape {
    doc: "An agent runtime: a server that the service runs.",
    exactly_one: &["image", "s3", "zip"],
    instead_of_text: None,
    keys: &KEYS,
};

static KEYS: [Key; 16] = [
    optional("image", Kind::Text(&r::IMAGE), "A container image in ECR."),
    optional("s3", Kind::Table(&S3_ZIP), "A zip that lies in S3 already."),
    optional(
        "zip",
        Kind::Text(&r::PATH),
        "A zip on this machine, which is put into the bucket of [stack].",
    ),
    with(&["s3", "zip"], required("code", Kind::Table(&CODE), "How the zip is run.")),
    optional("description", Kind::Text(&r::RUNTIME_DESCRIPTION), "Text shown in the console."),
    or(
        "protocol",
        Kind::Choice(&["mcp", "http", "a2a", "agui"]),
        Default::Text("mcp"),
        "What is spoken with it.",
    ),
    optional(
        "port",
        Kind::Integer(&r::RUNTIME_PORT),
        "The port that it listens at; without it what it has stays, 8000 for MCP at first.",
    ),
    optional(
        "path",
        Kind::Text(&r::RUNTIME_PATH),
        "The path that it answers at; without it what it has stays, /mcp for MCP at first.",
    ),
    optional(
        "network",
        Kind::Table(&NETWORK),
        "The VPC that it reaches out through; without it what it has stays, the internet at first.",
    ),
    optional(
        "headers",
        Kind::List(&Kind::Text(&r::RUNTIME_HEADER), &r::RUNTIME_HEADERS),
        "Headers of callers that it is handed; without it what it has stays.",
    ),
    or(
        "environment",
        Kind::Named(
            &r::RUNTIME_VARIABLE,
            &Kind::Text(&r::RUNTIME_VARIABLE_VALUE),
            &r::RUNTIME_VARIABLES,
        ),
        Default::Table,
        "Environment variables, as plain text; never a secret.",
    ),
    optional(
        "idle_timeout_seconds",
        Kind::Integer(&r::RUNTIME_SECONDS),
        "How long a session lives unused; without it what it has stays, 15 minutes at first.",
    ),
    optional(
        "max_lifetime_seconds",
        Kind::Integer(&r::RUNTIME_SECONDS),
        "How long a session lives at all; without it what it has stays, 8 hours at first.",
    ),
    optional(
        "jwt",
        Kind::Table(&JWT),
        "Whose tokens it takes; without it callers sign with AWS credentials.",
    ),
    or(
        "endpoints",
        Kind::Named(&r::ENDPOINT_NAME, &Kind::Table(&ENDPOINT), &r::RUNTIME_ENDPOINTS),
        Default::Table,
        "Endpoints beside DEFAULT.",
    ),
    or(
        "permissions",
        Kind::List(&Kind::Table(&PERMISSION), &r::PERMISSIONS),
        Default::List(&[]),
        "What its role may do beside writing logs, traces and metrics.",
    ),
];

static S3_ZIP: Shape = table(
    "A zip in S3.",
    &[
        required("bucket", Kind::Text(&r::BUCKET), "The bucket."),
        required("key", Kind::Text(&r::OBJECT_KEY), "The object's key."),
        optional("version", Kind::Text(&r::OBJECT_VERSION), "Its version; without it the newest."),
    ],
);

static CODE: Shape = table(
    "How a zip is run.",
    &[
        required("runtime", Kind::Choice(&r::CODE_RUNTIMES), "The language and its version."),
        required(
            "entry_point",
            Kind::List(&Kind::Text(&r::ENTRY_POINT), &r::ENTRY_POINTS),
            "What is started: the file, or a command and the file.",
        ),
    ],
);

static NETWORK: Shape = table(
    "The VPC of a runtime.",
    &[
        required(
            "subnets",
            Kind::List(&Kind::Text(&r::SUBNET), &r::RUNTIME_SUBNETS),
            "Subnets that it is put into.",
        ),
        required(
            "security_groups",
            Kind::List(&Kind::Text(&r::RUNTIME_SECURITY_GROUP), &r::RUNTIME_SECURITY_GROUPS),
            "Security groups that it is put into.",
        ),
    ],
);

static ENDPOINT: Shape = table(
    "An endpoint of a runtime: a name for one of its versions.",
    &[
        optional(
            "version",
            Kind::Integer(&r::RUNTIME_VERSION),
            "The version that it serves; without it the newest.",
        ),
        optional(
            "description",
            Kind::Text(&r::ENDPOINT_DESCRIPTION),
            "Text shown in the console; without it what it has stays.",
        ),
    ],
);
