//! The Lambda proxy integration's two documents in payload format 2.0: the event an HTTP request
//! becomes, and the HTTP response a function's answer becomes.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, SET_COOKIE};
use http::{HeaderMap, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use crate::wire::Wire;

/// What the routing found out about a request, beside the request itself.
#[derive(Debug)]
pub(crate) struct Routed<'a> {
    pub(crate) account: &'a str,
    pub(crate) api_id: &'a str,
    pub(crate) domain_name: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) stage_variables: &'a BTreeMap<String, String>,
    pub(crate) route_key: &'a str,
    pub(crate) path_variables: &'a BTreeMap<String, String>,
    /// Milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// The time in the access log's form, `20/Nov/2026:14:03:58 +0000`.
    pub(crate) time: &'a str,
    pub(crate) request_id: &'a str,
}

/// The event for a function.
pub(crate) fn event(routed: &Routed<'_>, request: &Wire) -> Value {
    let Wire { method, path, raw_query: query, headers, body, .. } = request;
    let agent = headers.get(http::header::USER_AGENT).and_then(|value| value.to_str().ok());
    let mut event = Map::new();
    event.insert("version".into(), json!("2.0"));
    event.insert("routeKey".into(), json!(routed.route_key));
    event.insert("rawPath".into(), json!(path));
    event.insert("rawQueryString".into(), json!(query));
    let cookies = cookies(headers);
    if !cookies.is_empty() {
        event.insert("cookies".into(), json!(cookies));
    }
    event.insert("headers".into(), json!(event_headers(routed, headers)));
    let parameters = query_parameters(query);
    if !parameters.is_empty() {
        event.insert("queryStringParameters".into(), json!(parameters));
    }
    event.insert(
        "requestContext".into(),
        json!({
            "accountId": routed.account,
            "apiId": routed.api_id,
            "domainName": routed.domain_name,
            "domainPrefix": routed.api_id,
            "http": {
                "method": method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": agent.unwrap_or_default(),
            },
            "requestId": routed.request_id,
            "routeKey": routed.route_key,
            "stage": routed.stage,
            "time": routed.time,
            "timeEpoch": routed.now_ms,
        }),
    );
    if !routed.path_variables.is_empty() {
        event.insert("pathParameters".into(), json!(routed.path_variables));
    }
    if !routed.stage_variables.is_empty() {
        event.insert("stageVariables".into(), json!(routed.stage_variables));
    }
    let text = is_text(headers).then(|| std::str::from_utf8(body).ok()).flatten();
    if !body.is_empty() {
        event.insert(
            "body".into(),
            text.map_or_else(|| json!(BASE64_STANDARD.encode(body)), |text| json!(text)),
        );
    }
    event.insert("isBase64Encoded".into(), json!(!body.is_empty() && text.is_none()));
    Value::Object(event)
}

/// Form posts are not among the types that HTTP APIs pass on as text: they arrive base64-encoded.
fn is_text(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return true;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || matches!(
            kind.as_str(),
            "application/json" | "application/javascript" | "application/xml"
        )
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

fn event_headers(routed: &Routed<'_>, headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        if name == COOKIE || name == http::header::CONNECTION {
            continue;
        }
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        given
            .entry(name.as_str().to_owned())
            .and_modify(|known| {
                known.push(',');
                known.push_str(&text);
            })
            .or_insert(text);
    }
    given.insert("host".into(), routed.domain_name.to_owned());
    given.insert("x-amzn-trace-id".into(), format!("Root=1-{}", routed.request_id));
    given.insert("x-forwarded-for".into(), "127.0.0.1".into());
    given.insert("x-forwarded-proto".into(), "http".into());
    given
}

/// The last form of the format: values of one name joined by commas.
fn query_parameters(query: &str) -> BTreeMap<String, String> {
    let mut parameters: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (form_decode(name), form_decode(value));
        parameters
            .entry(name)
            .and_modify(|known| {
                known.push(',');
                known.push_str(&value);
            })
            .or_insert(value);
    }
    parameters
}

