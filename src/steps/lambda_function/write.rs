//! Making and changing a function: the calls, their order, and the waits between them.

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, FunctionCode, LastUpdateStatus, LoggingConfig, Runtime, State,
};
use construct_engine::{Change, Class, Cx, StepError};

use super::live::{Live, configuration_changes, environment};
use super::{Links, Spec, arrived};
use crate::cloud::{Cloud, classify, propagation};
use crate::steps::{fields, marks};

/// Makes the function and returns once it can be invoked.
pub(super) async fn create(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    links: &Links,
) -> Result<Live, StepError> {
    let code = FunctionCode::builder().zip_file(Blob::new(spec.code.bytes()?)).build();
    // Boxed, as the calls of the SDK are large.
    let answer =
        Box::pin(propagation::retried(cx, propagation::lambda_cannot_assume_role, || async {
            cx.cloud
                .lambda
                .create_function()
                .function_name(&spec.name)
                .description(&spec.description)
                .runtime(Runtime::from(spec.runtime.as_str()))
                .handler(&spec.handler)
                .memory_size(number(spec.memory))
                .timeout(number(spec.timeout_seconds))
                .architectures(Architecture::from(spec.architecture.as_str()))
                .role(&links.role_arn)
                .set_environment(variables(spec, links))
                .logging_config(LoggingConfig::builder().log_group(&spec.log_group).build())
                .code(code.clone())
                .set_tags(Some(spec.tags.clone().into_iter().collect()))
                .send()
                .await
                .map_err(|error| classify("CreateFunction", error))
        }))
        .await?;
    let mut live = if matches!(answer.state, None | Some(State::Active)) {
        made(spec, links, answer.function_arn, answer.logging_config)?
    } else {
        usable(cx, &spec.name).await?
    };
    if spec.reserved_concurrency.is_some() {
        set_concurrency(cx.cloud, spec).await?;
        live.reserved_concurrency = spec.reserved_concurrency;
    }
    Ok(live)
}

