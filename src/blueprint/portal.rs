//! The consent portal of one gateway, with what signs people in to it.
//!
//! For a gateway of the pool, the stack has a client and a provider of the portal's own: client, provider, gateway, portal,
//! and then the portal's address into the client.

use std::collections::BTreeMap;

use construct_engine::{Given, Handle};

use super::cognito::Client;
use super::gateway::{GatewayParts, SignIn};
use super::provider::Provider;
use super::{Blueprint, Place, Role, RolePolicy, address, policy};
use crate::cloud::Naming;
use crate::manifest::{Gateway, Jwt, OAuth2Settings, Vendor};
use crate::policy::{AGENTCORE_SERVICE, portal_grants, service_trust};
use crate::steps::oauth2_provider::{self, PoolClient};
use crate::steps::{
    cognito_client, cognito_client_callback, consent_portal, credential_provider, gateway,
    gateway_return_urls, iam_role_policy, iam_role_trust,
};

/// What the portal's role is for. The dot keeps its name apart from those of functions.
pub(super) const PORTAL_ROLE: &str = "gateway.portal";

pub(super) type Portal = Handle<consent_portal::Outputs>;

impl Blueprint<'_> {
    /// The client that a portal signs people of the pool in with. It is made with the front's addresses, where nobody of
    /// this client ever comes, as Cognito wants some.
    pub(super) fn portal_client(
        &mut self,
        place: Place<'_>,
        cognito: &super::cognito::Cognito,
        door: super::door::Door,
    ) -> Option<Client> {
        let kind = cognito_client::ClientKind::Portal;
        place
            .wanted
            .has_portal()
            .then(|| self.client(kind, place.at("client/portal"), cognito, Some(door)))
    }

    /// The portal, after its gateway and before the gateway's targets.
    pub(super) fn portal(
        &mut self,
        gateway: &GatewayParts<'_>,
        sign_in: Option<SignIn<'_>>,
        providers: &BTreeMap<String, Provider>,
    ) -> Option<Portal> {
        let place = gateway.place;
        let wanted = place.wanted.portal_settings()?;
        let provider = match sign_in {
            Some(sign_in) => self.portal_provider(place, sign_in)?,
            None => *providers.get(wanted.provider.as_ref()?)?,
        };
        let at = place.at("portal");
        let name = self.naming.name(&at);
        let mut secrets: Vec<Provider> =
            self.consenting(place, providers).into_iter().map(|(_, provider)| provider).collect();
        secrets.push(provider);
        let (role, permitted) = self.portal_role(gateway, &name, secrets);
        let spec = consent_portal::Spec {
            name,
            description: wanted.description.clone(),
            scopes: wanted.scopes.clone(),
            audience: wanted.audience.clone(),
            tags: self.tags(&at),
        };
        let server = sign_in.map(|to| to.cognito.resource_server);
        let deps = (gateway.gateway, (role, permitted), provider, server);
        let portal = self.graph.add(
            consent_portal::ConsentPortal,
            at,
            spec,
            deps,
            |(gateway, (role, _), provider, server)| consent_portal::Links {
                gateway_arn: gateway.arn,
                role_arn: role.arn,
                provider_arn: provider.arn,
                gateway_scopes: server.map(|server| server.scopes).unwrap_or_default(),
            },
        );
        self.after_portal(gateway, (role, portal), sign_in.and_then(|to| to.portal));
        Some(portal)
    }

    /// What waits for the portal's ARN and address: its role's trust, its client's callback, and the gateway's return URLs.
    fn after_portal(
        &mut self,
        gateway: &GatewayParts<'_>,
        (role, portal): (Role, Portal),
        client: Option<Client>,
    ) {
        let place = gateway.place;
        let spec = iam_role_trust::Spec {
            role: self.role_name(&portal_role(place)),
            service: AGENTCORE_SERVICE.to_owned(),
            account: self.naming.account.clone(),
        };
        self.graph.add(
            iam_role_trust::IamRoleTrust,
            place.at("role-trust/portal"),
            spec,
            (role, portal),
            |(_, portal)| iam_role_trust::Links { source_arn: portal.arn },
        );
        if let Some(client) = client {
            self.graph.add(
                cognito_client_callback::ClientCallback,
                place.at("client-callback/portal"),
                cognito_client_callback::Spec {},
                (client, portal),
                |(client, portal)| cognito_client_callback::Links {
                    pool_id: client.pool_id,
                    client_id: client.client_id,
                    url: portal.sign_in_callback(),
                },
            );
        }
        self.graph.add(
            gateway_return_urls::GatewayReturnUrls,
            place.at("return-urls/gateway"),
            gateway_return_urls::Spec {},
            (gateway.gateway, portal),
            |(gateway, portal)| gateway_return_urls::Links {
                identity_name: gateway.identity_name,
                urls: vec![portal.consent_return_url()],
            },
        );
    }

    /// The provider that signs people of the pool in to a portal.
    fn portal_provider(&mut self, place: Place<'_>, sign_in: SignIn<'_>) -> Option<Provider> {
        let at = place.at("portal-provider");
        let spec = oauth2_provider::Spec {
            name: self.naming.name(&at),
            vendor: Vendor::of("custom")?,
            client_id: String::new(),
            client_secret: None,
            settings: OAuth2Settings::default(),
            tags: self.tags(&at),
        };
        let deps = (sign_in.portal?, sign_in.cognito.pool.clone());
        Some(self.graph.add(oauth2_provider::OAuth2Provider, at, spec, deps, |(client, pool)| {
            Some(PoolClient {
                pool_id: client.pool_id,
                client_id: client.client_id,
                issuer: pool.issuer,
            })
        }))
    }

    /// The portal's role: its trust is narrowed to the portal once that is there.
    fn portal_role(
        &mut self,
        gateway: &GatewayParts<'_>,
        portal: &str,
        secrets: Vec<Provider>,
    ) -> (Role, RolePolicy) {
        type Deps = (
            crate::steps::iam_role::Outputs,
            gateway::Outputs,
            Vec<credential_provider::Outputs>,
            Naming,
        );
        let place = gateway.place;
        let what = portal_role(place);
        let source = self.naming.arn("bedrock-agentcore", &format!("consent-portal/{portal}-*"));
        let trust = service_trust(AGENTCORE_SERVICE, &self.naming.account, &[source]);
        let role = self.role(place.at("role/portal"), &what, trust, true);
        let deps = (role, gateway.gateway, secrets, Given(self.naming.clone()));
        let permitted = self.graph.add(
            iam_role_policy::IamRolePolicy,
            address(format!("role-policy/{}.run", place.name("portal"))),
            policy(&self.role_name(&what), "run", Vec::new()),
            deps,
            |(_, gateway, providers, naming): Deps| {
                let secrets: Vec<String> =
                    providers.into_iter().filter_map(|provider| provider.secret_arn).collect();
                let statements = portal_grants::portal(&naming, &gateway.arn, &secrets);
                iam_role_policy::Links { statements }
            },
        );
        (role, permitted)
    }

    /// A gateway's `jwt`, which lets the client of its portal in: the portal asks the gateway whether a person may.
    pub(super) fn with_portal_client(&self, wanted: &Gateway, mut jwt: Jwt) -> Jwt {
        let provider = wanted.portal_settings().and_then(|portal| portal.provider);
        let client = provider.and_then(|name| self.prepared.client_ids.get(&name));
        if let Some(client) = client
            && !jwt.clients.is_empty()
            && !jwt.clients.contains(client)
        {
            jwt.clients.push(client.clone());
        }
        jwt
    }
}

fn portal_role(place: Place<'_>) -> String {
    place.name(PORTAL_ROLE)
}
