//! S3: buckets, and whole objects in them with their tags. No versions, no multipart uploads, no
//! access control: a bucket is its owner's, and the account has one.
//!
//! Names of buckets are global, so the state is the account's. A bucket lives in one Region and is
//! answered there only, as the regional endpoints do.

mod address;
mod buckets;
mod checksums;
mod conditions;
mod listing;
mod objects;
mod payload;
mod state;
mod tags;
#[cfg(test)]
mod tests;

pub use buckets::{has_bucket, make_bucket};
pub use state::{Bucket, Object, State};

use crate::service::{Call, Fault, Protocol, Reply, Service};

/// S3.
#[derive(Debug, Clone, Copy)]
pub struct S3;

impl Service for S3 {
    fn signing_name(&self) -> &'static str {
        "s3"
    }

    fn protocol(&self) -> Protocol {
        Protocol::RestXml {
            find: address::find,
            namespace: "http://s3.amazonaws.com/doc/2006-03-01/",
        }
    }

    /// Bytes go once the document on disk names them no longer.
    fn settle(&self, call: &mut Call<'_>) {
        for hash in std::mem::take(&mut call.account.s3.released) {
            if !state::is_named(call.account, &hash) {
                call.blobs.remove(&hash);
            }
        }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        if let Some(owner) = call.wire.header("x-amz-expected-bucket-owner")
            && owner != crate::ACCOUNT_ID
        {
            return Err(Fault::new(403, "AccessDenied", "Access Denied"));
        }
        match call.operation {
            "ListBuckets" => buckets::list(call),
            "CreateBucket" => buckets::create(call),
            "HeadBucket" => buckets::head(call),
            "GetBucketLocation" => buckets::location(call),
            "DeleteBucket" => buckets::delete(call),
            "ListObjectsV2" => listing::list(call),
            "PutObject" => objects::put(call),
            "GetObject" | "HeadObject" => objects::get(call),
            "DeleteObject" => objects::delete(call),
            "GetObjectTagging" => tags::get(call),
            "PutObjectTagging" => tags::put(call),
            _ => Err(call.not_implemented()),
        }
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("InvalidArgument", message)
}

fn malformed() -> Fault {
    Fault::client(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published \
         schema",
    )
}

/// Refuses headers that ask for what the local AWS lacks: what is passed over is not done.
fn refuse_headers(call: &Call<'_>, prefixes: &[&str]) -> Result<(), Fault> {
    let lacking = call
        .wire
        .headers
        .keys()
        .find(|name| prefixes.iter().any(|prefix| name.as_str().starts_with(prefix)));
    lacking.map_or(Ok(()), |name| {
        Err(Fault::new(
            501,
            "NotImplemented",
            format!("the local AWS does not implement the header {name} of {}", call.operation),
        ))
    })
}
