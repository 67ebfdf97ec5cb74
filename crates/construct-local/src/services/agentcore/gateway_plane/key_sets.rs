//! The keys of token issuers, by their discovery URL: read when first needed, and again when a token
//! names a key that is not among them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::local::LocalAws;
use crate::outbound;

/// How long keys are taken as they were read, in milliseconds.
const FRESH_MS: i64 = 5 * 60 * 1000;
/// How soon keys are read again for a key id that is not among them, in milliseconds: tokens with
/// made-up ids must not become as many requests.
const AGAIN_MS: i64 = 10 * 1000;

/// What an issuer publishes.
#[derive(Debug, Clone)]
pub(super) struct Issuer {
    /// What its tokens name as `iss`.
    pub(super) name: String,
    keys: Vec<Value>,
    read_at: i64,
}

/// The issuers that were asked, kept while the process lives.
#[derive(Debug, Default)]
struct Known(Mutex<BTreeMap<String, Issuer>>);

impl Issuer {
    /// The modulus and exponent of a key for RS256; the only key where a token names none.
    pub(super) fn key(&self, id: Option<&str>) -> Option<(&str, &str)> {
        let key = match id {
            Some(id) => self.keys.iter().find(|key| key["kid"] == id)?,
            None => self.keys.first().filter(|_| self.keys.len() == 1)?,
        };
        (key["kty"] == "RSA").then_some(())?;
        Some((key["n"].as_str()?, key["e"].as_str()?))
    }
}

/// The issuer behind a discovery URL, with the key that a token names if it has one.
///
/// # Errors
/// Why its documents cannot be had, as a sentence for the log.
pub(super) async fn issuer(
    local: &LocalAws,
    discovery_url: &str,
    key_id: Option<&str>,
) -> Result<Issuer, String> {
    let known = local.attachment::<Known>();
    let now = local.now_ms();
    let kept = known.0.lock().unwrap_or_else(PoisonError::into_inner).get(discovery_url).cloned();
    if let Some(kept) = kept {
        let age = now - kept.read_at;
        if age < AGAIN_MS || (age < FRESH_MS && kept.key(key_id).is_some()) {
            return Ok(kept);
        }
    }
    let issuer = read(local, discovery_url, now).await?;
    known
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(discovery_url.to_owned(), issuer.clone());
    Ok(issuer)
}

async fn read(local: &LocalAws, discovery_url: &str, now: i64) -> Result<Issuer, String> {
    let configuration = document(local, discovery_url).await?;
    let text = |name: &str| {
        let text = configuration[name].as_str().map(str::to_owned);
        text.ok_or_else(|| format!("{discovery_url} names no {name}"))
    };
    let (name, keys_url) = (text("issuer")?, text("jwks_uri")?);
    if !outbound::may_lead(local, discovery_url, &keys_url) {
        return Err(format!(
            "{discovery_url} names keys that are not on https, or on this machine"
        ));
    }
    let keys = document(local, &keys_url).await?;
    let keys = keys["keys"].as_array().cloned().unwrap_or_default();
    Ok(Issuer { name, keys, read_at: now })
}

async fn document(local: &LocalAws, url: &str) -> Result<Value, String> {
    let request = Request::get(url)
        .header(http::header::ACCEPT, "application/json")
        .body(Bytes::new())
        .map_err(|_not_a_url| format!("{url} is not a URL"))?;
    let response = outbound::send(local, request).await.map_err(|error| error.to_string())?;
    if !response.status().is_success() {
        return Err(format!("{url} answers {}", response.status()));
    }
    serde_json::from_slice(response.body()).map_err(|_not_json| format!("{url} is not JSON"))
}
