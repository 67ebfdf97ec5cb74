//! From a manifest to what a graph is made of: files read and checked, secrets found, look-ups done.
//!
//! Everything that can be wrong without asking AWS is found here, all of it at once, before the first call.

mod atlassian;
mod federation;
mod mcp_tools;
mod offer;
mod smithy;
mod statements;
mod tools;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cloud::{SecretSource, Secrets};
use crate::front;
use crate::manifest::{Architecture, Draft, Manifest, Problems};
use crate::package::{Code, front_architecture};

pub use offer::{Cut, Finding, Offer, OfferedTool};
pub use statements::Statements;
pub use tools::{Tools, needs_bucket, offer_offline, stand_ins};

/// A manifest with all that it names.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Client ids by provider.
    pub client_ids: BTreeMap<String, String>,
    /// By identity provider of the pool: an OIDC provider's client id, a SAML provider's metadata.
    pub federations: BTreeMap<String, String>,
    /// Tools by target.
    pub tools: BTreeMap<String, Tools>,
    /// What policies say.
    pub statements: Statements,
    /// The front's code; none where no gateway has a front.
    pub front: Option<FrontCode>,
    /// The code of `[functions]`, by name.
    pub functions: BTreeMap<String, Code>,
    /// The zips of `[runtimes]`, by name.
    pub runtimes: BTreeMap<String, Code>,
    /// Sources of secrets in whose place the local AWS got a placeholder.
    pub placeholders: Vec<String>,
    /// Targets of MCP servers whose tools the gateway shall read again though nothing differs.
    pub read_again: BTreeSet<String>,
    /// What a person should know before a plan is carried out, though nothing is refused.
    pub warnings: Vec<String>,
    /// The manifest.
    pub manifest: Manifest,
}

/// What the front's functions run.
#[derive(Clone, Debug)]
pub struct FrontCode {
    /// The code itself.
    pub code: Code,
    /// The processor that it is for, in Lambda's words.
    pub architecture: String,
    /// Whether functions that run on another processor move to it. Not where it is only the one that this program happens
    /// to have: two builds of it would move them to and fro.
    pub asked: bool,
}

/// Reads everything that the manifest names. `memory` is a folder for what is looked up once.
///
/// # Errors
/// All problems, those that the draft came with among them, each with its place in the manifest. While there are any,
/// nobody is asked for anything, neither a person nor a vendor.
pub async fn prepare(
    draft: Draft,
    local: bool,
    memory: &Path,
    secrets: &Secrets,
    source: &dyn SecretSource,
) -> Result<Prepared, Problems> {
    let Draft { manifest, mut problems } = draft;
    let mut work = Work {
        manifest: &manifest,
        secrets,
        source,
        sound: problems.is_empty(),
        problems: Problems::default(),
        placeholders: Vec::new(),
        warnings: manifest.warnings(),
    };
    let functions = work.functions();
    let runtimes = work.runtimes();
    let front = work.front(local);
    work.secret_values();
    let client_ids = work.client_ids();
    let federations = work.federations();
    let cloud_ids = work.cloud_ids(local, memory).await;
    let statements = work.statements();
    let tools = work.tools(&cloud_ids);
    let Work { problems: found, placeholders, warnings, .. } = work;
    problems.merge(found);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Prepared {
        client_ids,
        federations,
        tools,
        statements,
        front,
        functions,
        runtimes,
        placeholders,
        read_again: BTreeSet::new(),
        warnings,
        manifest,
    })
}

/// The manifest, and what was found wrong so far.
struct Work<'a> {
    manifest: &'a Manifest,
    secrets: &'a Secrets,
    source: &'a dyn SecretSource,
    /// Whether the manifest came without a problem.
    sound: bool,
    problems: Problems,
    placeholders: Vec<String>,
    warnings: Vec<String>,
}

impl Work<'_> {
    fn problem(&mut self, path: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.manifest.problem(path, message, help));
    }

    /// Whether it is worth asking somebody: not while something is wrong anyway.
    fn asks(&self) -> bool {
        self.sound && self.problems.is_empty()
    }

    fn functions(&mut self) -> BTreeMap<String, Code> {
        let mut codes = BTreeMap::new();
        for (name, function) in &self.manifest.functions {
            let table = format!("functions.{name}");
            for (gateway, wanted) in self.manifest.all_gateways() {
                let has = |role: &&str| front::function_name(role, gateway) == *name;
                let message = if wanted.has_front() && front::FUNCTIONS.iter().any(has) {
                    format!("the front has a function called {name}")
                } else if has(&"gateway") {
                    format!("the role of a gateway has the name that the role of {name} would have")
                } else {
                    continue;
                };
                self.problem(&table, message, "choose another name");
            }
            let code = self.code(&table, &function.zip);
            codes.extend(code.map(|code| (name.clone(), code)));
        }
        codes
    }

    fn runtimes(&mut self) -> BTreeMap<String, Code> {
        let mut codes = BTreeMap::new();
        for (name, runtime) in &self.manifest.runtimes {
            let Some(zip) = &runtime.zip else { continue };
            let code = self.code(&format!("runtimes.{name}"), zip);
            codes.extend(code.map(|code| (name.clone(), code)));
        }
        codes
    }

    /// The code in the file that `zip` in `table` names.
    fn code(&mut self, table: &str, zip: &Path) -> Option<Code> {
        Code::file(&self.manifest.resolve(zip))
            .map_err(|error| {
                let help = "build it, or correct the path";
                self.problem(&format!("{table}.zip"), error.to_string(), help);
            })
            .ok()
    }

    /// The front's code, for the architecture that [`front_architecture`] chooses.
    fn front(&mut self, local: bool) -> Option<FrontCode> {
        if !self.manifest.all_gateways().iter().any(|(_, gateway)| gateway.has_front()) {
            return None;
        }
        let wanted = self.manifest.front.architecture.map(Architecture::word);
        let architecture = front_architecture(wanted, local);
        match Code::front(architecture) {
            Ok(code) => Some(FrontCode {
                code,
                architecture: architecture.to_owned(),
                asked: local || wanted.is_some(),
            }),
            Err(error) => {
                let help = error.hint().unwrap_or_default();
                self.problem("front.architecture", error.to_string(), help);
                None
            }
        }
    }
}
