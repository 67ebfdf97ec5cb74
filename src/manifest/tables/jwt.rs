//! `jwt`: a table that gateways have.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::network::PRIVATE_ENDPOINT;
use super::{optional, or, required, table};

pub(super) static JWT: Shape = table(
    "Whose tokens are taken, and what they must say.",
    &[
        required(
            "discovery_url",
            Kind::Text(&r::DISCOVERY_URL),
            "The issuer's OpenID Connect or OAuth discovery document.",
        ),
        or(
            "audiences",
            Kind::List(&Kind::Text(&r::AUDIENCE), &r::ANY_COUNT),
            Default::List(&[]),
            "Audiences of which a token must have one.",
        ),
        or(
            "clients",
            Kind::List(&Kind::Text(&r::JWT_CLIENT), &r::ANY_COUNT),
            Default::List(&[]),
            "Client ids of which a token must have one.",
        ),
        or(
            "scopes",
            Kind::List(&Kind::Text(&r::INBOUND_SCOPE), &r::ANY_COUNT),
            Default::List(&[]),
            "Scopes of which a token must have one.",
        ),
        or(
            "advertised_scopes",
            Kind::Named(&r::INBOUND_SCOPE, &Kind::Text(&r::INBOUND_SCOPE), &r::ADVERTISED_SCOPES),
            Default::Table,
            "What clients are told to ask for in place of one of `scopes`.",
        ),
        or(
            "claims",
            Kind::List(&Kind::Table(&CLAIM), &r::ANY_COUNT),
            Default::List(&[]),
            "Further claims that a token must have.",
        ),
        optional(
            "private_endpoint",
            Kind::Table(&PRIVATE_ENDPOINT),
            "How an issuer is reached that is not on the internet.",
        ),
    ],
);

static CLAIM: Shape = Shape {
    doc: "A claim that a token must have.",
    exactly_one: &["value", "values"],
    instead_of_text: None,
    keys: &[
        required("name", Kind::Text(&r::INBOUND_CLAIM), "The claim's name."),
        required("type", Kind::Choice(&["string", "string_array"]), "What the claim holds."),
        required(
            "operator",
            Kind::Choice(&["equals", "contains", "contains_any"]),
            "How it is compared: equals for a text, the others for a list.",
        ),
        optional("value", Kind::Text(&r::CLAIM_VALUE), "What it must be, or contain."),
        optional(
            "values",
            Kind::List(&Kind::Text(&r::CLAIM_VALUE), &r::CLAIM_VALUES),
            "What it must contain one of.",
        ),
    ],
};
