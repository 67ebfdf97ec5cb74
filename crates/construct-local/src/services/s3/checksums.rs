//! The checksums that S3 computes: three cyclic redundancy checks and two hashes.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::service::Fault;

/// What a checksum's header or trailer is called, before its algorithm's name.
pub(super) const PREFIX: &str = "x-amz-checksum-";
/// The header of the algorithm that S3 takes when the caller chose none.
pub(super) const DEFAULT: &str = "x-amz-checksum-crc64nvme";

/// Tables of the reflected polynomials, one entry for each byte.
static CRC32: [u64; 256] = table(0xedb8_8320);
static CRC32C: [u64; 256] = table(0x82f6_3b78);
static CRC64NVME: [u64; 256] = table(0x9a6c_9329_ac4b_c9b5);

/// The base64 checksum that the header `name` carries for `bytes`.
///
/// # Errors
/// 501 for an algorithm that the local AWS lacks.
pub(super) fn compute(name: &str, bytes: &[u8]) -> Result<String, Fault> {
    let narrow = |table| BASE64_STANDARD.encode(&crc(bytes, table, 0xffff_ffff).to_be_bytes()[4..]);
    Ok(match name.strip_prefix(PREFIX).unwrap_or_default() {
        "crc32" => narrow(&CRC32),
        "crc32c" => narrow(&CRC32C),
        "crc64nvme" => BASE64_STANDARD.encode(crc(bytes, &CRC64NVME, u64::MAX).to_be_bytes()),
        "sha1" => BASE64_STANDARD.encode(Sha1::digest(bytes)),
        "sha256" => BASE64_STANDARD.encode(Sha256::digest(bytes)),
        _ => {
            return Err(Fault::new(
                501,
                "NotImplemented",
                format!("the local AWS does not implement the checksum {name}"),
            ));
        }
    })
}

fn crc(bytes: &[u8], table: &[u64; 256], ones: u64) -> u64 {
    let rest = bytes.iter().fold(ones, |rest, byte| {
        let [low, ..] = rest.to_le_bytes();
        (rest >> 8) ^ table[usize::from(low ^ byte)]
    });
    rest ^ ones
}

const fn table(polynomial: u64) -> [u64; 256] {
    let mut table = [0; 256];
    let mut byte: u64 = 0;
    while byte < 256 {
        let mut rest = byte;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ polynomial } else { rest >> 1 };
            bit += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let index = byte as usize;
        table[index] = rest;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values that catalogues of these algorithms give for these digits.
    #[test]
    fn checks_are_the_published_ones() {
        let digits = b"123456789";
        assert_eq!(crc(digits, &CRC32, 0xffff_ffff), 0xcbf4_3926);
        assert_eq!(crc(digits, &CRC32C, 0xffff_ffff), 0xe306_9283);
        assert_eq!(crc(digits, &CRC64NVME, u64::MAX), 0xae8b_1486_0a79_9888);
        assert_eq!(compute("x-amz-checksum-crc32", digits).unwrap(), "y/Q5Jg==");
        assert_eq!(compute("x-amz-checksum-xxhash64", digits).unwrap_err().status, 501);
    }
}
