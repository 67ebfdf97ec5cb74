//! `construct.toml`: its types, how it is read, and what is checked before the first call.
//!
//! [`Manifest::load`] reads a file and reports every problem at once, each with its place in the
//! file and what to write instead. Later checks (the content of a spec, an unset environment
//! variable) report into the same list through [`Manifest::problem`], so that they too point at
//! the right line. [`schema`] prints the JSON Schema, [`starter`] the file that `construct init`
//! writes.

mod nearest;
mod problem;
mod read;
pub mod rules;
mod schema;
mod secrets;
mod shape;
mod starter;
pub mod statement;
mod tables;
mod text_or;
mod types;
mod validate;

#[cfg(test)]
mod tests;

pub(crate) use nearest::nearest;
pub use problem::{Position, Problem, Problems};
pub use schema::schema;
pub use secrets::{NotASecretKey, Prompt, SecretReference, SecretsManagerKey, ValueSource};
pub use starter::{Answers, starter};
pub use text_or::TextOr;
pub use types::{
    ActorToken, AddressType, ApiGateway, ApiKey, Architecture, Auth, Bundle, Certificate, Claim,
    ClaimOperator, ClaimType, Client, ClientAuthentication, Clients, Cognito, Connector,
    ConnectorConfiguration, Consent, EnginePolicy, ExceptionLevel, ExchangeGrant, ExistingPool,
    Fallback, FallbackError, FallbackTarget, Federation, FirstUser, Front, FrontDoor, Function,
    Gateway, GatewayPolicy, GatewayProtocol, GatewayRule, Grant, Headers, HttpConnector, Identity,
    Inbound, Inference, InferenceOperation, InferenceProvider, InterceptionPoint, Interceptor, Jwt,
    KeyLocation, LambdaSource, LambdaTarget, LimitEntry, Listing, Lookup, McpEndpoint, McpServer,
    Mfa, OAuth, OAuth2Client, OAuth2Settings, Oidc, OnBehalfOf, ParameterOverride, Passthrough,
    PassthroughProtocol, PassthroughSettings, PasswordPolicy, Period, Permission,
    PolicyEnforcement, PolicyEngine, PolicyLanguage, PolicyMode, PolicyValidation, Portal,
    PrivateEndpoint, PrivateKeyJwt, Protocol, Provider, ProviderArn, ProviderPrefix, QueryConflict,
    Rate, RateLimit, RegisteredClient, Route, RuleConditions, Runtime, RuntimeCode,
    RuntimeEndpoint, RuntimeNetwork, RuntimeSource, RuntimeTarget, S3Zip, Saml, Search,
    ServerMetadata, ServerProtocol, SigV4, Stack, Stickiness, Target, TargetKind, Throttle,
    ToolFilter, ToolOverride, Variable, Vendor, VpcEndpoint, WafFailure, WeightedBundle,
    WeightedRoute,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The file that commands read unless told otherwise.
pub const FILE_NAME: &str = "construct.toml";

/// A whole manifest, checked, with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `[stack]`.
    pub stack: Stack,
    /// `[cognito]`.
    pub cognito: Cognito,
    /// `[gateway]`.
    pub gateway: Gateway,
    /// `[gateways.NAME]`.
    pub gateways: BTreeMap<String, Gateway>,
    /// `[policy_engines.NAME]`.
    pub policy_engines: BTreeMap<String, PolicyEngine>,
    /// `[front]`.
    pub front: Front,
    /// `[providers.NAME]`.
    pub providers: BTreeMap<String, Provider>,
    /// `[targets.NAME]`.
    pub targets: BTreeMap<String, Target>,
    /// `[runtimes.NAME]`.
    pub runtimes: BTreeMap<String, Runtime>,
    /// `[functions.NAME]`.
    pub functions: BTreeMap<String, Function>,
    /// `[identities.NAME]`.
    pub identities: BTreeMap<String, Identity>,
    /// `[clients]`.
    pub clients: Clients,
    #[serde(skip)]
    origin: Origin,
}

/// Where a manifest came from: for messages, and for the paths in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Origin {
    file: String,
    base_dir: PathBuf,
    positions: BTreeMap<String, Position>,
}

/// A manifest with what is wrong so far, for checks that add to the same list.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The manifest; where [`Draft::problems`] names a key, its value is a stand-in.
    pub manifest: Manifest,
    /// What is wrong so far.
    pub problems: Problems,
}

impl Draft {
    /// Returns the manifest if nothing is wrong with it.
    pub fn finish(self) -> Result<Manifest, Problems> {
        if self.problems.is_empty() { Ok(self.manifest) } else { Err(self.problems) }
    }
}

/// Why there is no manifest to work with.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The file is not there.
    #[error("no manifest at {}", path.display())]
    Missing {
        /// As it was asked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("cannot read the manifest {}", path.display())]
    Unreadable {
        /// As it was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file was read and is wrong.
    #[error("{0}")]
    Invalid(Problems),
}

impl ManifestError {
    /// What to do next, where the message does not say it already.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => {
                Some("run `construct init` to write one, or name another with --manifest")
            }
            Self::Unreadable { .. } => Some("check that it is a file and that you may read it"),
            Self::Invalid(_) => None,
        }
    }
}

