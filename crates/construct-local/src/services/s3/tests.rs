//! S3 as its callers meet it.

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::local::LocalAws;
use crate::options::Options;
use crate::services::test_client::zipped;
use crate::wire::xml;

struct Bench {
    local: LocalAws,
    region: &'static str,
}

impl Bench {
    fn new() -> Self {
        Self { local: LocalAws::in_memory(Options::instant()), region: "eu-west-1" }
    }

    fn with_bucket() -> Self {
        let bench = Self::new();
        assert_eq!(bench.local.ensure_bucket("eu-west-1", "files"), Ok(true));
        bench
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response<Bytes> {
        let mut request = Request::builder().method(method).uri(target).header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential=test/20260101/{}/s3/aws4_request, \
                 SignedHeaders=host, Signature=00",
                self.region
            ),
        );
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::copy_from_slice(body)).unwrap();
        self.local.handle(request).await
    }

    async fn get(&self, target: &str) -> Response<Bytes> {
        self.send(Method::GET, target, &[], b"").await
    }

    async fn put(&self, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Response<Bytes> {
        self.send(Method::PUT, target, headers, body).await
    }
}

fn header<'a>(response: &'a Response<Bytes>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Status and error code.
fn refusal(response: &Response<Bytes>) -> (u16, String) {
    let read = xml::read(std::str::from_utf8(response.body()).unwrap()).unwrap_or_default();
    let code = read.child("Code").map(|code| code.text.clone()).unwrap_or_default();
    (response.status().as_u16(), code)
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let bench = Bench::with_bucket();
    let headers = [
        ("content-type", "application/json"),
        ("x-amz-meta-origin", "test"),
        ("x-amz-tagging", "construct%3Astack=acme&b="),
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
    ];
    let put = bench.put("/files/a/b.json", &headers, b"123456789").await;
    assert_eq!(put.status(), 200);
    assert_eq!(header(&put, "etag"), "\"25f9e794323b453885f5181f1b624d0b\"");
    assert_eq!(header(&put, "x-amz-checksum-crc32"), "y/Q5Jg==");

    let mode = [("x-amz-checksum-mode", "ENABLED")];
    for method in [Method::GET, Method::HEAD] {
        let got = bench.send(method.clone(), "/files/a/b.json", &mode, b"").await;
        assert_eq!(got.status(), 200);
        assert_eq!(
            got.body().as_ref(),
            if method == Method::GET { b"123456789" } else { &b""[..] }
        );
        for (name, value) in [
            ("content-length", "9"),
            ("content-type", "application/json"),
            ("x-amz-meta-origin", "test"),
            ("x-amz-tagging-count", "2"),
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ] {
            assert_eq!(header(&got, name), value, "{name}");
        }
    }
    let part = bench.send(Method::GET, "/files/a/b.json", &[("range", "bytes=2-4")], b"").await;
    assert_eq!((part.status().as_u16(), part.body().as_ref()), (206, &b"345"[..]));
    assert_eq!(header(&part, "content-range"), "bytes 2-4/9");

    for _ in 0..2 {
        let gone = bench.send(Method::DELETE, "/files/a/b.json", &[], b"").await;
        assert_eq!(gone.status(), 204);
    }
    assert_eq!(refusal(&bench.get("/files/a/b.json").await), refused(404, "NoSuchKey"));
    let head = bench.send(Method::HEAD, "/files/a/b.json", &[], b"").await;
    assert_eq!((head.status().as_u16(), head.body().len()), (404, 0));
}

