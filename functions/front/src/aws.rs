//! Calls to AWS: JSON documents with a signature.
//!
//! Four operations of three services do not carry their weight in SDKs, so they are written out where they are used and
//! signed here, by AWS's own signing crate.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;
use serde_json::Value;

use crate::clock::Deadline;
use crate::web::{self, Trouble, Web};

/// Answers of the operations used here are far smaller.
const MOST_ANSWER: u64 = 1024 * 1024;

/// A call that AWS did not carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsError {
    /// The service's own code, such as `ConditionalCheckFailedException`.
    Service(String),
    /// No answer, or none that can be read.
    Trouble(Trouble),
}

impl AwsError {
    /// A word for the log.
    pub fn word(&self) -> &str {
        match self {
            Self::Service(code) => code,
            Self::Trouble(trouble) => trouble.word(),
        }
    }
}

/// What an operation is called on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The name that its service's requests are signed for, which is also the first label of the host.
    pub service: &'static str,
    /// The path.
    pub path: &'static str,
    /// `X-Amz-Target`, in the protocols that have it.
    pub target: Option<&'static str>,
    /// The content type.
    pub content_type: &'static str,
}

/// AWS, as the function's role.
#[derive(Debug)]
pub struct Aws {
    region: String,
    credentials: Credentials,
}

impl Aws {
    /// With the credentials that Lambda puts into the environment, which last as long as the sandbox.
    pub fn new(region: &str, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name| lookup(name).unwrap_or_default();
        let credentials = Credentials::new(
            text("AWS_ACCESS_KEY_ID"),
            text("AWS_SECRET_ACCESS_KEY"),
            lookup("AWS_SESSION_TOKEN"),
            None,
            "environment",
        );
        Self { region: region.to_owned(), credentials }
    }

    /// Carries out an operation.
    ///
    /// # Errors
    /// See [`AwsError`].
    pub fn call(
        &self,
        web: &Web,
        operation: Operation,
        input: &Value,
        deadline: Deadline,
    ) -> Result<Value, AwsError> {
        let request =
            self.signed(operation, input).ok_or(AwsError::Trouble(Trouble::Unreachable))?;
        let mut response = web.send(request, deadline).map_err(AwsError::Trouble)?;
        let header = response.headers().get("x-amzn-errortype");
        let header = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = web::read(response.body_mut(), MOST_ANSWER).map_err(AwsError::Trouble)?;
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        if response.status().is_success() {
            return Ok(document);
        }
        let code = header.or_else(|| document["__type"].as_str().map(str::to_owned));
        let code = code.unwrap_or_else(|| response.status().as_str().to_owned());
        // `namespace#Code` and `Code:address` are older forms of the same.
        let code = code.rsplit('#').next().unwrap_or_default();
        Err(AwsError::Service(code.split(':').next().unwrap_or_default().to_owned()))
    }

    fn signed(&self, operation: Operation, input: &Value) -> Option<Request<Vec<u8>>> {
        let host = format!("{}.{}.amazonaws.com", operation.service, self.region);
        let mut request = Request::post(format!("https://{host}{}", operation.path))
            .header("content-type", operation.content_type);
        if let Some(target) = operation.target {
            request = request.header("x-amz-target", target);
        }
        let mut request = request.body(input.to_string().into_bytes()).ok()?;
        let identity = self.credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(operation.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .ok()?;
        let headers =
            request.headers().iter().filter_map(|(n, v)| Some((n.as_str(), v.to_str().ok()?)));
        let uri = request.uri().to_string();
        let signable =
            SignableRequest::new("POST", uri, headers, SignableBody::Bytes(request.body())).ok()?;
        let (instructions, _signature) = sign(signable, &parameters.into()).ok()?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Some(request)
    }
}
