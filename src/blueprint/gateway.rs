//! One gateway with its role, its role's trust, and the return URLs of its identity.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Address, Given, Handle};

use super::cognito::{Client, Cognito};
use super::door::Door;
use super::policy::Engine;
use super::portal::Portal;
use super::{Blueprint, Place, Role, RolePolicy};
use crate::manifest::{Auth, Gateway, Inbound, Interceptor, Search};
use crate::policy::{AGENTCORE_SERVICE, Statement, grants, service_trust};
use crate::steps::{gateway, gateway_return_urls, iam_role_trust, lambda_function, policy_engine};

/// The policy engine that a gateway asks: one of the stack's, or an ARN.
type Asked = (Option<policy_engine::Outputs>, Option<String>);

/// A gateway in the graph, with what its targets and its front take from it.
pub(super) struct GatewayParts<'a> {
    pub(super) place: Place<'a>,
    /// Its name in the account.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) gateway: Handle<gateway::Outputs>,
    /// The door before it, where it has a front.
    pub(super) door: Option<Door>,
    /// Its page for consents, once that is in the graph.
    pub(super) portal: Option<Portal>,
}

/// What signs people of the stack's pool in to one gateway.
#[derive(Clone, Copy)]
pub(super) struct SignIn<'c> {
    pub(super) cognito: &'c Cognito,
    pub(super) editors: Client,
    /// The client of the gateway's consent portal.
    pub(super) portal: Option<Client>,
    pub(super) door: Door,
}

