//! Log group of a function, made before the function so that its logs have a retention from the first line on.
//!
//! - **Name**: the spec's, under `/aws/lambda/{stack}-`, unique in account and Region.
//! - **Found**: `DescribeLogGroups` by name, then `ListTagsForResource`: no one call tells retention and tags.
//! - **Proven ours**: the tag `construct:stack`. A group that Lambda made by itself, before construct, is foreign.
//! - **In doubt**: the name is unique, so looking by name settles a lost create.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `DescribeLogGroups` by the stack's prefix, then the tags one by one.
//! - **Secret**, **protect**: none; logs go with their group.
//! - **Replace**: never.
//! - **Update that resets**: no; retention and tags have operations of their own.
//!
//! Remove it after its function: one that still runs may write its last lines, and would make the group again if its role
//! could (the roles of a stack cannot). Quota: 1,000,000 groups in an account and Region.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>

use std::time::Duration;

use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError, Waiting};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::steps::{fields, marks, waits};

/// How long another request for the same group may be under way.
const BUSY_FOR: Waiting = Waiting::up_to(Duration::from_mins(1));

/// A `CloudWatch` log group.
pub struct LogGroup;

/// What the group should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// At most 512 characters.
    pub name: String,
    /// One of the numbers that `PutRetentionPolicy` takes: 1, 3, 5, 7, 14, 30, 60, 90 …
    pub retention_days: u32,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// A group as `CloudWatch` Logs describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    arn: String,
    /// None for logs that are kept for ever.
    retention_days: Option<u32>,
    tags: Tags,
}

/// What others need of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The group's name.
    pub name: String,
    /// The group's ARN, without the `:*` that stands for its streams.
    pub arn: String,
}

impl Step<Cloud> for LogGroup {
    const KIND: &'static str = "logs.group";
    const FIELDS: &'static [&'static str] = &["retentionInDays", marks::ANY_TAG];
    type Spec = Spec;
    type Links = ();
    type Live = Live;
    type Outputs = Outputs;

    async fn read(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: Option<&()>,
        _last: Option<&Outputs>,
    ) -> Result<Presence<Live>, StepError> {
        let groups = starting_with(cx.cloud, &spec.name).await?;
        let Some(mut live) = groups.into_iter().find(|group| group.name == spec.name) else {
            return Ok(Presence::Absent);
        };
        let Some(tags) = tags_of(cx.cloud, &live.arn).await? else { return Ok(Presence::Absent) };
        live.tags.clone_from(&tags);
        Ok(marks::presence(cx.cloud, &format!("the log group {}", spec.name), &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let days =
            |days: Option<u32>| days.map_or_else(|| "for ever".to_owned(), |days| days.to_string());
        let wanted = Some(spec.retention_days);
        let retention = (live.retention_days != wanted)
            .then(|| Change::new("retentionInDays", days(live.retention_days), days(wanted)));
        Diff::of(retention.into_iter().chain(marks::changes(&spec.tags, &live.tags)).collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        cx.cloud
            .logs
            .create_log_group()
            .log_group_name(&spec.name)
            .set_tags(Some(spec.tags.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("CreateLogGroup", error))?;
        set_retention(cx, spec).await?;
        Ok(Live {
            name: spec.name.clone(),
            arn: arn(cx.cloud, &spec.name),
            retention_days: Some(spec.retention_days),
            tags: spec.tags.clone(),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        let missing = marks::among(changes);
        if !missing.is_empty() {
            cx.cloud
                .logs
                .tag_resource()
                .resource_arn(&live.arn)
                .set_tags(Some(missing.clone().into_iter().collect()))
                .send()
                .await
                .map_err(|error| classify("TagResource", error))?;
            live.tags.extend(missing);
        }
        if fields::has(changes, "retentionInDays") {
            set_retention(cx, spec).await?;
            live.retention_days = Some(spec.retention_days);
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        waits::taken(cx, BUSY_FOR, "another request for the group", || async {
            let call = cx.cloud.logs.delete_log_group().log_group_name(&outputs.name);
            call.send().await.map_err(|error| classify("DeleteLogGroup", error))
        })
        .await
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
        let prefix = format!("/aws/lambda/{}-", cx.cloud.naming.stack);
        let groups = starting_with(cx.cloud, &prefix).await?;
        let marked = try_join_all(groups.iter().map(|group| async {
            let tags = tags_of(cx.cloud, &group.arn).await?.unwrap_or_default();
            let address = cx.cloud.naming.node_of(&tags);
            Ok::<_, StepError>(address.map(|address| (address, Self::outputs(group))))
        }))
        .await?;
        Ok(marked.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        let groups = starting_with(cx.cloud, "/aws/lambda/").await?;
        let tags = |group: Live| async move {
            Ok(tags_of(cx.cloud, &group.arn).await?.unwrap_or_default())
        };
        marks::stacks(groups, tags).await
    }
}

/// The groups whose names begin with `prefix`, their tags not yet looked at.
async fn starting_with(cloud: &Cloud, prefix: &str) -> Result<Vec<Live>, StepError> {
    let groups = cloud
        .logs
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| classify("DescribeLogGroups", error))?;
    let groups = groups.into_iter().filter_map(|group| {
        let name = group.log_group_name?;
        Some(Live {
            arn: arn(cloud, &name),
            name,
            retention_days: group.retention_in_days.and_then(|days| u32::try_from(days).ok()),
            tags: Tags::new(),
        })
    });
    Ok(groups.collect())
}

/// The tags of a group, or none when it is not there.
async fn tags_of(cloud: &Cloud, arn: &str) -> Result<Option<Tags>, StepError> {
    match cloud.logs.list_tags_for_resource().resource_arn(arn).send().await {
        Ok(answer) => Ok(Some(answer.tags.unwrap_or_default().into_iter().collect())),
        Err(error) => match classify("ListTagsForResource", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

async fn set_retention(cx: &Cx<'_, Cloud>, spec: &Spec) -> Result<(), StepError> {
    cx.cloud
        .logs
        .put_retention_policy()
        .log_group_name(&spec.name)
        .retention_in_days(i32::try_from(spec.retention_days).unwrap_or(i32::MAX))
        .send()
        .await
        .map(drop)
        .map_err(|error| classify("PutRetentionPolicy", error))
}

fn arn(cloud: &Cloud, name: &str) -> String {
    cloud.naming.arn("logs", &format!("log-group:{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "/aws/lambda/acme-function-mcp-proxy".into(),
            retention_days: 30,
            tags: Tags::from([("construct:stack".into(), "acme".into())]),
        }
    }

    fn made_from(spec: &Spec) -> Live {
        Live {
            name: spec.name.clone(),
            arn: "arn:x".into(),
            retention_days: Some(spec.retention_days),
            tags: spec.tags.clone(),
        }
    }

    #[test]
    fn what_was_made_from_a_spec_is_the_same() {
        assert_eq!(LogGroup::diff(&spec(), None, &made_from(&spec())), Diff::Same);
    }

    #[test]
    fn retention_and_tags_are_compared() {
        let for_ever = Live { retention_days: None, ..made_from(&spec()) };
        let Diff::Update(changes) = LogGroup::diff(&spec(), None, &for_ever) else {
            panic!("the same")
        };
        assert_eq!(changes, [Change::new("retentionInDays", "for ever", "30")]);
        let untagged = Live { tags: Tags::new(), ..made_from(&spec()) };
        let Diff::Update(changes) = LogGroup::diff(&spec(), None, &untagged) else {
            panic!("the same")
        };
        assert_eq!(changes[0].field, "tag construct:stack");
    }
}
