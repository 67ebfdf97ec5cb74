//! Whether someone is who they say: passwords, the change of a temporary one, and codes.

use serde_json::Value;

use super::accounts::RESET_REQUIRED;
use super::grants::{Challenge, Owes, digest};
use super::passwords::{self, StoredPassword};
use super::software_tokens::{self, Factor, SoftwareToken};
use super::state::{Client, Pool};
use super::{directory, users};
use crate::local::LocalAws;
use crate::random::Random;
use crate::service::Fault;

/// The status of a user whose password is an administrator's.
const TEMPORARY: &str = "FORCE_CHANGE_PASSWORD";

/// A user of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// The user's name in the pool.
    pub(super) user: String,
    /// The user's `sub`.
    pub(super) sub: String,
}

/// What a name and a password come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The person may sign in.
    Known(Person),
    /// The password is a temporary one: the person owes one of their own.
    NewPassword(Person),
    /// The password is not the user's.
    WrongPassword,
    /// There is no such user.
    NoUser,
    /// An administrator has disabled the user.
    Disabled,
    /// The password is a temporary one and its time is over.
    Expired,
    /// An administrator wants the person to choose another password.
    ResetRequired,
}

/// Looks at a name and a password. A name that nobody has takes as long as one that somebody has.
pub(super) fn verdict(pool: &Pool, name: &str, password: &str, now: i64) -> Verdict {
    let user = pool.find_user(name).and_then(|key| Some((key, pool.users.get(key)?)));
    let Some((key, user)) = user else {
        StoredPassword::new("", &mut Random::Seeded(0)).is(password);
        return Verdict::NoUser;
    };
    if !user.password.is(password) {
        return Verdict::WrongPassword;
    }
    if !user.enabled {
        return Verdict::Disabled;
    }
    let sub = user.attributes.get("sub").cloned().unwrap_or_default();
    let person = Person { user: key.to_owned(), sub };
    match user.status.as_str() {
        RESET_REQUIRED => Verdict::ResetRequired,
        TEMPORARY if is_over(pool, user.password_set.max(user.created), now) => Verdict::Expired,
        TEMPORARY => Verdict::NewPassword(person),
        _ => Verdict::Known(person),
    }
}

/// Whether a temporary password that was set at `set` is past the days that the pool gives it.
fn is_over(pool: &Pool, set: i64, now: i64) -> bool {
    const DAY: i64 = 86_400_000;
    let days = users::policy(pool).get("TemporaryPasswordValidityDays").and_then(Value::as_i64);
    // 0 is the service's spelling of its default.
    let days = days.filter(|days| *days > 0).unwrap_or(7);
    now >= set + days * DAY
}

/// Notes that a person owes something; whoever answers shows `secret`.
pub(super) fn challenge(client: &mut Client, person: Person, owes: Owes, secret: &str, now: i64) {
    let minutes = client.settings.get("AuthSessionValidity").and_then(Value::as_i64).unwrap_or(3);
    let Person { user, sub } = person;
    let expires = now + minutes * 60_000;
    client.issued.forget_expired(now);
    client.issued.challenges.insert(digest(secret), Challenge { user, sub, owes, expires });
}

/// Why a challenge was not answered.
pub(super) enum Unanswered {
    /// It is unknown, used or over.
    NoChallenge,
    /// The password breaks the pool's policy; the challenge stays.
    Policy(Fault),
    /// The code is not the app's; the challenge stays.
    WrongCode,
}

/// What a person owes beyond the right password: a code, or first an app that makes them.
pub(super) fn owes(local: &LocalAws, pool: &str, person: &Person) -> Option<Owes> {
    let factor = local.read(|account| {
        let pool = directory::pool(account, pool)?;
        Some(software_tokens::factor(pool, pool.signed_in(&person.user, &person.sub)?))
    });
    match factor {
        Some(Factor::Code) => Some(Owes::Code),
        Some(Factor::Enrolment) => {
            Some(Owes::Enrolment { secret: software_tokens::secret(&mut local.inner().random) })
        }
        Some(Factor::None) | None => None,
    }
}

/// What whoever was challenged with `secret` owes, while the challenge lasts.
pub(super) fn owed(local: &LocalAws, client: &str, secret: &str) -> Option<Owes> {
    let now = local.now_ms();
    local.read(|account| {
        let (_, client) = directory::client(account, client)?;
        let challenge = client.issued.challenges.get(&digest(secret))?;
        (challenge.expires > now).then(|| challenge.owes.clone())
    })
}

/// Takes a code of whoever was challenged with `secret`, and uses the challenge up. The first code
/// enrols the app that makes it.
pub(super) fn answer_code(
    local: &LocalAws,
    (pool, client): (&str, &str),
    secret: &str,
    code: &str,
) -> Result<Person, Unanswered> {
    let now = local.now_ms();
    let key = digest(secret);
    local.edit(|account| {
        let pool = directory::pool_mut(account, pool).ok_or(Unanswered::NoChallenge)?;
        let challenges = pool.clients.get(client).map(|client| &client.issued.challenges);
        let Challenge { user: name, sub, owes, .. } = challenges
            .and_then(|challenges| challenges.get(&key))
            .filter(|challenge| challenge.expires > now)
            .cloned()
            .ok_or(Unanswered::NoChallenge)?;
        let user = pool.signed_in(&name, &sub).ok_or(Unanswered::NoChallenge)?;
        let mut token = match (owes, &user.software_token) {
            (Owes::Enrolment { secret }, None) => SoftwareToken::new(secret),
            (Owes::Code, Some(token)) => token.clone(),
            _ => return Err(Unanswered::NoChallenge),
        };
        if !token.takes(code, now) {
            return Err(Unanswered::WrongCode);
        }
        if let Some(client) = pool.clients.get_mut(client) {
            client.issued.challenges.remove(&key);
        }
        pool.users.get_mut(&name).ok_or(Unanswered::NoChallenge)?.software_token = Some(token);
        Ok(Person { user: name, sub })
    })
}

/// Takes the new password of whoever was challenged with `secret`, and uses the challenge up.
pub(super) fn answer(
    local: &LocalAws,
    (pool, client): (&str, &str),
    secret: &str,
    password: &str,
) -> Result<Person, Unanswered> {
    let now = local.now_ms();
    let stored = StoredPassword::new(password, &mut local.inner().random);
    let key = digest(secret);
    local.edit(|account| {
        let pool = directory::pool_mut(account, pool).ok_or(Unanswered::NoChallenge)?;
        let client = pool.clients.get(client).ok_or(Unanswered::NoChallenge)?;
        let challenge = client.issued.challenges.get(&key);
        let Challenge { user: name, sub, .. } = challenge
            .filter(|challenge| challenge.expires > now && challenge.owes == Owes::NewPassword)
            .cloned()
            .ok_or(Unanswered::NoChallenge)?;
        pool.signed_in(&name, &sub)
            .filter(|user| user.status == TEMPORARY)
            .ok_or(Unanswered::NoChallenge)?;
        let user = pool.users.get(&name).ok_or(Unanswered::NoChallenge)?;
        passwords::check_next(password, user, &users::policy(pool)).map_err(Unanswered::Policy)?;
        // Whoever else was challenged with the temporary password has nothing to answer any more.
        for client in pool.clients.values_mut() {
            client.issued.challenges.retain(|_, challenge| challenge.sub != sub);
        }
        let user = pool.users.get_mut(&name).ok_or(Unanswered::NoChallenge)?;
        user.set_password(stored, "CONFIRMED", now);
        Ok(Person { user: name, sub })
    })
}
