//! `SynchronizeGatewayTargets`, and the completion of an authorization that a target waits for.

use serde_json::json;

use super::credential_rules::accepted;
use super::faults::{conflict, invalid};
use super::gateways::{find, find_mut, id_of};
use super::shapes::check;
use super::shapes::target::SYNCHRONIZE_GATEWAY_TARGETS_REQUEST;
use super::state;
use super::state::{State, Status, Target};
use super::target_kind::TargetKind;
use super::target_replies::render_begun;
use super::targets::{Operation, Reading, begin, begun, check_idle, find_target, reading};
use crate::service::{Call, Fault, Reply};
use crate::settling::Settling;

/// `SynchronizeGatewayTargets`: reads the tools of one MCP server again.
pub(super) fn synchronize(call: &mut Call<'_>) -> Result<Reply, Fault> {
    check(&SYNCHRONIZE_GATEWAY_TARGETS_REQUEST, call.input)?;
    let (now, input) = (call.now, call.input);
    let id = input.texts("targetIdList").first().copied().unwrap_or_default();
    let gateway = find(state(call), id_of(input))?;
    if *gateway.status.at(now) == Status::Deleting {
        return Err(conflict(format!("Gateway {} is in status DELETING", gateway.id)));
    }
    let mut target = find_target(gateway, id)?.clone();
    let reading = reading_of(&target);
    if reading == Reading::None {
        let message = format!(
            "Target {id} cannot be synchronized: only MCP server targets in listing mode DEFAULT \
             without an mcpToolSchema can"
        );
        return Err(invalid("targetIdList", message));
    }
    check_idle(&target, now)?;
    target.updated_at = now;
    begin(call, &mut target, reading, Operation::Synchronize);
    let gateway = find_mut(state(call), id_of(input))?;
    let reply = json!({"targets": [render_begun(gateway, &target)]});
    gateway.targets.insert(target.id.clone(), target);
    Ok(begun(call, id, reading, reply))
}

fn reading_of(target: &Target) -> Reading {
    let configuration = &target.settings.target_configuration;
    let credentials = &target.settings.credential_provider_configurations;
    let Some((kind, part)) = TargetKind::of(configuration) else { return Reading::None };
    reading(kind, part, accepted(kind, credentials))
}

impl State {
    /// Completes the authorization that a target waits for, as `CompleteResourceTokenAuth` does:
    /// both the user id of the reply and the session of the return URL must be the target's.
    ///
    /// The target is at work until `settles_at` (milliseconds since the epoch), then ready. False
    /// when no target waits for this user and session at `now`.
    pub fn complete_authorization(
        &mut self,
        user_id: &str,
        session_uri: &str,
        now: i64,
        settles_at: i64,
    ) -> bool {
        let targets = self.gateways.values_mut().flat_map(|gateway| gateway.targets.values_mut());
        for target in targets {
            let working = match *target.status.at(now) {
                Status::CreatePendingAuth => Status::Creating,
                Status::UpdatePendingAuth => Status::Updating,
                Status::SynchronizePendingAuth => Status::Synchronizing,
                _ => continue,
            };
            let waits = target.authorization.as_ref().is_some_and(|waiting| {
                waiting.user_id == user_id && waiting.session_uri == session_uri
            });
            if waits {
                let before = *target.last_synchronized_at.at(now);
                target.authorization = None;
                target.status_reasons.clear();
                target.status = Settling::until(settles_at, working, Status::Ready);
                target.last_synchronized_at = Settling::until(settles_at, before, Some(settles_at));
                return true;
            }
        }
        false
    }
}
