//! The whole topology: the one place that knows which nodes a manifest becomes and what each takes from the others.
//!
//! Where a gateway has a front, its door is made first, as a shell, because its address is what everything else names: that
//! breaks the circle of client, gateway and function. Addresses written here are stored in tags and never renamed.

mod cognito;
mod door;
mod federation;
mod front;
mod function;
mod gateway;
mod grant;
mod identity;
mod ignore;
mod inline_size;
mod policy;
mod portal;
mod provider;
mod runtime;
mod schema;
mod target;
mod target_grant;
mod traffic;

use construct_engine::{Address, Graph, Handle};

use crate::cloud::{Cloud, Naming, Tags};
use crate::manifest::{self, Problems};
use crate::policy::{Document, Statement};
use crate::prepare::Prepared;
use crate::steps::{iam_role, iam_role_policy};

use gateway::SignIn;
pub(crate) use provider::{provider_alone, provider_name};
use target::Sources;

type Role = Handle<iam_role::Outputs>;
type RolePolicy = Handle<iam_role_policy::Outputs>;

/// The graph of `prepared`'s stack in the account of `naming`.
///
/// # Errors
/// A role whose policies would not fit; a field to be left alone that there is none of.
pub fn blueprint(prepared: &Prepared, naming: &Naming) -> Result<Graph<Cloud>, Problems> {
    let mut plan = Blueprint { graph: Graph::default(), prepared, naming };
    let all = prepared.manifest.all_gateways();
    let cognito = all.iter().any(|(_, gateway)| gateway.has_front()).then(|| plan.cognito());
    let providers = plan.providers();
    let functions = plan.own_functions();
    let stored = plan.stored();
    let runtimes = plan.runtimes(&stored.zips);
    let engines = plan.policy_engines();
    let mut asking = Vec::new();
    for (name, wanted) in all {
        let place = Place { name, wanted };
        let sign_in = cognito.as_ref().filter(|_| wanted.has_front()).map(|cognito| {
            let door = plan.door(place, &providers);
            let editors = plan.clients(place, cognito, door);
            let portal = plan.portal_client(place, cognito, door);
            SignIn { cognito, editors, portal, door }
        });
        let mut gateway = plan.gateway(place, sign_in, &functions, &engines);
        gateway.portal = plan.portal(&gateway, sign_in, &providers);
        let sources = Sources {
            providers: &providers,
            functions: &functions,
            schemas: &stored.schemas,
            runtimes: &runtimes,
        };
        let targets = plan.targets(&gateway, sources);
        plan.rate_limits(&gateway);
        plan.rules(&gateway, &targets);
        asking.push((name, gateway.gateway, targets.into_values().collect()));
        if let Some(sign_in) = sign_in {
            plan.front(&gateway, sign_in, &providers);
        }
    }
    plan.policies(&engines, &asking);
    plan.identities();
    let mut problems = plan.oversized_roles();
    ignore::ignore(&mut plan.graph, &prepared.manifest, &mut problems);
    if problems.is_empty() { Ok(plan.graph) } else { Err(problems) }
}

struct Blueprint<'a> {
    graph: Graph<Cloud>,
    prepared: &'a Prepared,
    naming: &'a Naming,
}

/// A gateway of the manifest: what is wanted, and how its parts are called.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Its name; none for the one implied gateway.
    name: Option<&'a str>,
    wanted: &'a manifest::Gateway,
}

impl Place<'_> {
    /// The address of the part that the implied gateway calls `base`.
    fn at(self, base: &str) -> Address {
        address(self.named(base, if base.contains('/') { '-' } else { '/' }))
    }

    /// A name that the implied gateway has as `base`.
    fn name(self, base: &str) -> String {
        self.named(base, '-')
    }

    fn named(self, base: &str, joint: char) -> String {
        match self.name {
            Some(name) => format!("{base}{joint}{name}"),
            None => base.to_owned(),
        }
    }
}

fn address(text: impl Into<String>) -> Address {
    Address::new(text).expect("addresses are made of checked names and the words written here")
}

fn policy(role: &str, name: &str, statements: Vec<Statement>) -> iam_role_policy::Spec {
    iam_role_policy::Spec { role: role.to_owned(), name: name.to_owned(), statements }
}

fn tags(manifest: &manifest::Manifest, naming: &Naming, address: &Address) -> Tags {
    let mut tags: Tags = manifest.stack.tags.clone().into_iter().collect();
    tags.extend(naming.marks(address));
    tags
}

impl Blueprint<'_> {
    /// The tags of the node at `address`: the person's own and our marks.
    fn tags(&self, address: &Address) -> Tags {
        tags(&self.prepared.manifest, self.naming, address)
    }

    /// The name of the role for `what`; functions' names leave room for the suffix.
    fn role_name(&self, what: &str) -> String {
        format!("{}-{what}-role", self.naming.stack)
    }

    /// The role for `what`. `trust_is_tightened` when a later node narrows its trust to an ARN that is not known yet.
    fn role(&mut self, at: Address, what: &str, trust: Document, trust_is_tightened: bool) -> Role {
        let spec = iam_role::Spec {
            name: self.role_name(what),
            path: self.naming.iam_path(),
            description: format!("construct: {what} of {}", self.naming.stack),
            trust_is_tightened,
            trust,
            tags: self.tags(&at),
        };
        self.graph.add(iam_role::IamRole, at, spec, (), |()| ())
    }
}
