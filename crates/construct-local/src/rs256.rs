//! RS256 as the user pools sign and the gateway verifies: RSASSA-PKCS1-v1_5 with SHA-256
//! (RFC 8017, section 8.2).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use sha2::{Digest, Sha256};

/// What stands before a SHA-256 digest in a signature: RFC 8017, section 9.2, note 1.
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// Key sizes that are verified, in bytes: 2048 to 4096 bits.
const SIZES: std::ops::RangeInclusive<usize> = 256..=512;

/// The padded digest of a message for a modulus of `size` bytes: RFC 8017, section 9.2.
pub(crate) fn padded(message: &[u8], size: usize) -> Vec<u8> {
    let digest = Sha256::digest(message);
    let mut padded = vec![0xff; size];
    padded[..2].copy_from_slice(&[0, 1]);
    let tail = size - DIGEST_INFO.len() - digest.len();
    padded[tail - 1] = 0;
    padded[tail..tail + DIGEST_INFO.len()].copy_from_slice(&DIGEST_INFO);
    padded[tail + DIGEST_INFO.len()..].copy_from_slice(&digest);
    padded
}

/// Whether a compact token carries the signature of a key, given as the `n` and `e` of a JWK. False
/// for what is no token and no such key.
pub(crate) fn verifies(modulus: &str, exponent: &str, token: &str) -> bool {
    try_verify(modulus, exponent, token).unwrap_or(false)
}

fn try_verify(modulus: &str, exponent: &str, token: &str) -> Option<bool> {
    let (signed, signature) = token.rsplit_once('.')?;
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let (modulus, exponent, signature) = (decode(modulus)?, decode(exponent)?, decode(signature)?);
    let size = modulus.len();
    if !SIZES.contains(&size) || signature.len() != size || exponent.len() > 8 {
        return None;
    }
    let bits = u32::try_from(size * 8).ok()?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, bits).ok();
    let modulus: Odd<BoxedUint> = number(&modulus)?.into_odd().into_option()?;
    let signature = number(&signature)?;
    if signature >= *modulus {
        return None;
    }
    let opened = BoxedMontyForm::new(signature, &BoxedMontyParams::new(modulus))
        .pow(&number(&exponent)?)
        .retrieve()
        .to_be_bytes();
    Some(*opened == *padded(signed.as_bytes(), size))
}
