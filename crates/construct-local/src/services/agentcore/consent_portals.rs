//! Consent portals: the hosted page where the users of one gateway consent to its targets.
//!
//! A portal signs people in with the identity provider that its gateway trusts, so it takes a
//! gateway with a JWT authorizer, and an `OAuth2` provider of the same issuer. Name and sources
//! never change. Whether a gateway may have two portals is not documented, so it may here.

use serde_json::{Value, json};

use super::faults::{check_idle, conflict, invalid, not_found};
use super::gateway_role::{self, PORTAL_ROLE};
use super::issuers;
use super::shapes::check;
use super::shapes::identity::LIST_OF_100_REQUEST;
use super::shapes::portal::{
    CONSENT_PORTAL_IDENTIFIER_REQUEST, CREATE_CONSENT_PORTAL_REQUEST, UPDATE_CONSENT_PORTAL_REQUEST,
};
use super::state::{ConsentPortal, ConsentPortalSettings, Gateway, State, Status};
use super::{listing, members, merge, rendered, state, tags};
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Reply};
use crate::settling::Settling;
use crate::time::epoch_seconds;

/// The greatest page of their listing.
const PAGE: usize = 100;
/// Vendors whose access tokens are no JWTs of an `OpenID` provider: the guide excludes them.
const NOT_FOR_SIGN_IN: [&str; 5] =
    ["GithubOauth2", "SlackOauth2", "SalesforceOauth2", "AtlassianOauth2", "LinkedinOauth2"];

/// `CreateConsentPortal`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_CONSENT_PORTAL_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settings: ConsentPortalSettings =
        serde_json::from_value(Value::Object(input.members().clone()))
            .map_err(|error| invalid("consentPortal", error.to_string()))?;
    let portals = &state(call).consent_portals;
    if portals.values().any(|portal| portal.settings.name == settings.name) {
        let message = format!("A consent portal with name '{}' already exists", settings.name);
        return Err(conflict(message));
    }
    check_settings(state(call), &settings)?;
    gateway_role::check_assumable(call, PORTAL_ROLE, &settings.execution_role_arn)?;

    let id = format!("{}-{}", settings.name, call.random_id(ALPHANUMERIC, 10));
    let portal = ConsentPortal {
        arn: call.arn("bedrock-agentcore", &format!("consent-portal/{id}")),
        url: format!(
            "https://{}.consent.bedrock-agentcore.{}.amazonaws.com",
            id.to_ascii_lowercase(),
            call.region
        ),
        settings,
        status: Settling::until(
            now + call.options.delays.gateway_ms,
            Status::Creating,
            Status::Active,
        ),
        created_at: now,
        updated_at: now,
        tags: tags::given(input),
        id: id.clone(),
    };
    let reply = render(&portal, Status::Creating);
    state(call).consent_portals.insert(id, portal);
    Ok(Reply::status(202, reply))
}

/// `GetConsentPortal`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CONSENT_PORTAL_IDENTIFIER_REQUEST, call.input)?;
    let now = call.now;
    let portal = find_mut(call)?;
    Ok(Reply::json(render(portal, *portal.status.at(now))))
}

/// `UpdateConsentPortal`: what is omitted stays.
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_CONSENT_PORTAL_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let portal = find_mut(call)?;
    check_idle(&format!("Consent portal {}", portal.id), *portal.status.at(now))?;
    let mut settings = portal.settings.clone();
    if let Some(idp) = input.get("idpConfig") {
        settings.idp_config = idp.clone();
    }
    if let Some(role) = input.text("executionRoleArn") {
        role.clone_into(&mut settings.execution_role_arn);
    }
    if let Some(description) = input.text("description") {
        settings.description = Some(description.to_owned());
    }
    check_settings(state(call), &settings)?;
    gateway_role::check_assumable(call, PORTAL_ROLE, &settings.execution_role_arn)?;

    let settles_at = now + call.options.delays.gateway_ms;
    let portal = find_mut(call)?;
    portal.settings = settings;
    portal.updated_at = now;
    portal.status = Settling::until(settles_at, Status::Updating, Status::Active);
    Ok(Reply::status(202, render(portal, Status::Updating)))
}

