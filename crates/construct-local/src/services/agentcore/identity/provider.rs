//! Credential providers as the vault uses them: where a vendor answers, who it knows us as, and the
//! requests to its token endpoint.
//!
//! The built-in vendor plays every provider, unless requests may leave this machine and the
//! provider has credentials of its own.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;

use super::super::faults::{invalid, not_found};
use super::super::state::{Authorization, SecretPlace, Target};
use super::state::{ConsentSession, User};
use super::vault::Tokens;
use super::vendor_answers::{self, NoToken};
use super::{AUTHORIZE_PATH, CONSENT_MS, SESSION_PREFIX};
use crate::local::LocalAws;
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault};
use crate::services::secretsmanager::SecretValue;
use crate::state::{Account, Region};
use crate::wire::form::{encoded, written};
use crate::{addresses, outbound};

/// What a client id or secret is that nobody gave: only the built-in vendor takes it.
const PLACEHOLDER: &str = "local-placeholder";

/// Parameters of an authorization request.
type Extra = &'static [(&'static str, &'static str)];

/// Vendors whose names alone tell their endpoints (their own documentation): authorization, token,
/// and what the authorization request needs beyond what OAuth asks.
const KNOWN: [(&str, &str, &str, Extra); 2] = [
    (
        "GithubOauth2",
        "https://github.com/login/oauth/authorize",
        "https://github.com/login/oauth/access_token",
        &[],
    ),
    (
        "AtlassianOauth2",
        "https://auth.atlassian.com/authorize",
        "https://auth.atlassian.com/oauth/token",
        &[("audience", "api.atlassian.com"), ("prompt", "consent")],
    ),
];

/// A vendor behind a provider.
#[derive(Clone)]
pub(super) struct Vendor {
    pub(super) client_id: String,
    secret: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    /// Whether the secret goes into a header and not into the form.
    basic: bool,
    pub(super) callback_url: String,
    /// Parameters that this vendor wants beside OAuth's.
    pub(super) extra: Extra,
    /// Whether the built-in vendor plays it.
    pub(super) is_played: bool,
}

/// The vendor behind a provider of a Region.
///
/// # Errors
/// `ResourceNotFoundException` when there is no such provider, `ValidationException` when its
/// vendor's endpoints cannot be had.
pub(super) async fn vendor(local: &LocalAws, region: &str, name: &str) -> Result<Vendor, Fault> {
    let internet = local.options().internet;
    let found = local.read(|account| {
        let region = account.region(region)?;
        let provider = region.agentcore.oauth2_providers.get(name)?.clone();
        let secret = secret_value(region, &provider.secret).unwrap_or_default();
        Some((provider, secret, account.port))
    });
    let (provider, secret, port) =
        found.ok_or_else(|| not_found(format!("Credential provider '{name}' not found")))?;
    let members = provider.configuration.as_object().and_then(|union| union.values().next());
    let members = members.cloned().unwrap_or_default();
    let client_id = members["clientId"].as_str().unwrap_or_default().to_owned();
    let is_played = !internet || secret == PLACEHOLDER || client_id == PLACEHOLDER;
    let known = KNOWN.iter().find(|(vendor, ..)| *vendor == provider.vendor);
    let (authorization_endpoint, token_endpoint) = match known {
        _ if is_played => {
            (addresses::vendor(port, "/authorize"), addresses::vendor(port, "/token"))
        }
        Some((_, authorize, token, _)) => ((*authorize).to_owned(), (*token).to_owned()),
        None => endpoints(local, &members).await?,
    };
    let basic = provider.vendor == "CustomOauth2"
        && members["clientAuthenticationMethod"] != "CLIENT_SECRET_POST";
    Ok(Vendor {
        client_id,
        secret,
        authorization_endpoint,
        token_endpoint,
        basic,
        callback_url: provider.callback_url,
        extra: known.filter(|_| !is_played).map_or(&[], |(.., extra)| *extra),
        is_played,
    })
}

/// Authorization and token endpoint of a provider: as its configuration names them, or its discovery document.
async fn endpoints(local: &LocalAws, members: &Value) -> Result<(String, String), Fault> {
    let discovery = &members["oauthDiscovery"];
    let text = |from: &Value, name: &str| from[name].as_str().map(str::to_owned);
    for given in [members, &discovery["authorizationServerMetadata"]] {
        let token = text(given, "tokenEndpoint");
        if let Some(own) = text(given, "authorizationEndpoint").zip(token) {
            return Ok(own);
        }
    }
    let Some(url) = discovery["discoveryUrl"].as_str() else {
        let message = "the local AWS knows the endpoints of GitHub and Atlassian, and those that a \
                       provider's configuration names";
        return Err(invalid("credentialProviderVendor", message));
    };
    let refused = |reason: &str| invalid("oauthDiscovery", format!("{url}: {reason}"));
    let request =
        Request::get(url).body(Bytes::new()).map_err(|_not_a_url| refused("it is no URL"))?;
    let answer =
        outbound::send(local, request).await.map_err(|error| refused(&error.to_string()))?;
    let document: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let token = text(&document, "token_endpoint");
    let found = text(&document, "authorization_endpoint").zip(token);
    let (authorize, token) = found.ok_or_else(|| refused("it names no endpoints"))?;
    if !outbound::may_lead(local, url, &token) {
        return Err(refused("its token endpoint is not on https, or on this machine"));
    }
    Ok((authorize, token))
}

