//! What browsers meet of `AgentCore` Identity: the address that a consent begins at, and the one
//! that a vendor sends them back to. It sets no cookie: who the user is, the return URL's owner says.

use bytes::Bytes;
use http::{Method, Response, StatusCode};

use super::provider::vendor;
use super::state::{ConsentSession, VendorAnswer};
use super::tokens::challenge;
use super::{AUTHORIZE_PATH, CALLBACK_PATH};
use crate::addresses::{IDENTITY_HOST, host_name};
use crate::html::{problem, redirect};
use crate::local::LocalAws;
use crate::service::Boxed;
use crate::wire::Wire;
use crate::wire::form::{Parameters, location};

/// The answer to a browser; `None` when the request is not for this plane.
pub(in crate::services::agentcore) fn answer(
    local: &LocalAws,
    request: &Wire,
) -> Option<Boxed<Response<Bytes>>> {
    if host_name(request.host()) != IDENTITY_HOST || request.method != Method::GET {
        return None;
    }
    let (local, request) = (local.clone(), request.clone());
    if request.path == AUTHORIZE_PATH {
        return Some(Box::pin(async move { begin(&local, &request).await }));
    }
    let provider = request.path.strip_prefix(CALLBACK_PATH)?.to_owned();
    Some(Box::pin(async move { take_answer(&local, &request, &provider) }))
}

fn refused(sentence: &str) -> Response<Bytes> {
    problem("Not authorized", sentence, StatusCode::BAD_REQUEST)
}

/// Sends the browser on to the vendor.
async fn begin(local: &LocalAws, request: &Wire) -> Response<Bytes> {
    const OVER: &str = "This link is not valid, was used already, or is older than ten minutes.";
    let query = Parameters::of(&request.query).unwrap_or_default();
    let now = local.now_ms();
    let found = query.get("request_uri").and_then(|uri| {
        local.read(|account| {
            account.regions.iter().find_map(|(region, state)| {
                let session = state.agentcore.consents.get(uri)?;
                let open = session.expires > now && session.answer.is_none();
                open.then(|| (region.clone(), session.clone()))
            })
        })
    });
    let Some((region, session)) = found else { return refused(OVER) };
    let vendor = match vendor(local, &region, &session.provider).await {
        Ok(vendor) => vendor,
        Err(fault) => return refused(&fault.message),
    };
    let (scope, challenge) = (session.scopes.join(" "), challenge(&session));
    let mut parameters: Vec<(&str, Option<&str>)> = vec![
        ("response_type", Some("code")),
        ("client_id", Some(&vendor.client_id)),
        ("redirect_uri", Some(&vendor.callback_url)),
        ("scope", Some(&*scope).filter(|scope| !scope.is_empty())),
        ("state", Some(&session.state)),
        ("code_challenge", Some(&challenge)),
        ("code_challenge_method", Some("S256")),
    ];
    let own = session.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in own.chain(vendor.extra.iter().copied()) {
        // What OAuth needs is not the caller's to replace.
        if parameters.iter().all(|(known, _)| *known != name) {
            parameters.push((name, Some(value)));
        }
    }
    redirect(&location(&vendor.authorization_endpoint, &parameters))
}

/// Takes the vendor's answer, once, and sends the browser to the return URL with the session.
fn take_answer(local: &LocalAws, request: &Wire, provider: &str) -> Response<Bytes> {
    const UNKNOWN: &str = "This answer belongs to no authorization that is under way.";
    let query = Parameters::of(&request.query).unwrap_or_default();
    let answer = match (query.get("code"), query.get("error")) {
        (Some(code), None) => VendorAnswer::Code(code.to_owned()),
        (None, Some(error)) => VendorAnswer::Error(error.to_owned()),
        _ => return refused(UNKNOWN),
    };
    let Some(state) = query.get("state") else { return refused(UNKNOWN) };
    let now = local.now_ms();
    let taken = local.edit_lazily(|account| {
        account.regions.values_mut().find_map(|region| {
            let agentcore = &mut region.agentcore;
            let providers = &agentcore.oauth2_providers;
            let (uri, session) =
                agentcore.consents.iter_mut().find(|(_, session)| session.state == state)?;
            // Each provider has a callback of its own: an answer at another's is mixed up.
            let own = providers.get(&session.provider)?.callback_url.rsplit('/').next();
            let open = session.expires > now && session.answer.is_none();
            if own != Some(provider) || !open {
                return None;
            }
            session.answer = Some(answer.clone());
            Some((uri.clone(), session.clone()))
        })
    });
    taken.map_or_else(|| refused(UNKNOWN), |(uri, session)| redirect(&onward(&uri, &session)))
}

/// The return URL, which learns the session, and of a refusal its reason.
fn onward(session_uri: &str, session: &ConsentSession) -> String {
    let error = match &session.answer {
        Some(VendorAnswer::Error(error)) => Some(error.as_str()),
        _ => None,
    };
    let parameters = [
        ("session_id", Some(session_uri)),
        ("state", session.custom_state.as_deref()),
        ("error", error),
    ];
    location(&session.return_url, &parameters)
}