#[tokio::test]
async fn chunks_with_a_trailer_are_an_object() {
    let bench = Bench::with_bucket();
    let headers = [
        ("content-encoding", "aws-chunked"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
    ];
    let body = |checksum: &str| {
        format!("9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:{checksum}\r\n\r\n").into_bytes()
    };
    assert_eq!(bench.put("/files/key", &headers, &body("y/Q5Jg==")).await.status(), 200);
    let got = bench.get("/files/key").await;
    assert_eq!(got.body().as_ref(), b"123456789");
    assert_eq!(header(&got, "content-encoding"), "");

    let wrong = bench.put("/files/other", &headers, &body("AAAAAA==")).await;
    assert_eq!(refusal(&wrong), refused(400, "BadDigest"));
    let cut = bench.put("/files/other", &headers, b"9\r\n1234").await;
    assert_eq!(refusal(&cut), refused(400, "IncompleteBody"));
    let bare = bench.put("/files/other", &headers, b"9\r\n123456789\r\n0\r\n\r\n").await;
    assert_eq!(refusal(&bare), refused(400, "MalformedTrailerError"));
    assert_eq!(bench.get("/files/other").await.status(), 404);
}

#[tokio::test]
async fn bytes_that_are_not_what_they_claim_are_refused() {
    let bench = Bench::with_bucket();
    for (name, value, code) in [
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==", "BadDigest"),
        ("content-md5", "short", "InvalidDigest"),
        ("x-amz-checksum-sha256", "AAAA", "BadDigest"),
        ("x-amz-content-sha256", &"0".repeat(64), "XAmzContentSHA256Mismatch"),
        ("x-amz-tagging", "a=1&a=2", "InvalidArgument"),
        ("x-amz-tagging", "aws%3Ax=1", "InvalidTag"),
    ] {
        let answer = bench.put("/files/key", &[(name, value)], b"abc").await;
        assert_eq!(refusal(&answer), refused(400, code), "{name}: {value}");
    }
    let answer = bench.put("/files/key", &[("x-amz-storage-class", "GLACIER")], b"abc").await;
    assert_eq!(refusal(&answer), refused(501, "NotImplemented"));
    assert_eq!(bench.get("/files/key").await.status(), 404);
}

#[tokio::test]
async fn conditions_hold_before_a_write() {
    let bench = Bench::with_bucket();
    let new = [("if-none-match", "*")];
    let put = bench.put("/files/key", &new, b"1").await;
    assert_eq!(put.status(), 200);
    let again = bench.put("/files/key", &new, b"2").await;
    assert_eq!(refusal(&again), refused(412, "PreconditionFailed"));
    let tag = header(&put, "etag");
    assert_eq!(bench.put("/files/key", &[("if-match", tag)], b"3").await.status(), 200);
    let stale = bench.put("/files/key", &[("if-match", tag)], b"4").await;
    assert_eq!(refusal(&stale), refused(412, "PreconditionFailed"));
    let missing = bench.put("/files/none", &[("if-match", tag)], b"4").await;
    assert_eq!(refusal(&missing), refused(404, "NoSuchKey"));
    assert_eq!(bench.get("/files/key").await.body().as_ref(), b"3");
}

#[tokio::test]
async fn tags_are_replaced_as_a_whole() {
    let bench = Bench::with_bucket();
    bench.put("/files/key", &[("x-amz-tagging", "a=1")], b"x").await;
    let document = b"<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet><Tag>\
        <Key>b</Key><Value>2 &amp; 3</Value></Tag></TagSet></Tagging>";
    let bare = bench.put("/files/key?tagging", &[], document).await;
    assert_eq!(refusal(&bare), refused(400, "InvalidRequest"));
    let letters = [("x-amz-checksum-crc32", "")];
    let wrong = bench.put("/files/key?tagging", &letters, document).await;
    assert_eq!(refusal(&wrong), refused(400, "BadDigest"));
    let document =
        b"<Tagging><TagSet><Tag><Key>b</Key><Value>2 + 3</Value></Tag></TagSet></Tagging>";
    let md5 = {
        use base64::Engine as _;
        use md5::{Digest as _, Md5};
        base64::prelude::BASE64_STANDARD.encode(Md5::digest(document))
    };
    let put = bench.put("/files/key?tagging", &[("content-md5", &md5)], document).await;
    assert_eq!(put.status(), 200);
    let got = bench.get("/files/key?tagging").await;
    let text = String::from_utf8_lossy(got.body()).into_owned();
    assert!(text.contains("<Tag><Key>b</Key><Value>2 + 3</Value></Tag>"), "{text}");
    assert!(!text.contains("<Key>a</Key>"), "{text}");
}

#[tokio::test]
async fn a_listing_covers_every_key_once() {
    let bench = Bench::with_bucket();
    for key in ["a/1", "a/2", "b", "c/x%20y", "d"] {
        bench.put(&format!("/files/{key}"), &[], b"x").await;
    }
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let target = format!("/files?list-type=2&max-keys=2&encoding-type=url{token}");
        let answer = bench.get(&target).await;
        let read = xml::read(std::str::from_utf8(answer.body()).unwrap()).unwrap();
        let keys = read.children.iter().filter(|child| child.name == "Contents");
        seen.extend(keys.map(|item| item.child("Key").unwrap().text.clone()));
        match read.child("NextContinuationToken") {
            Some(next) => token = format!("&continuation-token={}", next.text),
            None => break,
        }
    }
    assert_eq!(seen, ["a/1", "a/2", "b", "c/x%20y", "d"]);

    let grouped = bench.get("/files?list-type=2&delimiter=/&start-after=a/1").await;
    let read = xml::read(std::str::from_utf8(grouped.body()).unwrap()).unwrap();
    let groups = read.children.iter().filter(|child| child.name == "CommonPrefixes");
    let groups: Vec<&str> =
        groups.map(|group| group.child("Prefix").unwrap().text.as_str()).collect();
    assert_eq!(groups, ["a/", "c/"]);
    assert_eq!(read.child("KeyCount").unwrap().text, "4");
    let foreign = bench.get("/files?list-type=2&continuation-token=x").await;
    assert_eq!(refusal(&foreign), refused(400, "InvalidArgument"));
}

