//! Agent runtimes, which gateways share: each with its role, what that may do, and its endpoints.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::schema::StoredObject;
use super::{Blueprint, Role, RolePolicy, address, policy};
use crate::manifest::{self, S3Zip};
use crate::policy::{AGENTCORE_SERVICE, grants, runtime_grants, service_trust};
use crate::steps::agent_runtime::{self, Artifact};
use crate::steps::{agent_runtime_endpoint, iam_role_policy};

pub(super) type Runtime = Handle<agent_runtime::Outputs>;
type Endpoint = Handle<agent_runtime_endpoint::Outputs>;

/// A runtime in the graph: what a target waits for.
#[derive(Clone)]
pub(super) struct RuntimeParts {
    pub(super) runtime: Runtime,
    /// Its endpoints beside `DEFAULT`.
    pub(super) endpoints: Vec<Endpoint>,
}

impl Blueprint<'_> {
    /// The runtimes by their names in the manifest.
    pub(super) fn runtimes(
        &mut self,
        zips: &BTreeMap<String, StoredObject>,
    ) -> BTreeMap<String, RuntimeParts> {
        let mut made = BTreeMap::new();
        for (name, wanted) in &self.prepared.manifest.runtimes {
            let (role, permitted) = self.runtime_role(name, wanted);
            let at = address(format!("runtime/{name}"));
            let spec = self.runtime_spec(name, wanted);
            let runtime = self.graph.add(
                agent_runtime::AgentRuntime,
                at,
                spec,
                (role, permitted, zips.get(name).copied()),
                |(role, _, _)| agent_runtime::Links { role_arn: role.arn },
            );
            let endpoints = wanted.endpoints.iter();
            let endpoints = endpoints
                .map(|(endpoint, wanted)| self.runtime_endpoint(name, runtime, (endpoint, wanted)))
                .collect();
            made.insert(name.clone(), RuntimeParts { runtime, endpoints });
        }
        made
    }

    /// The name in the account of the runtime that the manifest calls `name`.
    pub(super) fn runtime_name(&self, name: &str) -> String {
        agent_runtime::name(&self.naming.stack, name)
    }

    /// The ARN that the runtime which the manifest calls `name` has or will have, but for the end of its id.
    pub(super) fn runtime_arns(&self, name: &str) -> String {
        self.naming.arn("bedrock-agentcore", &format!("runtime/{}-*", self.runtime_name(name)))
    }

    fn runtime_spec(&self, name: &str, wanted: &manifest::Runtime) -> agent_runtime::Spec {
        let zip = wanted.s3.clone().or_else(|| self.own_zip(name));
        let artifact = match (zip, &wanted.code) {
            (Some(zip), Some(code)) => Artifact::S3(zip, code.clone()),
            _ => Artifact::Image(wanted.image.clone().unwrap_or_default()),
        };
        agent_runtime::Spec {
            name: self.runtime_name(name),
            description: wanted.description.clone(),
            artifact,
            protocol: wanted.protocol,
            port: wanted.port,
            path: wanted.path.clone(),
            network: wanted.network.clone(),
            headers: wanted.headers.clone(),
            environment: wanted.environment.clone(),
            idle_timeout_seconds: wanted.idle_timeout_seconds,
            max_lifetime_seconds: wanted.max_lifetime_seconds,
            jwt: wanted.jwt.clone(),
            tags: self.tags(&address(format!("runtime/{name}"))),
        }
    }

    /// Where the zip lies that the stack itself puts into its bucket.
    fn own_zip(&self, name: &str) -> Option<S3Zip> {
        let code = self.prepared.runtimes.get(name)?;
        let bucket = self.prepared.manifest.stack.bucket.clone()?;
        Some(S3Zip { bucket, key: self.zip_key(name, code), version: None })
    }

    /// The role of a runtime and its one policy. The dot keeps its name apart from those of functions.
    fn runtime_role(&mut self, name: &str, wanted: &manifest::Runtime) -> (Role, RolePolicy) {
        let what = format!("runtime.{name}");
        // The guide names no narrower source.
        let source = self.naming.arn("bedrock-agentcore", "*");
        let trust = service_trust(AGENTCORE_SERVICE, &self.naming.account, &[source]);
        let role = self.role(address(format!("role/runtime-{name}")), &what, trust, false);
        let mut statements = runtime_grants::observe(self.naming, &self.runtime_name(name));
        if let Some(image) = &wanted.image {
            statements.extend(runtime_grants::pull_image(self.naming, image));
        }
        let further = wanted.permissions.iter().zip(1..);
        statements.extend(further.map(|(permission, number)| {
            grants::named(number, &permission.actions, &permission.resources)
        }));
        let permitted = self.graph.add(
            iam_role_policy::IamRolePolicy,
            address(format!("role-policy/runtime-{name}.run")),
            policy(&self.role_name(&what), "run", statements),
            role,
            |_| iam_role_policy::Links { statements: Vec::new() },
        );
        (role, permitted)
    }

    fn runtime_endpoint(
        &mut self,
        runtime_name: &str,
        runtime: Runtime,
        (name, wanted): (&str, &manifest::RuntimeEndpoint),
    ) -> Endpoint {
        let at = address(format!("runtime-endpoint/{runtime_name}.{name}"));
        let spec = agent_runtime_endpoint::Spec {
            name: name.to_owned(),
            version: wanted.version,
            description: wanted.description.clone(),
            tags: self.tags(&at),
        };
        self.graph.add(agent_runtime_endpoint::AgentRuntimeEndpoint, at, spec, runtime, |runtime| {
            agent_runtime_endpoint::Links {
                runtime_id: runtime.id,
                newest_version: runtime.version,
            }
        })
    }
}