fn form_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// The response for a function's answer: the answer's own where it names a `statusCode`, else 200
/// with the whole answer as its JSON body. `None` when the answer is neither, which the service
/// reports as an internal error.
pub(crate) fn response(answer: &[u8]) -> Option<Response<Bytes>> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let Some(status) = answer.get("statusCode") else {
        let body = match answer {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let mut reply = Response::new(Bytes::from(body));
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Some(reply);
    };
    let status = status.as_u64().or_else(|| status.as_str()?.parse().ok())?;
    let body = match answer.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) if answer["isBase64Encoded"] == json!(true) => {
            Bytes::from(BASE64_STANDARD.decode(text).ok()?)
        }
        Some(Value::String(text)) => Bytes::from(text.clone()),
        Some(_) => return None,
    };
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::from_u16(u16::try_from(status).ok()?).ok()?;
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::from_bytes(remapped(name).as_bytes()).ok()?;
        if name == CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING {
            continue;
        }
        reply.headers_mut().insert(name, HeaderValue::from_str(&scalar(value)?).ok()?);
    }
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        reply.headers_mut().append(SET_COOKIE, HeaderValue::from_str(cookie.as_str()?).ok()?);
    }
    if !reply.headers().contains_key(CONTENT_TYPE) {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        reply.headers_mut().insert(CONTENT_TYPE, plain);
    }
    Some(reply)
}

/// Headers a function may not set reach the client under another name. `WWW-Authenticate` is the
/// one that hurts: a client sees a 401 without its challenge.
fn remapped(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "www-authenticate" | "authorization" | "connection" | "date" | "server" | "host" => {
            format!("x-amzn-remapped-{lower}")
        }
        _ => lower,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn made(path: &str, query: &str, headers: &HeaderMap, body: &str) -> Value {
        let variables = BTreeMap::from([("proxy".to_owned(), "a/b".to_owned())]);
        let routed = Routed {
            account: "123456789012",
            api_id: "a1b2c3d4e5",
            domain_name: "a1b2c3d4e5.execute-api.localhost:4566",
            stage: "$default",
            stage_variables: &BTreeMap::new(),
            route_key: "ANY /{proxy+}",
            path_variables: &variables,
            now_ms: 1_700_000_000_000,
            time: "14/Nov/2023:22:13:20 +0000",
            request_id: "r",
        };
        let mut request = Request::post(format!("{path}?{query}"));
        if let Some(given) = request.headers_mut() {
            given.clone_from(headers);
        }
        let body = Bytes::from(body.to_owned());
        event(&routed, &Wire::read(request.body(body).unwrap()))
    }

    #[test]
    fn values_of_one_name_are_joined_and_cookies_stand_apart() {
        let mut headers = HeaderMap::new();
        headers.append("accept", HeaderValue::from_static("a"));
        headers.append("accept", HeaderValue::from_static("b"));
        headers.append(COOKIE, HeaderValue::from_static("x=1; y=2"));
        let event = made("/a/b", "q=1&q=2&e=%20+", &headers, "");
        assert_eq!(event["headers"]["accept"], "a,b");
        assert_eq!(event["headers"].get("cookie"), None);
        assert_eq!(event["cookies"], json!(["x=1", "y=2"]));
        assert_eq!(event["queryStringParameters"], json!({ "q": "1,2", "e": "  " }));
        assert_eq!(event["pathParameters"]["proxy"], "a/b");
        assert_eq!(event.get("body"), None);
        assert_eq!(event["isBase64Encoded"], false);
    }

    #[test]
    fn json_is_text_and_a_form_is_base64() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        assert_eq!(made("/", "", &headers, "{}")["body"], "{}");
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let event = made("/", "", &headers, "a=b");
        assert_eq!(event["body"], "YT1i");
        assert_eq!(event["isBase64Encoded"], true);
    }

    #[test]
    fn an_answer_with_a_status_is_taken_apart() {
        let answer = json!({
            "statusCode": 401,
            "headers": { "WWW-Authenticate": "Bearer", "X-N": 1 },
            "cookies": ["a=1", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": true,
        });
        let reply = response(answer.to_string().as_bytes()).unwrap();
        assert_eq!(reply.status(), 401);
        assert_eq!(reply.headers().get("www-authenticate"), None);
        assert_eq!(reply.headers()["x-amzn-remapped-www-authenticate"], "Bearer");
        assert_eq!(reply.headers()["x-n"], "1");
        assert_eq!(reply.headers().get_all(SET_COOKIE).iter().count(), 2);
        assert_eq!(&reply.body()[..], b"hi");
    }

    #[test]
    fn an_answer_without_a_status_is_the_body() {
        assert_eq!(&response(br#"{"a":1}"#).unwrap().body()[..], br#"{"a":1}"#);
        assert_eq!(&response(br#""hi""#).unwrap().body()[..], b"hi");
        assert!(response(b"not json").is_none());
        assert!(response(br#"{"statusCode":200,"body":{"a":1}}"#).is_none());
    }
}
