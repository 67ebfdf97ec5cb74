//! `[targets.NAME]`: what all types of target have.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::auth::{AUTH, AUTH_WORDS};
use super::http_target::{HTTP_CONNECTOR, INFERENCE, PASSTHROUGH, RUNTIME_TARGET};
use super::mcp_target::{API_GATEWAY, CONNECTOR, LAMBDA, MCP_SERVER};
use super::network::PRIVATE_ENDPOINT;
use super::{optional, or, required, table, with};

pub(super) static TARGET: Shape = Shape {
    doc: "A target of the gateway: what is behind it, and how the gateway signs in there.",
    exactly_one: &[
        "openapi",
        "smithy",
        "lambda",
        "mcp_server",
        "api_gateway",
        "connector",
        "runtime",
        "passthrough",
        "http_connector",
        "inference",
    ],
    instead_of_text: None,
    keys: &[
        optional(
            "gateway",
            Kind::Text(&r::GATEWAY_KEY),
            "One of [gateways], by name; needed where there are several.",
        ),
        optional("openapi", Kind::Text(&r::PATH), "An OpenAPI 3 description, as JSON or YAML."),
        with(
            &["openapi"],
            or(
                "include",
                Kind::List(&Kind::Text(&r::OPERATIONS), &r::OPERATIONS_CHOSEN),
                Default::List(&[]),
                "Which operations become tools; without it all of them.",
            ),
        ),
        with(
            &["openapi"],
            or(
                "exclude",
                Kind::List(&Kind::Text(&r::OPERATIONS), &r::OPERATIONS_CHOSEN),
                Default::List(&[]),
                "Which of these do not.",
            ),
        ),
        with(
            &["openapi"],
            optional(
                "server",
                Kind::Text(&r::HTTPS_URL),
                "Where the API is, instead of what the description says.",
            ),
        ),
        with(
            &["openapi"],
            or(
                "variables",
                Kind::Named(&r::MAP_KEY, &Kind::TextOr(&r::FREE_TEXT, &LOOKUP), &r::ANY_COUNT),
                Default::Table,
                "Values for the variables of the description's server URL.",
            ),
        ),
        optional("smithy", Kind::Text(&r::PATH), "A Smithy model of an AWS service, as JSON."),
        optional("lambda", Kind::Table(&LAMBDA), "A Lambda function that answers the tools."),
        optional("mcp_server", Kind::Table(&MCP_SERVER), "An MCP server behind the gateway."),
        optional("api_gateway", Kind::Table(&API_GATEWAY), "A stage of a REST API."),
        optional("connector", Kind::Table(&CONNECTOR), "A connector of the service, with tools."),
        optional("runtime", Kind::Table(&RUNTIME_TARGET), "An agent runtime, reached by HTTP."),
        optional("passthrough", Kind::Table(&PASSTHROUGH), "An HTTP endpoint, as it is."),
        optional(
            "http_connector",
            Kind::Table(&HTTP_CONNECTOR),
            "A connector of the service, reached by HTTP.",
        ),
        optional("inference", Kind::Table(&INFERENCE), "Models behind the gateway."),
        optional("description", Kind::Text(&r::DESCRIPTION), "Text shown in the console."),
        optional(
            "auth",
            Kind::ChoiceOr(&AUTH_WORDS, &AUTH),
            "How the gateway signs in; without it with its role where the type takes nothing less, else not at all.",
        ),
        or(
            "permissions",
            Kind::List(&Kind::Table(&PERMISSION), &r::PERMISSIONS),
            Default::List(&[]),
            "What else the gateway's role needs for it.",
        ),
        optional(
            "headers",
            Kind::Table(&HEADERS),
            "What passes the gateway beside the call; without it what the target has stays.",
        ),
        optional(
            "private_endpoint",
            Kind::Table(&PRIVATE_ENDPOINT),
            "Reaches the target through a VPC; without it what the target has stays.",
        ),
        optional(
            "certificate",
            Kind::Table(&CERTIFICATE),
            "A certificate that the endpoint is checked with; without it what the target has stays.",
        ),
    ],
};

static LOOKUP: Shape = table(
    "A value that is looked up once and written into the description.",
    &[required("atlassian_tenant", Kind::Text(&r::TENANT), "The cloud id of this Atlassian site.")],
);

pub(super) static PERMISSION: Shape = table(
    "Something that a role may do.",
    &[
        required(
            "actions",
            Kind::List(&Kind::Text(&r::IAM_ACTION), &r::SOME),
            "IAM actions, such as \"s3:ListBucket\".",
        ),
        required("resources", Kind::List(&Kind::Text(&r::IAM_RESOURCE), &r::SOME), "ARNs."),
    ],
);

static HEADERS: Shape = table(
    "What passes the gateway beside the call; an empty list lets nothing pass.",
    &[
        or(
            "request",
            Kind::List(&Kind::Text(&r::HEADER), &r::HEADERS),
            Default::List(&[]),
            "Headers of the caller's request.",
        ),
        or(
            "response",
            Kind::List(&Kind::Text(&r::HEADER), &r::HEADERS),
            Default::List(&[]),
            "Headers of the target's answer.",
        ),
        or(
            "query",
            Kind::List(&Kind::Text(&r::QUERY_PARAMETER), &r::HEADERS),
            Default::List(&[]),
            "Parameters of the caller's query.",
        ),
    ],
);

static CERTIFICATE: Shape = Shape {
    doc: "A certificate in addition to the public ones.",
    exactly_one: &["s3", "secret_arn"],
    instead_of_text: None,
    keys: &[
        optional("s3", Kind::Text(&r::S3_URI), "An object in S3."),
        optional("secret_arn", Kind::Text(&r::SECRET_ARN), "A secret in Secrets Manager."),
    ],
};
