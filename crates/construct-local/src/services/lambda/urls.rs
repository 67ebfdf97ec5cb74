//! Function URLs: the control plane. A URL belongs to its function and goes with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::functions::named;
use super::state::{Function, Named};
use super::{conflict, fault, input, invalid, not_found, shapes, state, text};
use crate::addresses::free_port;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};
use crate::state::Account;
use crate::time::iso;

/// The URL of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionUrl {
    /// The first label of the service's own host name for it.
    pub id: String,
    /// The port that it has for itself.
    pub port: u16,
    /// `BUFFERED` or `RESPONSE_STREAM`.
    pub invoke_mode: String,
    /// What browsers are told about other origins, in wire names.
    pub cors: Option<Map<String, Value>>,
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub modified: i64,
}

impl Account {
    /// The functions of all Regions that have a URL.
    pub(crate) fn function_urls(&self) -> impl Iterator<Item = (&Function, &FunctionUrl)> {
        let functions = self.regions.values().flat_map(|region| region.lambda.functions.values());
        functions.filter_map(|function| Some((function, function.url.as_ref()?)))
    }
}

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE_URL)?;
    let named = unqualified(call, &given)?;
    check(&given)?;
    let id = call.random_id(LOWER_ALPHANUMERIC, 32);
    let (now, base) = (call.now, base(call));
    let function = state(call).function_mut(&named)?;
    if function.url.is_some() {
        return Err(conflict(format!(
            "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists \
             for this Lambda function",
            function.arn
        )));
    }
    let port = free_port()
        .map_err(|error| fault(500, "ServiceException", format!("no port is free: {error}")))?;
    let url = FunctionUrl {
        id,
        port,
        invoke_mode: text(&given, "InvokeMode").to_owned(),
        cors: None,
        created: now,
        modified: now,
    };
    let url = changed(url, &given, now);
    let mut shown = show(function, &url, base);
    if let Some(shown) = shown.as_object_mut() {
        shown.shift_remove("LastModifiedTime");
    }
    function.url = Some(url);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_URL)?;
    let (named, base) = (unqualified(call, &given)?, base(call));
    let function = state(call).function(&named).map_err(|_gone| no_url())?;
    let url = function.url.as_ref().ok_or_else(no_url)?;
    Ok(Reply::json(show(function, url, base)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST_URLS)?;
    let (named, base) = (named(call, &given), base(call));
    let function = state(call).function(&named)?;
    let urls: Vec<Value> = function.url.iter().map(|url| show(function, url, base)).collect();
    Ok(Reply::json(json!({ "FunctionUrlConfigs": urls })))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_URL)?;
    let named = unqualified(call, &given)?;
    check(&given)?;
    let (now, base) = (call.now, base(call));
    let function = state(call).function_mut(&named).map_err(|_gone| no_url())?;
    let url = function.url.take().ok_or_else(no_url)?;
    let url = changed(url, &given, now);
    let shown = show(function, &url, base);
    function.url = Some(url);
    Ok(Reply::json(shown))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE_URL)?;
    let named = unqualified(call, &given)?;
    let function = state(call).function_mut(&named).map_err(|_gone| no_url())?;
    function.url.take().ok_or_else(no_url)?;
    Ok(Reply::empty(204))
}

/// The members that were given over what was there.
fn changed(mut url: FunctionUrl, given: &Map<String, Value>, now: i64) -> FunctionUrl {
    if let Some(cors) = given.get("Cors").and_then(Value::as_object) {
        url.cors = (!cors.is_empty()).then(|| cors.clone());
    }
    match text(given, "InvokeMode") {
        "" if url.invoke_mode.is_empty() => "BUFFERED".clone_into(&mut url.invoke_mode),
        "" => {}
        mode => mode.clone_into(&mut url.invoke_mode),
    }
    url.modified = now;
    url
}

fn check(given: &Map<String, Value>) -> Result<(), Fault> {
    if text(given, "AuthType") == "AWS_IAM" {
        let sentence = "the local AWS has function URLs of the type NONE only";
        return Err(fault(501, "NotImplemented", sentence));
    }
    let Some(cors) = given.get("Cors") else { return Ok(()) };
    let has_any =
        |name: &str| cors[name].as_array().is_some_and(|values| values.contains(&json!("*")));
    if cors["AllowCredentials"] == json!(true) && has_any("AllowOrigins") {
        return Err(invalid(
            "AllowCredentials is not supported if AllowOrigins has a wildcard (*) value.",
        ));
    }
    Ok(())
}

/// A URL is of the newest code or of an alias, and the local Lambda has no aliases.
fn unqualified(call: &Call<'_>, given: &Map<String, Value>) -> Result<Named, Fault> {
    let named = named(call, given);
    match &named.qualifier {
        None => Ok(named),
        Some(alias) => Err(not_found(format!("Cannot find alias arn: {}:{alias}", named.arn))),
    }
}

fn no_url() -> Fault {
    not_found("The resource you requested does not exist.")
}

/// The local AWS's own port where a URL is shown by a host name, as the service shows it.
fn base(call: &Call<'_>) -> Option<u16> {
    call.options.service_names.then(|| call.port())
}

/// A URL has a port of its own, as an HTTP API has (decision 0008).
fn show(function: &Function, url: &FunctionUrl, by_host_name: Option<u16>) -> Value {
    let address = match by_host_name {
        Some(port) => format!("http://{}.lambda-url.localhost:{port}/", url.id),
        None => format!("http://localhost:{}/", url.port),
    };
    let mut shown = json!({
        "FunctionUrl": address,
        "FunctionArn": function.arn,
        "AuthType": "NONE",
        "InvokeMode": url.invoke_mode,
        "CreationTime": iso(url.created),
        "LastModifiedTime": iso(url.modified),
    });
    if let Some(cors) = &url.cors {
        shown["Cors"] = json!(cors);
    }
    shown
}
