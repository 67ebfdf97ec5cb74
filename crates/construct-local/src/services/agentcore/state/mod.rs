//! What the `AgentCore` control plane keeps in one Region.

mod consent_portal;
mod endpoint;
mod policy;
mod rules;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use consent_portal::{ConsentPortal, ConsentPortalSettings};
pub use endpoint::Endpoint;
pub use policy::{Policy, PolicyEngine};
pub use rules::{RateLimit, Rule, RuleSettings};

use super::identity::{ConsentSession, VaultEntry};
use crate::settling::Settling;

/// Tags of one object.
pub type Tags = BTreeMap<String, String>;

/// Everything the control plane keeps in one Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By gateway id.
    pub gateways: BTreeMap<String, Gateway>,
    /// By name.
    pub workload_identities: BTreeMap<String, WorkloadIdentity>,
    /// By name.
    pub oauth2_providers: BTreeMap<String, Oauth2Provider>,
    /// By name.
    pub api_key_providers: BTreeMap<String, ApiKeyProvider>,
    /// By runtime id.
    pub runtimes: BTreeMap<String, Runtime>,
    /// By portal id.
    pub consent_portals: BTreeMap<String, ConsentPortal>,
    /// By engine id.
    pub policy_engines: BTreeMap<String, PolicyEngine>,
    /// The token vault, by a digest of whose token it is and for what.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub vault: BTreeMap<String, VaultEntry>,
    /// Consents that were begun, by session URI.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub consents: BTreeMap<String, ConsentSession>,
}

/// Where an object stands. One enum for every kind; each uses the values the model gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Being made.
    Creating,
    /// Being changed.
    Updating,
    /// Being removed.
    Deleting,
    /// The target's tools are being read.
    Synchronizing,
    /// In service.
    Ready,
    /// In service, as portals, rules, rate limits and policies say it.
    Active,
    /// Could not be made.
    Failed,
    /// Could not be changed.
    UpdateUnsuccessful,
    /// The target's tools could not be read.
    SynchronizeUnsuccessful,
    /// Made, but a person must authorize the reading of its tools.
    CreatePendingAuth,
    /// Changed, but a person must authorize the reading of its tools.
    UpdatePendingAuth,
    /// A person must authorize the reading of its tools.
    SynchronizePendingAuth,
    /// Removed: not a status of the service. What has it is taken out at the next call.
    Gone,
}

impl Status {
    /// Whether the service is at work on the object.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Creating | Self::Updating | Self::Deleting | Self::Synchronizing)
    }

    /// Whether the object waits for a person.
    pub fn is_pending_auth(self) -> bool {
        matches!(
            self,
            Self::CreatePendingAuth | Self::UpdatePendingAuth | Self::SynchronizePendingAuth
        )
    }

    /// Whether something went wrong, which `statusReasons` then tells.
    pub fn is_failed(self) -> bool {
        matches!(self, Self::Failed | Self::UpdateUnsuccessful | Self::SynchronizeUnsuccessful)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(formatter)
    }
}

/// A client token, and the request that it came with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    /// The token.
    pub token: String,
    /// The request's other members.
    pub request: Value,
}

/// A gateway, with its targets.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Gateway {
    /// `{lower-case name}-{10 characters}`.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Where MCP clients reach it.
    pub url: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// What the caller chose.
    pub settings: GatewaySettings,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Its tags.
    pub tags: Tags,
    /// The creating request's token.
    pub token: Option<TokenUse>,
    /// By target id.
    pub targets: BTreeMap<String, Target>,
    /// By rule id.
    #[serde(default)]
    pub rules: BTreeMap<String, Rule>,
    /// By rate limit id.
    #[serde(default)]
    pub rate_limits: BTreeMap<String, RateLimit>,
}

/// The members of a gateway that a caller chooses: each update replaces them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewaySettings {
    /// Unique in the Region, without regard to what becomes of its case in the id.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The role the gateway acts with.
    pub role_arn: String,
    /// `MCP`, or absent for a gateway with HTTP targets too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_type: Option<String>,
    /// The `protocolConfiguration` union.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol_configuration: Option<Value>,
    /// `CUSTOM_JWT`, `AWS_IAM`, `NONE` or `AUTHENTICATE_ONLY`.
    pub authorizer_type: String,
    /// The `authorizerConfiguration` union.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorizer_configuration: Option<Value>,
    /// The key the gateway's data is encrypted with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key_arn: Option<String>,
    /// Update only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_transform_configuration: Option<Value>,
    /// Lambda functions around each call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interceptor_configurations: Option<Value>,
    /// The attached policy engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_engine_configuration: Option<Value>,
    /// `DEBUG`, or absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception_level: Option<String>,
    /// Update only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waf_configuration: Option<Value>,
    /// Own domain names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_override: Option<Value>,
}

