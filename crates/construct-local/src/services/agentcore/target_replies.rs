//! Targets as replies show them.

use serde_json::{Value, json};

use super::state::{Gateway, Status, Target};
use super::target_kind::TargetKind;
use super::{members, merge, rendered};
use crate::settling::Settling;
use crate::time::iso;

/// A target at `now`, as `Create`, `Get`, `Update` and `Synchronize` answer it.
pub(super) fn render(gateway: &Gateway, target: &Target, now: i64) -> Value {
    let status = *target.status.at(now);
    let kind = TargetKind::of(&target.settings.target_configuration).map(|(kind, _)| kind);
    let protocol = if kind.is_none_or(TargetKind::is_mcp) { "MCP" } else { "HTTP" };
    let own = json!({
        "gatewayArn": gateway.arn,
        "targetId": target.id,
        "createdAt": iso(target.created_at),
        "updatedAt": iso(target.updated_at),
        "status": status,
        "protocolType": protocol,
    });
    let told = target.status.reasons(now);
    let told = if told.is_empty() { &target.status_reasons } else { told };
    let reasons = status.is_failed().then(|| json!(told));
    let extra = members([
        ("statusReasons", reasons),
        ("lastSynchronizedAt", target.last_synchronized_at.at(now).map(|at| json!(iso(at)))),
        ("authorizationData", authorization_data(target, status)),
    ]);
    merge(merge(rendered(&target.settings), own), extra)
}

/// A target right after an operation began: even without delays the reply shows it under way.
pub(super) fn render_begun(gateway: &Gateway, target: &Target) -> Value {
    let status = target.status.during;
    let begun = Target { status: Settling::settled(status), ..target.clone() };
    render(gateway, &begun, target.updated_at)
}

/// A target at `now`, as an item of `ListGatewayTargets`.
pub(super) fn summary(target: &Target, now: i64) -> Value {
    let status = *target.status.at(now);
    let kind = TargetKind::of(&target.settings.target_configuration);
    let server = kind.filter(|(kind, _)| *kind == TargetKind::McpServer).map(|(_, part)| part);
    let mode = server.map(|part| part.get("listingMode").cloned().unwrap_or(json!("DEFAULT")));
    let priority = server.map(|part| part.get("resourcePriority").cloned().unwrap_or(json!(1000)));
    merge(
        json!({
            "targetId": target.id,
            "name": target.settings.name,
            "status": status,
            "createdAt": iso(target.created_at),
            "updatedAt": iso(target.updated_at),
        }),
        members([
            ("description", target.settings.description.clone().map(Value::from)),
            ("targetType", kind.map(|(kind, _)| json!(kind.type_name()))),
            ("listingMode", mode),
            ("resourcePriority", priority),
            ("lastSynchronizedAt", target.last_synchronized_at.at(now).map(|at| json!(iso(at)))),
            ("authorizationData", authorization_data(target, status)),
        ]),
    )
}

fn authorization_data(target: &Target, status: Status) -> Option<Value> {
    let authorization = target.authorization.as_ref().filter(|_| status.is_pending_auth())?;
    Some(json!({"oauth2": {
        "authorizationUrl": authorization.url,
        "userId": authorization.user_id,
    }}))
}
