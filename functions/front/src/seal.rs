//! Sealed values: what this program hands out and takes back later, readable and changeable by nobody else.
//!
//! A seal is AES-256-GCM under a key of its own, derived with HKDF from the secret and 16 random bytes, so that no number of
//! values wears a secret out. Each value is sealed for one purpose and one deployment, names its key, and may expire.
//!
//! A ring holds several secrets while one replaces another: the first seals, all of them open. Which is the first is a
//! matter of time where keys are rotated: see [`crate::schedule`].

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::{hkdf, hmac};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::random;
use crate::schedule::Stage;

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const SALT: usize = 16;
const EXPIRY: usize = 8;

/// What a value is sealed for. One sealed for one purpose is nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A registered client: its id.
    Client,
    /// A refresh token, bound to its client.
    Refresh,
    /// What a person is asked to agree to.
    Consent,
    /// A login on its way through the sign-in page.
    Login,
    /// A code for the client.
    Code,
    /// A sign-in on the way to a third-party consent.
    SignIn,
    /// A browser whose person was checked for a third-party consent.
    Browser,
    /// The token that asked for a third-party consent.
    Token,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Client => b"client",
            Self::Refresh => b"refresh",
            Self::Consent => b"consent",
            Self::Login => b"login",
            Self::Code => b"code",
            Self::SignIn => b"sign-in",
            Self::Browser => b"browser",
            Self::Token => b"token",
        }
    }
}

/// Why a value was not opened. Callers say the same for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsealed {
    /// It is none of ours.
    Malformed,
    /// Its key is not in the ring.
    UnknownKey,
    /// It was changed, or is for another purpose or deployment.
    Forged,
    /// Its time is over.
    Expired,
}

#[derive(Clone)]
struct Secret {
    id: [u8; KEY_ID],
    bytes: [u8; 32],
}

/// Keys that seal and open.
#[derive(Clone)]
pub struct Ring {
    secrets: Vec<Secret>,
    context: String,
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring of {}", self.secrets.len())
    }
}

impl Ring {
    /// Reads keys of 32 bytes in base64 with white space between them. `context` names the deployment.
    ///
    /// `None` when there is no key, or one that is none.
    pub fn read(text: &str, context: &str) -> Option<Self> {
        let mut secrets = Vec::new();
        for word in text.split_ascii_whitespace() {
            let bytes: [u8; 32] = BASE64_STANDARD.decode(word).ok()?.try_into().ok()?;
            let mut id = [0; KEY_ID];
            // The id tells keys apart and nothing about them.
            id.copy_from_slice(
                &digest(&SHA256, &[b"key id".as_slice(), &bytes].concat()).as_ref()[..KEY_ID],
            );
            secrets.push(Secret { id, bytes });
        }
        (!secrets.is_empty()).then(|| Self { secrets, context: context.to_owned() })
    }

    /// The ring of a rotation, where the last key is the newest and this is what it is for.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Self {
        let mut ring = self.clone();
        let last = ring.secrets.len() - 1;
        match stage {
            Stage::Accepted => ring.secrets.swap(0, last.saturating_sub(1)),
            Stage::Sealing => ring.secrets.swap(0, last),
            Stage::Alone => drop(ring.secrets.drain(..last)),
        }
        ring
    }

    /// Seals a value until `expires_at` (seconds since 1970), or for good.
    pub fn seal(
        &self,
        purpose: Purpose,
        value: &impl Serialize,
        expires_at: Option<u64>,
    ) -> String {
        let [secret, ..] = self.secrets.as_slice() else { return String::new() };
        let salt = random::bytes::<SALT>();
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&secret.id);
        sealed.extend_from_slice(&salt);
        let mut text = expires_at.unwrap_or(u64::MAX).to_be_bytes().to_vec();
        text.extend(serde_json::to_vec(value).unwrap_or_default());
        let aad = Aad::from(self.associated(purpose));
        if key(secret, &salt, purpose).seal_in_place_append_tag(nonce(), aad, &mut text).is_err() {
            // Only values of many gigabytes come here.
            return String::new();
        }
        sealed.extend(text);
        random::base64url(&sealed)
    }

    /// Opens a value that was sealed for `purpose` and is good at `now`.
    ///
    /// # Errors
    /// See [`Unsealed`].
    pub fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        sealed: &str,
        now: u64,
    ) -> Result<T, Unsealed> {
        let mut sealed = random::from_base64url(sealed).ok_or(Unsealed::Malformed)?;
        if sealed.len() < 1 + KEY_ID + SALT || sealed[0] != VERSION {
            return Err(Unsealed::Malformed);
        }
        let mut text = sealed.split_off(1 + KEY_ID + SALT);
        let (id, salt) = sealed[1..].split_at(KEY_ID);
        let secret =
            self.secrets.iter().find(|secret| secret.id == id).ok_or(Unsealed::UnknownKey)?;
        let aad = Aad::from(self.associated(purpose));
        let text = key(secret, salt, purpose)
            .open_in_place(nonce(), aad, &mut text)
            .map_err(|_unspecified| Unsealed::Forged)?;
        let (expires_at, value) = text.split_at_checked(EXPIRY).ok_or(Unsealed::Forged)?;
        let expires_at = expires_at.try_into().map_or(0, u64::from_be_bytes);
        if expires_at <= now {
            return Err(Unsealed::Expired);
        }
        serde_json::from_slice(value).map_err(|_other_form| Unsealed::Forged)
    }

    /// 128 bits that only this ring derives from `text`, always the same.
    pub fn name(&self, text: &str) -> String {
        let [secret, ..] = self.secrets.as_slice() else { return String::new() };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret.bytes);
        let tag = hmac::sign(&key, format!("name\0{}\0{text}", self.context).as_bytes());
        random::base64url(&tag.as_ref()[..16])
    }

    fn associated(&self, purpose: Purpose) -> Vec<u8> {
        [&[VERSION], purpose.label(), b"\0", self.context.as_bytes()].concat()
    }
}

