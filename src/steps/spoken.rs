//! Which settings of an object the manifest speaks of, kept in a tag of the object.
//!
//! An update that replaces everything must send back what the manifest never spoke of: somebody may have set it in the
//! console. What the manifest spoke of and no longer does is taken away. The tag tells the two apart, on every machine.

use std::collections::BTreeSet;

use crate::cloud::Tags;

/// The tag with the names of the settings, joined by spaces.
const TAG: &str = "construct:settings";

/// The settings that the manifest spoke of when the object was last written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spoken(BTreeSet<String>);

impl Spoken {
    /// As the tags of an object tell.
    pub(super) fn of(tags: &Tags) -> Self {
        let names = tags.get(TAG).map(String::as_str).unwrap_or_default();
        Self(names.split_whitespace().map(str::to_owned).collect())
    }

    /// The value that the setting `name` shall have: the `wanted` one; without it the `live` one stays, unless it was
    /// the manifest's.
    pub(super) fn settle<T>(&self, name: &str, wanted: Option<T>, live: Option<T>) -> Option<T> {
        wanted.or(if self.0.contains(name) { None } else { live })
    }
}

/// `tags` with the names of the settings that the manifest speaks of now. An object that never had any needs no tag.
pub(super) fn tagged<'a>(
    tags: &Tags,
    settings: impl IntoIterator<Item = &'a str>,
    live: &Tags,
) -> Tags {
    let names: BTreeSet<&str> = settings.into_iter().collect();
    let mut tags = tags.clone();
    if !names.is_empty() || live.contains_key(TAG) {
        tags.insert(TAG.to_owned(), names.into_iter().collect::<Vec<_>>().join(" "));
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_spoken_of_stays_and_what_was_goes() {
        let none = Tags::new();
        assert_eq!(tagged(&none, [], &none), none, "nothing to tell");
        let tags = tagged(&none, ["waf_failure", "kms_key"], &none);
        assert_eq!(tags[TAG], "kms_key waf_failure");
        let spoken = Spoken::of(&tags);
        assert_eq!(spoken.settle("kms_key", Some(1), Some(2)), Some(1));
        assert_eq!(spoken.settle("kms_key", None, Some(2)), None);
        assert_eq!(spoken.settle("interceptors", None, Some(2)), Some(2));
        assert_eq!(tagged(&none, [], &tags)[TAG], "", "nothing is the manifest's any more");
    }
}
