//! What stands between a target that is wanted and the one that is there.

use aws_sdk_bedrockagentcorecontrol::types::{TargetConfiguration, TargetStatus};
use construct_engine::{Change, Diff};

use super::fields::fields;
use super::live::Phase;
use super::synchronize::{Need, STATUS, TOOLS};
use super::{Links, Live, Spec, credential, payload, surroundings};
use crate::steps::private_endpoint;

/// How much of a digest people are shown.
const SHOWN: usize = 12;

pub(super) fn diff(spec: &Spec, links: Option<&Links>, live: &Live) -> Diff {
    if moves(spec, live) {
        return Diff::Replace {
            reason: "a target cannot move to another gateway".to_owned(),
            changes: vec![Change::new("gateway", live.gateway_id.clone(), spec.gateway.clone())],
        };
    }
    if let Some(links) = links
        && links.gateway_id != live.gateway_id
    {
        let (before, after) = (live.gateway_id.clone(), links.gateway_id.clone());
        return Diff::Replace {
            reason: "a target stays in its gateway".to_owned(),
            changes: vec![Change::new("gateway", before, after)],
        };
    }
    let mut changes = Vec::new();
    let mut fixed = Vec::new();
    if live.name != spec.name {
        fixed.push("a target's name is part of its tools' names, which change with it".to_owned());
        changes.push(Change::new("name", live.name.clone(), spec.name.clone()));
    }
    match configuration(spec, links, live.configuration.as_ref()) {
        Ok(differing) => changes.extend(differing),
        Err(kind) => {
            fixed.push("the kind of a target is fixed; it will have other tools".to_owned());
            changes.push(kind);
        }
    }
    let (before, after) = (
        live.description.clone().unwrap_or_default(),
        spec.description.clone().unwrap_or_default(),
    );
    if before != after {
        changes.push(Change::new("description", before, after));
    }
    changes.extend(credential::changes(spec, links, &live.credentials));
    changes.extend(private_endpoint::change(
        spec.private_endpoint.as_ref(),
        live.private_endpoint.as_ref(),
    ));
    changes.extend(surroundings::changes(spec, live));
    if spec.read_again
        && let Need::Synchronize(why) | Need::SendAgain(why) = live.need()
    {
        changes.push(Change::new(TOOLS, "as the gateway read them last", why));
    }
    match live.phase() {
        Phase::Failed => fixed.push(format!("it has {}", live.says())),
        Phase::NotChanged => {
            changes.push(Change::new(STATUS, live.says(), TargetStatus::Ready.as_str()));
        }
        Phase::There | Phase::NeedsConsent | Phase::Coming | Phase::Going => {}
    }
    match fixed.into_iter().next() {
        Some(reason) => Diff::Replace { reason, changes },
        None => Diff::of(changes),
    }
}

/// Whether the manifest has put it into another gateway, whose id is not the old one's made anew.
fn moves(spec: &Spec, live: &Live) -> bool {
    let name = live.gateway_id.rsplit_once('-').map(|(name, _)| name);
    !spec.gateway.is_empty() && name.is_some_and(|name| name != spec.gateway.to_lowercase())
}

/// Fields that differ, or the change of kind that no update can make. What depends on links that are not there is left out.
fn configuration(
    spec: &Spec,
    links: Option<&Links>,
    live: Option<&TargetConfiguration>,
) -> Result<Vec<Change>, Change> {
    let not_yet = Links::not_yet();
    let Ok(wanted) = payload::configuration(spec, links.unwrap_or(&not_yet)) else {
        // A spec from the journal comes without its documents: there is nothing to compare with.
        return Ok(Vec::new());
    };
    let (wanted_kind, wanted) = fields(&wanted);
    let Some(live) = live else {
        return Err(Change::new("targetConfiguration", "nothing", wanted_kind));
    };
    let (kind, live) = fields(live);
    if kind != wanted_kind {
        return Err(Change::new("targetConfiguration", kind, wanted_kind));
    }
    let known = wanted.into_iter().filter(|(_, value)| !Links::is_not_yet(value));
    Ok(known
        .filter_map(|(field, wanted)| {
            let there = live.get(field).map_or_else(|| default(field).to_owned(), Clone::clone);
            (there != wanted).then(|| Change::new(field, shown(&there), shown(&wanted)))
        })
        .collect())
}

/// What the service takes where nothing is said.
fn default(field: &str) -> &'static str {
    match field {
        "resourcePriority" => "1000",
        "staticQueryParameterConflictResolution" => "CLIENT_OVERRIDE",
        _ => "",
    }
}

fn shown(value: &str) -> String {
    let digest = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    match value.get(..SHOWN) {
        Some(start) if digest => format!("sha256 {start}…"),
        _ => value.to_owned(),
    }
}
