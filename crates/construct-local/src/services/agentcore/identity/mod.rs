//! The data plane of `AgentCore` Identity: workload access tokens, the token vault, and the consent
//! of users.
//!
//! A consent takes three parties. Who asks for a token of a user that the vault does not have gets a
//! URL and a session (`tokens`). The user's browser opens the URL, goes to the vendor, and comes back
//! with a code (`plane`). Then whoever owns the return URL says which user that was: only the very
//! identity that the session began with completes it (`operations`), and the code is exchanged.
//!
//! The values of tokens are in blobs, files of their own, as the pools' signing keys are: neither a
//! snapshot nor the state document shows them.

mod operations;
mod plane;
mod provider;
mod state;
mod tokens;
mod vault;
mod vendor_answers;
mod workload_tokens;

pub use state::{ConsentSession, User, VaultEntry};

pub(super) use operations::{call, is_mutating};
pub(super) use plane::answer;
pub(crate) use provider::secret_value;
pub(super) use provider::{OauthSettings, api_key, begin_for_target};
pub(super) use tokens::{Ask, Flow, Obtained, obtain};
pub(super) use vault::forget_orphans;
pub(super) use workload_tokens::user_of;

/// How long a consent may take, in milliseconds: the URL and the session live ten minutes.
pub(super) const CONSENT_MS: i64 = 10 * 60 * 1000;

/// What stands before a session's id in its URI.
pub(super) const SESSION_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Where a consent begins, at the identity plane.
pub(super) const AUTHORIZE_PATH: &str = "/identities/oauth2/authorize";

/// What stands before a provider's id in its callback URL.
pub(super) const CALLBACK_PATH: &str = "/identities/oauth2/callback/";
