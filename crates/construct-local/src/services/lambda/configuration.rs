//! A function's configuration: its defaults, the rules over several members, and how it is shown.

use serde_json::{Map, Value, json};

use super::state::{Function, Revision};
use super::{invalid, text};
use crate::service::Fault;
use crate::time::iso_with_offset;

/// Members of a call that are no part of the configuration.
const APART: [&str; 11] = [
    "FunctionName",
    "Code",
    "Publish",
    "Tags",
    "RevisionId",
    "DryRun",
    "ZipFile",
    "Qualifier",
    "S3Bucket",
    "S3Key",
    "ImageUri",
];
/// All variables together, as names, values and their separators.
const MOST_ENVIRONMENT: usize = 4096;
/// What the service sets itself.
const RESERVED: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];
/// Runtimes with which a function can be created today.
const RUNTIMES: [&str; 20] = [
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "dotnet8",
    "dotnet10",
    "ruby3.3",
    "ruby3.4",
    "provided.al2",
    "provided.al2023",
];

/// A new function's configuration.
///
/// # Errors
/// When members do not go together, or variables are too many or reserved.
pub(super) fn new(name: &str, given: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    if text(given, "PackageType") == "Image" {
        return Err(super::fault(
            501,
            "NotImplemented",
            "the local AWS has no functions from container images",
        ));
    }
    if !given.contains_key("Runtime") || !given.contains_key("Handler") {
        return Err(invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment \
             packages.",
        ));
    }
    let mut configuration = Map::new();
    for (member, default) in [
        ("Description", json!("")),
        ("Timeout", json!(3)),
        ("MemorySize", json!(128)),
        ("TracingConfig", json!({ "Mode": "PassThrough" })),
        ("PackageType", json!("Zip")),
        ("Architectures", json!(["x86_64"])),
        ("EphemeralStorage", json!({ "Size": 512 })),
        ("SnapStart", json!({ "ApplyOn": "None" })),
        ("LoggingConfig", json!({})),
    ] {
        configuration.insert(member.to_owned(), default);
    }
    change(&mut configuration, name, given)?;
    Ok(configuration)
}

/// Puts the members that were given over what was there.
///
/// # Errors
/// As [`new`].
pub(super) fn change(
    configuration: &mut Map<String, Value>,
    name: &str,
    given: &Map<String, Value>,
) -> Result<(), Fault> {
    let runtime = text(given, "Runtime");
    if given.contains_key("Runtime") && !RUNTIMES.contains(&runtime) {
        return Err(invalid(format!(
            "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum \
             value set: [{}] or be a valid ARN",
            RUNTIMES.join(", ")
        )));
    }
    check_environment(given)?;
    for (member, value) in given.iter().filter(|(name, _)| !APART.contains(&name.as_str())) {
        configuration.insert(member.clone(), value.clone());
    }
    if let Some(logging) = configuration.get_mut("LoggingConfig").and_then(Value::as_object_mut) {
        logging.entry("LogFormat").or_insert(json!("Text"));
        logging.entry("LogGroup").or_insert(json!(format!("/aws/lambda/{name}")));
        let levels = ["ApplicationLogLevel", "SystemLogLevel"];
        if logging["LogFormat"] == json!("Text") {
            if levels.iter().any(|level| logging.contains_key(*level)) {
                return Err(invalid("Log levels can only be set with the log format JSON."));
            }
        } else {
            for level in levels {
                logging.entry(level).or_insert(json!("INFO"));
            }
        }
    }
    if let Some(snap) = configuration.get_mut("SnapStart").and_then(Value::as_object_mut) {
        snap.insert("OptimizationStatus".to_owned(), json!("Off"));
    }
    Ok(())
}

const ENVIRONMENT_REFUSED: &str = "Lambda was unable to configure your environment variables because the \
                     environment variables you have provided";

