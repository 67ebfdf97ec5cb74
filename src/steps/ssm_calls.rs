//! Calls of Systems Manager that all kinds of parameters share.

use aws_sdk_ssm::operation::describe_parameters::DescribeParametersOutput;
use aws_sdk_ssm::types::{ParameterStringFilter, ResourceTypeForTagging, Tag};
use construct_engine::{Address, StepError};
use futures_util::future::try_join_all;

use crate::cloud::{Cloud, PARAMETER_ROOT, Tags, classify, is_not_found};

/// The ARN of the parameter `name`, which begins with `/`.
pub(super) fn arn(cloud: &Cloud, name: &str) -> String {
    cloud.naming.arn("ssm", &format!("parameter{name}"))
}

/// The tags of the parameter `name`, or none when it is not there.
pub(super) async fn tags_of(cloud: &Cloud, name: &str) -> Result<Option<Tags>, StepError> {
    let request = cloud
        .ssm
        .list_tags_for_resource()
        .resource_type(ResourceTypeForTagging::Parameter)
        .resource_id(name);
    match request.send().await {
        Ok(answer) => {
            let tags = answer.tag_list().iter();
            Ok(Some(tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()))
        }
        Err(error) => match classify("ListTagsForResource", error) {
            error if names_nothing(&error) => Ok(None),
            error => Err(error),
        },
    }
}

/// The tagging operations of Systems Manager have a not-found of their own, `InvalidResourceId`.
fn names_nothing(error: &StepError) -> bool {
    let code = error.detail.as_ref().and_then(|detail| detail.code.as_deref());
    is_not_found(error) || code == Some("InvalidResourceId")
}

pub(super) fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().expect("a tag has a key and a value")
        })
        .collect()
}

/// Adds `tags` to the parameter `name`.
pub(super) async fn tag(cloud: &Cloud, name: &str, tags: &Tags) -> Result<(), StepError> {
    cloud
        .ssm
        .add_tags_to_resource()
        .resource_type(ResourceTypeForTagging::Parameter)
        .resource_id(name)
        .set_tags(Some(sdk_tags(tags)))
        .send()
        .await
        .map_err(|error| classify("AddTagsToResource", error))?;
    Ok(())
}

/// Removes the parameter `name`; one that is gone already is a success.
pub(super) async fn delete(cloud: &Cloud, name: &str) -> Result<(), StepError> {
    match cloud.ssm.delete_parameter().name(name).send().await {
        Ok(_) => Ok(()),
        Err(error) => match classify("DeleteParameter", error) {
            error if is_not_found(&error) => Ok(()),
            error => Err(error),
        },
    }
}

/// The stack's parameters in one of its folders, with the nodes that their tags name.
pub(super) async fn marked(
    cloud: &Cloud,
    folder: &str,
) -> Result<Vec<(Address, String)>, StepError> {
    let path = format!("{PARAMETER_ROOT}{}/{folder}", cloud.naming.stack);
    let names = under(cloud, &path, "OneLevel").await?;
    let marked = try_join_all(names.into_iter().map(|name| async move {
        let tags = tags_of(cloud, &name).await?.unwrap_or_default();
        Ok::<_, StepError>(cloud.naming.node_of(&tags).map(|address| (address, name)))
    }))
    .await?;
    Ok(marked.into_iter().flatten().collect())
}

/// The stacks that have a parameter, be it the lock: the names tell.
pub(super) async fn stacks(cloud: &Cloud) -> Result<Vec<String>, StepError> {
    let read = || under(cloud, PARAMETER_ROOT.trim_end_matches('/'), "Recursive");
    let names = cloud.lists.once("ssm.parameters", read).await?;
    let stack =
        |name: &String| Some(name.strip_prefix(PARAMETER_ROOT)?.split_once('/')?.0.to_owned());
    Ok(names.iter().filter_map(stack).collect())
}

/// The names of the parameters under `path`: in it, or as deep as they may lie.
async fn under(cloud: &Cloud, path: &str, depth: &str) -> Result<Vec<String>, StepError> {
    let filter = ParameterStringFilter::builder()
        .key("Path")
        .option(depth)
        .values(path)
        .build()
        .expect("a filter has a key");
    let pages = cloud
        .ssm
        .describe_parameters()
        .parameter_filters(filter)
        .into_paginator()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| classify("DescribeParameters", error))?;
    let all = pages.iter().flat_map(DescribeParametersOutput::parameters);
    Ok(all.filter_map(|one| one.name().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use construct_engine::{Class, ServiceDetail};

    use super::*;

    #[test]
    fn only_the_typed_refusal_means_that_nothing_is_there() {
        let coded = |class, code: &str| {
            StepError::new(class, "ListTagsForResource was refused")
                .detail(ServiceDetail { code: Some(code.into()), ..ServiceDetail::default() })
        };
        assert!(names_nothing(&coded(Class::Invalid, "InvalidResourceId")));
        assert!(names_nothing(&coded(Class::NotFound, "ParameterNotFound")));
        assert!(!names_nothing(&coded(Class::Invalid, "InvalidResourceType")));
        assert!(!names_nothing(&StepError::new(Class::Denied, "no")));
    }
}
