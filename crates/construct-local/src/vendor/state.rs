//! What the built-in vendor remembers. Whatever a bearer presents is kept as a digest only.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bearer::digest;

/// Everything, by digest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Browsers that are signed in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions: BTreeMap<String, Session>,
    /// Codes that were not redeemed yet.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, Code>,
    /// Access tokens.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub access_tokens: BTreeMap<String, Grant>,
    /// Refresh tokens.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refresh_tokens: BTreeMap<String, Grant>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The name that was given.
    pub user: String,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// What a user, or a client for itself, was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The user's name, or the client's id.
    pub user: String,
    /// The client.
    pub client: String,
    /// Its scopes, with spaces between them.
    pub scope: String,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// An authorization code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    /// What it stands for; it expires as its grant does.
    pub grant: Grant,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The PKCE challenge, S256.
    pub challenge: Option<String>,
}

impl State {
    /// What an access token grants at `now`, in milliseconds.
    pub(super) fn granted(&self, token: &str, now: i64) -> Option<&Grant> {
        self.access_tokens.get(&digest(token)).filter(|grant| grant.expires > now)
    }

    /// Forgets what is over at `now`, in milliseconds.
    pub(super) fn forget_expired(&mut self, now: i64) {
        self.sessions.retain(|_, session| session.expires > now);
        self.codes.retain(|_, code| code.grant.expires > now);
        self.access_tokens.retain(|_, grant| grant.expires > now);
        self.refresh_tokens.retain(|_, grant| grant.expires > now);
    }
}
