//! A private endpoint as the API takes it, and as it is compared: targets, ways in and providers have one each.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockagentcorecontrol::types::{
    EndpointIpAddressType, ManagedVpcResource, PrivateEndpoint as Sdk, SelfManagedLatticeResource,
};
use construct_engine::{Change, StepError};

use crate::manifest::{AddressType, PrivateEndpoint};

/// What is sent for `endpoint`.
///
/// # Errors
/// Never for one that a manifest holds.
pub(super) fn to_sdk(endpoint: &PrivateEndpoint) -> Result<Sdk, StepError> {
    let vpc = match endpoint {
        PrivateEndpoint::ResourceConfiguration(identifier) => {
            let identifier = identifier.clone();
            return Ok(Sdk::SelfManagedLatticeResource(
                SelfManagedLatticeResource::ResourceConfigurationIdentifier(identifier),
            ));
        }
        PrivateEndpoint::Vpc(vpc) => vpc,
    };
    let tags = (!vpc.tags.is_empty()).then(|| vpc.tags.clone().into_iter().collect());
    let groups = (!vpc.security_groups.is_empty()).then(|| vpc.security_groups.clone());
    ManagedVpcResource::builder()
        .vpc_identifier(&vpc.id)
        .set_subnet_ids(Some(vpc.subnets.clone()))
        .endpoint_ip_address_type(match vpc.ip_address_type {
            AddressType::Ipv4 => EndpointIpAddressType::Ipv4,
            AddressType::Ipv6 => EndpointIpAddressType::Ipv6,
        })
        .set_security_group_ids(groups)
        .set_tags(tags)
        .set_routing_domain(vpc.routing_domain.clone())
        .build()
        .map(Sdk::ManagedVpcResource)
        .map_err(|error| StepError::bug(error.to_string()))
}

/// The change from the endpoint that is there; none when nothing is `wanted`, which leaves it as it is.
pub(super) fn change(wanted: Option<&PrivateEndpoint>, live: Option<&Sdk>) -> Option<Change> {
    between(live, to_sdk(wanted?).ok().as_ref())
}

/// The change from one endpoint to another.
pub(super) fn between(before: Option<&Sdk>, after: Option<&Sdk>) -> Option<Change> {
    let before = before.map(shown).unwrap_or_default();
    let after = after.map(shown).unwrap_or_default();
    (before != after).then(|| Change::new("privateEndpoint", before, after))
}

/// In one line and one order, whatever order the service answers in.
fn shown(endpoint: &Sdk) -> String {
    match endpoint {
        Sdk::SelfManagedLatticeResource(
            SelfManagedLatticeResource::ResourceConfigurationIdentifier(identifier),
        ) => identifier.clone(),
        Sdk::ManagedVpcResource(vpc) => {
            let sorted = |ids: &[String]| {
                let sorted: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
                sorted.into_iter().collect::<Vec<_>>().join(",")
            };
            let tags: BTreeMap<_, _> = vpc.tags.iter().flatten().collect();
            let tags: Vec<String> =
                tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
            let parts = [
                ("subnets", sorted(&vpc.subnet_ids)),
                ("groups", sorted(vpc.security_group_ids())),
                ("tags", tags.join(",")),
                ("domain", vpc.routing_domain.clone().unwrap_or_default()),
            ];
            let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
            let parts = parts.map(|(name, value)| format!("{name} {value}"));
            let vpc = format!("{} {}", vpc.vpc_identifier, vpc.endpoint_ip_address_type);
            std::iter::once(vpc).chain(parts).collect::<Vec<_>>().join(", ")
        }
        _ => "an endpoint unknown to this version".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::manifest::VpcEndpoint;

    fn vpc(subnets: &[&str]) -> PrivateEndpoint {
        PrivateEndpoint::Vpc(VpcEndpoint {
            id: "vpc-0123456789abcdef0".into(),
            subnets: subnets.iter().map(|id| (*id).to_owned()).collect(),
            ip_address_type: AddressType::Ipv4,
            security_groups: vec!["sg-01234567".into()],
            tags: BTreeMap::from([("team".into(), "a".into())]),
            routing_domain: Some("api.example.com".into()),
        })
    }

    #[test]
    fn what_was_sent_is_the_same_in_any_order() {
        let (one, turned) = (vpc(&["subnet-a", "subnet-b"]), vpc(&["subnet-b", "subnet-a"]));
        let live = to_sdk(&one).unwrap();
        assert_eq!(change(Some(&turned), Some(&live)), None);
        assert_eq!(change(None, Some(&live)), None, "what is not spoken of stays");
        let other = change(Some(&vpc(&["subnet-a"])), Some(&live)).unwrap();
        assert_eq!(other.field, "privateEndpoint");
        assert!(other.before.contains("subnet-b") && !other.after.contains("subnet-b"));
    }

    #[test]
    fn a_lattice_resource_is_its_identifier() {
        let wanted = PrivateEndpoint::ResourceConfiguration("rcfg-0123456789abcdef0".into());
        let live = to_sdk(&wanted).unwrap();
        assert_eq!(change(Some(&wanted), Some(&live)), None);
        let made = change(Some(&wanted), None).unwrap();
        assert_eq!((made.before.as_str(), made.after.as_str()), ("", "rcfg-0123456789abcdef0"));
    }
}
