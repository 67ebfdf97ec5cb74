//! `construct cleanup`: removes everything that carries the stack's mark, and looks again to prove that nothing is left.

use construct_engine::Stop;

use super::removal::{How, Removal};
use super::running::check_losses;
use super::{CleanupArguments, ExitCode, Failure};
use crate::account::Account;
use crate::report::plan_text;
use crate::session::{Session, check_protected};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the stack's name or Region, the credentials, the locks or the journal. What could not be removed is
/// listed and ends in exit code 6.
pub async fn run(arguments: &CleanupArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let CleanupArguments { manifest, local, region, .. } = arguments;
    let session = match &arguments.stack {
        Some(stack) => named(&Account::open(manifest, *local, region.as_deref()).await?, stack)?,
        None => Session::open_to_remove(manifest, *local).await?,
    };
    run_in(&session, arguments, ui).await
}

/// The stack that is removed by its name. A manifest at hand that protects this very stack is heeded.
///
/// # Errors
/// The stack is protected.
pub fn named(account: &Account, stack: &str) -> Result<Session, Failure> {
    if let Ok(Some(at_hand)) = &account.at_hand
        && at_hand.name == stack
    {
        check_protected(at_hand)?;
    }
    Ok(account.session(stack))
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &Session,
    arguments: &CleanupArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let how = How {
        command: "cleanup",
        parallelism: arguments.parallelism,
        json: arguments.json,
        force_unlock: arguments.force_unlock,
    };
    let removal = Removal::look(session, how, ui).await?;
    let plan = &removal.view().plan;
    if !plan.is_empty() {
        if !arguments.json {
            let region = &session.cloud.naming.region;
            ui.err(&plan_text(plan, region, &session.place, ui.look_err()));
        }
        check_losses(plan, false, arguments.yes_destroy)?;
        let question = format!("Remove all of this? ({})", session.whereabouts());
        if !arguments.yes && !ui.confirm(&question)? {
            ui.err("Nothing was removed.");
            return Ok(ExitCode::Done);
        }
    }
    let done = removal.carry_out(&Stop::default(), ui).await?;
    if !arguments.json {
        ui.err(&done);
    }
    Ok(ExitCode::Done)
}
