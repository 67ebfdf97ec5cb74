//! `construct gc`: what carries construct's marks in an account and Region and belongs to no known stack; with `--delete`
//! it goes, stack by stack, as `cleanup --stack` would remove it.
//!
//! A stack is known when it is the one of the manifest at hand, when a journal in `.construct` here remembers something of
//! it, or when `--keep` names it. One whose lock is held is listed and left alone: a run may be alive that this machine
//! knows nothing of.

use std::collections::BTreeSet;

use construct_engine::{Action, Class, Plan, Stop};
use serde::Serialize;

use super::removal::{How, Removal};
use super::running::check_losses;
use super::{ExitCode, Failure, GcArguments};
use crate::account::{Account, is_remembered};
use crate::cloud::{Holder, StackLock};
use crate::report::{losses, objects, plan_text};
use crate::session::{Session, View, remembered};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest at hand, the Region, the credentials, the locks or a journal. What could not be removed
/// is listed and ends in exit code 6; that a stack is locked, in exit code 7.
pub async fn run(arguments: &GcArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let region = arguments.region.as_deref();
    let account = Account::open(&arguments.manifest, arguments.local, region).await?;
    run_in(&account, arguments, ui).await
}

/// Runs the command in an account that is reached already.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    account: &Account,
    arguments: &GcArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let sessions = unknown(account, arguments).await?;
    if arguments.delete {
        Box::pin(delete(account, &sessions, arguments, ui)).await
    } else {
        list(account, &sessions, arguments, ui).await
    }
}

/// A session for every stack that may own something and that nobody here knows.
async fn unknown(account: &Account, arguments: &GcArguments) -> Result<Vec<Session>, Failure> {
    // A manifest that cannot be read is of a stack that might be taken for an unknown one.
    let at_hand = account.at_hand.clone()?.map(|stack| stack.name);
    let kept: BTreeSet<&String> = arguments.keep.iter().chain(&at_hand).collect();
    let stacks = account.stacks().await?.into_keys().filter(|stack| !kept.contains(stack));
    let sessions = stacks.map(|stack| account.session(&stack));
    Ok(sessions.filter(|session| !is_remembered(session)).collect())
}

/// What `--json` prints of all.
#[derive(Serialize)]
struct Listing<'a> {
    account: &'a str,
    region: &'a str,
    stacks: Vec<Listed<'a>>,
}

/// What it prints of a stack.
#[derive(Serialize)]
struct Listed<'a> {
    stack: &'a str,
    /// Why `--delete` leaves it alone: somebody holds its lock.
    locked: Option<&'a str>,
    /// What people would lose.
    losses: Vec<String>,
    objects: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct Object<'a> {
    address: &'a str,
    kind: &'a str,
    id: Option<&'a str>,
}

impl<'a> Listed<'a> {
    fn of(plan: &'a Plan, held: Option<&'a Held>) -> Self {
        Self {
            stack: &plan.stack,
            locked: held.map(|held| held.text.as_str()),
            losses: losses(plan).into_iter().map(|(what, _)| what).collect(),
            objects: plan.work().map(Object::of).collect(),
        }
    }
}

impl<'a> Object<'a> {
    fn of(action: &'a Action) -> Self {
        let Action { address, kind, identity, .. } = action;
        Self { address: address.as_str(), kind, id: identity.as_deref() }
    }
}

/// A stack's lock that somebody holds.
struct Held {
    /// None where what lies in the lock's place is none of construct's.
    run: Option<String>,
    text: String,
}

