//! Gateway targets: create, get, update, delete, list.
//!
//! Creating and updating an MCP server target in DEFAULT mode reads the server's tools; where that
//! needs a user's consent, the target waits in `*_PENDING_AUTH` for ten minutes and takes no other
//! operation until then. The role's permissions are checked here, not when a tool is called.

use serde_json::{Value, json};

use super::client_tokens::{made_before, token_of};
use super::credential_rules::{self, Outbound, Place};
use super::faults::{conflict, invalid, not_found, quota, throttled};
use super::gateways::{check_made, find, find_mut, id_of};
use super::identity::{self, CONSENT_MS};
use super::shapes::check;
use super::shapes::target::{
    CREATE_GATEWAY_TARGET_REQUEST, LIST_GATEWAY_TARGETS_REQUEST, TARGET_ID_REQUEST,
    UPDATE_GATEWAY_TARGET_REQUEST,
};
use super::state::{Gateway, Status, Target, TargetSettings};
use super::target_kind::{OutboundAuth, TargetKind};
use super::target_replies::{render, render_begun, summary};
use super::{functions, gateway_role, listing, state, target_needs, target_rules, target_tools};
use crate::random::ALPHANUMERIC;
use crate::service::{Call, Fault, Input, Reply};
use crate::settling::Settling;

/// Targets of one gateway.
const TARGETS: usize = 100;
/// Create, update and delete operations under way on one gateway's targets.
const CONCURRENT: usize = 5;

/// `CreateGatewayTarget`
pub(super) fn create(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&CREATE_GATEWAY_TARGET_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let id = call.random_id(ALPHANUMERIC, 10);
    let settings = settings_of(input, || format!("target-{id}"))?;
    let token = token_of(input);
    let gateway = find(state(call), id_of(input))?;
    if let Some(made) =
        made_before(token.as_ref(), gateway.targets.values(), |target| target.token.as_ref())?
    {
        return Ok(Reply::status(202, render(gateway, made, now)));
    }
    check_made(gateway, now)?;
    check_name_free(gateway, &settings.name, None)?;
    if gateway.targets.len() >= TARGETS {
        return Err(quota(format!("Gateway {} has {TARGETS} targets already", gateway.id)));
    }
    check_concurrency(gateway, now)?;
    let reading = check_settings(call, &settings)?;

    let gateway_id = id_of(input);
    let settles_at = now + call.options.delays.target_ms;
    let mut target = Target {
        id: id.clone(),
        created_at: now,
        updated_at: now,
        settings,
        status: Settling::until(settles_at, Status::Creating, Status::Ready),
        status_reasons: Vec::new(),
        last_synchronized_at: Settling::settled(None),
        listed_tools: Vec::new(),
        authorization: None,
        token,
    };
    begin(call, &mut target, reading, Operation::Create);
    let gateway = find_mut(state(call), gateway_id)?;
    let reply = render_begun(gateway, &target);
    gateway.targets.insert(id.clone(), target);
    Ok(begun(call, &id, reading, reply))
}

/// `GetGatewayTarget`
pub(super) fn get(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&TARGET_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let target = find_target(gateway, target_id_of(input))?;
    Ok(Reply::json(render(gateway, target, now)))
}

/// `ListGatewayTargets`. A target under deletion is no longer listed, although it still keeps its
/// gateway from being deleted: so it has been measured on AWS.
pub(super) fn list(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&LIST_GATEWAY_TARGETS_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let listed =
        gateway.targets.values().filter(|target| *target.status.at(now) != Status::Deleting);
    let items = listed.map(|target| (target.id.clone(), summary(target, now)));
    listing(input, items, "items", 100)
}

/// `UpdateGatewayTarget`
pub(super) fn update(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&UPDATE_GATEWAY_TARGET_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let gateway = find(state(call), id_of(input))?;
    let target = find_target(gateway, target_id_of(input))?;
    let settings = settings_of(input, || target.settings.name.clone())?;
    check_idle(target, now)?;
    check_name_free(gateway, &settings.name, Some(&target.id))?;
    check_concurrency(gateway, now)?;
    let mut target = target.clone();
    let reading = check_settings(call, &settings)?;

    target.settings = settings;
    target.updated_at = now;
    begin(call, &mut target, reading, Operation::Update);
    let gateway = find_mut(state(call), id_of(input))?;
    let reply = render_begun(gateway, &target);
    let id = target.id.clone();
    gateway.targets.insert(id.clone(), target);
    Ok(begun(call, &id, reading, reply))
}

