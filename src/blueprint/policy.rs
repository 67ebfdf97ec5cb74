//! Policy engines, before the gateways that ask them, and their policies, after those gateways' targets.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::target::TargetHandle;
use super::{Blueprint, address};
use crate::manifest::{GatewayPolicy, statement};
use crate::policy::{Statement, grants};
use crate::steps::{gateway, policy_engine, policy_engine_policy};

/// A policy engine in the graph.
pub(super) type Engine = Handle<policy_engine::Outputs>;
/// A gateway with its name, and its targets.
pub(super) type Asking<'a> = (Option<&'a str>, Handle<gateway::Outputs>, Vec<TargetHandle>);

impl Blueprint<'_> {
    pub(super) fn policy_engines(&mut self) -> BTreeMap<String, Engine> {
        let mut engines = BTreeMap::new();
        for (name, wanted) in &self.prepared.manifest.policy_engines {
            let at = address(format!("policy-engine/{name}"));
            let spec = policy_engine::Spec {
                name: policy_engine::name_of(self.naming, name),
                description: wanted.description.clone(),
                kms_key: wanted.kms_key.clone(),
                tags: self.tags(&at),
            };
            let engine = self.graph.add(policy_engine::PolicyEngine, at, spec, (), |()| ());
            engines.insert(name.clone(), engine);
        }
        engines
    }

    /// The policies of all engines. `gateways` are all of the stack.
    pub(super) fn policies(&mut self, engines: &BTreeMap<String, Engine>, gateways: &[Asking<'_>]) {
        let manifest = &self.prepared.manifest;
        for ((engine, name), text) in &self.prepared.statements {
            let Some(handle) = engines.get(engine).copied() else { continue };
            let policy = &manifest.policy_engines[engine].policies[name];
            let spec = policy_engine_policy::Spec {
                name: name.clone(),
                statement: text.clone(),
                language: policy.language,
                description: policy.description.clone(),
                validation: policy.validation,
                enforcement: policy.enforcement,
            };
            let asking = manifest.gateways_of(engine);
            let asking: Vec<_> = gateways.iter().filter(|one| asking.contains(&one.0)).collect();
            let names: Vec<String> =
                asking.iter().map(|(name, _, _)| statement::placeholder(*name)).collect();
            let handles: Vec<_> = asking.iter().map(|(_, gateway, _)| *gateway).collect();
            // A policy is checked against the tools of the gateways that ask its engine.
            let targets: Vec<_> =
                asking.iter().flat_map(|(_, _, targets)| targets.iter().copied()).collect();
            let deps = (handle, handles, targets, construct_engine::Given(names));
            self.graph.add(
                policy_engine_policy::Policy,
                address(policy_engine_policy::address_of(engine, name)),
                spec,
                deps,
                |(engine, gateways, _, names): (_, Vec<gateway::Outputs>, _, Vec<String>)| {
                    let arns = gateways.into_iter().map(|gateway| gateway.arn);
                    policy_engine_policy::Links {
                        engine_id: engine.id,
                        gateways: names.into_iter().zip(arns).collect(),
                    }
                },
            );
        }
    }

    /// What the role of the gateway called `gateway` in the account needs to ask its policy engine.
    pub(super) fn ask_engine(&self, gateway: &str, policy: &GatewayPolicy) -> Statement {
        let engine = match (&policy.engine, &policy.arn) {
            (Some(engine), _) => {
                let name = policy_engine::name_of(self.naming, engine);
                self.naming.arn("bedrock-agentcore", &format!("policy-engine/{name}-*"))
            }
            (None, arn) => arn.clone().unwrap_or_default(),
        };
        grants::ask_policy_engine(self.naming, gateway, &engine)
    }
}
