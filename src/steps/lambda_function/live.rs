//! A function as Lambda describes it, and how it is compared.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, LogFormat, PackageType, State};
use construct_engine::{Change, Class, Diff, StepError};

use super::{Links, Spec};
use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::steps::marks;

/// A function as Lambda describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) role_arn: String,
    pub(super) description: String,
    pub(super) runtime: String,
    pub(super) handler: String,
    pub(super) memory: u32,
    pub(super) timeout_seconds: u32,
    pub(super) architecture: String,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) code_sha256: String,
    pub(super) log_group: String,
    pub(super) log_format: Option<LogFormat>,
    pub(super) reserved_concurrency: Option<u32>,
    pub(super) tags: Tags,
    pub(super) from_image: bool,
    pub(super) state: State,
    pub(super) last_update: LastUpdateStatus,
    /// Why the state or the last update is what it is.
    pub(super) reason: String,
}

impl Live {
    /// Whether the function is on its way to another state.
    pub(super) fn is_settling(&self) -> bool {
        matches!(self.state, State::Pending | State::Deleting | State::Deactivating)
            || self.last_update == LastUpdateStatus::InProgress
    }

    /// What is waited for, in the service's words.
    pub(super) fn status(&self) -> String {
        if self.last_update == LastUpdateStatus::InProgress {
            return format!("last update status {}", self.last_update.as_str());
        }
        format!("state {}", self.state.as_str())
    }

    /// The failure of the function or of its last change, if there is one.
    pub(super) fn failure(&self) -> Option<StepError> {
        let failed = self.state == State::Failed || self.last_update == LastUpdateStatus::Failed;
        failed.then(|| {
            StepError::new(
                Class::Failed,
                format!("the function {} failed: {}", self.name, self.reason),
            )
        })
    }
}

/// The variables that the function should have; none where that is decided elsewhere.
pub(super) fn environment(spec: &Spec, links: &Links) -> Option<BTreeMap<String, String>> {
    let mut variables = spec.environment.clone()?;
    variables.extend(links.environment.clone());
    Some(variables)
}

/// The differences that `UpdateFunctionCode` removes.
pub(super) fn code_changes(spec: &Spec, live: &Live) -> Vec<Change> {
    let short = |digest: &str| digest.chars().take(8).collect::<String>();
    let code = (live.code_sha256 != spec.code.sha256)
        .then(|| Change::new("CodeSha256", short(&live.code_sha256), short(&spec.code.sha256)));
    let architecture = Change::between("Architectures", &live.architecture, &spec.architecture);
    [code, architecture].into_iter().flatten().collect()
}

