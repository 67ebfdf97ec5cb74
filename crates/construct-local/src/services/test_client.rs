//! A client for the services' own tests: signs nothing but names its scope, as the wire reads it.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;

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

    /// Makes a role that trusts Lambda; its ARN.
    pub(crate) async fn function_role(&self, name: &str) -> String {
        const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
            "Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
        let form = format!(
            "Action=CreateRole&Version=2010-05-08&RoleName={name}&AssumeRolePolicyDocument={}",
            percent_encoding::utf8_percent_encode(TRUST, percent_encoding::NON_ALPHANUMERIC)
        );
        let request = Request::builder()
            .method(Method::POST)
            .uri("/")
            .header("authorization", scope("iam"))
            .body(Bytes::from(form))
            .expect("the parts are valid");
        assert_eq!(self.send(request).await.status(), 200);
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
