//! `private_endpoint`, of a target, a way in or a provider.

use super::super::rules as r;
use super::super::shape::{Default, Kind, Shape};
use super::{optional, or, required, table};

pub(super) static PRIVATE_ENDPOINT: Shape = Shape {
    doc: "Reaches an address that is not on the internet, through VPC Lattice.",
    exactly_one: &["resource_configuration", "vpc"],
    instead_of_text: None,
    keys: &[
        optional(
            "resource_configuration",
            Kind::Text(&r::RESOURCE_CONFIGURATION),
            "A resource configuration of VPC Lattice that exists already, by id or ARN.",
        ),
        optional(
            "vpc",
            Kind::Table(&VPC),
            "Lattice resources that the service makes in a VPC of this account.",
        ),
    ],
};

static VPC: Shape = table(
    "Where in a VPC the service makes its endpoint.",
    &[
        required("id", Kind::Text(&r::VPC), "The VPC's id."),
        required("subnets", Kind::List(&Kind::Text(&r::SUBNET), &r::SUBNETS), "Subnets, by id."),
        or(
            "ip_address_type",
            Kind::Choice(&["ipv4", "ipv6"]),
            Default::Text("ipv4"),
            "Which addresses the endpoint has.",
        ),
        or(
            "security_groups",
            Kind::List(&Kind::Text(&r::SECURITY_GROUP), &r::ENDPOINT_SECURITY_GROUPS),
            Default::List(&[]),
            "Security groups, by id; none means the VPC's own.",
        ),
        or(
            "tags",
            Kind::Named(&r::TAG_KEY, &Kind::Text(&r::TAG_VALUE), &r::TAGS),
            Default::Table,
            "Tags for what the service makes.",
        ),
        optional(
            "routing_domain",
            Kind::Text(&r::ROUTING_DOMAIN),
            "A domain in between that is reached instead of the address itself, such as a load balancer's.",
        ),
    ],
);
