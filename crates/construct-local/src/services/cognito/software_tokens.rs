//! Software tokens: the six digits of an authenticator app (RFC 6238), and who owes them.

use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha1::Sha1;

use super::state::{Pool, User};
use super::users::found_mut;
use super::{flag, input, invalid, shapes, text};
use crate::random::Random;
use crate::service::{Call, Fault};

/// What a secret is spelled in (RFC 4648, section 6).
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// 160 bits, as RFC 4226 recommends.
const SECRET_LENGTH: usize = 32;
const STEP_MS: i64 = 30_000;

/// A user's authenticator app.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SoftwareToken {
    /// The shared secret, in base32.
    pub secret: String,
    /// Whether a sign-in asks for it where the pool leaves that to the user.
    pub enabled: bool,
    /// Whether it comes before other factors.
    pub preferred: bool,
    /// The step of the last code that was taken: no code is good twice.
    pub last_step: i64,
}

/// What a sign-in asks for beyond the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Factor {
    None,
    /// The person has no app yet.
    Enrolment,
    Code,
}

/// What the pool asks of a user. A pool whose only second factor is a message asks for none: the
/// local AWS sends no messages.
pub(super) fn factor(pool: &Pool, user: &User) -> Factor {
    match (text(&pool.settings, "MfaConfiguration"), &user.software_token) {
        ("ON", Some(_)) => Factor::Code,
        ("ON", None) if pool.software_tokens => Factor::Enrolment,
        ("OPTIONAL", Some(token)) if token.enabled => Factor::Code,
        _ => Factor::None,
    }
}

/// A new secret.
pub(super) fn secret(random: &mut Random) -> String {
    random.id(LETTERS, SECRET_LENGTH)
}

impl SoftwareToken {
    /// An app that knows `secret`.
    pub(super) const fn new(secret: String) -> Self {
        Self { secret, enabled: true, preferred: false, last_step: 0 }
    }

    /// Takes a code of now, of the step before or of the one after, if a later one was not taken.
    pub(super) fn takes(&mut self, code: &str, now: i64) -> bool {
        let now = now / STEP_MS;
        let step = (now - 1..=now + 1)
            .filter(|step| *step > self.last_step)
            .find(|step| code_at(&self.secret, *step) == code);
        self.last_step = step.unwrap_or(self.last_step);
        step.is_some()
    }
}

/// The code of a step: RFC 4226 over the step's number.
pub(super) fn code_at(secret: &str, step: i64) -> String {
    let mut hash =
        Hmac::<Sha1>::new_from_slice(&bytes(secret)).expect("a key of any length will do");
    hash.update(&step.to_be_bytes());
    let hash = hash.finalize().into_bytes();
    let offset = usize::from(hash[hash.len() - 1] & 15);
    let word = hash[offset..offset + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// The bytes that base32 letters spell.
fn bytes(secret: &str) -> Vec<u8> {
    let bits: Vec<u8> = secret
        .chars()
        .filter_map(|letter| LETTERS.find(letter))
        .flat_map(|value| (0..5).rev().map(move |bit| u8::from(value >> bit & 1 == 1)))
        .collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

/// `AdminSetUserMFAPreference`.
pub(super) fn prefer(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::SET_MFA_PREFERENCE)?;
    let settings = |name: &str| given.get(name).and_then(Value::as_object);
    for other in ["SMSMfaSettings", "EmailMfaSettings", "WebAuthnMfaSettings"] {
        if settings(other).is_some_and(|other| other.values().any(|value| *value == json!(true))) {
            let message = format!("the local AWS does not implement {other}");
            return Err(Fault::new(501, "NotImplemented", message));
        }
    }
    let token = settings("SoftwareTokenMfaSettings").cloned();
    let now = call.now;
    let user = found_mut(call, &given)?;
    let Some(wanted) = token else { return Ok(json!({})) };
    let (enabled, preferred) = (flag(&wanted, "Enabled"), flag(&wanted, "PreferredMfa"));
    let (enabled, preferred) = (enabled.unwrap_or(false), preferred.unwrap_or(false));
    match &mut user.software_token {
        Some(token) => {
            token.enabled = enabled;
            token.preferred = enabled && preferred;
            user.modified = now;
        }
        None if enabled => {
            return Err(invalid(
                "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
            ));
        }
        None => {}
    }
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits; the secret is `12345678901234567890`.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(bytes(secret), b"12345678901234567890");
        for (seconds, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")]
        {
            assert_eq!(code_at(secret, seconds / 30), code);
        }
    }

    #[test]
    fn a_code_is_good_once_and_near_its_time() {
        let mut token = SoftwareToken::new(secret(&mut Random::Seeded(1)));
        let code = code_at(&token.secret, 100);
        assert!(!token.takes(&code, 102 * STEP_MS) && !token.takes(&code, 98 * STEP_MS));
        assert!(token.takes(&code, 101 * STEP_MS));
        assert!(!token.takes(&code, 100 * STEP_MS));
    }
}
