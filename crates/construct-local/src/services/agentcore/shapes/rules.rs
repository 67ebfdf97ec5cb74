//! The requests about a gateway's rules and rate limits.

use super::Shape::{
    self, Enum, Integer, List, Map, Number, Pattern, QueryInteger, Record, Text, Union,
};
use super::gateway::{CLIENT_TOKEN, GATEWAY_IDENTIFIER};
use super::{ANY, OPTIONAL, REQUIRED};

static RULE_ID: Shape =
    Text(36, 36, r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

static PRIORITY: Shape = Integer(1, 1_000_000);

static DESCRIPTION: Shape = Text(1, 256, ANY);

static OPERATOR: Shape = Enum(&["StringEquals", "StringLike"]);

static IAM_PRINCIPAL: Shape = Record(&[
    (
        "arn",
        REQUIRED,
        &Text(
            0,
            2048,
            r"(arn:aws[a-zA-Z-]*:iam::(\d{12}|\*):(user|role)/[\w+=,.@*?/-]+|arn:aws[a-zA-Z-]*:sts::(\d{12}|\*):assumed-role/[\w+=,.@*?/-]+)",
        ),
    ),
    ("operator", OPTIONAL, &OPERATOR),
]);

static PRINCIPAL_ENTRY: Shape = Union(&[("iamPrincipal", OPTIONAL, &IAM_PRINCIPAL)]);

static MODEL_ENTRY: Shape = Record(&[
    ("value", REQUIRED, &Text(1, 2048, r"[a-zA-Z0-9\-\._\*\?@:]+(/[a-zA-Z0-9\-\._\*\?@:]+)*")),
    ("operator", OPTIONAL, &OPERATOR),
]);

static MATCH_PRINCIPALS: Shape = Record(&[("anyOf", REQUIRED, &List(&PRINCIPAL_ENTRY, 1, 100))]);

static MATCH_PATHS: Shape =
    Record(&[("anyOf", REQUIRED, &List(&Text(0, 512, r"/[\w\-.]+/\*"), 1, 10))]);

static MATCH_MODELS: Shape = Record(&[("anyOf", REQUIRED, &List(&MODEL_ENTRY, 1, 100))]);

static CONDITION: Shape = Union(&[
    ("matchPrincipals", OPTIONAL, &MATCH_PRINCIPALS),
    ("matchPaths", OPTIONAL, &MATCH_PATHS),
    ("matchModels", OPTIONAL, &MATCH_MODELS),
]);

static BUNDLE: Shape = Record(&[
    (
        "bundleArn",
        REQUIRED,
        &Pattern(
            r"arn:aws[a-zA-Z-]*:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:configuration-bundle/[a-zA-Z][a-zA-Z0-9-_]{0,99}-[a-zA-Z0-9]{10}",
        ),
    ),
    (
        "bundleVersion",
        REQUIRED,
        &Pattern(r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
]);

static VARIANT_NAME: Shape = Text(1, 64, r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,62}[a-zA-Z0-9])?");

static WEIGHT: Shape = Integer(1, 99);

static VARIANT_DESCRIPTION: Shape = Text(1, 200, ANY);

static VARIANT_METADATA: Shape = Map(&Text(1, 128, ANY), &Text(1, 256, ANY), 0, 25);

static BUNDLE_SPLIT: Shape = Record(&[
    ("name", REQUIRED, &VARIANT_NAME),
    ("weight", REQUIRED, &WEIGHT),
    ("configurationBundle", REQUIRED, &BUNDLE),
    ("description", OPTIONAL, &VARIANT_DESCRIPTION),
    ("metadata", OPTIONAL, &VARIANT_METADATA),
]);

static WEIGHTED_BUNDLE: Shape = Record(&[("trafficSplit", REQUIRED, &List(&BUNDLE_SPLIT, 2, 2))]);

static BUNDLE_ACTION: Shape = Union(&[
    ("staticOverride", OPTIONAL, &BUNDLE),
    ("weightedOverride", OPTIONAL, &WEIGHTED_BUNDLE),
]);

static TARGET_NAME: Shape = Pattern(r"([0-9a-zA-Z][-]?){1,100}");

static MODEL: Shape = Text(1, 2048, r"[a-zA-Z0-9][a-zA-Z0-9\-._/@:]*");

static TRIGGER: Shape = Record(&[
    ("statusCodes", OPTIONAL, &List(&Pattern(r"[4-5]([0-9]{2}|XX)"), 1, 10)),
    (
        "errors",
        OPTIONAL,
        &List(&Enum(&["CONNECTION_ERROR", "FIRST_BYTE_TIMEOUT", "UNROUTABLE"]), 1, 3),
    ),
]);

static FIRST_BYTE_TIMEOUT: Shape = Integer(50, 900_000);

static FALLBACK_TARGET: Shape = Record(&[
    ("targetName", REQUIRED, &TARGET_NAME),
    ("model", OPTIONAL, &MODEL),
    ("triggerOn", OPTIONAL, &TRIGGER),
    ("firstByteTimeoutMilliseconds", OPTIONAL, &FIRST_BYTE_TIMEOUT),
]);

static CIRCUIT_BREAKER: Shape = Record(&[("mode", OPTIONAL, &Enum(&["ENABLED", "DISABLED"]))]);

static FALLBACK: Shape = Record(&[
    ("triggerOn", OPTIONAL, &TRIGGER),
    ("firstByteTimeoutMilliseconds", OPTIONAL, &FIRST_BYTE_TIMEOUT),
    ("circuitBreaker", OPTIONAL, &CIRCUIT_BREAKER),
    ("targetFallback", REQUIRED, &List(&FALLBACK_TARGET, 1, 2)),
]);

static STATIC_ROUTE: Shape = Record(&[
    ("targetName", REQUIRED, &TARGET_NAME),
    ("model", OPTIONAL, &MODEL),
    ("fallback", OPTIONAL, &FALLBACK),
]);

static TARGET_SPLIT: Shape = Record(&[
    ("targetName", REQUIRED, &TARGET_NAME),
    ("model", OPTIONAL, &MODEL),
    ("fallback", OPTIONAL, &FALLBACK),
    ("name", REQUIRED, &VARIANT_NAME),
    ("weight", REQUIRED, &WEIGHT),
    ("description", OPTIONAL, &VARIANT_DESCRIPTION),
    ("metadata", OPTIONAL, &VARIANT_METADATA),
]);

static WEIGHTED_ROUTE: Shape = Record(&[("trafficSplit", REQUIRED, &List(&TARGET_SPLIT, 2, 2))]);

static ROUTE_ACTION: Shape = Union(&[
    ("staticRoute", OPTIONAL, &STATIC_ROUTE),
    ("weightedRoute", OPTIONAL, &WEIGHTED_ROUTE),
]);

static ACTION: Shape = Union(&[
    ("configurationBundle", OPTIONAL, &BUNDLE_ACTION),
    ("routeToTarget", OPTIONAL, &ROUTE_ACTION),
]);

static CONDITIONS: Shape = List(&CONDITION, 0, 3);

static ACTIONS: Shape = List(&ACTION, 1, 2);

pub(in crate::services::agentcore) static CREATE_GATEWAY_RULE_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("priority", REQUIRED, &PRIORITY),
    ("conditions", OPTIONAL, &CONDITIONS),
    ("actions", REQUIRED, &ACTIONS),
    ("description", OPTIONAL, &DESCRIPTION),
]);

