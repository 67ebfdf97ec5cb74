//! A gateway's rate limits and rules.

use super::super::rules as r;
use super::super::shape::{Default, Key, Kind, Shape};
use super::{optional, or, required, table};

pub(super) static RATE_LIMIT: Shape = table(
    "How much of the gateway those may use whom the dimensions tell apart.",
    &[
        optional(
            "description",
            Kind::Text(&r::RATE_LIMIT_DESCRIPTION),
            "Text shown in the console.",
        ),
        required(
            "dimensions",
            Kind::List(&Kind::Text(&r::DIMENSION), &r::DIMENSIONS),
            "What tells requests apart. Fixed when it is made.",
        ),
        required(
            "entries",
            Kind::List(&Kind::Table(&LIMIT_ENTRY), &r::LIMIT_ENTRIES),
            "The limits, by the dimensions' values.",
        ),
    ],
);

static LIMIT_ENTRY: Shape = table(
    "Limits for some values of the dimensions.",
    &[
        or(
            "match",
            Kind::Named(&r::DIMENSION, &Kind::Text(&r::DIMENSION_VALUE), &r::DIMENSION_VALUES),
            Default::Table,
            "A value by dimension; \"*\", or none, means each value by itself.",
        ),
        optional("requests", Kind::Table(&RATE), "How many requests."),
        optional("tokens", Kind::Table(&RATE), "How many tokens of a model."),
        optional("connections", Kind::Table(&RATE), "How many connections."),
    ],
);

static RATE: Shape = table(
    "How many in which time.",
    &[
        required("rate", Kind::Integer(&r::RATE), "How many; 0 blocks."),
        required("period", Kind::Choice(&["second", "minute"]), "In which time."),
    ],
);

pub(super) static RULE: Shape = table(
    "Where requests go, or which configuration they get.",
    &[
        required(
            "priority",
            Kind::Integer(&r::RULE_PRIORITY),
            "Its place among the gateway's rules; lower numbers come first.",
        ),
        optional("description", Kind::Text(&r::RULE_DESCRIPTION), "Text shown in the console."),
        or(
            "conditions",
            Kind::Table(&CONDITIONS),
            Default::Table,
            "Which requests it is for; all of these must hold.",
        ),
        optional("route", Kind::Table(&ROUTE), "The one target that requests go to."),
        or(
            "weighted",
            Kind::List(&Kind::Table(&WEIGHTED_ROUTE), &r::SPLIT),
            Default::List(&[]),
            "Two targets that share the requests.",
        ),
        optional("bundle", Kind::Table(&BUNDLE), "The configuration bundle that requests get."),
        or(
            "weighted_bundles",
            Kind::List(&Kind::Table(&WEIGHTED_BUNDLE), &r::SPLIT),
            Default::List(&[]),
            "Two configuration bundles that share the requests.",
        ),
    ],
);

static CONDITIONS: Shape = table(
    "Which requests a rule is for.",
    &[
        or(
            "principals",
            Kind::List(&Kind::Text(&r::RULE_PRINCIPAL), &r::RULE_PRINCIPALS),
            Default::List(&[]),
            "IAM users, roles or role sessions, by ARN; * and ? stand for others.",
        ),
        or(
            "paths",
            Kind::List(&Kind::Text(&r::RULE_PATH), &r::RULE_PATHS),
            Default::List(&[]),
            "First parts of paths, such as \"/orders/*\".",
        ),
        or(
            "models",
            Kind::List(&Kind::Text(&r::RULE_MODEL), &r::RULE_PRINCIPALS),
            Default::List(&[]),
            "Models that are asked for; * and ? stand for others.",
        ),
    ],
);

static ROUTE: Shape = table(
    "One target that requests go to.",
    &[
        required("target", Kind::Text(&r::TARGET_NAME), "One of the gateway's targets, by name."),
        optional(
            "model",
            Kind::Text(&r::ROUTE_MODEL),
            "The model that an inference target is asked for.",
        ),
        optional(
            "fallback",
            Kind::Table(&FALLBACK),
            "What an inference target's failure leads to.",
        ),
    ],
);

