//! A resource server of a user pool: the custom scopes that its tokens may carry.
//!
//! - Name: the identifier, unique in the pool; the display name is `{stack}-pool-resource-server`.
//! - Found: by pool and identifier, one call.
//! - Proven ours: it has no tags; it is ours when its pool is. In a pool of somebody else it is ours when it bears the
//!   node's name too.
//! - In doubt: the identifier is unique. Two of ours: cannot be under one identifier.
//! - Owned set: the resource servers of our pools, and of the pool that the stack's link remembers, that bear the node's
//!   name; those that people added are theirs.
//! - Secret: none. Protect: none.
//! - Replace: the identifier and the pool cannot change; remove first.
//! - Update that resets: name and scopes are always sent together, and both are ours.
//!
//! Quotas: 25 resource servers for each pool, 100 scopes for each server. API: Amazon Cognito user pools API reference,
//! `CreateResourceServer`, `UpdateResourceServer`.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::types::{ResourceServerScopeType, ResourceServerType};
use construct_engine::{
    Address, Change, Class, Cx, Diff, Foreign, Found, Presence, Step, StepError,
};
use serde::{Deserialize, Serialize};

use super::cognito_user_pool::{POOL_ADDRESS, pools};
use super::fields;
use crate::cloud::{Cloud, classify, is_not_found};

/// A pool's resource server.
pub struct ResourceServer;

/// What the user decided about the resource server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// What scopes start with, such as `acme-tools`.
    pub identifier: String,
    /// The name for people. Discovery knows the server by it: [`crate::cloud::Naming::name`] of the node's address.
    pub name: String,
    /// What each scope allows, by the scope's short name.
    pub scopes: BTreeMap<String, String>,
}

/// What other nodes produced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The pool's id.
    pub pool_id: String,
    /// Whether the pool belongs to somebody else.
    pub foreign_pool: bool,
}

/// What others need of the resource server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The pool's id.
    pub pool_id: String,
    /// The identifier.
    pub identifier: String,
    /// The full names, `identifier/scope`, in alphabetical order.
    pub scopes: Vec<String>,
}

/// The resource server as Cognito describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pool_id: String,
    identifier: String,
    name: String,
    scopes: BTreeMap<String, String>,
}

impl Live {
    fn of(server: Option<ResourceServerType>) -> Result<Self, StepError> {
        let server =
            server.ok_or_else(|| StepError::bug("Cognito answered without the resource server"))?;
        let scopes = server.scopes().iter();
        let scopes = scopes
            .map(|scope| (scope.scope_name().to_owned(), scope.scope_description().to_owned()))
            .collect();
        match (server.user_pool_id, server.identifier) {
            (Some(pool_id), Some(identifier)) => {
                Ok(Self { pool_id, identifier, name: server.name.unwrap_or_default(), scopes })
            }
            _ => Err(StepError::bug(
                "Cognito described a resource server without pool or identifier",
            )),
        }
    }
}

