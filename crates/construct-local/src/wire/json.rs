//! AWS JSON 1.0 and 1.1: one path, the operation in `X-Amz-Target`.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use crate::service::{Body, Fault, Reply};

/// The body as an object; `{}` when it is empty.
///
/// # Errors
/// A `SerializationException` when the body is not a JSON object.
pub fn input(body: &[u8]) -> Result<Value, Fault> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => {
            // A member that is null is a member that is not there.
            Ok(Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()))
        }
        _ => Err(Fault::client(
            "SerializationException",
            "The request body is not a JSON object of this operation",
        )),
    }
}

/// Renders a reply or a fault. `version` is `1.0` or `1.1`.
pub fn render(result: Result<Reply, Fault>, version: &str) -> Response<Bytes> {
    let content_type = format!("application/x-amz-json-{version}");
    match result {
        Ok(reply) => {
            let mut response = super::rest::success(reply, &content_type);
            // Operations without output still answer an object.
            if response.body().is_empty() {
                *response.body_mut() = Bytes::from_static(b"{}");
            }
            response
        }
        Err(fault) => {
            let mut body = Map::new();
            body.insert("__type".to_owned(), Value::from(fault.code.clone()));
            body.insert("message".to_owned(), Value::from(fault.message.clone()));
            body.extend(fault.extra.clone());
            let mut response = super::rest::success(
                Reply {
                    status: fault.status,
                    headers: Vec::new(),
                    body: Body::Json(Value::Object(body)),
                },
                &content_type,
            );
            error_type(&mut response, &fault.code);
            response
        }
    }
}

/// Sets `x-amzn-ErrorType`.
pub(super) fn error_type(response: &mut Response<Bytes>, code: &str) {
    if let Ok(value) = HeaderValue::from_str(code) {
        response.headers_mut().insert("x-amzn-errortype", value);
    } else {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
}
