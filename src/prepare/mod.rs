//! From a manifest to what a graph is made of: files read and checked, secrets found, look-ups done.
//!
//! Everything that can be wrong without asking AWS is found here, all of it at once, before the first call.

mod atlassian;

use std::collections::BTreeMap;
use std::path::Path;

use crate::cloud::{SecretSource, Secrets};
use crate::manifest::{Architecture, Lookup, Manifest, Problems, SecretReference, TargetKind, TextOr};
use crate::openapi::{Description, ToolSchema, check_for_target, tools};
use crate::package::{Code, front_architectures};

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

/// A manifest with all that it names.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The manifest.
    pub manifest: Manifest,
    /// Client ids by provider.
    pub client_ids: BTreeMap<String, String>,
    /// Tools by target.
    pub tools: BTreeMap<String, Tools>,
    /// The front's code.
    pub front: Code,
    /// The processor of the front's functions, in Lambda's words.
    pub front_architecture: String,
    /// The code of `[functions]`, by name.
    pub functions: BTreeMap<String, Code>,
    /// Sources of secrets in whose place the local AWS got a placeholder.
    pub placeholders: Vec<String>,
}

/// Names that the front's two functions have, and no function of the manifest may.
pub const FRONT_FUNCTIONS: [&str; 2] = ["mcp-proxy", "oauth-callback"];

/// Reads everything that `manifest` names. `memory` is a folder for what is looked up once.
///
/// # Errors
/// All problems, each with its place in the manifest.
pub async fn prepare(
    manifest: Manifest,
    local: bool,
    memory: &Path,
    secrets: &Secrets,
    source: &dyn SecretSource,
) -> Result<Prepared, Problems> {
    let mut work = Work {
        manifest: &manifest,
        secrets,
        source,
        problems: Problems::default(),
        placeholders: Vec::new(),
    };
    let client_ids = work.client_ids();
    work.secret_values();
    let cloud_ids = work.cloud_ids(local, memory).await;
    let tools = work.tools(&cloud_ids);
    let functions = work.functions();
    let front = work.front();
    let Work { problems, placeholders, .. } = work;
    match front {
        Some((front, front_architecture)) if problems.is_empty() => {
            Ok(Prepared { client_ids, tools, front, front_architecture, functions, placeholders, manifest })
        }
        _ => Err(problems),
    }
}

struct Work<'a> {
    manifest: &'a Manifest,
    secrets: &'a Secrets,
    source: &'a dyn SecretSource,
    problems: Problems,
    placeholders: Vec<String>,
}

