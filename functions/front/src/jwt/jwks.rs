//! The issuer's keys, kept between requests.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ring::error::Unspecified;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::Value;

use crate::random::from_base64url;

/// A key set is asked for again after this.
const FRESH: u64 = 60 * 60;
/// And serves for this long when it cannot be had.
const USABLE: u64 = 24 * 60 * 60;
/// A `kid` that nobody knows has the set asked for, but no more often than this: otherwise every forged token would be a
/// request to the issuer.
const PAUSE: u64 = 30;

/// While there is no set at all, every caller is told to try again after so many seconds: it is asked for as often.
const RETRY: u64 = 5;

/// No key set, and none to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// A public key.
#[derive(Debug)]
pub struct Key {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Key {
    /// Checks a signature: RSASSA-PKCS1-v1_5 with SHA-256.
    ///
    /// # Errors
    /// [`Unspecified`] when it is not this key's.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Unspecified> {
        let key = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
    }
}

#[derive(Debug, Default)]
struct Cache {
    keys: BTreeMap<String, Arc<Key>>,
    fetched_at: Option<u64>,
    tried_at: Option<u64>,
}

/// A key set.
#[derive(Debug, Default)]
pub struct Jwks(Mutex<Cache>);

impl Jwks {
    /// The key called `kid`, `None` where the issuer has none of that name. `fetch` gets the document where it is needed.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub fn key(
        &self,
        kid: &str,
        fetch: impl Fn() -> Option<Value>,
        now: u64,
    ) -> Result<Option<Arc<Key>>, Unavailable> {
        let Self(cache) = self;
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        let age = cache.fetched_at.map(|at| now.saturating_sub(at));
        if age.is_some_and(|age| age < FRESH)
            && let Some(key) = cache.keys.get(kid)
        {
            return Ok(Some(Arc::clone(key)));
        }
        let pause = if age.is_some_and(|age| age < USABLE) { PAUSE } else { RETRY };
        if cache.tried_at.is_none_or(|at| now.saturating_sub(at) >= pause) {
            cache.tried_at = Some(now);
            if let Some(keys) = fetch().as_ref().and_then(keys) {
                cache.keys = keys;
                cache.fetched_at = Some(now);
            }
        }
        match cache.fetched_at {
            Some(at) if now.saturating_sub(at) < USABLE => Ok(cache.keys.get(kid).map(Arc::clone)),
            _ => Err(Unavailable),
        }
    }
}

fn keys(document: &Value) -> Option<BTreeMap<String, Arc<Key>>> {
    let mut keys = BTreeMap::new();
    for jwk in document["keys"].as_array()? {
        let part = |name: &str| from_base64url(jwk[name].as_str()?);
        let is_for_signatures = jwk["use"].as_str().is_none_or(|purpose| purpose == "sig");
        if jwk["kty"] != "RSA" || !is_for_signatures {
            continue;
        }
        if let (Some(kid), Some(n), Some(e)) = (jwk["kid"].as_str(), part("n"), part("e")) {
            keys.insert(kid.to_owned(), Arc::new(Key { n, e }));
        }
    }
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::json;

    use super::*;

    fn document(kid: &str) -> Value {
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": kid, "n": "AQAB", "e": "AQAB" }] })
    }

    #[test]
    fn unknown_kid_flood_asks_for_the_key_set_once_a_pause() {
        let jwks = Jwks::default();
        let asked = Cell::new(0);
        let fetch = || {
            asked.set(asked.get() + 1);
            Some(document("a"))
        };
        for n in 0..1000 {
            let kid = format!("../../{n}");
            assert!(jwks.key(&kid, fetch, 1000 + n % PAUSE).unwrap().is_none());
        }
        assert_eq!(asked.get(), 1);
        assert!(jwks.key("b", fetch, 1000 + PAUSE).unwrap().is_none());
        assert_eq!(asked.get(), 2);
    }

    #[test]
    fn a_rotated_key_is_found_at_its_first_use() {
        let jwks = Jwks::default();
        assert!(jwks.key("a", || Some(document("a")), 0).unwrap().is_some());
        assert!(jwks.key("b", || Some(document("b")), PAUSE).unwrap().is_some());
        assert!(jwks.key("a", || Some(document("b")), 2 * PAUSE).unwrap().is_none());
    }

    #[test]
    fn keys_that_cannot_be_had_are_kept_for_a_day() {
        let jwks = Jwks::default();
        assert_eq!(jwks.key("a", || None, 0).unwrap_err(), Unavailable);
        assert_eq!(jwks.key("a", || Some(document("a")), RETRY - 1).unwrap_err(), Unavailable);
        assert!(jwks.key("a", || Some(document("a")), RETRY).unwrap().is_some());
        assert!(jwks.key("a", || None, USABLE).unwrap().is_some());
        assert_eq!(jwks.key("a", || None, PAUSE + USABLE).unwrap_err(), Unavailable);
        assert!(jwks.key("a", || Some(json!({ "keys": [] })), 2 * USABLE).is_err());
    }
}
