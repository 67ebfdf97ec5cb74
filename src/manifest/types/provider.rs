//! `[providers.NAME]`: a client at an OAuth server, an API key, or a provider that exists already.

use super::super::rules::{Member, VENDORS, VendorRow};
use super::super::secrets::{SecretReference, ValueSource};
use super::super::text_or::TextOr;
use super::network::PrivateEndpoint;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;
use std::fmt;

/// What a target signs in with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ProviderTable", into = "ProviderTable")]
pub enum Provider {
    /// A client at an OAuth server.
    OAuth2(Box<OAuth2Client>),
    /// A fixed key.
    ApiKey(SecretReference),
    /// A provider of somebody else: linked, never made, changed or removed.
    Existing(ProviderArn),
}

/// A client at an OAuth server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth2Client {
    /// Whose OAuth server it is.
    pub vendor: Vendor,
    /// Client id registered at the vendor.
    pub client_id: Option<ValueSource>,
    /// Where the client secret comes from.
    pub client_secret: Option<SecretReference>,
    /// What only some vendors take.
    pub settings: OAuth2Settings,
}

/// What only some vendors take: [`VendorRow::takes`] says who takes what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuth2Settings {
    /// The tenant of Microsoft Entra.
    pub tenant_id: Option<String>,
    /// Who issues tokens, where the vendor gives each customer a server.
    pub issuer: Option<String>,
    /// Where people consent on that server.
    pub authorization_endpoint: Option<String>,
    /// Where that server gives tokens.
    pub token_endpoint: Option<String>,
    /// Where a server describes itself.
    pub discovery_url: Option<String>,
    /// The description of a server that does not publish one.
    pub metadata: Option<ServerMetadata>,
    /// How the client proves itself.
    pub client_authentication: Option<ClientAuthentication>,
    /// How it signs, where it proves itself by a key.
    pub private_key_jwt: Option<PrivateKeyJwt>,
    /// How a person's own token is exchanged.
    pub on_behalf_of: Option<OnBehalfOf>,
    /// How the server is reached through a VPC; absent leaves what the provider has.
    pub private_endpoint: Option<PrivateEndpoint>,
}

/// The description of an OAuth server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerMetadata {
    /// Who issues tokens.
    pub issuer: String,
    /// Where people consent.
    pub authorization_endpoint: String,
    /// Where tokens are given.
    pub token_endpoint: String,
    /// Response types; absent means the service's own.
    pub response_types: Option<Vec<String>>,
    /// How a secret is sent to the token endpoint; absent means the service's own.
    pub token_endpoint_auth_methods: Option<Vec<String>>,
}

/// How a client proves itself to a token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// The secret in a header.
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
    /// An assertion signed with a KMS key.
    PrivateKeyJwt,
    /// An identity token of AWS.
    AwsIamIdTokenJwt,
}

impl ClientAuthentication {
    /// Whether the client has a secret to prove itself with.
    pub const fn takes_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// How a client's assertions are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivateKeyJwt {
    /// ARN of the KMS key.
    pub kms_key: String,
    /// Signature algorithm, in JOSE's words; absent means the service's own.
    pub algorithm: Option<String>,
    /// Further claims of the header.
    pub header_claims: BTreeMap<String, String>,
    /// Further claims of the payload.
    pub payload_claims: BTreeMap<String, String>,
}

/// How a person's own token is exchanged for one that the target takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnBehalfOf {
    /// Which exchange.
    pub grant: ExchangeGrant,
    /// Who acts for the person, in a token exchange.
    pub actor_token: Option<ActorToken>,
    /// Scopes of an actor's own token.
    pub actor_scopes: Vec<String>,
    /// Whether the exchange goes without the client's id and secret.
    pub no_client: bool,
}

/// Which exchange of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExchangeGrant {
    /// RFC 8693.
    TokenExchange,
    /// RFC 7523.
    JwtAuthorizationGrant,
}

/// Who acts for a person in a token exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorToken {
    /// Nobody.
    None,
    /// The client, with a token of its own.
    M2m,
    /// The gateway's identity, with an identity token of AWS.
    AwsIamIdTokenJwt,
}

/// A vendor: a row of [`VENDORS`].
#[derive(Clone, Copy)]
pub struct Vendor(&'static VendorRow);

impl Vendor {
    /// The vendor that the manifest calls `word`.
    pub fn of(word: &str) -> Option<Self> {
        VENDORS.iter().find(|row| row.word == word).map(Self)
    }

    /// All that is known of it.
    pub const fn row(self) -> &'static VendorRow {
        self.0
    }

    /// Whether it is an OAuth server that the service knows nothing of.
    pub fn is_custom(self) -> bool {
        self.0.member == Member::Custom
    }
}

impl PartialEq for Vendor {
    fn eq(&self, other: &Self) -> bool {
        self.0.word == other.0.word
    }
}

impl Eq for Vendor {}

impl fmt::Debug for Vendor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.word)
    }
}

impl Serialize for Vendor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word)
    }
}

impl<'de> Deserialize<'de> for Vendor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::of(&word).ok_or_else(|| de::Error::custom(format!("there is no vendor {word:?}")))
    }
}

