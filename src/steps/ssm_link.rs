//! What the stack keeps in a container that is not its own, remembered: a parameter whose value names the container.
//!
//! A bucket or a user pool that existed before has no mark of the stack, so that nothing in the account would tell a
//! clean-up without the journal where to look. Kinds that live in such a container name this one as their parent, and look
//! through every container that the links name.
//!
//! - **Name**: the spec's, `/construct/{stack}/links/…`, unique in account and Region. It holds the container's name too, so
//!   that another container is another link: the old one stays until what is in it is gone.
//! - **Found**: `ListTagsForResource` and `GetParameter` by name.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: `PutParameter` without overwrite makes one at most; a look by name settles it.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `DescribeParameters` under the stack's path for links, then the tags and values one by one.
//! - **Secret**: none: a plain `String`.
//! - **Protect**: nothing: what people lose is lost with what is in the container.
//! - **Replace**: never. **Update that resets**: the value is written whole.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use construct_engine::{Address, Change, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::marks;
use super::ssm_calls::{self, sdk_tags, tags_of};
use crate::cloud::{Cloud, Tags, classify, is_not_found};

/// A parameter that names a container of somebody else's.
pub struct Link;

/// What the parameter should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The parameter's full name, beginning with `/`.
    pub name: String,
    /// The container: a bucket's name, a user pool's id.
    pub value: String,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// A parameter as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    value: String,
    tags: Tags,
}

/// What the link says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The parameter's full name.
    pub name: String,
    /// The container.
    pub value: String,
}

impl Step<Cloud> for Link {
    const KIND: &'static str = "ssm.link";
    const FIELDS: &'static [&'static str] = &[marks::ANY_TAG];
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
        let Some(tags) = tags_of(cx.cloud, &spec.name).await? else { return Ok(Presence::Absent) };
        let Some(value) = value_of(cx.cloud, &spec.name).await? else {
            return Ok(Presence::Absent);
        };
        let live = Live { name: spec.name.clone(), value, tags: tags.clone() };
        Ok(marks::presence(cx.cloud, &format!("the parameter {}", spec.name), &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let value = (spec.value != live.value)
            .then(|| Change::new("value", live.value.clone(), spec.value.clone()));
        Diff::of(value.into_iter().chain(marks::changes(&spec.tags, &live.tags)).collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        cx.cloud
            .ssm
            .put_parameter()
            .name(&spec.name)
            .description("construct: where the stack keeps something in a container of others")
            .value(&spec.value)
            .r#type(ParameterType::String)
            .tier(ParameterTier::Standard)
            .overwrite(false)
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|error| classify("PutParameter", error))?;
        let Spec { name, value, tags } = spec.clone();
        Ok(Live { name, value, tags })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if live.value != spec.value {
            cx.cloud
                .ssm
                .put_parameter()
                .name(&live.name)
                .value(&spec.value)
                .r#type(ParameterType::String)
                .overwrite(true)
                .send()
                .await
                .map_err(|error| classify("PutParameter", error))?;
            live.value.clone_from(&spec.value);
        }
        let missing = marks::among(changes);
        if !missing.is_empty() {
            ssm_calls::tag(cx.cloud, &live.name, &missing).await?;
            live.tags.extend(missing);
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        ssm_calls::delete(cx.cloud, &outputs.name).await
    }

    fn outputs(live: &Live) -> Outputs {
        Outputs { name: live.name.clone(), value: live.value.clone() }
    }

    fn identity(outputs: &Outputs) -> String {
        outputs.name.clone()
    }

    async fn discover(
        cx: &Cx<'_, Cloud>,
        _found: &Found,
    ) -> Result<Vec<(Address, Outputs)>, StepError> {
        let marked = ssm_calls::marked(cx.cloud, "links").await?;
        let links = try_join_all(marked.into_iter().map(|(address, name)| async move {
            let value = value_of(cx.cloud, &name).await?;
            Ok::<_, StepError>(value.map(|value| (address, Outputs { name, value })))
        }))
        .await?;
        Ok(links.into_iter().flatten().collect())
    }

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        ssm_calls::stacks(cx.cloud).await
    }
}

/// The value of the parameter `name`, or none when it is not there.
async fn value_of(cloud: &Cloud, name: &str) -> Result<Option<String>, StepError> {
    match cloud.ssm.get_parameter().name(name).send().await {
        Ok(answer) => Ok(answer.parameter.and_then(|parameter| parameter.value)),
        Err(error) => match classify("GetParameter", error) {
            error if is_not_found(&error) => Ok(None),
            error => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_value_and_a_missing_tag_are_changes() {
        let tags = Tags::from([("construct:stack".into(), "acme".into())]);
        let name = "/construct/acme/links/bucket.schemas".to_owned();
        let spec = Spec { name: name.clone(), value: "schemas".into(), tags: tags.clone() };
        let live = Live { name, value: "schemas".into(), tags };
        assert_eq!(Link::diff(&spec, None, &live), Diff::Same);
        let other = Live { value: "other".into(), tags: Tags::new(), ..live };
        let changes = vec![
            Change::new("value", "other", "schemas"),
            Change::new("tag construct:stack", "", "acme"),
        ];
        assert_eq!(Link::diff(&spec, None, &other), Diff::Update(changes));
    }
}
