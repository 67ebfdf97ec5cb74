//! What goes back to the caller.

use std::fmt;
use std::io::Read;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

/// An answer's body.
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// What is still to come; only where the front door streams.
    Stream(Box<dyn Read + Send>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::Stream(_) => f.write_str("a stream"),
        }
    }
}

/// One answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Headers but for cookies.
    pub headers: HeaderMap,
    /// Whole `Set-Cookie` values.
    pub cookies: Vec<String>,
    /// The body.
    pub body: Body,
}

impl Answer {
    /// A body of the given type.
    pub fn new(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status, headers, cookies: Vec::new(), body: Body::Whole(body) }
    }

    /// A JSON document.
    pub fn json(status: StatusCode, document: &Value) -> Self {
        Self::new(status, "application/json", document.to_string().into_bytes())
    }

    /// Nothing but a status.
    pub fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            cookies: Vec::new(),
            body: Body::Whole(Vec::new()),
        }
    }

    /// Another address, to be read with GET.
    pub fn see_other(location: &str) -> Self {
        Self::empty(StatusCode::SEE_OTHER).with(http::header::LOCATION, location)
    }

    /// The same with a header. A value that HTTP does not allow is left out: it is made of checked parts.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same with a cookie.
    #[must_use]
    pub fn with_cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// Status, headers and cookies, without the body: the prelude of a streamed answer.
    pub fn head(&self) -> Map<String, Value> {
        let mut headers = Map::new();
        for name in self.headers.keys() {
            let values: Vec<_> = self
                .headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            headers.insert(name.as_str().to_owned(), json!(values.join(", ")));
        }
        let mut head = Map::new();
        head.insert("statusCode".to_owned(), json!(self.status.as_u16()));
        head.insert("headers".to_owned(), Value::Object(headers));
        if !self.cookies.is_empty() {
            head.insert("cookies".to_owned(), json!(self.cookies));
        }
        head
    }

    /// The answer as a buffered front door takes it. What is text goes as text, anything else in base64.
    ///
    /// # Errors
    /// A stream that breaks off.
    pub fn into_event(self) -> std::io::Result<Value> {
        let mut head = self.head();
        let bytes = match self.body {
            Body::Whole(bytes) => bytes,
            Body::Stream(mut stream) => {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes)?;
                bytes
            }
        };
        let (body, is_encoded) = match String::from_utf8(bytes) {
            Ok(text) => (text, false),
            Err(error) => (BASE64_STANDARD.encode(error.as_bytes()), true),
        };
        head.insert("body".to_owned(), json!(body));
        head.insert("isBase64Encoded".to_owned(), json!(is_encoded));
        Ok(Value::Object(head))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_as_text_and_bytes_in_base64() {
        let answer = Answer::json(StatusCode::OK, &json!({ "a": 1 })).with_cookie("b=c".to_owned());
        let event = answer.into_event().unwrap();
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("{\"a\":1}"), &json!(false))
        );
        assert_eq!((&event["statusCode"], &event["cookies"]), (&json!(200), &json!(["b=c"])));
        assert_eq!(event["headers"]["content-type"], "application/json");
        let bytes = Answer::new(StatusCode::OK, "image/png", vec![0xff, 0]).into_event().unwrap();
        assert_eq!((&bytes["body"], &bytes["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
    }

    #[test]
    fn a_header_with_a_line_break_is_not_sent() {
        let answer = Answer::see_other("https://a/\r\nset-cookie: b=c");
        assert!(answer.headers.get(http::header::LOCATION).is_none());
    }
}
