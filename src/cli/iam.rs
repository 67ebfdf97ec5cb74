//! `construct iam`: the policy of the person, or the pipeline, that runs exactly this manifest.

use super::offline::graph_of;
use super::{ExitCode, Failure, IamArguments};
use crate::policy::deployer::deployer_policy;
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// Everything that is wrong with the manifest; a kind without a known policy is a defect.
pub async fn run(arguments: &IamArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let (graph, naming) = graph_of(&arguments.manifest, &arguments.account, ui).await?;
    let policy = deployer_policy(&graph, &naming).map_err(|error| Failure::of(ExitCode::Bug, &error))?.to_json();
    ui.out(&serde_json::to_string_pretty(&policy).expect("a policy is JSON"));
    Ok(ExitCode::Done)
}
