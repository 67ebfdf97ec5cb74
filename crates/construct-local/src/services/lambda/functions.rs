//! Functions: creating, reading, changing and deleting them.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::runtimes::Runtimes;
use super::state::{Function, Named, Revision};
use super::{
    configuration, conflict, fault, input, invalid, packages, roles, shapes, state, tags, text,
};
use crate::local::LocalAws;
use crate::page::Page;
use crate::service::{Call, Fault, Reply};
use crate::settling::Settling;

/// The service gives at most this many functions a page, whatever is asked for.
const PAGE: usize = 50;
/// Where a deployment package is fetched; its hash follows.
pub(super) const CODE_PATH: &str = "/_local/lambda/code/";
/// An account's concurrency, of which a tenth must stay unreserved.
const ACCOUNT_CONCURRENCY: u64 = 1000;
const UNRESERVED: u64 = 100;

pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::CREATE)?;
    let named = named(call, &given);
    if named.name.len() > 64 {
        return Err(fault(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{}' at 'functionName' failed to satisfy \
                 constraint: Member must have length less than or equal to 64",
                named.name
            ),
        ));
    }
    if state(call).functions.contains_key(&named.name) {
        return Err(conflict(format!("Function already exist: {}", named.name)));
    }
    let configuration = configuration::new(&named.name, &given)?;
    let tags = tags::read(given.get("Tags"))?;
    roles::check(call, text(&given, "Role"))?;
    let no_code = Map::new();
    let code = given.get("Code").and_then(Value::as_object).unwrap_or(&no_code);
    let code = packages::keep(call, code)?;
    let latest = Revision { configuration, code, modified: call.now, id: call.uuid() };
    let settles_at = call.now + call.options.delays.function_ms;
    let mut function = Function {
        arn: named.arn.clone(),
        latest,
        versions: BTreeMap::new(),
        state: Settling::until(settles_at, "Pending".to_owned(), "Active".to_owned()),
        update: Settling::until(settles_at, "InProgress".to_owned(), "Successful".to_owned()),
        tags,
        policy: IndexMap::new(),
        policy_revision: call.uuid(),
        concurrency: None,
        url: None,
    };
    let version = publish(&mut function, &given);
    let shown = configuration::show(&function, &function.latest, &version, call.now);
    state(call).functions.insert(named.name, function);
    Ok(Reply::status(201, shown))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let (named, now, port) = (named(call, &given), call.now, call.port());
    let function = state(call).function(&named)?;
    let (revision, version) = function.revision(named.qualifier.as_deref())?;
    let mut answer = json!({
        "Configuration": configuration::show(function, revision, &version, now),
        "Code": {
            "RepositoryType": "S3",
            "Location": format!(
                "http://localhost:{port}{CODE_PATH}{}",
                revision.code.blob
            ),
        },
    });
    if !function.tags.is_empty() {
        answer["Tags"] = json!(function.tags);
    }
    if let Some(reserved) = function.concurrency {
        answer["Concurrency"] = json!({ "ReservedConcurrentExecutions": reserved });
    }
    Ok(Reply::json(answer))
}

pub(super) fn get_configuration(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let (named, now) = (named(call, &given), call.now);
    let function = state(call).function(&named)?;
    let (revision, version) = function.revision(named.qualifier.as_deref())?;
    Ok(Reply::json(configuration::show(function, revision, &version, now)))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::LIST)?;
    let now = call.now;
    let size = given.get("MaxItems").and_then(Value::as_u64).unwrap_or(50);
    let size = usize::try_from(size).unwrap_or(PAGE).min(PAGE);
    let functions: Vec<(String, Value)> = state(call)
        .functions
        .iter()
        .map(|(name, function)| {
            let mut shown = configuration::show(function, &function.latest, "$LATEST", now);
            // Listings do not say in which state a function is.
            for member in ["State", "StateReason", "StateReasonCode", "LastUpdateStatus"] {
                if let Some(shown) = shown.as_object_mut() {
                    shown.shift_remove(member);
                }
            }
            (name.clone(), shown)
        })
        .collect();
    let marker = given.get("Marker").and_then(Value::as_str).filter(|marker| !marker.is_empty());
    let Page { items, next } = crate::page::page(functions, |(name, _)| name.clone(), marker, size)
        .map_err(|_foreign| invalid("The Marker is not valid."))?;
    let items: Vec<Value> = items.into_iter().map(|(_, shown)| shown).collect();
    let mut answer = json!({ "Functions": items });
    if let Some(next) = next {
        answer["NextMarker"] = json!(next);
    }
    Ok(Reply::json(answer))
}

pub(super) fn update_configuration(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_CONFIGURATION)?;
    let named = named(call, &given);
    let mut configuration = ready(call, &named, &given)?.latest.configuration.clone();
    configuration::change(&mut configuration, &named.name, &given)?;
    if given.contains_key("Role") {
        roles::check(call, text(&given, "Role"))?;
    }
    let function = begin_update(call, &named)?;
    function.latest.configuration = configuration;
    let now = function.latest.modified;
    let shown = configuration::show(function, &function.latest, "$LATEST", now);
    Ok(Reply::json(shown))
}

