//! Requests and answers, from and to the events of payload format 2.0, which HTTP APIs and Function URLs share.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

mod answer;
mod form;
mod uri;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

pub use answer::{Answer, Body};
pub use form::{Parameters, encode, with_query};
pub use uri::origin;

/// One request, as the front door handed it over.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path without its query, still percent-encoded.
    pub path: String,
    /// The query without its question mark; empty when there is none.
    pub query: String,
    /// Headers but for cookies. Values of one name arrive joined by commas.
    pub headers: HeaderMap,
    /// Name and value of each cookie, as sent.
    pub cookies: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// The front door's own name of this request.
    pub id: String,
}

impl Request {
    /// Reads an event. `None` where it is no HTTP request of this format: no method, a body that is not what it says, or
    /// a header that HTTP does not allow.
    pub fn of_event(event: &Value) -> Option<Self> {
        let context = event.get("requestContext")?;
        let method = context.pointer("/http/method")?.as_str()?;
        let body = event.get("body").and_then(Value::as_str).unwrap_or_default();
        let is_encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false);
        let mut headers = HeaderMap::new();
        for (name, value) in event.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            headers.append(name, HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok()?);
        }
        let cookies = event.get("cookies").and_then(Value::as_array).into_iter().flatten();
        let id = context.get("requestId").and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            method: Method::from_bytes(method.as_bytes()).ok()?,
            path: event.get("rawPath").and_then(Value::as_str).unwrap_or("/").to_owned(),
            query: event.get("rawQueryString").and_then(Value::as_str).unwrap_or("").to_owned(),
            headers,
            cookies: cookies
                .filter_map(|cookie| cookie.as_str()?.split_once('='))
                .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
                .collect(),
            body: if is_encoded {
                BASE64_STANDARD.decode(body).ok()?
            } else {
                body.as_bytes().to_vec()
            },
            id: id.to_owned(),
        })
    }

    /// A header's value, where it is readable text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// A cookie's value; none where two of that name were sent, as nobody can tell which is meant.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut values = self.cookies.iter().filter(|(own, _)| own == name);
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value.as_str())
    }

    /// Whether the body says that it is a form.
    pub fn is_form(&self) -> bool {
        self.media_type() == "application/x-www-form-urlencoded"
    }

    /// The content type without its parameters, in lower case.
    pub fn media_type(&self) -> String {
        let content_type = self.header("content-type").unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_becomes_a_request() {
        let request = Request::of_event(&json!({
            "rawPath": "/token",
            "rawQueryString": "a=b",
            "headers": { "Content-Type": "Application/X-WWW-form-urlencoded; charset=utf-8" },
            "cookies": ["one=1", "two=a=b", "one=2"],
            "requestContext": { "requestId": "r-1", "http": { "method": "POST" } },
            "body": "YT1i",
            "isBase64Encoded": true,
        }))
        .unwrap();
        assert_eq!(
            (request.method.as_str(), &*request.path, &*request.query),
            ("POST", "/token", "a=b")
        );
        assert_eq!((&*request.body, &*request.id), (&b"a=b"[..], "r-1"));
        assert!(request.is_form());
        assert_eq!(request.cookie("two"), Some("a=b"));
        assert_eq!(request.cookie("one"), None, "sent twice");
    }

    #[test]
    fn what_is_no_request_is_not_taken_for_one() {
        let event = |headers: Value, body: &str| {
            json!({
                "headers": headers,
                "requestContext": { "http": { "method": "GET" } },
                "body": body,
                "isBase64Encoded": true,
            })
        };
        assert!(Request::of_event(&json!({ "Records": [] })).is_none());
        assert!(Request::of_event(&event(json!({}), "not base64!")).is_none());
        assert!(Request::of_event(&event(json!({ "x": "a\r\nset-cookie: b" }), "")).is_none());
        assert!(Request::of_event(&event(json!({ "x": "fine" }), "")).is_some());
    }
}