/// A target of a gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Target {
    /// Ten letters and digits.
    pub id: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// What the caller chose.
    pub settings: TargetSettings,
    /// Where it stands.
    pub status: Settling<Status>,
    /// What went wrong, shown with a failed status.
    pub status_reasons: Vec<String>,
    /// When its tools were last read, in milliseconds since the epoch.
    pub last_synchronized_at: Settling<Option<i64>>,
    /// The tools that were read from an MCP server, as it lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed_tools: Vec<Value>,
    /// What a person must authorize, while a status says so.
    pub authorization: Option<Authorization>,
    /// The creating request's token.
    pub token: Option<TokenUse>,
}

/// The members of a target that a caller chooses: each update replaces them all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TargetSettings {
    /// Unique in the gateway.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The `targetConfiguration` union.
    pub target_configuration: Value,
    /// One entry, or none.
    #[serde(default = "empty_list")]
    pub credential_provider_configurations: Value,
    /// Headers and query parameters that are passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_configuration: Option<Value>,
    /// The `privateEndpoint` union.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_endpoint: Option<Value>,
    /// Private certificate authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_configurations: Option<Value>,
}

fn empty_list() -> Value {
    Value::Array(Vec::new())
}

/// What a person must do so that the service can read a target's tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// Where to consent.
    pub url: String,
    /// Whom to name when completing.
    pub user_id: String,
    /// The session that the return URL carries.
    pub session_uri: String,
}

/// A workload identity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WorkloadIdentity {
    /// Unique in the Region.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Where a user may be sent back to after consent.
    pub return_urls: Vec<String>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Its tags.
    pub tags: Tags,
}

/// Where a credential provider's secret is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretPlace {
    /// The secret's ARN in Secrets Manager.
    pub arn: String,
    /// The key inside the secret's JSON, for the caller's own secrets.
    pub json_key: Option<String>,
    /// Whether the secret is the caller's own (`EXTERNAL`), which the service never touches.
    pub external: bool,
}

/// An `OAuth2` credential provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Oauth2Provider {
    /// Unique in the Region.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `GithubOauth2`, `CustomOauth2` and so on; never changes.
    pub vendor: String,
    /// The `oauth2ProviderConfigOutput` union: no secret in it.
    pub configuration: Value,
    /// The redirect URI to register with the vendor.
    pub callback_url: String,
    /// Where the client secret is; none for methods without one.
    pub secret: SecretPlace,
    /// Where it stands.
    pub status: Settling<Status>,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Its tags.
    pub tags: Tags,
}

/// An API key credential provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKeyProvider {
    /// Unique in the Region.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Where the key is.
    pub secret: SecretPlace,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
    /// Its tags.
    pub tags: Tags,
}

/// An agent runtime, with its versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Runtime {
    /// `{name}-{10 characters}`.
    pub id: String,
    /// Unique in the Region.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Milliseconds since the epoch.
    pub created_at: i64,
    /// Where the newest version stands.
    pub status: Settling<Status>,
    /// By number; the greatest is the current one.
    pub versions: BTreeMap<u32, RuntimeVersion>,
    /// The number of the next version: numbers are not used twice.
    pub next_version: u32,
    /// Its tags.
    pub tags: Tags,
    /// The creating request's token.
    pub token: Option<TokenUse>,
    /// The last update's token, and the version it made.
    pub update_token: Option<TokenUse>,
    /// By name.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Endpoint>,
}

/// One version of an agent runtime.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuntimeVersion {
    /// The members the caller chose, as sent.
    pub settings: Value,
    /// Milliseconds since the epoch.
    pub updated_at: i64,
}

impl State {
    /// Takes out what has finished deleting by `now`, with what belongs to it.
    pub fn settle(&mut self, now: i64) {
        let gone = |status: &Settling<Status>| *status.at(now) == Status::Gone;
        for gateway in self.gateways.values_mut() {
            gateway.targets.retain(|_, target| !gone(&target.status));
            gateway.rules.retain(|_, rule| !gone(&rule.status));
            gateway.rate_limits.retain(|_, limit| !gone(&limit.status));
        }
        for engine in self.policy_engines.values_mut() {
            engine.policies.retain(|_, policy| !gone(&policy.status));
        }
        self.policy_engines.retain(|_, engine| !gone(&engine.status));
        self.consent_portals.retain(|_, portal| !gone(&portal.status));
        for runtime in self.runtimes.values_mut() {
            runtime.endpoints.retain(|_, endpoint| !gone(&endpoint.status));
        }
        let identities = &mut self.workload_identities;
        self.gateways.retain(|id, gateway| {
            let stays = !gone(&gateway.status);
            if !stays {
                identities.remove(id);
            }
            stays
        });
        self.runtimes.retain(|id, runtime| {
            let stays = !gone(&runtime.status);
            if !stays {
                identities.remove(id);
            }
            stays
        });
        self.oauth2_providers.retain(|_, provider| !gone(&provider.status));
    }
}
