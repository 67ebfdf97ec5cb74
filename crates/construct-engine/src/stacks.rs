//! Which stacks there are: every kind names those whose marks its objects carry.

use std::collections::BTreeMap;

use crate::{Address, ObserveError, Registry, Run};

/// Asks every kind for the stacks whose marks its objects carry, and gives each stack with the kinds that name it.
///
/// A name is a hint and no proof: what a stack owns is told by looking at that stack.
///
/// # Errors
/// The first look that failed.
pub async fn stacks<C: Send + Sync + 'static>(
    run: &Run<'_, C>,
    registry: &Registry<C>,
) -> Result<BTreeMap<String, Vec<&'static str>>, ObserveError> {
    let nowhere = Address::new("discovery").expect("the word is an address");
    // What is only linked is nobody's.
    let looks = registry.iter().filter(|kind| kind.owned()).map(|kind| {
        let look = kind.stacks(run.at(&nowhere, ""));
        async {
            let named = look.await;
            named
                .map(|stacks| (kind.kind(), stacks))
                .map_err(|error| ObserveError { what: kind.kind().to_owned(), error })
        }
    });
    let mut all: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    for (kind, stacks) in futures_util::future::try_join_all(looks).await? {
        for stack in stacks {
            let kinds = all.entry(stack).or_default();
            if kinds.last() != Some(&kind) {
                kinds.push(kind);
            }
        }
    }
    Ok(all)
}
