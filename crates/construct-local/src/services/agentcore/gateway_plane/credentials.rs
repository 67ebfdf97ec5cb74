//! How the gateway authorizes itself at a target: a key, a token of its own, or a token of the user.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request, Uri};
use serde_json::Value;

use super::super::credential_rules::accepted;
use super::super::identity::{self, Ask, Flow, OauthSettings, Obtained, User, user_of};
use super::super::state::Target;
use super::super::target_kind::{OutboundAuth, TargetKind};
use super::authorizer::Caller;
use super::call::{Consent, ToolCall};
use crate::local::LocalAws;
use crate::outbound;
use crate::wire::form::location;

/// Where a client may ask for another return URL, or to be asked again.
const OVERRIDE: &str = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration";
/// What a scope-only signature is signed with: see [`crate::wire::Scope`].
const OWN_ACCESS_KEY: &str = "ASIALOCALGATEWAY0000";

/// What a request to a target carries.
#[derive(Clone)]
pub(in crate::services::agentcore) enum Credential {
    /// Nothing.
    None,
    /// A token.
    Bearer {
        /// Its value.
        token: String,
        /// Whether the built-in vendor issued it.
        is_played: bool,
    },
    /// A key in a header.
    Header(String, String),
    /// A key in a query parameter.
    Query(String, String),
    /// The credential scope of the gateway's role, which only the local AWS itself takes.
    Signed {
        /// The service that is signed for.
        service: String,
        /// Its Region.
        region: String,
    },
}

/// Why there is no credential.
pub(super) enum Unready {
    /// The user must consent first.
    Consent(Consent),
    /// The tool cannot be called; why, for the caller.
    Refused(String),
    /// The gateway itself failed; why, for whoever set it up.
    Internal(String),
}

impl Credential {
    /// Whether the built-in vendor issued it.
    pub(super) fn is_played(&self) -> bool {
        matches!(self, Self::Bearer { is_played: true, .. })
    }

    /// The request with the credential; `None` when it cannot be sent.
    pub(super) fn apply<B>(&self, mut request: Request<B>) -> Option<Request<B>> {
        let (name, value) = match self {
            Self::None => return Some(request),
            Self::Query(name, value) => {
                let uri = location(&request.uri().to_string(), &[(name, Some(value))]);
                *request.uri_mut() = uri.parse::<Uri>().ok()?;
                return Some(request);
            }
            Self::Bearer { token, .. } => (AUTHORIZATION, format!("Bearer {token}")),
            Self::Header(name, value) => (HeaderName::try_from(name).ok()?, value.clone()),
            Self::Signed { service, region } => (
                AUTHORIZATION,
                format!(
                    "AWS4-HMAC-SHA256 Credential={OWN_ACCESS_KEY}/20260101/{region}/{service}/\
                     aws4_request, SignedHeaders=host, Signature=00"
                ),
            ),
        };
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
        Some(request)
    }
}

/// The credential for a call.
pub(super) async fn obtain(
    call: &ToolCall<'_>,
    kind: TargetKind,
    caller: &Caller,
) -> Result<Credential, Unready> {
    let site = call.site;
    let asked = call.message.params.get("_meta").and_then(|meta| meta.get(OVERRIDE));
    let asked = asked.and_then(|own| own.get("oauthCredentialProvider"));
    let user = match caller {
        Caller::Bearer(token) => Some(user_of(token)),
        Caller::Signer(key) => Some(User::Id(key.clone())),
        Caller::Anyone => None,
    };
    let place = Asking { local: &site.local, region: &site.region, gateway: &site.gateway.id };
    place.credential(kind, call.target, user, asked).await
}

/// The credential for reading a target's tools: after a consent it is the one that the target's own
/// user id has in the vault.
///
/// # Errors
/// Why there is none, as a sentence.
pub(in crate::services::agentcore) async fn credential_of(
    local: &LocalAws,
    (region, gateway): (&str, &str),
    target: &Target,
    user_id: Option<&str>,
) -> Result<Credential, String> {
    let Some((kind, _)) = TargetKind::of(&target.settings.target_configuration) else {
        return Err("the target's kind is not known".to_owned());
    };
    let user = user_id.map(|id| User::Id(id.to_owned()));
    let found = Asking { local, region, gateway }.credential(kind, target, user, None).await;
    found.map_err(|unready| match unready {
        Unready::Consent(_) => "a person must consent first".to_owned(),
        Unready::Refused(reason) | Unready::Internal(reason) => reason,
    })
}

