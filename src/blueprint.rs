//! The whole topology: the one place that knows which nodes a manifest becomes and what each takes from the others.
//!
//! The API is made first, as a shell, because its address is what everything else names: that breaks the circle of client,
//! gateway and function. Addresses written here are stored in tags and never renamed.

use std::collections::BTreeMap;

use construct_engine::{Address, Given, Graph, Handle};

use crate::cloud::{Cloud, Naming, Tags};
use crate::front;
use crate::manifest::{Grant, LambdaSource, Search, TargetKind};
use crate::policy::grants;
use crate::policy::{AGENTCORE_SERVICE, Document, LAMBDA_SERVICE, Statement, service_trust};
use crate::prepare::Prepared;
use crate::steps::{
    cognito_client, cognito_domain, cognito_resource_server, cognito_user, cognito_user_pool,
    dynamodb_table, gateway, gateway_return_urls, gateway_target, http_api, http_api_integration,
    http_api_route, http_api_stage, iam_role, iam_role_policy, iam_role_trust, lambda_function,
    lambda_permission, log_group, oauth2_provider, ssm_sealing_key, workload_identity,
};

/// The scope that every call of the gateway needs, within the resource server of the stack.
const SCOPE: &str = "invoke";
/// The resource server's identifier in the pool.
const RESOURCE_SERVER: &str = "mcp";
/// Protocol versions that the gateway speaks; fixed when it is made. URL elicitation needs 2025-11-25.
const PROTOCOL_VERSIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
type Api = Handle<http_api::Outputs>;
type Editors = Handle<cognito_client::Outputs>;
type GatewayHandle = Handle<gateway::Outputs>;
type Pool = Handle<cognito_user_pool::Outputs>;
type Provider = Handle<oauth2_provider::Outputs>;
type Role = Handle<iam_role::Outputs>;
type RolePolicy = Handle<iam_role_policy::Outputs>;

/// The graph of `prepared`'s stack in the account of `naming`.
pub fn blueprint(prepared: &Prepared, naming: &Naming) -> Graph<Cloud> {
    let mut plan = Blueprint { graph: Graph::default(), prepared, naming };
    let api = plan.api();
    let inbound = plan.inbound(api);
    let role = plan.gateway_role();
    let providers = plan.providers(role);
    let gateway = plan.gateway(role, &inbound, api);
    let functions = plan.own_functions();
    plan.targets(role, (gateway, api), &providers, &functions);
    let front = plan.front(gateway, &inbound, api, &providers);
    plan.routes(api, &front);
    plan.identities();
    plan.graph
}

struct Blueprint<'a> {
    graph: Graph<Cloud>,
    prepared: &'a Prepared,
    naming: &'a Naming,
}

/// The way in: who people are, and the clients that speak for them.
struct Inbound {
    pool: Pool,
    domain: Handle<cognito_domain::Outputs>,
    resource_server: Handle<cognito_resource_server::Outputs>,
    editors: Editors,
    machine: Option<Editors>,
}

/// A function with what it needs around it.
struct Surroundings {
    role: Role,
    policy: RolePolicy,
    log_group: Handle<log_group::Outputs>,
}

fn address(text: impl Into<String>) -> Address {
    Address::new(text).expect("addresses are made of checked names and the words written here")
}

fn policy(role: &str, name: &str, statements: Vec<Statement>) -> iam_role_policy::Spec {
    iam_role_policy::Spec { role: role.to_owned(), name: name.to_owned(), statements }
}