fn check_environment(given: &Map<String, Value>) -> Result<(), Fault> {
    let Some(variables) =
        given.get("Environment").and_then(|environment| environment.get("Variables")?.as_object())
    else {
        return Ok(());
    };
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(invalid(format!(
            "{ENVIRONMENT_REFUSED} contains reserved keys that are currently not supported for modification. \
             Reserved keys used in this request: {}",
            reserved.join(", ")
        )));
    }
    // The model asks for two characters at least; a name of one is let through, because tools that
    // only try something out use them and nothing of ours depends on the refusal.
    if let Some(name) =
        variables.keys().find(|name| !crate::validate::matches("[a-zA-Z][a-zA-Z0-9_]*", name))
    {
        return Err(super::fault(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{name}' at 'environment.variables' failed to \
                 satisfy constraint: Map keys must satisfy constraint: [Member must satisfy \
                 regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]"
            ),
        ));
    }
    let size = Value::Object(variables.clone()).to_string().len();
    if size > MOST_ENVIRONMENT {
        return Err(invalid(format!(
            "{ENVIRONMENT_REFUSED} exceeded the 4KB limit. The size of the provided variables is {size} bytes."
        )));
    }
    Ok(())
}

/// `FunctionConfiguration` as every operation answers it.
pub(super) fn show(function: &Function, revision: &Revision, version: &str, now: i64) -> Value {
    let mut shown = revision.configuration.clone();
    let mut show = |name: &str, value: Value| {
        shown.insert(name.to_owned(), value);
    };
    let name = function.arn.rsplit(':').next().unwrap_or_default();
    let arn = if version == "$LATEST" {
        function.arn.clone()
    } else {
        format!("{}:{version}", function.arn)
    };
    show("FunctionName", json!(name));
    show("FunctionArn", json!(arn));
    show("CodeSize", json!(revision.code.size));
    show("CodeSha256", json!(revision.code.sha256));
    show("LastModified", json!(iso_with_offset(revision.modified)));
    show("Version", json!(version));
    show("RevisionId", json!(revision.id));
    let state = function.state.at(now);
    show("State", json!(state));
    if state == "Pending" {
        show("StateReason", json!("The function is being created."));
        show("StateReasonCode", json!("Creating"));
    }
    if let [reason] = function.state.reasons(now) {
        show("StateReason", json!(reason));
        show("StateReasonCode", json!("InternalError"));
    }
    show("LastUpdateStatus", json!(function.update.at(now)));
    if let [reason] = function.update.reasons(now) {
        show("LastUpdateStatusReason", json!(reason));
        show("LastUpdateStatusReasonCode", json!("InternalError"));
    }
    let runtime = text(&revision.configuration, "Runtime");
    let region = function.arn.split(':').nth(3).unwrap_or_default();
    show(
        "RuntimeVersionConfig",
        json!({ "RuntimeVersionArn": format!("arn:aws:lambda:{region}::runtime:{runtime}") }),
    );
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(extra: &Value) -> Map<String, Value> {
        let mut given =
            json!({ "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": "r" });
        if let (Some(given), Some(extra)) = (given.as_object_mut(), extra.as_object()) {
            given.extend(extra.clone());
        }
        given.as_object().cloned().unwrap()
    }

    #[test]
    fn defaults_are_the_documented_ones() {
        let configuration = new("f", &given(&json!({}))).unwrap();
        assert_eq!(configuration["Timeout"], 3);
        assert_eq!(configuration["MemorySize"], 128);
        assert_eq!(configuration["Architectures"], json!(["x86_64"]));
        assert_eq!(
            configuration["LoggingConfig"],
            json!({ "LogFormat": "Text", "LogGroup": "/aws/lambda/f" })
        );
    }

    #[test]
    fn reserved_and_oversized_environments_are_refused() {
        let reserved = given(&json!({ "Environment": { "Variables": { "AWS_REGION": "x" } } }));
        assert!(new("f", &reserved).unwrap_err().message.contains("AWS_REGION"));
        let large = json!({ "Environment": { "Variables": { "BIG": "x".repeat(4096) } } });
        assert!(new("f", &given(&large)).unwrap_err().message.contains("4KB"));
        let odd = json!({ "Environment": { "Variables": { "1A": "x" } } });
        assert_eq!(new("f", &given(&odd)).unwrap_err().code, "ValidationException");
    }

    #[test]
    fn old_runtimes_and_missing_handlers_are_refused() {
        assert!(new("f", &given(&json!({ "Runtime": "nodejs12.x" }))).is_err());
        let mut without = given(&json!({}));
        without.shift_remove("Handler");
        assert!(new("f", &without).unwrap_err().message.contains("mandatory"));
    }
}
