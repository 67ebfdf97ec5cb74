//! Which operation on which bucket and object a request is.
//!
//! The bucket is in the host (`{bucket}.s3.{region}.amazonaws.com`, `{bucket}.s3.localhost`, or
//! `{bucket}.localhost`, which the SDKs make of an endpoint at `localhost`) or else the first
//! segment of the path. A query parameter that an operation does not know is another operation or
//! another meaning, so that nothing is answered that was not asked.

use serde_json::{Map, Value};

use crate::wire::{Wire, decode};

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Account,
    Bucket,
    Object,
}

struct Operation {
    name: &'static str,
    method: &'static str,
    level: Level,
    /// The query parameter that tells it from others of the same method.
    marker: Option<&'static str>,
    /// The query parameters that it takes.
    parameters: &'static [&'static str],
}

const fn operation(name: &'static str, method: &'static str, level: Level) -> Operation {
    Operation { name, method, level, marker: None, parameters: &[] }
}

const OPERATIONS: &[Operation] = &[
    Operation {
        parameters: &["max-buckets", "continuation-token", "prefix", "bucket-region"],
        ..operation("ListBuckets", "GET", Level::Account)
    },
    operation("CreateBucket", "PUT", Level::Bucket),
    operation("HeadBucket", "HEAD", Level::Bucket),
    operation("DeleteBucket", "DELETE", Level::Bucket),
    Operation { marker: Some("location"), ..operation("GetBucketLocation", "GET", Level::Bucket) },
    Operation {
        marker: Some("list-type"),
        parameters: &[
            "prefix",
            "delimiter",
            "max-keys",
            "continuation-token",
            "start-after",
            "encoding-type",
            "fetch-owner",
        ],
        ..operation("ListObjectsV2", "GET", Level::Bucket)
    },
    operation("PutObject", "PUT", Level::Object),
    operation("GetObject", "GET", Level::Object),
    operation("HeadObject", "HEAD", Level::Object),
    operation("DeleteObject", "DELETE", Level::Object),
    Operation { marker: Some("tagging"), ..operation("GetObjectTagging", "GET", Level::Object) },
    Operation { marker: Some("tagging"), ..operation("PutObjectTagging", "PUT", Level::Object) },
];

impl Operation {
    fn takes(&self, wire: &Wire) -> bool {
        let given = |name: &str| wire.query.iter().any(|(own, _)| own == name);
        self.marker.is_none_or(given)
            && wire.query.iter().all(|(name, _)| {
                // The SDKs name the operation so; the service passes over it.
                name == "x-id"
                    || self.marker == Some(name)
                    || self.parameters.contains(&name.as_str())
            })
    }
}

/// The operation and its input: `Bucket`, `Key` and the query parameters under their names.
pub(super) fn find(wire: &Wire) -> Option<(&'static str, Value)> {
    let path = wire.path.strip_prefix('/').unwrap_or(&wire.path);
    let (bucket, key) = match bucket_of(wire.host()) {
        Some(bucket) => (bucket, path),
        None => path.split_once('/').map_or((path, ""), |(bucket, key)| (bucket, key)),
    };
    let level = match (bucket, key) {
        ("", _) => Level::Account,
        (_, "") => Level::Bucket,
        _ => Level::Object,
    };
    let operation = OPERATIONS.iter().find(|operation| {
        operation.method == wire.method.as_str()
            && operation.level == level
            && operation.takes(wire)
    })?;
    let mut input: Map<String, Value> =
        wire.query.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    input.insert("Bucket".to_owned(), Value::from(decode(bucket)));
    input.insert("Key".to_owned(), Value::from(decode(key)));
    Some((operation.name, Value::Object(input)))
}

/// The bucket that a host names.
fn bucket_of(host: &str) -> Option<&str> {
    let name = host.split(':').next().unwrap_or_default();
    if let Some(name) = name.strip_suffix(".localhost") {
        return match name.strip_suffix(".s3") {
            Some(bucket) => Some(bucket),
            None => (name != "s3").then_some(name),
        };
    }
    let name = name.strip_suffix(".amazonaws.com")?;
    match name.strip_suffix(".s3") {
        Some(bucket) => Some(bucket),
        None => name.rsplit_once(".s3.").map(|(bucket, _region)| bucket),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use serde_json::json;

    use super::*;

    fn found(method: &str, host: &str, target: &str) -> Option<(&'static str, Value)> {
        let request = Request::builder().method(method).uri(target).header("host", host);
        find(&Wire::read(request.body(Bytes::new()).unwrap()))
    }

    #[test]
    fn hosts_name_buckets() {
        for host in [
            "my.files.s3.eu-west-1.amazonaws.com",
            "my.files.s3.amazonaws.com",
            "my.files.s3.localhost:4566",
            "my.files.localhost:4566",
        ] {
            assert_eq!(bucket_of(host), Some("my.files"), "{host}");
        }
        for host in
            ["127.0.0.1:4566", "localhost:4566", "s3.localhost", "s3.us-east-1.amazonaws.com"]
        {
            assert_eq!(bucket_of(host), None, "{host}");
        }
    }

    #[test]
    fn both_styles_name_the_same() {
        let put = json!({ "x-id": "PutObject", "Bucket": "files", "Key": "a b//c" });
        assert_eq!(
            found("PUT", "127.0.0.1:1", "/files/a%20b//c?x-id=PutObject"),
            Some(("PutObject", put.clone()))
        );
        assert_eq!(
            found("PUT", "files.localhost:1", "/a%20b//c?x-id=PutObject"),
            Some(("PutObject", put))
        );
    }

    #[test]
    fn a_parameter_tells_operations_apart() {
        let name = |method, target| found(method, "localhost", target).map(|(name, _)| name);
        assert_eq!(name("GET", "/"), Some("ListBuckets"));
        assert_eq!(name("HEAD", "/files"), Some("HeadBucket"));
        assert_eq!(name("PUT", "/files/"), Some("CreateBucket"));
        assert_eq!(name("GET", "/files?location"), Some("GetBucketLocation"));
        assert_eq!(name("GET", "/files?list-type=2&prefix=a"), Some("ListObjectsV2"));
        assert_eq!(name("GET", "/files/key?tagging"), Some("GetObjectTagging"));
        for target in ["/files", "/files?versioning", "/files/key?versionId=1", "/files/key?acl"] {
            assert_eq!(name("GET", target), None, "{target}");
        }
    }
}
