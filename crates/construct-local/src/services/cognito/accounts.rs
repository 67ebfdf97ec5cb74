//! What an administrator does to somebody's account: switching it off and on, ending its
//! sessions, and asking for another password.

use serde_json::{Value, json};

use super::pools::state;
use super::state::Pool;
use super::users::{found, found_mut};
use super::{input, invalid, shapes, text};
use crate::service::{Call, Fault};

/// The status of a user who has to prove an address before they can sign in again.
pub(super) const RESET_REQUIRED: &str = "RESET_REQUIRED";

pub(super) fn disable(call: &mut Call<'_>) -> Result<Value, Fault> {
    set_enabled(call, false)
}

pub(super) fn enable(call: &mut Call<'_>) -> Result<Value, Fault> {
    set_enabled(call, true)
}

fn set_enabled(call: &mut Call<'_>, enabled: bool) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_USER)?;
    let now = call.now;
    let user = found_mut(call, &given)?;
    user.enabled = enabled;
    user.modified = now;
    if !enabled {
        let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
        end_sessions(pool, text(&given, "Username"))?;
    }
    Ok(json!({}))
}

pub(super) fn sign_out(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::ONE_USER)?;
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    end_sessions(pool, text(&given, "Username"))?;
    Ok(json!({}))
}

/// The local AWS sends no code, so only `AdminSetUserPassword` gets the person in again.
pub(super) fn reset_password(call: &mut Call<'_>) -> Result<Value, Fault> {
    let given = input(call, shapes::RESET_PASSWORD)?;
    let now = call.now;
    let user = found_mut(call, &given)?;
    if !["CONFIRMED", RESET_REQUIRED].contains(&user.status.as_str()) {
        return Err(Fault::client(
            "NotAuthorizedException",
            "User password cannot be reset in the current state.",
        ));
    }
    let is_verified = |name: &str| user.attributes.get(name).is_some_and(|flag| flag == "true");
    if !is_verified("email_verified") && !is_verified("phone_number_verified") {
        return Err(invalid(
            "Cannot reset password for the user as there is no registered/verified email or \
             phone_number",
        ));
    }
    RESET_REQUIRED.clone_into(&mut user.status);
    user.modified = now;
    let pool = state(call).pool_mut(text(&given, "UserPoolId"))?;
    end_sessions(pool, text(&given, "Username"))?;
    Ok(json!({}))
}

/// Takes back what a user has out: sessions at the sign-in page, codes, refresh tokens, challenges.
fn end_sessions(pool: &mut Pool, name: &str) -> Result<(), Fault> {
    let sub = found(pool, name)?.1.attributes.get("sub").cloned().unwrap_or_default();
    pool.sessions.retain(|_, session| session.sub != sub);
    for client in pool.clients.values_mut() {
        client.issued.codes.retain(|_, code| code.grant.sub != sub);
        client.issued.refresh_tokens.retain(|_, token| token.grant.sub != sub);
        client.issued.challenges.retain(|_, challenge| challenge.sub != sub);
    }
    Ok(())
}