struct Asking<'a> {
    local: &'a LocalAws,
    region: &'a str,
    gateway: &'a str,
}

impl Asking<'_> {
    async fn credential(
        &self,
        kind: TargetKind,
        target: &Target,
        user: Option<User>,
        asked: Option<&Value>,
    ) -> Result<Credential, Unready> {
        let list = &target.settings.credential_provider_configurations;
        let provider = &list[0]["credentialProvider"];
        match accepted(kind, list) {
            OutboundAuth::None => Ok(Credential::None),
            // The role invokes a function without a credential that anybody sees.
            OutboundAuth::GatewayRole if kind == TargetKind::Lambda => Ok(Credential::None),
            OutboundAuth::GatewayRole => self.signed(target, &provider["iamCredentialProvider"]),
            OutboundAuth::ApiKey => self.api_key(&provider["apiKeyCredentialProvider"]),
            flow @ (OutboundAuth::ClientCredentials | OutboundAuth::AuthorizationCode) => {
                let settings = OauthSettings::read(&provider["oauthCredentialProvider"]);
                let flow = if flow == OutboundAuth::ClientCredentials {
                    Flow::ClientCredentials
                } else {
                    Flow::UserFederation
                };
                self.token(settings, flow, user, asked).await
            }
            other => Err(Unready::Refused(format!(
                "The local AWS does not play {} at targets.",
                other.label()
            ))),
        }
    }

    /// A signature that nobody verifies is a scope and no more: it goes to the local AWS only.
    fn signed(&self, target: &Target, settings: &Value) -> Result<Credential, Unready> {
        let configuration = &target.settings.target_configuration["mcp"];
        let url = configuration["mcpServer"]["endpoint"].as_str().unwrap_or_default();
        let is_own = url.parse().is_ok_and(|uri| outbound::is_own(self.local, &uri));
        let elsewhere = configuration.get("mcpServer").is_some() && !is_own;
        if elsewhere && url.parse().is_ok_and(|uri| outbound::may_call(self.local, &uri)) {
            let sentence = "The local AWS does not sign requests to servers other than itself.";
            return Err(Unready::Refused(sentence.to_owned()));
        }
        let text = |name: &str| settings[name].as_str();
        Ok(Credential::Signed {
            service: text("service").unwrap_or_default().to_owned(),
            region: text("region").unwrap_or(self.region).to_owned(),
        })
    }

    fn api_key(&self, settings: &Value) -> Result<Credential, Unready> {
        let text = |name: &str| settings[name].as_str();
        let arn = text("providerArn").unwrap_or_default();
        let key = self
            .local
            .read(|account| identity::api_key(account, self.region, arn))
            .ok_or_else(|| Unready::Internal(format!("the API key of {arn} cannot be read")))?;
        let value = format!("{}{key}", text("credentialPrefix").unwrap_or_default());
        let name = |default: &str| text("credentialParameterName").unwrap_or(default).to_owned();
        Ok(match text("credentialLocation") {
            Some("QUERY_PARAMETER") => Credential::Query(name("api_key"), value),
            _ => Credential::Header(name("Authorization"), value),
        })
    }

    async fn token(
        &self,
        settings: OauthSettings,
        flow: Flow,
        user: Option<User>,
        asked: Option<&Value>,
    ) -> Result<Credential, Unready> {
        if flow == Flow::UserFederation && user.is_none() {
            let sentence = "This tool needs a user, and the gateway does not ask who calls.";
            return Err(Unready::Refused(sentence.to_owned()));
        }
        let asked_url = asked.and_then(|own| own["returnUrl"].as_str()).map(str::to_owned);
        let ask = Ask {
            region: self.region.to_owned(),
            workload: self.gateway.to_owned(),
            user,
            provider: settings.provider,
            flow,
            scopes: settings.scopes,
            parameters: settings.parameters,
            return_url: asked_url.or(settings.return_url),
            custom_state: None,
            force: asked.is_some_and(|own| own["forceAuthentication"] == true),
            session_uri: None,
        };
        match identity::obtain(self.local, &ask).await {
            Ok(Obtained::Token { access, is_played }) => {
                Ok(Credential::Bearer { token: access, is_played })
            }
            Ok(Obtained::Consent { url, .. }) => Err(Unready::Consent(Consent {
                id: self.local.inner().random.uuid(),
                url,
                provider: ask.provider,
            })),
            Err(fault) => Err(Unready::Internal(fault.message)),
        }
    }
}
