//! Rules of what is reached through a VPC.

use super::forms::{has_no_space, is_alphanumeric_with};
use super::{CountRule, MODEL, TextRule, rule};

/// Whether `text` is `prefix` and a number of letters and digits that `lengths` allow.
fn is_id(text: &str, prefix: &str, lengths: std::ops::RangeInclusive<usize>, upper: bool) -> bool {
    text.strip_prefix(prefix).is_some_and(|id| {
        lengths.contains(&id.len())
            && is_alphanumeric_with(id, "")
            && (upper || !id.contains(|letter: char| letter.is_ascii_uppercase()))
    })
}

/// Eight or seventeen digits, as ids of EC2 have.
fn is_ec2_id(text: &str, prefix: &str) -> bool {
    is_id(text, prefix, 8..=8, false) || is_id(text, prefix, 17..=17, false)
}

fn is_resource_configuration(text: &str) -> bool {
    let id = |id: &str| is_id(id, "rcfg-", 17..=17, false);
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        [one] => id(one),
        ["arn", partition, "vpc-lattice", region, account, resource] => {
            !partition.is_empty()
                && is_alphanumeric_with(partition, "-")
                && !region.is_empty()
                && is_alphanumeric_with(region, "-")
                && account.len() == 12
                && account.bytes().all(|digit| digit.is_ascii_digit())
                && resource.strip_prefix("resourceconfiguration/").is_some_and(id)
        }
        _ => false,
    }
}

/// A resource configuration of VPC Lattice.
pub static RESOURCE_CONFIGURATION: TextRule = TextRule {
    rule: rule("private-endpoint-resource-configuration", MODEL),
    what: "a resource configuration of VPC Lattice",
    minimum: 20,
    maximum: 2048,
    pattern: Some(
        "^(rcfg-[0-9a-z]{17}|arn:[a-z0-9-]+:vpc-lattice:[a-zA-Z0-9-]+:[0-9]{12}:resourceconfiguration/rcfg-[0-9a-z]{17})$",
    ),
    accepts: is_resource_configuration,
    form: "write its id, such as \"rcfg-0123456789abcdef0\", or its ARN",
};

/// The id of a VPC.
pub static VPC: TextRule = TextRule {
    rule: rule("private-endpoint-vpc", MODEL),
    what: "a VPC id",
    minimum: 12,
    maximum: 21,
    pattern: Some("^vpc-([0-9a-z]{8}|[0-9a-z]{17})$"),
    accepts: |text| is_ec2_id(text, "vpc-"),
    form: "write the id, such as \"vpc-0123456789abcdef0\"",
};

/// The id of a subnet.
pub static SUBNET: TextRule = TextRule {
    rule: rule("private-endpoint-subnet", MODEL),
    what: "a subnet id",
    minimum: 15,
    maximum: 24,
    pattern: Some("^subnet-[0-9a-zA-Z]{8,17}$"),
    accepts: |text| is_id(text, "subnet-", 8..=17, true),
    form: "write the id, such as \"subnet-0123456789abcdef0\"",
};

/// Subnets of one endpoint; the model asks for the list and names no limit.
pub static SUBNETS: CountRule =
    CountRule { rule: rule("private-endpoint-subnet-count", MODEL), minimum: 1, maximum: 100 };

/// The id of a security group.
pub static SECURITY_GROUP: TextRule = TextRule {
    rule: rule("private-endpoint-security-group", MODEL),
    what: "a security group id",
    minimum: 11,
    maximum: 20,
    pattern: Some("^sg-([0-9a-z]{8}|[0-9a-z]{17})$"),
    accepts: |text| is_ec2_id(text, "sg-"),
    form: "write the id, such as \"sg-0123456789abcdef0\"",
};

/// Security groups of one endpoint.
pub static ENDPOINT_SECURITY_GROUPS: CountRule = CountRule {
    rule: rule("private-endpoint-security-group-count", MODEL),
    minimum: 0,
    maximum: 5,
};

/// The domain that requests are routed by.
pub static ROUTING_DOMAIN: TextRule = TextRule {
    rule: rule("private-endpoint-routing-domain", MODEL),
    what: "a routing domain",
    minimum: 3,
    maximum: 255,
    pattern: Some(r"^\S+$"),
    accepts: has_no_space,
    form: "write a domain name, such as \"api.example.com\"",
};
