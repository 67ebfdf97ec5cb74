//! What the local S3 remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::service::{Call, Fault};
use crate::state::Account;

/// All buckets.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Blobs that an object gave up in the last call.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub released: BTreeSet<String>,
}

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    /// Where it lives.
    pub region: String,
    /// Milliseconds since the epoch.
    pub created_ms: i64,
    /// By key, in the order of their bytes.
    pub objects: BTreeMap<String, Object>,
}

/// An object.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Object {
    /// The blob that holds its bytes.
    pub blob: String,
    /// Its size in bytes.
    pub size: usize,
    /// The MD5 of its bytes in hexadecimal, without the quotes that it travels in.
    pub etag: String,
    /// Milliseconds since the epoch.
    pub modified_ms: i64,
    /// Headers that come back as they were sent: content type, user metadata and the like.
    pub headers: BTreeMap<String, String>,
    /// The checksum header that the object is kept with, and its value.
    pub checksum: (String, String),
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl State {
    /// An object, for services that read it for their caller; `None` when the Region has no such
    /// bucket or the bucket no such key.
    pub fn object(&self, region: &str, bucket: &str, key: &str) -> Option<&Object> {
        let bucket = self.buckets.get(bucket).filter(|bucket| bucket.region == region)?;
        bucket.objects.get(key)
    }
}

/// Whether anything in the account still names a blob. Code that was uploaded twice is one blob.
pub(super) fn is_named(account: &Account, hash: &str) -> bool {
    let objects = account.s3.buckets.values().flat_map(|bucket| bucket.objects.values());
    let functions = account.regions.values().flat_map(|region| region.lambda.functions.values());
    objects.into_iter().any(|object| object.blob == hash)
        || functions
            .flat_map(|function| function.versions.values().chain([&function.latest]))
            .any(|revision| revision.code.blob == hash)
}

/// The call's bucket.
///
/// # Errors
/// `NoSuchBucket`, or `PermanentRedirect` when it lives in another Region than the call's.
pub(super) fn bucket<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Bucket, Fault> {
    let (name, region) = (call.input.text("Bucket").unwrap_or_default(), call.region);
    let bucket = call.account.s3.buckets.get_mut(name).ok_or_else(|| {
        Fault::new(404, "NoSuchBucket", "The specified bucket does not exist")
            .with("BucketName", name)
    })?;
    if bucket.region != region {
        return Err(Fault::new(
            301,
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified \
             endpoint. Please send all future requests to this endpoint.",
        )
        .with("Endpoint", format!("{name}.s3.{}.amazonaws.com", bucket.region))
        .with("Bucket", name)
        .with("x-amz-bucket-region", bucket.region.clone()));
    }
    Ok(bucket)
}

/// The call's object.
///
/// # Errors
/// Those of [`bucket`], and `NoSuchKey`.
pub(super) fn object<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Object, Fault> {
    let key = call.input.text("Key").unwrap_or_default();
    bucket(call)?.objects.get_mut(key).ok_or_else(|| no_key(key))
}

pub(super) fn no_key(key: &str) -> Fault {
    Fault::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
}
