//! The parameter that is the lock: who stands in it, and the last sign of life of that run.
//!
//! All times are the service's own: when it last wrote the parameter, and the dates of its answers. Two machines need not
//! agree on the time.

use std::time::{Duration, SystemTime};

use aws_sdk_ssm::types::{ParameterType, ResourceTypeForTagging, Tag};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use construct_engine::{Class, StepError};

use super::Holder;
use crate::cloud::{Cloud, PARAMETER_ROOT, RawAnswer, classify};

/// The tag with the sign of life: the run, and when it last saw itself in the parameter.
///
/// A tag and not the value, as writing the value would put a run back that was just evicted. One that is late by a moment
/// leaves a tag that names it, which says nothing about the run in the value.
const SEEN: &str = "construct:seen";

/// The lock's parameter in the account.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    ssm: aws_sdk_ssm::Client,
    name: String,
}

/// What one look shows.
pub(super) struct Looked {
    pub(super) holder: Holder,
    /// When the holder was written.
    written: Option<DateTime>,
    /// When it was looked.
    now: DateTime,
}

impl Parameter {
    /// The lock of `cloud`'s stack.
    pub(super) fn of(cloud: &Cloud) -> Self {
        let name = format!("{PARAMETER_ROOT}{}/lock", cloud.naming.stack);
        Self { ssm: cloud.lock.clone(), name }
    }

    pub(super) async fn put(&self, holder: &Holder, overwrite: bool) -> Result<(), StepError> {
        let value = serde_json::to_string(holder).expect("a holder is plain data that serialises");
        self.ssm
            .put_parameter()
            .name(&self.name)
            .value(value)
            .r#type(ParameterType::String)
            .overwrite(overwrite)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("PutParameter", error))
    }

    pub(super) async fn read(&self) -> Result<Option<Looked>, StepError> {
        let raw = RawAnswer::default();
        let sent =
            self.ssm.get_parameter().name(&self.name).customize().interceptor(raw.clone()).send();
        let answer = match sent.await.map_err(|error| classify("GetParameter", error)) {
            Ok(answer) => answer,
            Err(error) if error.class == Class::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let parameter = answer.parameter();
        let value = parameter.and_then(|parameter| parameter.value()).unwrap_or_default();
        let holder = serde_json::from_str(value).map_err(|_not_a_holder| {
            let message = format!("the parameter {} is not a lock of construct", self.name);
            StepError::new(Class::Foreign, message)
        })?;
        let written = parameter.and_then(|parameter| parameter.last_modified_date()).copied();
        // What is not AWS may leave the date out.
        let now = raw.date().unwrap_or_else(|| SystemTime::now().into());
        Ok(Some(Looked { holder, written, now }))
    }

    pub(super) async fn delete(&self) -> Result<(), StepError> {
        let sent = self.ssm.delete_parameter().name(&self.name).send().await;
        match sent.map_err(|error| classify("DeleteParameter", error)) {
            Err(error) if error.class != Class::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Leaves a sign that the holder lived at the moment of `looked`.
    pub(super) async fn sign(&self, looked: &Looked) -> Result<(), StepError> {
        let Ok(moment) = looked.now.fmt(Format::DateTime) else { return Ok(()) };
        let sign = Tag::builder().key(SEEN).value(format!("{} {moment}", looked.holder.run));
        self.ssm
            .add_tags_to_resource()
            .resource_type(ResourceTypeForTagging::Parameter)
            .resource_id(&self.name)
            .tags(sign.build().expect("a key and a value make a tag"))
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("AddTagsToResource", error))
    }

    /// How long before `looked` its holder gave its last sign of life; none where that cannot be told.
    pub(super) async fn unseen(&self, looked: &Looked) -> Option<Duration> {
        let listed = self
            .ssm
            .list_tags_for_resource()
            .resource_type(ResourceTypeForTagging::Parameter)
            .resource_id(&self.name)
            .send();
        // Who may not read the tags is refused all the same, only without being told this.
        let listed = listed.await.ok()?;
        let sign = listed.tag_list().iter().find(|tag| tag.key() == SEEN);
        let signed = sign.and_then(|tag| moment_of(tag.value(), &looked.holder.run));
        let last = signed.into_iter().chain(looked.written).max()?;
        let seconds = looked.now.secs().saturating_sub(last.secs());
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
    }
}

/// The moment in a sign of life, if it is that of `run`.
fn moment_of(sign: &str, run: &str) -> Option<DateTime> {
    let (signed, moment) = sign.split_once(' ')?;
    (signed == run).then(|| DateTime::from_str(moment, Format::DateTime).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_is_only_that_of_its_run() {
        let moment = DateTime::from_secs(1_700_000_000);
        let sign = format!("5eed {}", moment.fmt(Format::DateTime).unwrap());
        assert_eq!(sign, "5eed 2023-11-14T22:13:20Z");
        assert_eq!(moment_of(&sign, "5eed"), Some(moment));
        for other in ["5eed", "5eed soon", "", "beef 2023-11-14T22:13:20Z"] {
            assert_eq!(moment_of(other, "5eed"), None, "{other}");
        }
    }
}
