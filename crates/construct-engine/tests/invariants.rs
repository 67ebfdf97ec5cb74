//! What must hold, with the numbers of the design.

use std::collections::BTreeSet;

use crate::world::{Ran, Want, World};

/// Holds however a run ended, as long as the journal was kept since the objects were made.
pub(crate) fn at_every_end(world: &World, ran: &Ran) {
    let state = world.state();
    for (address, id) in world.cloud.marked() {
        let recorded = state.iter().any(|(known, _)| known.as_str() == address);
        let lost = world.lost.load(std::sync::atomic::Ordering::Relaxed);
        assert!(
            recorded || lost,
            "(1) no orphan: nothing is remembered of {address}, which is object {id}"
        );
    }
    for (address, record) in state.iter() {
        assert!(
            record.outputs.is_some() || record.doubt.is_some(),
            "(8) {address} neither ended nor is in doubt"
        );
    }
    if matches!(ran, Ran::Ended(_)) {
        assert!(!state.run_open(), "(8) the run ended and its end is not recorded");
    }
}

/// Holds after a run that did all it had planned.
pub(crate) fn when_complete(world: &World, wants: &[Want]) {
    let state = world.state();
    let marked = world.cloud.marked();
    let addresses: BTreeSet<&str> = marked.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(addresses.len(), marked.len(), "(4) addresses unique: {marked:?}");
    let wanted: BTreeSet<&str> = wants.iter().map(|want| want.address.as_str()).collect();
    assert_eq!(addresses, wanted, "(1) no orphan: what is there is what is wanted");
    let recorded: BTreeSet<&str> = state.iter().map(|(address, _)| address.as_str()).collect();
    assert_eq!(recorded, wanted, "(2) no phantom: what is remembered is what is wanted");
    for (address, id) in &marked {
        let (_, record) = state.iter().find(|(known, _)| known.as_str() == address).unwrap();
        assert_eq!(
            record.outputs,
            Some(serde_json::json!({ "id": id })),
            "(2) no phantom: {address}"
        );
        assert_eq!(record.doubt, None, "(8) {address} is still in doubt");
        for before in &record.after {
            assert!(
                state.get(before).is_some(),
                "(3) {address} depends on {before}, which is not there"
            );
        }
    }
    let inner = world.cloud.lock();
    for object in inner.objects.values() {
        for needed in object.parent.iter().chain(&object.uses) {
            assert!(inner.objects.contains_key(needed), "(3) {object:?} uses what is gone");
        }
    }
}
