//! A request's bytes as the service takes them: out of their chunks, and what they claim checked.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use sha2::{Digest as _, Sha256};

use super::checksums;
use crate::service::Fault;
use crate::store::hex;
use crate::wire::{Wire, chunked};

/// Bytes that are what their sender said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// The bytes.
    pub(super) bytes: Bytes,
    /// Their MD5 in hexadecimal.
    pub(super) md5: String,
    /// The checksum that came with them: header and value.
    pub(super) checksum: Option<(String, String)>,
    /// Whether anything vouched for them: a checksum or `Content-MD5`.
    pub(super) is_checked: bool,
}

/// Reads a request's body.
///
/// # Errors
/// When the framing is broken, or a length, digest or checksum is not that of the bytes.
pub(super) fn read(wire: &Wire) -> Result<Payload, Fault> {
    let signed = wire.header("x-amz-content-sha256").unwrap_or_default();
    let is_chunked = signed.starts_with("STREAMING-")
        || wire.header("content-encoding").is_some_and(|codings| {
            codings.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked"))
        });
    let (bytes, trailers) = if is_chunked { unchunked(wire)? } else { (wire.body.clone(), vec![]) };
    if signed.len() == 64 && signed != hex(&Sha256::digest(&bytes)) {
        return Err(Fault::client(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        ));
    }
    let md5 = Md5::digest(&bytes);
    let stated = wire.header("content-md5");
    if let Some(stated) = stated {
        let stated = BASE64_STANDARD.decode(stated).ok().filter(|digest| digest.len() == 16);
        let stated = stated.ok_or_else(|| {
            Fault::client("InvalidDigest", "The Content-MD5 you specified was invalid.")
        })?;
        if stated != md5.as_slice() {
            return Err(bad_digest("Content-MD5"));
        }
    }
    let checksum = checksum(wire, trailers)?;
    if let Some((name, value)) = &checksum
        && *value != checksums::compute(name, &bytes)?
    {
        return Err(bad_digest(&name[checksums::PREFIX.len()..].to_uppercase()));
    }
    let is_checked = stated.is_some() || checksum.is_some();
    Ok(Payload { bytes, md5: hex(&md5), checksum, is_checked })
}

type Trailers = Vec<(String, String)>;

fn unchunked(wire: &Wire) -> Result<(Bytes, Trailers), Fault> {
    let incomplete = || {
        Fault::client(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    };
    let body = chunked::read(&wire.body).ok_or_else(incomplete)?;
    let stated = wire.header("x-amz-decoded-content-length").ok_or_else(|| {
        Fault::new(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    })?;
    if stated.parse() != Ok(body.bytes.len()) {
        return Err(incomplete());
    }
    Ok((Bytes::from(body.bytes), body.trailers))
}

/// The one checksum among headers and trailers.
fn checksum(wire: &Wire, trailers: Trailers) -> Result<Option<(String, String)>, Fault> {
    // Two headers say which and how, and are no checksums.
    const ABOUT: [&str; 3] =
        ["x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"];
    let announced = wire.header("x-amz-trailer").unwrap_or_default();
    if announced.split(',').map(str::trim).any(|name| {
        !name.is_empty() && !trailers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }) {
        return Err(Fault::client(
            "MalformedTrailerError",
            "The request contained trailing data that was not well-formed or did not conform to \
             our published schema.",
        ));
    }
    let headers = wire
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    let mut checksums = headers
        .chain(trailers)
        .filter(|(name, _)| name.starts_with(checksums::PREFIX) && !ABOUT.contains(&name.as_str()));
    let first = checksums.next();
    if checksums.next().is_some() {
        return Err(Fault::client(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ));
    }
    Ok(first)
}

fn bad_digest(name: &str) -> Fault {
    Fault::client(
        "BadDigest",
        format!("The {name} you specified did not match the calculated checksum."),
    )
}