/// The ARN of a credential provider, with what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderArn(pub String);

impl ProviderArn {
    /// Whether it is an API key's.
    pub fn is_api_key(&self) -> bool {
        self.0.contains("/apikeycredentialprovider/")
    }

    /// Its Region.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }

    /// Its account.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// Its name, by which the API addresses it.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl fmt::Display for ProviderArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Provider {
    /// Whose OAuth server it is; none for an API key, and for a provider of somebody else.
    pub fn vendor(&self) -> Option<Vendor> {
        match self {
            Self::OAuth2(client) => Some(client.vendor),
            Self::ApiKey(_) | Self::Existing(_) => None,
        }
    }

    /// Whether it gives an API key, and no tokens.
    pub fn is_api_key(&self) -> bool {
        match self {
            Self::OAuth2(_) => false,
            Self::ApiKey(_) => true,
            Self::Existing(arn) => arn.is_api_key(),
        }
    }

    /// Whether it can exchange a person's token. What an OAuth2 provider of somebody else can is not known, so that it
    /// counts as one that can.
    pub fn exchanges_tokens(&self) -> bool {
        match self {
            Self::OAuth2(client) => {
                client.settings.on_behalf_of.is_some()
                    || client.vendor.row().member == Member::Microsoft
            }
            Self::ApiKey(_) => false,
            Self::Existing(arn) => !arn.is_api_key(),
        }
    }

    /// The secret that the service keeps for it, with the key of the manifest that names it.
    pub fn secret(&self) -> Option<(&'static str, &SecretReference)> {
        match self {
            Self::OAuth2(client) => Some(("client_secret", client.client_secret.as_ref()?)),
            Self::ApiKey(key) => Some(("api_key", key)),
            Self::Existing(_) => None,
        }
    }

    /// Tells every prompt which key of the manifest below `path` it answers.
    pub(in crate::manifest) fn asked_by(&mut self, path: &str) {
        match self {
            Self::OAuth2(client) => {
                if let Some(TextOr::Table(reference)) = &mut client.client_id {
                    reference.asked_by(&format!("{path}.client_id"));
                }
                if let Some(reference) = &mut client.client_secret {
                    reference.asked_by(&format!("{path}.client_secret"));
                }
            }
            Self::ApiKey(key) => key.asked_by(&format!("{path}.api_key")),
            Self::Existing(_) => {}
        }
    }
}

/// `[providers.NAME]` as it is written; [`Provider`] is what it means.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderTable {
    vendor: Option<Vendor>,
    api_key: Option<SecretReference>,
    existing: Option<ProviderArn>,
    client_id: Option<ValueSource>,
    client_secret: Option<SecretReference>,
    tenant_id: Option<String>,
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    discovery_url: Option<String>,
    metadata: Option<ServerMetadata>,
    client_authentication: Option<ClientAuthentication>,
    private_key_jwt: Option<PrivateKeyJwt>,
    on_behalf_of: Option<OnBehalfOf>,
    private_endpoint: Option<PrivateEndpoint>,
}

impl TryFrom<ProviderTable> for Provider {
    type Error = &'static str;

    fn try_from(table: ProviderTable) -> Result<Self, Self::Error> {
        match (table.vendor, table.api_key, table.existing) {
            (Some(vendor), None, None) => Ok(Self::OAuth2(Box::new(OAuth2Client {
                vendor,
                client_id: table.client_id,
                client_secret: table.client_secret,
                settings: OAuth2Settings {
                    tenant_id: table.tenant_id,
                    issuer: table.issuer,
                    authorization_endpoint: table.authorization_endpoint,
                    token_endpoint: table.token_endpoint,
                    discovery_url: table.discovery_url,
                    metadata: table.metadata,
                    client_authentication: table.client_authentication,
                    private_key_jwt: table.private_key_jwt,
                    on_behalf_of: table.on_behalf_of,
                    private_endpoint: table.private_endpoint,
                },
            }))),
            (None, Some(key), None) => Ok(Self::ApiKey(key)),
            (None, None, Some(arn)) => Ok(Self::Existing(arn)),
            _ => Err("exactly one of `vendor`, `api_key` and `existing`"),
        }
    }
}

impl From<Provider> for ProviderTable {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::ApiKey(key) => Self { api_key: Some(key), ..Self::default() },
            Provider::Existing(arn) => Self { existing: Some(arn), ..Self::default() },
            Provider::OAuth2(client) => {
                let OAuth2Client { vendor, client_id, client_secret, settings } = *client;
                Self {
                    vendor: Some(vendor),
                    api_key: None,
                    existing: None,
                    client_id,
                    client_secret,
                    tenant_id: settings.tenant_id,
                    issuer: settings.issuer,
                    authorization_endpoint: settings.authorization_endpoint,
                    token_endpoint: settings.token_endpoint,
                    discovery_url: settings.discovery_url,
                    metadata: settings.metadata,
                    client_authentication: settings.client_authentication,
                    private_key_jwt: settings.private_key_jwt,
                    on_behalf_of: settings.on_behalf_of,
                    private_endpoint: settings.private_endpoint,
                }
            }
        }
    }
}
