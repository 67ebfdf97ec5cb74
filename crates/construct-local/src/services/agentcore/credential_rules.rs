//! Which outbound credential a target may carry: its shape, and the pairing with the target's kind.

use serde_json::Value;

use super::faults::invalid;
use super::target_kind::{OutboundAuth, TargetKind};
use crate::service::Fault;

const FIELD: &str = "credentialProviderConfigurations";

/// The outbound authorization of one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outbound<'a> {
    /// What it is.
    pub(super) auth: OutboundAuth,
    /// The credential provider it names, for OAuth and API keys.
    pub(super) provider_arn: Option<&'a str>,
    /// The service it signs for, for the gateway's role at MCP servers and `OpenAPI` endpoints.
    pub(super) service: Option<&'a str>,
}

/// What the rules must know about the target and its gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The target's kind.
    pub(super) kind: TargetKind,
    /// The target's own part of the configuration union.
    pub(super) part: &'a Value,
    /// The gateway's inbound `authorizerType`.
    pub(super) authorizer_type: &'a str,
}

/// Checks the credential of a request that the grammar has accepted.
///
/// # Errors
/// `ValidationException` for a credential without its details, or one that does not go with the
/// target.
pub(super) fn check<'a>(place: Place<'_>, list: Option<&'a Value>) -> Result<Outbound<'a>, Fault> {
    let entry = list.and_then(|list| list.get(0));
    let outbound = match entry {
        None => Outbound { auth: OutboundAuth::None, provider_arn: None, service: None },
        Some(entry) => read(place.kind, entry)?,
    };
    let auth = outbound.auth;
    if !place.kind.takes(auth) {
        let message = format!("{} targets do not support {}", place.kind.label(), auth.label());
        return Err(invalid(FIELD, message));
    }
    if auth == OutboundAuth::CallerIam
        && !matches!(place.authorizer_type, "AWS_IAM" | "AUTHENTICATE_ONLY")
    {
        let message = "CALLER_IAM_CREDENTIALS needs a gateway with authorizer type AWS_IAM or \
                       AUTHENTICATE_ONLY";
        return Err(invalid(FIELD, message));
    }
    let dynamic = place.part.get("listingMode").and_then(Value::as_str) == Some("DYNAMIC");
    if dynamic && auth == OutboundAuth::AuthorizationCode {
        let message = "Targets with listing mode DYNAMIC do not support AUTHORIZATION_CODE";
        return Err(invalid(FIELD, message));
    }
    Ok(outbound)
}

/// The authorization of a credential that was accepted before.
pub(super) fn accepted(kind: TargetKind, list: &Value) -> OutboundAuth {
    let outbound = list.get(0).and_then(|entry| read(kind, entry).ok());
    outbound.map_or(OutboundAuth::None, |outbound| outbound.auth)
}

fn read(kind: TargetKind, entry: &Value) -> Result<Outbound<'_>, Fault> {
    let provider = entry.get("credentialProvider").filter(|provider| !provider.is_null());
    let member = |name: &str| provider.and_then(|provider| provider.get(name));
    let none_wanted = |auth: OutboundAuth| {
        if provider.is_none() {
            return Ok(Outbound { auth, provider_arn: None, service: None });
        }
        Err(invalid(FIELD, format!("{} takes no credentialProvider", auth.label())))
    };
    match entry.get("credentialProviderType").and_then(Value::as_str) {
        Some("GATEWAY_IAM_ROLE") => gateway_role(kind, provider),
        Some("CALLER_IAM_CREDENTIALS") => none_wanted(OutboundAuth::CallerIam),
        Some("JWT_PASSTHROUGH") => none_wanted(OutboundAuth::JwtPassthrough),
        Some("API_KEY") => {
            let key = member("apiKeyCredentialProvider")
                .ok_or_else(|| invalid(FIELD, "API_KEY needs an apiKeyCredentialProvider"))?;
            Ok(with_provider(OutboundAuth::ApiKey, key))
        }
        _ => {
            let oauth = member("oauthCredentialProvider")
                .ok_or_else(|| invalid(FIELD, "OAUTH needs an oauthCredentialProvider"))?;
            let auth = match text(oauth, "grantType") {
                Some("AUTHORIZATION_CODE") => OutboundAuth::AuthorizationCode,
                Some("TOKEN_EXCHANGE") => OutboundAuth::TokenExchange,
                _ => OutboundAuth::ClientCredentials,
            };
            if auth == OutboundAuth::AuthorizationCode && text(oauth, "defaultReturnUrl").is_none()
            {
                let message = "Grant type AUTHORIZATION_CODE needs a defaultReturnUrl";
                return Err(invalid(FIELD, message));
            }
            Ok(with_provider(auth, oauth))
        }
    }
}

fn with_provider(auth: OutboundAuth, provider: &Value) -> Outbound<'_> {
    Outbound { auth, provider_arn: text(provider, "providerArn"), service: None }
}