static WEIGHTED_ROUTE: Shape = table(
    "One of two targets that share the requests.",
    &[
        required("name", Kind::Text(&r::VARIANT_NAME), "What this share is called."),
        required("weight", Kind::Integer(&r::WEIGHT), "Its share; both make 100."),
        required("target", Kind::Text(&r::TARGET_NAME), "One of the gateway's targets, by name."),
        optional(
            "model",
            Kind::Text(&r::ROUTE_MODEL),
            "The model that an inference target is asked for.",
        ),
        optional(
            "fallback",
            Kind::Table(&FALLBACK),
            "What an inference target's failure leads to.",
        ),
        optional("description", Kind::Text(&r::DESCRIPTION), "Text for people."),
        or(
            "metadata",
            Kind::Named(&r::VARIANT_KEY, &Kind::Text(&r::VARIANT_VALUE), &r::VARIANT_METADATA),
            Default::Table,
            "Further texts that this share carries.",
        ),
    ],
);

static BUNDLE: Shape = table(
    "A version of a configuration bundle.",
    &[
        required("arn", Kind::Text(&r::BUNDLE_ARN), "The bundle's ARN."),
        required("version", Kind::Text(&r::BUNDLE_VERSION), "Its version."),
    ],
);

static WEIGHTED_BUNDLE: Shape = table(
    "One of two configuration bundles that share the requests.",
    &[
        required("name", Kind::Text(&r::VARIANT_NAME), "What this share is called."),
        required("weight", Kind::Integer(&r::WEIGHT), "Its share; both make 100."),
        required("arn", Kind::Text(&r::BUNDLE_ARN), "The bundle's ARN."),
        required("version", Kind::Text(&r::BUNDLE_VERSION), "Its version."),
        optional("description", Kind::Text(&r::DESCRIPTION), "Text for people."),
        or(
            "metadata",
            Kind::Named(&r::VARIANT_KEY, &Kind::Text(&r::VARIANT_VALUE), &r::VARIANT_METADATA),
            Default::Table,
            "Further texts that this share carries.",
        ),
    ],
);

static STATUS_CODE: Kind = Kind::Text(&r::STATUS_CODE);

static FAILURE: Kind = Kind::Choice(&ERRORS);

const FAILING_STATUS_CODES: Key = or(
    "status_codes",
    Kind::List(&STATUS_CODE, &r::STATUS_CODES),
    Default::List(&[]),
    "Answers that are failures, such as \"429\" or \"5XX\".",
);

const FAILURES: Key = or(
    "errors",
    Kind::List(&FAILURE, &r::FALLBACK_ERRORS),
    Default::List(&[]),
    "Other failures that count.",
);

const FIRST_BYTE_TIMEOUT: Key = optional(
    "first_byte_timeout_ms",
    Kind::Integer(&r::FIRST_BYTE_TIMEOUT),
    "How long the first byte of an answer may take.",
);

static FALLBACK: Shape = table(
    "Where requests go that a target fails at.",
    &[
        FAILING_STATUS_CODES,
        FAILURES,
        FIRST_BYTE_TIMEOUT,
        optional(
            "circuit_breaker",
            Kind::Boolean,
            "Whether a target that goes on failing is left out for a while.",
        ),
        required(
            "targets",
            Kind::List(&Kind::Table(&FALLBACK_TARGET), &r::FALLBACK_TARGETS),
            "The targets to try then, in this order.",
        ),
    ],
);

static FALLBACK_TARGET: Shape = table(
    "A target to try after another failed.",
    &[
        required("target", Kind::Text(&r::TARGET_NAME), "One of the gateway's targets, by name."),
        optional("model", Kind::Text(&r::ROUTE_MODEL), "The model that it is asked for."),
        FAILING_STATUS_CODES,
        FAILURES,
        FIRST_BYTE_TIMEOUT,
    ],
);

static ERRORS: [&str; 3] = ["connection_error", "first_byte_timeout", "unroutable"];
