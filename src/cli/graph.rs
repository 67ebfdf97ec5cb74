//! `construct graph`: the objects of a manifest and what needs what, as a drawing.

use super::offline::graph_of;
use super::{ExitCode, Failure, GraphArguments, GraphFormat};
use crate::draw;
use crate::ui::Ui;

/// Stands where a graph needs an account: no address has it.
const NO_ACCOUNT: &str = "111122223333";

/// Runs the command.
///
/// # Errors
/// Everything that is wrong with the manifest.
pub async fn run(arguments: &GraphArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let (graph, _) = graph_of(&arguments.manifest, NO_ACCOUNT, ui).await?;
    ui.out(&match arguments.format {
        GraphFormat::Mermaid => draw::mermaid(&graph),
        GraphFormat::Dot => draw::dot(&graph),
    });
    Ok(ExitCode::Done)
}