pub(super) fn update_code(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::UPDATE_CODE)?;
    let (named, now) = (named(call, &given), call.now);
    let function = ready(call, &named, &given)?;
    if given.get("DryRun") == Some(&json!(true)) {
        let shown = configuration::show(function, &function.latest, "$LATEST", now);
        packages::read(&given)?;
        return Ok(Reply::json(shown));
    }
    let code = packages::keep(call, &given)?;
    let function = begin_update(call, &named)?;
    function.latest.code = code;
    if let Some(architectures) = given.get("Architectures") {
        function.latest.configuration.insert("Architectures".to_owned(), architectures.clone());
    }
    let version = publish(function, &given);
    let shown = configuration::show(function, &function.latest, &version, now);
    Ok(Reply::json(shown))
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let named = named(call, &given);
    let function = state(call).function_mut(&named)?;
    match named.qualifier.as_deref() {
        None => {
            state(call).functions.remove(&named.name);
            return Ok(Reply::later(move |local: LocalAws| async move {
                local.attachment::<Runtimes>().forget(&named.arn);
                Ok(Reply::empty(204))
            }));
        }
        Some("$LATEST") => {
            return Err(invalid(
                "$LATEST version cannot be deleted without deleting the function.",
            ));
        }
        Some(version) => {
            function.revision(Some(version))?;
            if let Ok(number) = version.parse::<u64>() {
                function.versions.remove(&number);
            }
        }
    }
    Ok(Reply::empty(204))
}

pub(super) fn put_concurrency(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::PUT_CONCURRENCY)?;
    let named = named(call, &given);
    let wanted = given.get("ReservedConcurrentExecutions").and_then(Value::as_u64).unwrap_or(0);
    let state = state(call);
    state.function(&named)?;
    let others: u64 = state
        .functions
        .iter()
        .filter(|(name, _)| **name != named.name)
        .filter_map(|(_, function)| function.concurrency)
        .sum();
    if others.saturating_add(wanted) > ACCOUNT_CONCURRENCY - UNRESERVED {
        return Err(invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's \
             UnreservedConcurrentExecution below its minimum value of [{UNRESERVED}]."
        )));
    }
    state.function_mut(&named)?.concurrency = Some(wanted);
    Ok(Reply::json(json!({ "ReservedConcurrentExecutions": wanted })))
}

pub(super) fn get_concurrency(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let named = named(call, &given);
    let answer = match state(call).function(&named)?.concurrency {
        Some(reserved) => json!({ "ReservedConcurrentExecutions": reserved }),
        None => json!({}),
    };
    Ok(Reply::json(answer))
}

/// What the account may have, and has. The limits of code are the service's defaults.
pub(super) fn account_settings(call: &mut Call<'_>) -> Reply {
    let functions = &state(call).functions;
    let reserved: u64 = functions.values().filter_map(|function| function.concurrency).sum();
    Reply::json(json!({
        "AccountLimit": {
            "TotalCodeSize": 80_530_636_800_u64,
            "CodeSizeUnzipped": 262_144_000,
            "CodeSizeZipped": 52_428_800,
            "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
            "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY.saturating_sub(reserved),
        },
        "AccountUsage": { "FunctionCount": functions.len() },
    }))
}

pub(super) fn delete_concurrency(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let given = input(call, shapes::ONE)?;
    let named = named(call, &given);
    state(call).function_mut(&named)?.concurrency = None;
    Ok(Reply::empty(204))
}

pub(super) fn named(call: &Call<'_>, given: &Map<String, Value>) -> Named {
    let qualifier = given.get("Qualifier").and_then(Value::as_str);
    Named::parse(text(given, "FunctionName"), qualifier, &call.arn("lambda", "function:"))
}

/// Refuses a revision id that is not the newest.
pub(super) fn check_revision(given: &Map<String, Value>, newest: &str) -> Result<(), Fault> {
    let wanted = text(given, "RevisionId");
    if wanted.is_empty() || wanted == newest {
        return Ok(());
    }
    Err(fault(
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the \
         GetFunction/GetAlias API to retrieve the latest Revision Id",
    ))
}

/// The function, if it can be changed now.
fn ready<'a>(
    call: &'a mut Call<'_>,
    named: &Named,
    given: &Map<String, Value>,
) -> Result<&'a Function, Fault> {
    let now = call.now;
    let function = state(call).function(named)?;
    if function.state.is_settling(now) {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. The function is currently in the \
             following state: {}",
            function.state.at(now)
        )));
    }
    if function.update.is_settling(now) {
        return Err(conflict(format!(
            "The operation cannot be performed at this time. An update is in progress for \
             resource: {}",
            function.arn
        )));
    }
    check_revision(given, &function.latest.id)?;
    Ok(function)
}

fn begin_update<'a>(call: &'a mut Call<'_>, named: &Named) -> Result<&'a mut Function, Fault> {
    let (now, id) = (call.now, call.uuid());
    let settles_at = now + call.options.delays.function_ms;
    let function = state(call).function_mut(named)?;
    function.latest.modified = now;
    function.latest.id = id;
    function.update = Settling::until(settles_at, "InProgress".to_owned(), "Successful".to_owned());
    Ok(function)
}

/// Publishes a version where the call asks for it; the version that the reply names.
fn publish(function: &mut Function, given: &Map<String, Value>) -> String {
    if given.get("Publish") != Some(&json!(true)) {
        return "$LATEST".to_owned();
    }
    let last = function.versions.last_key_value();
    // The same code and configuration are not published twice.
    if let Some((number, revision)) = last
        && revision.code == function.latest.code
        && revision.configuration == function.latest.configuration
    {
        return number.to_string();
    }
    let number = last.map_or(1, |(number, _)| number + 1);
    function.versions.insert(number, function.latest.clone());
    number.to_string()
}
