//! The user pool with what lives in it, and the clients that speak for people and machines.
//!
//! The pool is the stack's own, or one that exists already. Of the latter nothing is made or changed: a link remembers it,
//! and a resource server and clients go into it.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Address, Deps, Given, Handle, StepError};
use serde_json::Value;

use super::door::Door;
use super::{Blueprint, Place, address};
use crate::manifest::ExistingPool;
use crate::steps::{
    cognito_client, cognito_domain, cognito_identity_provider, cognito_resource_server,
    cognito_user, cognito_user_pool, ssm_link,
};

/// The scope that every call of a gateway needs, within the resource server of the stack.
const SCOPE: &str = "invoke";
/// The resource server's identifier in a pool of the stack's own.
const RESOURCE_SERVER: &str = "mcp";

pub(super) type Client = Handle<cognito_client::Outputs>;

/// A part of the way in: made by the stack, or known beforehand. What lives in the latter is made after its link and goes
/// before it, so that nothing is ever in a pool that no link remembers.
#[derive(Clone)]
pub(super) enum Part<O> {
    Ours(Handle<O>),
    Linked(Handle<ssm_link::Outputs>, O),
}

impl<O> Deps for Part<O>
where
    Handle<O>: Deps<Outputs = O>,
    O: Clone + Send + Sync + 'static,
{
    type Outputs = O;

    fn edges(&self, edges: &mut BTreeSet<usize>) {
        match self {
            Self::Ours(handle) => handle.edges(edges),
            Self::Linked(link, _) => link.edges(edges),
        }
    }

    fn outputs(&self, known: &dyn Fn(usize) -> Option<Value>) -> Result<Option<O>, StepError> {
        match self {
            Self::Ours(handle) => handle.outputs(known),
            Self::Linked(_, outputs) => Ok(Some(outputs.clone())),
        }
    }
}

/// The way in, which all gateways share.
pub(super) struct Cognito {
    pub(super) pool: Part<cognito_user_pool::Outputs>,
    pub(super) domain: Part<cognito_domain::Outputs>,
    pub(super) resource_server: Handle<cognito_resource_server::Outputs>,
    /// The scope that every call of a gateway needs, in full.
    pub(super) scope: String,
    /// The client for machines, such as CI.
    pub(super) machine: Option<Client>,
    /// The providers that the stack gave its pool.
    providers: Vec<Handle<cognito_identity_provider::Outputs>>,
}

