//! The inbound authorizer: who may call a gateway.
//!
//! A bearer token must be signed by a key of the issuer behind the discovery URL and be in time.
//! Audience, client, scopes and custom claims are all asked for where the gateway names them; whether
//! the service joins them by "and" is not documented. With `AWS_IAM` the caller is known by the
//! credential scope of a signature, which must be for this service in the gateway's Region; the
//! signature itself the local AWS does not verify, as everywhere else.

use bytes::Bytes;
use http::header::{AUTHORIZATION, ORIGIN};
use http::{Response, StatusCode};
use serde_json::Value;

use super::super::state::Gateway;
use super::resource_metadata::challenge;
use super::{Site, key_sets};
use crate::addresses::{host_name, is_loopback};
use crate::jwt::Token;
use crate::wire::{Scope, Wire};
use crate::{EXPIRED_ACCESS_KEY, rs256};

/// Who calls.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// The bearer of a token that the authorizer accepts.
    Bearer(Token),
    /// Who signed with this access key id.
    Signer(String),
    /// Anyone: the gateway asks nothing.
    Anyone,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// It is no valid token for this gateway.
    Invalid(&'static str),
    /// It is valid and not allowed enough.
    Insufficient(&'static str),
}

/// Lets a request pass, or answers it.
///
/// # Errors
/// The refusal: 401 with a challenge where there is no valid credential, 403 where it is not enough.
pub(super) async fn authorize(site: &Site, request: &Wire) -> Result<Caller, Response<Bytes>> {
    match site.gateway.settings.authorizer_type.as_str() {
        // Nothing else keeps a page of a stranger from calling it in its visitors' browsers.
        "NONE" if is_foreign_page(request) => {
            let message = "Pages of other sites may not call this gateway";
            Err(challenge(site, StatusCode::FORBIDDEN, "", message))
        }
        "NONE" => Ok(Caller::Anyone),
        "AWS_IAM" | "AUTHENTICATE_ONLY" => signer(request.scope.as_ref(), &site.region)
            .map_err(|message| challenge(site, StatusCode::FORBIDDEN, "", message)),
        _ => {
            let Some(text) = bearer(request) else {
                let message = "Missing Bearer token";
                return Err(challenge(site, StatusCode::UNAUTHORIZED, "", message));
            };
            match accepted(site, text).await {
                Ok(token) => Ok(Caller::Bearer(token)),
                Err(Wrong::Invalid(reason)) => {
                    tracing::debug!(gateway = %site.gateway.id, reason, "token refused");
                    let message = "Invalid Bearer token";
                    Err(challenge(site, StatusCode::UNAUTHORIZED, "invalid_token", message))
                }
                Err(Wrong::Insufficient(message)) => {
                    Err(challenge(site, StatusCode::FORBIDDEN, "insufficient_scope", message))
                }
            }
        }
    }
}

/// Who signed, if the signature is for a gateway of this Region.
fn signer(scope: Option<&Scope>, region: &str) -> Result<Caller, &'static str> {
    let scope =
        scope.ok_or("The request must be signed with Signature Version 4 for bedrock-agentcore")?;
    if scope.service != "bedrock-agentcore" {
        return Err("Credential should be scoped to correct service: 'bedrock-agentcore'");
    }
    if scope.region != region {
        return Err("Credential should be scoped to a valid region: the gateway's own");
    }
    if scope.access_key == EXPIRED_ACCESS_KEY {
        return Err("The security token included in the request is expired");
    }
    Ok(Caller::Signer(scope.access_key.clone()))
}

/// The `customJWTAuthorizer` of a gateway that has one.
pub(super) fn custom_jwt(gateway: &Gateway) -> Option<&Value> {
    let settings = &gateway.settings;
    (settings.authorizer_type == "CUSTOM_JWT").then_some(())?;
    settings.authorizer_configuration.as_ref()?.get("customJWTAuthorizer")
}

/// Whether a browser sends the request for a page that is not from this machine.
fn is_foreign_page(request: &Wire) -> bool {
    let origin = request.header(ORIGIN.as_str());
    let host = origin.map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
    host.is_some_and(|host| !is_loopback(&host_name(host)))
}

/// RFC 6750, section 2.1: in the header and nowhere else.
fn bearer(request: &Wire) -> Option<&str> {
    let mut values = request.headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let is_one = values.next().is_none() && scheme.eq_ignore_ascii_case("bearer");
    is_one.then_some(token.trim())
}

async fn accepted(site: &Site, text: &str) -> Result<Token, Wrong> {
    let token = Token::read(text).ok_or(Wrong::Invalid("it is no JWT"))?;
    let authorizer =
        custom_jwt(&site.gateway).ok_or(Wrong::Invalid("the gateway has no JWT authorizer"))?;
    // The key set's keys are for RS256: no other algorithm can mean them.
    if token.header("alg") != Some("RS256") {
        return Err(Wrong::Invalid("its algorithm is not RS256"));
    }
    let discovery = authorizer["discoveryUrl"].as_str().unwrap_or_default();
    let issuer =
        key_sets::issuer(&site.local, discovery, token.header("kid")).await.map_err(|reason| {
            tracing::warn!(%reason, "the issuer's keys cannot be had");
            Wrong::Invalid("the issuer's keys cannot be had")
        })?;
    let (modulus, exponent) =
        issuer.key(token.header("kid")).ok_or(Wrong::Invalid("it names no key of the issuer"))?;
    if !rs256::verifies(modulus, exponent, text) {
        return Err(Wrong::Invalid("its signature is wrong"));
    }
    let now = site.local.now_ms() / 1000;
    check_time(&token, now)?;
    if token.text("iss") != Some(&issuer.name) {
        return Err(Wrong::Invalid("it is from another issuer"));
    }
    check_claims(authorizer, &token)?;
    Ok(token)
}

