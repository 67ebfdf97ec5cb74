//! The user pool with what lives in it, and the clients that speak for people and machines.

use std::collections::BTreeMap;

use construct_engine::{Address, Handle};

use super::{Api, Blueprint, Place, address};
use crate::steps::{
    cognito_client, cognito_domain, cognito_resource_server, cognito_user, cognito_user_pool,
    http_api,
};

/// The scope that every call of a gateway needs, within the resource server of the stack.
pub(super) const SCOPE: &str = "invoke";
/// The resource server's identifier in the pool.
pub(super) const RESOURCE_SERVER: &str = "mcp";

pub(super) type Client = Handle<cognito_client::Outputs>;

/// The pool, which all gateways share.
pub(super) struct Cognito {
    pub(super) pool: Handle<cognito_user_pool::Outputs>,
    pub(super) domain: Handle<cognito_domain::Outputs>,
    pub(super) resource_server: Handle<cognito_resource_server::Outputs>,
    /// The client for machines, such as CI.
    pub(super) machine: Option<Client>,
}

impl Blueprint<'_> {
    pub(super) fn cognito(&mut self) -> Cognito {
        let wanted = &self.prepared.manifest.cognito;
        let at = address("pool");
        let spec = cognito_user_pool::Spec {
            name: self.naming.name(&at),
            password_minimum_length: wanted.password_minimum_length,
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
        let machine = wanted.m2m.then(|| {
            let kind = cognito_client::ClientKind::Machine;
            self.client(kind, address("client/machine"), (pool, resource_server), None)
        });
        if let Some(user) = &wanted.first_user {
            let spec =
                cognito_user::Spec { email: user.email.clone(), password: user.password.clone() };
            self.graph.add(cognito_user::User, address("user/first"), spec, pool, |pool| {
                cognito_user::Links { pool_id: pool.id }
            });
        }
        Cognito { pool, domain, resource_server, machine }
    }

    /// The client for the editors of one gateway.
    pub(super) fn clients(&mut self, place: Place<'_>, cognito: &Cognito, api: Api) -> Client {
        let kind = cognito_client::ClientKind::Editors;
        let deps = (cognito.pool, cognito.resource_server);
        self.client(kind, place.at("client/editors"), deps, Some(api))
    }

    fn client(
        &mut self,
        kind: cognito_client::ClientKind,
        at: Address,
        (pool, resource_server): (
            Handle<cognito_user_pool::Outputs>,
            Handle<cognito_resource_server::Outputs>,
        ),
        api: Option<Api>,
    ) -> Client {
        let wanted = &self.prepared.manifest.cognito;
        let spec = cognito_client::Spec {
            name: self.naming.name(&at),
            kind,
            access_token_minutes: wanted.access_token_minutes,
            refresh_token_days: wanted.refresh_token_days,
        };
        let deps = (pool, resource_server, api);
        self.graph.add(cognito_client::UserPoolClient, at, spec, deps, |(pool, server, api)| {
            let paths = ["/callback", "/connect/callback"];
            let urls = |api: http_api::Outputs| paths.map(|path| format!("{}{path}", api.endpoint));
            cognito_client::Links {
                pool_id: pool.id,
                scopes: server.scopes,
                callback_urls: api.map(urls).into_iter().flatten().collect(),
            }
        })
    }
}
