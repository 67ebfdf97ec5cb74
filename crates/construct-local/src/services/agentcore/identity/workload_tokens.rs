//! Workload access tokens: what a workload shows to ask the vault, for itself or for a user.
//!
//! They are opaque, and kept in memory only: they do not outlive the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::super::faults::{invalid, not_found};
use super::super::state;
use super::state::User;
use crate::bearer::digest;
use crate::jwt::Token;
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};

/// How long a token is good, in milliseconds. The service does not say.
const LIFETIME_MS: i64 = 60 * 60 * 1000;

/// What a token stands for.
#[derive(Debug, Clone)]
pub(super) struct Workload {
    pub(super) region: String,
    pub(super) name: String,
    pub(super) user: Option<User>,
    expires: i64,
}

/// The tokens that are out, by digest.
#[derive(Debug, Default)]
struct Issued(Mutex<BTreeMap<String, Workload>>);

/// `GetWorkloadAccessToken` and its two siblings.
pub(super) fn issue(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let name = call.input.text("workloadName").unwrap_or_default().to_owned();
    if name.is_empty() {
        return Err(invalid("workloadName", "workloadName is required"));
    }
    if !state(call).workload_identities.contains_key(&name) {
        return Err(not_found(format!("Workload identity '{name}' not found")));
    }
    let user = match call.operation {
        "GetWorkloadAccessToken" => None,
        "GetWorkloadAccessTokenForUserId" => Some(User::Id(given(call, "userId")?)),
        _ => Some(bearer(&given(call, "userToken")?, call.now)?),
    };
    let text = call.random_id(ALPHANUMERIC, 64);
    let expires = call.now + LIFETIME_MS;
    let workload = Workload { region: call.region.to_owned(), name, user, expires };
    Ok(Reply::later(move |local: LocalAws| async move {
        let issued = local.attachment::<Issued>();
        let mut issued = issued.0.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, token| token.expires > local.now_ms());
        issued.insert(digest(&text), workload);
        Ok(Reply::json(json!({ "workloadAccessToken": text })))
    }))
}

/// The workload behind a token.
///
/// # Errors
/// `UnauthorizedException` for a token that was not issued here or is over.
pub(super) fn workload(local: &LocalAws, text: &str) -> Result<Workload, Fault> {
    let issued = local.attachment::<Issued>();
    let issued = issued.0.lock().unwrap_or_else(PoisonError::into_inner);
    let found = issued.get(&digest(text)).filter(|token| token.expires > local.now_ms());
    found.cloned().ok_or_else(|| {
        let message = "The workload access token is invalid or has expired";
        Fault::new(401, "UnauthorizedException", message)
    })
}

/// The user whom a token that was verified is about.
pub(in crate::services::agentcore) fn user_of(token: &Token) -> User {
    let claim = |name: &str| token.text(name).unwrap_or_default().to_owned();
    User::Token { issuer: claim("iss"), subject: claim("sub"), digest: digest(&token.text) }
}

/// The user of a token as a caller gives it. Its signature is not looked at: the workload vouches
/// for it with its own permission.
///
/// # Errors
/// `ValidationException` for what is no JWT of a subject, or is over.
fn bearer(text: &str, now: i64) -> Result<User, Fault> {
    let token = Token::read(text).filter(|token| token.text("sub").is_some());
    let token = token.ok_or_else(|| invalid("userToken", "The user token is no JWT of a user"))?;
    if token.seconds("exp").is_some_and(|expires| expires * 1000 <= now) {
        return Err(invalid("userToken", "The user token has expired"));
    }
    Ok(user_of(&token))
}

/// The user of a `userIdentifier`: one of its two members.
///
/// # Errors
/// `ValidationException` when it is not one user.
pub(super) fn identified(identifier: &Value) -> Result<User, Fault> {
    let text = |name: &str| identifier.get(name).and_then(Value::as_str);
    match (text("userToken"), text("userId")) {
        (Some(token), None) => {
            let token = Token::read(token);
            let token =
                token.ok_or_else(|| invalid("userIdentifier.userToken", "This is no JWT"))?;
            Ok(user_of(&token))
        }
        (None, Some(id)) => Ok(User::Id(id.to_owned())),
        _ => Err(invalid("userIdentifier", "Exactly one of userToken and userId is needed")),
    }
}

fn given(call: &Call<'_>, name: &str) -> Result<String, Fault> {
    let given = call.input.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    given.ok_or_else(|| invalid(name, format!("{name} is required")))
}
