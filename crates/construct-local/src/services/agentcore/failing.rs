//! Making what a call began end as failed: gateways and targets, whose statuses the fault plan can spoil.

use std::collections::BTreeMap;

use super::state::{State, Status};
use crate::settling::Settling;

/// The statuses of gateways and targets, by their ids.
fn statuses(state: &mut State) -> BTreeMap<(String, Option<String>), &mut Settling<Status>> {
    let mut all = BTreeMap::new();
    for gateway in state.gateways.values_mut() {
        all.insert((gateway.id.clone(), None), &mut gateway.status);
        for target in gateway.targets.values_mut() {
            all.insert((gateway.id.clone(), Some(target.id.clone())), &mut target.status);
        }
    }
    all
}

/// Makes every creation and change that `after` has under way and `before` had not end as failed.
pub(super) fn fail(before: &State, after: &mut State, reason: &str) {
    let mut before = before.clone();
    let before = statuses(&mut before);
    for (id, status) in statuses(after) {
        let is_new = before.get(&id).is_none_or(|old| **old != *status);
        match status.during {
            Status::Creating if is_new => status.fail(Status::Failed, reason),
            Status::Updating if is_new => status.fail(Status::UpdateUnsuccessful, reason),
            Status::Synchronizing if is_new => {
                status.fail(Status::SynchronizeUnsuccessful, reason);
            }
            _ => {}
        }
    }
}
