//! The front of one gateway: the HTTP API, its two functions with what they keep, and the routes between them.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::gateway::{GatewayParts, SignIn};
use super::grant::read_secrets;
use super::provider::Provider;
use super::{Api, Blueprint, Place, Role, policy};
use crate::front;
use crate::manifest::Grant;
use crate::steps::{
    dynamodb_table, http_api, http_api_integration, http_api_route, http_api_stage,
    iam_role_policy, lambda_function, lambda_permission, ssm_sealing_key,
};

type Functions = BTreeMap<&'static str, Handle<lambda_function::Outputs>>;

impl Blueprint<'_> {
    pub(super) fn api(&mut self, place: Place<'_>) -> Api {
        let at = place.at("api");
        let spec = http_api::Spec {
            name: self.naming.name(&at),
            description: format!("construct: the front of {}", self.naming.stack),
            tags: self.tags(&at),
        };
        self.graph.add(http_api::HttpApi, at, spec, (), |()| ())
    }

    pub(super) fn front(
        &mut self,
        gateway: &GatewayParts<'_>,
        sign_in: SignIn<'_>,
        providers: &BTreeMap<String, Provider>,
    ) -> Functions {
        let wanted = &self.prepared.manifest.front;
        let code = self.prepared.front.as_ref();
        let code = code.expect("where a gateway has a front, its code is read beforehand");
        let place = gateway.place;
        let state = self.sealing_key(place, "state", "seals what a login carries; rotated");
        let id =
            self.sealing_key(place, "id", "seals the ids of registered clients; never rotated");
        // With a portal, people consent there, and no session is kept here.
        let table = gateway.portal.is_none().then(|| self.sessions(place));
        let table_name = self.naming.name(&place.at("table/sessions"));
        let keys: Vec<String> = ["state", "id"].map(|key| self.key_name(place, key)).to_vec();
        let consenting = self.consenting(place, providers);
        let provider_arns: Vec<String> =
            consenting.iter().map(|(name, _)| self.provider_arn(name)).collect();
        let reach = front::Reach {
            gateway: &gateway.name,
            keys: &keys,
            table: table.map(|_| table_name.as_str()),
            providers: &provider_arns,
        };
        let mut made = BTreeMap::new();
        for role in front::functions(place.wanted) {
            let name = place.name(role);
            let statements = front::statements(self.naming, role, &reach);
            let around = self.surroundings(&name, wanted.log_retention_days, statements);
            if role == front::OAUTH_CALLBACK {
                self.consent_secrets(&name, around.role, &consenting);
            }
            let at = place.at(&format!("function/{role}"));
            let spec = lambda_function::Spec {
                name: self.function_name(&name),
                description: format!("construct: {name} of {}", self.naming.stack),
                runtime: front::RUNTIME.to_owned(),
                handler: role.to_owned(),
                memory: wanted.memory,
                timeout_seconds: wanted.timeout_seconds,
                architecture: code.architecture.clone(),
                environment: self.front_settings(role, sign_in),
                code: code.code.clone(),
                log_group: self.log_group_name(&name),
                reserved_concurrency: wanted.reserved_concurrency,
                tags: self.tags(&at),
            };
            let deps = (
                (around.role, around.policy, around.log_group),
                (gateway.gateway, sign_in.api),
                (
                    sign_in.cognito.pool.clone(),
                    sign_in.cognito.domain.clone(),
                    sign_in.editors,
                    sign_in.cognito.machine,
                ),
                (state, id, table, gateway.portal),
            );
            let handle = self.graph.add(lambda_function::Function, at, spec, deps, front::links);
            made.insert(role, handle);
        }
        made
    }

    /// What the manifest tells the function for `role`.
    fn front_settings(&self, role: &str, sign_in: SignIn<'_>) -> BTreeMap<String, String> {
        let manifest = &self.prepared.manifest;
        let people = &manifest.cognito;
        let is_federated = people.existing.is_some() || !people.federation.is_empty();
        let mut settings = front::settings(&sign_in.cognito.scope, is_federated);
        if role == front::MCP_PROXY {
            settings.extend(front::client_settings(&manifest.clients));
        }
        settings
    }

    /// The providers whose consents return to the front of a gateway.
    pub(super) fn consenting(
        &self,
        place: Place<'_>,
        providers: &BTreeMap<String, Provider>,
    ) -> Vec<(String, Provider)> {
        let consents = |name: &str| {
            self.prepared.manifest.targets_of(place.name).any(|(_, target)| {
                target.auth.as_ref().is_some_and(|auth| {
                    auth.provider() == Some(name) && auth.grant() == Some(Grant::AuthorizationCode)
                })
            })
        };
        providers
            .iter()
            .filter(|(name, _)| consents(name))
            .map(|(name, provider)| (name.clone(), *provider))
            .collect()
    }

    /// The callback reads a provider's secret while it completes a consent.
    fn consent_secrets(&mut self, name: &str, role: Role, providers: &[(String, Provider)]) {
        if providers.is_empty() {
            return;
        }
        let handles: Vec<Provider> = providers.iter().map(|(_, provider)| *provider).collect();
        self.graph.add(
            iam_role_policy::IamRolePolicy,
            super::address(format!("role-policy/function-{name}.providers")),
            policy(&self.role_name(name), "providers", Vec::new()),
            (role, handles),
            |(_, providers)| iam_role_policy::Links { statements: read_secrets(providers) },
        );
    }

    fn key_name(&self, place: Place<'_>, key: &str) -> String {
        format!("/construct/{}/keys/{}", self.naming.stack, place.name(key))
    }

    fn sealing_key(
        &mut self,
        place: Place<'_>,
        key: &str,
        description: &str,
    ) -> Handle<ssm_sealing_key::Outputs> {
        let at = place.at(&format!("sealing-key/{key}"));
        let spec = ssm_sealing_key::Spec {
            name: self.key_name(place, key),
            description: format!("construct: {description}"),
            tags: self.tags(&at),
        };
        self.graph.add(ssm_sealing_key::SealingKey, at, spec, (), |()| ())
    }

    fn sessions(&mut self, place: Place<'_>) -> Handle<dynamodb_table::Outputs> {
        let at = place.at("table/sessions");
        let spec = dynamodb_table::Spec {
            name: self.naming.name(&at),
            hash_key: "handle".to_owned(),
            ttl_attribute: "expires_at".to_owned(),
            tags: self.tags(&at),
        };
        self.graph.add(dynamodb_table::Table, at, spec, (), |()| ())
    }

    pub(super) fn routes(&mut self, place: Place<'_>, api: Api, functions: &Functions) {
        let throttle = &self.prepared.manifest.front.throttle;
        let mut routes = Vec::new();
        for (name, keys) in front::ROUTES {
            let Some(function) = functions.get(name).copied() else { continue };
            let at = place.at(&format!("integration/{name}"));
            let spec = http_api_integration::Spec {
                mark: format!("construct: {at}"),
                timeout_ms: front::INTEGRATION_TIMEOUT_MS,
            };
            let integration = self.graph.add(
                http_api_integration::Integration,
                at,
                spec,
                (api, function),
                |(api, function)| http_api_integration::Links {
                    api_id: api.id,
                    function_arn: function.arn,
                },
            );
            for key in keys {
                let slug = http_api_route::slug(key);
                let at = http_api_route::address_of(&place.at("api"), &slug);
                let spec = http_api_route::Spec { key: (*key).to_owned(), slug };
                routes.push(self.graph.add(
                    http_api_route::Route,
                    at,
                    spec,
                    (api, integration),
                    |(api, integration)| http_api_route::Links {
                        api_id: api.id,
                        integration_id: integration.integration_id,
                    },
                ));
            }
            let spec = lambda_permission::Spec {
                statement_id: "construct-http-api".to_owned(),
                principal: "apigateway.amazonaws.com".to_owned(),
            };
            let at = place.at(&format!("permission/{name}"));
            self.graph.add(
                lambda_permission::Permission,
                at,
                spec,
                (api, function),
                |(api, function)| lambda_permission::Links {
                    function_name: function.name,
                    source_arn: invocations_of(&api, &function.arn),
                },
            );
        }
        let at = place.at("stage");
        let spec = http_api_stage::Spec {
            name: "$default".to_owned(),
            rate: throttle.rate,
            burst: throttle.burst,
            tags: self.tags(&at),
        };
        // After the routes, so that the first deployment has all of them.
        self.graph.add(http_api_stage::Stage, at, spec, (api, routes), |(api, _)| {
            http_api_stage::Links { api_id: api.id }
        });
    }
}

/// Every route and stage of the API; account and Region are the function's own.
fn invocations_of(api: &http_api::Outputs, function_arn: &str) -> String {
    let mut parts = function_arn.split(':').skip(1);
    let partition = parts.next().unwrap_or("aws");
    let region = parts.nth(1).unwrap_or_default();
    let account = parts.next().unwrap_or_default();
    format!("arn:{partition}:execute-api:{region}:{account}:{}/*/*", api.id)
}
