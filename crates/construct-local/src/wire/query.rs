//! The query protocol of IAM and STS: a form in, XML out.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::{form, xml};
use crate::service::{Body, Fault, Reply};

/// The operation (`Action`) and the input of a form.
pub fn input(body: &[u8]) -> (Option<String>, Value) {
    let tree = form::tree(&form::pairs(&String::from_utf8_lossy(body)));
    let action = tree.get("Action").and_then(Value::as_str).map(str::to_owned);
    (action, tree)
}

/// Renders a reply or a fault.
pub fn render(
    result: Result<Reply, Fault>,
    operation: &str,
    namespace: &str,
    request_id: &str,
) -> Response<Bytes> {
    let (status, text) = match result {
        Ok(reply) => {
            let result = match reply.body {
                Body::Json(value) => {
                    let mut inner = String::new();
                    xml::write(&mut inner, &value);
                    format!("<{operation}Result>{inner}</{operation}Result>")
                }
                _ => String::new(),
            };
            let text = format!(
                "<{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata>\
                 <RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            (reply.status, text)
        }
        Err(fault) => {
            let kind = if fault.status < 500 { "Sender" } else { "Receiver" };
            let text = format!(
                "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type>\
                 <Code>{}</Code><Message>{}</Message></Error>\
                 <RequestId>{request_id}</RequestId></ErrorResponse>",
                xml::escaped(&fault.code),
                xml::escaped(&fault.message)
            );
            (fault.status, text)
        }
    };
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn renders_a_reply() {
        let reply = Reply::json(json!({"Roles": [{"RoleName": "a&b"}], "IsTruncated": false}));
        let response = render(Ok(reply), "ListRoles", "urn:x", "id-1");
        assert_eq!(
            String::from_utf8_lossy(response.body()),
            "<ListRolesResponse xmlns=\"urn:x\"><ListRolesResult><Roles><member>\
             <RoleName>a&amp;b</RoleName></member></Roles><IsTruncated>false</IsTruncated>\
             </ListRolesResult><ResponseMetadata><RequestId>id-1</RequestId>\
             </ResponseMetadata></ListRolesResponse>"
        );
    }

    #[test]
    fn renders_a_fault() {
        let fault = Fault::new(404, "NoSuchEntity", "no <role>");
        let response = render(Err(fault), "GetRole", "urn:x", "id-1");
        assert_eq!(response.status(), 404);
        assert!(
            String::from_utf8_lossy(response.body())
                .contains("<Code>NoSuchEntity</Code><Message>no &lt;role&gt;</Message>")
        );
    }
}
