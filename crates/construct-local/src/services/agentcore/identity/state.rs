//! What the token vault and running consents leave in the account's document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::bearer::digest;

/// A user, by the identity that a workload access token was made for.
///
/// Two are equal when the very same artefact made them: the service compares it and not the person
/// behind it, so that a fresh token of the same user completes nothing
/// (aws/bedrock-agentcore-sdk-typescript issue 37).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum User {
    /// The bearer of a token.
    Token {
        /// Its `iss`.
        issuer: String,
        /// Its `sub`.
        subject: String,
        /// The SHA-256 digest of the whole token.
        digest: String,
    },
    /// A name that the caller vouches for.
    Id(String),
}

impl User {
    /// Whose tokens the vault keeps: the same for every token of one person.
    pub fn owner(&self) -> String {
        match self {
            Self::Token { issuer, subject, .. } => format!("{issuer} {subject}"),
            Self::Id(id) => id.clone(),
        }
    }
}

/// A consent that was begun.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConsentSession {
    /// The workload identity that asked.
    pub workload: String,
    /// For whom.
    pub user: User,
    /// The credential provider's name.
    pub provider: String,
    /// What is asked of the vendor.
    pub scopes: Vec<String>,
    /// Further parameters for the vendor.
    pub parameters: BTreeMap<String, String>,
    /// Where the browser goes in the end.
    pub return_url: String,
    /// What the return URL carries as `state`, if the caller wanted something there.
    pub custom_state: Option<String>,
    /// The `state` of the request to the vendor.
    pub state: String,
    /// The PKCE verifier.
    pub verifier: String,
    /// What the vendor answered, once it did.
    pub answer: Option<VendorAnswer>,
    /// Milliseconds since the epoch.
    pub expires: i64,
}

/// How a vendor sent the browser back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VendorAnswer {
    /// With a code, not exchanged yet.
    Code(String),
    /// With an error.
    Error(String),
}

/// A token in the vault. Its value is in a blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VaultEntry {
    /// The workload identity that may use it.
    pub workload: String,
    /// The user's issuer and subject, or id; empty for the workload's own.
    pub owner: String,
    /// The credential provider's name.
    pub provider: String,
    /// What it is good for.
    pub scopes: Vec<String>,
    /// Until when, in milliseconds since the epoch; none if the vendor did not say.
    pub expires: Option<i64>,
    /// The hash of the blob with the tokens.
    pub blob: String,
}

/// The vault's key of a token.
pub(super) fn vault_key(workload: &str, owner: &str, provider: &str, scopes: &[String]) -> String {
    let mut scopes = scopes.to_vec();
    scopes.sort_unstable();
    digest(&format!("{workload}\n{owner}\n{provider}\n{}", scopes.join(" ")))
}
