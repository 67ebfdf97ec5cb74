//! A tool's arguments as the HTTP request that its operation describes.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request};
use serde_json::{Map, Value};

use crate::openapi::{BODY, Operation, Parameter, Place};
use crate::wire::form::{encoded, location};

/// Headers that an operation cannot take as parameters: `OpenAPI` 3.1, section 4.8.12.1.
const NO_PARAMETERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// The request to the server at `base`, which has no slash at its end.
///
/// # Errors
/// What is missing or cannot be sent, as a sentence for the caller.
pub(super) fn request(
    operation: &Operation<'_>,
    base: &str,
    arguments: &Map<String, Value>,
) -> Result<Request<Bytes>, String> {
    let mut path = operation.path.to_owned();
    let mut query: Vec<(String, String)> = Vec::new();
    let mut headers: Vec<(String, String)> = Vec::new();
    for parameter in operation.parameters() {
        let Some(value) = arguments.get(parameter.name).filter(|value| !value.is_null()) else {
            if parameter.required {
                return Err(format!("The argument '{}' is required", parameter.name));
            }
            continue;
        };
        let name = parameter.name.to_owned();
        match parameter.place {
            Place::Path => {
                path = path.replace(&format!("{{{name}}}"), &encoded(&joined(value)));
            }
            Place::Query => query.extend(pairs(&parameter, value)),
            Place::Header => {
                if !NO_PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) {
                    headers.push((name, joined(value)));
                }
            }
        }
    }
    let query: Vec<(&str, Option<&str>)> =
        query.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect();
    let url = location(&format!("{base}{path}"), &query);
    let body = body(operation, arguments);
    let mut request = Request::builder()
        .method(operation.method.clone())
        .uri(&url)
        .header(ACCEPT, "application/json")
        .body(body.as_ref().map_or_else(Bytes::new, |body| Bytes::from(body.to_string())))
        .map_err(|_not_a_url| format!("{url} is not a URL"))?;
    if body.is_some() {
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json);
    }
    for (name, value) in headers {
        let pair = HeaderName::try_from(&name).ok().zip(HeaderValue::try_from(&value).ok());
        let (header, value) =
            pair.ok_or_else(|| format!("The argument '{name}' cannot be sent in a header"))?;
        request.headers_mut().insert(header, value);
    }
    Ok(request)
}

/// The body: an argument named `body`, or the arguments that are the body's own properties.
fn body(operation: &Operation<'_>, arguments: &Map<String, Value>) -> Option<Value> {
    operation.takes_body().then_some(())?;
    let Some(properties) = operation.body_properties() else {
        return arguments.get(BODY).cloned();
    };
    let own: Map<String, Value> = arguments
        .iter()
        .filter(|(name, _)| properties.contains_key(*name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Some(Value::Object(own))
}

/// Style `form`: one pair, or one for each item of a list.
fn pairs(parameter: &Parameter<'_>, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Array(items) if parameter.explode => {
            items.iter().map(|item| (parameter.name.to_owned(), joined(item))).collect()
        }
        value => vec![(parameter.name.to_owned(), joined(value))],
    }
}

/// Style `simple`: a list with commas.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(joined).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openapi::sample;

    fn built(id: &str, arguments: &Value) -> Result<Request<Bytes>, String> {
        let sample = sample();
        let operation = sample.operation(id).unwrap();
        request(&operation, sample.server(), arguments.as_object().unwrap())
    }

    #[test]
    fn every_argument_goes_to_its_place() {
        let arguments = json!({"id": "a/b ü", "tags": ["x&y", "z"], "X-Trace": 7, "other": 1});
        let request = built("getThing", &arguments).unwrap();
        assert_eq!(
            request.uri().to_string(),
            "https://api.example.com/v1/things/a%2Fb%20%C3%BC?tags=x%26y&tags=z"
        );
        assert_eq!(request.headers()["x-trace"], "7");
        assert!(request.body().is_empty() && !request.headers().contains_key(CONTENT_TYPE));
    }

    #[test]
    fn the_rest_is_the_body() {
        let request = built("putThing", &json!({"id": 5, "name": "n", "other": 1})).unwrap();
        assert_eq!(request.uri().path(), "/v1/things/5");
        assert_eq!(request.body(), r#"{"name":"n"}"#);
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        assert!(built("getThing", &json!({})).unwrap_err().contains("'id'"));
        let broken = json!({"id": 1, "X-Trace": "a\r\nb: c"});
        assert!(built("getThing", &broken).unwrap_err().contains("'X-Trace'"));
    }
}
