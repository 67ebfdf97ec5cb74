//! `auth` of a target: how the gateway signs in to what is behind it.

use super::super::text_or::TextOr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How the gateway signs in to a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TextOr<AuthTable>", into = "TextOr<AuthTable>")]
pub enum Auth {
    /// Not at all.
    None,
    /// With the gateway's role, where the target's type says for which service to sign.
    GatewayRole,
    /// With the credentials that the caller signed with.
    CallerIam,
    /// With the caller's own token.
    JwtPassthrough,
    /// With the gateway's role, signing for a service that is named.
    SigV4(SigV4),
    /// With a token.
    OAuth(OAuth),
    /// With a fixed key.
    ApiKey(ApiKey),
}

/// For whom the gateway's role signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigV4 {
    /// The service's signing name, such as `execute-api`.
    pub service: String,
    /// The Region that is signed for; absent means the gateway's own.
    pub region: Option<String>,
}

/// A token of an `OAuth2` credential provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuth {
    /// One of `[providers]`, by name.
    pub provider: String,
    /// How the token is had.
    pub grant: Grant,
    /// Scopes asked for.
    pub scopes: Vec<String>,
    /// Further parameters of the vendor's authorize or token request.
    pub custom_parameters: BTreeMap<String, String>,
    /// Where a consent returns to; absent means the front's callback.
    pub return_url: Option<String>,
}

/// A key of an API-key credential provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// One of `[providers]`, by name.
    pub provider: String,
    /// Where in a request it goes.
    pub location: KeyLocation,
    /// The header's or parameter's name; absent means the service's own choice.
    pub name: Option<String>,
    /// What stands before the key, such as `Bearer ` with its space.
    pub prefix: Option<String>,
}

/// Where in a request an API key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyLocation {
    /// In a header.
    Header,
    /// In a parameter of the query.
    Query,
}

/// OAuth grant of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// Each person consents (3LO).
    AuthorizationCode,
    /// The gateway signs in as itself (2LO).
    ClientCredentials,
    /// The caller's own token is exchanged for another (on behalf of).
    TokenExchange,
}

impl Auth {
    /// The provider that is used, by its name in the manifest.
    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::OAuth(oauth) => Some(&oauth.provider),
            Self::ApiKey(key) => Some(&key.provider),
            _ => None,
        }
    }

    /// The OAuth grant, where a token is used.
    pub fn grant(&self) -> Option<Grant> {
        match self {
            Self::OAuth(oauth) => Some(oauth.grant),
            _ => None,
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "token_exchange",
        })
    }
}

/// The table form of `auth`, as it is written; [`Auth`] is what it means.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthTable {
    service: Option<String>,
    region: Option<String>,
    provider: Option<String>,
    grant: Option<Grant>,
    scopes: Vec<String>,
    custom_parameters: BTreeMap<String, String>,
    return_url: Option<String>,
    location: Option<KeyLocation>,
    name: Option<String>,
    prefix: Option<String>,
}

impl TryFrom<TextOr<AuthTable>> for Auth {
    type Error = &'static str;

    fn try_from(written: TextOr<AuthTable>) -> Result<Self, Self::Error> {
        let table = match written {
            TextOr::Table(table) => table,
            TextOr::Text(word) => {
                return match word.as_str() {
                    "none" => Ok(Self::None),
                    "gateway_role" => Ok(Self::GatewayRole),
                    "caller_iam" => Ok(Self::CallerIam),
                    "jwt_passthrough" => Ok(Self::JwtPassthrough),
                    _ => Err("an unknown word for `auth`"),
                };
            }
        };
        if let Some(service) = table.service {
            return Ok(Self::SigV4(SigV4 { service, region: table.region }));
        }
        let provider = table.provider.ok_or("`provider` goes with `grant` and `location`")?;
        match (table.grant, table.location) {
            (Some(grant), _) => Ok(Self::OAuth(OAuth {
                provider,
                grant,
                scopes: table.scopes,
                custom_parameters: table.custom_parameters,
                return_url: table.return_url,
            })),
            (None, Some(location)) => {
                let (name, prefix) = (table.name, table.prefix);
                Ok(Self::ApiKey(ApiKey { provider, location, name, prefix }))
            }
            (None, None) => Err("one of `service`, `grant` and `location`"),
        }
    }
}

impl From<Auth> for TextOr<AuthTable> {
    fn from(auth: Auth) -> Self {
        let word = |word: &str| Self::Text(word.to_owned());
        match auth {
            Auth::None => word("none"),
            Auth::GatewayRole => word("gateway_role"),
            Auth::CallerIam => word("caller_iam"),
            Auth::JwtPassthrough => word("jwt_passthrough"),
            Auth::SigV4(SigV4 { service, region }) => {
                Self::Table(AuthTable { service: Some(service), region, ..AuthTable::default() })
            }
            Auth::OAuth(oauth) => Self::Table(AuthTable {
                provider: Some(oauth.provider),
                grant: Some(oauth.grant),
                scopes: oauth.scopes,
                custom_parameters: oauth.custom_parameters,
                return_url: oauth.return_url,
                ..AuthTable::default()
            }),
            Auth::ApiKey(key) => Self::Table(AuthTable {
                provider: Some(key.provider),
                location: Some(key.location),
                name: key.name,
                prefix: key.prefix,
                ..AuthTable::default()
            }),
        }
    }
}
