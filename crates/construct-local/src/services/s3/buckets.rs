//! Buckets.

use serde_json::{Value, json};

use super::state::{Bucket, bucket};
use super::{invalid, malformed, refuse_headers};
use crate::page::page;
use crate::service::{Call, Fault, Reply};
use crate::state::Account;
use crate::time::iso;
use crate::validate::matches;
use crate::wire::xml;

/// The Region that a bucket is in when its location is empty.
const CLASSIC: &str = "us-east-1";
/// The canonical user id of the account.
pub(super) const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
/// Settings of a new bucket that the local AWS lacks.
const LACKING: [&str; 3] = ["x-amz-acl", "x-amz-grant-", "x-amz-bucket-object-lock-enabled"];

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    refuse_headers(call, &LACKING)?;
    let name = call.input.text("Bucket").unwrap_or_default();
    check_location(call)?;
    match has_bucket(call.account, call.region, name) {
        // The service's oldest Region answers so still.
        Ok(true) if call.region == CLASSIC => {}
        Ok(false) => make_bucket(call.account, call.region, name, call.now)?,
        Ok(true) => return Err(already_owned(name)),
        Err(refused) => return Err(refused),
    }
    let location = if call.region == CLASSIC {
        format!("/{name}")
    } else {
        format!("http://{name}.s3.amazonaws.com/")
    };
    let headers =
        vec![("location".to_owned(), location), ("x-amz-bucket-arn".to_owned(), arn(name))];
    Ok(Reply { headers, ..Reply::empty(200) })
}

pub(super) fn head(call: &mut Call<'_>) -> Result<Reply, Fault> {
    bucket(call)?;
    let name = call.input.text("Bucket").unwrap_or_default();
    let headers = vec![
        ("x-amz-bucket-region".to_owned(), call.region.to_owned()),
        ("x-amz-bucket-arn".to_owned(), arn(name)),
        ("x-amz-access-point-alias".to_owned(), "false".to_owned()),
    ];
    Ok(Reply { headers, ..Reply::empty(200) })
}

pub(super) fn location(call: &mut Call<'_>) -> Result<Reply, Fault> {
    bucket(call)?;
    let region = if call.region == CLASSIC { "" } else { call.region };
    Ok(Reply::json(json!({ "LocationConstraint": region })))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let name = call.input.text("Bucket").unwrap_or_default();
    if !bucket(call)?.objects.is_empty() {
        return Err(Fault::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        )
        .with("BucketName", name));
    }
    call.account.s3.buckets.remove(name);
    Ok(Reply::empty(204))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let most = match call.input.get("max-buckets") {
        None => 10_000,
        Some(_) => call
            .input
            .integer("max-buckets")
            .and_then(|most| usize::try_from(most).ok())
            .filter(|most| (1..=10_000).contains(most))
            .ok_or_else(|| invalid("Argument max-buckets must be between 1 and 10000"))?,
    };
    let prefix = call.input.text("prefix").unwrap_or_default();
    let region = call.input.text("bucket-region");
    let buckets: Vec<(&String, &Bucket)> = call
        .account
        .s3
        .buckets
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
        .filter(|(_, bucket)| region.is_none_or(|region| bucket.region == region))
        .collect();
    let token = call.input.text("continuation-token");
    let cut = page(buckets, |(name, _)| (*name).clone(), token, most)
        .map_err(|_foreign| invalid("The continuation token provided is incorrect"))?;
    let shown: Vec<Value> = cut
        .items
        .into_iter()
        .map(|(name, bucket)| {
            json!({
                "Name": name,
                "CreationDate": iso(bucket.created_ms),
                "BucketRegion": bucket.region,
                "BucketArn": arn(name),
            })
        })
        .collect();
    Ok(Reply::json(json!({ "ListAllMyBucketsResult": {
        "Owner": { "ID": OWNER },
        "Buckets": { "Bucket": shown },
        "ContinuationToken": cut.next,
        "Prefix": call.input.text("prefix"),
    }})))
}

/// Whether the account has a bucket of this name in this Region.
///
/// # Errors
/// `BucketAlreadyOwnedByYou` when it is in another Region.
pub fn has_bucket(account: &Account, region: &str, name: &str) -> Result<bool, Fault> {
    match account.s3.buckets.get(name) {
        None => Ok(false),
        Some(bucket) if bucket.region == region => Ok(true),
        Some(_) => Err(already_owned(name)),
    }
}

/// Makes a bucket that the account does not have.
///
/// # Errors
/// `InvalidBucketName`.
pub fn make_bucket(account: &mut Account, region: &str, name: &str, now: i64) -> Result<(), Fault> {
    if !is_bucket_name(name) {
        return Err(Fault::client("InvalidBucketName", "The specified bucket is not valid.")
            .with("BucketName", name));
    }
    let bucket = Bucket {
        region: region.to_owned(),
        created_ms: now,
        objects: std::collections::BTreeMap::new(),
    };
    account.s3.buckets.insert(name.to_owned(), bucket);
    Ok(())
}

fn already_owned(name: &str) -> Fault {
    Fault::new(
        409,
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
    )
    .with("BucketName", name)
}

/// The rules for general purpose buckets in the S3 user guide.
fn is_bucket_name(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    matches(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name)
        && !name.contains("..")
        && !matches(r"\d+\.\d+\.\d+\.\d+", name)
        && !PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        && !SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// A Region's endpoint makes buckets of that Region only, and all but the oldest want it said.
fn check_location(call: &Call<'_>) -> Result<(), Fault> {
    let body = std::str::from_utf8(&call.wire.body).map_err(|_not_text| malformed())?;
    let configuration = match body {
        "" => xml::Element::default(),
        body => xml::read(body).ok_or_else(malformed)?,
    };
    if configuration.children.iter().any(|member| member.name != "LocationConstraint") {
        return Err(Fault::new(
            501,
            "NotImplemented",
            "the local AWS takes no member of CreateBucketConfiguration but LocationConstraint",
        ));
    }
    let location = configuration.child("LocationConstraint").map(|member| member.text.as_str());
    match location.filter(|location| !location.is_empty()) {
        Some(CLASSIC) => Err(Fault::client(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
        )),
        Some(location) if location == call.region => Ok(()),
        None if call.region == CLASSIC => Ok(()),
        other => Err(Fault::client(
            "IllegalLocationConstraintException",
            format!(
                "The {} location constraint is incompatible for the region specific endpoint this \
                 request was sent to.",
                other.unwrap_or("unspecified")
            ),
        )),
    }
}

fn arn(name: &str) -> String {
    format!("arn:{}:s3:::{name}", crate::PARTITION)
}

#[cfg(test)]
mod tests {
    use super::is_bucket_name;

    #[test]
    fn names_follow_the_rules() {
        for name in ["abc", "my.files-1", "0a0", &"a".repeat(63)] {
            assert!(is_bucket_name(name), "{name}");
        }
        for name in [
            "ab",
            "Abc",
            "a_b",
            "-abc",
            "abc.",
            "a..b",
            "192.168.5.4",
            "xn--abc",
            "abc-s3alias",
            &"a".repeat(64),
        ] {
            assert!(!is_bucket_name(name), "{name}");
        }
    }
}