/// The differences that `UpdateFunctionConfiguration` removes. Without `links`, variables that only they would name are left
/// out.
pub(super) fn configuration_changes(
    spec: &Spec,
    links: Option<&Links>,
    live: &Live,
) -> Vec<Change> {
    let failed = (live.last_update == LastUpdateStatus::Failed)
        .then(|| Change::new("LastUpdateStatus", format!("Failed: {}", live.reason), "Successful"));
    let wanted = match links {
        Some(links) => environment(spec, links),
        None => spec.environment.clone(),
    };
    let variables = wanted.map_or_else(Vec::new, |wanted| {
        changed_variables(&wanted, &live.environment, links.is_some())
    });
    let variables =
        (!variables.is_empty()).then(|| Change::new("Environment", "", variables.join(", ")));
    [
        Change::between("Description", &live.description, &spec.description),
        Change::between("Runtime", &live.runtime, &spec.runtime),
        Change::between("Handler", &live.handler, &spec.handler),
        Change::between("MemorySize", &live.memory, &spec.memory),
        Change::between("Timeout", &live.timeout_seconds, &spec.timeout_seconds),
        links.and_then(|links| Change::between("Role", &live.role_arn, &links.role_arn)),
        variables,
        Change::between("LogGroup", &live.log_group, &spec.log_group),
        failed,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The names of the variables that differ: values may be nobody's business. With `whole`, those that are there and not wanted
/// count too.
pub(in crate::steps) fn changed_variables(
    wanted: &BTreeMap<String, String>,
    live: &BTreeMap<String, String>,
    whole: bool,
) -> Vec<String> {
    let to_set = wanted.iter().filter(|(name, value)| live.get(*name) != Some(value));
    let to_drop = live.keys().filter(|name| whole && !wanted.contains_key(*name));
    to_set
        .map(|(name, _)| format!("{name} set"))
        .chain(to_drop.map(|name| format!("{name} removed")))
        .collect()
}

/// The differences. Pure.
pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    let mut changes = code_changes(spec, live);
    changes.extend(configuration_changes(spec, links, live));
    let reserved = |reserved: Option<u32>| {
        reserved.map_or_else(|| "none".to_owned(), |number| number.to_string())
    };
    if live.reserved_concurrency != spec.reserved_concurrency {
        let (before, after) =
            (reserved(live.reserved_concurrency), reserved(spec.reserved_concurrency));
        changes.push(Change::new("ReservedConcurrentExecutions", before, after));
    }
    changes.extend(marks::changes(&spec.tags, &live.tags));
    if live.from_image {
        changes.push(Change::new("PackageType", "Image", "Zip"));
        let reason = format!("the function {} is made from an image", spec.name);
        return Diff::Replace { reason, changes };
    }
    if live.state == State::Failed {
        changes.push(Change::new("State", "Failed", "Active"));
        let reason = format!("making the function {} failed: {}", spec.name, live.reason);
        return Diff::Replace { reason, changes };
    }
    Diff::of(changes)
}

/// The function called `name`, or none.
pub(super) async fn get(cloud: &Cloud, name: &str) -> Result<Option<Live>, StepError> {
    match cloud.lambda.get_function().function_name(name).send().await {
        Ok(answer) => of(name, answer).map(Some),
        Err(error) => match classify("GetFunction", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

pub(super) fn of(name: &str, answer: GetFunctionOutput) -> Result<Live, StepError> {
    // Tags that may not be read are not tags that are missing: the function must not pass for somebody else's.
    if let Some(refused) = &answer.tags_error {
        let text = format!("the tags of the function {name} cannot be read: {}", refused.message());
        return Err(
            StepError::new(Class::Denied, text).hint("allow lambda:ListTags on the function")
        );
    }
    let missing = |what: &str| StepError::bug(format!("GetFunction answered without {what}"));
    let function = answer.configuration.ok_or_else(|| missing("a configuration"))?;
    let logging = function.logging_config.as_ref();
    let number = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    let reasons = [function.state_reason, function.last_update_status_reason];
    Ok(Live {
        name: name.to_owned(),
        arn: function.function_arn.ok_or_else(|| missing("an ARN"))?,
        role_arn: function.role.unwrap_or_default(),
        description: function.description.unwrap_or_default(),
        runtime: function.runtime.map(|runtime| runtime.as_str().to_owned()).unwrap_or_default(),
        handler: function.handler.unwrap_or_default(),
        memory: number(function.memory_size).unwrap_or_default(),
        timeout_seconds: number(function.timeout).unwrap_or_default(),
        // What Lambda takes when nobody says.
        architecture: function
            .architectures
            .and_then(|all| all.first().map(|one| one.as_str().to_owned()))
            .unwrap_or_else(|| "x86_64".to_owned()),
        environment: function
            .environment
            .and_then(|environment| environment.variables)
            .unwrap_or_default()
            .into_iter()
            .collect(),
        code_sha256: function.code_sha256.unwrap_or_default(),
        log_group: logging
            .and_then(|logging| logging.log_group())
            .map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned),
        log_format: logging.and_then(|logging| logging.log_format()).cloned(),
        reserved_concurrency: number(
            answer.concurrency.and_then(|one| one.reserved_concurrent_executions),
        ),
        tags: answer.tags.unwrap_or_default().into_iter().collect(),
        from_image: function.package_type == Some(PackageType::Image),
        state: function.state.unwrap_or(State::Active),
        last_update: function.last_update_status.unwrap_or(LastUpdateStatus::Successful),
        reason: reasons.into_iter().flatten().collect::<Vec<_>>().join("; "),
    })
}
