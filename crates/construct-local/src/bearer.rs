//! What is kept of a secret that somebody will present again, and how it is compared.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crypto_bigint::CtEq;
use sha2::{Digest, Sha256};

/// What is kept of a secret that someone will present: unpadded base64url of its SHA-256. It is
/// also the S256 challenge of a verifier.
pub(crate) fn digest(secret: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// Whether two secrets are the same, in a time that tells nothing about where they differ.
pub(crate) fn same_secret(given: &str, kept: &str) -> bool {
    let (given, kept) = (Sha256::digest(given), Sha256::digest(kept));
    given.as_slice().ct_eq(kept.as_slice()).to_bool()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(same_secret("", "") && same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd") && !same_secret("abc", "ab") && !same_secret("", "a"));
    }

    /// RFC 7636, appendix B.
    #[test]
    fn a_digest_is_the_challenge_of_its_verifier() {
        assert_eq!(
            digest("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }
}