impl Manifest {
    /// Reads the manifest at `path` and checks it, with the files that it names.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        Self::draft(path)?.finish().map_err(ManifestError::Invalid)
    }

    /// Reads and checks like [`Manifest::load`], and keeps the list open for further checks.
    ///
    /// Fails only where there is no text to read.
    pub fn draft(path: &Path) -> Result<Draft, ManifestError> {
        let path = path.to_owned();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                return Err(ManifestError::Missing { path });
            }
            Err(source) => return Err(ManifestError::Unreadable { path, source }),
        };
        let file = path.display().to_string();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Err(ManifestError::Invalid(not_utf8(&error, &file))),
        };
        let base_dir = path.parent().unwrap_or(Path::new("")).to_owned();
        let mut draft = Self::read(&text, &file, &base_dir);
        let files = draft.manifest.validate();
        draft.problems.merge(files);
        Ok(draft)
    }

    /// Reads a manifest from `text` and checks all that needs no other file.
    ///
    /// `file` is its name in messages, `base_dir` what its paths are relative to.
    pub fn parse(text: &str, file: &str, base_dir: &Path) -> Result<Self, Problems> {
        Self::read(text, file, base_dir).finish()
    }

    fn read(text: &str, file: &str, base_dir: &Path) -> Draft {
        let reading = read::read(text, file, &tables::MANIFEST);
        let mut problems = reading.problems;
        let mut manifest = Self::deserialize(toml::Value::Table(reading.table))
            .expect("what the tables describe deserialises: tests/agreement.rs");
        manifest.origin = Origin {
            file: file.to_owned(),
            base_dir: base_dir.to_owned(),
            positions: reading.positions,
        };
        manifest.name_prompts();
        let broken = manifest.check_rules(&problems);
        problems.merge(broken);
        Draft { manifest, problems }
    }

    fn name_prompts(&mut self) {
        for (name, provider) in &mut self.providers {
            provider.asked_by(&read::join("providers", name));
        }
        if let Some(password) =
            self.cognito.first_user.as_mut().and_then(|one| one.password.as_mut())
        {
            password.asked_by("cognito.first_user.password");
        }
        for (name, federation) in &mut self.cognito.federation {
            let path = read::join("cognito.federation", name) + ".oidc";
            if let Protocol::Oidc(oidc) = &mut federation.protocol {
                oidc.client_secret.asked_by(&format!("{path}.client_secret"));
                if let TextOr::Table(reference) = &mut oidc.client_id {
                    reference.asked_by(&format!("{path}.client_id"));
                }
            }
        }
    }

    /// Checks the service rules, the references between tables and the files that are named.
    ///
    /// Returns every problem; the files' content is for those who read them to check.
    pub fn validate(&self) -> Problems {
        let mut problems = self.check_rules(&Problems::default());
        problems.merge(self.check_files());
        problems
    }

    /// The gateways with their names; the one of `[gateway]` has none.
    pub fn all_gateways(&self) -> Vec<(Option<&str>, &Gateway)> {
        if self.gateways.is_empty() {
            return vec![(None, &self.gateway)];
        }
        self.gateways.iter().map(|(name, gateway)| (Some(name.as_str()), gateway)).collect()
    }

    /// The targets of the gateway called `gateway`, with their names.
    pub fn targets_of(&self, gateway: Option<&str>) -> impl Iterator<Item = (&str, &Target)> {
        let only = self.gateways.len() <= 1;
        self.targets
            .iter()
            .filter(move |(_, target)| {
                target.gateway.as_deref() == gateway || (only && target.gateway.is_none())
            })
            .map(|(name, target)| (name.as_str(), target))
    }

    /// The gateway that a target is in; none where it names one that is not there.
    pub fn gateway_of(&self, target: &Target) -> Option<&Gateway> {
        match &target.gateway {
            Some(name) => self.gateways.get(name),
            None if self.gateways.is_empty() => Some(&self.gateway),
            None => self.gateways.values().next().filter(|_| self.gateways.len() == 1),
        }
    }

    /// The gateways that ask the policy engine called `engine`, as [`Manifest::all_gateways`] names them.
    pub fn gateways_of(&self, engine: &str) -> Vec<Option<&str>> {
        let asks = |gateway: &Gateway| {
            gateway.policy.as_ref().is_some_and(|policy| policy.engine.as_deref() == Some(engine))
        };
        let all = self.all_gateways().into_iter();
        all.filter(|(_, gateway)| asks(gateway)).map(|(name, _)| name).collect()
    }

    /// Returns a problem with the key `path`, such as `targets.github.openapi`.
    ///
    /// It points at the key's line, or at the nearest table around it where the key is not written.
    pub fn problem(
        &self,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Problem {
        let mut around = path;
        let at = loop {
            if let Some(at) = self.origin.positions.get(around) {
                break *at;
            }
            match around.rfind(['.', '[']) {
                Some(end) => around = &around[..end],
                None => break Position::START,
            }
        };
        Problem {
            file: self.origin.file.clone(),
            line: at.line,
            column: at.column,
            path: path.to_owned(),
            message: message.into(),
            help: Some(help.into()),
            rule: None,
        }
    }

    /// Resolves a path of the manifest against the manifest's directory.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.origin.base_dir.join(path)
    }

    /// The manifest's own name, as it was given.
    pub fn file(&self) -> &str {
        &self.origin.file
    }

    /// Whether the key `path` is written in the file, rather than a default.
    pub fn is_written(&self, path: &str) -> bool {
        self.origin.positions.contains_key(path)
    }
}

fn not_utf8(error: &std::string::FromUtf8Error, file: &str) -> Problems {
    let end = error.utf8_error().valid_up_to();
    let before = String::from_utf8_lossy(&error.as_bytes()[..end]);
    let at = Position::of(&before, end);
    Problems::from_iter([Problem {
        file: file.to_owned(),
        line: at.line,
        column: at.column,
        path: String::new(),
        message: "not UTF-8".to_owned(),
        help: Some("save the file as UTF-8".to_owned()),
        rule: None,
    }])
}