pub(in crate::services::agentcore) static UPDATE_GATEWAY_RULE_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("ruleId", REQUIRED, &RULE_ID),
    ("priority", OPTIONAL, &PRIORITY),
    ("conditions", OPTIONAL, &CONDITIONS),
    ("actions", OPTIONAL, &ACTIONS),
    ("description", OPTIONAL, &DESCRIPTION),
]);

pub(in crate::services::agentcore) static RULE_ID_REQUEST: Shape =
    Record(&[("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER), ("ruleId", REQUIRED, &RULE_ID)]);

/// Of both rules and rate limits.
pub(in crate::services::agentcore) static LIST_OF_GATEWAY_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("maxResults", OPTIONAL, &QueryInteger(1, 100)),
    ("nextToken", OPTIONAL, &Text(1, 2048, r"\S*")),
]);

static RATE_LIMIT_ID: Shape = Text(2, 64, r"[a-zA-Z0-9][a-zA-Z0-9\-_\.]{0,62}[a-zA-Z0-9]");

static RATE_LIMIT_DESCRIPTION: Shape = Text(0, 512, ANY);

static DIMENSION_KEY: Shape = Text(
    1,
    128,
    r"(targetName|toolName|qualifiedModelId|\$\.context\.iam\.principal|\$\.context\.iam\.sourceIdentity|\$\.context\.jwt\.[a-zA-Z_][a-zA-Z0-9_\-\.]{0,61}[a-zA-Z0-9_]|\$\.context\.request\.header\.[a-zA-Z0-9!#$%&'+\.\^_`|~\-]+|\$\.context\.request\.body\.[a-zA-Z_][a-zA-Z0-9_\-]*(\.[a-zA-Z_][a-zA-Z0-9_\-]*)*)",
);

static RATES: Shape = List(
    &Record(&[
        ("rate", REQUIRED, &Number(0.0, 10_000_000.0)),
        ("period", REQUIRED, &Enum(&["second", "minute"])),
    ]),
    1,
    1,
);

static ENTRY: Shape = Record(&[
    ("dimensions", REQUIRED, &Map(&DIMENSION_KEY, &Text(1, 256, ANY), 1, 10)),
    ("requests", OPTIONAL, &RATES),
    ("tokens", OPTIONAL, &RATES),
    ("connections", OPTIONAL, &RATES),
]);

static ENTRIES: Shape = List(&ENTRY, 1, 1000);

pub(in crate::services::agentcore) static CREATE_GATEWAY_RATE_LIMIT_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("clientToken", OPTIONAL, &CLIENT_TOKEN),
    ("rateLimitId", OPTIONAL, &RATE_LIMIT_ID),
    ("description", OPTIONAL, &RATE_LIMIT_DESCRIPTION),
    ("dimensionKeys", REQUIRED, &List(&DIMENSION_KEY, 1, 10)),
    ("entries", REQUIRED, &ENTRIES),
]);

pub(in crate::services::agentcore) static UPDATE_GATEWAY_RATE_LIMIT_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("rateLimitId", REQUIRED, &RATE_LIMIT_ID),
    ("description", OPTIONAL, &RATE_LIMIT_DESCRIPTION),
    ("entries", REQUIRED, &ENTRIES),
]);

pub(in crate::services::agentcore) static RATE_LIMIT_ID_REQUEST: Shape = Record(&[
    ("gatewayIdentifier", REQUIRED, &GATEWAY_IDENTIFIER),
    ("rateLimitId", REQUIRED, &RATE_LIMIT_ID),
]);
