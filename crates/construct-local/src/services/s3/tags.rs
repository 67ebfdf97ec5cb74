//! Objects' tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::state::object;
use super::{invalid, malformed, payload};
use crate::service::{Call, Fault, Reply};
use crate::validate::matches;
use crate::wire::{form, xml};

type Tags = BTreeMap<String, String>;

const MOST: usize = 10;
/// What a tag's key or value may be made of.
const LETTERS: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*";

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let tags: Vec<Value> = object(call)?
        .tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    Ok(Reply::json(json!({ "Tagging": { "TagSet": { "Tag": tags } } })))
}

/// Replaces all tags of an object.
pub(super) fn put(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let payload = payload::read(call.wire)?;
    if !payload.is_checked {
        return Err(Fault::client(
            "InvalidRequest",
            "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
        ));
    }
    let tags = of_document(&payload.bytes)?;
    object(call)?.tags = tags;
    Ok(Reply::empty(200))
}

/// The tags of the header `x-amz-tagging`: a query string.
pub(super) fn of_header(text: &str) -> Result<Tags, Fault> {
    let pairs = form::pairs(text);
    let count = pairs.len();
    let tags: Tags = pairs.into_iter().collect();
    if tags.len() < count {
        return Err(invalid(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query \
             parameters without tag name duplicates.",
        ));
    }
    checked(tags)
}

fn of_document(bytes: &[u8]) -> Result<Tags, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|_not_text| malformed())?;
    let root = xml::read(text).filter(|root| root.name == "Tagging").ok_or_else(malformed)?;
    let mut tags = Tags::new();
    for tag in &root.child("TagSet").ok_or_else(malformed)?.children {
        let (key, value) = tag
            .child("Key")
            .zip(tag.child("Value"))
            .filter(|_| tag.name == "Tag")
            .ok_or_else(malformed)?;
        if tags.insert(key.text.clone(), value.text.clone()).is_some() {
            return Err(Fault::client(
                "InvalidTag",
                "Cannot provide multiple Tags with the same key",
            )
            .with("TagKey", key.text.clone()));
        }
    }
    checked(tags)
}

fn checked(tags: Tags) -> Result<Tags, Fault> {
    if tags.len() > MOST {
        return Err(Fault::client("BadRequest", "Object tags cannot be greater than 10"));
    }
    for (key, value) in &tags {
        let refused = |what: &str| {
            Err(Fault::client("InvalidTag", format!("The {what} you have provided is invalid"))
                .with("TagKey", key.clone()))
        };
        if !(1..=128).contains(&key.chars().count()) || !matches(LETTERS, key) {
            return refused("TagKey");
        }
        if value.chars().count() > 256 || !matches(LETTERS, value) {
            return refused("TagValue");
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(Fault::client("InvalidTag", "Your TagKey cannot be prefixed with aws:")
                .with("TagKey", key.clone()));
        }
    }
    Ok(tags)
}
