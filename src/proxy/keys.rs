//! The AWS credentials that requests are signed with: looked up once, kept until shortly before they end.
//!
//! Looking them up reads files, starts a program or asks AWS, and takes from a millisecond to seconds. What says no end,
//! such as the keys of a profile, is looked up again every few minutes, so that a file that was changed is noticed.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

/// How long before their end credentials are renewed: a call that is signed with them takes some time.
const BEFORE_END: Duration = Duration::from_mins(5);
/// How long credentials without an end are kept.
const WITHOUT_END: Duration = Duration::from_mins(5);

/// Looks credentials up anew, or says why there are none.
pub type Lookup = Box<dyn Fn() -> BoxFuture<'static, Result<Credentials, String>> + Send + Sync>;

/// Credentials and where they come from.
pub struct Keys {
    look_up: Lookup,
    held: Mutex<Option<Held>>,
}

struct Held {
    credentials: Credentials,
    looked_up: SystemTime,
}

impl Held {
    fn is_fresh(&self, now: SystemTime) -> bool {
        let until = match self.credentials.expiry() {
            Some(end) => end.checked_sub(BEFORE_END).unwrap_or(end),
            None => self.looked_up + WITHOUT_END,
        };
        now < until
    }

    fn is_over(&self, now: SystemTime) -> bool {
        self.credentials.expiry().is_some_and(|end| end <= now)
    }
}

impl Keys {
    /// Credentials that `look_up` finds.
    pub fn of(look_up: Lookup) -> Self {
        Self { look_up, held: Mutex::new(None) }
    }

    /// Those of the local AWS, which takes any. No person's own are looked for.
    pub fn of_local_aws() -> Self {
        Self::of(Box::new(|| Box::pin(async { Ok(crate::cloud::local_credentials()) })))
    }

    /// The credentials to sign with at `now`. Those that are still good are used when no new ones can be had.
    pub(super) async fn at(&self, now: SystemTime) -> Result<Credentials, String> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| held.is_fresh(now)) {
            return Ok(held.credentials.clone());
        }
        match (self.look_up)().await {
            Ok(credentials) => {
                let found = held.insert(Held { credentials, looked_up: now });
                Ok(found.credentials.clone())
            }
            Err(why) => match held.as_ref().filter(|held| !held.is_over(now)) {
                Some(held) => Ok(held.credentials.clone()),
                None => Err(why),
            },
        }
    }

    /// Other credentials than `refused`, if there are any now.
    pub(super) async fn instead_of(
        &self,
        refused: &Credentials,
        now: SystemTime,
    ) -> Option<Credentials> {
        {
            let mut held = self.held.lock().await;
            // Another call may have met the refusal first and found new ones.
            if held.as_ref().is_some_and(|held| held.credentials == *refused) {
                *held = None;
            }
        }
        self.at(now).await.ok().filter(|credentials| credentials != refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Credentials numbered by their look-ups, each good for `life`; the look-up fails from the third on.
    fn numbered(life: Option<Duration>) -> (Keys, Arc<AtomicU32>, SystemTime) {
        let begin = SystemTime::UNIX_EPOCH + Duration::from_hours(1);
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        let keys = Keys::of(Box::new(move || {
            let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
            let end = life.map(|life| begin + life * number);
            let found = Credentials::new(format!("AKIA{number}"), "s", None, end, "test");
            Box::pin(
                async move { if number < 3 { Ok(found) } else { Err("signed out".to_owned()) } },
            )
        }));
        (keys, count, begin)
    }

    async fn key(keys: &Keys, now: SystemTime) -> Result<String, String> {
        keys.at(now).await.map(|credentials| credentials.access_key_id().to_owned())
    }

    #[tokio::test]
    async fn credentials_are_kept_and_renewed_before_their_end() {
        let (keys, count, begin) = numbered(Some(Duration::from_hours(1)));
        for _ in 0..100 {
            assert_eq!(key(&keys, begin).await.unwrap(), "AKIA1");
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
        assert_eq!(key(&keys, begin + Duration::from_mins(54)).await.unwrap(), "AKIA1");
        assert_eq!(key(&keys, begin + Duration::from_mins(56)).await.unwrap(), "AKIA2");
        // No new ones can be had: the old ones serve as long as they are good.
        assert_eq!(key(&keys, begin + Duration::from_mins(119)).await.unwrap(), "AKIA2");
        assert_eq!(key(&keys, begin + Duration::from_mins(121)).await.unwrap_err(), "signed out");
    }

    #[tokio::test]
    async fn keys_of_a_file_are_read_again_now_and_then() {
        let (keys, _, begin) = numbered(None);
        assert_eq!(key(&keys, begin).await.unwrap(), "AKIA1");
        assert_eq!(key(&keys, begin + Duration::from_mins(4)).await.unwrap(), "AKIA1");
        assert_eq!(key(&keys, begin + Duration::from_mins(6)).await.unwrap(), "AKIA2");
    }

    #[tokio::test]
    async fn refused_credentials_are_looked_up_once_for_all() {
        let (keys, count, begin) = numbered(None);
        let refused = keys.at(begin).await.unwrap();
        for _ in 0..3 {
            let other = keys.instead_of(&refused, begin).await.unwrap();
            assert_eq!(other.access_key_id(), "AKIA2");
        }
        assert_eq!(count.load(Ordering::Relaxed), 2);
        let second = keys.at(begin).await.unwrap();
        assert!(keys.instead_of(&second, begin).await.is_none());
    }
}
