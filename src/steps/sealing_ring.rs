//! The keys in the parameter of a sealing key, while one takes over from another.
//!
//! They stand in the order in which they were made. A rotation writes the new one behind the newest, once; when it seals, and
//! when the one before it is refused, every function sees by the time at which the parameter was written. See
//! `functions/front/src/schedule.rs`, whose times are repeated here, and decision 0009.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use construct_engine::{Class, StepError, hexadecimal};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::cloud::{Cloud, classify, is_not_found};

/// Bytes of a key's id, as the functions count them.
const ID: usize = 4;
/// What a machine's clock may be off. AWS refuses signatures that are older or younger.
const CLOCK: Duration = Duration::from_mins(5);

/// The times of a rotation, from the moment at which the new key was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// The new key seals: every function has read it by then.
    pub(crate) seals_after: Duration,
    /// The one before it is refused: what it sealed is over by then.
    pub(crate) refused_after: Duration,
}

impl Times {
    /// Those of the functions on AWS, or on the local AWS, where they look for new keys more often.
    pub(crate) const fn of(local: bool) -> Self {
        let (seals, refused) = if local { (8, 612) } else { (360, 1020) };
        Self {
            seals_after: Duration::from_secs(seals),
            refused_after: Duration::from_secs(refused),
        }
    }
}

/// A time for people: no shorter than it is.
pub(crate) fn words(time: Duration) -> String {
    match time.as_secs() {
        60 => "a minute".to_owned(),
        seconds @ ..60 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds.div_ceil(60)),
    }
}

/// The keys of one parameter.
pub(crate) struct SealingRing {
    keys: Vec<SecretString>,
    newest: String,
    /// Seconds since 1970.
    changed_at: i64,
}

impl SealingRing {
    /// Reads the keys of the parameter `name`; none where it is not there.
    ///
    /// # Errors
    /// What Systems Manager refuses; [`Class::Invalid`] where the parameter holds something else.
    pub(crate) async fn read(cloud: &Cloud, name: &str) -> Result<Option<Self>, StepError> {
        let answer = cloud.ssm.get_parameter().name(name).with_decryption(true).send().await;
        let parameter = match answer.map_err(|error| classify("GetParameter", error)) {
            Ok(answer) => {
                answer.parameter.unwrap_or_else(|| aws_sdk_ssm::types::Parameter::builder().build())
            }
            Err(error) if is_not_found(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let changed_at = parameter.last_modified_date.map_or(0, |date| date.secs());
        let text = SecretString::from(parameter.value.unwrap_or_default());
        let ring = Self::of(&text, changed_at).ok_or_else(|| {
            let message = format!("the parameter {name} holds no key of 32 bytes in base64");
            StepError::new(Class::Invalid, message)
                .hint("remove it, and run `construct up`, which makes a new one")
        });
        ring.map(Some)
    }

    fn of(text: &SecretString, changed_at: i64) -> Option<Self> {
        let keys: Vec<SecretString> =
            text.expose_secret().split_ascii_whitespace().map(SecretString::from).collect();
        let newest = keys.iter().map(id).collect::<Option<Vec<_>>>()?.pop()?;
        Some(Self { keys, newest, changed_at })
    }

    /// What tells the newest key from others, and nothing about it.
    pub(crate) fn newest(&self) -> &str {
        &self.newest
    }

    /// The parameter's value once `key` follows the newest. Those before that one have been refused for long.
    pub(crate) fn followed_by(&self, key: &SecretString) -> SecretString {
        let newest = self.keys.last().map_or("", |key| key.expose_secret());
        SecretString::from(format!("{newest} {}", key.expose_secret()))
    }

    /// What is left at `now` (seconds since 1970) until the key before the newest is refused everywhere; none where the
    /// newest is alone. A machine's clock may be wrong, and a key that goes too early would end logins under way.
    pub(crate) fn under_way(&self, now: i64, local: bool) -> Option<Duration> {
        let lasts = Times::of(local).refused_after + if local { Duration::ZERO } else { CLOCK };
        let age = u64::try_from(now.saturating_sub(self.changed_at)).unwrap_or_default();
        let left = lasts.saturating_sub(Duration::from_secs(age));
        (self.keys.len() > 1 && !left.is_zero()).then_some(left)
    }
}

/// The id of a key, as the functions write it into what they seal.
pub(crate) fn id(key: &SecretString) -> Option<String> {
    let bytes: [u8; 32] = BASE64_STANDARD.decode(key.expose_secret()).ok()?.try_into().ok()?;
    let digest = Sha256::digest([b"key id".as_slice(), &bytes].concat());
    Some(hexadecimal(&digest[..ID]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const TWO: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn ring(text: &str) -> Option<SealingRing> {
        SealingRing::of(&SecretString::from(text), 1000)
    }

    #[test]
    fn the_newest_is_the_last_and_only_it_stays_beside_another() {
        let one = ring(ONE).unwrap();
        let both = ring(&format!("{ONE} {TWO}")).unwrap();
        assert_ne!(one.newest(), both.newest());
        assert_eq!(both.newest(), ring(TWO).unwrap().newest());
        assert_eq!(one.newest().len(), 2 * ID);
        let key = SecretString::from("NEW");
        assert_eq!(one.followed_by(&key).expose_secret(), format!("{ONE} NEW"));
        assert_eq!(both.followed_by(&key).expose_secret(), format!("{TWO} NEW"));
        for text in ["", "AAEC", &format!("{ONE} x")] {
            assert!(ring(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_rotation_is_under_way_until_the_old_key_is_refused_by_every_clock() {
        let both = ring(&format!("{ONE} {TWO}")).unwrap();
        let left = |now: i64, local: bool| both.under_way(now, local).map(|left| left.as_secs());
        assert_eq!((left(1000, false), left(2319, false)), (Some(1320), Some(1)));
        assert_eq!((left(2320, false), left(1000, true)), (None, Some(612)));
        // A clock that is behind.
        assert_eq!(left(0, false), Some(1320));
        assert_eq!(ring(ONE).unwrap().under_way(1000, false), None);
    }

    #[test]
    fn people_read_minutes() {
        let said = |seconds| words(Duration::from_secs(seconds));
        assert_eq!(
            [8, 60, 61, 1020].map(said),
            ["8 seconds", "a minute", "2 minutes", "17 minutes"]
        );
    }

    #[test]
    fn the_times_are_those_of_the_functions() {
        let functions = include_str!("../../functions/front/src/schedule.rs");
        for line in [
            "pub const LIFE: u64 = 10 * 60;",
            "const APART: u64 = 60;",
            "pub const AWS: Self = Self::reading_every(5 * 60, APART);",
            "pub const LOCAL: Self = Self::reading_every(4, 4);",
            "let seals_after = seconds + apart;",
            "refused_after: seals_after + LIFE + apart",
        ] {
            assert!(functions.contains(line), "{line}");
        }
        let (aws, local) = (Times::of(false), Times::of(true));
        assert_eq!((aws.seals_after.as_secs(), aws.refused_after.as_secs()), (360, 360 + 600 + 60));
        assert_eq!((local.seals_after.as_secs(), local.refused_after.as_secs()), (8, 8 + 600 + 4));
    }
}
