//! The authorizer of a gateway or a runtime that takes tokens: what is sent, and what differs.
//!
//! API: <https://docs.aws.amazon.com/bedrock-agentcore-control/latest/APIReference/API_CustomJWTAuthorizerConfiguration.html>.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockagentcorecontrol::types::{
    AuthorizingClaimMatchValueType, ClaimMatchOperatorType, ClaimMatchValueType,
    CustomClaimValidationType, CustomJwtAuthorizerConfiguration, InboundTokenClaimValueType,
};
use construct_engine::{Change, StepError};

use super::spoken::Spoken;
use super::{fields, private_endpoint};
use crate::manifest::{Claim, ClaimOperator, ClaimType, Jwt};

/// The settings that `jwt` speaks of, by their names in the manifest.
pub(super) fn settings(jwt: &Jwt) -> impl Iterator<Item = &'static str> {
    [
        ("audiences", !jwt.audiences.is_empty()),
        ("clients", !jwt.clients.is_empty()),
        ("scopes", !jwt.scopes.is_empty()),
        ("advertised_scopes", !jwt.advertised_scopes.is_empty()),
        ("claims", !jwt.claims.is_empty()),
        ("private_endpoint", jwt.private_endpoint.is_some()),
    ]
    .into_iter()
    .filter_map(|(name, said)| said.then_some(name))
}

/// The authorizer that takes what `jwt` says, laid over the one that is there. `spoken` tells which settings were ours.
///
/// What tokens must say belongs to their issuer: with another issuer nothing of the old conditions stays.
///
/// # Errors
/// Never for a `jwt` that a manifest holds.
pub(super) fn laid_over(
    jwt: &Jwt,
    live: Option<&CustomJwtAuthorizerConfiguration>,
    spoken: &Spoken,
) -> Result<CustomJwtAuthorizerConfiguration, StepError> {
    let live = live.filter(|live| live.discovery_url == jwt.discovery_url);
    let mut sent = match live {
        Some(live) => live.clone(),
        None => CustomJwtAuthorizerConfiguration::builder()
            .discovery_url(&jwt.discovery_url)
            .build()
            .map_err(|error| StepError::bug(error.to_string()))?,
    };
    // Lists must have an element where they are sent at all.
    let list = |items: &[String]| (!items.is_empty()).then(|| items.to_vec());
    sent.allowed_audience = spoken.settle("audiences", list(&jwt.audiences), sent.allowed_audience);
    sent.allowed_clients = spoken.settle("clients", list(&jwt.clients), sent.allowed_clients);
    sent.allowed_scopes = spoken.settle("scopes", list(&jwt.scopes), sent.allowed_scopes);
    let advertised = (!jwt.advertised_scopes.is_empty())
        .then(|| jwt.advertised_scopes.clone().into_iter().collect());
    sent.advertised_scope_mapping =
        spoken.settle("advertised_scopes", advertised, sent.advertised_scope_mapping);
    let claims = jwt.claims.iter().map(claim).collect::<Result<Vec<_>, _>>()?;
    let claims = (!claims.is_empty()).then_some(claims);
    sent.custom_claims = spoken.settle("claims", claims, sent.custom_claims);
    let endpoint = jwt.private_endpoint.as_ref().map(private_endpoint::to_sdk).transpose()?;
    sent.private_endpoint = spoken.settle("private_endpoint", endpoint, sent.private_endpoint);
    Ok(sent)
}

fn claim(claim: &Claim) -> Result<CustomClaimValidationType, StepError> {
    let value = match (&claim.value, &claim.values) {
        (Some(value), _) => ClaimMatchValueType::MatchValueString(value.clone()),
        (None, values) => {
            ClaimMatchValueType::MatchValueStringList(values.clone().unwrap_or_default())
        }
    };
    let matched = AuthorizingClaimMatchValueType::builder()
        .claim_match_value(value)
        .claim_match_operator(match claim.operator {
            ClaimOperator::Equals => ClaimMatchOperatorType::Equals,
            ClaimOperator::Contains => ClaimMatchOperatorType::Contains,
            ClaimOperator::ContainsAny => ClaimMatchOperatorType::ContainsAny,
        })
        .build()
        .map_err(|error| StepError::bug(error.to_string()))?;
    CustomClaimValidationType::builder()
        .inbound_token_claim_name(&claim.name)
        .inbound_token_claim_value_type(match claim.r#type {
            ClaimType::String => InboundTokenClaimValueType::String,
            ClaimType::StringArray => InboundTokenClaimValueType::StringArray,
        })
        .authorizing_claim_match_value(matched)
        .build()
        .map_err(|error| StepError::bug(error.to_string()))
}

