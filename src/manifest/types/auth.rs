//! `auth` of a target: how the gateway signs in to what is behind it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
