//! The front of one gateway: its functions with what they keep, and what leads from its door to them.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::door::Door;
use super::gateway::{GatewayParts, SignIn};
use super::grant::read_secrets;
use super::provider::Provider;
use super::{Blueprint, Place, Role, policy};
use crate::front;
use crate::manifest::Grant;
use crate::steps::{
    dynamodb_table, function_environment, http_api, http_api_integration, http_api_route,
    http_api_stage, iam_role_policy, lambda_function, lambda_permission, ssm_sealing_key,
};

type Function = Handle<lambda_function::Outputs>;
type Functions = BTreeMap<&'static str, Function>;

/// What the front's functions are told: by the manifest, and by the nodes before them.
type Told = (BTreeMap<String, String>, ToldBy);

/// The nodes of [`front::Deps`].
type ToldBy = (
    (Handle<crate::steps::gateway::Outputs>, Door),
    (
        super::cognito::Part<crate::steps::cognito_user_pool::Outputs>,
        super::cognito::Part<crate::steps::cognito_domain::Outputs>,
        super::cognito::Client,
        Option<super::cognito::Client>,
    ),
    (
        Handle<ssm_sealing_key::Outputs>,
        Handle<ssm_sealing_key::Outputs>,
        Option<Handle<dynamodb_table::Outputs>>,
        Option<super::portal::Portal>,
    ),
);

impl Blueprint<'_> {
    /// The functions behind the door, what they keep, and the way to them.
    pub(super) fn front(
        &mut self,
        gateway: &GatewayParts<'_>,
        sign_in: SignIn<'_>,
        providers: &BTreeMap<String, Provider>,
    ) {
        let place = gateway.place;
        let told_by = self.told_by(gateway, sign_in);
        match sign_in.door {
            Door::Url(_, function) => {
                let environment = self.front_settings(place, front::MCP_PROXY, sign_in);
                let name = self.function_name(&place.name(front::MCP_PROXY));
                self.graph.add(
                    function_environment::FunctionEnvironment,
                    place.at(&format!("function-environment/{}", front::MCP_PROXY)),
                    function_environment::Spec { function: name, environment },
                    (function, told_by),
                    |(_, told_by)| function_environment::Links {
                        environment: front::environment(told_by),
                    },
                );
            }
            Door::Api(api) => {
                let mut functions = Functions::new();
                for role in front::functions(place.wanted) {
                    let settings = self.front_settings(place, role, sign_in);
                    let told = Some((settings, told_by.clone()));
                    functions.insert(role, self.front_function(place, role, providers, told));
                }
                self.routes(place, api, &functions);
            }
        }
    }

    fn told_by(&mut self, gateway: &GatewayParts<'_>, sign_in: SignIn<'_>) -> ToldBy {
        let place = gateway.place;
        let state = self.sealing_key(place, "state", ssm_sealing_key::STATE);
        let id = self.sealing_key(
            place,
            "id",
            "construct: seals the ids of registered clients; never rotated",
        );
        // With a portal, people consent there, and no session is kept here.
        let table = gateway.portal.is_none().then(|| self.sessions(place));
        let cognito = sign_in.cognito;
        (
            (gateway.gateway, sign_in.door),
            (cognito.pool.clone(), cognito.domain.clone(), sign_in.editors, cognito.machine),
            (state, id, table, gateway.portal),
        )
    }

    /// The function for `role`, with what it may do. Without `told`, a node of its own writes its environment.
    pub(super) fn front_function(
        &mut self,
        place: Place<'_>,
        role: &str,
        providers: &BTreeMap<String, Provider>,
        told: Option<Told>,
    ) -> Function {
        let wanted = &self.prepared.manifest.front;
        let code = self.prepared.front.as_ref();
        let code = code.expect("where a gateway has a front, its code is read beforehand");
        let handler = front::handler(place.wanted, role);
        let name = place.name(role);
        let keys: Vec<String> = ["state", "id"].map(|key| self.key_name(place, key)).to_vec();
        let table = self.naming.name(&place.at("table/sessions"));
        let consenting = self.consenting(place, providers);
        let provider_arns: Vec<String> =
            consenting.iter().map(|(name, _)| self.provider_arn(name)).collect();
        let reach = front::Reach {
            gateway: &self.naming.name(&place.at("gateway")),
            keys: &keys,
            table: (!place.wanted.has_portal()).then_some(table.as_str()),
            providers: &provider_arns,
        };
        let statements = front::statements(self.naming, handler, &reach);
        let around = self.surroundings(&name, wanted.log_retention_days, statements);
        if handler != front::MCP_PROXY {
            self.consent_secrets(&name, around.role, &consenting);
        }
        let at = place.at(&format!("function/{role}"));
        let (environment, told_by) = told.unzip();
        let spec = lambda_function::Spec {
            name: self.function_name(&name),
            description: format!("construct: {name} of {}", self.naming.stack),
            runtime: front::RUNTIME.to_owned(),
            handler: handler.to_owned(),
            memory: wanted.memory,
            timeout_seconds: wanted.timeout_seconds,
            architecture: code.architecture.clone(),
            environment,
            code: code.code.clone(),
            log_group: self.log_group_name(&name),
            reserved_concurrency: wanted.reserved_concurrency,
            tags: self.tags(&at),
        };
        let deps = ((around.role, around.policy, around.log_group), told_by);
        self.graph.add(lambda_function::Function, at, spec, deps, |((role, _, _), told_by)| {
            lambda_function::Links {
                role_arn: role.arn,
                environment: told_by.map(front::environment).unwrap_or_default(),
            }
        })
    }

    /// What the manifest tells the function for `role`.
    fn front_settings(
        &self,
        place: Place<'_>,
        role: &str,
        sign_in: SignIn<'_>,
    ) -> BTreeMap<String, String> {
        let manifest = &self.prepared.manifest;
        let people = &manifest.cognito;
        let is_federated = people.existing.is_some() || !people.federation.is_empty();
        let mut settings = front::settings(place.wanted, &sign_in.cognito.scope, is_federated);
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

    /// The function reads a provider's secret while it completes a consent.
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
            description: description.to_owned(),
            tags: self.tags(&at),
            retires: None,
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

    fn routes(&mut self, place: Place<'_>, api: Handle<http_api::Outputs>, functions: &Functions) {
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
                allowed: lambda_permission::Allowed::Invocation,
            };
            let at = place.at(&format!("permission/{name}"));
            self.graph.add(
                lambda_permission::Permission,
                at,
                spec,
                (api, function),
                |(api, function)| lambda_permission::Links {
                    function_name: function.name,
                    source_arn: Some(invocations_of(&api, &function.arn)),
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