/// `DeleteGatewayTarget`
pub(super) fn delete(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&TARGET_ID_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let settles_at = now + call.options.delays.target_ms;
    let gateway = find_mut(state(call), id_of(input))?;
    let target = find_target(gateway, target_id_of(input))?;
    if *target.status.at(now) != Status::Deleting {
        check_idle(target, now)?;
        check_concurrency(gateway, now)?;
        if let Some(target) = gateway.targets.get_mut(target_id_of(input)) {
            target.status = Settling::until(settles_at, Status::Deleting, Status::Gone);
        }
    }
    Ok(Reply::status(
        202,
        json!({
            "gatewayArn": gateway.arn,
            "targetId": target_id_of(input),
            "status": Status::Deleting,
        }),
    ))
}

/// What the service does to a target's tools when the target changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Nothing: they are in the configuration, or fetched with each call.
    None,
    /// It reads them from the server.
    Server,
    /// It reads them from the server once a person has consented.
    AfterConsent,
}

/// The operation that a status belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    /// Creating the target.
    Create,
    /// Changing the target.
    Update,
    /// Reading the target's tools again.
    Synchronize,
}

impl Operation {
    /// The statuses while at work, while waiting for a person, and when the person did not come.
    fn statuses(self) -> [Status; 3] {
        match self {
            Self::Create => [Status::Creating, Status::CreatePendingAuth, Status::Failed],
            Self::Update => {
                [Status::Updating, Status::UpdatePendingAuth, Status::UpdateUnsuccessful]
            }
            Self::Synchronize => [
                Status::Synchronizing,
                Status::SynchronizePendingAuth,
                Status::SynchronizeUnsuccessful,
            ],
        }
    }
}

/// How the tools of a checked configuration are read.
pub(super) fn reading(kind: TargetKind, part: &Value, auth: OutboundAuth) -> Reading {
    let fixed = part.get("mcpToolSchema").is_some_and(|schema| !schema.is_null());
    let dynamic = part.get("listingMode").and_then(Value::as_str) == Some("DYNAMIC");
    if kind != TargetKind::McpServer || fixed || dynamic {
        Reading::None
    } else if auth == OutboundAuth::AuthorizationCode {
        Reading::AfterConsent
    } else {
        Reading::Server
    }
}

/// Puts a target into the status that an operation begins with.
pub(super) fn begin(
    call: &mut Call<'_>,
    target: &mut Target,
    reading: Reading,
    operation: Operation,
) {
    let now = call.now;
    let settles_at = now + call.options.delays.target_ms;
    let [working, pending, failed] = operation.statuses();
    target.authorization = None;
    target.status_reasons.clear();
    target.status = Settling::until(settles_at, working, Status::Ready);
    let before = *target.last_synchronized_at.at(now);
    match reading {
        Reading::None => {}
        Reading::Server => {
            target.last_synchronized_at = Settling::until(settles_at, before, Some(settles_at));
        }
        Reading::AfterConsent => {
            target.authorization =
                Some(identity::begin_for_target(call, id_of(call.input), target));
            target.status = Settling::until(now + CONSENT_MS, pending, failed);
            target.status_reasons =
                vec!["The authorization was not completed within 10 minutes".to_owned()];
        }
    }
}

/// The reply of an operation that was begun on a target: after its server's tools were read, if they
/// are to be.
pub(super) fn begun(call: &Call<'_>, target_id: &str, reading: Reading, reply: Value) -> Reply {
    let reply = Reply::status(202, reply);
    if reading != Reading::Server {
        return reply;
    }
    let place = target_tools::Place {
        region: call.region.to_owned(),
        gateway: id_of(call.input).to_owned(),
        target: target_id.to_owned(),
    };
    Reply::later(move |local| async move {
        target_tools::read(&local, &place, None).await;
        Ok(reply)
    })
}

/// A target of a gateway.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(super) fn find_target<'a>(gateway: &'a Gateway, id: &str) -> Result<&'a Target, Fault> {
    gateway
        .targets
        .get(id)
        .ok_or_else(|| not_found(format!("Target with ID '{id}' not found in {}", gateway.id)))
}

/// Refuses an operation on a target that is busy or waits for a person.
///
/// # Errors
/// `ConflictException`.
pub(super) fn check_idle(target: &Target, now: i64) -> Result<(), Fault> {
    let status = *target.status.at(now);
    if status.is_transient() || status.is_pending_auth() {
        return Err(conflict(format!("Target {} is in status {status}", target.id)));
    }
    Ok(())
}

fn check_name_free(gateway: &Gateway, name: &str, own: Option<&str>) -> Result<(), Fault> {
    let taken = gateway
        .targets
        .values()
        .any(|target| target.settings.name == name && Some(target.id.as_str()) != own);
    if taken {
        let message = format!("A target with name '{name}' already exists in {}", gateway.id);
        return Err(conflict(message));
    }
    Ok(())
}

