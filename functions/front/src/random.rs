//! Values that nobody can guess.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no random numbers: nothing here may go on without them.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

/// `N` random bytes as text for addresses and cookies.
pub fn text<const N: usize>() -> String {
    base64url(&bytes::<N>())
}

/// RFC 4648, section 5, without padding.
pub fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What [`base64url`] made, or nothing.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// The SHA-256 digest, as PKCE writes it (RFC 7636, section 4.2).
pub fn sha256(text: &str) -> String {
    base64url(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Whether two secrets are the same, without telling by the time it takes how much of them is.
pub fn is_same(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|text| digest(&SHA256, text.as_bytes()));
    one.as_ref().iter().zip(other.as_ref()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(sha256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn random_texts_differ_and_equal_ones_are_the_same() {
        assert_eq!(text::<16>().len(), 22);
        assert_ne!(text::<16>(), text::<16>());
        assert!(is_same("a", "a") && !is_same("a", "b") && !is_same("a", "ab"));
    }
}
