//! Whose requests they are: signed with AWS credentials (Signature Version 4), with a bearer token, or nobody's.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request};
use secrecy::{ExposeSecret, SecretString};

use super::keys::Keys;

/// The token to send, asked for before each request, or why there is none.
pub type Token = Box<dyn Fn() -> Result<SecretString, String> + Send + Sync>;

/// How a request says whose it is.
pub enum Authorization {
    /// Not at all.
    Nothing,
    /// By a token.
    Bearer(Token),
    /// By a signature.
    SigV4(Signer),
}

/// Signs for one service in one Region.
pub struct Signer {
    /// The service, such as `bedrock-agentcore`.
    pub service: String,
    /// The Region.
    pub region: String,
    /// With these credentials.
    pub keys: Keys,
}

impl Authorization {
    /// Puts it on `request`; the credentials that it was signed with, if it was.
    ///
    /// # Errors
    /// Why there is nothing to authorize it with.
    pub(crate) async fn put(
        &self,
        request: &mut Request<Bytes>,
    ) -> Result<Option<Credentials>, String> {
        match self {
            Self::Nothing => Ok(None),
            Self::Bearer(token) => {
                let bearer = SecretString::from(format!("Bearer {}", token()?.expose_secret()));
                let mut value =
                    HeaderValue::from_str(bearer.expose_secret()).map_err(|_invalid| {
                        "the token is no bearer token: it cannot be written in a header".to_owned()
                    })?;
                value.set_sensitive(true);
                request.headers_mut().insert(AUTHORIZATION, value);
                Ok(None)
            }
            Self::SigV4(signer) => {
                let now = SystemTime::now();
                let credentials = signer.keys.at(now).await?;
                signer.sign(request, &credentials, now).map_err(|error| error.to_string())?;
                Ok(Some(credentials))
            }
        }
    }

    /// Whether there are other credentials than `refused` to try with.
    pub(super) async fn has_other_than(&self, refused: &Credentials) -> bool {
        match self {
            Self::SigV4(signer) => {
                signer.keys.instead_of(refused, SystemTime::now()).await.is_some()
            }
            Self::Nothing | Self::Bearer(_) => false,
        }
    }
}

impl Signer {
    fn sign(
        &self,
        request: &mut Request<Bytes>,
        credentials: &Credentials,
        now: SystemTime,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let identity = credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()?;
        // The host, the body and AWS's own headers. What else there is may be changed on the way.
        let headers = request.headers().iter().filter_map(|(name, value)| {
            let is_aws = name.as_str().starts_with("x-amz");
            is_aws.then_some((name.as_str(), value.to_str().ok()?))
        });
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        )?;
        let (instructions, _signature) = sign(signable, &parameters.into())?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_signature_is_that_of_aws_s_own_example() {
        // "GET Vanilla" of AWS's Signature Version 4 test suite.
        let credentials = Credentials::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            None,
            None,
            "test",
        );
        let signer = Signer {
            service: "service".to_owned(),
            region: "us-east-1".to_owned(),
            keys: Keys::of_local_aws(),
        };
        let mut request =
            Request::get("https://example.amazonaws.com/").body(Bytes::new()).unwrap();
        request.headers_mut().insert("accept", HeaderValue::from_static("*/*"));
        let then = SystemTime::UNIX_EPOCH + Duration::from_mins(24_015_636);
        signer.sign(&mut request, &credentials, then).unwrap();
        assert_eq!(
            request.headers()[AUTHORIZATION],
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[tokio::test]
    async fn a_token_is_asked_for_each_time_and_must_fit_a_header() {
        let text = |text: &'static str| Authorization::Bearer(Box::new(move || Ok(text.into())));
        let mut request = Request::post("https://a.example/").body(Bytes::new()).unwrap();
        text("a.b.c").put(&mut request).await.unwrap();
        assert_eq!(request.headers()[AUTHORIZATION], "Bearer a.b.c");
        assert!(text("a\nb").put(&mut request).await.unwrap_err().contains("no bearer token"));
    }
}