/// MCP servers and `OpenAPI` endpoints must be told which service to sign for; targets that are AWS
/// services themselves must not.
fn gateway_role(kind: TargetKind, provider: Option<&Value>) -> Result<Outbound<'_>, Fault> {
    let signing = provider.and_then(|provider| provider.get("iamCredentialProvider"));
    let message = match kind {
        TargetKind::McpServer | TargetKind::OpenApi if signing.is_none() => format!(
            "GATEWAY_IAM_ROLE on {} targets needs an iamCredentialProvider with a service",
            kind.label()
        ),
        TargetKind::Lambda
        | TargetKind::ApiGateway
        | TargetKind::Smithy
        | TargetKind::Connector
            if provider.is_some() =>
        {
            format!("GATEWAY_IAM_ROLE on {} targets takes no credentialProvider", kind.label())
        }
        _ if provider.is_some() && signing.is_none() => {
            "GATEWAY_IAM_ROLE takes no other credentialProvider than iamCredentialProvider"
                .to_owned()
        }
        _ => {
            let service = signing.and_then(|signing| text(signing, "service"));
            return Ok(Outbound { auth: OutboundAuth::GatewayRole, provider_arn: None, service });
        }
    };
    Err(invalid(FIELD, message))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(kind: TargetKind, entry: &Value) -> String {
        check_with(kind, &json!({}), "CUSTOM_JWT", entry).unwrap_err()
    }

    fn check_with(
        kind: TargetKind,
        part: &Value,
        authorizer_type: &str,
        entry: &Value,
    ) -> Result<OutboundAuth, String> {
        let place = Place { kind, part, authorizer_type };
        check(place, Some(&json!([entry])))
            .map(|outbound| outbound.auth)
            .map_err(|fault| fault.message)
    }

    fn oauth(grant: &str) -> Value {
        json!({"credentialProviderType": "OAUTH", "credentialProvider": {
            "oauthCredentialProvider": {
                "providerArn": "arn:p", "scopes": [], "grantType": grant,
                "defaultReturnUrl": "https://example.com/back",
            },
        }})
    }

    #[test]
    fn no_credential_is_for_targets_that_take_none() {
        let place = |kind| Place { kind, part: &Value::Null, authorizer_type: "CUSTOM_JWT" };
        assert!(check(place(TargetKind::McpServer), None).is_ok());
        assert!(check(place(TargetKind::Lambda), None).is_err());
    }

    #[test]
    fn the_grant_decides_the_pairing() {
        assert!(
            check_with(TargetKind::OpenApi, &json!({}), "NONE", &oauth("TOKEN_EXCHANGE")).is_ok()
        );
        assert!(refusal(TargetKind::Smithy, &oauth("AUTHORIZATION_CODE")).contains("Smithy"));
        assert!(refusal(TargetKind::Lambda, &oauth("CLIENT_CREDENTIALS")).contains("Lambda"));
    }

    #[test]
    fn three_legged_oauth_needs_a_return_url() {
        let mut entry = oauth("AUTHORIZATION_CODE");
        entry["credentialProvider"]["oauthCredentialProvider"]["defaultReturnUrl"] = Value::Null;
        assert!(refusal(TargetKind::OpenApi, &entry).contains("defaultReturnUrl"));
    }

    #[test]
    fn a_dynamic_server_cannot_ask_users() {
        let part = json!({"endpoint": "https://x", "listingMode": "DYNAMIC"});
        let kind = TargetKind::McpServer;
        assert!(check_with(kind, &part, "CUSTOM_JWT", &oauth("AUTHORIZATION_CODE")).is_err());
        assert!(check_with(kind, &part, "CUSTOM_JWT", &oauth("CLIENT_CREDENTIALS")).is_ok());
    }

    #[test]
    fn the_role_signs_for_a_named_service_where_it_must() {
        let bare = json!({"credentialProviderType": "GATEWAY_IAM_ROLE"});
        assert!(refusal(TargetKind::McpServer, &bare).contains("iamCredentialProvider"));
        assert!(check_with(TargetKind::Lambda, &json!({}), "NONE", &bare).is_ok());
        let mut named = bare;
        named["credentialProvider"] = json!({"iamCredentialProvider": {"service": "execute-api"}});
        assert!(check_with(TargetKind::OpenApi, &json!({}), "NONE", &named).is_ok());
        assert!(refusal(TargetKind::Lambda, &named).contains("takes no credentialProvider"));
    }

    #[test]
    fn details_must_go_with_the_type() {
        let key = json!({"credentialProviderType": "API_KEY", "credentialProvider": {
            "iamCredentialProvider": {"service": "s3"}}});
        assert!(refusal(TargetKind::OpenApi, &key).contains("apiKeyCredentialProvider"));
        let none = json!({"credentialProviderType": "OAUTH"});
        assert!(refusal(TargetKind::OpenApi, &none).contains("oauthCredentialProvider"));
        let passed = json!({"credentialProviderType": "JWT_PASSTHROUGH", "credentialProvider": {
            "iamCredentialProvider": {"service": "s3"}}});
        assert!(refusal(TargetKind::Runtime, &passed).contains("takes no"));
    }

    #[test]
    fn the_callers_own_credentials_need_an_iam_gateway() {
        let entry = json!({"credentialProviderType": "CALLER_IAM_CREDENTIALS"});
        let kind = TargetKind::Runtime;
        assert!(check_with(kind, &json!({}), "AWS_IAM", &entry).is_ok());
        assert!(refusal(kind, &entry).contains("AWS_IAM"));
    }
}
