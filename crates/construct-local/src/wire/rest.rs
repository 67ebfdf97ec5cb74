//! REST JSON: the operation is a method and a path template; path, query and body make the input.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value};

use super::{Wire, decode, json};
use crate::service::{Body, Fault, Reply};

/// An operation's method and path.
///
/// In `template`, `{name}` stands for one segment and `{name+}` for all that follow. A slash at the
/// end is not significant, as the services accept both.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The operation's name in the service model.
    pub operation: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path template.
    pub template: &'static str,
    /// Whether the body is a payload of any kind, not the operation's members.
    pub raw_body: bool,
}

impl Route {
    /// For tables of routes.
    pub const fn new(
        operation: &'static str,
        method: &'static str,
        template: &'static str,
    ) -> Self {
        Self { operation, method, template, raw_body: false }
    }

    /// An operation whose body is a payload: a handler reads it from the request.
    pub const fn raw(
        operation: &'static str,
        method: &'static str,
        template: &'static str,
    ) -> Self {
        Self { operation, method, template, raw_body: true }
    }

    /// The path members when `method` and `path` are this route's.
    pub fn matches(&self, method: &str, path: &str) -> Option<Vec<(String, String)>> {
        if method != self.method {
            return None;
        }
        let mut segments = path.trim_matches('/').split('/');
        let mut members = Vec::new();
        for part in self.template.trim_matches('/').split('/') {
            let segment = segments.next()?;
            let member = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
            let Some(name) = member else {
                (part == segment).then_some(())?;
                continue;
            };
            if segment.is_empty() {
                return None;
            }
            if let Some(name) = name.strip_suffix('+') {
                let rest: Vec<&str> = std::iter::once(segment).chain(segments).collect();
                members.push((name.to_owned(), decode(&rest.join("/"))));
                return Some(members);
            }
            members.push((name.to_owned(), decode(segment)));
        }
        segments.next().is_none().then_some(members)
    }
}

/// The route of a request and its path members. Literal segments win over `{members}`.
pub fn find(
    routes: &'static [Route],
    method: &str,
    path: &str,
) -> Option<(&'static Route, Vec<(String, String)>)> {
    routes
        .iter()
        .filter_map(|route| Some((route, route.matches(method, path)?)))
        .min_by_key(|(_, members)| members.len())
}

/// The input: the body's members, then query parameters, then path members, the later ones
/// winning. Query and path members are strings; a repeated query parameter is a list of strings.
///
/// # Errors
/// A `SerializationException` when there is a body and it is not a JSON object.
pub fn input(wire: &Wire, route: &Route, members: Vec<(String, String)>) -> Result<Value, Fault> {
    let body: &[u8] = if route.raw_body { &[] } else { &wire.body };
    let Value::Object(mut map) = json::input(body)? else {
        return Ok(Value::Object(Map::new()));
    };
    let mut query: Map<String, Value> = Map::new();
    for (name, value) in &wire.query {
        let value = Value::from(value.clone());
        match query.get_mut(name) {
            None => {
                query.insert(name.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(single) => *single = Value::Array(vec![single.take(), value]),
        }
    }
    map.extend(query);
    map.extend(members.into_iter().map(|(name, value)| (name, Value::from(value))));
    Ok(Value::Object(map))
}

/// Renders a reply or a fault; `message_key` is how this service spells the message member.
pub fn render(result: Result<Reply, Fault>, message_key: &str) -> Response<Bytes> {
    match result {
        Ok(reply) => success(reply, "application/json"),
        Err(fault) => {
            let mut body = Map::new();
            body.insert(message_key.to_owned(), Value::from(fault.message.clone()));
            body.extend(fault.extra.clone());
            let body = Body::Json(Value::Object(body));
            let reply = Reply { status: fault.status, headers: Vec::new(), body };
            let mut response = success(reply, "application/json");
            json::error_type(&mut response, &fault.code);
            response
        }
    }
}

/// A reply with its own status, headers and body.
pub(super) fn success(reply: Reply, json_type: &str) -> Response<Bytes> {
    let (content_type, body) = match reply.body {
        Body::Empty | Body::Later(_) => (json_type.to_owned(), Bytes::new()),
        Body::Json(value) => (json_type.to_owned(), Bytes::from(value.to_string())),
        Body::Bytes { content_type, bytes } => (content_type, bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(value) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value))
        {
            response.headers_mut().append(name, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[Route] = &[
        Route::new("GetTarget", "GET", "/gateways/{gatewayIdentifier}/targets/{targetId}/"),
        Route::new("ListGateways", "GET", "/gateways/"),
        Route::new("GetGateway", "GET", "/gateways/{gatewayIdentifier}/"),
        Route::new("GetDefault", "GET", "/gateways/default"),
        Route::new("ListTags", "GET", "/tags/{arn+}"),
    ];

    fn found(method: &str, path: &str) -> Option<(&'static str, Vec<String>)> {
        find(ROUTES, method, path).map(|(route, members)| {
            (route.operation, members.into_iter().map(|(_, value)| value).collect())
        })
    }

    #[test]
    fn finds_operations() {
        assert_eq!(found("GET", "/gateways/"), Some(("ListGateways", vec![])));
        assert_eq!(found("GET", "/gateways/g%2Fx"), Some(("GetGateway", vec!["g/x".into()])));
        assert_eq!(found("GET", "/gateways/default"), Some(("GetDefault", vec![])));
        assert_eq!(
            found("GET", "/gateways/g/targets/t/"),
            Some(("GetTarget", vec!["g".into(), "t".into()]))
        );
        assert_eq!(found("GET", "/tags/arn:a/b"), Some(("ListTags", vec!["arn:a/b".into()])));
        assert_eq!(found("POST", "/gateways/"), None);
        assert_eq!(found("GET", "/gateways/g/other"), None);
    }
}
