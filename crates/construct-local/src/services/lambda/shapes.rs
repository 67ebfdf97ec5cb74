//! What each Lambda operation takes: the limits of the public service model, as data. Where the
//! model allows more than a function of this stack may have (managed instances), the limits of a
//! plain function are used.

use crate::services::shape::{Kind, Member, optional, required};

const FLAG: Kind = Kind::Boolean;
const ANY: Kind = Kind::Text(0, 10_000, None);
/// A name, a partial ARN or an ARN, with or without a qualifier.
const FUNCTION: Member = required(
    "FunctionName",
    Kind::Text(
        1,
        256,
        Some(
            r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
        ),
    ),
);
const QUALIFIER: Member =
    optional("Qualifier", Kind::Text(1, 128, Some(r"\$LATEST|[a-zA-Z0-9-_$]+")));
const ROLE: Kind =
    Kind::Text(0, 10_000, Some(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"));
const HANDLER: Member = optional("Handler", Kind::Text(0, 128, Some(r"[^\s]+")));
const RUNTIME: Member = optional("Runtime", Kind::Text(1, 64, None));
const DESCRIPTION: Member = optional("Description", Kind::Text(0, 256, None));
const TIMEOUT: Member = optional("Timeout", Kind::Integer(1, 900));
const MEMORY: Member = optional("MemorySize", Kind::Integer(128, 10_240));
const ENVIRONMENT: Member = optional(
    "Environment",
    Kind::Structure(&[optional("Variables", Kind::Map(usize::MAX, &Kind::Text(0, 4096, None)))]),
);
const TRACING: Member = optional(
    "TracingConfig",
    Kind::Structure(&[optional("Mode", Kind::Choice(&["Active", "PassThrough"]))]),
);
const LOGGING: Member = optional(
    "LoggingConfig",
    Kind::Structure(&[
        optional("LogFormat", Kind::Choice(&["JSON", "Text"])),
        optional(
            "ApplicationLogLevel",
            Kind::Choice(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
        ),
        optional("SystemLogLevel", Kind::Choice(&["DEBUG", "INFO", "WARN"])),
        optional("LogGroup", Kind::Text(1, 512, Some(r"[\.\-_/#A-Za-z0-9]+"))),
    ]),
);
const EPHEMERAL: Member =
    optional("EphemeralStorage", Kind::Structure(&[required("Size", Kind::Integer(512, 10_240))]));
const SNAP_START: Member = optional(
    "SnapStart",
    Kind::Structure(&[optional("ApplyOn", Kind::Choice(&["PublishedVersions", "None"]))]),
);
const ARCHITECTURES: Member =
    optional("Architectures", Kind::List(1, 1, &Kind::Choice(&["x86_64", "arm64"])));
const KMS: Member = optional("KMSKeyArn", ANY);
const DEAD_LETTER: Member =
    optional("DeadLetterConfig", Kind::Structure(&[optional("TargetArn", ANY)]));
const ZIP: Member = optional("ZipFile", Kind::Text(0, usize::MAX, None));
const BUCKET: Member = optional("S3Bucket", Kind::Text(3, 63, None));
const OBJECT: Member = optional("S3Key", Kind::Text(1, 1024, None));
const IMAGE: Member = optional("ImageUri", ANY);
const REVISION: Member = optional("RevisionId", ANY);
const TAG_VALUE: Kind = Kind::Text(0, 256, Some(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"));
const TAGS: Kind = Kind::Map(50, &TAG_VALUE);

pub(super) const CREATE: &[Member] = &[
    FUNCTION,
    RUNTIME,
    required("Role", ROLE),
    HANDLER,
    required("Code", Kind::Structure(&[ZIP, BUCKET, OBJECT, IMAGE])),
    DESCRIPTION,
    TIMEOUT,
    MEMORY,
    optional("Publish", FLAG),
    optional("PackageType", Kind::Choice(&["Zip", "Image"])),
    DEAD_LETTER,
    ENVIRONMENT,
    KMS,
    TRACING,
    optional("Tags", TAGS),
    ARCHITECTURES,
    EPHEMERAL,
    SNAP_START,
    LOGGING,
];
pub(super) const UPDATE_CONFIGURATION: &[Member] = &[
    FUNCTION,
    optional("Role", ROLE),
    HANDLER,
    DESCRIPTION,
    TIMEOUT,
    MEMORY,
    ENVIRONMENT,
    RUNTIME,
    DEAD_LETTER,
    KMS,
    TRACING,
    REVISION,
    EPHEMERAL,
    SNAP_START,
    LOGGING,
];
pub(super) const UPDATE_CODE: &[Member] = &[
    FUNCTION,
    ZIP,
    BUCKET,
    OBJECT,
    IMAGE,
    ARCHITECTURES,
    optional("Publish", FLAG),
    optional("DryRun", FLAG),
    REVISION,
];
pub(super) const ONE: &[Member] = &[FUNCTION, QUALIFIER];
pub(super) const LIST: &[Member] =
    &[optional("Marker", ANY), optional("MaxItems", Kind::QueryInteger(1, 10_000))];

pub(super) const ADD_PERMISSION: &[Member] = &[
    FUNCTION,
    required("StatementId", Kind::Text(1, 100, Some(r"[a-zA-Z0-9-_]+"))),
    required("Action", Kind::Text(0, 10_000, Some(r"lambda:[*]|lambda:[a-zA-Z]+|[*]"))),
    required("Principal", Kind::Text(0, 2048, Some(r"[^\s]+"))),
    optional(
        "SourceArn",
        Kind::Text(
            0,
            10_000,
            Some(
                r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d)?:(\d{12})?:(.*)",
            ),
        ),
    ),
    optional("SourceAccount", Kind::Text(0, 12, Some(r"\d{12}"))),
    optional("EventSourceToken", Kind::Text(0, 256, Some(r"[a-zA-Z0-9._\-]+"))),
    optional("FunctionUrlAuthType", URL_AUTH),
    optional("InvokedViaFunctionUrl", FLAG),
    optional("PrincipalOrgID", Kind::Text(12, 34, Some("o-[a-z0-9]{10,32}"))),
    QUALIFIER,
    REVISION,
];
pub(super) const REMOVE_PERMISSION: &[Member] = &[
    FUNCTION,
    required("StatementId", Kind::Text(1, 100, Some(r"[a-zA-Z0-9-_.]+"))),
    QUALIFIER,
    REVISION,
];

const URL_AUTH: Kind = Kind::Choice(&["NONE", "AWS_IAM"]);
const INVOKE_MODE: Member = optional("InvokeMode", Kind::Choice(&["BUFFERED", "RESPONSE_STREAM"]));
const HEADERS: Kind = Kind::List(0, 100, &Kind::Text(0, 1024, None));
const URL_CORS: Member = optional(
    "Cors",
    Kind::Structure(&[
        optional("AllowCredentials", FLAG),
        optional("AllowHeaders", HEADERS),
        optional("AllowMethods", Kind::List(0, 6, &Kind::Text(0, 6, None))),
        optional("AllowOrigins", Kind::List(0, 100, &Kind::Text(1, 253, None))),
        optional("ExposeHeaders", HEADERS),
        optional("MaxAge", Kind::Integer(0, 86_400)),
    ]),
);
pub(super) const CREATE_URL: &[Member] =
    &[FUNCTION, QUALIFIER, required("AuthType", URL_AUTH), URL_CORS, INVOKE_MODE];
pub(super) const UPDATE_URL: &[Member] =
    &[FUNCTION, QUALIFIER, optional("AuthType", URL_AUTH), URL_CORS, INVOKE_MODE];
pub(super) const ONE_URL: &[Member] = &[FUNCTION, QUALIFIER];
pub(super) const LIST_URLS: &[Member] =
    &[FUNCTION, optional("Marker", ANY), optional("MaxItems", Kind::QueryInteger(1, 50))];

const RESOURCE: Member = required("Resource", Kind::Text(1, 10_000, None));
pub(super) const TAG: &[Member] = &[RESOURCE, required("Tags", TAGS)];
pub(super) const UNTAG: &[Member] = &[RESOURCE];
pub(super) const LIST_TAGS: &[Member] = &[RESOURCE];

pub(super) const PUT_CONCURRENCY: &[Member] =
    &[FUNCTION, required("ReservedConcurrentExecutions", Kind::Integer(0, i64::MAX))];
