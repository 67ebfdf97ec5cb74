//! The manifest as types: one struct for each table of `construct.toml`.
//!
//! Values arrive here only through the reader ([`super::read`]), which has already checked every
//! key against [`super::tables`] and filled in the defaults named there. The types therefore carry
//! no defaults of their own: a default has one home, and the JSON Schema prints the same one.

use super::secrets::{SecretReference, ValueSource};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// What the stack is called and where it lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stack {
    /// First part of every name in the account, 2 to 24 characters.
    pub name: String,
    /// AWS Region, such as `us-west-2`.
    pub region: String,
    /// Refuses to remove or replace what holds people's accounts and consents.
    pub protect: bool,
    /// Tags for every taggable object, beside construct's own marks.
    pub tags: BTreeMap<String, String>,
}

/// How callers of the gateway are known: a Cognito user pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// The person made together with the pool, if any.
    pub first_user: Option<FirstUser>,
    /// Life of an access token, in minutes.
    pub access_token_minutes: u32,
    /// Life of a refresh token, in days.
    pub refresh_token_days: u32,
    /// Whether a confidential client for machines (CI) is made as well.
    pub m2m: bool,
    /// Shortest password the pool accepts.
    pub password_minimum_length: u32,
}

/// The first person in the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstUser {
    /// E-mail address, which is also the sign-in name.
    pub email: String,
    /// Where the password comes from; absent means an invitation, and on the local AWS a made one.
    pub password: Option<SecretReference>,
}

/// The one gateway of the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Text shown in the console.
    pub description: Option<String>,
    /// Text that MCP clients hand to their model.
    pub instructions: Option<String>,
    /// Whether the gateway offers its tool search.
    pub search: Search,
    /// How much callers are told about a failure.
    pub exception_level: Option<ExceptionLevel>,
}

/// Tool search of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// Search by meaning, through a tool of the gateway's own.
    Semantic,
    /// No search tool.
    None,
}

/// Detail of a gateway's error messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExceptionLevel {
    /// Callers see why a call failed; without it they see a general message.
    Debug,
}

/// The HTTP API and the two functions behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// Memory of each function, in MB.
    pub memory: u32,
    /// Time limit of each function, in seconds.
    pub timeout_seconds: u32,
    /// Processor of the functions; absent means what this machine can build.
    pub architecture: Option<Architecture>,
    /// How long log lines are kept, in days.
    pub log_retention_days: u32,
    /// Requests the HTTP API lets through.
    pub throttle: Throttle,
    /// Concurrency set aside for each function; absent means none.
    pub reserved_concurrency: Option<u32>,
}

/// Request limits of the HTTP API's routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Requests a second.
    pub rate: u32,
    /// Requests at once.
    pub burst: u32,
}

/// Processor of a Lambda function, in the API's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    #[serde(rename = "x86_64")]
    X86_64,
}

impl Architecture {
    /// The word of the Lambda API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }
}

/// An `OAuth2` credential provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Whose OAuth server it is.
    pub vendor: Vendor,
    /// Client id registered at the vendor.
    pub client_id: ValueSource,
    /// Where the client secret comes from.
    pub client_secret: SecretReference,
}

/// A vendor whose OAuth endpoints the service knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// GitHub.
    Github,
    /// Atlassian: Confluence and Jira.
    Atlassian,
}

/// A target of the gateway: one source of tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TargetTable", into = "TargetTable")]
pub struct Target {
    /// Where the tools come from.
    pub kind: TargetKind,
    /// Text shown in the console.
    pub description: Option<String>,
    /// How the gateway signs in to the API; absent means not at all, or for Lambda the gateway's role.
    pub auth: Option<Auth>,
}

/// The two kinds of target of the starter stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Operations of an `OpenAPI` description become tools.
    OpenApi {
        /// The description, relative to the manifest.
        path: PathBuf,
        /// Values for the server URL's variables.
        variables: BTreeMap<String, Variable>,
    },
    /// A Lambda function answers the tools.
    Lambda {
        /// Which function.
        source: LambdaSource,
        /// JSON file with the tools' schemas, relative to the manifest.
        tools: PathBuf,
    },
}

