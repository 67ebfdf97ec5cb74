//! Deployment packages: what is accepted as one.

use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::state::Code;
use super::{fault, invalid};
use crate::service::{Call, Fault};

/// A zip sent with the call.
const MOST_ZIPPED: usize = 50 * 1024 * 1024;
/// What it may unpack to.
const MOST_UNZIPPED: u64 = 262_144_000;

/// Reads `ZipFile` and keeps it.
///
/// # Errors
/// When there is none, it is no zip, or it is too large. Code in S3 or in an image is answered
/// 501: the local AWS has neither.
pub(super) fn keep(call: &mut Call<'_>, given: &Map<String, Value>) -> Result<Code, Fault> {
    let zip = read(given)?;
    let blob =
        call.blobs.put(&zip).map_err(|error| fault(500, "ServiceException", error.to_string()))?;
    Ok(Code { blob, size: zip.len(), sha256: BASE64_STANDARD.encode(Sha256::digest(&zip)) })
}

/// Reads and checks `ZipFile` without keeping it, as a dry run does.
pub(super) fn read(given: &Map<String, Value>) -> Result<Vec<u8>, Fault> {
    if given.contains_key("S3Bucket") || given.contains_key("ImageUri") {
        return Err(fault(
            501,
            "NotImplemented",
            "the local AWS takes function code as a zip in the call only",
        ));
    }
    let encoded = given
        .get("ZipFile")
        .and_then(Value::as_str)
        .ok_or_else(|| invalid("Please provide a source for function code."))?;
    let zip = BASE64_STANDARD
        .decode(encoded)
        .map_err(|_not_base64| fault(400, "SerializationException", "ZipFile is not base64"))?;
    if zip.len() > MOST_ZIPPED {
        return Err(fault(
            413,
            "RequestEntityTooLargeException",
            format!("Request must be smaller than {MOST_ZIPPED} bytes for the zip file"),
        ));
    }
    let unzip = || {
        invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(&zip)).map_err(|_damaged| unzip())?;
    if archive.is_empty() {
        return Err(invalid("Uploaded file must be a non-empty zip"));
    }
    let mut total: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_damaged| unzip())?;
        total = total.saturating_add(entry.size());
        if entry.enclosed_name().is_none() {
            return Err(unzip());
        }
    }
    if total >= MOST_UNZIPPED {
        return Err(invalid(format!("Unzipped size must be smaller than {MOST_UNZIPPED} bytes")));
    }
    Ok(zip)
}
