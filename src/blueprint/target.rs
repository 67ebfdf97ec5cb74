//! Targets of one gateway, each after what the gateway's role must be allowed for it.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Given, Handle};

use super::gateway::{GatewayParts, consent_return_url};
use super::provider::Provider;
use super::runtime::RuntimeParts;
use super::schema::StoredObject;
use super::{Blueprint, RolePolicy, address};
use crate::manifest::{
    Auth, Grant, LambdaSource, LambdaTarget, Listing, McpEndpoint, McpServer, RuntimeSource,
    RuntimeTarget, Target, TargetKind,
};
use crate::policy::grants;
use crate::steps::gateway_target::{Credential, McpServerSpec, Payload, TargetTools};
use crate::steps::{consent_portal, gateway_target, lambda_function, s3_object};

type Function = Handle<lambda_function::Outputs>;
/// A target in the graph.
pub(super) type TargetHandle = Handle<gateway_target::Outputs>;

/// What targets are made from, by the names in the manifest.
#[derive(Clone, Copy)]
pub(super) struct Sources<'s> {
    pub(super) providers: &'s BTreeMap<String, Provider>,
    pub(super) functions: &'s BTreeMap<String, Function>,
    pub(super) schemas: &'s BTreeMap<String, StoredObject>,
    pub(super) runtimes: &'s BTreeMap<String, RuntimeParts>,
}

/// Nodes that a target is made after.
struct Behind {
    provider: Option<(Provider, RolePolicy)>,
    function: Option<Function>,
    runtime: Option<RuntimeParts>,
    schema: Option<StoredObject>,
}

impl Blueprint<'_> {
    pub(super) fn targets(
        &mut self,
        gateway: &GatewayParts<'_>,
        Sources { providers, functions, schemas, runtimes }: Sources<'_>,
    ) -> BTreeMap<String, TargetHandle> {
        let mut made = BTreeMap::new();
        let permitted = self.provider_grants(gateway, providers);
        for (name, target) in self.prepared.manifest.targets_of(gateway.place.name) {
            let provider = target.auth.as_ref().and_then(|auth| {
                let provider = auth.provider()?;
                Some((*providers.get(provider)?, *permitted.get(provider)?))
            });
            let function = match &target.kind {
                TargetKind::Lambda(LambdaTarget {
                    source: LambdaSource::Function(function),
                    ..
                }) => functions.get(function).copied(),
                _ => None,
            };
            let runtime = target.runtime().and_then(|(_, name)| runtimes.get(name).cloned());
            let schema = schemas.get(name).copied();
            let behind = Behind { provider, function, runtime, schema };
            let handle = self.target(gateway, (name, target), behind);
            made.insert(name.to_owned(), handle);
        }
        made
    }

    /// What the gateway's role may get from each provider that its targets sign in with.
    fn provider_grants<'p>(
        &mut self,
        gateway: &GatewayParts<'_>,
        providers: &'p BTreeMap<String, Provider>,
    ) -> BTreeMap<&'p str, RolePolicy> {
        let mut made = BTreeMap::new();
        for (name, handle) in providers {
            let targets: Vec<&Target> = self
                .prepared
                .manifest
                .targets_of(gateway.place.name)
                .map(|(_, target)| target)
                .filter(|target| target.signs_in().provider() == Some(name))
                .collect();
            if targets.is_empty() {
                continue;
            }
            let arn = self.provider_arn(name);
            let uses: BTreeSet<grants::TokenUse> =
                targets.into_iter().filter_map(token_use).collect();
            let statement = if uses.is_empty() {
                grants::get_api_key(self.naming, &gateway.name, &arn)
            } else {
                grants::get_oauth2_token(self.naming, &gateway.name, &arn, &uses)
            };
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
        Behind { provider, function, runtime, schema }: Behind,
    ) -> TargetHandle {
        let statements = self.target_statements(name, target);
        let purpose = format!("target-{name}");
        let granted =
            (!statements.is_empty()).then(|| self.grant(gateway, &purpose, statements, Vec::new()));
        let auth = target.signs_in();
        let spec = gateway_target::Spec {
            name: name.to_owned(),
            gateway: gateway.name.clone(),
            description: target.description.clone(),
            tools: self.tools(name, target),
            credential: credential(&auth),
            private_endpoint: target.private_endpoint.clone(),
            headers: target.headers.clone(),
            certificate: target.certificate.clone(),
            read_again: self.prepared.read_again.contains(name),
        };
        let given = Given(GivenLinks::of(target, &auth));
        let consents = auth.grant() == Some(Grant::AuthorizationCode);
        // An endpoint that the target calls is made before it, and goes after it.
        let runtime = runtime.map(|parts| (parts.runtime, parts.endpoints));
        let answers = (function, runtime);
        // The role's permissions come first: the service checks them when the target is made.
        let back = consents.then_some((gateway.door, gateway.portal));
        let deps = (gateway.gateway, back, provider, answers, (granted, schema), given);
        self.graph.add(
            gateway_target::GatewayTarget,
            address(format!("target/{name}")),
            spec,
            deps,
            |(gateway, back, provider, (function, runtime), (_, schema), given): (
                _,
                _,
                _,
                _,
                (_, Option<s3_object::Outputs>),
                GivenLinks,
            )| {
                let (base, portal) = back.unwrap_or_default();
                let page =
                    portal.map(|portal: consent_portal::Outputs| portal.consent_return_url());
                let return_url = page.or(base.as_deref().map(consent_return_url));
                let runtime_arn = runtime.map(|(runtime, _)| runtime.arn);
                gateway_target::Links {
                    gateway_id: gateway.id,
                    function_arn: function.map(|function| function.arn).or(given.function_arn),
                    runtime_arn: runtime_arn.or(given.runtime_arn),
                    schema_uri: schema.map(|object| object.uri),
                    return_url: given.return_url.or(return_url),
                    provider_arn: provider.map(|(provider, _)| provider.arn),
                }
            },
        )
    }

    /// What is behind the target called `name`, with the document that was read for it.
    fn tools(&self, name: &str, target: &Target) -> TargetTools {
        let document = self.prepared.tools.get(name).map(|tools| Payload {
            digest: tools.digest.clone(),
            in_bucket: tools.is_large(),
            text: tools.text.clone(),
        });
        let needed =
            || document.clone().expect("what names a file is read before the graph is laid out");
        match &target.kind {
            TargetKind::OpenApi(_) => TargetTools::OpenApi(needed()),
            TargetKind::Smithy(_) => TargetTools::Smithy(needed()),
            TargetKind::Lambda(_) => TargetTools::Lambda(needed()),
            TargetKind::McpServer(server) => TargetTools::McpServer(McpServerSpec {
                endpoint: match &server.server {
                    McpEndpoint::Endpoint(url) => Some(url.clone()),
                    McpEndpoint::Runtime(_) => None,
                },
                qualifier: server.qualifier.clone(),
                listing: server.listing,
                tools: document,
                resource_priority: server.resource_priority,
            }),
            TargetKind::ApiGateway(api) => TargetTools::ApiGateway(api.clone()),
            TargetKind::Connector(connector) => TargetTools::Connector(connector.clone()),
            TargetKind::Runtime(runtime) => {
                TargetTools::Runtime { qualifier: runtime.qualifier.clone(), schema: document }
            }
            TargetKind::Passthrough(passthrough) => TargetTools::Passthrough {
                settings: passthrough.settings.clone(),
                schema: document,
            },
            TargetKind::HttpConnector(connector) => TargetTools::HttpConnector(connector.clone()),
            TargetKind::Inference(inference) => TargetTools::Inference(inference.clone()),
        }
    }
}

