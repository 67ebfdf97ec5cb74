//! `construct plan`: what would change, and drift. Writes nothing.

use std::collections::BTreeSet;

use super::{ExitCode, Failure, PlanArguments};
use crate::report::plan_text;
use crate::session::{Session, remembered, repair_text};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest, the credentials or the journal, and looks that failed.
pub async fn run(arguments: &PlanArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open(&arguments.manifest, arguments.local, ui).await?;
    let (journal, repair) = remembered(&session)?;
    if let Some(repair) = &repair {
        ui.err(&repair_text(repair, &session.journal_path()));
    }
    let view = session.look(journal.state(), &BTreeSet::new(), super::up::PARALLELISM, &|_| {}).await?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&view.plan).expect("a plan is plain data that serialises");
        ui.out(&text);
    } else {
        ui.out(&plan_text(&view.plan, &session.place, ui.paint_out(), ui.width()));
    }
    let foreign = view.plan.count(construct_engine::Verb::Foreign) > 0;
    let changes = !view.plan.is_empty();
    Ok(if arguments.check && (changes || foreign) { ExitCode::ChangesFound } else { ExitCode::Done })
}
