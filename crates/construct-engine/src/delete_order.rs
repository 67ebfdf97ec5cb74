//! The order of removals: what depends goes before what it depends on.

use crate::observe::Stray;
use crate::{Address, Registry};

/// For each stray, the indices of those that must be gone before it.
///
/// Known dependencies (from the graph or the journal) decide. A stray without any was only discovered: it goes before
/// everything of a kind that stands earlier in the registry, unless a known dependency says otherwise.
pub(crate) fn blockers<C: Send + Sync + 'static>(
    strays: &[Stray],
    registry: &Registry<C>,
) -> Vec<Vec<usize>> {
    let count = strays.len();
    let mut known = vec![vec![false; count]; count];
    for (dependent, stray) in strays.iter().enumerate() {
        for (dependency, other) in strays.iter().enumerate() {
            let named = |after: &Vec<Address>| after.contains(&other.address);
            known[dependent][dependency] = dependent != dependency && stray.after.as_ref().is_some_and(named);
        }
    }
    let reaches = closure(&known);
    (0..count)
        .map(|item| {
            (0..count)
                .filter(|&other| other != item)
                .filter(|&other| {
                    let by_rank = strays[other].after.is_none()
                        && registry.rank(&strays[other].kind) > registry.rank(&strays[item].kind)
                        && !reaches[item][other];
                    known[other][item] || by_rank
                })
                .collect()
        })
        .collect()
}

/// Which items are reached from which over known dependencies.
fn closure(direct: &[Vec<bool>]) -> Vec<Vec<bool>> {
    let mut reaches = vec![vec![false; direct.len()]; direct.len()];
    for (start, row) in reaches.iter_mut().enumerate() {
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for (next, _) in direct[at].iter().enumerate().filter(|(_, edge)| **edge) {
                if !row[next] {
                    row[next] = true;
                    open.push(next);
                }
            }
        }
    }
    reaches
}