/// Links that the manifest gives itself.
#[derive(Clone, Debug, Default)]
struct GivenLinks {
    function_arn: Option<String>,
    runtime_arn: Option<String>,
    return_url: Option<String>,
}

impl GivenLinks {
    fn of(target: &Target, auth: &Auth) -> Self {
        let mut given = Self::default();
        match &target.kind {
            TargetKind::Lambda(LambdaTarget { source: LambdaSource::Arn(arn), .. }) => {
                given.function_arn = Some(arn.clone());
            }
            TargetKind::Runtime(RuntimeTarget { runtime: RuntimeSource::Arn(arn), .. }) => {
                given.runtime_arn = Some(arn.clone());
            }
            _ => {}
        }
        if let Auth::OAuth(oauth) = auth {
            given.return_url.clone_from(&oauth.return_url);
        }
        given
    }
}

/// How a token is used by a target; none where none is.
fn token_use(target: &Target) -> Option<grants::TokenUse> {
    let asked_beforehand = matches!(
        &target.kind,
        TargetKind::McpServer(McpServer { listing: Listing::Default, tools: None, .. })
    );
    Some(match target.signs_in().grant()? {
        Grant::ClientCredentials => grants::TokenUse::Own,
        Grant::TokenExchange => grants::TokenUse::Exchanged,
        Grant::AuthorizationCode if asked_beforehand => grants::TokenUse::PersonalAndListing,
        Grant::AuthorizationCode => grants::TokenUse::Personal,
    })
}

fn credential(auth: &Auth) -> Credential {
    match auth {
        Auth::None => Credential::None,
        Auth::GatewayRole => Credential::GatewayRole,
        Auth::CallerIam => Credential::CallerIam,
        Auth::JwtPassthrough => Credential::JwtPassthrough,
        Auth::SigV4(signing) => {
            Credential::SigV4 { service: signing.service.clone(), region: signing.region.clone() }
        }
        Auth::OAuth(oauth) => Credential::OAuth {
            grant: oauth.grant,
            scopes: oauth.scopes.clone(),
            custom_parameters: oauth.custom_parameters.clone(),
        },
        Auth::ApiKey(key) => Credential::ApiKey {
            location: key.location,
            name: key.name.clone(),
            prefix: key.prefix.clone(),
        },
    }
}
