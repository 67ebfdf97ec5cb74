//! Gateways: create, get, update, delete, list.
//!
//! An update replaces every member a caller chooses, so that what it omits is reset. Name,
//! `authorizerType` and the MCP versions stay as they were created. A gateway goes only after its
//! last target is gone, and takes its workload identity along.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::faults::{self, conflict, invalid, not_found, quota};
use super::gateway_settings;
use super::shapes::check;
use super::shapes::gateway::{
    CREATE_GATEWAY_REQUEST, GATEWAY_ID_REQUEST, LIST_GATEWAYS_REQUEST, UPDATE_GATEWAY_REQUEST,
};
use super::state::{Gateway, GatewaySettings, State, Status};
use super::workload_identities;
use super::{listing, members, merge, rendered, state, tags};
use crate::addresses;
use crate::random::LOWER_ALPHANUMERIC;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;
use crate::time::iso;

/// Gateways in one Region.
const GATEWAYS: usize = 1000;
/// The one MCP version of a gateway that was created without a list (`CloudFormation`'s default).
const DEFAULT_VERSIONS: [&str; 1] = ["2025-03-26"];

/// `CreateGateway`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_GATEWAY_REQUEST, call.input)?;
    let mut settings = settings_of(call.input)?;
    settings.custom_transform_configuration = None;
    settings.waf_configuration = None;
    let token = token_of(call.input);
    let now = call.now;
    let gateways = &state(call).gateways;
    if let Some(made) =
        made_before(token.as_ref(), gateways.values(), |gateway| gateway.token.as_ref())?
    {
        return Ok(Reply::status(202, render(made, now)));
    }
    if gateways.values().any(|gateway| gateway.settings.name == settings.name) {
        return Err(conflict(format!("A gateway with name '{}' already exists", settings.name)));
    }
    if gateways.len() >= GATEWAYS {
        return Err(quota(format!("The account has {GATEWAYS} gateways already")));
    }
    let suffix = call.random_id(LOWER_ALPHANUMERIC, 10);
    let id = format!("{}-{suffix}", settings.name.to_ascii_lowercase());
    let arn = call.arn("bedrock-agentcore", &format!("gateway/{id}"));
    gateway_settings::check(call, &settings, &arn)?;

    let gateway = Gateway {
        arn,
        url: url(call, &id),
        created_at: now,
        updated_at: now,
        settings,
        status: Settling::until(
            now + call.options.delays.gateway_ms,
            Status::Creating,
            Status::Ready,
        ),
        tags: tags::given(call.input),
        token,
        targets: BTreeMap::new(),
        rules: BTreeMap::new(),
        rate_limits: BTreeMap::new(),
        id: id.clone(),
    };
    workload_identities::make(call, &id);
    let reply = merge(render(&gateway, now), json!({"status": Status::Creating}));
    state(call).gateways.insert(id, gateway);
    Ok(Reply::status(202, reply))
}

/// `GetGateway`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&GATEWAY_ID_REQUEST, call.input)?;
    let now = call.now;
    let id = id_of(call.input);
    Ok(Reply::json(render(find(state(call), id)?, now)))
}

/// `ListGateways`
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_GATEWAYS_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let items = state(call).gateways.values().map(|gateway| {
        let summary = merge(
            json!({
                "gatewayId": gateway.id,
                "name": gateway.settings.name,
                "status": gateway.status.at(now),
                "createdAt": iso(gateway.created_at),
                "updatedAt": iso(gateway.updated_at),
                "authorizerType": gateway.settings.authorizer_type,
            }),
            members([
                ("description", gateway.settings.description.clone().map(Value::from)),
                ("protocolType", gateway.settings.protocol_type.clone().map(Value::from)),
            ]),
        );
        (gateway.id.clone(), summary)
    });
    listing(input, items, "items", 100)
}

