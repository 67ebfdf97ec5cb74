//! What each Lambda operation takes: the limits of the public service model, as data. Where the
//! model allows more than a function of this stack may have (managed instances), the limits of a
//! plain function are used.

use crate::services::shape::{ANY, MAX, Member, OPTIONAL, REQUIRED, Shape, TEXT};

const FLAG: Shape = Shape::Flag;

/// A name, a partial ARN or an ARN, with or without a qualifier.
const FUNCTION: Member = (
    "FunctionName",
    REQUIRED,
    &Shape::Text(
        1,
        256,
        r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?",
    ),
);
const QUALIFIER: Member =
    ("Qualifier", OPTIONAL, &Shape::Text(1, 128, r"\$LATEST|[a-zA-Z0-9-_$]+"));
const ROLE: Shape =
    Shape::Text(0, 10_000, r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+");
const HANDLER: Member = ("Handler", OPTIONAL, &Shape::Text(0, 128, r"[^\s]+"));
const RUNTIME: Member = ("Runtime", OPTIONAL, &Shape::Text(1, 64, ANY));
const DESCRIPTION: Member = ("Description", OPTIONAL, &Shape::Text(0, 256, ANY));
const TIMEOUT: Member = ("Timeout", OPTIONAL, &Shape::Integer(1, 900));
const MEMORY: Member = ("MemorySize", OPTIONAL, &Shape::Integer(128, 10_240));
const ENVIRONMENT: Member = (
    "Environment",
    OPTIONAL,
    &Shape::Record(&[(
        "Variables",
        OPTIONAL,
        &Shape::Map(&TEXT, &Shape::Text(0, 4096, ANY), 0, MAX),
    )]),
);
const TRACING: Member = (
    "TracingConfig",
    OPTIONAL,
    &Shape::Record(&[("Mode", OPTIONAL, &Shape::Enum(&["Active", "PassThrough"]))]),
);
const LOGGING: Member = (
    "LoggingConfig",
    OPTIONAL,
    &Shape::Record(&[
        ("LogFormat", OPTIONAL, &Shape::Enum(&["JSON", "Text"])),
        (
            "ApplicationLogLevel",
            OPTIONAL,
            &Shape::Enum(&["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
        ),
        ("SystemLogLevel", OPTIONAL, &Shape::Enum(&["DEBUG", "INFO", "WARN"])),
        ("LogGroup", OPTIONAL, &Shape::Text(1, 512, r"[\.\-_/#A-Za-z0-9]+")),
    ]),
);
const EPHEMERAL: Member = (
    "EphemeralStorage",
    OPTIONAL,
    &Shape::Record(&[("Size", REQUIRED, &Shape::Integer(512, 10_240))]),
);
const SNAP_START: Member = (
    "SnapStart",
    OPTIONAL,
    &Shape::Record(&[("ApplyOn", OPTIONAL, &Shape::Enum(&["PublishedVersions", "None"]))]),
);
const ARCHITECTURES: Member =
    ("Architectures", OPTIONAL, &Shape::List(&Shape::Enum(&["x86_64", "arm64"]), 1, 1));
const KMS: Member = ("KMSKeyArn", OPTIONAL, &TEXT);
const DEAD_LETTER: Member =
    ("DeadLetterConfig", OPTIONAL, &Shape::Record(&[("TargetArn", OPTIONAL, &TEXT)]));
const ZIP: Member = ("ZipFile", OPTIONAL, &Shape::Text(0, MAX, ANY));
const BUCKET: Member = ("S3Bucket", OPTIONAL, &Shape::Text(3, 63, ANY));
const OBJECT: Member = ("S3Key", OPTIONAL, &Shape::Text(1, 1024, ANY));
const IMAGE: Member = ("ImageUri", OPTIONAL, &TEXT);
const REVISION: Member = ("RevisionId", OPTIONAL, &TEXT);
const TAG_VALUE: Shape = Shape::Text(0, 256, r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*");
const TAGS: Shape = Shape::Map(&TEXT, &TAG_VALUE, 0, 50);

pub(super) const CREATE: &[Member] = &[
    FUNCTION,
    RUNTIME,
    ("Role", REQUIRED, &ROLE),
    HANDLER,
    ("Code", REQUIRED, &Shape::Record(&[ZIP, BUCKET, OBJECT, IMAGE])),
    DESCRIPTION,
    TIMEOUT,
    MEMORY,
    ("Publish", OPTIONAL, &FLAG),
    ("PackageType", OPTIONAL, &Shape::Enum(&["Zip", "Image"])),
    DEAD_LETTER,
    ENVIRONMENT,
    KMS,
    TRACING,
    ("Tags", OPTIONAL, &TAGS),
    ARCHITECTURES,
    EPHEMERAL,
    SNAP_START,
    LOGGING,
];
pub(super) const UPDATE_CONFIGURATION: &[Member] = &[
    FUNCTION,
    ("Role", OPTIONAL, &ROLE),
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
    ("Publish", OPTIONAL, &FLAG),
    ("DryRun", OPTIONAL, &FLAG),
    REVISION,
];
pub(super) const ONE: &[Member] = &[FUNCTION, QUALIFIER];
pub(super) const LIST: &[Member] =
    &[("Marker", OPTIONAL, &TEXT), ("MaxItems", OPTIONAL, &Shape::QueryInteger(1, 10_000))];

pub(super) const ADD_PERMISSION: &[Member] = &[
    FUNCTION,
    ("StatementId", REQUIRED, &Shape::Text(1, 100, r"[a-zA-Z0-9-_]+")),
    ("Action", REQUIRED, &Shape::Text(0, 10_000, r"lambda:[*]|lambda:[a-zA-Z]+|[*]")),
    ("Principal", REQUIRED, &Shape::Text(0, 2048, r"[^\s]+")),
    (
        "SourceArn",
        OPTIONAL,
        &Shape::Text(
            0,
            10_000,
            r"arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:([a-z]{2}(-gov|-iso[a-z]?)?-[a-z]+-\d)?:(\d{12})?:(.*)",
        ),
    ),
    ("SourceAccount", OPTIONAL, &Shape::Text(0, 12, r"\d{12}")),
    ("EventSourceToken", OPTIONAL, &Shape::Text(0, 256, r"[a-zA-Z0-9._\-]+")),
    ("FunctionUrlAuthType", OPTIONAL, &URL_AUTH),
    ("InvokedViaFunctionUrl", OPTIONAL, &FLAG),
    ("PrincipalOrgID", OPTIONAL, &Shape::Text(12, 34, "o-[a-z0-9]{10,32}")),
    QUALIFIER,
    REVISION,
];
pub(super) const REMOVE_PERMISSION: &[Member] = &[
    FUNCTION,
    ("StatementId", REQUIRED, &Shape::Text(1, 100, r"[a-zA-Z0-9-_.]+")),
    QUALIFIER,
    REVISION,
];

const URL_AUTH: Shape = Shape::Enum(&["NONE", "AWS_IAM"]);
const INVOKE_MODE: Member =
    ("InvokeMode", OPTIONAL, &Shape::Enum(&["BUFFERED", "RESPONSE_STREAM"]));
const HEADERS: Shape = Shape::List(&Shape::Text(0, 1024, ANY), 0, 100);
const URL_CORS: Member = (
    "Cors",
    OPTIONAL,
    &Shape::Record(&[
        ("AllowCredentials", OPTIONAL, &FLAG),
        ("AllowHeaders", OPTIONAL, &HEADERS),
        ("AllowMethods", OPTIONAL, &Shape::List(&Shape::Text(0, 6, ANY), 0, 6)),
        ("AllowOrigins", OPTIONAL, &Shape::List(&Shape::Text(1, 253, ANY), 0, 100)),
        ("ExposeHeaders", OPTIONAL, &HEADERS),
        ("MaxAge", OPTIONAL, &Shape::Integer(0, 86_400)),
    ]),
);
pub(super) const CREATE_URL: &[Member] =
    &[FUNCTION, QUALIFIER, ("AuthType", REQUIRED, &URL_AUTH), URL_CORS, INVOKE_MODE];
pub(super) const UPDATE_URL: &[Member] =
    &[FUNCTION, QUALIFIER, ("AuthType", OPTIONAL, &URL_AUTH), URL_CORS, INVOKE_MODE];
pub(super) const ONE_URL: &[Member] = &[FUNCTION, QUALIFIER];
pub(super) const LIST_URLS: &[Member] =
    &[FUNCTION, ("Marker", OPTIONAL, &TEXT), ("MaxItems", OPTIONAL, &Shape::QueryInteger(1, 50))];

const RESOURCE: Member = ("Resource", REQUIRED, &Shape::Text(1, 10_000, ANY));
pub(super) const TAG: &[Member] = &[RESOURCE, ("Tags", REQUIRED, &TAGS)];
pub(super) const UNTAG: &[Member] = &[RESOURCE];
pub(super) const LIST_TAGS: &[Member] = &[RESOURCE];

pub(super) const PUT_CONCURRENCY: &[Member] =
    &[FUNCTION, ("ReservedConcurrentExecutions", REQUIRED, &Shape::Integer(0, i64::MAX))];