impl Vendor {
    /// Asks the token endpoint.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub(super) async fn tokens(
        &self,
        local: &LocalAws,
        parameters: &[(&str, &str)],
    ) -> Result<Tokens, NoToken> {
        let mut form: Vec<(&str, &str)> = parameters.to_vec();
        let mut request = Request::post(&self.token_endpoint)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json");
        if self.basic {
            // RFC 6749, section 2.3.1: both are form-encoded first.
            let pair = format!("{}:{}", encoded(&self.client_id), encoded(&self.secret));
            request =
                request.header(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(pair)));
        } else {
            form.extend([("client_id", &*self.client_id), ("client_secret", &*self.secret)]);
        }
        let request = request
            .body(Bytes::from(written(form)))
            .map_err(|_not_a_url| NoToken::Unanswered("its token endpoint is no URL".to_owned()))?;
        let sent = outbound::send(local, request).await;
        vendor_answers::read(&sent.map_err(|error| NoToken::Unanswered(error.to_string()))?)
    }
}

/// The value of a provider's secret.
pub(crate) fn secret_value(region: &Region, place: &SecretPlace) -> Option<String> {
    let secrets = &region.secretsmanager.secrets;
    let secret = secrets.values().find(|secret| secret.arn == place.arn)?;
    let is_current = |stages: &[String]| stages.iter().any(|stage| stage == "AWSCURRENT");
    let version = secret.versions.values().find(|version| is_current(&version.stages))?;
    let SecretValue::Text(text) = &version.value else { return None };
    match &place.json_key {
        None => Some(text.clone()),
        Some(key) => {
            let document: Value = serde_json::from_str(text).ok()?;
            document.get(key)?.as_str().map(str::to_owned)
        }
    }
}

/// The key of an API key provider, by the provider's ARN or name.
pub(in crate::services::agentcore) fn api_key(
    account: &Account,
    region: &str,
    provider: &str,
) -> Option<String> {
    let region = account.region(region)?;
    let mut providers = region.agentcore.api_key_providers.values();
    let found = providers.find(|own| own.arn == provider || own.name == provider)?;
    secret_value(region, &found.secret)
}

/// Begins the consent that lets the service read a target's tools: gives what a person must open,
/// and whom to name when completing. The target's settings name the provider.
pub(in crate::services::agentcore) fn begin_for_target(
    call: &mut Call<'_>,
    gateway_id: &str,
    target: &Target,
) -> Authorization {
    let session_uri = format!("{SESSION_PREFIX}{}", call.uuid());
    let user_id = format!("{gateway_id}{}{}", target.id, call.uuid());
    let (state, verifier) = (call.random_id(ALPHANUMERIC, 43), call.random_id(ALPHANUMERIC, 64));
    let settings = &target.settings.credential_provider_configurations[0]["credentialProvider"]["oauthCredentialProvider"];
    let asked = OauthSettings::read(settings);
    let session = ConsentSession {
        workload: gateway_id.to_owned(),
        user: User::Id(user_id.clone()),
        provider: asked.provider,
        scopes: asked.scopes,
        parameters: asked.parameters,
        return_url: asked.return_url.unwrap_or_default(),
        custom_state: None,
        state,
        verifier,
        answer: None,
        expires: call.now + CONSENT_MS,
    };
    let url = authorization_url(call.port(), &session_uri);
    let now = call.now;
    let sessions = &mut call.here().agentcore.consents;
    sessions.retain(|_, session| session.expires > now);
    sessions.insert(session_uri.clone(), session);
    Authorization { url, user_id, session_uri }
}

/// Where a person opens a session.
pub(super) fn authorization_url(port: u16, session_uri: &str) -> String {
    addresses::identity(port, &format!("{AUTHORIZE_PATH}?request_uri={}", encoded(session_uri)))
}

/// A target's `oauthCredentialProvider`.
pub(in crate::services::agentcore) struct OauthSettings {
    /// The provider's name: the last part of its ARN.
    pub(in crate::services::agentcore) provider: String,
    pub(in crate::services::agentcore) scopes: Vec<String>,
    pub(in crate::services::agentcore) parameters: std::collections::BTreeMap<String, String>,
    pub(in crate::services::agentcore) return_url: Option<String>,
}

impl OauthSettings {
    /// Reads what the control plane has accepted.
    pub(in crate::services::agentcore) fn read(settings: &Value) -> Self {
        let text = |name: &str| settings[name].as_str().map(str::to_owned);
        let arn = text("providerArn").unwrap_or_default();
        let scopes = settings["scopes"].as_array().into_iter().flatten();
        let parameters = settings["customParameters"].as_object().into_iter().flatten();
        Self {
            provider: arn.rsplit('/').next().unwrap_or_default().to_owned(),
            scopes: scopes.filter_map(Value::as_str).map(str::to_owned).collect(),
            parameters: parameters
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            return_url: text("defaultReturnUrl"),
        }
    }
}