fn key(secret: &Secret, salt: &[u8], purpose: Purpose) -> LessSafeKey {
    let info = [purpose.label()];
    let derived = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&secret.bytes);
    let key = derived.expand(&info, &AES_256_GCM).expect("32 bytes are fewer than HKDF gives");
    LessSafeKey::new(UnboundKey::from(key))
}

/// The key is used once, so that the nonce may always be the same.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn ring(keys: &str) -> Ring {
        Ring::read(keys, "https://a.example").unwrap()
    }

    #[test]
    fn a_value_comes_back_until_it_expires() {
        let sealed = ring(ONE).seal(Purpose::Login, &("a", 1), Some(100));
        assert_eq!(ring(ONE).open(Purpose::Login, &sealed, 99), Ok(("a".to_owned(), 1)));
        let late = ring(ONE).open::<(String, i32)>(Purpose::Login, &sealed, 100);
        assert_eq!(late, Err(Unsealed::Expired));
        let lasting = ring(ONE).seal(Purpose::Client, &"a", None);
        assert_eq!(ring(ONE).open(Purpose::Client, &lasting, u64::MAX - 1), Ok("a".to_owned()));
    }

    #[test]
    fn state_with_any_bit_flipped_is_refused() {
        let ring = ring(ONE);
        let sealed = random::from_base64url(&ring.seal(Purpose::Login, &"a", None)).unwrap();
        for at in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[at / 8] ^= 1 << (at % 8);
            let changed = random::base64url(&changed);
            assert!(ring.open::<String>(Purpose::Login, &changed, 0).is_err(), "bit {at}");
        }
        for length in 0..sealed.len() {
            let cut = random::base64url(&sealed[..length]);
            assert!(ring.open::<String>(Purpose::Login, &cut, 0).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_value_is_for_one_purpose_and_one_deployment() {
        let sealed = ring(ONE).seal(Purpose::Login, &"a", None);
        assert_eq!(ring(ONE).open::<String>(Purpose::Code, &sealed, 0), Err(Unsealed::Forged));
        let other = Ring::read(ONE, "https://b.example").unwrap();
        assert_eq!(other.open::<String>(Purpose::Login, &sealed, 0), Err(Unsealed::Forged));
        assert_ne!(other.name("x"), ring(ONE).name("x"));
    }

    #[test]
    fn a_key_is_replaced_without_a_gap() {
        let old = ring(ONE).seal(Purpose::Login, &"a", None);
        let accepting = ring(&format!("{ONE}\n{TWO}"));
        let sealing = ring(&format!("{TWO} {ONE}"));
        let new = sealing.seal(Purpose::Login, &"b", None);
        assert_eq!(accepting.open(Purpose::Login, &new, 0), Ok("b".to_owned()));
        assert_eq!(sealing.open(Purpose::Login, &old, 0), Ok("a".to_owned()));
        assert_eq!(ring(TWO).open::<String>(Purpose::Login, &old, 0), Err(Unsealed::UnknownKey));
    }

    #[test]
    fn what_is_no_key_makes_no_ring() {
        for text in ["", " ", "AAEC", "not base64", &format!("{ONE} AAEC")] {
            assert!(Ring::read(text, "c").is_none(), "{text}");
        }
    }
}
