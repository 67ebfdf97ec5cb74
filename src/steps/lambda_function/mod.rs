//! Lambda function from a zip.
//!
//! - **Name**: the spec's, unique in account and Region.
//! - **Found**: `GetFunction` by name; configuration, code digest, tags and concurrency come in that one call.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: the name is unique, so looking by name settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `ListFunctions`, then the tags of those whose names begin with the stack's.
//! - **Secret**: none; keys come to a function by the names of their parameters. Values of variables are not shown in a plan.
//! - **Protect**: none.
//! - **Replace**: a function from an image cannot become one from a zip, and one whose creation failed is made again. Delete
//!   first, as the name is taken.
//! - **Update that resets**: `UpdateFunctionConfiguration` keeps what is omitted, but writes the variables as a whole, and the
//!   logging settings too: the live log format is sent along.
//!
//! The role must be assumable when the function is made, which takes some seconds after the role was: that refusal is sent
//! again. Code and configuration change one after the other, as Lambda refuses a second change while the first is under way.
//! Quotas: 75 GB of code in an account and Region, 50 MB in one zip, 4 kB of variables.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html>

mod live;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use construct_engine::{
    Address, Change, Cx, Diff, Found, Poll, Presence, Step, StepError, Waiting, until,
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::package::Code;
use crate::steps::{marks, waits};

pub use live::Live;
pub(super) use live::changed_variables;

/// Seconds are usual for a function from a zip.
const WAITING: Waiting = Waiting::up_to(Duration::from_mins(5));

/// A Lambda function.
pub struct Function;

/// What the function should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// At most 64 letters, digits, `-` and `_`.
    pub name: String,
    /// At most 256 characters.
    pub description: String,
    /// Such as `provided.al2023`.
    pub runtime: String,
    /// The entry point, in the runtime's own way.
    pub handler: String,
    /// 128 to 10,240 MB.
    pub memory: u32,
    /// 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// `arm64` or `x86_64`.
    pub architecture: String,
    /// Variables that are known while planning; none where a node of its own writes the environment.
    pub environment: Option<BTreeMap<String, String>>,
    /// The zip.
    pub code: Code,
    /// The name of the log group.
    pub log_group: String,
    /// How many may run at once, taken out of the account's quota; none for no reservation.
    pub reserved_concurrency: Option<u32>,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// What other nodes produce for the function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The role that it runs with.
    pub role_arn: String,
    /// More variables; they win over the spec's.
    pub environment: BTreeMap<String, String>,
}

/// What others need of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The function's name.
    pub name: String,
    /// The function's ARN, without a version.
    pub arn: String,
}

impl Step<Cloud> for Function {
    const KIND: &'static str = "lambda.function";
    const FIELDS: &'static [&'static str] = &[
        "CodeSha256",
        "Description",
        "Environment",
        "Handler",
        "LogGroup",
        "MemorySize",
        "ReservedConcurrentExecutions",
        "Runtime",
        "Timeout",
        marks::ANY_TAG,
    ];
    type Spec = Spec;
    type Links = Links;
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&Links>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        Ok(match live::get(cx.cloud, &spec.name).await? {
            Some(live) => presence(cx.cloud, live),
            None => Presence::Absent,
        })
    }

    fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
        live::diff(spec, links, live)
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, links: &Links) -> Result<Live, StepError> {
        // Boxed, as the calls of the SDK are large.
        Box::pin(write::create(cx, spec, links)).await
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        links: &Links,
        live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        Box::pin(write::update(cx, spec, links, live, changes)).await
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        waits::taken(cx, WAITING, "a change of the function to end", || async {
            let call = cx.cloud.lambda.delete_function().function_name(&outputs.name);
            call.send().await.map_err(|error| classify("DeleteFunction", error))
        })
        .await
    }

    async fn settle(cx: &Cx<'_, Cloud>, live: Live) -> Result<Presence<Live>, StepError> {
        Ok(match arrived(cx, &live.name).await? {
            Some(live) => presence(cx.cloud, live),
            None => Presence::Absent,
        })
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { name: live.name.clone(), arn: live.arn.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.arn.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let prefix = format!("{}-", cx.cloud.naming.stack);
        let named = list(cx.cloud).await?.into_iter().filter(|one| one.name.starts_with(&prefix));
        let marked = try_join_all(named.map(|outputs| async move {
            let address = cx.cloud.naming.node_of(&tags_of(cx.cloud, &outputs.arn).await?);
            Ok::<_, StepError>(address.map(|address| (address, outputs)))
        }))
        .await?;
        Ok(marked.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let tags = |one: Outputs| async move { tags_of(cx.cloud, &one.arn).await };
        marks::stacks(list(cx.cloud).await?, tags).await
    }
}

/// All functions of the account in this Region.
async fn list(cloud: &Cloud) -> Result<Vec<Outputs>, StepError> {
    let functions = cloud
        .lambda
        .list_functions()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| classify("ListFunctions", error))?;
    let outputs = functions
        .into_iter()
        .filter_map(|one| Some(Outputs { name: one.function_name?, arn: one.function_arn? }));
    Ok(outputs.collect())
}

fn presence(cloud: &Cloud, live: Live) -> Presence<Live> {
    let (tags, settling) = (live.tags.clone(), live.is_settling());
    let what = format!("the function {}", live.name);
    marks::presence(cloud, &what, &tags, live, settling)
}

/// Waits until the function is neither being made nor changed nor deleted; none when it is gone.
async fn arrived(cx: &Cx<'_, Cloud>, name: &str) -> Result<Option<Live>, StepError> {
    until(cx, WAITING, || async {
        Ok(match live::get(cx.cloud, name).await? {
            Some(live) if live.is_settling() => Poll::NotYet(live.status()),
            other => Poll::Ready(other),
        })
    })
    .await
}

/// The tags of a listed function; one that went since the listing has none.
async fn tags_of(cloud: &Cloud, arn: &str) -> Result<Tags, StepError> {
    match cloud.lambda.list_tags().resource(arn).send().await {
        Ok(answer) => Ok(answer.tags.unwrap_or_default().into_iter().collect()),
        Err(error) => match classify("ListTags", error) {
            error if is_not_found(&error) => Ok(Tags::new()),
            error => Err(error),
        },
    }
}
