//! The targets' tools: descriptions and tool schemas, read, filled in and checked.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Work, atlassian};
use crate::manifest::{Lookup, TargetKind, TextOr, Variable};
use crate::openapi::{Description, ToolSchema, Violation, check_for_target, tools};

/// A target's tools as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The OpenAPI description or the tool schema, minified.
    pub text: String,
    /// What tells it from another.
    pub digest: String,
    /// How many tools it makes.
    pub count: usize,
}

impl Work<'_> {
    /// The cloud ids of the Atlassian tenants that targets name, by tenant.
    pub(super) async fn cloud_ids(
        &mut self,
        local: bool,
        memory: &Path,
    ) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for (path, tenant) in self.tenants() {
            if ids.contains_key(&tenant) || !(local || self.asks()) {
                continue;
            }
            let found = if local {
                Ok(atlassian::local_cloud_id(&tenant))
            } else {
                atlassian::cloud_id(&tenant, memory).await
            };
            match found {
                Ok(id) => {
                    ids.insert(tenant, id);
                }
                Err(error) => self.problem(&path, error.to_string(), error.help()),
            }
        }
        ids
    }

    /// Where a tenant is named, and which.
    fn tenants(&self) -> Vec<(String, String)> {
        let mut tenants = Vec::new();
        for (name, target) in &self.manifest.targets {
            let TargetKind::OpenApi { variables, .. } = &target.kind else { continue };
            tenants.extend(variables.iter().filter_map(|(variable, value)| match value {
                TextOr::Table(Lookup::AtlassianTenant(tenant)) => {
                    Some((format!("targets.{name}.variables.{variable}"), tenant.clone()))
                }
                TextOr::Text(_) => None,
            }));
        }
        tenants
    }

    /// Tools by target; a target with a problem has none.
    pub(super) fn tools(
        &mut self,
        cloud_ids: &BTreeMap<String, String>,
    ) -> BTreeMap<String, Tools> {
        let mut all = BTreeMap::new();
        for (name, target) in &self.manifest.targets {
            let tools = match &target.kind {
                // A look-up that failed is reported already: the description would only repeat it.
                TargetKind::OpenApi { path, variables } => filled(variables, cloud_ids)
                    .and_then(|values| self.openapi(name, path, &values)),
                TargetKind::Lambda { tools, .. } => self.tool_schema(name, tools),
            };
            all.extend(tools.map(|tools| (name.clone(), tools)));
        }
        all
    }

    fn openapi(
        &mut self,
        target: &str,
        path: &Path,
        values: &BTreeMap<String, String>,
    ) -> Option<Tools> {
        let key = format!("targets.{target}.openapi");
        let text = self.text(&key, path)?;
        let description = Description::parse(&text)
            .map_err(|error| self.problem(&key, shown(path, &error), error.help()))
            .ok()?;
        let described = match description.with_server_variables(values) {
            Ok(described) => described,
            Err(errors) => {
                let key = format!("targets.{target}.variables");
                for error in errors {
                    self.problem(&key, shown(path, &error), error.help());
                }
                return None;
            }
        };
        self.refuse(&key, path, check_for_target(&described, target));
        let count = tools(&described, target).len();
        Some(Tools { text: described.minified(), digest: described.digest(), count })
    }

    fn tool_schema(&mut self, target: &str, path: &Path) -> Option<Tools> {
        let key = format!("targets.{target}.lambda.tools");
        let text = self.text(&key, path)?;
        let schema = ToolSchema::parse(&text)
            .map_err(|error| self.problem(&key, shown(path, &error), error.help()))
            .ok()?;
        self.refuse(&key, path, schema.check(target));
        let count = schema.definitions().len();
        Some(Tools { text: schema.canonical_text(), digest: schema.digest(), count })
    }

    fn refuse(&mut self, key: &str, path: &Path, violations: Vec<Violation>) {
        for violation in violations.into_iter().filter(Violation::is_refused) {
            let message =
                format!("{} at {}: {}", path.display(), violation.pointer, violation.message);
            self.problem(key, message, violation.help);
        }
    }

    fn text(&mut self, key: &str, path: &Path) -> Option<String> {
        let help = "check the path: it is relative to the manifest";
        std::fs::read_to_string(self.manifest.resolve(path))
            .map_err(|error| {
                self.problem(key, format!("cannot read {}: {error}", path.display()), help);
            })
            .ok()
    }
}

fn shown(path: &Path, error: &dyn std::error::Error) -> String {
    format!("{}: {error}", path.display())
}

/// The variables' values; none when one of them could not be looked up.
fn filled(
    variables: &BTreeMap<String, Variable>,
    cloud_ids: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let value = |value: &Variable| match value {
        TextOr::Text(text) => Some(text.clone()),
        TextOr::Table(Lookup::AtlassianTenant(tenant)) => cloud_ids.get(tenant).cloned(),
    };
    variables.iter().map(|(key, one)| Some((key.clone(), value(one)?))).collect()
}