/// Which Lambda function a target calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LambdaSource {
    /// One of `[functions]`, by name.
    Function(String),
    /// A function that exists already.
    Arn(String),
}

/// `[targets.NAME]` as it is written; [`Target`] is what it means.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetTable {
    openapi: Option<PathBuf>,
    variables: BTreeMap<String, Variable>,
    lambda: Option<LambdaTable>,
    description: Option<String>,
    auth: Option<Auth>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LambdaTable {
    function: Option<String>,
    arn: Option<String>,
    tools: PathBuf,
}

impl TryFrom<TargetTable> for Target {
    type Error = &'static str;

    fn try_from(table: TargetTable) -> Result<Self, Self::Error> {
        let kind = match (table.openapi, table.lambda) {
            (Some(path), None) => TargetKind::OpenApi { path, variables: table.variables },
            (None, Some(lambda)) => TargetKind::Lambda {
                source: match (lambda.function, lambda.arn) {
                    (Some(name), None) => LambdaSource::Function(name),
                    (None, Some(arn)) => LambdaSource::Arn(arn),
                    _ => return Err("exactly one of `function` and `arn`"),
                },
                tools: lambda.tools,
            },
            _ => return Err("exactly one of `openapi` and `lambda`"),
        };
        Ok(Self { kind, description: table.description, auth: table.auth })
    }
}

impl From<Target> for TargetTable {
    fn from(target: Target) -> Self {
        let (openapi, variables, lambda) = match target.kind {
            TargetKind::OpenApi { path, variables } => (Some(path), variables, None),
            TargetKind::Lambda { source, tools } => {
                let (function, arn) = match source {
                    LambdaSource::Function(name) => (Some(name), None),
                    LambdaSource::Arn(arn) => (None, Some(arn)),
                };
                (None, BTreeMap::new(), Some(LambdaTable { function, arn, tools }))
            }
        };
        Self { openapi, variables, lambda, description: target.description, auth: target.auth }
    }
}

/// The value of a server variable of an `OpenAPI` description: the text itself, or a look-up.
pub type Variable = super::text_or::TextOr<Lookup>;

/// A value that is looked up once and then written into the description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lookup {
    /// The cloud id of an Atlassian site, from its tenant name (`acme` of `acme.atlassian.net`).
    AtlassianTenant(String),
}

/// How the gateway gets a token for a target's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// One of `[providers]`, by name.
    pub provider: String,
    /// OAuth grant.
    pub grant: Grant,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Further parameters of the vendor's authorize or token request.
    pub custom_parameters: BTreeMap<String, String>,
}

/// OAuth grant of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Each person consents (3LO).
    AuthorizationCode,
    /// The gateway signs in as itself (2LO).
    ClientCredentials,
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
        })
    }
}

/// A Lambda function that belongs to the stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// The deployment package, relative to the manifest.
    pub zip: PathBuf,
    /// Entry point, in the runtime's form.
    pub handler: String,
    /// Lambda runtime, such as `provided.al2023`.
    pub runtime: String,
    /// Memory, in MB.
    pub memory: u32,
    /// Time limit, in seconds.
    pub timeout_seconds: u32,
    /// Processor the package was built for.
    pub architecture: Architecture,
    /// Environment variables. Plain text: never a secret.
    pub environment: BTreeMap<String, String>,
    /// How long log lines are kept, in days.
    pub log_retention_days: u32,
}

/// A workload identity that belongs to no gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// URLs that a consent may return to.
    pub return_urls: Vec<String>,
}

/// Which client files are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clients {
    /// Editors and agents to write a file for.
    pub write: Vec<Client>,
    /// Whether the file names a fixed MCP protocol version.
    pub protocol_header: bool,
}

/// An MCP client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Visual Studio Code.
    #[serde(rename = "vscode")]
    VsCode,
    /// Claude Code.
    ClaudeCode,
    /// Cursor.
    Cursor,
    /// Kiro.
    Kiro,
    /// Codex.
    Codex,
}
