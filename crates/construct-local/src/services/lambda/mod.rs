//! The local Lambda: the control plane of functions, and their invocation: the code really runs,
//! in processes of this machine, fed through the Lambda Runtime API.

mod configuration;
mod functions;
mod invoke;
mod log_groups;
mod packages;
mod permissions;
mod process;
mod roles;
mod runtime_api;
mod runtimes;
mod shapes;
mod state;
mod tags;
#[cfg(test)]
mod tests;
mod url_plane;
#[cfg(test)]
mod url_tests;
mod urls;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde_json::{Map, Value};

pub use invoke::{function_of, prepare};
pub use runtimes::{Invocation, Outcome, Runtimes, Throttled, Turn};
pub use state::{Code, Function, Revision, State};
pub use urls::FunctionUrl;

use crate::chunks::Chunks;
use crate::local::LocalAws;
use crate::service::{Boxed, Call, Fault, Protocol, Reply, Service};
use crate::services::shape::{self, Member, Refusal};
use crate::state::Region;
use crate::wire::Wire;
use crate::wire::rest::Route;

const ROUTES: &[Route] = &[
    Route::new("CreateFunction", "POST", "/2015-03-31/functions"),
    Route::new("ListFunctions", "GET", "/2015-03-31/functions"),
    Route::new("GetFunction", "GET", "/2015-03-31/functions/{FunctionName}"),
    Route::new("DeleteFunction", "DELETE", "/2015-03-31/functions/{FunctionName}"),
    Route::new(
        "GetFunctionConfiguration",
        "GET",
        "/2015-03-31/functions/{FunctionName}/configuration",
    ),
    Route::new(
        "UpdateFunctionConfiguration",
        "PUT",
        "/2015-03-31/functions/{FunctionName}/configuration",
    ),
    Route::new("UpdateFunctionCode", "PUT", "/2015-03-31/functions/{FunctionName}/code"),
    Route::new("AddPermission", "POST", "/2015-03-31/functions/{FunctionName}/policy"),
    Route::new("GetPolicy", "GET", "/2015-03-31/functions/{FunctionName}/policy"),
    Route::new(
        "RemovePermission",
        "DELETE",
        "/2015-03-31/functions/{FunctionName}/policy/{StatementId}",
    ),
    Route::new("CreateFunctionUrlConfig", "POST", "/2021-10-31/functions/{FunctionName}/url"),
    Route::new("GetFunctionUrlConfig", "GET", "/2021-10-31/functions/{FunctionName}/url"),
    Route::new("UpdateFunctionUrlConfig", "PUT", "/2021-10-31/functions/{FunctionName}/url"),
    Route::new("DeleteFunctionUrlConfig", "DELETE", "/2021-10-31/functions/{FunctionName}/url"),
    Route::new("ListFunctionUrlConfigs", "GET", "/2021-10-31/functions/{FunctionName}/urls"),
    Route::raw("Invoke", "POST", "/2015-03-31/functions/{FunctionName}/invocations"),
    Route::new("TagResource", "POST", "/2017-03-31/tags/{Resource}"),
    Route::new("UntagResource", "DELETE", "/2017-03-31/tags/{Resource}"),
    Route::new("ListTags", "GET", "/2017-03-31/tags/{Resource}"),
    Route::new("PutFunctionConcurrency", "PUT", "/2017-10-31/functions/{FunctionName}/concurrency"),
    Route::new(
        "DeleteFunctionConcurrency",
        "DELETE",
        "/2017-10-31/functions/{FunctionName}/concurrency",
    ),
    Route::new("GetFunctionConcurrency", "GET", "/2019-09-30/functions/{FunctionName}/concurrency"),
    Route::new("GetAccountSettings", "GET", "/2016-08-19/account-settings"),
];

/// The service behind the signing name `lambda`.
#[derive(Debug, Clone, Copy)]
pub struct Lambda;

impl Service for Lambda {
    fn signing_name(&self) -> &'static str {
        "lambda"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Rest { routes: ROUTES, message_key: "Message" }
    }

    fn fail(&self, before: &Region, after: &mut Region, reason: &str) {
        for (name, function) in &mut after.lambda.functions {
            let old = before.lambda.functions.get(name);
            if old.is_none_or(|old| old.state != function.state) {
                function.state.fail("Failed".to_owned(), reason);
            }
            if old.is_none_or(|old| old.update != function.update) {
                function.update.fail("Failed".to_owned(), reason);
            }
        }
    }

    fn call(&self, call: &mut Call<'_>) -> Result<Reply, Fault> {
        match call.operation {
            "CreateFunction" => functions::create(call),
            "ListFunctions" => functions::list(call),
            "GetFunction" => functions::get(call),
            "DeleteFunction" => functions::delete(call),
            "GetFunctionConfiguration" => functions::get_configuration(call),
            "UpdateFunctionConfiguration" => functions::update_configuration(call),
            "UpdateFunctionCode" => functions::update_code(call),
            "AddPermission" => permissions::add(call),
            "GetPolicy" => permissions::get(call),
            "RemovePermission" => permissions::remove(call),
            "CreateFunctionUrlConfig" => urls::create(call),
            "GetFunctionUrlConfig" => urls::get(call),
            "UpdateFunctionUrlConfig" => urls::update(call),
            "DeleteFunctionUrlConfig" => urls::delete(call),
            "ListFunctionUrlConfigs" => urls::list(call),
            "Invoke" => invoke::invoke(call),
            "TagResource" => tags::tag(call),
            "UntagResource" => tags::untag(call),
            "ListTags" => tags::list(call),
            "PutFunctionConcurrency" => functions::put_concurrency(call),
            "DeleteFunctionConcurrency" => functions::delete_concurrency(call),
            "GetFunctionConcurrency" => functions::get_concurrency(call),
            "GetAccountSettings" => Ok(functions::account_settings(call)),
            _ => Err(call.not_implemented()),
        }
    }

    fn streamed(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Chunks>>> {
        url_plane::answer(local, request)
    }

    fn plane(&self, local: &LocalAws, request: &Wire) -> Option<Boxed<Response<Bytes>>> {
        let hash = request.path.strip_prefix(functions::CODE_PATH)?;
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let zip = is_hash.then(|| local.blob(hash)).flatten();
        let mut response = Response::new(zip.clone().unwrap_or_default());
        if zip.is_none() {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        let kind = HeaderValue::from_static("application/zip");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        Some(Box::pin(async move { response }))
    }
}

/// The call's members, checked against the operation's shape.
fn input(call: &Call<'_>, members: &[Member]) -> Result<Map<String, Value>, Fault> {
    shape::check(call.input.members(), members).map_err(|refusal| match refusal {
        Refusal::Type(sentence) => fault(400, "SerializationException", sentence),
        Refusal::Limits(sentence) => fault(400, "ValidationException", sentence),
    })
}

/// A string member; empty when it was left out.
fn text<'a>(input: &'a Map<String, Value>, name: &str) -> &'a str {
    input.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A refusal with the `Type` member that this service's errors carry.
fn fault(status: u16, code: &str, message: impl Into<String>) -> Fault {
    Fault::new(status, code, message).with("Type", "User")
}

fn invalid(message: impl Into<String>) -> Fault {
    fault(400, "InvalidParameterValueException", message)
}

fn conflict(message: impl Into<String>) -> Fault {
    fault(409, "ResourceConflictException", message)
}

fn not_found(message: impl Into<String>) -> Fault {
    fault(404, "ResourceNotFoundException", message)
}

fn state<'a>(call: &'a mut Call<'_>) -> &'a mut State {
    &mut call.here().lambda
}
