//! Tokens for resources: out of the vault, renewed, fetched with the provider's own credentials, or
//! by way of a user's consent.

use std::collections::BTreeMap;

use super::super::faults::{invalid, not_found};
use super::provider::{Vendor, authorization_url, vendor};
use super::state::{ConsentSession, User, VendorAnswer};
use super::vault::{self, Kept, Place};
use super::{CONSENT_MS, SESSION_PREFIX};
use crate::bearer::digest;
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::service::Fault;

/// How a token is come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::services::agentcore) enum Flow {
    /// A user consents (three-legged).
    UserFederation,
    /// The provider's own credentials are enough (two-legged).
    ClientCredentials,
}

/// A request for a token.
#[derive(Debug, Clone)]
pub(in crate::services::agentcore) struct Ask {
    pub(in crate::services::agentcore) region: String,
    pub(in crate::services::agentcore) workload: String,
    pub(in crate::services::agentcore) user: Option<User>,
    pub(in crate::services::agentcore) provider: String,
    pub(in crate::services::agentcore) flow: Flow,
    pub(in crate::services::agentcore) scopes: Vec<String>,
    pub(in crate::services::agentcore) parameters: BTreeMap<String, String>,
    pub(in crate::services::agentcore) return_url: Option<String>,
    pub(in crate::services::agentcore) custom_state: Option<String>,
    /// Asks the user again even if the vault has a token.
    pub(in crate::services::agentcore) force: bool,
    /// An earlier session, to hear how it stands.
    pub(in crate::services::agentcore) session_uri: Option<String>,
}

/// What a request came to.
pub(in crate::services::agentcore) enum Obtained {
    /// A token.
    Token {
        /// Its value.
        access: String,
        /// Whether the built-in vendor issued it.
        is_played: bool,
    },
    /// A user must consent first.
    Consent {
        /// Where.
        url: String,
        /// The session.
        session_uri: String,
        /// Whether the vendor refused in it.
        has_failed: bool,
    },
}

/// Gives a token, or what must be done for one.
///
/// # Errors
/// `ResourceNotFoundException` for an unknown provider, `ValidationException` for a return URL that
/// is not the workload's and for a vendor that refuses.
pub(in crate::services::agentcore) async fn obtain(
    local: &LocalAws,
    ask: &Ask,
) -> Result<Obtained, Fault> {
    let vendor = vendor(local, &ask.region, &ask.provider).await?;
    match ask.flow {
        Flow::ClientCredentials => own_token(local, ask, &vendor).await,
        Flow::UserFederation => users_token(local, ask, &vendor).await,
    }
}