/// What the update from `live` to `sent` would change. The order of lists is no difference.
pub(super) fn changes(
    live: Option<&CustomJwtAuthorizerConfiguration>,
    sent: &CustomJwtAuthorizerConfiguration,
) -> Vec<Change> {
    let url = |jwt: &CustomJwtAuthorizerConfiguration| jwt.discovery_url.clone();
    let list = |items: Option<&Option<Vec<String>>>| -> BTreeSet<String> {
        items.into_iter().flatten().flatten().cloned().collect()
    };
    let lists = [
        (
            "allowedAudience",
            list(live.map(|live| &live.allowed_audience)),
            list(Some(&sent.allowed_audience)),
        ),
        (
            "allowedClients",
            list(live.map(|live| &live.allowed_clients)),
            list(Some(&sent.allowed_clients)),
        ),
        (
            "allowedScopes",
            list(live.map(|live| &live.allowed_scopes)),
            list(Some(&sent.allowed_scopes)),
        ),
        ("customClaims", live.map(claims_shown).unwrap_or_default(), claims_shown(sent)),
    ];
    let before = live.map(url).unwrap_or_default();
    let mut changes: Vec<Change> = (before != sent.discovery_url)
        .then(|| Change::new("discoveryUrl", before, url(sent)))
        .into_iter()
        .collect();
    changes.extend(
        lists
            .into_iter()
            .filter_map(|(field, before, after)| Change::between(field, &before, &after)),
    );
    let advertised = |jwt: &CustomJwtAuthorizerConfiguration| -> BTreeMap<String, String> {
        jwt.advertised_scope_mapping.clone().into_iter().flatten().collect()
    };
    let before = live.map(advertised).unwrap_or_default();
    changes.extend(Change::between("advertisedScopeMapping", &before, &advertised(sent)));
    let endpoint = live.and_then(|live| live.private_endpoint.as_ref());
    changes.extend(private_endpoint::between(endpoint, sent.private_endpoint.as_ref()));
    changes
}

/// `sent` with what is not among `changes` as it is in `live`.
pub(super) fn among(
    changes: &[Change],
    mut sent: CustomJwtAuthorizerConfiguration,
    live: Option<&CustomJwtAuthorizerConfiguration>,
) -> CustomJwtAuthorizerConfiguration {
    let has = |field| fields::has(changes, field);
    let Some(live) = live else { return sent };
    if !has("allowedAudience") {
        sent.allowed_audience.clone_from(&live.allowed_audience);
    }
    if !has("allowedClients") {
        sent.allowed_clients.clone_from(&live.allowed_clients);
    }
    if !has("allowedScopes") {
        sent.allowed_scopes.clone_from(&live.allowed_scopes);
    }
    if !has("customClaims") {
        sent.custom_claims.clone_from(&live.custom_claims);
    }
    if !has("advertisedScopeMapping") {
        sent.advertised_scope_mapping.clone_from(&live.advertised_scope_mapping);
    }
    if !has("privateEndpoint") {
        sent.private_endpoint.clone_from(&live.private_endpoint);
    }
    sent
}

/// Each claim in one line.
fn claims_shown(jwt: &CustomJwtAuthorizerConfiguration) -> BTreeSet<String> {
    let shown = |claim: &CustomClaimValidationType| {
        let matched = claim.authorizing_claim_match_value.as_ref();
        let operator = matched.map_or("", |matched| matched.claim_match_operator.as_str());
        let value = match matched.and_then(|matched| matched.claim_match_value.as_ref()) {
            Some(ClaimMatchValueType::MatchValueString(value)) => value.clone(),
            Some(ClaimMatchValueType::MatchValueStringList(values)) => {
                let sorted: BTreeSet<&str> = values.iter().map(String::as_str).collect();
                sorted.into_iter().collect::<Vec<_>>().join(" ")
            }
            _ => "a value unknown to this version".to_owned(),
        };
        let (name, holds) =
            (&claim.inbound_token_claim_name, claim.inbound_token_claim_value_type.as_str());
        format!("{name} ({holds}) {operator} {value}")
    };
    jwt.custom_claims.iter().flatten().map(shown).collect()
}
