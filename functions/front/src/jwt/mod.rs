//! Tokens of the pool: signature, issuer and lifetime; then what an access token or an identity token has to say.
//!
//! Only RS256 is known, whatever a token's header asks for, and `kid` is looked up and never followed.

mod jwks;

use serde_json::{Map, Value};

pub use jwks::{Jwks, Unavailable};

use crate::random::from_base64url;

/// Longer tokens do not fit through the front door.
const MOST_LENGTH: usize = 8 * 1024;
/// How far another machine's clock may be ahead.
const SKEW: u64 = 60;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no token of the issuer's for us.
    Invalid,
    /// It was one.
    Expired,
    /// It is one, without the scope that is needed.
    InsufficientScope,
    /// The issuer's keys cannot be had.
    Unavailable,
}

impl From<Unavailable> for Refused {
    fn from(_no_keys: Unavailable) -> Self {
        Self::Unavailable
    }
}

/// What a checked token says.
#[derive(Clone, Debug)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// A claim that is text.
    pub fn text(&self, name: &str) -> &str {
        let Self(claims) = self;
        claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A claim that is a time.
    pub fn time(&self, name: &str) -> Option<u64> {
        let Self(claims) = self;
        claims.get(name).and_then(Value::as_u64)
    }

    /// Whether the audience names `expected`; `None` where there is no audience.
    pub fn is_for(&self, expected: &str) -> Option<bool> {
        let Self(claims) = self;
        Some(match claims.get("aud")? {
            Value::String(one) => one == expected,
            Value::Array(many) => many.iter().any(|one| one == expected),
            _ => false,
        })
    }

    /// Whether the scope is among those granted.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.text("scope").split(' ').any(|granted| granted == scope)
    }
}

/// A key set and whose it is.
#[derive(Clone, Copy)]
pub struct Issuer<'a, F> {
    /// The `iss` of its tokens.
    pub name: &'a str,
    /// Its keys.
    pub keys: &'a Jwks,
    /// Gets the key set's document.
    pub fetch: F,
}

/// Checks a token's signature, issuer and lifetime.
///
/// # Errors
/// See [`Refused`].
pub fn verify<F>(token: &str, issuer: &Issuer<'_, F>, now: u64) -> Result<Claims, Refused>
where
    F: Fn() -> Option<Value>,
{
    if token.len() > MOST_LENGTH {
        return Err(Refused::Invalid);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Invalid)?;
    let (header, payload) = signed.split_once('.').ok_or(Refused::Invalid)?;
    let header = object(header).ok_or(Refused::Invalid)?;
    // RFC 7515, section 4.1.11: what is critical and not known is refused.
    if header.get("alg") != Some(&Value::from("RS256")) || header.contains_key("crit") {
        return Err(Refused::Invalid);
    }
    let kid = header.get("kid").and_then(Value::as_str).ok_or(Refused::Invalid)?;
    let signature = from_base64url(signature).ok_or(Refused::Invalid)?;
    let key = issuer.keys.key(kid, &issuer.fetch, now)?.ok_or(Refused::Invalid)?;
    key.verify(signed.as_bytes(), &signature).map_err(|_unspecified| Refused::Invalid)?;
    let claims = Claims(object(payload).ok_or(Refused::Invalid)?);
    if claims.text("iss") != issuer.name {
        return Err(Refused::Invalid);
    }
    let is_from_later = |name| claims.time(name).is_some_and(|at| at > now + SKEW);
    if is_from_later("nbf") || is_from_later("iat") {
        return Err(Refused::Invalid);
    }
    match claims.time("exp") {
        Some(expires_at) if expires_at > now => Ok(claims),
        Some(_) => Err(Refused::Expired),
        None => Err(Refused::Invalid),
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&from_base64url(part)?).ok()
}
