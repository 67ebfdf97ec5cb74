//! What the local Cognito remembers, for one Region.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::grants::{Issued, Session};
use super::keys::PublicKey;
use super::not_found;
use super::passwords::StoredPassword;
use super::software_tokens::SoftwareToken;
use crate::service::Fault;

/// All user pools of a Region.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By pool id, in the order of creation.
    pub pools: IndexMap<String, Pool>,
}

/// A user pool and everything in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pool {
    /// `{region}_{nine letters and digits}`.
    pub id: String,
    /// Need not be unique.
    pub name: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub modified: i64,
    /// The members that `UpdateUserPool` resets when they are left out, with defaults filled in.
    pub settings: Map<String, Value>,
    /// The members that only `CreateUserPool` takes.
    pub fixed: Map<String, Value>,
    /// Custom attributes, as `SchemaAttributes` shows them.
    pub custom_attributes: Vec<Value>,
    /// Whether `SetUserPoolMfaConfig` turned on software tokens.
    pub software_tokens: bool,
    /// The pool's tags.
    pub tags: BTreeMap<String, String>,
    /// The prefix domain.
    pub domain: Option<Domain>,
    /// By identifier.
    pub resource_servers: BTreeMap<String, ResourceServer>,
    /// By client id, in the order of creation.
    pub clients: IndexMap<String, Client>,
    /// By user name.
    pub users: BTreeMap<String, User>,
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub identity_providers: BTreeMap<String, IdentityProvider>,
    /// What signs the pool's tokens, once one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// Who is signed in at the sign-in page, by the digest of the cookie.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sessions: BTreeMap<String, Session>,
}

/// A prefix domain.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Domain {
    /// The prefix.
    pub prefix: String,
    /// 1 is the classic hosted UI, 2 the managed login.
    pub managed_login_version: i64,
    /// Changes with each update.
    pub version: String,
}

/// A resource server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ResourceServer {
    /// Its friendly name.
    pub name: String,
    /// Scope name and description, in their order.
    pub scopes: IndexMap<String, String>,
}

/// An external identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityProvider {
    /// `OIDC` or `SAML`.
    pub kind: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub modified: i64,
    /// What the provider needs by its kind; an OIDC client's secret is among them.
    pub details: BTreeMap<String, String>,
    /// The pool's attributes and what they are called there.
    pub attribute_mapping: BTreeMap<String, String>,
    /// Other names of the provider, such as mail domains.
    pub identifiers: Vec<String>,
}

/// An app client.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// Its name; need not be unique.
    pub name: String,
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub modified: i64,
    /// A confidential client's secret.
    pub secret: Option<String>,
    /// The members that `UpdateUserPoolClient` resets when they are left out, with defaults.
    pub settings: Map<String, Value>,
    /// Codes and tokens that are out.
    #[serde(default, skip_serializing_if = "Issued::is_empty")]
    pub issued: Issued,
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Milliseconds since the epoch.
    pub created: i64,
    /// Milliseconds since the epoch.
    pub modified: i64,
    /// `CONFIRMED`, `FORCE_CHANGE_PASSWORD`, ...
    pub status: String,
    /// Whether the user may sign in.
    pub enabled: bool,
    /// With `sub` first.
    pub attributes: IndexMap<String, String>,
    /// Salted digest of the password.
    pub password: StoredPassword,
    /// When it was set, in milliseconds since the epoch.
    #[serde(default)]
    pub password_set: i64,
    /// The authenticator app, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_token: Option<SoftwareToken>,
    /// Earlier passwords, the newest first, as many as a pool can forbid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_passwords: Vec<StoredPassword>,
}

impl State {
    /// # Errors
    /// `ResourceNotFoundException` when there is no such pool.
    pub(super) fn pool(&self, id: &str) -> Result<&Pool, Fault> {
        self.pools.get(id).ok_or_else(|| no_pool(id))
    }

    /// # Errors
    /// `ResourceNotFoundException` when there is no such pool.
    pub(super) fn pool_mut(&mut self, id: &str) -> Result<&mut Pool, Fault> {
        self.pools.get_mut(id).ok_or_else(|| no_pool(id))
    }
}

impl Pool {
    /// Whether `scope` is one of Cognito's own or of a resource server here.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        const OWN: [&str; 5] =
            ["aws.cognito.signin.user.admin", "email", "openid", "phone", "profile"];
        OWN.contains(&scope)
            || scope.rsplit_once('/').is_some_and(|(server, name)| {
                self.resource_servers
                    .get(server)
                    .is_some_and(|server| server.scopes.contains_key(name))
            })
    }

    /// A user by user name, `sub`, or an attribute that is a sign-in name here.
    pub(super) fn find_user(&self, name: &str) -> Option<&str> {
        if let Some((key, _)) = self.users.get_key_value(name) {
            return Some(key);
        }
        let insensitive = self.fixed.get("UsernameConfiguration").is_some_and(|configuration| {
            configuration.get("CaseSensitive") == Some(&Value::Bool(false))
        });
        let aliases = self.sign_in_attributes();
        self.users
            .iter()
            .find(|(key, user)| {
                (insensitive && key.eq_ignore_ascii_case(name))
                    || user.attributes.get("sub").is_some_and(|sub| sub == name)
                    || aliases
                        .iter()
                        .any(|alias| user.attributes.get(*alias).is_some_and(|value| value == name))
            })
            .map(|(key, _)| key.as_str())
    }

    /// The attributes people may sign in with instead of the user name.
    pub(super) fn sign_in_attributes(&self) -> Vec<&str> {
        ["UsernameAttributes", "AliasAttributes"]
            .iter()
            .filter_map(|name| self.fixed.get(*name)?.as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

fn no_pool(id: &str) -> Fault {
    not_found(format!("User pool {id} does not exist."))
}
