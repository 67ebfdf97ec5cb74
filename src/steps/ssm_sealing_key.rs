//! Key that the functions seal cookies and identifiers with: a `SecureString` parameter of 32 random bytes.
//!
//! - **Name**: the spec's, `/construct/{stack}/keys/…`, unique in account and Region.
//! - **Found**: `ListTagsForResource` by name, one call. It tells presence and ownership without reading the value, so that a
//!   deployer needs no right to read keys.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: `PutParameter` without overwrite makes one at most; a look by name settles it.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `DescribeParameters` under the stack's key path, then the tags one by one.
//! - **Secret**: the value is made here, sent once, and neither read back nor stored nor shown. Nobody chooses it, so there
//!   is no digest: a key that is there is right.
//! - **Protect**: what was sealed with a removed key can no longer be opened: sign-ins under way, registered client ids.
//! - **Replace**: never. The description is only written with the value, so that a changed one is left as it was.
//! - **Update that resets**: only tags are updated, and tagging merges.
//!
//! Adopting a parameter means trusting that it holds 32 bytes in base64: its value is not looked at. Quota: 10,000 standard
//! parameters in an account and Region.
//!
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

use aws_sdk_ssm::operation::describe_parameters::DescribeParametersOutput;
use aws_sdk_ssm::types::{
    ParameterStringFilter, ParameterTier, ParameterType, ResourceTypeForTagging, Tag,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};
use futures_util::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, Tags, classify, is_not_found};
use crate::steps::marks;

/// A key in a `SecureString` parameter.
pub struct SealingKey;

/// What the parameter should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The parameter's full name, beginning with `/`.
    pub name: String,
    /// What the key is for.
    pub description: String,
    /// The marks and the user's tags.
    pub tags: Tags,
}

/// A parameter as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    arn: String,
    tags: Tags,
}

/// Where the key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outputs {
    /// The parameter's full name.
    pub name: String,
    /// The parameter's ARN.
    pub arn: String,
}

impl Step<Cloud> for SealingKey {
    const KIND: &'static str = "ssm.sealing-key";
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
        let live =
            Live { arn: arn(cx.cloud, &spec.name), name: spec.name.clone(), tags: tags.clone() };
        Ok(marks::presence(cx.cloud, &format!("the parameter {}", spec.name), &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        Diff::of(marks::changes(&spec.tags, &live.tags).collect())
    }

    async fn create(cx: &Cx<'_, Cloud>, spec: &Spec, _links: &()) -> Result<Live, StepError> {
        let key = random_key()?;
        cx.cloud
            .ssm
            .put_parameter()
            .name(&spec.name)
            .description(&spec.description)
            .value(key.expose_secret())
            .r#type(ParameterType::SecureString)
            .tier(ParameterTier::Standard)
            .overwrite(false)
            .set_tags(Some(sdk_tags(&spec.tags)))
            .send()
            .await
            .map_err(|error| classify("PutParameter", error))?;
        Ok(Live {
            name: spec.name.clone(),
            arn: arn(cx.cloud, &spec.name),
            tags: spec.tags.clone(),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        _changes: &[Change],
    ) -> Result<Live, StepError> {
        let missing = marks::missing(&spec.tags, &live.tags);
        if !missing.is_empty() {
            cx.cloud
                .ssm
                .add_tags_to_resource()
                .resource_type(ResourceTypeForTagging::Parameter)
                .resource_id(&live.name)
                .set_tags(Some(sdk_tags(&missing)))
                .send()
                .await
                .map_err(|error| classify("AddTagsToResource", error))?;
            live.tags.extend(missing);
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        match cx.cloud.ssm.delete_parameter().name(&outputs.name).send().await {
            Ok(_) => Ok(()),
            Err(error) => match classify("DeleteParameter", error) {
                error if is_not_found(&error) => Ok(()),
                error => Err(error),
            },
        }
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
        let filter = ParameterStringFilter::builder()
            .key("Path")
            .option("OneLevel")
            .values(format!("/construct/{}/keys", cx.cloud.naming.stack))
            .build()
            .expect("a filter has a key");
        let pages = cx
            .cloud
            .ssm
            .describe_parameters()
            .parameter_filters(filter)
            .into_paginator()
            .send()
            .collect::<Result<Vec<_>, _>>()
            .await
            .map_err(|error| classify("DescribeParameters", error))?;
        let names = pages
            .iter()
            .flat_map(DescribeParametersOutput::parameters)
            .filter_map(|one| one.name());
        let marked = try_join_all(names.map(|name| async move {
            let tags = tags_of(cx.cloud, name).await?.unwrap_or_default();
            let outputs = Outputs { name: name.to_owned(), arn: arn(cx.cloud, name) };
            Ok::<_, StepError>(cx.cloud.naming.node_of(&tags).map(|address| (address, outputs)))
        }))
        .await?;
        Ok(marked.into_iter().flatten().collect())
    }
}

/// 32 bytes of the operating system's randomness, in base64.
fn random_key() -> Result<SecretString, StepError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        StepError::new(Class::Failed, format!("the operating system gives no randomness: {error}"))
    })?;
    Ok(SecretString::from(BASE64_STANDARD.encode(bytes)))
}

/// The ARN of the parameter `name`, which begins with `/`.
fn arn(cloud: &Cloud, name: &str) -> String {
    cloud.naming.arn("ssm", &format!("parameter{name}"))
}

/// The tags of the parameter `name`, or none when it is not there.
async fn tags_of(cloud: &Cloud, name: &str) -> Result<Option<Tags>, StepError> {
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

fn sdk_tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| {
            Tag::builder().key(key).value(value).build().expect("a tag has a key and a value")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use construct_engine::ServiceDetail;

    use super::*;

    fn spec() -> Spec {
        Spec {
            name: "/construct/acme/keys/state".into(),
            description: "seals sign-ins".into(),
            tags: Tags::from([("construct:stack".into(), "acme".into())]),
        }
    }

    #[test]
    fn only_tags_can_differ() {
        let live = Live { name: spec().name, arn: "arn:x".into(), tags: spec().tags };
        assert_eq!(SealingKey::diff(&spec(), None, &live), Diff::Same);
        assert_eq!(
            SealingKey::diff(&Spec { description: "other".into(), ..spec() }, None, &live),
            Diff::Same
        );
        let untagged = Live { tags: Tags::new(), ..live };
        let Diff::Update(changes) = SealingKey::diff(&spec(), None, &untagged) else {
            panic!("the same")
        };
        assert_eq!(changes, [Change::new("tag construct:stack", "", "acme")]);
    }

    #[test]
    fn keys_are_32_bytes_and_never_the_same() {
        let (one, two) = (random_key().unwrap(), random_key().unwrap());
        assert_eq!(BASE64_STANDARD.decode(one.expose_secret()).unwrap().len(), 32);
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

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