impl Work<'_> {
    fn problem(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.manifest.problem(path, message, help));
    }

    fn load(&mut self, path: &str, reference: &SecretReference) {
        let base = self.manifest.resolve(Path::new(""));
        match self.secrets.load(reference, &base, self.source) {
            Ok(false) => {}
            Ok(true) => self.placeholders.push(reference.to_string()),
            Err(error) => {
                self.problem(path, error.to_string(), "set it and run again, or name another source");
            }
        }
    }

    fn client_ids(&mut self) -> BTreeMap<String, String> {
        use secrecy::ExposeSecret;
        let mut ids = BTreeMap::new();
        for (name, provider) in &self.manifest.providers {
            let path = format!("providers.{name}.client_id");
            let id = match &provider.client_id {
                TextOr::Text(text) => Some(text.clone()),
                TextOr::Table(SecretReference::Secret(_)) => {
                    self.problem(
                        &path,
                        "a client id is not read from Secrets Manager",
                        "write the id itself: it is no secret",
                    );
                    None
                }
                TextOr::Table(reference) => {
                    self.load(&path, reference);
                    if let SecretReference::Prompt(prompt) = reference
                        && self.secrets.get(reference).is_none()
                    {
                        if let Err(error) = self.secrets.ask(reference, prompt.question(), self.source) {
                            self.problem(&path, error.to_string(), "write the id itself, or use { env = \"…\" }");
                        }
                    }
                    self.secrets.get(reference).map(|value| value.expose_secret().to_owned())
                }
            };
            ids.extend(id.map(|id| (name.clone(), id)));
        }
        ids
    }

    fn secret_values(&mut self) {
        for (name, provider) in &self.manifest.providers {
            self.load(&format!("providers.{name}.client_secret"), &provider.client_secret);
        }
        if let Some(user) = &self.manifest.inbound.first_user
            && let Some(password) = &user.password
        {
            let before = self.placeholders.len();
            self.load("inbound.first_user.password", password);
            if self.placeholders.len() > before {
                // A password that everybody knows is none: the pool makes one instead.
                self.secrets.forget(password);
            }
        }
    }

    async fn cloud_ids(&mut self, local: bool, memory: &Path) -> BTreeMap<String, String> {
        let mut ids = BTreeMap::new();
        for (name, target) in &self.manifest.targets {
            let TargetKind::OpenApi { variables, .. } = &target.kind else { continue };
            for (variable, value) in variables {
                let TextOr::Table(Lookup::AtlassianTenant(tenant)) = value else { continue };
                if ids.contains_key(tenant) {
                    continue;
                }
                let found = if local {
                    Ok(atlassian::local_cloud_id(tenant))
                } else {
                    atlassian::cloud_id(tenant, memory).await
                };
                match found {
                    Ok(id) => {
                        ids.insert(tenant.clone(), id);
                    }
                    Err(error) => {
                        let path = format!("targets.{name}.variables.{variable}");
                        self.problem(&path, error.to_string(), error.help());
                    }
                }
            }
        }
        ids
    }

    fn tools(&mut self, cloud_ids: &BTreeMap<String, String>) -> BTreeMap<String, Tools> {
        let mut all = BTreeMap::new();
        for (name, target) in &self.manifest.targets {
            let tools = match &target.kind {
                TargetKind::OpenApi { path, variables } => {
                    let values = variables
                        .iter()
                        .filter_map(|(key, value)| match value {
                            TextOr::Text(text) => Some((key.clone(), text.clone())),
                            TextOr::Table(Lookup::AtlassianTenant(tenant)) => {
                                Some((key.clone(), cloud_ids.get(tenant)?.clone()))
                            }
                        })
                        .collect::<BTreeMap<_, _>>();
                    // A look-up that failed is reported already: the description would only repeat it.
                    if values.len() < variables.len() {
                        continue;
                    }
                    self.openapi(name, path, &values)
                }
                TargetKind::Lambda { tools, .. } => self.tool_schema(name, tools),
            };
            all.extend(tools.map(|tools| (name.clone(), tools)));
        }
        all
    }

    fn text(&mut self, key: &str, path: &Path) -> Option<String> {
        match std::fs::read_to_string(self.manifest.resolve(path)) {
            Ok(text) => Some(text),
            Err(error) => {
                let message = format!("cannot read {}: {error}", path.display());
                self.problem(key, message, "check the path: it is relative to the manifest");
                None
            }
        }
    }

    fn openapi(&mut self, target: &str, path: &Path, values: &BTreeMap<String, String>) -> Option<Tools> {
        let key = format!("targets.{target}.openapi");
        let text = self.text(&key, path)?;
        let description = match Description::parse(&text) {
            Ok(description) => description,
            Err(error) => {
                self.problem(&key, format!("{}: {error}", path.display()), error.help());
                return None;
            }
        };
        let filled = match description.with_server_variables(values) {
            Ok(filled) => filled,
            Err(errors) => {
                for error in errors {
                    let key = format!("targets.{target}.variables");
                    self.problem(&key, format!("{}: {error}", path.display()), error.help());
                }
                return None;
            }
        };
        for violation in check_for_target(&filled, target).into_iter().filter(|one| one.is_refused()) {
            let message = format!("{} at {}: {}", path.display(), violation.pointer, violation.message);
            self.problem(&key, message, violation.help);
        }
        let count = tools(&filled, target).len();
        Some(Tools { text: filled.minified(), digest: filled.digest(), count })
    }

    fn tool_schema(&mut self, target: &str, path: &Path) -> Option<Tools> {
        let key = format!("targets.{target}.lambda.tools");
        let text = self.text(&key, path)?;
        let schema = match ToolSchema::parse(&text) {
            Ok(schema) => schema,
            Err(error) => {
                self.problem(&key, format!("{}: {error}", path.display()), error.help());
                return None;
            }
        };
        for violation in schema.check(target).into_iter().filter(|one| one.is_refused()) {
            let message = format!("{} at {}: {}", path.display(), violation.pointer, violation.message);
            self.problem(&key, message, violation.help);
        }
        let count = schema.definitions().len();
        Some(Tools { text: schema.canonical_text(), digest: schema.digest(), count })
    }

    fn functions(&mut self) -> BTreeMap<String, Code> {
        let mut codes = BTreeMap::new();
        for (name, function) in &self.manifest.functions {
            let table = format!("functions.{name}");
            if FRONT_FUNCTIONS.contains(&name.as_str()) {
                self.problem(&table, format!("the front has a function called {name}"), "choose another name");
            }
            match Code::file(&self.manifest.resolve(&function.zip)) {
                Ok(code) => {
                    codes.insert(name.clone(), code);
                }
                Err(error) => {
                    self.problem(&format!("{table}.zip"), error.to_string(), "build it, or correct the path");
                }
            }
        }
        codes
    }

    fn front(&mut self) -> Option<(Code, String)> {
        let wanted = self.manifest.front.architecture.map(Architecture::word);
        let architecture = wanted.or_else(|| front_architectures().next()).unwrap_or("arm64");
        match Code::front(architecture) {
            Ok(code) => Some((code, architecture.to_owned())),
            Err(error) => {
                let help = error.hint().unwrap_or_default();
                self.problem("front.architecture", error.to_string(), help);
                None
            }
        }
    }
}
