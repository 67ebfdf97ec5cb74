//! The tokens that a pool issues: what they say, and how long they last.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::grants::Grant;
use super::keys::SigningKey;
use super::state::{Client, Pool, User};
use super::texts;
use crate::local::LocalAws;

/// Identity scopes and the attributes that each shows: OpenID Connect Core 1.0, section 5.4.
const SHOWN: [(&str, &[&str]); 3] = [
    ("email", &["email", "email_verified"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
];

/// A kind of token.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Access,
    Id,
    Refresh,
}

impl Kind {
    /// How long a client's tokens of this kind last, in seconds.
    pub(super) fn lifetime(self, client: &Client) -> i64 {
        let (member, unit_name, unit, default) = match self {
            Self::Access => ("AccessTokenValidity", "AccessToken", "hours", 3_600),
            Self::Id => ("IdTokenValidity", "IdToken", "hours", 3_600),
            Self::Refresh => ("RefreshTokenValidity", "RefreshToken", "days", 30 * 86_400),
        };
        let Some(validity) = client.settings.get(member).and_then(Value::as_i64) else {
            return default;
        };
        let unit = client
            .settings
            .get("TokenValidityUnits")
            .and_then(|units| units.get(unit_name)?.as_str())
            .unwrap_or(unit);
        let seconds = match unit {
            "seconds" => 1,
            "minutes" => 60,
            "hours" => 3_600,
            _ => 86_400,
        };
        validity.saturating_mul(seconds)
    }
}

/// Random ids for one round of tokens, drawn before the state is locked.
pub(super) struct Draw {
    access: String,
    id: String,
    event: String,
}

impl Draw {
    pub(super) fn new(local: &LocalAws) -> Self {
        let mut inner = local.inner();
        let mut uuid = || inner.random.uuid();
        Self { access: uuid(), id: uuid(), event: uuid() }
    }
}

/// Tokens that want a signature.
pub(super) struct Unsigned {
    access: Value,
    id: Option<Value>,
    /// How long the access token lasts, in seconds.
    pub(super) expires_in: i64,
}

/// Signed tokens.
pub(super) struct Signed {
    pub(super) access: String,
    pub(super) id: Option<String>,
}

impl Unsigned {
    pub(super) fn sign(self, key: &SigningKey) -> Signed {
        let access = key.token(&self.access);
        let id = self.id.map(|mut claims| {
            // OpenID Connect Core 1.0, section 3.1.3.6: the left half of the digest.
            let half = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&access)[..16]);
            claims["at_hash"] = Value::from(half);
            key.token(&claims)
        });
        Signed { access, id }
    }
}

/// The issuer of a pool's tokens, whatever address the pool is reached at.
pub(super) fn issuer(pool: &Pool) -> String {
    let region = pool.id.split('_').next().unwrap_or_default();
    format!("https://cognito-idp.{region}.amazonaws.com/{}", pool.id)
}

/// Who asks for tokens, and when.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) pool: &'a Pool,
    pub(super) client_id: &'a str,
    pub(super) client: &'a Client,
    /// Milliseconds since the epoch.
    pub(super) now: i64,
}

impl Asker<'_> {
    /// The tokens of a machine: its client is its subject.
    pub(super) fn machine(&self, scopes: &[String], draw: &Draw) -> Unsigned {
        let now = self.now / 1000;
        let expires_in = Kind::Access.lifetime(self.client);
        let access = json!({
            "sub": self.client_id,
            "token_use": "access",
            "scope": scopes.join(" "),
            "auth_time": now,
            "iss": issuer(self.pool),
            "exp": now + expires_in,
            "iat": now,
            "version": 2,
            "jti": draw.access,
            "client_id": self.client_id,
        });
        Unsigned { access, id: None, expires_in }
    }

    /// The tokens of a person; an id token where the scope `openid` is granted.
    pub(super) fn person(
        &self,
        user: &User,
        grant: &Grant,
        nonce: Option<&str>,
        draw: &Draw,
    ) -> Unsigned {
        let now = self.now / 1000;
        let expires_in = Kind::Access.lifetime(self.client);
        let mut access = json!({
            "sub": grant.sub,
            "iss": issuer(self.pool),
            "version": 2,
            "client_id": self.client_id,
            "origin_jti": grant.origin,
            "event_id": draw.event,
            "token_use": "access",
            "scope": grant.scopes.join(" "),
            "auth_time": grant.auth_time,
            "exp": now + expires_in,
            "iat": now,
            "jti": draw.access,
            "username": grant.user,
        });
        if let Some(resource) = &grant.resource {
            access["aud"] = json!(resource);
        }
        // Without the OAuth endpoints there is only this scope, and always an id token.
        let outside_oauth = grant.scopes == [super::initiate_auth::SCOPE];
        let id = (outside_oauth || grant.scopes.iter().any(|scope| scope == "openid"))
            .then(|| self.identity(user, grant, nonce, draw));
        Unsigned { access, id, expires_in }
    }

    fn identity(&self, user: &User, grant: &Grant, nonce: Option<&str>, draw: &Draw) -> Value {
        let now = self.now / 1000;
        let mut claims = attributes(user, self.client, &grant.scopes);
        let own = json!({
            "sub": grant.sub,
            "iss": issuer(self.pool),
            "cognito:username": grant.user,
            "origin_jti": grant.origin,
            "aud": self.client_id,
            "event_id": draw.event,
            "token_use": "id",
            "auth_time": grant.auth_time,
            "exp": now + Kind::Id.lifetime(self.client),
            "iat": now,
            "jti": draw.id,
        });
        if let Value::Object(own) = own {
            claims.extend(own);
        }
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        Value::Object(claims)
    }
}

/// The attributes an id token shows: those of the scopes, or all where `openid` stands alone, and
/// of them what the client may read.
fn attributes(user: &User, client: &Client, scopes: &[String]) -> Map<String, Value> {
    let mut groups =
        SHOWN.iter().filter(|(name, _)| scopes.iter().any(|scope| scope == name)).peekable();
    let everything = groups.peek().is_none();
    let asked: Vec<&str> = groups.flat_map(|(_, names)| names.iter().copied()).collect();
    let readable = texts(&client.settings, "ReadAttributes");
    user.attributes
        .iter()
        .filter(|(name, _)| everything || asked.contains(&name.as_str()))
        .filter(|(name, _)| readable.is_empty() || readable.contains(&name.as_str()))
        .map(|(name, value)| {
            let value = match name.as_str() {
                "email_verified" | "phone_number_verified" => json!(value == "true"),
                _ => json!(value),
            };
            (name.clone(), value)
        })
        .collect()
}
