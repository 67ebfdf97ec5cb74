//! Rate limits and rules of one gateway; rules after the targets that they name.

use std::collections::BTreeMap;

use super::gateway::GatewayParts;
use super::target::TargetHandle;
use super::{Blueprint, address};
use crate::steps::{gateway_rate_limit, gateway_rule};

impl Blueprint<'_> {
    pub(super) fn rate_limits(&mut self, gateway: &GatewayParts<'_>) {
        for (name, wanted) in &gateway.place.wanted.rate_limits {
            let at =
                gateway_rate_limit::address_of(&gateway.place.at("gateway"), "rate-limit", name);
            let spec = gateway_rate_limit::Spec {
                id: format!("{}-{name}", self.naming.stack),
                description: wanted.description.clone(),
                dimensions: wanted.dimensions.clone(),
                entries: wanted.entries.clone(),
            };
            self.graph.add(
                gateway_rate_limit::RateLimit,
                address(at),
                spec,
                gateway.gateway,
                |gateway| gateway_rate_limit::Links { gateway_id: gateway.id },
            );
        }
    }

    pub(super) fn rules(
        &mut self,
        gateway: &GatewayParts<'_>,
        targets: &BTreeMap<String, TargetHandle>,
    ) {
        for (name, wanted) in &gateway.place.wanted.rules {
            let at = gateway_rate_limit::address_of(&gateway.place.at("gateway"), "rule", name);
            let named = wanted.targets();
            let named: Vec<TargetHandle> =
                named.iter().filter_map(|(_, target)| targets.get(*target).copied()).collect();
            let spec = gateway_rule::Spec {
                address: at.clone(),
                priority: wanted.priority,
                description: wanted.description.clone(),
                conditions: wanted.conditions.clone(),
                content: gateway_rule::Content {
                    route: wanted.route.clone(),
                    weighted: wanted.weighted.clone(),
                    bundle: wanted.bundle.clone(),
                    weighted_bundles: wanted.weighted_bundles.clone(),
                },
            };
            let deps = (gateway.gateway, named);
            self.graph.add(gateway_rule::Rule, address(at), spec, deps, |(gateway, _)| {
                gateway_rule::Links { gateway_id: gateway.id }
            });
        }
    }
}