/// `UpdateGateway`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_GATEWAY_REQUEST, call.input)?;
    let settings = settings_of(call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    check_idle(gateway, now)?;
    if settings.name != gateway.settings.name {
        return Err(invalid("name", "The name of a gateway cannot be changed"));
    }
    if settings.authorizer_type != gateway.settings.authorizer_type {
        let message = "The authorizer type of a gateway cannot be changed";
        return Err(invalid("authorizerType", message));
    }
    if supported_versions(&settings) != supported_versions(&gateway.settings) {
        return Err(invalid(
            "protocolConfiguration.mcp.supportedVersions",
            "The supported MCP versions of a gateway cannot be changed",
        ));
    }
    let arn = gateway.arn.clone();
    gateway_settings::check(call, &settings, &arn)?;

    let settles_at = now + call.options.delays.gateway_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    gateway.settings = settings;
    gateway.updated_at = now;
    gateway.status = Settling::until(settles_at, Status::Updating, Status::Ready);
    let reply = merge(render(gateway, now), json!({"status": Status::Updating}));
    Ok(Reply::status(202, reply))
}

/// `DeleteGateway`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&GATEWAY_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.gateway_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let status = *gateway.status.at(now);
    if status != Status::Deleting {
        check_idle(gateway, now)?;
        // A target that is still being deleted counts, although lists may no longer show it.
        if !gateway.targets.is_empty() {
            return Err(invalid(
                "gatewayIdentifier",
                format!(
                    "Gateway {} has targets associated with it. Delete all targets before \
                     deleting the gateway.",
                    gateway.id
                ),
            ));
        }
        gateway.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
    }
    Ok(Reply::status(202, json!({"gatewayId": gateway.id, "status": Status::Deleting})))
}

/// Where MCP clients reach a gateway.
fn url(call: &Call<'_>, id: &str) -> String {
    if call.options.service_names {
        return format!("https://{id}.gateway.bedrock-agentcore.{}.amazonaws.com/mcp", call.region);
    }
    format!("{}/mcp", addresses::gateway(call.port(), id))
}

/// The `gatewayIdentifier` of a checked request.
pub(super) fn id_of(input: &Input) -> &str {
    input.text("gatewayIdentifier").unwrap_or_default()
}

/// A gateway.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn find<'a>(state: &'a State, id: &str) -> Result<&'a Gateway, Fault> {
    state.gateways.get(id).ok_or_else(|| missing(id))
}

/// A gateway, to change it.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn find_mut<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Gateway, Fault> {
    state.gateways.get_mut(id).ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Fault {
    not_found(format!("Gateway with ID '{id}' not found"))
}

/// Refuses to make something in a gateway that is being made or deleted.
///
/// # Errors
/// `ConflictException`.
pub(super) fn check_made(gateway: &Gateway, now: i64) -> Result<(), Fault> {
    let status = *gateway.status.at(now);
    if matches!(status, Status::Creating | Status::Deleting) {
        return Err(conflict(format!("Gateway {} is in status {status}", gateway.id)));
    }
    Ok(())
}

fn check_idle(gateway: &Gateway, now: i64) -> Result<(), Fault> {
    faults::check_idle(&format!("Gateway {}", gateway.id), *gateway.status.at(now))
}

fn settings_of(input: &Input) -> Result<GatewaySettings, Fault> {
    serde_json::from_value(Value::Object(input.members().clone()))
        .map_err(|error| invalid("gateway", error.to_string()))
}

/// The MCP versions of a gateway, the newest last.
pub(super) fn supported_versions(settings: &GatewaySettings) -> Vec<&str> {
    let configured = settings
        .protocol_configuration
        .as_ref()
        .and_then(|protocol| protocol.get("mcp")?.get("supportedVersions")?.as_array())
        .filter(|versions| !versions.is_empty());
    let mut versions: Vec<&str> = match configured {
        Some(versions) => versions.iter().filter_map(Value::as_str).collect(),
        None => DEFAULT_VERSIONS.to_vec(),
    };
    versions.sort_unstable();
    versions
}

fn render(gateway: &Gateway, now: i64) -> Value {
    let identity = workload_identities::arn_beside(&gateway.arn, &gateway.id);
    let own = json!({
        "gatewayId": gateway.id,
        "gatewayArn": gateway.arn,
        "gatewayUrl": gateway.url,
        "createdAt": iso(gateway.created_at),
        "updatedAt": iso(gateway.updated_at),
        "status": gateway.status.at(now),
        "workloadIdentityDetails": {"workloadIdentityArn": identity},
    });
    let reasons = gateway.status.reasons(now);
    let reasons = (!reasons.is_empty()).then(|| json!(reasons));
    merge(merge(rendered(&gateway.settings), own), members([("statusReasons", reasons)]))
}
