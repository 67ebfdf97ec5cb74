//! A client for the services' own tests: signs nothing but names its scope, as the wire reads it.

use std::io::{Cursor, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::local::LocalAws;
use crate::options::Options;

/// A local AWS and the account's Region.
pub(crate) struct Client {
    /// The one that is asked.
    pub(crate) local: LocalAws,
}

/// A status and the members of the answer.
pub(crate) type Answered = (u16, Value);

impl Client {
    pub(crate) fn new(options: Options) -> Self {
        Self { local: LocalAws::in_memory(Options { port: Some(4566), ..options }) }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.local.handle(request).await
    }

    /// An operation of an AWS JSON service.
    pub(crate) async fn json(&self, service: &str, target: &str, input: Value) -> Answered {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("x-amz-target", target)
            .header("authorization", scope(service))
            .body(Bytes::from(input.to_string()))
            .expect("the parts are valid");
        read(&self.send(request).await)
    }

    /// An operation of a REST service; a null input sends no body.
    pub(crate) async fn rest(
        &self,
        service: &str,
        method: Method,
        path: &str,
        input: Value,
    ) -> Answered {
        let body = if input.is_null() { Bytes::new() } else { Bytes::from(input.to_string()) };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", scope(service))
            .body(body)
            .expect("the parts are valid");
        read(&self.send(request).await)
    }

    /// A call of a query service; its status.
    pub(crate) async fn form(&self, service: &str, form: String) -> u16 {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("authorization", scope(service))
            .body(Bytes::from(form))
            .expect("the parts are valid");
        self.send(request).await.status().as_u16()
    }

    /// Makes a role that trusts Lambda; its ARN.
    pub(crate) async fn function_role(&self, name: &str) -> String {
        const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let form = format!(
            "Action=CreateRole&Version=2010-05-08&RoleName={name}&AssumeRolePolicyDocument={}",
            percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC)
        );
        assert_eq!(self.form("iam", form).await, 200);
        format!("arn:aws:iam::{}:role/{name}", crate::ACCOUNT_ID)
    }
}

fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=00"
    )
}

/// A refusal's code is put beside its members, as `code`.
fn read(response: &Response<Bytes>) -> Answered {
    let mut members: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    if let Some(code) = response.headers().get("x-amzn-errortype") {
        let code = code.to_str().unwrap_or_default();
        if !members.is_object() {
            members = Value::Object(serde_json::Map::new());
        }
        members["code"] = Value::from(code);
    }
    (response.status().as_u16(), members)
}

/// A zip of one executable file, in base64.
pub(crate) fn zipped(name: &str, content: &str) -> String {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o755))
        .expect("memory takes it");
    zip.write_all(content.as_bytes()).expect("memory takes it");
    BASE64_STANDARD.encode(zip.finish().expect("memory takes it").into_inner())
}

/// A custom runtime: it answers every event with it, its process and its handler, and hangs on
/// the event `"hang"`.
pub(crate) fn echo() -> String {
    zipped("bootstrap", ECHO)
}

const ECHO: &str = r#"#!/usr/bin/env python3
import json, os, time, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with opener.open(api + "next") as event:
        id, given = event.headers["Lambda-Runtime-Aws-Request-Id"], json.load(event)
    print("saw " + id, flush=True)
    if given == "hang":
        time.sleep(60)
    answer = {"event": given, "pid": os.getpid(), "handler": os.environ["_HANDLER"]}
    opener.open(api + id + "/response", json.dumps(answer).encode()).read()
"#;
