//! `construct plan`: what would change, and drift. Writes nothing.

use std::collections::BTreeSet;

use super::running::check_open_gateways;
use super::{ExitCode, Failure, PlanArguments};
use crate::report::plan_text;
use crate::session::{PARALLELISM, Session, remembered, repair_text};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest, the credentials or the journal, and looks that failed.
pub async fn run(arguments: &PlanArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open(&arguments.manifest, arguments.local, ui).await?;
    run_in(&session, arguments, ui).await
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &Session,
    arguments: &PlanArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    check_open_gateways(session, arguments.i_know)?;
    let (journal, repair) = remembered(session)?;
    if let Some(repair) = &repair {
        ui.err(&repair_text(repair, &session.journal_path()));
    }
    let plan = session.look(journal.state(), &BTreeSet::new(), PARALLELISM, &|_| {}).await?.plan;
    if arguments.json {
        ui.out(&serde_json::to_string_pretty(&plan).expect("a plan is plain data that serialises"));
    } else {
        ui.out(&plan_text(&plan, &session.cloud.naming.region, &session.place, ui.look_out()));
    }
    session.tell_warnings(ui);
    let differs = arguments.check && !plan.is_empty();
    Ok(if differs { ExitCode::ChangesFound } else { ExitCode::Done })
}
