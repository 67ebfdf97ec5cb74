//! The key that signs a pool's tokens: RSA with 2048 bits, as the service uses for RS256.
//!
//! A pool gets its key when the first token or key set is asked for. The account's document keeps
//! the public half and the name of the blob that holds the private half, so that neither a
//! snapshot nor a printed state shows a secret.

use std::convert::Infallible;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, ConcatenatingMul, Odd};
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use rand_core::{TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::directory;
use crate::local::LocalAws;
use crate::random::Random;
use crate::rs256::padded;

const BITS: u32 = 2048;
const BYTES: usize = 256;
/// 65537, the exponent of every key in use.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// What the account keeps of a pool's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// The key id in a token's header.
    pub id: String,
    /// The modulus, in unpadded base64url.
    pub modulus: String,
    /// The hash of the blob with modulus and private exponent, 256 bytes each.
    pub blob: String,
}

impl PublicKey {
    /// The key as a member of a key set: RFC 7517.
    pub(super) fn jwk(&self) -> Value {
        json!({
            "alg": "RS256",
            "e": BASE64_URL_SAFE_NO_PAD.encode(EXPONENT),
            "kid": self.id,
            "kty": "RSA",
            "n": self.modulus,
            "use": "sig",
        })
    }
}

/// A pool's key with its private half.
pub(super) struct SigningKey {
    id: String,
    parameters: BoxedMontyParams,
    private_exponent: BoxedUint,
}

impl SigningKey {
    /// A token of these claims, signed: RFC 7515, compact serialisation.
    pub(super) fn token(&self, claims: &Value) -> String {
        let header = json!({ "kid": self.id, "alg": "RS256" });
        let signed = format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(header.to_string()),
            BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256. The exponentiation takes the same time for every message.
    fn sign(&self, message: &[u8]) -> Box<[u8]> {
        let padded = padded(message, BYTES);
        let message = BoxedUint::from_be_slice(&padded, BITS).expect("it has 256 bytes");
        let signature = BoxedMontyForm::new(message, &self.parameters).pow(&self.private_exponent);
        signature.retrieve().to_be_bytes()
    }

    fn read(id: &str, blob: &[u8]) -> Option<Self> {
        let (modulus, private_exponent) = blob.split_at_checked(BYTES)?;
        if private_exponent.len() != BYTES {
            return None;
        }
        let number = |bytes| BoxedUint::from_be_slice(bytes, BITS).ok();
        let modulus: Odd<BoxedUint> = number(modulus)?.into_odd().into_option()?;
        Some(Self {
            id: id.to_owned(),
            parameters: BoxedMontyParams::new(modulus),
            private_exponent: number(private_exponent)?,
        })
    }
}

/// The key of a pool, made and kept now if it has none yet; `None` when the pool is gone.
///
/// Looking for primes takes a tenth of a second or two, so it is done on a thread of its own and
/// outside the state's lock. Of two that are made at once the first one kept stays.
pub(super) async fn of_pool(local: &LocalAws, pool: &str) -> Option<(PublicKey, SigningKey)> {
    if let Some(known) = kept(local, pool) {
        return Some(known);
    }
    // None, or one whose blob cannot be read any more.
    let before = local.read(|account| Some(directory::pool(account, pool)?.key.clone()))?;
    let random = fork(&mut local.inner().random);
    let (modulus, blob) = tokio::task::spawn_blocking(|| generate(random)).await.ok()?;
    let hash = local.inner().blobs.put(&blob).ok()?;
    let key = PublicKey {
        id: BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&modulus)),
        modulus: BASE64_URL_SAFE_NO_PAD.encode(&modulus),
        blob: hash.clone(),
    };
    let is_first = local.edit(|account| {
        let pool = directory::pool_mut(account, pool).filter(|pool| pool.key == before);
        pool.map(|pool| pool.key = Some(key)).is_some()
    });
    if !is_first {
        local.inner().blobs.remove(&hash);
    }
    kept(local, pool)
}

/// The key that a pool has, if both its halves can be read.
fn kept(local: &LocalAws, pool: &str) -> Option<(PublicKey, SigningKey)> {
    let key = local.read(|account| directory::pool(account, pool)?.key.clone())?;
    let signing = SigningKey::read(&key.id, &local.blob(&key.blob)?)?;
    Some((key, signing))
}

/// A source of its own for work outside the lock; with a seed it repeats, as its parent does.
fn fork(random: &mut Random) -> Random {
    let mut seed = [0; 8];
    random.fill(&mut seed);
    match random {
        Random::System => Random::System,
        Random::Seeded(_) => Random::Seeded(u64::from_le_bytes(seed)),
    }
}

/// A modulus, and modulus and private exponent in one: RFC 8017, section 3.
fn generate(random: Random) -> (Box<[u8]>, Vec<u8>) {
    let mut source = Source(random);
    loop {
        let (first, second) = (prime(&mut source), prime(&mut source));
        let modulus = first.concatenating_mul(&second);
        let one = BoxedUint::one_with_precision(BITS / 2);
        let order = first.wrapping_sub(&one).concatenating_mul(second.wrapping_sub(&one));
        let exponent = BoxedUint::from_be_slice(&EXPONENT, BITS).expect("three bytes fit");
        let Some(order) = order.into_nz().into_option() else { continue };
        // Neither fails but for the one pair in thousands that shares a factor with 65537.
        let Some(private) = exponent.invert_mod(&order).into_option() else { continue };
        if first == second {
            continue;
        }
        let modulus = modulus.to_be_bytes();
        let blob = [&*modulus, &*private.to_be_bytes()].concat();
        return (modulus, blob);
    }
}

/// A prime of half the key's size, its two highest bits set so that the modulus has its full size.
fn prime(source: &mut Source) -> BoxedUint {
    let candidates = SmallFactorsSieveFactory::new(Flavor::Any, BITS / 2, SetBits::TwoMsb)
        .expect("1024 bits are enough for a prime");
    sieve_and_find(source, candidates, |_, candidate| is_prime(Flavor::Any, candidate))
        .expect("1024 bits are within the limits of the numbers")
        .expect("the candidates never end")
}

/// [`Random`] as the prime search takes it.
struct Source(Random);

impl TryRng for Source {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Source {}

/// Whether a token carries the signature of this key; for tests.
#[cfg(test)]
pub(super) fn verifies(modulus: &str, token: &str) -> bool {
    crate::rs256::verifies(modulus, &BASE64_URL_SAFE_NO_PAD.encode(EXPONENT), token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_verifies_with_its_own_modulus_and_no_other() {
        let (modulus, blob) = generate(Random::Seeded(1));
        let (other, _) = generate(Random::Seeded(2));
        let key = SigningKey::read("k", &blob).unwrap();
        let token = key.token(&json!({ "sub": "ann" }));
        let modulus = BASE64_URL_SAFE_NO_PAD.encode(modulus);
        assert!(verifies(&modulus, &token));
        assert!(!verifies(&BASE64_URL_SAFE_NO_PAD.encode(other), &token));
        assert!(!verifies(&modulus, &token.replacen('.', "x.", 1)));
        assert_eq!(generate(Random::Seeded(1)).1, blob);
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        assert!(SigningKey::read("k", b"").is_none());
        assert!(SigningKey::read("k", &[0; 512]).is_none());
        assert!(SigningKey::read("k", &[1; 511]).is_none());
        assert!(SigningKey::read("k", &[1; 512]).is_some());
    }
}
