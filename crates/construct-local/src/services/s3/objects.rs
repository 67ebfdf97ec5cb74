//! Whole objects: putting, getting and deleting them.

use std::collections::BTreeMap;

use super::state::{Object, bucket, object};
use super::{checksums, conditions, payload, refuse_headers, tags};
use crate::service::{Body, Call, Fault, Reply};
use crate::time::http_date;
use crate::wire::Wire;

/// Headers that come back as they were sent, beside `x-amz-meta-`.
const KEPT: [&str; 6] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
];
const METADATA: &str = "x-amz-meta-";
/// Bytes of a key, in UTF-8.
const LONGEST_KEY: usize = 1024;
/// Bytes of all metadata, names and values.
const MOST_METADATA: usize = 2048;
/// What an object may be put with that the local AWS lacks.
const LACKING_WRITE: [&str; 9] = [
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-grant-",
    "x-amz-object-lock-",
    "x-amz-server-side-encryption-",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
    "x-amz-request-payer",
];
const LACKING_READ: [&str; 3] =
    ["if-modified-since", "if-unmodified-since", "x-amz-server-side-encryption-customer-"];

pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    refuse_headers(call, &LACKING_WRITE)?;
    let key = call.input.text("Key").unwrap_or_default();
    if key.len() > LONGEST_KEY {
        return Err(Fault::client("KeyTooLongError", "Your key is too long")
            .with("Size", key.len())
            .with("MaxSizeAllowed", LONGEST_KEY));
    }
    if !matches!(call.wire.header("x-amz-server-side-encryption"), None | Some("AES256")) {
        let message = "the local AWS implements no encryption but AES256";
        return Err(Fault::new(501, "NotImplemented", message));
    }
    let there = bucket(call)?.objects.get(key).cloned();
    conditions::check_write(call.wire, key, there.as_ref())?;
    let payload = payload::read(call.wire)?;
    let tags = tags::of_header(call.wire.header("x-amz-tagging").unwrap_or_default())?;
    let headers = kept_headers(call.wire)?;
    let checksum = if let Some(checksum) = payload.checksum {
        checksum
    } else {
        let value = checksums::compute(checksums::DEFAULT, &payload.bytes)?;
        (checksums::DEFAULT.to_owned(), value)
    };
    let blob = call
        .blobs
        .put(&payload.bytes)
        .map_err(|error| Fault::new(500, "InternalError", error.to_string()))?;
    let object = Object {
        blob,
        size: payload.bytes.len(),
        etag: payload.md5,
        modified_ms: call.now,
        headers,
        checksum,
        tags,
    };
    let mut answer = vec![("etag".to_owned(), format!("\"{}\"", object.etag)), encryption()];
    answer.extend(checksum_headers(&object));
    bucket(call)?.objects.insert(key.to_owned(), object);
    call.account.s3.released.extend(there.map(|there| there.blob));
    Ok(Reply { headers: answer, ..Reply::empty(200) })
}

/// `GetObject`, and `HeadObject`, which is the same without the bytes.
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    refuse_headers(call, &LACKING_READ)?;
    let object = object(call)?.clone();
    conditions::check_read(call.wire, &object)?;
    let range = conditions::range(call.wire, object.size)?;
    let bytes = call.blobs.get(&object.blob).ok_or_else(|| {
        Fault::new(500, "InternalError", "the local AWS has lost the bytes of the object")
    })?;
    let mut headers = vec![
        ("etag".to_owned(), format!("\"{}\"", object.etag)),
        ("last-modified".to_owned(), http_date(object.modified_ms)),
        ("accept-ranges".to_owned(), "bytes".to_owned()),
        encryption(),
    ];
    let mut content_type = "binary/octet-stream".to_owned();
    for (name, value) in &object.headers {
        if name == "content-type" {
            content_type.clone_from(value);
        } else {
            headers.push((name.clone(), value.clone()));
        }
    }
    if !object.tags.is_empty() {
        headers.push(("x-amz-tagging-count".to_owned(), object.tags.len().to_string()));
    }
    let (status, bytes) = if let Some(range) = range {
        let (first, last) = (range.start, range.end - 1);
        let place = format!("bytes {first}-{last}/{}", object.size);
        headers.push(("content-range".to_owned(), place));
        (206, bytes.slice(range))
    } else {
        // The checksum is one of the whole.
        if call.wire.header("x-amz-checksum-mode") == Some("ENABLED") {
            headers.extend(checksum_headers(&object));
        }
        (200, bytes)
    };
    headers.push(("content-length".to_owned(), bytes.len().to_string()));
    Ok(Reply { status, headers, body: Body::Bytes { content_type, bytes } })
}

/// What is gone is deleted too.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    refuse_headers(call, &["if-match", "x-amz-mfa", "x-amz-bypass-governance-retention"])?;
    let key = call.input.text("Key").unwrap_or_default();
    let gone = bucket(call)?.objects.remove(key);
    call.account.s3.released.extend(gone.map(|gone| gone.blob));
    Ok(Reply::empty(204))
}

fn kept_headers(wire: &Wire) -> Result<BTreeMap<String, String>, Fault> {
    let mut kept = BTreeMap::new();
    let mut metadata = 0;
    for (name, value) in &wire.headers {
        let Ok(value) = value.to_str() else { continue };
        let mut value = value.to_owned();
        if let Some(own) = name.as_str().strip_prefix(METADATA) {
            metadata += own.len() + value.len();
        } else if !KEPT.contains(&name.as_str()) {
            continue;
        }
        if name == "content-encoding" {
            // How the bytes travelled is not how they are kept.
            let codings = value.split(',').map(str::trim);
            let codings: Vec<&str> = codings
                .filter(|coding| !coding.eq_ignore_ascii_case("aws-chunked"))
                .filter(|coding| !coding.is_empty())
                .collect();
            value = codings.join(",");
            if value.is_empty() {
                continue;
            }
        }
        kept.insert(name.to_string(), value);
    }
    if metadata > MOST_METADATA {
        return Err(Fault::client(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        )
        .with("Size", metadata)
        .with("MaxSizeAllowed", MOST_METADATA));
    }
    Ok(kept)
}

fn checksum_headers(object: &Object) -> [(String, String); 2] {
    [object.checksum.clone(), ("x-amz-checksum-type".to_owned(), "FULL_OBJECT".to_owned())]
}

fn encryption() -> (String, String) {
    ("x-amz-server-side-encryption".to_owned(), "AES256".to_owned())
}
