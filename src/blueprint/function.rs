//! Functions of the manifest, and what any function has around it.

use std::collections::BTreeMap;

use construct_engine::Handle;

use super::{Blueprint, Role, RolePolicy, address, policy};
use crate::policy::{LAMBDA_SERVICE, Statement, grants, service_trust};
use crate::steps::{iam_role_policy, lambda_function, log_group};

/// A function with what it needs around it.
pub(super) struct Surroundings {
    pub(super) role: Role,
    pub(super) policy: RolePolicy,
    pub(super) log_group: Handle<log_group::Outputs>,
}

impl Blueprint<'_> {
    /// The functions by their names in the manifest.
    pub(super) fn own_functions(&mut self) -> BTreeMap<String, Handle<lambda_function::Outputs>> {
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
                environment: Some(function.environment.clone()),
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

    pub(super) fn function_name(&self, name: &str) -> String {
        format!("{}-{name}", self.naming.stack)
    }

    /// The ARN that the function has or will have.
    pub(super) fn function_arn(&self, name: &str) -> String {
        self.naming.arn("lambda", &format!("function:{}", self.function_name(name)))
    }

    pub(super) fn log_group_name(&self, function: &str) -> String {
        format!("/aws/lambda/{}", self.function_name(function))
    }

    /// Role, policy and log group of the function called `name`, before the function itself.
    pub(super) fn surroundings(
        &mut self,
        name: &str,
        retention_days: u32,
        mut statements: Vec<Statement>,
    ) -> Surroundings {
        let trust = service_trust(LAMBDA_SERVICE, &self.naming.account, &[]);
        let role = self.role(address(format!("role/function-{name}")), name, trust, false);
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
}
