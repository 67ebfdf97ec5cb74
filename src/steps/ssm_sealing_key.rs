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

use aws_sdk_ssm::types::{ParameterTier, ParameterType};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use construct_engine::{Address, Change, Class, Cx, Diff, Found, Presence, Step, StepError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::marks;
use super::ssm_calls::{self, arn, sdk_tags, tags_of};
use crate::cloud::{Cloud, Tags, classify};

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
            ssm_calls::tag(cx.cloud, &live.name, &missing).await?;
            live.tags.extend(missing);
        }
        Ok(live)
    }

    async fn delete(cx: &Cx<'_, Cloud>, outputs: &Outputs) -> Result<(), StepError> {
        ssm_calls::delete(cx.cloud, &outputs.name).await
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
        let marked = ssm_calls::marked(cx.cloud, "keys").await?;
        let outputs = |name: String| Outputs { arn: arn(cx.cloud, &name), name };
        Ok(marked.into_iter().map(|(address, name)| (address, outputs(name))).collect())
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

#[cfg(test)]
mod tests {
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
}