impl Held {
    async fn of(session: &Session) -> Result<Option<Self>, Failure> {
        match StackLock::holder(&session.cloud).await {
            Ok(holder) => Ok(holder.map(|Holder { run, who, command, since }| Self {
                text: format!("locked by {who} ({command}, since {since})"),
                run: Some(run),
            })),
            Err(error) if error.class == Class::Foreign => {
                Ok(Some(Self { run: None, text: error.message }))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether `held` and `view` say that there is something of construct's.
    fn is_something(held: Option<&Self>, view: &View) -> bool {
        !view.plan.is_empty() || held.is_some_and(|held| held.run.is_some())
    }
}

async fn list(
    account: &Account,
    sessions: &[Session],
    arguments: &GcArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let mut seen: Vec<(View, Option<Held>)> = Vec::new();
    for session in sessions {
        let held = Held::of(session).await?;
        let (journal, _) = remembered(session)?;
        let parallelism = arguments.parallelism;
        let view = session.look(journal.state(), &BTreeSet::new(), parallelism, &|_| {}).await?;
        if Held::is_something(held.as_ref(), &view) {
            seen.push((view, held));
        }
    }
    let naming = &account.cloud.naming;
    if arguments.json {
        let stacks = seen.iter().map(|(view, held)| Listed::of(&view.plan, held.as_ref()));
        let stacks = stacks.collect();
        let listing = Listing { account: &naming.account, region: &naming.region, stacks };
        let text = serde_json::to_string_pretty(&listing);
        ui.out(&text.expect("a listing is plain data that serialises"));
        return Ok(ExitCode::Done);
    }
    for (view, held) in &seen {
        ui.out(&plan_text(&view.plan, &naming.region, &account.place, ui.look_out()));
        if let Some(held) = held {
            ui.out(&held.text);
        }
    }
    let plans: Vec<&Plan> = seen.iter().map(|(view, _)| &view.plan).collect();
    ui.err(&if plans.is_empty() {
        nothing_text(account)
    } else {
        format!(
            "Known to nobody here: {}. `construct gc --delete` removes them, `--keep NAME` leaves one alone.",
            counted(&plans)
        )
    });
    Ok(ExitCode::Done)
}

async fn delete(
    account: &Account,
    sessions: &[Session],
    arguments: &GcArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let GcArguments { parallelism, json, .. } = *arguments;
    let how = How { command: "gc", parallelism, json, force_unlock: false };
    let (mut removals, mut locked) = (Vec::new(), Vec::new());
    for session in sessions {
        let stack = &session.cloud.naming.stack;
        let removal = match Removal::look(session, how, ui).await {
            Err(failure) if failure.kind == ExitCode::Locked => {
                locked.push(format!("{stack}: {}", failure.message));
                continue;
            }
            removal => removal?,
        };
        let held = Held::of(session).await?;
        if !Held::is_something(held.as_ref(), removal.view()) {
            continue;
        }
        let dead = |run: &String| removal.outlived(run);
        match held.filter(|held| !held.run.as_ref().is_some_and(dead)) {
            Some(held) => locked.push(format!("{stack}: {}", held.text)),
            // The lock of a dead run of this machine may be all that is left.
            None => removals.push(removal),
        }
    }
    let plans: Vec<&Plan> = removals.iter().map(|removal| &removal.view().plan).collect();
    for plan in plans.iter().filter(|plan| !json && !plan.is_empty()) {
        ui.err(&plan_text(plan, &account.cloud.naming.region, &account.place, ui.look_err()));
    }
    for plan in &plans {
        check_losses(plan, false, arguments.yes_destroy)
            .map_err(|failure| failure.hint(format!("or keep it with --keep {}", plan.stack)))?;
    }
    if plans.iter().any(|plan| !plan.is_empty()) {
        let region = &account.cloud.naming.region;
        let question = format!("Remove {}? ({}, {region})", counted(&plans), account.place);
        if !arguments.yes && !ui.confirm(&question)? {
            ui.err("Nothing was removed.");
            return Ok(ExitCode::Done);
        }
    } else if locked.is_empty() && !json {
        ui.err(&nothing_text(account));
    }
    carried_out(removals, locked, json, ui).await
}

/// Removes one stack after the other, and goes on after one that could not be removed.
async fn carried_out(
    removals: Vec<Removal<'_>>,
    mut locked: Vec<String>,
    json: bool,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let stop = Stop::default();
    let mut left = Vec::new();
    for removal in removals {
        let stack = removal.stack().to_owned();
        if stop.requested() {
            left.push(format!("{stack}: not tried"));
            continue;
        }
        match Box::pin(removal.carry_out(&stop, ui)).await {
            Ok(done) if !json => ui.err(&done),
            Ok(_) => {}
            Err(failure) if failure.kind == ExitCode::CleanupIncomplete => {
                left.push(format!("{stack}: {}", failure.message));
                ui.fail(&failure);
            }
            Err(failure) if failure.kind == ExitCode::Locked => {
                locked.push(format!("{stack}: {}", failure.message));
            }
            Err(failure) => return Err(failure),
        }
    }
    let (kind, message) = match (left.len(), locked.len()) {
        (0, 0) => return Ok(ExitCode::Done),
        (0, count) => (ExitCode::Locked, format!("another run holds {}", stacks(count))),
        (count, _) => (
            ExitCode::CleanupIncomplete,
            format!("not everything of {} was removed", stacks(count)),
        ),
    };
    let mut failure = Failure::new(kind, message);
    failure.details = left;
    if !locked.is_empty() {
        failure.details.append(&mut locked);
        failure = failure.hint(
            "a run that is known to be dead is put aside by `construct cleanup --stack NAME --force-unlock`",
        );
    }
    Err(failure.hint("run the command again: it goes on with what is left"))
}

fn nothing_text(account: &Account) -> String {
    let region = &account.cloud.naming.region;
    format!("Everything that construct made in {}, {region} is of a known stack.", account.place)
}

fn stacks(count: usize) -> String {
    if count == 1 { "a stack".to_owned() } else { format!("{count} stacks") }
}

/// Each stack with how much of it there is.
fn counted(plans: &[&Plan]) -> String {
    let full = plans.iter().filter(|plan| !plan.is_empty());
    let texts = full.map(|plan| format!("{} of {}", objects(plan.work().count()), plan.stack));
    texts.collect::<Vec<_>>().join(", ")
}