/// Makes only the calls whose fields differ, one after the other.
pub(super) async fn update(
    cx: &Cx<'_, Cloud>,
    spec: &Spec,
    links: &Links,
    mut live: Live,
    changes: &[Change],
) -> Result<Live, StepError> {
    let has = |field: &str| fields::has(changes, field);
    // First the tags: an adopted function is marked before anything else is done to it.
    let missing = marks::among(changes);
    if !missing.is_empty() {
        cx.cloud
            .lambda
            .tag_resource()
            .resource(&live.arn)
            .set_tags(Some(missing.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("TagResource", error))?;
        live.tags.extend(missing);
    }
    if has("CodeSha256") || has("Architectures") {
        if !has("CodeSha256") && live.code_sha256 != spec.code.sha256 {
            return Err(needs_its_code(&spec.name));
        }
        let status = update_code(cx.cloud, spec).await?;
        live = after_change(cx, live, status, |live| {
            live.code_sha256.clone_from(&spec.code.sha256);
            live.architecture.clone_from(&spec.architecture);
        })
        .await?;
    }
    let differing = configuration_changes(spec, Some(links), &live);
    if differing.iter().any(|change| has(&change.field)) {
        let status = update_configuration(cx, (spec, links), &live, changes).await?;
        live = after_change(cx, live, status, |live| {
            live.role_arn.clone_from(&links.role_arn);
            live.last_update = LastUpdateStatus::Successful;
        })
        .await?;
    }
    if has("ReservedConcurrentExecutions") {
        set_concurrency(cx.cloud, spec).await?;
        live.reserved_concurrency = spec.reserved_concurrency;
    }
    Ok(live)
}

/// After a change: what the function is once it has taken effect. `change` does to the live function what the call did, so
/// that nothing has to be read where the answer says that it has taken effect already.
async fn after_change(
    cx: &Cx<'_, Cloud>,
    mut live: Live,
    status: Option<LastUpdateStatus>,
    change: impl FnOnce(&mut Live) + Send,
) -> Result<Live, StepError> {
    if matches!(status, None | Some(LastUpdateStatus::Successful)) {
        change(&mut live);
        return Ok(live);
    }
    usable(cx, &live.name).await
}

/// Waits until the function has arrived, and fails with the service's reasons when it has in vain.
async fn usable(cx: &Cx<'_, Cloud>, name: &str) -> Result<Live, StepError> {
    let Some(live) = arrived(cx, name).await? else {
        return Err(StepError::new(
            Class::Failed,
            format!("the function {name} went while it was changed"),
        ));
    };
    live.failure().map_or(Ok(live), Err)
}

async fn update_code(cloud: &Cloud, spec: &Spec) -> Result<Option<LastUpdateStatus>, StepError> {
    cloud
        .lambda
        .update_function_code()
        .function_name(&spec.name)
        .zip_file(Blob::new(spec.code.bytes()?))
        .architectures(Architecture::from(spec.architecture.as_str()))
        .send()
        .await
        .map(|answer| answer.last_update_status)
        .map_err(|error| classify("UpdateFunctionCode", error))
}

/// An architecture comes with the code that is made for it, and that code is left to somebody else.
fn needs_its_code(name: &str) -> StepError {
    StepError::new(
        Class::Invalid,
        format!("the architecture of {name} cannot change while its code is left alone"),
    )
    .hint("keep the architecture, or take CodeSha256 out of `ignore`")
}

/// Sends what of the configuration is among `changes`; Lambda keeps what is left out.
async fn update_configuration(
    cx: &Cx<'_, Cloud>,
    (spec, links): (&Spec, &Links),
    live: &Live,
    changes: &[Change],
) -> Result<Option<LastUpdateStatus>, StepError> {
    let has = |field| fields::has(changes, field);
    let text = |field, value: &String| has(field).then(|| value.clone());
    let logging = || {
        LoggingConfig::builder()
            .log_group(&spec.log_group)
            .set_log_format(live.log_format.clone())
            .build()
    };
    let logging = has("LogGroup").then(logging);
    Box::pin(propagation::retried(cx, propagation::lambda_cannot_assume_role, || async {
        cx.cloud
            .lambda
            .update_function_configuration()
            .function_name(&spec.name)
            .set_description(text("Description", &spec.description))
            .set_runtime(has("Runtime").then(|| Runtime::from(spec.runtime.as_str())))
            .set_handler(text("Handler", &spec.handler))
            .set_memory_size(has("MemorySize").then(|| number(spec.memory)))
            .set_timeout(has("Timeout").then(|| number(spec.timeout_seconds)))
            .role(&links.role_arn)
            .set_environment(variables(spec, links).filter(|_| has("Environment")))
            .set_logging_config(logging.clone())
            .send()
            .await
            .map(|answer| answer.last_update_status)
            .map_err(|error| classify("UpdateFunctionConfiguration", error))
    }))
    .await
}

async fn set_concurrency(cloud: &Cloud, spec: &Spec) -> Result<(), StepError> {
    match spec.reserved_concurrency {
        Some(reserved) => cloud
            .lambda
            .put_function_concurrency()
            .function_name(&spec.name)
            .reserved_concurrent_executions(number(reserved))
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("PutFunctionConcurrency", error)),
        None => cloud
            .lambda
            .delete_function_concurrency()
            .function_name(&spec.name)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("DeleteFunctionConcurrency", error)),
    }
}

/// The function that was just made from `spec` and `links`.
fn made(
    spec: &Spec,
    links: &Links,
    arn: Option<String>,
    logging: Option<LoggingConfig>,
) -> Result<Live, StepError> {
    Ok(Live {
        name: spec.name.clone(),
        arn: arn.ok_or_else(|| StepError::bug("CreateFunction answered without an ARN"))?,
        role_arn: links.role_arn.clone(),
        description: spec.description.clone(),
        runtime: spec.runtime.clone(),
        handler: spec.handler.clone(),
        memory: spec.memory,
        timeout_seconds: spec.timeout_seconds,
        architecture: spec.architecture.clone(),
        environment: environment(spec, links).unwrap_or_default(),
        code_sha256: spec.code.sha256.clone(),
        log_group: spec.log_group.clone(),
        log_format: logging.and_then(|logging| logging.log_format),
        reserved_concurrency: None,
        tags: spec.tags.clone(),
        from_image: false,
        state: State::Active,
        last_update: LastUpdateStatus::Successful,
        reason: String::new(),
    })
}

fn variables(spec: &Spec, links: &Links) -> Option<Environment> {
    let variables = environment(spec, links)?.into_iter().collect();
    Some(Environment::builder().set_variables(Some(variables)).build())
}

/// Numbers past the SDK's range are past the service's too, which then says so.
fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