fn check_time(token: &Token, now: i64) -> Result<(), Wrong> {
    if token.seconds("exp").is_none_or(|expires| expires <= now) {
        return Err(Wrong::Invalid("it has expired"));
    }
    if token.seconds("nbf").is_some_and(|begins| begins > now) {
        return Err(Wrong::Invalid("it is not valid yet"));
    }
    Ok(())
}

fn check_claims(authorizer: &Value, token: &Token) -> Result<(), Wrong> {
    let list = |name: &str| {
        let list = authorizer.get(name).and_then(Value::as_array);
        list.map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>())
    };
    if let Some(audiences) = list("allowedAudience")
        && !token.texts("aud").iter().any(|audience| audiences.contains(audience))
    {
        return Err(Wrong::Invalid("its audience is another"));
    }
    if let Some(clients) = list("allowedClients")
        && !token.text("client_id").is_some_and(|client| clients.contains(&client))
    {
        return Err(Wrong::Invalid("its client is not allowed"));
    }
    if let Some(scopes) = list("allowedScopes")
        && !token.scopes().iter().any(|scope| scopes.contains(scope))
    {
        return Err(Wrong::Insufficient("The token has none of the allowed scopes"));
    }
    let claims = authorizer.get("customClaims").and_then(Value::as_array).into_iter().flatten();
    for claim in claims {
        if !has_claim(claim, token) {
            return Err(Wrong::Insufficient("The token does not carry the required claims"));
        }
    }
    Ok(())
}

/// Whether a token carries one of the `customClaims` as it must.
fn has_claim(wanted: &Value, token: &Token) -> bool {
    let name = wanted["inboundTokenClaimName"].as_str().unwrap_or_default();
    let is_list = wanted["inboundTokenClaimValueType"] == "STRING_ARRAY";
    let Some(value) = token.claims.get(name).filter(|value| value.is_array() == is_list) else {
        return false;
    };
    let rule = &wanted["authorizingClaimMatchValue"];
    let (one, any) = (
        &rule["claimMatchValue"]["matchValueString"],
        &rule["claimMatchValue"]["matchValueStringList"],
    );
    let held = match value {
        Value::Array(list) => list.as_slice(),
        single => std::slice::from_ref(single),
    };
    match rule["claimMatchOperator"].as_str() {
        Some("EQUALS") => value == one,
        Some("CONTAINS") => held.contains(one),
        Some("CONTAINS_ANY") => {
            any.as_array().is_some_and(|any| any.iter().any(|wanted| held.contains(wanted)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    fn token(claims: &Value) -> Token {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        Token::read(&format!("{}.{}.x", part(&json!({})), part(claims))).unwrap()
    }

    #[test]
    fn every_list_that_is_named_must_fit() {
        let own = token(&json!({"aud": ["a", "b"], "client_id": "c", "scope": "mcp/x other"}));
        let check = |authorizer: Value| check_claims(&authorizer, &own);
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(
            check(json!({"allowedAudience": ["b"], "allowedClients": ["c"],
                "allowedScopes": ["mcp/x"]})),
            Ok(())
        );
        assert!(matches!(check(json!({"allowedAudience": ["z"]})), Err(Wrong::Invalid(_))));
        assert!(matches!(check(json!({"allowedClients": ["a"]})), Err(Wrong::Invalid(_))));
        assert!(matches!(check(json!({"allowedScopes": ["mcp"]})), Err(Wrong::Insufficient(_))));
    }

    #[test]
    fn custom_claims_match_by_their_operator() {
        let own = token(&json!({"team": "blue", "groups": ["dev", "ops"]}));
        let claim = |name: &str, kind: &str, operator: &str, value: Value| {
            json!({"inboundTokenClaimName": name, "inboundTokenClaimValueType": kind,
                "authorizingClaimMatchValue": {"claimMatchOperator": operator,
                    "claimMatchValue": value}})
        };
        let one = |text: &str| json!({"matchValueString": text});
        assert!(has_claim(&claim("team", "STRING", "EQUALS", one("blue")), &own));
        assert!(!has_claim(&claim("team", "STRING", "EQUALS", one("red")), &own));
        assert!(!has_claim(&claim("team", "STRING_ARRAY", "CONTAINS", one("blue")), &own));
        assert!(has_claim(&claim("groups", "STRING_ARRAY", "CONTAINS", one("ops")), &own));
        let any = json!({"matchValueStringList": ["sales", "dev"]});
        assert!(has_claim(&claim("groups", "STRING_ARRAY", "CONTAINS_ANY", any), &own));
        assert!(!has_claim(&claim("absent", "STRING", "EQUALS", one("x")), &own));
    }

    #[test]
    fn a_token_is_good_in_its_time_only() {
        let with = |claims: Value| check_time(&token(&claims), 100);
        assert_eq!(with(json!({"exp": 101, "nbf": 100})), Ok(()));
        for bad in [json!({}), json!({"exp": 100}), json!({"exp": 200, "nbf": 101})] {
            assert!(with(bad).is_err());
        }
    }
}