async fn own_token(local: &LocalAws, ask: &Ask, vendor: &Vendor) -> Result<Obtained, Fault> {
    let place = ask.place("");
    if let Some(Kept { tokens, is_fresh: true }) = vault::find(local, &place).filter(|_| !ask.force)
    {
        return Ok(Obtained::token(tokens.access, vendor));
    }
    let scope = ask.scopes.join(" ");
    let mut form = vec![("grant_type", "client_credentials")];
    if !scope.is_empty() {
        form.push(("scope", &scope));
    }
    form.extend(ask.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let tokens =
        vendor.tokens(local, &form).await.map_err(|reason| refused(ask, &reason.to_string()))?;
    vault::keep(local, &place, &tokens).map_err(unwritable)?;
    Ok(Obtained::token(tokens.access, vendor))
}

async fn users_token(local: &LocalAws, ask: &Ask, vendor: &Vendor) -> Result<Obtained, Fault> {
    let user = ask.user.as_ref().ok_or_else(|| {
        invalid("workloadIdentityToken", "USER_FEDERATION needs a token made for a user")
    })?;
    let place = ask.place(&user.owner());
    if let Some(running) = running(local, ask, user) {
        return Ok(running);
    }
    if !ask.force {
        let kept = vault::find(local, &place);
        let access = match kept {
            Some(Kept { tokens, is_fresh: true }) => Some(tokens.access),
            Some(_) => renewed(local, &place, vendor).await?,
            None => None,
        };
        if let Some(access) = access {
            return Ok(Obtained::token(access, vendor));
        }
    }
    begin(local, ask, user)
}

/// How the session stands that a caller names, while it is running.
fn running(local: &LocalAws, ask: &Ask, user: &User) -> Option<Obtained> {
    let session_uri = ask.session_uri.clone()?;
    let now = local.now_ms();
    let (has_failed, port) = local.read(|account| {
        let session = account.region(&ask.region)?.agentcore.consents.get(&session_uri)?;
        let is_own = session.user == *user && session.expires > now;
        let failed = matches!(session.answer, Some(VendorAnswer::Error(_)));
        is_own.then_some((failed, account.port))
    })?;
    let url = authorization_url(port, &session_uri);
    Some(Obtained::Consent { url, session_uri, has_failed })
}

/// Renewals, one after the other: a refresh token that rotates is good once, and of two calls at once the second must
/// find what the first one got.
#[derive(Debug, Default)]
struct Renewing(tokio::sync::Mutex<()>);

/// A new access token for a refresh token; none where the consent is over. A vendor that does not answer may know it
/// still: the call fails then, and the consent stays.
async fn renewed(
    local: &LocalAws,
    place: &Place,
    vendor: &Vendor,
) -> Result<Option<String>, Fault> {
    let renewing = local.attachment::<Renewing>();
    let _turn = renewing.0.lock().await;
    let Some(kept) = vault::find(local, place) else { return Ok(None) };
    if kept.is_fresh {
        return Ok(Some(kept.tokens.access));
    }
    let Some(refresh) = kept.tokens.refresh else {
        vault::forget(local, place);
        return Ok(None);
    };
    let form = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    match vendor.tokens(local, &form).await {
        Ok(mut tokens) => {
            tokens.refresh.get_or_insert(refresh);
            vault::keep(local, place, &tokens).map_err(unwritable)?;
            Ok(Some(tokens.access))
        }
        Err(reason) if reason.ends_the_grant() => {
            tracing::info!(provider = %place.provider, %reason, "the consent is over");
            vault::forget(local, place);
            Ok(None)
        }
        Err(reason) => Err(invalid(
            "resourceCredentialProviderName",
            format!("{} did not renew the token: {reason}", place.provider),
        )),
    }
}

/// Begins a consent, whose browser may go back only where the workload identity allows it.
fn begin(local: &LocalAws, ask: &Ask, user: &User) -> Result<Obtained, Fault> {
    const FIELD: &str = "resourceOauth2ReturnUrl";
    let return_url = ask
        .return_url
        .clone()
        .ok_or_else(|| invalid(FIELD, "A return URL is needed for the user's consent"))?;
    let allowed = local.read(|account| {
        let identity =
            account.region(&ask.region)?.agentcore.workload_identities.get(&ask.workload)?;
        Some(identity.return_urls.contains(&return_url))
    });
    match allowed {
        Some(true) => {}
        Some(false) => {
            let message = format!(
                "The return URL {return_url} is not among the allowedResourceOauth2ReturnUrls of \
                 workload identity {}",
                ask.workload
            );
            return Err(invalid(FIELD, message));
        }
        None => return Err(not_found(format!("Workload identity '{}' not found", ask.workload))),
    }
    let now = local.now_ms();
    let session_uri = format!("{SESSION_PREFIX}{}", local.inner().random.uuid());
    let session = ConsentSession {
        workload: ask.workload.clone(),
        user: user.clone(),
        provider: ask.provider.clone(),
        scopes: ask.scopes.clone(),
        parameters: ask.parameters.clone(),
        return_url,
        custom_state: ask.custom_state.clone(),
        state: local.random_id(ALPHANUMERIC, 43),
        verifier: local.random_id(ALPHANUMERIC, 64),
        answer: None,
        expires: now + CONSENT_MS,
    };
    let port = local.edit_lazily(|account| {
        let sessions = &mut account.region_mut(&ask.region).agentcore.consents;
        sessions.retain(|_, session| session.expires > now);
        sessions.insert(session_uri.clone(), session);
        account.port
    });
    let url = authorization_url(port, &session_uri);
    Ok(Obtained::Consent { url, session_uri, has_failed: false })
}

/// Exchanges the code of a completed session and keeps its tokens for the session's user.
///
/// # Errors
/// `ValidationException` when the vendor refuses.
pub(super) async fn redeem(
    local: &LocalAws,
    region: &str,
    session: &ConsentSession,
    code: &str,
) -> Result<(), Fault> {
    let vendor = vendor(local, region, &session.provider).await?;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &*vendor.callback_url),
        ("code_verifier", &*session.verifier),
    ];
    let tokens = vendor
        .tokens(local, &form)
        .await
        .map_err(|reason| invalid("sessionUri", format!("The code was not exchanged: {reason}")))?;
    let place = Place {
        region: region.to_owned(),
        workload: session.workload.clone(),
        owner: session.user.owner(),
        provider: session.provider.clone(),
        scopes: session.scopes.clone(),
    };
    vault::keep(local, &place, &tokens).map_err(unwritable)
}

/// The challenge of a session's verifier: RFC 7636, S256.
pub(super) fn challenge(session: &ConsentSession) -> String {
    digest(&session.verifier)
}

impl Ask {
    fn place(&self, owner: &str) -> Place {
        Place {
            region: self.region.clone(),
            workload: self.workload.clone(),
            owner: owner.to_owned(),
            provider: self.provider.clone(),
            scopes: self.scopes.clone(),
        }
    }
}

impl Obtained {
    fn token(access: String, vendor: &Vendor) -> Self {
        Self::Token { access, is_played: vendor.is_played }
    }
}

fn refused(ask: &Ask, reason: &str) -> Fault {
    let provider = &ask.provider;
    invalid("resourceCredentialProviderName", format!("{provider} gave no token: {reason}"))
}

#[expect(clippy::needless_pass_by_value, reason = "it is the argument of map_err")]
fn unwritable(error: std::io::Error) -> Fault {
    let message = format!("the local AWS could not write the token vault: {error}");
    Fault::new(500, "InternalServerException", message)
}
