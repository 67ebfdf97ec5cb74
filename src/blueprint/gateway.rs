//! One gateway with its role, its role's trust, and the return URLs of its identity.

use construct_engine::Handle;

use super::cognito::{Client, Cognito};
use super::{Api, Blueprint, Place, Role};
use crate::manifest::Search;
use crate::policy::{AGENTCORE_SERVICE, service_trust};
use crate::steps::{gateway, gateway_return_urls, http_api, iam_role_trust};

/// Protocol versions that a gateway speaks; fixed when it is made. URL elicitation needs 2025-11-25.
const PROTOCOL_VERSIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// A gateway in the graph, with what its targets and its front take from it.
pub(super) struct GatewayParts<'a> {
    pub(super) place: Place<'a>,
    /// Its name in the account.
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) gateway: Handle<gateway::Outputs>,
    pub(super) api: Api,
}

impl Blueprint<'_> {
    pub(super) fn gateway<'a>(
        &mut self,
        place: Place<'a>,
        cognito: &Cognito,
        editors: &Client,
        api: Api,
    ) -> GatewayParts<'a> {
        let at = place.at("gateway");
        let name = self.naming.name(&at);
        let role = self.gateway_role(place, &name);
        let spec = gateway::Spec {
            name: name.clone(),
            description: place.wanted.description.clone(),
            instructions: place.wanted.instructions.clone(),
            semantic_search: place.wanted.search == Search::Semantic,
            debug: place.wanted.exception_level.is_some(),
            supported_versions: PROTOCOL_VERSIONS.map(str::to_owned).to_vec(),
            tags: self.tags(&at),
        };
        let pool = cognito.pool.clone();
        let deps = (role, pool, cognito.resource_server, *editors, cognito.machine);
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
        self.graph.add(
            gateway_return_urls::GatewayReturnUrls,
            place.at("return-urls/gateway"),
            gateway_return_urls::Spec {},
            (gateway, api),
            |(gateway, api)| gateway_return_urls::Links {
                identity_name: gateway.identity_name,
                urls: vec![consent_return_url(&api)],
            },
        );
        GatewayParts { place, name, role, gateway, api }
    }

    fn gateway_role(&mut self, place: Place<'_>, gateway: &str) -> Role {
        let gateways = format!("gateway/{}-*", gateway.to_lowercase());
        let source = self.naming.arn("bedrock-agentcore", &gateways);
        let trust = service_trust(AGENTCORE_SERVICE, &self.naming.account, &[source]);
        self.role(place.at("role/gateway"), &place.name("gateway"), trust, true)
    }
}

/// Where AgentCore sends a browser after a consent.
pub(super) fn consent_return_url(api: &http_api::Outputs) -> String {
    format!("{}/oauth2/callback", api.endpoint)
}
