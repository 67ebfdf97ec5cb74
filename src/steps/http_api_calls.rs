//! What the four kinds of an HTTP API share: pages, ARNs, tags, and removal in spite of the service being busy.

use std::future::Future;
use std::time::Duration;

use construct_engine::{Cx, StepError, Waiting};

use super::{marks, waits};
use crate::cloud::{Cloud, Tags, classify};

/// The largest page, as the text that the API wants.
pub(super) const PAGE: &str = "500";

/// How long the service may refuse a removal because another change of the same API is under way.
const BUSY_FOR: Waiting = Waiting::up_to(Duration::from_mins(1));

/// The ARN of an API, under which its parts have theirs. It names no account.
pub(super) fn arn(cx: &Cx<'_, Cloud>, api_id: &str) -> String {
    let naming = &cx.cloud.naming;
    format!("arn:{}:apigateway:{}::/apis/{api_id}", naming.partition, naming.region)
}

/// Everything that a list call has, page by page: this SDK has no paginators for it.
pub(super) async fn pages<T, F>(
    mut page: impl FnMut(Option<String>) -> F,
) -> Result<Vec<T>, StepError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), StepError>>,
{
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let (items, next) = page(token.clone()).await?;
        all.extend(items);
        // An empty token, or the same one again, would never end.
        match next.filter(|next| !next.is_empty() && Some(next) != token.as_ref()) {
            Some(next) => token = Some(next),
            None => return Ok(all),
        }
    }
}

/// Puts the tags that `wanted` has and `live` lacks on the object at `arn`; no call when there is none.
pub(super) async fn complete_tags(
    cx: &Cx<'_, Cloud>,
    arn: &str,
    wanted: &Tags,
    live: &Tags,
) -> Result<Tags, StepError> {
    let missing = marks::missing(wanted, live);
    let mut tags = live.clone();
    if !missing.is_empty() {
        cx.cloud
            .apigateway
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

/// Sends a removal of a part until the API is free for it.
///
/// # Errors
/// As [`waits::taken`].
pub(super) async fn taken<T, F>(
    cx: &Cx<'_, Cloud>,
    removal: impl Fn() -> F,
) -> Result<(), StepError>
where
    F: Future<Output = Result<T, StepError>>,
{
    waits::taken(cx, BUSY_FOR, "the HTTP API to let go of it", removal).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_pages_are_read_and_a_token_that_repeats_ends_it() {
        let page = |token: Option<String>| async move {
            Ok(match token.as_deref() {
                None => (vec![1], Some("a".to_owned())),
                Some("a") => (vec![2, 3], Some("b".to_owned())),
                _ => (vec![4], Some("b".to_owned())),
            })
        };
        assert_eq!(pages(page).await.unwrap(), [1, 2, 3, 4]);
    }
}
