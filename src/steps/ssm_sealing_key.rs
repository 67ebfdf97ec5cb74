//! Key that the functions seal cookies and identifiers with: a `SecureString` parameter of 32 random bytes.
//!
//! - **Name**: the spec's, `/construct/{stack}/keys/…`, unique in account and Region.
//! - **Found**: `ListTagsForResource` by name, one call. It tells presence and ownership without reading the value, which only
//!   a rotation does.
//! - **Proven ours**: the tag `construct:stack`.
//! - **In doubt**: `PutParameter` without overwrite makes one at most; a look by name settles it.
//! - **Two of ours**: cannot be.
//! - **Owned set**: `DescribeParameters` under the stack's key path, then the tags one by one.
//! - **Secret**: the value is made here, sent once, and neither stored nor shown. Nobody chooses it, so there is no digest: a
//!   key that is there is right.
//! - **Rotation**: an update that `construct rotate` alone asks for, by naming the key that must not stay the newest. The new
//!   one is written behind it: see `sealing_ring`.
//! - **Protect**: what was sealed with a removed key can no longer be opened: sign-ins under way, registered client ids.
//! - **Replace**: never. The description is only written with the value, so that a changed one is left as it was.
//! - **Update that resets**: tagging merges; a rotation writes value and description whole.
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

use super::sealing_ring::{SealingRing, Times, id, words};
use super::ssm_calls::{self, arn, sdk_tags, tags_of};
use super::{fields, marks};
use crate::cloud::{Cloud, Tags, classify};

/// What the state keys are for: their description.
pub const STATE: &str = "construct: seals what a login carries; rotated";
/// What the addresses of state keys begin with; a named gateway's has its name behind it.
const STATE_ADDRESS: &str = "sealing-key/state";
/// The field of a plan that stands for the key.
const KEY: &str = "key";

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
    /// The id of a key that must not stay the newest. Only a rotation says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retires: Option<String>,
}

impl Spec {
    /// The state key `name`, whose newest key is `retires` and gets another behind it. Of its tags, only `marks` count.
    pub fn to_retire(name: String, marks: Tags, retires: String) -> Self {
        Self { name, description: STATE.to_owned(), tags: marks, retires: Some(retires) }
    }
}

/// A parameter as far as it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    name: String,
    arn: String,
    tags: Tags,
    /// The id of its newest key, where a rotation asks for it.
    newest: Option<String>,
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
        let newest = match spec.retires {
            Some(_) => SealingRing::read(cx.cloud, &spec.name).await?,
            None => None,
        };
        let live = Live {
            arn: arn(cx.cloud, &spec.name),
            name: spec.name.clone(),
            tags: tags.clone(),
            newest: newest.map(|ring| ring.newest().to_owned()),
        };
        Ok(marks::presence(cx.cloud, &format!("the parameter {}", spec.name), &tags, live, false))
    }

    fn diff(spec: &Spec, _links: Option<&()>, live: &Live) -> Diff {
        let mut changes: Vec<Change> = marks::changes(&spec.tags, &live.tags).collect();
        if spec.retires.is_some() && spec.retires == live.newest {
            changes.push(Change::new(KEY, "the one that is there", "a new one, which takes over"));
        }
        Diff::of(changes)
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
            newest: id(&key),
        })
    }

    async fn update(
        cx: &Cx<'_, Cloud>,
        spec: &Spec,
        _links: &(),
        mut live: Live,
        changes: &[Change],
    ) -> Result<Live, StepError> {
        if fields::has(changes, KEY) {
            live.newest = rotate(cx, spec).await?;
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

    async fn stacks(cx: &Cx<'_, Cloud>) -> Result<Vec<String>, StepError> {
        ssm_calls::stacks(cx.cloud).await
    }
}

/// Writes a new key behind the newest, unless somebody has done so since it was looked. The id of what is the newest then.
async fn rotate(cx: &Cx<'_, Cloud>, spec: &Spec) -> Result<Option<String>, StepError> {
    let Some(ring) = SealingRing::read(cx.cloud, &spec.name).await? else {
        let message = format!("the parameter {} is gone", spec.name);
        return Err(StepError::new(Class::NotFound, message).hint("`construct up` makes it again"));
    };
    if spec.retires.as_deref() != Some(ring.newest()) {
        return Ok(Some(ring.newest().to_owned()));
    }
    let key = random_key()?;
    cx.cloud
        .ssm
        .put_parameter()
        .name(&spec.name)
        .description(&spec.description)
        .value(ring.followed_by(&key).expose_secret())
        .r#type(ParameterType::SecureString)
        .tier(ParameterTier::Standard)
        .overwrite(true)
        .send()
        .await
        .map_err(|error| classify("PutParameter", error))?;
    let Times { seals_after, refused_after } = Times::of(cx.cloud.local);
    cx.notice(format!(
        "{}: the new key seals in {}, and the old one is refused in {}. Nothing more is to be done.",
        cx.address,
        words(seals_after),
        words(refused_after)
    ));
    Ok(id(&key))
}

/// The names of the stack's state keys, by their addresses.
///
/// # Errors
/// What Systems Manager refuses.
pub async fn state_keys(cloud: &Cloud) -> Result<Vec<(Address, String)>, StepError> {
    let mut keys = ssm_calls::marked(cloud, "keys").await?;
    keys.retain(|(address, _)| {
        let rest = address.as_str().strip_prefix(STATE_ADDRESS);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    });
    Ok(keys)
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
            retires: None,
        }
    }

    #[test]
    fn only_a_rotation_looks_at_the_key_and_ends_with_another() {
        let live = |newest: Option<&str>| Live {
            name: spec().name,
            arn: "arn:x".into(),
            tags: spec().tags,
            newest: newest.map(str::to_owned),
        };
        let rotation = Spec { retires: Some("old".into()), ..spec() };
        let Diff::Update(changes) = SealingKey::diff(&rotation, None, &live(Some("old"))) else {
            panic!("the same")
        };
        assert_eq!(changes.iter().map(|change| &*change.field).collect::<Vec<_>>(), [KEY]);
        assert_eq!(SealingKey::diff(&rotation, None, &live(Some("new"))), Diff::Same);
        assert_eq!(SealingKey::diff(&spec(), None, &live(None)), Diff::Same);
        let recorded = serde_json::to_value(&rotation).unwrap();
        assert_eq!(serde_json::from_value::<Spec>(recorded).unwrap(), rotation);
        assert!(serde_json::to_value(spec()).unwrap().get("retires").is_none());
    }

    #[test]
    fn only_tags_can_differ() {
        let live = Live { name: spec().name, arn: "arn:x".into(), tags: spec().tags, newest: None };
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
