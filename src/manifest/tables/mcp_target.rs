//! Types of target whose tools join the gateway's own list.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, required, table, with};

static METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

pub(super) static LAMBDA: Shape = Shape {
    doc: "A Lambda function that answers the tools.",
    exactly_one: &["function", "arn"],
    instead_of_text: None,
    keys: &[
        optional("function", Kind::Text(&r::FUNCTION_NAME), "One of [functions], by name."),
        optional("arn", Kind::Text(&r::FUNCTION_ARN), "A function that exists already."),
        required("tools", Kind::Text(&r::PATH), "JSON file with the tools' schemas."),
    ],
};

pub(super) static MCP_SERVER: Shape = Shape {
    doc: "An MCP server behind the gateway.",
    exactly_one: &["endpoint", "runtime"],
    instead_of_text: None,
    keys: &[
        optional("endpoint", Kind::Text(&r::HTTPS_URL), "The server's URL."),
        optional("runtime", Kind::Text(&r::RUNTIME_KEY), "One of [runtimes], by name."),
        with(
            &["runtime"],
            optional(
                "qualifier",
                Kind::Text(&r::QUALIFIER),
                "An endpoint of the runtime; without it DEFAULT.",
            ),
        ),
        or(
            "listing",
            Kind::Choice(&["default", "dynamic"]),
            Default::Text("default"),
            "Whether tools are asked for when the target changes, or whenever a caller asks.",
        ),
        optional(
            "tools",
            Kind::Text(&r::PATH),
            "JSON file with the server's tools, which are then not asked for.",
        ),
        optional(
            "resource_priority",
            Kind::Integer(&r::RESOURCE_PRIORITY),
            "Who wins where two servers have a resource of the same URI.",
        ),
    ],
};

pub(super) static API_GATEWAY: Shape = table(
    "A stage of a REST API in API Gateway.",
    &[
        required("rest_api", Kind::Text(&r::REST_API), "The API's id."),
        required("stage", Kind::Text(&r::STAGE_NAME), "The stage's name."),
        required(
            "tools",
            Kind::List(&Kind::Table(&TOOL_FILTER), &r::SOME),
            "Which methods become tools.",
        ),
        or(
            "overrides",
            Kind::List(&Kind::Table(&TOOL_OVERRIDE), &r::ANY_COUNT),
            Default::List(&[]),
            "Names and descriptions for some of them.",
        ),
    ],
);

static TOOL_FILTER: Shape = table(
    "Methods of a path that become tools.",
    &[
        required("path", Kind::Text(&r::RESOURCE_PATH), "The resource's path."),
        required("methods", Kind::List(&Kind::Choice(&METHODS), &r::SOME), "HTTP methods."),
    ],
);

static TOOL_OVERRIDE: Shape = table(
    "The name of one method as a tool.",
    &[
        required("name", Kind::Text(&r::TOOL_NAME), "The tool's name."),
        required("path", Kind::Text(&r::RESOURCE_PATH), "The resource's path."),
        required("method", Kind::Choice(&METHODS), "The HTTP method."),
        optional("description", Kind::Text(&r::FREE_TEXT), "What the tool does."),
    ],
);

pub(super) static CONNECTOR: Shape = table(
    "A connector of the service's own, with tools.",
    &[
        required("id", Kind::Text(&r::CONNECTOR_ID), "Which, such as \"web-search\"."),
        optional("version", Kind::Text(&r::CONNECTOR_VERSION), "Its version, such as \"1.2.0\"."),
        or(
            "enabled",
            Kind::List(&Kind::Text(&r::TOOL_NAME), &r::ENABLED_TOOLS),
            Default::List(&[]),
            "The tools that are offered; empty means the connector's own choice.",
        ),
        or(
            "configurations",
            Kind::List(&Kind::Table(&CONFIGURATION), &r::ANY_COUNT),
            Default::List(&[]),
            "Settings of its tools.",
        ),
    ],
);

static CONFIGURATION: Shape = table(
    "Settings of one tool of a connector.",
    &[
        required("name", Kind::Text(&r::CONNECTOR_TOOL), "The tool."),
        optional("description", Kind::Text(&r::CONNECTOR_DESCRIPTION), "What it does."),
        optional("parameters", Kind::Json, "Values of its parameters."),
        or(
            "overrides",
            Kind::List(&Kind::Table(&PARAMETER_OVERRIDE), &r::ANY_COUNT),
            Default::List(&[]),
            "What callers see of its parameters.",
        ),
    ],
);

static PARAMETER_OVERRIDE: Shape = table(
    "What callers see of one parameter.",
    &[
        required("path", Kind::Text(&r::FREE_TEXT), "The parameter, as a JSON path."),
        optional("description", Kind::Text(&r::FREE_TEXT), "What it is."),
        optional("visible", Kind::Boolean, "Whether callers see it."),
    ],
);
