//! The token vault: tokens by workload, user, provider and scopes.

use serde_json::{Value, json};

use super::super::state::State;
use super::state::{VaultEntry, vault_key};
use crate::bearer::digest;
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::service::Call;

/// How long before its end a token is taken for over, in milliseconds.
const MARGIN_MS: i64 = 30 * 1000;

/// Whose token, for what.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) workload: String,
    /// Empty for the workload's own.
    pub(super) owner: String,
    pub(super) provider: String,
    pub(super) scopes: Vec<String>,
}

/// A token's values.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    /// Seconds, if the vendor said.
    pub(super) lifetime: Option<i64>,
}

/// What the vault has.
pub(super) struct Kept {
    pub(super) tokens: Tokens,
    /// Whether the access token is still good.
    pub(super) is_fresh: bool,
}

impl Place {
    fn key(&self) -> String {
        vault_key(&self.workload, &self.owner, &self.provider, &self.scopes)
    }
}

/// The tokens at a place.
pub(super) fn find(local: &LocalAws, place: &Place) -> Option<Kept> {
    let now = local.now_ms();
    let entry = local.read(|account| {
        account.region(&place.region)?.agentcore.vault.get(&place.key()).cloned()
    })?;
    let document: Value = serde_json::from_slice(&local.blob(&entry.blob)?).ok()?;
    let text = |name: &str| document[name].as_str().map(str::to_owned);
    let tokens = Tokens { access: text("access")?, refresh: text("refresh"), lifetime: None };
    let is_fresh = entry.expires.is_none_or(|expires| expires - MARGIN_MS > now);
    Some(Kept { tokens, is_fresh })
}

/// Keeps tokens in place of those before. A vendor that renews without a new refresh token leaves
/// the old one good.
///
/// # Errors
/// When the blob cannot be written.
pub(super) fn keep(local: &LocalAws, place: &Place, tokens: &Tokens) -> std::io::Result<()> {
    let now = local.now_ms();
    // Equal tokens must not share a blob: each is removed with its entry.
    let salt = digest(&local.random_id(ALPHANUMERIC, 43));
    let document =
        json!({ "access": tokens.access, "refresh": tokens.refresh, "salt": salt }).to_string();
    let blob = local.inner().blobs.put(document.as_bytes())?;
    let entry = VaultEntry {
        workload: place.workload.clone(),
        owner: place.owner.clone(),
        provider: place.provider.clone(),
        scopes: place.scopes.clone(),
        expires: tokens.lifetime.map(|seconds| now + seconds * 1000),
        blob,
    };
    let before = local.edit_lazily(|account| {
        account.region_mut(&place.region).agentcore.vault.insert(place.key(), entry)
    });
    forget_blob(local, before);
    Ok(())
}

/// Forgets the tokens at a place.
pub(super) fn forget(local: &LocalAws, place: &Place) {
    let before = local.edit_lazily(|account| {
        account.region_mut(&place.region).agentcore.vault.remove(&place.key())
    });
    forget_blob(local, before);
}

fn forget_blob(local: &LocalAws, entry: Option<VaultEntry>) {
    if let Some(entry) = entry {
        local.inner().blobs.remove(&entry.blob);
    }
}

/// Forgets the tokens and the consents of workload identities and providers that are gone.
pub(in crate::services::agentcore) fn forget_orphans(call: &mut Call<'_>) {
    let State { vault, consents, workload_identities, oauth2_providers, .. } =
        &mut call.account.region_mut(call.region).agentcore;
    let stays = |workload: &str, provider: &str| {
        workload_identities.contains_key(workload) && oauth2_providers.contains_key(provider)
    };
    consents.retain(|_, session| stays(&session.workload, &session.provider));
    let blobs = &mut *call.blobs;
    vault.retain(|_, entry| {
        let is_kept = stays(&entry.workload, &entry.provider);
        if !is_kept {
            blobs.remove(&entry.blob);
        }
        is_kept
    });
}
