//! `construct iam`: the policy of the person, or the pipeline, that runs exactly this manifest.

use super::offline::graph_of;
use super::{ExitCode, Failure, IamArguments};
use crate::policy::deployer::deployer_policy;
use crate::policy::{INLINE_LIMIT, MANAGED_LIMIT};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// Everything that is wrong with the manifest; a kind without a known policy is a defect.
pub async fn run(arguments: &IamArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let (graph, naming) = graph_of(&arguments.manifest, &arguments.account, ui).await?;
    let policy =
        deployer_policy(&graph, &naming).map_err(|error| Failure::of(ExitCode::Bug, &error))?;
    ui.out(&serde_json::to_string_pretty(&policy.to_json()).expect("a policy is JSON"));
    if policy.size() > MANAGED_LIMIT {
        ui.err(&format!(
            "It has {} characters and a managed policy takes {MANAGED_LIMIT}: put it into the role of the pipeline as an \
             inline policy, which takes {INLINE_LIMIT}, or split its statements over two managed ones.",
            policy.size()
        ));
    }
    Ok(ExitCode::Done)
}