#[tokio::test]
async fn a_bucket_is_of_one_region() {
    let mut bench = Bench::new();
    let here = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>\
        </CreateBucketConfiguration>";
    let illegal = refused(400, "IllegalLocationConstraintException");
    assert_eq!(refusal(&bench.put("/files", &[], b"").await), illegal);
    assert_eq!(bench.put("/files", &[], here).await.status(), 200);
    let again = refused(409, "BucketAlreadyOwnedByYou");
    assert_eq!(refusal(&bench.put("/files", &[], here).await), again);
    assert_eq!(refusal(&bench.put("/Files", &[], here).await), refused(400, "InvalidBucketName"));
    let head = bench.send(Method::HEAD, "/files", &[], b"").await;
    assert_eq!((head.status().as_u16(), header(&head, "x-amz-bucket-region")), (200, "eu-west-1"));
    let location = bench.get("/files?location").await;
    assert!(String::from_utf8_lossy(location.body()).contains(">eu-west-1</LocationConstraint>"));

    bench.region = "us-east-1";
    assert_eq!(refusal(&bench.put("/files", &[], here).await), illegal);
    assert_eq!(refusal(&bench.put("/files", &[], b"").await), again);
    assert_eq!(refusal(&bench.get("/files?location").await), refused(301, "PermanentRedirect"));
    let head = bench.send(Method::HEAD, "/files", &[], b"").await;
    assert_eq!((head.status().as_u16(), header(&head, "x-amz-bucket-region")), (301, "eu-west-1"));
    // The oldest Region has no such refusal.
    for _ in 0..2 {
        assert_eq!(bench.put("/older", &[], b"").await.status(), 200);
    }
    let all = bench.get("/").await;
    let text = String::from_utf8_lossy(all.body()).into_owned();
    assert!(text.contains("<Name>files</Name>") && text.contains("<Name>older</Name>"), "{text}");
}

#[tokio::test]
async fn only_an_empty_bucket_goes() {
    let bench = Bench::with_bucket();
    bench.put("/files/key", &[], b"x").await;
    let full = bench.send(Method::DELETE, "/files", &[], b"").await;
    assert_eq!(refusal(&full), refused(409, "BucketNotEmpty"));
    bench.send(Method::DELETE, "/files/key", &[], b"").await;
    assert_eq!(bench.send(Method::DELETE, "/files", &[], b"").await.status(), 204);
    for answer in [bench.get("/files?list-type=2").await, bench.put("/files/key", &[], b"x").await]
    {
        assert_eq!(refusal(&answer), refused(404, "NoSuchBucket"));
    }
    let missing = bench.send(Method::HEAD, "/files", &[], b"").await;
    assert_eq!((missing.status().as_u16(), missing.body().len()), (404, 0));
}

#[tokio::test]
async fn what_is_not_there_to_answer_is_named() {
    let bench = Bench::with_bucket();
    for target in ["/files?versioning", "/files/key?versionId=1", "/files"] {
        assert_eq!(refusal(&bench.get(target).await), refused(501, "NotImplemented"), "{target}");
    }
    let owner = [("x-amz-expected-bucket-owner", "999999999999")];
    let denied = bench.send(Method::GET, "/files?location", &owner, b"").await;
    assert_eq!(refusal(&denied), refused(403, "AccessDenied"));
}

#[tokio::test]
async fn a_bucket_is_made_once_where_it_is_asked_for() {
    let local = LocalAws::in_memory(Options::instant());
    assert_eq!(local.ensure_bucket("eu-west-1", "files"), Ok(true));
    assert_eq!(local.ensure_bucket("eu-west-1", "files"), Ok(false));
    let elsewhere = local.ensure_bucket("us-east-1", "files").unwrap_err();
    assert_eq!(elsewhere.code, "BucketAlreadyOwnedByYou");
    assert_eq!(local.ensure_bucket("us-east-1", "No").unwrap_err().code, "InvalidBucketName");
}

#[tokio::test]
async fn bytes_live_as_long_as_something_names_them() {
    let place = tempfile::tempdir().unwrap();
    let opened = LocalAws::open(place.path(), Options::instant()).unwrap();
    let crate::local::Opened::Owner(local) = opened else { unreachable!("nobody else is here") };
    local.ensure_bucket("eu-west-1", "files").unwrap();
    let bench = Bench { local, region: "eu-west-1" };
    let blobs = || std::fs::read_dir(place.path().join("blobs")).unwrap().count();
    let zip = zipped("bootstrap", "x");
    bench.put("/files/one", &[], zip.as_bytes()).await;
    bench.put("/files/two", &[], zip.as_bytes()).await;
    assert_eq!(blobs(), 1);
    bench.send(Method::DELETE, "/files/one", &[], b"").await;
    assert_eq!(bench.get("/files/two").await.body().as_ref(), zip.as_bytes());
    bench.put("/files/two", &[], b"other").await;
    assert_eq!(bench.get("/files/two").await.body().as_ref(), b"other");
    assert_eq!(blobs(), 1);
}
