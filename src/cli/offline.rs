//! The graph of a manifest without a connection: for what is printed and not done.

use std::path::Path;

use construct_engine::Graph;

use super::Failure;
use crate::blueprint::blueprint;
use crate::cloud::{Cloud, Naming, Secrets, partition};
use crate::manifest::Manifest;
use crate::prepare::prepare;
use crate::ui::Ui;

/// The graph that the manifest at `path` becomes in `account`, and the names in it.
///
/// Secrets are not needed, look-ups are not made: both have stand-ins, none of which shows in a graph's addresses, edges
/// or policies.
///
/// # Errors
/// Everything that is wrong with the manifest.
pub(super) async fn graph_of(
    path: &Path,
    account: &str,
    ui: &Ui,
) -> Result<(Graph<Cloud>, Naming), Failure> {
    let draft = Manifest::draft(path)?;
    let memory = path.parent().unwrap_or(Path::new("")).join(".construct");
    let prepared = prepare(draft, true, &memory, &Secrets::new(true), ui).await?;
    let stack = &prepared.manifest.stack;
    let naming = Naming {
        stack: stack.name.clone(),
        account: account.to_owned(),
        region: stack.region.clone(),
        partition: partition(&stack.region).to_owned(),
    };
    Ok((blueprint(&prepared, &naming)?, naming))
}