async fn describe(
    cx: &Cx<'_, Cloud>,
    pool_id: &str,
    identifier: &str,
) -> Result<Option<Live>, StepError> {
    let request = cx.cloud.cognito.describe_resource_server();
    match request.user_pool_id(pool_id).identifier(identifier).send().await {
        Ok(answer) => Live::of(answer.resource_server).map(Some),
        Err(error) => match classify("DescribeResourceServer", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

async fn list(cx: &Cx<'_, Cloud>, pool_id: &str) -> Result<Vec<Live>, StepError> {
    let mut servers = Vec::new();
    let mut next = None;
    loop {
        let request =
            cx.cloud.cognito.list_resource_servers().user_pool_id(pool_id).max_results(50);
        let page = match request.set_next_token(next).send().await {
            Ok(page) => page,
            Err(error) => match classify("ListResourceServers", error) {
                error if is_not_found(&error) => return Ok(servers),
                error => return Err(error),
            },
        };
        for server in page.resource_servers {
            servers.push(Live::of(Some(server))?);
        }
        next = page.next_token;
        if next.is_none() {
            return Ok(servers);
        }
    }
}

fn scopes(wanted: &BTreeMap<String, String>) -> Result<Vec<ResourceServerScopeType>, StepError> {
    let built = wanted.iter().map(|(name, description)| {
        ResourceServerScopeType::builder().scope_name(name).scope_description(description).build()
    });
    built
        .collect::<Result<_, _>>()
        .map_err(|error| StepError::bug(format!("a scope lacks a member: {error}")))
}

impl Step<Cloud> for ResourceServer {
    const KIND: &'static str = "cognito.resource-server";
    const FIELDS: &'static [&'static str] = &["Scopes"];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: Option<&Links>,
        last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let pool_id = links.map(|links| &links.pool_id).or(last.map(|last| &last.pool_id));
        let Some(pool_id) = pool_id else { return Ok(Presence::Absent) };
        // An identifier that left the manifest is still ours to replace.
        if let Some(last) = last.filter(|last| last.identifier != spec.identifier)
            && let Some(live) = describe(cx, pool_id, &last.identifier).await?
        {
            return Ok(Presence::Ours(live));
        }
        let shared = links.is_some_and(|links| links.foreign_pool);
        Ok(match describe(cx, pool_id, &spec.identifier).await? {
            None => Presence::Absent,
            Some(live) if shared && live.name != spec.name => {
                let evidence =
                    format!("the resource server {} is called {}", live.identifier, live.name);
                Presence::Foreign(Foreign { live, evidence })
            }
            Some(live) => Presence::Ours(live),
        })
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        let fixed: Vec<Change> = [
            Change::between("Identifier", &live.identifier, &spec.identifier),
            links.and_then(|links| Change::between("UserPoolId", &live.pool_id, &links.pool_id)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !fixed.is_empty() {
            let reason = "a resource server keeps its identifier and its pool".to_owned();
            return Diff::Replace { reason, changes: fixed };
        }
        let changes = [
            Change::between("Name", &live.name, &spec.name),
            Change::between("Scopes", &live.scopes, &spec.scopes),
        ];
        Diff::of(changes.into_iter().flatten().collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        let request = cx.cloud.cognito.create_resource_server();
        let request =
            request.user_pool_id(&links.pool_id).identifier(&spec.identifier).name(&spec.name);
        match request.set_scopes(Some(scopes(&spec.scopes)?)).send().await {
            Ok(answer) => Live::of(answer.resource_server),
            Err(error) => {
                let mut error = classify("CreateResourceServer", error);
                // A taken identifier is an invalid parameter to Cognito, as many other things are.
                if error.class == Class::Invalid
                    && describe(cx, &links.pool_id, &spec.identifier).await?.is_some()
                {
                    error.class = Class::Conflict;
                }
                Err(error)
            }
        }
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let wanted = if fields::has(changes, "Scopes") { &spec.scopes } else { &live.scopes };
        let request = cx.cloud.cognito.update_resource_server();
        let request =
            request.user_pool_id(live.pool_id).identifier(live.identifier).name(&spec.name);
        let answer = request
            .set_scopes(Some(scopes(wanted)?))
            .send()
            .await
            .map_err(|error| classify("UpdateResourceServer", error))?;
        Live::of(answer.resource_server)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        let request = cx.cloud.cognito.delete_resource_server();
        match request.user_pool_id(&outputs.pool_id).identifier(&outputs.identifier).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteResourceServer", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs {
            pool_id: live.pool_id.clone(),
            identifier: live.identifier.clone(),
            scopes: live
                .scopes
                .keys()
                .map(|scope| format!("{}/{scope}", live.identifier))
                .collect(),
        }
    }

    fn identity(outputs: &Outputs) -> String {
        format!("{}/{}", outputs.pool_id, outputs.identifier)
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let mut servers = Vec::new();
        let address = Address::new(format!("{POOL_ADDRESS}/resource-server"));
        let address = address.map_err(|error| StepError::bug(error.to_string()))?;
        let name = cx.cloud.naming.name(&address);
        for (_, pool_id) in pools(found) {
            let listed = list(cx, &pool_id).await?;
            let ours = listed.iter().filter(|live| live.name == name);
            servers.extend(ours.map(|live| (address.clone(), Self::outputs(live))));
        }
        Ok(servers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        let scopes = [("invoke", "Use the tools"), ("admin", "Manage")];
        Spec {
            identifier: "acme".into(),
            name: "acme-pool-resource-server".into(),
            scopes: scopes.into_iter().map(|(name, what)| (name.into(), what.into())).collect(),
        }
    }

    fn live() -> Live {
        let server = ResourceServerType::builder()
            .user_pool_id("us-west-2_a")
            .identifier("acme")
            .name("acme-pool-resource-server")
            .set_scopes(Some(scopes(&spec().scopes).unwrap().into_iter().rev().collect()))
            .build();
        Live::of(Some(server)).unwrap()
    }

    #[test]
    fn what_was_made_from_the_spec_is_the_same_in_any_order() {
        let links = Links { pool_id: "us-west-2_a".into(), foreign_pool: false };
        assert_eq!(ResourceServer::diff(&spec(), None, &live()), Diff::Same);
        assert_eq!(ResourceServer::diff(&spec(), Some(&links), &live()), Diff::Same);
        assert_eq!(ResourceServer::outputs(&live()).scopes, ["acme/admin", "acme/invoke"]);
    }

    #[test]
    fn each_mutable_field_is_an_update_that_names_it() {
        let renamed = Spec { name: "other".into(), ..spec() };
        let mut rescoped = spec();
        rescoped.scopes.insert("invoke".into(), "Use all tools".into());
        for (spec, field) in [(renamed, "Name"), (rescoped, "Scopes")] {
            let Diff::Update(changes) = ResourceServer::diff(&spec, None, &live()) else {
                panic!("{field} can be changed in place");
            };
            assert_eq!(
                changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(),
                [field]
            );
        }
    }

    #[test]
    fn identifier_and_pool_replace() {
        let moved = Links { pool_id: "us-west-2_b".into(), foreign_pool: false };
        let other = Spec { identifier: "other".into(), ..spec() };
        assert!(matches!(ResourceServer::diff(&other, None, &live()), Diff::Replace { .. }));
        assert!(matches!(
            ResourceServer::diff(&spec(), Some(&moved), &live()),
            Diff::Replace { .. }
        ));
    }
}