fn check_concurrency(gateway: &Gateway, now: i64) -> Result<(), Fault> {
    let under_way = gateway
        .targets
        .values()
        .filter(|target| {
            let status = *target.status.at(now);
            status.is_transient() && status != Status::Synchronizing
        })
        .count();
    if under_way >= CONCURRENT {
        return Err(throttled(format!(
            "Gateway {} has {CONCURRENT} concurrent target operations already",
            gateway.id
        )));
    }
    Ok(())
}

fn target_id_of(input: &Input) -> &str {
    input.text("targetId").unwrap_or_default()
}

fn settings_of(input: &Input, name: impl FnOnce() -> String) -> Result<TargetSettings, Fault> {
    let mut members = input.members().clone();
    members.retain(|_, value| !value.is_null());
    if !members.contains_key("name") {
        members.insert("name".to_owned(), Value::from(name()));
    }
    serde_json::from_value(Value::Object(members))
        .map_err(|error| invalid("targetConfiguration", error.to_string()))
}

/// All rules for a target's settings; gives how its tools will be read.
fn check_settings(call: &mut Call<'_>, settings: &TargetSettings) -> Result<Reading, Fault> {
    let input = call.input;
    let gateway = find(state(call), id_of(input))?.clone();
    let (kind, part) = TargetKind::of(&settings.target_configuration)
        .ok_or_else(|| invalid("targetConfiguration", "The kind of target is not known"))?;
    if !kind.is_mcp() && gateway.settings.protocol_type.as_deref() == Some("MCP") {
        let message = "A gateway with protocol type MCP has MCP targets only";
        return Err(invalid("targetConfiguration", message));
    }
    let credentials = &settings.credential_provider_configurations;
    let place = Place { kind, part, authorizer_type: &gateway.settings.authorizer_type };
    let outbound = credential_rules::check(place, Some(credentials))?;
    target_rules::check(kind, part, &settings.name)?;
    let sessions = gateway
        .settings
        .protocol_configuration
        .as_ref()
        .is_some_and(|protocol| protocol["mcp"].get("sessionConfiguration").is_some());
    target_rules::check_metadata(settings.metadata_configuration.as_ref(), sessions)?;
    let secret = provider_secret(call, &outbound)?;
    if kind == TargetKind::Lambda {
        let function = part["lambdaArn"].as_str().unwrap_or_default();
        functions::check_exists(call, "targetConfiguration.mcp.lambda.lambdaArn", function)?;
    }
    if call.options.strict_permissions {
        check_object(call, part)?;
    }
    let needed = target_needs::needed(&gateway, kind, part, &outbound, secret.as_deref());
    gateway_role::check_permissions(call, &gateway.settings.role_arn, &needed)?;
    Ok(reading(kind, part, outbound.auth))
}

/// A schema in this account's S3 must exist; other accounts' buckets cannot be looked up.
fn check_object(call: &Call<'_>, part: &Value) -> Result<(), Fault> {
    let Some((location, bucket, key)) = target_needs::schema_object(part) else { return Ok(()) };
    let owner = location.get("bucketOwnerAccountId").and_then(Value::as_str);
    if owner.is_some_and(|owner| owner != crate::ACCOUNT_ID) {
        return Ok(());
    }
    let buckets = &call.account.s3.buckets;
    if !buckets.get(bucket).is_some_and(|bucket| bucket.objects.contains_key(key)) {
        let message = format!("The schema s3://{bucket}/{key} was not found");
        return Err(invalid("targetConfiguration", message));
    }
    Ok(())
}

/// The secret of the provider that a credential names: the provider must be in this Region.
fn provider_secret(call: &mut Call<'_>, outbound: &Outbound<'_>) -> Result<Option<String>, Fault> {
    const FIELD: &str = "credentialProviderConfigurations";
    let Some(arn) = outbound.provider_arn else { return Ok(None) };
    let state = state(call);
    if outbound.auth == OutboundAuth::ApiKey {
        let provider = state.api_key_providers.values().find(|provider| provider.arn == arn);
        if let Some(provider) = provider {
            return Ok(Some(provider.secret.arn.clone()));
        }
    } else if let Some(provider) = state.oauth2_providers.values().find(|own| own.arn == arn) {
        let exchanges = provider.vendor == "MicrosoftOauth2"
            || provider.configuration["customOauth2ProviderConfig"]
                .get("onBehalfOfTokenExchangeConfig")
                .is_some();
        if outbound.auth == OutboundAuth::TokenExchange && !exchanges {
            let message = format!("Credential provider {arn} has no token exchange configuration");
            return Err(invalid(FIELD, message));
        }
        return Ok(Some(provider.secret.arn.clone()));
    }
    Err(invalid(FIELD, format!("Credential provider {arn} not found")))
}
