//! Types of target that are reached by a path of the gateway: HTTP and inference.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, required, table};

pub(super) static RUNTIME_TARGET: Shape = Shape {
    doc: "An agent runtime, reached by HTTP.",
    exactly_one: &["runtime", "arn"],
    instead_of_text: None,
    keys: &[
        optional("runtime", Kind::Text(&r::RUNTIME_KEY), "One of [runtimes], by name."),
        optional("arn", Kind::Text(&r::RUNTIME_ARN), "A runtime that exists already."),
        optional("qualifier", Kind::Text(&r::QUALIFIER), "One of its endpoints."),
        optional("schema", Kind::Text(&r::PATH), "A description of what it offers, as JSON."),
    ],
};

pub(super) static PASSTHROUGH: Shape = table(
    "An HTTP endpoint that requests are passed on to.",
    &[
        required("endpoint", Kind::Text(&r::HTTP_ENDPOINT), "Where requests go."),
        required(
            "protocol",
            Kind::Choice(&["mcp", "a2a", "inference", "custom"]),
            "What is spoken there.",
        ),
        optional("schema", Kind::Text(&r::PATH), "A description of what it offers, as JSON."),
        optional(
            "stickiness",
            Kind::Table(&STICKINESS),
            "Keeps a caller at one of several servers.",
        ),
        or(
            "query",
            Kind::Named(&r::QUERY_NAME, &Kind::Text(&r::QUERY_VALUE), &r::ANY_COUNT),
            Default::Table,
            "Parameters that are added to every query.",
        ),
        optional(
            "query_conflict",
            Kind::Choice(&["client", "static"]),
            "Who wins where the caller has the same parameter.",
        ),
    ],
);

static STICKINESS: Shape = table(
    "How a caller is kept at one of several servers.",
    &[
        required("identifier", Kind::Text(&r::STICKINESS), "What tells callers apart."),
        optional("timeout_seconds", Kind::Integer(&r::STICKINESS_TIMEOUT), "For how long."),
        or(
            "composite",
            Kind::List(&Kind::Text(&r::STICKINESS), &r::COMPOSITE),
            Default::List(&[]),
            "What tells them apart together with it.",
        ),
    ],
);

pub(super) static HTTP_CONNECTOR: Shape = table(
    "A connector of the service's own, reached by HTTP.",
    &[
        required("id", Kind::Text(&r::CONNECTOR_ID), "Which."),
        or(
            "parameters",
            Kind::Named(
                &r::CONNECTOR_PARAMETER,
                &Kind::Text(&r::CONNECTOR_VALUE),
                &r::CONNECTOR_PARAMETERS,
            ),
            Default::Table,
            "Its parameters.",
        ),
    ],
);

pub(super) static INFERENCE: Shape = Shape {
    doc: "Models behind the gateway.",
    exactly_one: &["connector", "provider"],
    instead_of_text: None,
    keys: &[
        optional(
            "connector",
            Kind::Text(&r::CONNECTOR_ID),
            "A connector of the service's own, such as \"bedrock-mantle\".",
        ),
        optional("provider", Kind::Table(&INFERENCE_PROVIDER), "Any server of models."),
    ],
};

static INFERENCE_PROVIDER: Shape = table(
    "A server of models.",
    &[
        required("endpoint", Kind::Text(&r::HTTP_ENDPOINT), "Where it is."),
        optional(
            "prefix",
            Kind::Table(&PREFIX),
            "How the provider stands in front of a model's name.",
        ),
        or(
            "operations",
            Kind::List(&Kind::Table(&OPERATION), &r::INFERENCE_OPERATIONS),
            Default::List(&[]),
            "What is passed on; empty means all that the service knows.",
        ),
    ],
);

static PREFIX: Shape = table(
    "How the provider stands in front of a model's name.",
    &[
        or(
            "strip",
            Kind::Boolean,
            Default::Boolean(false),
            "Whether callers may leave it out: the gateway then puts it there.",
        ),
        or(
            "separator",
            Kind::Text(&r::SEPARATOR),
            Default::Text("."),
            "The character between it and the model.",
        ),
    ],
);

static OPERATION: Shape = table(
    "One path of a server of models.",
    &[
        required("path", Kind::Text(&r::INFERENCE_PATH), "The gateway's path."),
        optional("provider_path", Kind::Text(&r::INFERENCE_PATH), "The server's, if another."),
        or(
            "models",
            Kind::List(&Kind::Text(&r::MODEL_PATTERN), &r::MODELS),
            Default::List(&[]),
            "Models that it takes; empty means all.",
        ),
    ],
);
