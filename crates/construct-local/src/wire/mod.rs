//! What travels: requests as the services see them, and the four protocols of the stack.

pub mod chunked;
pub mod form;
pub mod json;
pub mod query;
pub mod rest;
pub mod rest_xml;
pub mod xml;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request};
use percent_encoding::percent_decode_str;

/// A request, read as far as every protocol needs.
#[derive(Debug, Clone)]
pub struct Wire {
    /// The HTTP method.
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// Query parameters in their order, decoded.
    pub query: Vec<(String, String)>,
    /// The query string as sent.
    pub raw_query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// Who signed, for what; `None` when the request carries no AWS signature.
    pub scope: Option<Scope>,
}

/// The credential scope of a Signature Version 4 header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The access key id.
    pub access_key: String,
    /// The Region that was signed for.
    pub region: String,
    /// The signing name, such as `cognito-idp`.
    pub service: String,
}

impl Wire {
    /// Reads a request.
    pub fn read(request: Request<Bytes>) -> Self {
        let (mut parts, body) = request.into_parts();
        // In process there is no socket whose client would have named the host in a header.
        if let Some(authority) = parts.uri.authority()
            && !parts.headers.contains_key(HOST)
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            parts.headers.insert(HOST, host);
        }
        let raw_query = parts.uri.query().unwrap_or_default().to_owned();
        let scope = parts
            .headers
            .get(http::header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(Scope::parse);
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: form::pairs(&raw_query),
            raw_query,
            headers: parts.headers,
            body,
            scope,
        }
    }

    /// A header's text, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The host that was asked, with its port if it was given.
    pub fn host(&self) -> &str {
        self.header("host").unwrap_or_default()
    }

    /// The value of a cookie.
    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(own, value)| (own == name).then_some(value))
    }

    /// The form in the body; `None` when it is none or names something twice.
    pub(crate) fn form(&self) -> Option<form::Parameters> {
        let content_type = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let text = std::str::from_utf8(&self.body).ok().filter(|_| is_form)?;
        form::Parameters::of(&form::pairs(text))
    }

    /// `X-Amz-Target`, split into service prefix and operation.
    pub fn target(&self) -> Option<(&str, &str)> {
        self.header("x-amz-target")?.rsplit_once('.')
    }
}

impl Scope {
    /// From the value of an `Authorization` header.
    pub fn parse(authorization: &str) -> Option<Self> {
        let rest = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
        let credential =
            rest.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
        // An access key id has no slash; the scope has exactly four parts behind it.
        let parts: Vec<&str> = credential.trim().split('/').collect();
        let [access_key, _date, region, service, "aws4_request"] = parts[..] else {
            return None;
        };
        Some(Self {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

/// Undoes percent-encoding; bytes that are not UTF-8 become replacement characters.
pub fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_credential_scope() {
        let scope = Scope::parse(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/iam/aws4_request, \
             SignedHeaders=host, Signature=00",
        );
        let expected = Scope {
            access_key: "AKID".to_owned(),
            region: "eu-west-1".to_owned(),
            service: "iam".to_owned(),
        };
        assert_eq!(scope, Some(expected));
        assert_eq!(Scope::parse("Bearer abc"), None);
        assert_eq!(Scope::parse("AWS4-HMAC-SHA256 Credential=AKID/iam/aws4_request"), None);
    }
}