impl Blueprint<'_> {
    /// The tags of the node at `address`: the person's own and our marks.
    fn tags(&self, address: &Address) -> Tags {
        let mut tags: Tags = self.prepared.manifest.stack.tags.clone().into_iter().collect();
        tags.extend(self.naming.marks(address));
        tags
    }

    fn gateway_name(&self) -> String {
        self.naming.name(&address("gateway"))
    }

    fn api(&mut self) -> Api {
        let at = address("api");
        let spec = http_api::Spec {
            name: self.naming.name(&at),
            description: format!("construct: the front of {}", self.naming.stack),
            tags: self.tags(&at),
        };
        self.graph.add(http_api::HttpApi, at, spec, (), |()| ())
    }

    fn inbound(&mut self, api: Api) -> Inbound {
        let inbound = &self.prepared.manifest.inbound;
        let at = address("pool");
        let spec = cognito_user_pool::Spec {
            name: self.naming.name(&at),
            password_minimum_length: inbound.password_minimum_length,
            deletion_protection: self.prepared.manifest.stack.protect,
            tags: self.tags(&at),
        };
        let pool = self.graph.add(cognito_user_pool::UserPool, at, spec, (), |()| ());
        let prefix = format!("{}-{}", self.naming.stack, self.naming.fingerprint());
        let domain = self.graph.add(
            cognito_domain::UserPoolDomain,
            address("pool/domain"),
            cognito_domain::Spec { prefix },
            pool,
            |pool| cognito_domain::Links { pool_id: pool.id },
        );
        let spec = cognito_resource_server::Spec {
            identifier: RESOURCE_SERVER.to_owned(),
            name: self.naming.name(&address("pool/resource-server")),
            scopes: BTreeMap::from([(
                SCOPE.to_owned(),
                "Call the tools of the gateway".to_owned(),
            )]),
        };
        let resource_server = self.graph.add(
            cognito_resource_server::ResourceServer,
            address("pool/resource-server"),
            spec,
            pool,
            |pool| cognito_resource_server::Links { pool_id: pool.id },
        );
        let editors = self.client(
            cognito_client::ClientKind::Editors,
            "client/editors",
            (pool, resource_server, api),
        );
        let machine = inbound.m2m.then(|| {
            self.client(
                cognito_client::ClientKind::Machine,
                "client/machine",
                (pool, resource_server, api),
            )
        });
        if let Some(user) = &inbound.first_user {
            let spec =
                cognito_user::Spec { email: user.email.clone(), password: user.password.clone() };
            self.graph.add(cognito_user::User, address("user/first"), spec, pool, |pool| {
                cognito_user::Links { pool_id: pool.id }
            });
        }
        Inbound { pool, domain, resource_server, editors, machine }
    }

    fn client(
        &mut self,
        kind: cognito_client::ClientKind,
        at: &str,
        deps: (Pool, Handle<cognito_resource_server::Outputs>, Api),
    ) -> Editors {
        let at = address(at);
        let inbound = &self.prepared.manifest.inbound;
        let spec = cognito_client::Spec {
            name: self.naming.name(&at),
            kind,
            access_token_minutes: inbound.access_token_minutes,
            refresh_token_days: inbound.refresh_token_days,
        };
        self.graph.add(cognito_client::UserPoolClient, at, spec, deps, |(pool, server, api)| {
            cognito_client::Links {
                pool_id: pool.id,
                scopes: server.scopes,
                callback_urls: vec![
                    format!("{}/callback", api.endpoint),
                    format!("{}/connect/callback", api.endpoint),
                ],
            }
        })
    }

    fn providers(&mut self, role: Role) -> BTreeMap<String, (Provider, RolePolicy)> {
        let manifest = &self.prepared.manifest;
        let mut made = BTreeMap::new();
        for (name, provider) in &manifest.providers {
            let at = address(format!("provider/{name}"));
            let spec = oauth2_provider::Spec {
                name: format!("{}-{name}", self.naming.stack),
                vendor: provider.vendor,
                client_id: self.prepared.client_ids.get(name).cloned().unwrap_or_default(),
                client_secret: provider.client_secret.clone(),
                tags: self.tags(&at),
            };
            let provider_name = spec.name.clone();
            let handle = self.graph.add(oauth2_provider::OAuth2Provider, at, spec, (), |()| ());
            let grants: Vec<Grant> = manifest
                .targets
                .values()
                .filter_map(|target| target.auth.as_ref())
                .filter(|auth| &auth.provider == name)
                .map(|auth| auth.grant)
                .collect();
            let statement = grants::get_oauth2_token(
                self.naming,
                &self.gateway_name(),
                &provider_name,
                &grants,
            );
            let spec =
                policy(&self.role_name("gateway"), &format!("provider-{name}"), vec![statement]);
            let policy = self.graph.add(
                iam_role_policy::IamRolePolicy,
                address(format!("role-policy/gateway.provider-{name}")),
                spec,
                (role, handle),
                |(_, provider)| iam_role_policy::Links { statements: read_secrets(vec![provider]) },
            );
            made.insert(name.clone(), (handle, policy));
        }
        made
    }

    /// The name of the role for `what`; functions' names leave room for the suffix.
    fn role_name(&self, what: &str) -> String {
        format!("{}-{what}-role", self.naming.stack)
    }

    fn gateway_role(&mut self) -> Role {
        let gateways = format!("gateway/{}-*", self.gateway_name().to_lowercase());
        let source = self.naming.arn("bedrock-agentcore", &gateways);
        let trust = service_trust(AGENTCORE_SERVICE, &self.naming.account, &[source]);
        self.role("role/gateway", "gateway", trust)
    }

    fn role(&mut self, at: &str, what: &str, trust: Document) -> Role {
        let at = address(at);
        let spec = iam_role::Spec {
            name: self.role_name(what),
            path: self.naming.iam_path(),
            description: format!("construct: {what} of {}", self.naming.stack),
            // Only the gateway's trust is tightened to an ARN that is not known when the role is made.
            trust_is_tightened: what == "gateway",
            trust,
            tags: self.tags(&at),
        };
        self.graph.add(iam_role::IamRole, at, spec, (), |()| ())
    }

    fn gateway(&mut self, role: Role, inbound: &Inbound, api: Api) -> GatewayHandle {
        let wanted = &self.prepared.manifest.gateway;
        let at = address("gateway");
        let spec = gateway::Spec {
            name: self.gateway_name(),
            description: wanted.description.clone(),
            instructions: wanted.instructions.clone(),
            semantic_search: wanted.search == Search::Semantic,
            debug: wanted.exception_level.is_some(),
            supported_versions: PROTOCOL_VERSIONS.map(str::to_owned).to_vec(),
            tags: self.tags(&at),
        };
        let deps = (role, inbound.pool, inbound.resource_server, inbound.editors, inbound.machine);
        let gateway = self.graph.add(
            gateway::Gateway,
            at,
            spec,
            deps,
            |(role, pool, server, editors, machine)| {
                let clients = std::iter::once(editors).chain(machine);
                gateway::Links {
                    role_arn: role.arn,
                    discovery_url: format!("{}/.well-known/openid-configuration", pool.issuer),
                    allowed_clients: clients.map(|client| client.client_id).collect(),
                    allowed_scopes: server.scopes,
                }
            },
        );
        let spec = iam_role_trust::Spec {
            role: self.role_name("gateway"),
            service: AGENTCORE_SERVICE.to_owned(),
            account: self.naming.account.clone(),
        };
        self.graph.add(
            iam_role_trust::IamRoleTrust,
            address("role-trust/gateway"),
            spec,
            (role, gateway),
            |(_, gateway)| iam_role_trust::Links { source_arn: gateway.arn },
        );
        self.graph.add(
            gateway_return_urls::GatewayReturnUrls,
            address("gateway/return-urls"),
            gateway_return_urls::Spec {},
            (gateway, api),
            |(gateway, api)| gateway_return_urls::Links {
                identity_name: gateway.identity_name,
                urls: vec![consent_return_url(&api)],
            },
        );
        gateway
    }

    fn own_functions(&mut self) -> BTreeMap<String, Handle<lambda_function::Outputs>> {
        let mut made = BTreeMap::new();
        for (name, function) in &self.prepared.manifest.functions {
            let around = self.surroundings(name, function.log_retention_days, Vec::new());
            let at = address(format!("function/{name}"));
            let spec = lambda_function::Spec {
                name: self.function_name(name),
                description: format!("construct: function {name} of {}", self.naming.stack),
                runtime: function.runtime.clone(),
                handler: function.handler.clone(),
                memory: function.memory,
                timeout_seconds: function.timeout_seconds,
                architecture: function.architecture.word().to_owned(),
                environment: function.environment.clone(),
                code: self.prepared.functions[name].clone(),
                log_group: self.log_group_name(name),
                reserved_concurrency: None,
                tags: self.tags(&at),
            };
            let deps = (around.role, around.policy, around.log_group);
            let handle =
                self.graph.add(lambda_function::Function, at, spec, deps, |(role, _, _)| {
                    lambda_function::Links { role_arn: role.arn, environment: BTreeMap::new() }
                });
            made.insert(name.clone(), handle);
        }
        made
    }

    fn function_name(&self, name: &str) -> String {
        format!("{}-{name}", self.naming.stack)
    }

    fn log_group_name(&self, function: &str) -> String {
        format!("/aws/lambda/{}", self.function_name(function))
    }

    /// Role, policy and log group of the function called `name`, before the function itself.
    fn surroundings(
        &mut self,
        name: &str,
        retention_days: u32,
        mut statements: Vec<Statement>,
    ) -> Surroundings {
        let trust = service_trust(LAMBDA_SERVICE, &self.naming.account, &[]);
        let role = self.role(&format!("role/function-{name}"), name, trust);
        statements.push(grants::write_logs(self.naming, &self.log_group_name(name)));
        let policy = self.graph.add(
            iam_role_policy::IamRolePolicy,
            address(format!("role-policy/function-{name}.run")),
            policy(&self.role_name(name), "run", statements),
            role,
            |_| iam_role_policy::Links { statements: Vec::new() },
        );
        let at = address(format!("log-group/{name}"));
        let spec = log_group::Spec {
            name: self.log_group_name(name),
            retention_days,
            tags: self.tags(&at),
        };
        let log_group = self.graph.add(log_group::LogGroup, at, spec, (), |()| ());
        Surroundings { role, policy, log_group }
    }

    fn targets(
        &mut self,
        role: Role,
        (gateway, api): (GatewayHandle, Api),
        providers: &BTreeMap<String, (Provider, RolePolicy)>,
        functions: &BTreeMap<String, Handle<lambda_function::Outputs>>,
    ) {
        for (name, target) in &self.prepared.manifest.targets {
            let tools = &self.prepared.tools[name];
            let payload =
                gateway_target::Payload { digest: tools.digest.clone(), text: tools.text.clone() };
            let provider =
                target.auth.as_ref().and_then(|auth| providers.get(&auth.provider)).copied();
            let (function, invoke, tools) = match &target.kind {
                TargetKind::OpenApi { .. } => {
                    (None, None, gateway_target::TargetTools::OpenApi(payload))
                }
                TargetKind::Lambda { source, .. } => {
                    let function = match source {
                        LambdaSource::Function(function) => functions.get(function).copied(),
                        LambdaSource::Arn(_) => None,
                    };
                    let invoke = self.invoke(role, name, source);
                    (function, Some(invoke), gateway_target::TargetTools::Lambda(payload))
                }
            };
            let spec = gateway_target::Spec {
                name: name.clone(),
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
            };
            let consents =
                target.auth.as_ref().is_some_and(|auth| auth.grant == Grant::AuthorizationCode);
            let foreign_function = Given(match &target.kind {
                TargetKind::Lambda { source: LambdaSource::Arn(arn), .. } => Some(arn.clone()),
                TargetKind::Lambda { .. } | TargetKind::OpenApi { .. } => None,
            });
            // The role's permissions come first: the service checks them when the target is made.
            let deps =
                (gateway, consents.then_some(api), provider, function, foreign_function, invoke);
            let at = address(format!("target/{name}"));
            self.graph.add(
                gateway_target::GatewayTarget,
                at,
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
    }

    /// The gateway's permission to call a target's function, on the ARN that the function has or will have.
    fn invoke(&mut self, role: Role, target: &str, source: &LambdaSource) -> RolePolicy {
        let arn = match source {
            LambdaSource::Function(name) => {
                self.naming.arn("lambda", &format!("function:{}", self.function_name(name)))
            }
            LambdaSource::Arn(arn) => arn.clone(),
        };
        let spec = policy(
            &self.role_name("gateway"),
            &format!("target-{target}"),
            vec![grants::invoke_function(&arn)],
        );
        let at = address(format!("role-policy/gateway.target-{target}"));
        self.graph.add(iam_role_policy::IamRolePolicy, at, spec, role, |_| iam_role_policy::Links {
            statements: Vec::new(),
        })
    }

    fn front(
        &mut self,
        gateway: GatewayHandle,
        inbound: &Inbound,
        api: Api,
        providers: &BTreeMap<String, (Provider, RolePolicy)>,
    ) -> BTreeMap<&'static str, Handle<lambda_function::Outputs>> {
        let wanted = &self.prepared.manifest.front;
        let state = self.sealing_key("state", "seals what a login carries; rotated");
        let id = self.sealing_key("id", "seals the ids of registered clients; never rotated");
        let table = self.sessions();
        let table_name = self.naming.name(&address("table/sessions"));
        let keys: Vec<String> = ["state", "id"].map(|key| self.key_name(key)).to_vec();
        let provider_names: Vec<String> =
            providers.keys().map(|name| format!("{}-{name}", self.naming.stack)).collect();
        let reach = front::Reach {
            gateway: &self.gateway_name(),
            keys: &keys,
            table: &table_name,
            providers: &provider_names,
        };
        let mut made = BTreeMap::new();
        for name in front::FUNCTIONS {
            let statements = front::statements(self.naming, name, &reach);
            let around = self.surroundings(name, wanted.log_retention_days, statements);
            if name == front::OAUTH_CALLBACK {
                self.consent_secrets(around.role, providers);
            }
            let at = address(format!("function/{name}"));
            let spec = lambda_function::Spec {
                name: self.function_name(name),
                description: format!("construct: {name} of {}", self.naming.stack),
                runtime: front::RUNTIME.to_owned(),
                handler: name.to_owned(),
                memory: wanted.memory,
                timeout_seconds: wanted.timeout_seconds,
                architecture: self.prepared.front_architecture.clone(),
                environment: BTreeMap::from([(
                    "RESOURCE_SCOPE".to_owned(),
                    format!("{RESOURCE_SERVER}/{SCOPE}"),
                )]),
                code: self.prepared.front.clone(),
                log_group: self.log_group_name(name),
                reserved_concurrency: wanted.reserved_concurrency,
                tags: self.tags(&at),
            };
            let deps = (
                (around.role, around.policy, around.log_group),
                (gateway, api),
                (inbound.pool, inbound.domain, inbound.editors),
                (state, id, table),
            );
            let handle = self.graph.add(lambda_function::Function, at, spec, deps, front::links);
            made.insert(name, handle);
        }
        made
    }

    /// The callback reads a provider's secret while it completes a consent.
    fn consent_secrets(
        &mut self,
        role: Role,
        providers: &BTreeMap<String, (Provider, RolePolicy)>,
    ) {
        if providers.is_empty() {
            return;
        }
        let handles: Vec<Provider> = providers.values().map(|(provider, _)| *provider).collect();
        self.graph.add(
            iam_role_policy::IamRolePolicy,
            address("role-policy/function-oauth-callback.providers"),
            policy(&self.role_name("oauth-callback"), "providers", Vec::new()),
            (role, handles),
            |(_, providers)| iam_role_policy::Links { statements: read_secrets(providers) },
        );
    }

    fn key_name(&self, key: &str) -> String {
        format!("/construct/{}/keys/{key}", self.naming.stack)
    }

    fn sealing_key(&mut self, key: &str, description: &str) -> Handle<ssm_sealing_key::Outputs> {
        let at = address(format!("sealing-key/{key}"));
        let spec = ssm_sealing_key::Spec {
            name: self.key_name(key),
            description: format!("construct: {description}"),
            tags: self.tags(&at),
        };
        self.graph.add(ssm_sealing_key::SealingKey, at, spec, (), |()| ())
    }

    fn sessions(&mut self) -> Handle<dynamodb_table::Outputs> {
        let at = address("table/sessions");
        let spec = dynamodb_table::Spec {
            name: self.naming.name(&at),
            hash_key: "handle".to_owned(),
            ttl_attribute: "expires_at".to_owned(),
            tags: self.tags(&at),
        };
        self.graph.add(dynamodb_table::Table, at, spec, (), |()| ())
    }

    fn routes(
        &mut self,
        api: Api,
        functions: &BTreeMap<&'static str, Handle<lambda_function::Outputs>>,
    ) {
        let throttle = &self.prepared.manifest.front.throttle;
        let mut routes = Vec::new();
        for (name, keys) in front::ROUTES {
            let function = functions[name];
            let at = address(format!("integration/{name}"));
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
                let at = address(format!("route/{slug}"));
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
            let at = address(format!("permission/{name}"));
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
        let at = address("stage");
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

    fn identities(&mut self) {
        for (name, identity) in &self.prepared.manifest.identities {
            let at = address(format!("identity/{name}"));
            let spec = workload_identity::Spec {
                name: format!("{}-{name}", self.naming.stack),
                return_urls: identity.return_urls.clone(),
                tags: self.tags(&at),
            };
            self.graph.add(workload_identity::WorkloadIdentity, at, spec, (), |()| ());
        }
    }
}

/// Where AgentCore sends a browser after a consent.
fn consent_return_url(api: &http_api::Outputs) -> String {
    format!("{}/oauth2/callback", api.endpoint)
}

/// Every route and stage of the API; account and Region are the function's own.
fn invocations_of(api: &http_api::Outputs, function_arn: &str) -> String {
    let mut parts = function_arn.split(':').skip(1);
    let partition = parts.next().unwrap_or("aws");
    let region = parts.nth(1).unwrap_or_default();
    let account = parts.next().unwrap_or_default();
    format!("arn:{partition}:execute-api:{region}:{account}:{}/*/*", api.id)
}

fn read_secrets(providers: Vec<oauth2_provider::Outputs>) -> Vec<Statement> {
    let arns: Vec<String> =
        providers.into_iter().filter_map(|provider| provider.secret_arn).collect();
    grants::read_secrets(&arns).into_iter().collect()
}