impl Blueprint<'_> {
    pub(super) fn gateway<'a>(
        &mut self,
        place: Place<'a>,
        sign_in: Option<SignIn<'_>>,
        functions: &BTreeMap<String, Handle<lambda_function::Outputs>>,
        engines: &BTreeMap<String, Engine>,
    ) -> GatewayParts<'a> {
        let at = place.at("gateway");
        let name = self.naming.name(&at);
        let role = self.gateway_role(place, &name);
        let granted = self.own_grant(place, role, &name);
        let wanted = place.wanted;
        let handles: Vec<_> = wanted
            .interceptors
            .iter()
            .filter_map(|one| functions.get(one.function.as_ref()?).copied())
            .collect();
        let arns = wanted.interceptors.iter().map(|one| self.interceptor_arn(one)).collect();
        let spec = self.gateway_spec(&at, name.clone(), wanted);
        let pool =
            sign_in.map(|to| (to.cognito.pool.clone(), to.cognito.resource_server, to.editors));
        let others = sign_in.map(|to| (to.cognito.machine, to.portal));
        let asked = wanted.policy.as_ref();
        let engine = asked.and_then(|policy| engines.get(policy.engine.as_ref()?).copied());
        let engine_arn = asked.and_then(|policy| policy.arn.clone());
        let deps =
            (role, pool, others, granted, (handles, Given(arns)), (engine, Given(engine_arn)));
        let gateway = self.graph.add(
            gateway::Gateway,
            at,
            spec,
            deps,
            |(role, pool, others, _, (_, interceptor_arns), (engine, engine_arn)): (
                _,
                _,
                _,
                _,
                (_, Vec<String>),
                Asked,
            )| {
                let url = |issuer| format!("{issuer}/.well-known/openid-configuration");
                let (issuer, scopes, editors) = pool.map_or_else(Default::default, |parts| {
                    let (pool, server, editors) = parts;
                    (Some(pool.issuer), server.scopes, Some(editors))
                });
                let (machine, portal) = others.unwrap_or_default();
                let clients = editors.into_iter().chain(machine).chain(portal);
                gateway::Links {
                    role_arn: role.arn,
                    discovery_url: issuer.map(url),
                    allowed_clients: clients.map(|client| client.client_id).collect(),
                    allowed_scopes: scopes,
                    interceptor_arns,
                    policy_engine_arn: engine.map(|engine| engine.arn).or(engine_arn),
                }
            },
        );
        let spec = iam_role_trust::Spec {
            role: self.role_name(&place.name("gateway")),
            service: AGENTCORE_SERVICE.to_owned(),
            account: self.naming.account.clone(),
        };
        self.graph.add(
            iam_role_trust::IamRoleTrust,
            place.at("role-trust/gateway"),
            spec,
            (role, gateway),
            |(_, gateway)| iam_role_trust::Links { source_arn: gateway.arn },
        );
        let door = sign_in.map(|to| to.door);
        // With a portal, consents return there.
        if !wanted.has_portal() {
            self.return_urls(place, gateway, door);
        }
        GatewayParts { place, name, role, gateway, door, portal: None }
    }

    /// Where consents may return to: the front's callback, and what targets name themselves.
    fn return_urls(
        &mut self,
        place: Place<'_>,
        gateway: Handle<gateway::Outputs>,
        door: Option<Door>,
    ) {
        let targets = self.prepared.manifest.targets_of(place.name);
        let own: BTreeSet<String> = targets
            .filter_map(|(_, target)| match target.signs_in() {
                Auth::OAuth(oauth) => oauth.return_url,
                _ => None,
            })
            .collect();
        if door.is_none() && own.is_empty() {
            return;
        }
        self.graph.add(
            gateway_return_urls::GatewayReturnUrls,
            place.at("return-urls/gateway"),
            gateway_return_urls::Spec {},
            (gateway, door, Given(own)),
            |(gateway, base, own): (_, Option<String>, BTreeSet<String>)| {
                gateway_return_urls::Links {
                    identity_name: gateway.identity_name,
                    urls: base.as_deref().map(consent_return_url).into_iter().chain(own).collect(),
                }
            },
        );
    }

    fn gateway_spec(&self, at: &Address, name: String, wanted: &Gateway) -> gateway::Spec {
        gateway::Spec {
            name,
            description: wanted.description.clone(),
            instructions: wanted.instructions.clone(),
            semantic_search: wanted.search == Search::Semantic,
            debug: wanted.exception_level.is_some(),
            authorizer: match wanted.inbound {
                Inbound::Cognito | Inbound::Jwt => gateway::Authorizer::Jwt,
                Inbound::Iam => gateway::Authorizer::Iam,
                Inbound::None => gateway::Authorizer::None,
            },
            jwt: wanted.jwt.clone().map(|jwt| self.with_portal_client(wanted, jwt)),
            protocol: wanted.protocol,
            supported_versions: wanted.protocol_versions.clone(),
            session_timeout_seconds: wanted.session_timeout_seconds,
            response_streaming: wanted.response_streaming,
            list_tools_pagination: wanted.list_tools_pagination,
            kms_key: wanted.kms_key.clone(),
            waf_failure: wanted.waf_failure,
            interceptors: wanted
                .interceptors
                .iter()
                .map(|one| gateway::Interceptor {
                    points: one.points.clone(),
                    pass_headers: one.pass_headers,
                    exclude_response_body: one.exclude_response_body,
                })
                .collect(),
            policy: wanted.policy.as_ref().map(|policy| policy.mode),
            tags: self.tags(at),
        }
    }

    fn gateway_role(&mut self, place: Place<'_>, gateway: &str) -> Role {
        let gateways = format!("gateway/{}-*", gateway.to_lowercase());
        let source = self.naming.arn("bedrock-agentcore", &gateways);
        let trust = service_trust(AGENTCORE_SERVICE, &self.naming.account, &[source]);
        self.role(place.at("role/gateway"), &place.name("gateway"), trust, true)
    }

    /// What the gateway's role needs for the gateway itself: its interceptors, its key and its policy engine. `name` is the
    /// gateway's in the account.
    fn own_grant(&mut self, place: Place<'_>, role: Role, name: &str) -> Option<RolePolicy> {
        let wanted = place.wanted;
        let mut statements: Vec<Statement> = Vec::new();
        let arns: BTreeSet<String> =
            wanted.interceptors.iter().map(|one| self.interceptor_arn(one)).collect();
        if !arns.is_empty() {
            statements.push(grants::invoke_functions(arns));
        }
        statements.extend(wanted.kms_key.as_deref().map(grants::use_key));
        statements.extend(wanted.policy.as_ref().map(|policy| self.ask_engine(name, policy)));
        (!statements.is_empty())
            .then(|| self.grant_role((place, role), "gateway", statements, Vec::new()))
    }

    /// The ARN that an interceptor's function has or will have.
    fn interceptor_arn(&self, interceptor: &Interceptor) -> String {
        let own = interceptor.function.as_ref().map(|name| self.function_arn(name));
        own.or_else(|| interceptor.arn.clone()).unwrap_or_default()
    }
}

/// Where AgentCore sends a browser after a consent.
pub(super) fn consent_return_url(base: &str) -> String {
    format!("{base}/oauth2/callback")
}
