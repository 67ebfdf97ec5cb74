//! `ListObjectsV2`: a bucket's keys, page by page.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::buckets::OWNER;
use super::state::{Object, bucket};
use super::{checksums, invalid};
use crate::page::page;
use crate::service::{Call, Fault, Reply};
use crate::time::iso;

const MOST: usize = 1000;
/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let input = call.input;
    if input.text("list-type") != Some("2") {
        return Err(invalid("Invalid List Type specified in Request"));
    }
    let is_encoded = match input.text("encoding-type") {
        None => false,
        Some("url") => true,
        Some(_) => return Err(invalid("Invalid Encoding Method specified in Request")),
    };
    let most = match input.get("max-keys") {
        None => MOST,
        Some(_) => input
            .integer("max-keys")
            .and_then(|most| usize::try_from(most).ok())
            .ok_or_else(|| invalid("Provided max-keys not an integer or within integer range"))?
            .min(MOST),
    };
    let given = |name: &str| input.text(name).unwrap_or_default();
    let (prefix, delimiter, start) = (given("prefix"), given("delimiter"), given("start-after"));
    let token = input.text("continuation-token");
    let spelled = |text: &str| {
        if is_encoded { utf8_percent_encode(text, PLAIN).to_string() } else { text.to_owned() }
    };
    let objects = &bucket(call)?.objects;
    // A token is a later place than the start that its first page had.
    let start = if token.is_some() { "" } else { start };
    let mut entries: BTreeMap<&str, Option<&Object>> = BTreeMap::new();
    let wanted = |key: &str| key.starts_with(prefix) && key > start;
    for (key, object) in objects.iter().filter(|(key, _)| wanted(key)) {
        let rest = &key[prefix.len()..];
        let end = rest.find(delimiter).filter(|_| !delimiter.is_empty());
        let (entry, object) = match end {
            Some(end) => (&key[..prefix.len() + end + delimiter.len()], None),
            None => (key.as_str(), Some(object)),
        };
        entries.insert(entry, object);
    }
    let cut = page(entries, |(entry, _)| (*entry).to_owned(), token, most)
        .map_err(|_foreign| invalid("The continuation token provided is incorrect"))?;
    let count = cut.items.len();
    let (mut contents, mut prefixes) = (Vec::new(), Vec::new());
    for (entry, object) in cut.items {
        match object {
            Some(object) => {
                let owner = input.boolean("fetch-owner").unwrap_or(false);
                contents.push(shown(&spelled(entry), object, owner));
            }
            None => prefixes.push(json!({ "Prefix": spelled(entry) })),
        }
    }
    Ok(Reply::json(json!({ "ListBucketResult": {
        "Name": input.text("Bucket"),
        "Prefix": spelled(prefix),
        "Delimiter": input.text("delimiter").map(spelled),
        "StartAfter": input.text("start-after").map(spelled),
        "EncodingType": input.text("encoding-type"),
        "ContinuationToken": token,
        "NextContinuationToken": cut.next,
        "KeyCount": count,
        "MaxKeys": most,
        "IsTruncated": cut.next.is_some(),
        "Contents": contents,
        "CommonPrefixes": prefixes,
    }})))
}

fn shown(key: &str, object: &Object, with_owner: bool) -> Value {
    let algorithm = object.checksum.0.strip_prefix(checksums::PREFIX).unwrap_or_default();
    json!({
        "Key": key,
        "LastModified": iso(object.modified_ms),
        "ETag": format!("\"{}\"", object.etag),
        "ChecksumAlgorithm": algorithm.to_uppercase(),
        "ChecksumType": "FULL_OBJECT",
        "Size": object.size,
        "StorageClass": "STANDARD",
        "Owner": with_owner.then(|| json!({ "ID": OWNER })),
    })
}
