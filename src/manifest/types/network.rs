//! Reaching something through a VPC: a target, an issuer of tokens, an OAuth server.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How `AgentCore` reaches an address that is not on the internet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateEndpoint {
    /// A resource configuration of VPC Lattice that exists already, by id or ARN.
    ResourceConfiguration(String),
    /// Lattice resources that the service makes in a VPC of this account, and removes again.
    Vpc(VpcEndpoint),
}

/// Where in a VPC the service makes its endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The VPC's id.
    pub id: String,
    /// Subnets, by id.
    pub subnets: Vec<String>,
    /// Which addresses the endpoint has.
    pub ip_address_type: AddressType,
    /// Security groups, by id; none means the VPC's own.
    pub security_groups: Vec<String>,
    /// Tags for what the service makes.
    pub tags: BTreeMap<String, String>,
    /// A domain in between that is reached instead of the address itself, such as a load balancer's.
    pub routing_domain: Option<String>,
}

/// Addresses of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AddressType {
    /// Version 4.
    Ipv4,
    /// Version 6.
    Ipv6,
}
