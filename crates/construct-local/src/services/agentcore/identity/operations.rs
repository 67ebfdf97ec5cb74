//! The data plane's operations. `GetResourceOauth2Token` may begin a consent and
//! `CompleteResourceTokenAuth` ends one; what they wait for runs outside of the state's lock.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::faults::{invalid, not_found};
use super::super::target_tools;
use super::provider::api_key;
use super::state::{ConsentSession, User, VendorAnswer};
use super::tokens::{Ask, Flow, Obtained, obtain, redeem};
use super::workload_tokens::{self, Workload, identified};
use crate::local::LocalAws;
use crate::service::{Call, Fault, Reply};

/// Answers one of the data plane's operations; `None` for any other.
pub(in crate::services::agentcore) fn call(call: &mut Call<'_>) -> Option<Result<Reply, Fault>> {
    Some(match call.operation {
        "GetWorkloadAccessToken"
        | "GetWorkloadAccessTokenForJWT"
        | "GetWorkloadAccessTokenForUserId" => workload_tokens::issue(call),
        "GetResourceOauth2Token" => oauth2_token(call),
        "GetResourceApiKey" => resource_api_key(call),
        "CompleteResourceTokenAuth" => complete(call),
        _ => return None,
    })
}

/// Whether one of them changes what is stored, although its name begins like a read.
pub(in crate::services::agentcore) fn is_mutating(operation: &str) -> bool {
    operation == "GetResourceOauth2Token"
}

fn oauth2_token(call: &Call<'_>) -> Result<Reply, Fault> {
    let token = required(call, "workloadIdentityToken")?;
    let provider = required(call, "resourceCredentialProviderName")?;
    let input = call.input;
    let owned = |name: &str| input.text(name).map(str::to_owned);
    let flow = match required(call, "oauth2Flow")?.as_str() {
        "USER_FEDERATION" => Flow::UserFederation,
        "M2M" => Flow::ClientCredentials,
        "ON_BEHALF_OF_TOKEN_EXCHANGE" => {
            let message = "the local AWS does not implement ON_BEHALF_OF_TOKEN_EXCHANGE";
            return Err(Fault::new(501, "NotImplemented", message));
        }
        other => return Err(invalid("oauth2Flow", format!("'{other}' is no flow"))),
    };
    let parameters = input.object("customParameters").into_iter().flatten();
    let parameters: BTreeMap<String, String> = parameters
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    let scopes = input.texts("scopes").into_iter().map(str::to_owned).collect();
    let (return_url, custom_state) = (owned("resourceOauth2ReturnUrl"), owned("customState"));
    let force = input.boolean("forceAuthentication").unwrap_or(false);
    let session_uri = owned("sessionUri");
    Ok(Reply::later(move |local: LocalAws| async move {
        let Workload { region, name: workload, user, .. } =
            workload_tokens::workload(&local, &token)?;
        let ask = Ask {
            region,
            workload,
            user,
            provider,
            flow,
            scopes,
            parameters,
            return_url,
            custom_state,
            force,
            session_uri,
        };
        Ok(Reply::json(match obtain(&local, &ask).await? {
            Obtained::Token { access, .. } => json!({ "accessToken": access }),
            Obtained::Consent { url, session_uri, has_failed } => json!({
                "authorizationUrl": url,
                "sessionUri": session_uri,
                "sessionStatus": if has_failed { "FAILED" } else { "IN_PROGRESS" },
            }),
        }))
    }))
}

fn resource_api_key(call: &Call<'_>) -> Result<Reply, Fault> {
    let token = required(call, "workloadIdentityToken")?;
    let provider = required(call, "resourceCredentialProviderName")?;
    Ok(Reply::later(move |local: LocalAws| async move {
        let workload = workload_tokens::workload(&local, &token)?;
        let key = local.read(|account| api_key(account, &workload.region, &provider));
        let message = format!("Credential provider '{provider}' not found");
        let key = key.ok_or_else(|| not_found(message))?;
        Ok(Reply::json(json!({ "apiKey": key })))
    }))
}

/// Takes the session out, so that it completes once, and exchanges its code. A caller who is not the
/// user of the session changes nothing: the session waits on.
fn complete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    let session_uri = required(call, "sessionUri")?;
    let user = identified(call.input.get("userIdentifier").unwrap_or(&Value::Null))?;
    let (region, now) = (call.region.to_owned(), call.now);
    let sessions = &mut call.here().agentcore.consents;
    let (session, code) = completed(sessions, &session_uri, &user, now)
        .ok_or_else(|| Fault::new(403, "AccessDeniedException", "Invalid or expired session"))?;
    Ok(Reply::later(move |local: LocalAws| async move {
        redeem(&local, &region, &session, &code).await?;
        if let User::Id(user_id) = &session.user {
            target_tools::after_consent(&local, &region, user_id, &session_uri).await;
        }
        Ok(Reply::empty(200))
    }))
}

/// The session and its code, if it is this user's, has one, and is not over.
fn completed(
    sessions: &mut BTreeMap<String, ConsentSession>,
    uri: &str,
    user: &User,
    now: i64,
) -> Option<(ConsentSession, String)> {
    let session = sessions.get(uri).filter(|session| session.expires > now)?;
    let Some(VendorAnswer::Code(code)) = &session.answer else { return None };
    let code = code.clone();
    (session.user == *user).then_some(())?;
    Some((sessions.remove(uri)?, code))
}

fn required(call: &Call<'_>, name: &str) -> Result<String, Fault> {
    let given = call.input.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
    given.ok_or_else(|| invalid(name, format!("{name} is required")))
}
