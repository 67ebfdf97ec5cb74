//! `[targets.NAME]`.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::network::PRIVATE_ENDPOINT;
use super::{optional, or, required, table, with};

pub(super) static TARGET: Shape = Shape {
    doc: "A target of the gateway: one source of tools.",
    exactly_one: &["openapi", "lambda"],
    instead_of_text: None,
    keys: &[
        optional(
            "gateway",
            Kind::Text(&r::GATEWAY_KEY),
            "One of [gateways], by name; needed where there are several.",
        ),
        optional("openapi", Kind::Text(&r::PATH), "An OpenAPI 3 description, as JSON."),
        with(
            &["openapi"],
            or(
                "variables",
                Kind::Named(&r::MAP_KEY, &Kind::TextOr(&r::FREE_TEXT, &LOOKUP), &r::ANY_COUNT),
                Default::Table,
                "Values for the variables of the description's server URL.",
            ),
        ),
        optional("lambda", Kind::Table(&LAMBDA), "A Lambda function that answers the tools."),
        optional("description", Kind::Text(&r::DESCRIPTION), "Text shown in the console."),
        optional(
            "auth",
            Kind::Table(&AUTH),
            "How the gateway signs in; without it not at all, or for Lambda with its role.",
        ),
        optional(
            "private_endpoint",
            Kind::Table(&PRIVATE_ENDPOINT),
            "Reaches the target through a VPC; without it what the target has stays.",
        ),
    ],
};

pub(super) static LOOKUP: Shape = table(
    "A value that is looked up once and written into the description.",
    &[required("atlassian_tenant", Kind::Text(&r::TENANT), "The cloud id of this Atlassian site.")],
);

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

pub(super) static AUTH: Shape = table(
    "How the gateway gets a token for the target's API.",
    &[
        required("provider", Kind::Text(&r::PROVIDER_NAME), "One of [providers], by name."),
        required(
            "grant",
            Kind::Choice(&["authorization_code", "client_credentials"]),
            "Each person consents, or the gateway signs in as itself.",
        ),
        or(
            "scopes",
            Kind::List(&Kind::Text(&r::SCOPE), &r::SCOPES),
            Default::List(&[]),
            "Scopes asked for.",
        ),
        or(
            "custom_parameters",
            Kind::Named(&r::MAP_KEY, &Kind::Text(&r::FREE_TEXT), &r::CUSTOM_PARAMETERS),
            Default::Table,
            "Further parameters of the vendor's authorize or token request.",
        ),
    ],
);
