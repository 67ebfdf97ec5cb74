//! What the pool remembers of a sign-in: codes, refresh tokens, sessions and challenges.
//!
//! Everything that a bearer presents is kept as its SHA-256 digest only. What has expired is
//! forgotten when the next is issued.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{Pool, User};
pub(super) use crate::bearer::{digest, same_secret};

/// What a client may do for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The user's name in the pool.
    pub user: String,
    /// The user's `sub`: a new user of the same name is another one.
    pub sub: String,
    /// What was granted.
    pub scopes: Vec<String>,
    /// When the person signed in, in seconds since the epoch.
    pub auth_time: i64,
    /// What all tokens of this sign-in have in common.
    pub origin: String,
    /// The URL that the access token is bound to (RFC 8707).
    pub resource: Option<String>,
}

/// An authorization code, until it is redeemed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    /// What it stands for.
    pub grant: Grant,
    /// Where it was sent; whoever redeems it must know.
    pub redirect_uri: String,
    /// The PKCE challenge, S256.
    pub challenge: Option<String>,
    /// For the id token.
    pub nonce: Option<String>,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// A refresh token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RefreshToken {
    /// What it renews.
    pub grant: Grant,
    /// When it and all its successors expire, in milliseconds since the epoch.
    pub expires: i64,
    /// How long it is still good beside its successor, once it has one.
    pub superseded: Option<i64>,
}

/// A browser that is signed in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The user's name in the pool.
    pub user: String,
    /// The user's `sub`.
    pub sub: String,
    /// When the person signed in, in seconds since the epoch.
    pub auth_time: i64,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// What a person owes before they are signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owes {
    /// A password in place of a temporary one.
    #[default]
    NewPassword,
    /// The first code of an authenticator app.
    Enrolment {
        /// What the app is to know.
        secret: String,
    },
    /// A code of their authenticator app.
    Code,
}

/// A person who has given the right password and owes something more.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// The user's name in the pool.
    pub user: String,
    /// The user's `sub`.
    pub sub: String,
    /// What they owe.
    #[serde(default)]
    pub owes: Owes,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// What a client has out, by digest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Issued {
    /// Authorization codes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, Code>,
    /// Refresh tokens.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub refresh_tokens: BTreeMap<String, RefreshToken>,
    /// Challenges.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub challenges: BTreeMap<String, Challenge>,
}

impl Issued {
    /// Whether nothing is out.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.refresh_tokens.is_empty() && self.challenges.is_empty()
    }

    /// Forgets what is over at `now`, in milliseconds.
    pub(super) fn forget_expired(&mut self, now: i64) {
        self.codes.retain(|_, code| code.expires > now);
        self.refresh_tokens.retain(|_, token| token.is_good(now));
        self.challenges.retain(|_, challenge| challenge.expires > now);
    }
}

impl RefreshToken {
    /// Whether it can be used at `now`, in milliseconds.
    pub(super) fn is_good(&self, now: i64) -> bool {
        self.expires > now && self.superseded.is_none_or(|until| until > now)
    }
}

impl Pool {
    /// The user of this name and `sub`, if there still is one who may sign in.
    pub(super) fn signed_in(&self, name: &str, sub: &str) -> Option<&User> {
        self.users
            .get(name)
            .filter(|user| user.enabled && user.attributes.get("sub").is_some_and(|own| own == sub))
    }

    /// The session that a cookie stands for at `now`, in milliseconds.
    pub(super) fn session(&self, cookie: &str, now: i64) -> Option<&Session> {
        self.sessions
            .get(&digest(cookie))
            .filter(|session| session.expires > now)
            .filter(|session| self.signed_in(&session.user, &session.sub).is_some())
    }
}
