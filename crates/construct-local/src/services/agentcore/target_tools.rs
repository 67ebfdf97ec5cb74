//! Reading the tools of a target's MCP server, really: after the target changed, or after a person
//! consented to it.
//!
//! Only a server that may be called is: one on this machine, or any when requests may leave it. Any
//! other is taken to have answered with no tools, as long as nothing else is known.

use serde_json::Value;

use super::gateway_plane::{credential_of, read_tools};
use super::state::{Status, Target};
use super::target_kind::TargetKind;
use crate::local::LocalAws;
use crate::outbound;
use crate::settling::Settling;

/// A target by the ids that lead to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) region: String,
    pub(super) gateway: String,
    pub(super) target: String,
}

/// Reads the tools of a target that is at work, and lets it end as that goes. `user_id` is who
/// consented to it, where somebody had to.
pub(super) async fn read(local: &LocalAws, place: &Place, user_id: Option<&str>) {
    let Some(target) = find(local, place) else { return };
    let Some((TargetKind::McpServer, part)) = TargetKind::of(&target.settings.target_configuration)
    else {
        return;
    };
    if !is_called(local, part) {
        return;
    }
    let place_of = (place.region.as_str(), place.gateway.as_str());
    let result = match credential_of(local, place_of, &target, user_id).await {
        Ok(credential) => read_tools(local, part, &credential).await,
        Err(reason) => Err(reason),
    };
    finish(local, place, result);
}

/// Lets the target that waits for this consent go on, and reads its tools.
pub(super) async fn after_consent(
    local: &LocalAws,
    region: &str,
    user_id: &str,
    session_uri: &str,
) {
    let now = local.now_ms();
    let settles_at = now + local.options().delays.target_ms;
    let place = local.edit(|account| {
        let state = &mut account.region_mut(region).agentcore;
        let waiting = state.gateways.values().find_map(|gateway| {
            let target = gateway.targets.values().find(|target| {
                target.authorization.as_ref().is_some_and(|own| own.session_uri == session_uri)
            })?;
            let (gateway, target) = (gateway.id.clone(), target.id.clone());
            Some(Place { region: region.to_owned(), gateway, target })
        })?;
        let goes_on = state.complete_authorization(user_id, session_uri, now, settles_at);
        goes_on.then_some(waiting)
    });
    if let Some(place) = place {
        read(local, &place, Some(user_id)).await;
    }
}

fn is_called(local: &LocalAws, part: &Value) -> bool {
    let endpoint = part["endpoint"].as_str().unwrap_or_default();
    endpoint.parse().is_ok_and(|uri| outbound::may_call(local, &uri))
}

fn find(local: &LocalAws, place: &Place) -> Option<Target> {
    local.read(|account| {
        let gateways = &account.region(&place.region)?.agentcore.gateways;
        gateways.get(&place.gateway)?.targets.get(&place.target).cloned()
    })
}

fn finish(local: &LocalAws, place: &Place, result: Result<Vec<Value>, String>) {
    local.edit(|account| {
        let gateways = &mut account.region_mut(&place.region).agentcore.gateways;
        let target = gateways
            .get_mut(&place.gateway)
            .and_then(|gateway| gateway.targets.get_mut(&place.target));
        let Some(target) = target else { return };
        match result {
            Ok(tools) => target.listed_tools = tools,
            Err(reason) => {
                let failed = match target.status.during {
                    Status::Updating => Status::UpdateUnsuccessful,
                    Status::Synchronizing => Status::SynchronizeUnsuccessful,
                    _ => Status::Failed,
                };
                if let Some(change) = &mut target.status.change {
                    change.then = failed;
                }
                target.status_reasons = vec![reason];
                target.last_synchronized_at = Settling::settled(target.last_synchronized_at.during);
            }
        }
    });
}
