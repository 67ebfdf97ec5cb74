//! Until when a certificate is good: the one thing that is read of it here. Whether it is the right one, the TLS library
//! has decided by then.
//!
//! RFC 5280, section 4.1: `Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serialNumber, signature,
//! issuer, validity SEQUENCE { notBefore, notAfter }, … } … }`, in DER.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of a certificate's validity; none for what is no certificate.
pub(super) fn not_after(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if let Some((_, after)) = element(rest, VERSION) {
        rest = after;
    }
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        rest = element(rest, tag)?.1;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, after) = time(validity)?;
    time(after).map(|(end, _)| end)
}

/// The content of the element that `bytes` begin with, if it has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [first, length, rest @ ..] = bytes else { return None };
    if *first != tag {
        return None;
    }
    // A long length says first in how many bytes it stands.
    let (length, rest) = match usize::from(*length) {
        short @ ..0x80 => (short, rest),
        long => {
            let (digits, rest) = rest.split_at_checked(long & 0x7F)?;
            if digits.len() > 4 {
                return None;
            }
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    rest.split_at_checked(length)
}

/// The time that `bytes` begin with, and what follows it. Both forms are in UTC, to the second (RFC 5280, section 4.1.2.5).
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (text, rest, century) = if let Some((text, rest)) = element(bytes, UTC_TIME) {
        let old = text.first().is_some_and(|digit| *digit >= b'5');
        (text, rest, if old { "19" } else { "20" })
    } else {
        let (text, rest) = element(bytes, GENERALIZED_TIME)?;
        (text, rest, "")
    };
    let text = format!("{century}{}", std::str::from_utf8(text).ok()?);
    let moment = DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    Some((moment.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate as far as it is read.
    fn certificate(validity: &[u8], version: &[u8]) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| {
            let mut out = vec![tag, 0x82];
            out.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
            out.extend(content);
            out
        };
        let mut inner = version.to_vec();
        inner.extend([INTEGER, 1, 7]);
        inner.extend([SEQUENCE, 0, SEQUENCE, 2, 5, 0]);
        inner.extend(wrap(SEQUENCE, validity));
        wrap(SEQUENCE, &wrap(SEQUENCE, &inner))
    }

    fn times(tag: u8, before: &str, after: &str) -> Vec<u8> {
        [before, after]
            .iter()
            .flat_map(|text| {
                let length = u8::try_from(text.len()).unwrap();
                [vec![tag, length], text.as_bytes().to_vec()].concat()
            })
            .collect()
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        let version = [VERSION, 3, INTEGER, 1, 2];
        for (tag, before, after, expected) in [
            (UTC_TIME, "250101000000Z", "300102030405Z", "2030-01-02T03:04:05Z"),
            (UTC_TIME, "500101000000Z", "991231235959Z", "1999-12-31T23:59:59Z"),
            (GENERALIZED_TIME, "20250101000000Z", "20510102030405Z", "2051-01-02T03:04:05Z"),
        ] {
            for version in [&version[..], &[]] {
                let der = certificate(&times(tag, before, after), version);
                assert_eq!(not_after(&der).unwrap().to_string(), expected);
            }
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate(&times(UTC_TIME, "250101000000Z", "300102030405Z"), &[]);
        for cut in 0..whole.len() {
            assert_eq!(not_after(&whole[..cut]), None, "{cut}");
        }
        assert_eq!(not_after(&[SEQUENCE, 0x89, 0xFF]), None);
        assert_eq!(not_after(&[SEQUENCE, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]), None);
    }
}
