//! What the tags of an object say: whose it is, and which of the wanted tags it lacks.
//!
//! Tags that an object has and nobody wanted are left alone: cost allocation and organisation rules put them there, and
//! taking them off would start a fight with another tool. A tag that leaves the manifest therefore stays until its object
//! goes.

use std::future::Future;

use construct_engine::{Change, Foreign, Presence, StepError};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use crate::cloud::{Cloud, MARK_STACK, Tags};

/// What the mark begins with that stands in the description of an object without tags; the node's address follows.
pub(crate) const MARK: &str = "construct: ";

/// What the field of a tag begins with; its key follows.
pub(crate) const TAG_FIELD: &str = "tag ";

/// Stands for every tag among a kind's fields that may be left alone.
pub(crate) const ANY_TAG: &str = "tag KEY";

/// The tags that `changes` put on: what a tagging call must send.
pub(crate) fn among(changes: &[Change]) -> Tags {
    let tags = changes.iter().filter_map(|change| {
        Some((change.field.strip_prefix(TAG_FIELD)?.to_owned(), change.after.clone()))
    });
    tags.collect()
}

/// The wanted tags that `live` lacks or has with another value: what a tagging call must send.
pub(crate) fn missing(wanted: &Tags, live: &Tags) -> Tags {
    wanted
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// A change for every tag in [`missing`].
pub(crate) fn changes(wanted: &Tags, live: &Tags) -> impl Iterator<Item = Change> {
    missing(wanted, live).into_iter().map(|(key, value)| {
        let before = live.get(&key).cloned().unwrap_or_default();
        Change::new(format!("{TAG_FIELD}{key}"), before, value)
    })
}

/// `live` as what its `tags` make it: ours, on its way to another state, or foreign. `what` names it for people.
pub(crate) fn presence<L>(
    cloud: &Cloud,
    what: &str,
    tags: &Tags,
    live: L,
    settling: bool,
) -> Presence<L> {
    if !cloud.naming.is_ours(tags) {
        return Presence::Foreign(Foreign {
            live,
            evidence: cloud.naming.foreign_evidence(what, tags),
        });
    }
    if settling { Presence::Settling(live) } else { Presence::Ours(live) }
}

/// Of how many objects at once the tags are asked for where all of an account's are looked at.
const AT_ONCE: usize = 10;

/// The stacks that the tags of `items` name; `tags` asks for those of one.
///
/// # Errors
/// What `tags` fails with.
pub(super) async fn stacks<T, F>(
    items: Vec<T>,
    tags: impl Fn(T) -> F,
) -> Result<Vec<String>, StepError>
where
    F: Future<Output = Result<Tags, StepError>>,
{
    let answers = stream::iter(items).map(tags).buffer_unordered(AT_ONCE);
    let named = answers.try_filter_map(async |mut tags: Tags| Ok(tags.remove(MARK_STACK)));
    named.try_collect().await
}

/// Eight hexadecimal digits that stand for a document too long for a plan.
pub(crate) fn digest(document: &str) -> String {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(document).into();
    format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn digests_are_the_beginning_of_sha_256() {
        assert_eq!(digest("abc"), "ba7816bf");
    }

    #[test]
    fn only_wanted_tags_count() {
        let live = tags(&[("b", "2"), ("aws:x", "y"), ("a", "1")]);
        assert_eq!(changes(&tags(&[("a", "1"), ("b", "2")]), &live).count(), 0);
        let wanted = tags(&[("a", "other"), ("c", "3")]);
        assert_eq!(missing(&wanted, &live), wanted);
        let changes: Vec<Change> = changes(&wanted, &live).collect();
        assert_eq!(changes, [Change::new("tag a", "1", "other"), Change::new("tag c", "", "3")]);
    }
}
