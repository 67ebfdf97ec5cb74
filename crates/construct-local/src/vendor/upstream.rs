//! The built-in upstream: answers any operation of any description, in the name of the user whom a
//! token of the built-in vendor stands for.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::data::{Context, value};
use crate::local::LocalAws;
use crate::openapi::Operation;
use crate::wire::{decode, form};

/// Who is asked for where nobody consented: with an API key, or without a credential.
const NOBODY: &str = "local";

/// The answer to `request`, which calls `operation`.
pub(crate) fn upstream(
    local: &LocalAws,
    operation: &Operation<'_>,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    let Some(user) = user(local, request) else {
        let refusal = json!({ "message": "Bad credentials" });
        return answer(StatusCode::UNAUTHORIZED, Some(&refusal));
    };
    let context = Context { user, now: local.now_ms(), given: given(operation, request) };
    let (status, schema) = operation.success();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if status == StatusCode::NO_CONTENT {
        return answer(status, None);
    }
    let body = schema.map_or_else(
        || json!({ "operation": operation.id, "user": context.user }),
        |schema| value(&schema, "", &context),
    );
    answer(status, Some(&body))
}

/// The user of the request's token; `None` when it is no token of this vendor, or is over.
fn user(local: &LocalAws, request: &Request<Bytes>) -> Option<String> {
    let Some(value) = request.headers().get(AUTHORIZATION) else { return Some(NOBODY.to_owned()) };
    let value = value.to_str().ok()?;
    let Some(token) = value.strip_prefix("Bearer ") else { return Some(NOBODY.to_owned()) };
    let now = local.now_ms();
    local.read(|account| account.vendor.granted(token, now).map(|grant| grant.user.clone()))
}

/// What the request says about the thing it asks for: its path, query and body by name.
fn given(operation: &Operation<'_>, request: &Request<Bytes>) -> BTreeMap<String, Value> {
    let mut given: BTreeMap<String, Value> = BTreeMap::new();
    let query = form::pairs(request.uri().query().unwrap_or_default());
    given.extend(query.into_iter().map(|(name, value)| (name, json!(value))));
    // The server's own path stands before the operation's.
    let asked: Vec<&str> = request.uri().path().split('/').rev().collect();
    for (template, segment) in operation.path.split('/').rev().zip(asked) {
        let name = template.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name {
            given.insert(name.to_owned(), json!(decode(segment)));
        }
    }
    if let Ok(Value::Object(body)) = serde_json::from_slice(request.body()) {
        given.extend(body);
    }
    given
}

fn answer(status: StatusCode, body: Option<&Value>) -> Response<Bytes> {
    let bytes = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
    let mut response = Response::new(bytes);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
