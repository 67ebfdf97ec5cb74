//! Targets of one gateway, each after what the gateway's role must be allowed for it.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Given, Handle};

use super::gateway::{GatewayParts, consent_return_url};
use super::provider::Provider;
use super::{Blueprint, RolePolicy, address};
use crate::manifest::{Grant, LambdaSource, Target, TargetKind};
use crate::policy::grants;
use crate::steps::{gateway_target, lambda_function};

type Function = Handle<lambda_function::Outputs>;

impl Blueprint<'_> {
    pub(super) fn targets(
        &mut self,
        gateway: &GatewayParts<'_>,
        providers: &BTreeMap<String, Provider>,
        functions: &BTreeMap<String, Function>,
    ) {
        let permitted = self.provider_grants(gateway, providers);
        for (name, target) in self.prepared.manifest.targets_of(gateway.place.name) {
            let provider = target.auth.as_ref().and_then(|auth| {
                Some((*providers.get(&auth.provider)?, *permitted.get(auth.provider.as_str())?))
            });
            let function = match &target.kind {
                TargetKind::Lambda { source: LambdaSource::Function(function), .. } => {
                    functions.get(function).copied()
                }
                _ => None,
            };
            self.target(gateway, (name, target), provider, function);
        }
    }

    /// What the gateway's role may get from each provider that its targets sign in with.
    fn provider_grants<'p>(
        &mut self,
        gateway: &GatewayParts<'_>,
        providers: &'p BTreeMap<String, Provider>,
    ) -> BTreeMap<&'p str, RolePolicy> {
        let mut made = BTreeMap::new();
        for (name, handle) in providers {
            let targets = self.prepared.manifest.targets_of(gateway.place.name);
            let auths = targets.filter_map(|(_, target)| target.auth.as_ref());
            let grants: BTreeSet<Grant> =
                auths.filter(|auth| &auth.provider == name).map(|auth| auth.grant).collect();
            if grants.is_empty() {
                continue;
            }
            let statement = grants::get_oauth2_token(
                self.naming,
                &gateway.name,
                &self.provider_name(name),
                &grants,
            );
            let purpose = format!("provider-{name}");
            let policy = self.grant(gateway, &purpose, vec![statement], vec![*handle]);
            made.insert(name.as_str(), policy);
        }
        made
    }

    fn target(
        &mut self,
        gateway: &GatewayParts<'_>,
        (name, target): (&str, &Target),
        provider: Option<(Provider, RolePolicy)>,
        function: Option<Function>,
    ) {
        let tools = &self.prepared.tools[name];
        let payload =
            gateway_target::Payload { digest: tools.digest.clone(), text: tools.text.clone() };
        let (invoke, tools) = match &target.kind {
            TargetKind::OpenApi { .. } => (None, gateway_target::TargetTools::OpenApi(payload)),
            TargetKind::Lambda { source, .. } => {
                let invoke = self.invoke(gateway, name, source);
                (Some(invoke), gateway_target::TargetTools::Lambda(payload))
            }
        };
        let spec = gateway_target::Spec {
            name: name.to_owned(),
            description: target.description.clone(),
            tools,
            credential: match &target.auth {
                None if matches!(target.kind, TargetKind::OpenApi { .. }) => {
                    gateway_target::Credential::None
                }
                None => gateway_target::Credential::GatewayRole,
                Some(auth) => gateway_target::Credential::OAuth {
                    grant: auth.grant,
                    scopes: auth.scopes.clone(),
                    custom_parameters: auth.custom_parameters.clone(),
                },
            },
            private_endpoint: target.private_endpoint.clone(),
        };
        let consents =
            target.auth.as_ref().is_some_and(|auth| auth.grant == Grant::AuthorizationCode);
        let foreign_function = Given(match &target.kind {
            TargetKind::Lambda { source: LambdaSource::Arn(arn), .. } => Some(arn.clone()),
            TargetKind::Lambda { .. } | TargetKind::OpenApi { .. } => None,
        });
        // The role's permissions come first: the service checks them when the target is made.
        let deps = (
            gateway.gateway,
            consents.then_some(gateway.api),
            provider,
            function,
            foreign_function,
            invoke,
        );
        self.graph.add(
            gateway_target::GatewayTarget,
            address(format!("target/{name}")),
            spec,
            deps,
            |(gateway, api, provider, function, arn, _)| gateway_target::Links {
                gateway_id: gateway.id,
                function_arn: function.map(|function| function.arn).or(arn),
                return_url: api.as_ref().map(consent_return_url),
                provider_arn: provider.map(|(provider, _)| provider.arn),
            },
        );
    }

    /// The gateway's permission to call a target's function, on the ARN that the function has or will have.
    fn invoke(
        &mut self,
        gateway: &GatewayParts<'_>,
        target: &str,
        source: &LambdaSource,
    ) -> RolePolicy {
        let arn = match source {
            LambdaSource::Function(name) => {
                self.naming.arn("lambda", &format!("function:{}", self.function_name(name)))
            }
            LambdaSource::Arn(arn) => arn.clone(),
        };
        let purpose = format!("target-{target}");
        self.grant(gateway, &purpose, vec![grants::invoke_function(&arn)], Vec::new())
    }
}