/// `DeleteConsentPortal`: gone only after it was `DELETING`, although the reply has no body.
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CONSENT_PORTAL_IDENTIFIER_REQUEST, call.input)?;
    let now = call.now;
    let settles_at = now + call.options.delays.gateway_ms;
    let portal = find_mut(call)?;
    let status = *portal.status.at(now);
    if status != Status::Deleting {
        check_idle(&format!("Consent portal {}", portal.id), status)?;
        portal.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    }
    Ok(Reply::empty(204))
}

/// `ListConsentPortals`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_OF_100_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let items = state(call).consent_portals.values().map(|portal| {
        let mut item = render(portal, *portal.status.at(now));
        if let Value::Object(members) = &mut item {
            members.remove("idpConfig");
            members.remove("executionRoleArn");
        }
        (portal.id.clone(), item)
    });
    listing(input, items, "consentPortals", PAGE)
}

fn find_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut ConsentPortal, Fault> {
    let id = call.input.text("consentPortalIdentifier").unwrap_or_default();
    state(call)
        .consent_portals
        .get_mut(id)
        .ok_or_else(|| not_found(format!("Consent portal with ID '{id}' not found")))
}

/// What the guide asks of the gateway and of the identity provider.
fn check_settings(state: &State, settings: &ConsentPortalSettings) -> Result<(), Fault> {
    let source = settings.sources[0]["identifier"].as_str().unwrap_or_default();
    let gateway = state
        .gateways
        .values()
        .find(|gateway| gateway.id == source || gateway.arn == source)
        .ok_or_else(|| not_found(format!("Gateway {source} not found")))?;
    let trusted = trusted_issuer(gateway).ok_or_else(|| {
        let message = format!("Gateway {} must have authorizer type CUSTOM_JWT", gateway.id);
        invalid("sources", message)
    })?;
    let arn = settings.idp_config["credentialProviderArn"].as_str().unwrap_or_default();
    let provider = state
        .oauth2_providers
        .values()
        .find(|provider| provider.arn == arn)
        .ok_or_else(|| not_found(format!("Credential provider {arn} not found")))?;
    if NOT_FOR_SIGN_IN.contains(&provider.vendor.as_str()) {
        let message = format!("{} cannot sign people in to a consent portal", provider.vendor);
        return Err(invalid("idpConfig.credentialProviderArn", message));
    }
    let issuer = issuers::of_provider(provider);
    if issuer.as_ref() != Some(&trusted) {
        let message = format!(
            "Credential provider {arn} has issuer {}, but gateway {} trusts {trusted}",
            issuer.as_deref().unwrap_or("none"),
            gateway.id
        );
        return Err(invalid("idpConfig.credentialProviderArn", message));
    }
    let scopes = settings.idp_config["scopes"].as_array();
    if !scopes.is_some_and(|scopes| scopes.contains(&json!("openid"))) {
        return Err(invalid("idpConfig.scopes", "The scopes must contain openid"));
    }
    Ok(())
}

fn trusted_issuer(gateway: &Gateway) -> Option<String> {
    if gateway.settings.authorizer_type != "CUSTOM_JWT" {
        return None;
    }
    let authorizer = gateway.settings.authorizer_configuration.as_ref()?;
    issuers::of_discovery_url(authorizer["customJWTAuthorizer"]["discoveryUrl"].as_str()?)
}

fn render(portal: &ConsentPortal, status: Status) -> Value {
    let url = (status != Status::Creating).then(|| Value::from(portal.url.as_str()));
    let own = json!({
        "consentPortalId": portal.id,
        "consentPortalArn": portal.arn,
        "status": status,
        "createdAt": epoch_seconds(portal.created_at),
        "updatedAt": epoch_seconds(portal.updated_at),
    });
    merge(merge(rendered(&portal.settings), own), members([("portalUrl", url)]))
}
