//! Tags of AgentCore's objects: none of its Get calls answers with them, so that they take a call of their own.
//!
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_ListTagsForResource.html>.

use std::sync::Arc;

use construct_engine::{Cx, StepError};

use super::marks;
use crate::cloud::{Cloud, Tags, classify, is_not_found};

/// The tags of the object at `arn`; none when it is gone. Read once for the node and for the discovery.
pub(super) async fn read(cx: &Cx<'_, Cloud>, arn: &str) -> Result<Arc<Tags>, StepError> {
    let read = || async {
        let answer = cx.cloud.agentcore.list_tags_for_resource().resource_arn(arn).send().await;
        match answer.map_err(|error| classify("ListTagsForResource", error)) {
            Ok(answer) => Ok(answer.tags.unwrap_or_default().into_iter().collect()),
            Err(error) if is_not_found(&error) => Ok(Tags::new()),
            Err(error) => Err(error),
        }
    };
    cx.cloud.lists.once(&format!("agentcore.tags {arn}"), read).await
}

/// The stacks that the tags of the objects at `arns` name.
pub(super) async fn stacks(
    cx: &Cx<'_, Cloud>,
    arns: impl Iterator<Item = String>,
) -> Result<Vec<String>, StepError> {
    let tags = |arn: String| async move { Ok(Tags::clone(&*read(cx, &arn).await?)) };
    marks::stacks(arns.collect(), tags).await
}

/// Puts the tags that `wanted` has and `live` lacks on the object at `arn`; no call when there is none.
pub(super) async fn complete(
    cx: &Cx<'_, Cloud>,
    arn: &str,
    wanted: &Tags,
    live: &Tags,
) -> Result<Tags, StepError> {
    let missing = marks::missing(wanted, live);
    let mut tags = live.clone();
    if !missing.is_empty() {
        cx.cloud
            .agentcore
            .tag_resource()
            .resource_arn(arn)
            .set_tags(Some(missing.clone().into_iter().collect()))
            .send()
            .await
            .map_err(|error| classify("TagResource", error))?;
        tags.extend(missing);
    }
    Ok(tags)
}
