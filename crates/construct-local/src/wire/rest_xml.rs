//! REST XML, the protocol of S3: the operation is a method, a path and a query; XML comes out.

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::{rest, xml};
use crate::service::{Body, Fault, Reply};

const XML: &str = "application/xml";

/// Renders a reply or a fault. Members of a fault whose names begin with `x-amz-` travel as
/// headers; the others stand beside its message.
pub fn render(result: Result<Reply, Fault>, namespace: &str, request_id: &str) -> Response<Bytes> {
    let mut reply = result.unwrap_or_else(|fault| refusal(&fault, request_id));
    reply.headers.push(("x-amz-request-id".to_owned(), request_id.to_owned()));
    let is_empty = matches!(reply.body, Body::Empty);
    if let Body::Json(value) = &reply.body {
        reply.body = document(value, Some(namespace));
    }
    let mut response = rest::success(reply, XML);
    if is_empty {
        response.headers_mut().remove(http::header::CONTENT_TYPE);
    }
    response
}

fn refusal(fault: &Fault, request_id: &str) -> Reply {
    let mut error = serde_json::Map::new();
    error.insert("Code".to_owned(), Value::from(fault.code.clone()));
    error.insert("Message".to_owned(), Value::from(fault.message.clone()));
    let mut headers = Vec::new();
    for (name, value) in &fault.extra {
        match value.as_str().filter(|_| name.starts_with("x-amz-")) {
            Some(text) => headers.push((name.clone(), text.to_owned())),
            None => {
                error.insert(name.clone(), value.clone());
            }
        }
    }
    error.insert("RequestId".to_owned(), Value::from(request_id));
    // No status of this kind has a body.
    let body = if fault.status == 304 {
        Body::Empty
    } else {
        document(&serde_json::json!({ "Error": error }), None)
    };
    Reply { status: fault.status, headers, body }
}

/// `value` is an object of one member, the root element.
fn document(value: &Value, namespace: Option<&str>) -> Body {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    xml::document(&mut text, value, namespace);
    Body::Bytes { content_type: XML.to_owned(), bytes: Bytes::from(text) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(response: &Response<Bytes>) -> String {
        String::from_utf8_lossy(response.body()).replace('\n', "")
    }

    #[test]
    fn renders_a_reply() {
        let reply = Reply::json(json!({"Tagging": {"TagSet": {"Tag": [
            {"Key": "a", "Value": "<"}, {"Key": "b", "Value": ""},
        ]}}}));
        assert_eq!(
            text(&render(Ok(reply), "urn:x", "id-1")),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Tagging xmlns=\"urn:x\"><TagSet>\
             <Tag><Key>a</Key><Value>&lt;</Value></Tag><Tag><Key>b</Key><Value></Value></Tag>\
             </TagSet></Tagging>"
        );
    }

    #[test]
    fn renders_a_fault() {
        let fault = Fault::new(301, "PermanentRedirect", "elsewhere")
            .with("Bucket", "b")
            .with("x-amz-bucket-region", "eu-west-1");
        let response = render(Err(fault), "urn:x", "id-1");
        assert_eq!(response.headers()["x-amz-bucket-region"], "eu-west-1");
        assert_eq!(response.headers()["x-amz-request-id"], "id-1");
        assert!(text(&response).ends_with(
            "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message>\
             <Bucket>b</Bucket><RequestId>id-1</RequestId></Error>"
        ));
    }

    #[test]
    fn an_empty_reply_has_no_content_type() {
        let response = render(Ok(Reply::empty(204)), "urn:x", "id-1");
        assert_eq!(response.status(), 204);
        assert!(!response.headers().contains_key("content-type"));
        assert!(response.body().is_empty());
    }
}
