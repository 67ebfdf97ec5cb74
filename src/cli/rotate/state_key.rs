//! `construct rotate state-key`: a new key beside the old one. When it takes over is the functions' own business.

use construct_engine::{Event, Graph};
use jiff::Timestamp;

use super::Rotation;
use crate::cli::Failure;
use crate::cloud::Cloud;
use crate::report::Ndjson;
use crate::steps::sealing_ring::{SealingRing, words};
use crate::steps::ssm_sealing_key::{SealingKey, Spec, state_keys};

/// The state keys that get another behind them: those of every gateway that has one. A key that is being replaced is left to
/// it, and that is told.
///
/// # Errors
/// A stack without such a key; what the account refuses.
pub(super) async fn graph(rotation: &Rotation<'_>) -> Result<Graph<Cloud>, Failure> {
    let cloud = &rotation.session.cloud;
    let keys = state_keys(cloud).await?;
    if keys.is_empty() {
        let stack = &cloud.naming.stack;
        return Err(Failure::usage(format!("the stack {stack} has no state key")).hint(
            "run `construct up` first, with --local if that is where the stack is; without a front there is none",
        ));
    }
    let mut graph = Graph::default();
    for (address, name) in keys {
        let Some(ring) = SealingRing::read(cloud, &name).await? else { continue };
        if let Some(left) = ring.under_way(Timestamp::now().as_second(), cloud.local) {
            let left = words(left);
            let text =
                format!("{address} is being replaced already; that ends by itself within {left}.");
            if rotation.arguments.json {
                Ndjson::new(rotation.ui).see(&Event::Notice { address, text });
            } else {
                rotation.ui.err(&text);
            }
            continue;
        }
        let spec = Spec::to_retire(name, cloud.naming.marks(&address), ring.newest().to_owned());
        // Nothing depends on it.
        let _handle = graph.add(SealingKey, address, spec, (), |()| ());
    }
    Ok(graph)
}
