//! `auth` of a target.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, required, with};

/// The forms of `auth` that need no table.
pub(super) static AUTH_WORDS: [&str; 4] = ["none", "gateway_role", "caller_iam", "jwt_passthrough"];

pub(super) static AUTH: Shape = Shape {
    doc: "How the gateway signs in to what is behind the target.",
    exactly_one: &["grant", "location", "service"],
    instead_of_text: None,
    keys: &[
        with(
            &["grant", "location"],
            required("provider", Kind::Text(&r::PROVIDER_NAME), "One of [providers], by name."),
        ),
        optional(
            "grant",
            Kind::Choice(&["authorization_code", "client_credentials", "token_exchange"]),
            "Each person consents, the gateway signs in as itself, or the caller's token is exchanged.",
        ),
        with(
            &["grant"],
            or(
                "scopes",
                Kind::List(&Kind::Text(&r::SCOPE), &r::SCOPES),
                Default::List(&[]),
                "Scopes asked for.",
            ),
        ),
        with(
            &["grant"],
            or(
                "custom_parameters",
                Kind::Named(&r::MAP_KEY, &Kind::Text(&r::CUSTOM_PARAMETER), &r::CUSTOM_PARAMETERS),
                Default::Table,
                "Further parameters of the vendor's authorize or token request.",
            ),
        ),
        with(
            &["grant"],
            optional(
                "return_url",
                Kind::Text(&r::RETURN_URL),
                "Where a consent returns to; without it the front's callback.",
            ),
        ),
        optional(
            "location",
            Kind::Choice(&["header", "query"]),
            "Where in a request the provider's API key goes.",
        ),
        with(
            &["location"],
            optional(
                "name",
                Kind::Text(&r::KEY_PARAMETER),
                "Name of the header or the parameter, such as \"Authorization\".",
            ),
        ),
        with(
            &["location"],
            optional(
                "prefix",
                Kind::Text(&r::KEY_PREFIX),
                "What stands before the key, such as \"Bearer \" with its space.",
            ),
        ),
        optional(
            "service",
            Kind::Text(&r::SIGNING_SERVICE),
            "The service that the gateway's role signs for, such as \"execute-api\".",
        ),
        with(
            &["service"],
            optional(
                "region",
                Kind::Text(&r::REGION),
                "The Region that is signed for; without it the gateway's own.",
            ),
        ),
    ],
};
