//! The order of removals: what depends goes before what it depends on.

use std::cmp::Reverse;

use crate::observe::Stray;
use crate::{Address, Registry};

/// For each stray, the indices of those that must be gone before it. Never a circle.
///
/// Known dependencies (from the journal) decide. A stray without any was only discovered: it goes before everything of
/// a kind that stands earlier in the registry, unless a known dependency says otherwise.
pub(crate) fn blockers<C: Send + Sync + 'static>(
    strays: &[Stray],
    registry: &Registry<C>,
) -> Vec<Vec<usize>> {
    let ranks: Vec<usize> = strays.iter().map(|stray| registry.rank(&stray.kind)).collect();
    let places = places(strays, &ranks);
    let blocks = |other: usize, item: usize| {
        let by_rank = strays[other].after.is_none() && ranks[other] > ranks[item];
        places[other] < places[item] && (depends(&strays[other], &strays[item].address) || by_rank)
    };
    (0..strays.len())
        .map(|item| (0..strays.len()).filter(|&other| blocks(other, item)).collect())
        .collect()
}

fn depends(stray: &Stray, on: &Address) -> bool {
    stray.after.as_ref().is_some_and(|after| after.contains(on))
}

/// One order of all strays that every blocker keeps to, so that two rules cannot wait for each other: dependents
/// first, then what stands later in the registry. Records of different runs may even depend in a circle; it is cut where
/// the registry says.
fn places(strays: &[Stray], ranks: &[usize]) -> Vec<usize> {
    let mut places = vec![0; strays.len()];
    let mut left: Vec<usize> = (0..strays.len()).collect();
    left.sort_by_key(|&item| Reverse((ranks[item], item)));
    for place in 0..strays.len() {
        let free = left.iter().position(|&item| {
            left.iter()
                .all(|&other| other == item || !depends(&strays[other], &strays[item].address))
        });
        places[left.remove(free.unwrap_or(0))] = place;
    }
    places
}
