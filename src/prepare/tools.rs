//! The targets' tools: descriptions and tool schemas, read, filled in and checked.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{Work, atlassian, mcp_tools, smithy};
use crate::manifest::rules::INLINE_SCHEMA;
use crate::manifest::{Lookup, TargetKind, TextOr, Variable};
use crate::openapi::{Description, ToolSchema, Violation, canonical, check_for_target, tools};

/// A target's tools as they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// The OpenAPI description or the tool schema, minified.
    pub text: String,
    /// What tells it from another.
    pub digest: String,
    /// How many tools it makes; none where the service does not make tools of it.
    pub count: usize,
}

impl Tools {
    fn of(document: &Value, count: usize) -> Self {
        Self { text: document.to_string(), digest: canonical::digest(document), count }
    }

    /// Whether it is too large to be sent inline.
    pub fn is_large(&self) -> bool {
        self.text.len() > INLINE_SCHEMA.maximum
    }
}

/// A file, after the key that names it.
type File<'a> = (String, &'a Path);

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
            tenants.extend(target.variables.iter().filter_map(|(variable, value)| match value {
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
            let key = |key: &str| format!("targets.{name}.{key}");
            let [(file_key, path)] = target.files()[..] else { continue };
            let file = (key(file_key), path);
            let tools = match &target.kind {
                // A look-up that failed is reported already: the description would only repeat it.
                TargetKind::OpenApi(_) => filled(&target.variables, cloud_ids)
                    .and_then(|values| self.openapi(name, &file, &values)),
                TargetKind::Lambda(_) => self.tool_schema(name, &file),
                TargetKind::Smithy(_) => self.smithy(&file),
                TargetKind::McpServer(_) => self.mcp_tools(name, &file),
                _ => self.schema(&file),
            };
            if let Some(tools) = &tools {
                self.fits(&file, tools);
            }
            all.extend(tools.map(|tools| (name.clone(), tools)));
        }
        all
    }

    /// A schema that is too large to be sent needs a bucket to lie in.
    fn fits(&mut self, (key, path): &File<'_>, tools: &Tools) {
        if !tools.is_large() || self.manifest.stack.bucket.is_some() {
            return;
        }
        let message = format!(
            "{} has {} bytes, and {} fit into a request",
            path.display(),
            tools.text.len(),
            INLINE_SCHEMA.maximum
        );
        let help =
            "name a bucket that exists, for schemas of up to 10 MB: `bucket = \"NAME\"` in [stack]";
        let problem = self.manifest.problem(key, message, help);
        self.problems.push(problem.under(&INLINE_SCHEMA.rule));
    }

    fn smithy(&mut self, (key, path): &File<'_>) -> Option<Tools> {
        let text = self.text(key, path)?;
        smithy::read(&text)
            .map(|(model, count)| Tools::of(&model, count))
            .map_err(|(message, help)| {
                self.problem(key, format!("{}: {message}", path.display()), help);
            })
            .ok()
    }

    fn mcp_tools(&mut self, target: &str, (key, path): &File<'_>) -> Option<Tools> {
        let text = self.text(key, path)?;
        match mcp_tools::read(&text, target) {
            Ok((list, count)) => Some(Tools::of(&list, count)),
            Err(problems) => {
                let help = "write what the server answers to `tools/list`";
                for message in problems {
                    self.problem(key, format!("{}: {message}", path.display()), help);
                }
                None
            }
        }
    }

    /// A description of what is reached by HTTP: the service says nothing of its form but that it is JSON.
    fn schema(&mut self, (key, path): &File<'_>) -> Option<Tools> {
        let text = self.text(key, path)?;
        serde_json::from_str::<Value>(&text)
            .map(|value| Tools::of(&value, 0))
            .map_err(|error| {
                let message = format!("{}: not JSON: {error}", path.display());
                self.problem(key, message, "name an OpenAPI description as JSON");
            })
            .ok()
    }

    fn openapi(
        &mut self,
        target: &str,
        (key, path): &File<'_>,
        values: &BTreeMap<String, String>,
    ) -> Option<Tools> {
        let text = self.text(key, path)?;
        let description = Description::parse(&text)
            .map_err(|error| self.problem(key, shown(path, &error), error.help()))
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
        self.refuse(key, path, check_for_target(&described, target));
        let count = tools(&described, target).len();
        Some(Tools { text: described.minified(), digest: described.digest(), count })
    }

    fn tool_schema(&mut self, target: &str, (key, path): &File<'_>) -> Option<Tools> {
        let text = self.text(key, path)?;
        let schema = ToolSchema::parse(&text)
            .map_err(|error| self.problem(key, shown(path, &error), error.help()))
            .ok()?;
        self.refuse(key, path, schema.check(target));
        let count = schema.definitions().len();
        Some(Tools { text: schema.canonical_text(), digest: schema.digest(), count })
    }

    fn refuse(&mut self, key: &str, path: &Path, violations: Vec<Violation>) {
        // Whether it fits is asked of every kind of document, together with the bucket: see `fits`.
        let refused = |one: &Violation| one.is_refused() && one.rule.id != "inline-size";
        for violation in violations.into_iter().filter(refused) {
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
