//! Passwords: the pool's policy, and what is kept of one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::state::User;
use crate::random::{ALPHANUMERIC, Random};
use crate::service::Fault;

/// How many earlier passwords a pool can forbid.
const MOST_REMEMBERED: usize = 24;
/// The characters that the service counts as symbols.
const SYMBOLS: &str = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ";

/// A salted SHA-256 digest: enough for a local AWS that must not keep a password in the clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPassword {
    salt: String,
    digest: String,
}

impl StoredPassword {
    /// Keeps `password`.
    pub fn new(password: &str, random: &mut Random) -> Self {
        let salt = random.id(ALPHANUMERIC, 22);
        let digest = digest(&salt, password);
        Self { salt, digest }
    }

    /// Whether `password` is this one.
    pub fn is(&self, password: &str) -> bool {
        digest(&self.salt, password) == self.digest
    }
}

fn digest(salt: &str, password: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(password);
    format!("{:x}", hash.finalize())
}

/// Checks a password against `PasswordPolicy`.
///
/// # Errors
/// `InvalidPasswordException` with the first rule that is broken.
pub(super) fn check(password: &str, policy: &Map<String, Value>) -> Result<(), Fault> {
    let wanted = |name: &str| policy.get(name).and_then(Value::as_bool).unwrap_or(false);
    let least = policy.get("MinimumLength").and_then(Value::as_u64).unwrap_or(8);
    let length = u64::try_from(password.chars().count()).unwrap_or(u64::MAX);
    let broken = if length < least {
        "Password not long enough"
    } else if wanted("RequireUppercase") && !password.contains(|c: char| c.is_ascii_uppercase()) {
        "Password must have uppercase characters"
    } else if wanted("RequireLowercase") && !password.contains(|c: char| c.is_ascii_lowercase()) {
        "Password must have lowercase characters"
    } else if wanted("RequireNumbers") && !password.contains(|c: char| c.is_ascii_digit()) {
        "Password must have numeric characters"
    } else if wanted("RequireSymbols") && !password.contains(|c: char| SYMBOLS.contains(c)) {
        "Password must have symbol characters"
    } else {
        return Ok(());
    };
    Err(Fault::client(
        "InvalidPasswordException",
        format!("Password did not conform with policy: {broken}"),
    ))
}

/// Checks a user's next password: the pool's policy, and that it is none of the last ones.
///
/// # Errors
/// Those of [`check`], and `PasswordHistoryPolicyViolationException`.
pub(super) fn check_next(
    password: &str,
    user: &User,
    policy: &Map<String, Value>,
) -> Result<(), Fault> {
    check(password, policy)?;
    let remembered = policy.get("PasswordHistorySize").and_then(Value::as_u64).unwrap_or(0);
    let remembered = usize::try_from(remembered).unwrap_or(MOST_REMEMBERED);
    let mut last = std::iter::once(&user.password).chain(&user.earlier_passwords).take(remembered);
    if last.any(|last| last.is(password)) {
        return Err(Fault::client(
            "PasswordHistoryPolicyViolationException",
            "The new password does not conform with the password history policy.",
        ));
    }
    Ok(())
}

impl User {
    /// Gives the user another password.
    pub(super) fn set_password(&mut self, password: StoredPassword, status: &str, now: i64) {
        let last = std::mem::replace(&mut self.password, password);
        self.earlier_passwords.insert(0, last);
        self.earlier_passwords.truncate(MOST_REMEMBERED);
        self.password_set = now;
        self.modified = now;
        status.clone_into(&mut self.status);
    }
}

/// A password that satisfies every policy: what the service makes when none is given.
pub(super) fn generate(policy: &Map<String, Value>, random: &mut Random) -> String {
    let least = policy.get("MinimumLength").and_then(Value::as_u64).unwrap_or(8);
    let rest = usize::try_from(least).unwrap_or(99).max(12) - 4;
    format!("Aa1!{}", random.id(ALPHANUMERIC, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn strict() -> Map<String, Value> {
        let policy = json!({
            "MinimumLength": 12, "RequireUppercase": true, "RequireLowercase": true,
            "RequireNumbers": true, "RequireSymbols": true,
        });
        policy.as_object().cloned().unwrap()
    }

    #[test]
    fn each_rule_is_named() {
        for (password, rule) in [
            ("Ab1!", "long enough"),
            ("abcdefghij1!", "uppercase"),
            ("ABCDEFGHIJ1!", "lowercase"),
            ("Abcdefghijk!", "numeric"),
            ("Abcdefghijk1", "symbol"),
        ] {
            let message = check(password, &strict()).unwrap_err().message;
            assert!(message.contains(rule), "{password}: {message}");
        }
        assert_eq!(check("Abcdefghij1!", &strict()), Ok(()));
    }

    #[test]
    fn a_generated_password_passes_and_is_kept_as_a_digest() {
        let mut random = Random::Seeded(1);
        let password = generate(&strict(), &mut random);
        assert_eq!(check(&password, &strict()), Ok(()));
        let stored = StoredPassword::new(&password, &mut random);
        assert!(stored.is(&password) && !stored.is("another"));
        assert!(!serde_json::to_string(&stored).unwrap().contains(&password));
    }
}