impl Blueprint<'_> {
    pub(super) fn cognito(&mut self) -> Cognito {
        let wanted = &self.prepared.manifest.cognito;
        let (pool, domain) = match &wanted.existing {
            Some(existing) => self.linked_pool(existing),
            None => self.own_pool(),
        };
        let identifier = self.resource_server_identifier();
        let scope = format!("{identifier}/{SCOPE}");
        let resource_server = self.resource_server(&pool, identifier);
        let providers = self.identity_providers(&pool);
        if let Some(user) = &wanted.first_user {
            let spec = cognito_user::Spec {
                email: user.email.clone(),
                password: user.password.clone(),
                password_minimum_length: wanted.password.minimum_length,
            };
            let at = address("user/first");
            self.graph.add(cognito_user::User, at, spec, pool.clone(), |pool| {
                cognito_user::Links { pool_id: pool.id }
            });
        }
        let mut cognito =
            Cognito { pool, domain, resource_server, scope, machine: None, providers };
        cognito.machine = wanted.m2m.then(|| {
            let kind = cognito_client::ClientKind::Machine;
            self.client(kind, address("client/machine"), &cognito, None)
        });
        cognito
    }

    /// The client for the editors of one gateway.
    pub(super) fn clients(&mut self, place: Place<'_>, cognito: &Cognito, door: Door) -> Client {
        let kind = cognito_client::ClientKind::Editors;
        self.client(kind, place.at("client/editors"), cognito, Some(door))
    }

    fn own_pool(&mut self) -> (Part<cognito_user_pool::Outputs>, Part<cognito_domain::Outputs>) {
        let wanted = &self.prepared.manifest.cognito;
        let at = address(cognito_user_pool::POOL_ADDRESS);
        let spec = cognito_user_pool::Spec {
            name: self.naming.name(&at),
            password: wanted.password,
            mfa: wanted.mfa,
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
        (Part::Ours(pool), Part::Ours(domain))
    }

    fn linked_pool(
        &mut self,
        existing: &ExistingPool,
    ) -> (Part<cognito_user_pool::Outputs>, Part<cognito_domain::Outputs>) {
        let at = address(format!("{}{}", cognito_user_pool::LINK_ADDRESS, existing.pool));
        let spec = ssm_link::Spec {
            name: format!("/construct/{}/links/{}", self.naming.stack, at.leaf()),
            value: existing.pool.clone(),
            tags: self.tags(&at),
        };
        let link = self.graph.add(ssm_link::Link, at, spec, (), |()| ());
        let id = existing.pool.clone();
        let arn = self.naming.arn("cognito-idp", &format!("userpool/{id}"));
        let domain = cognito_domain::Outputs {
            prefix: String::new(),
            pool_id: id.clone(),
            base_url: existing.domain.clone(),
        };
        let pool = cognito_user_pool::Outputs::of(id, arn);
        (Part::Linked(link, pool), Part::Linked(link, domain))
    }

    /// In a pool of somebody else, `mcp` may be taken, by another stack among others; the stack's name is taken once in an
    /// account and Region.
    fn resource_server_identifier(&self) -> String {
        match &self.prepared.manifest.cognito.existing {
            Some(_) => self.naming.stack.clone(),
            None => RESOURCE_SERVER.to_owned(),
        }
    }

    fn resource_server(
        &mut self,
        pool: &Part<cognito_user_pool::Outputs>,
        identifier: String,
    ) -> Handle<cognito_resource_server::Outputs> {
        let at = address(format!("{}/resource-server", cognito_user_pool::POOL_ADDRESS));
        let what = "Call the tools of the gateway".to_owned();
        let spec = cognito_resource_server::Spec {
            identifier,
            name: self.naming.name(&at),
            scopes: BTreeMap::from([(SCOPE.to_owned(), what)]),
        };
        let link: fn(cognito_user_pool::Outputs) -> cognito_resource_server::Links = match pool {
            Part::Ours(_) => {
                |pool| cognito_resource_server::Links { pool_id: pool.id, foreign_pool: false }
            }
            Part::Linked(..) => {
                |pool| cognito_resource_server::Links { pool_id: pool.id, foreign_pool: true }
            }
        };
        self.graph.add(cognito_resource_server::ResourceServer, at, spec, pool.clone(), link)
    }

    pub(super) fn client(
        &mut self,
        kind: cognito_client::ClientKind,
        at: Address,
        cognito: &Cognito,
        door: Option<Door>,
    ) -> Client {
        let wanted = &self.prepared.manifest.cognito;
        let spec = cognito_client::Spec {
            name: self.naming.name(&at),
            kind,
            access_token_minutes: wanted.access_token_minutes,
            refresh_token_days: wanted.refresh_token_days,
        };
        let own = match &wanted.existing {
            Some(existing) => existing.identity_providers.clone(),
            None => vec![cognito_client::OWN_PEOPLE.to_owned()],
        };
        // Nobody signs in with a client for machines.
        let people = kind.signs_people_in();
        let providers = people.then(|| (Given(own), cognito.providers.clone()));
        let deps = (cognito.pool.clone(), cognito.resource_server, providers, door);
        let link = |(pool, server, providers, base): Linked| {
            let paths = ["/callback", "/connect/callback"];
            let urls = |base: String| paths.map(|path| format!("{base}{path}"));
            let (own, federated) = providers.unwrap_or_default();
            let federated = federated.into_iter().map(|provider| provider.name);
            cognito_client::Links {
                pool_id: pool.id,
                scopes: server.scopes,
                callback_urls: base.map(urls).into_iter().flatten().collect(),
                identity_providers: own.into_iter().chain(federated).collect(),
            }
        };
        self.graph.add(cognito_client::UserPoolClient, at, spec, deps, link)
    }
}

/// What a client is made from.
type Linked = (
    cognito_user_pool::Outputs,
    cognito_resource_server::Outputs,
    Option<(Vec<String>, Vec<cognito_identity_provider::Outputs>)>,
    Option<String>,
);
