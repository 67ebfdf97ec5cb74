//! `construct status`: what is there, and whether it is as the manifest says.

use std::collections::{BTreeMap, BTreeSet};

use construct_engine::{Action, Journal, Plan, Verb};
use serde::Serialize;

use super::{ExitCode, Failure, StatusArguments};
use crate::report::kind_words;
use crate::session::{PARALLELISM, Session, View, remembered, repair_text};
use crate::ui::Ui;

/// What `--json` prints.
#[derive(Serialize)]
struct Status<'a> {
    stack: &'a str,
    account: &'a str,
    region: &'a str,
    objects: Vec<Object<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    violations: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Object<'a> {
    address: &'a str,
    kind: &'a str,
    id: Option<&'a str>,
    state: &'static str,
    /// The fields that differ from what is wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differs: Vec<&'a str>,
}

/// Runs the command. Ends in exit code 4 when something differs, 5 when an invariant does not hold.
///
/// # Errors
/// What is wrong with the manifest, the credentials or the journal, and looks that failed.
pub async fn run(arguments: &StatusArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open(&arguments.manifest, arguments.local, ui).await?;
    run_in(&session, arguments, ui).await
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &Session,
    arguments: &StatusArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let (journal, repair) = remembered(session)?;
    if let Some(repair) = &repair {
        ui.err(&repair_text(repair, &session.journal_path()));
    }
    let view = session.look(journal.state(), &BTreeSet::new(), PARALLELISM, &|_| {}).await?;
    let violations = arguments.verify.then(|| verify(&view, &journal));
    let naming = &session.cloud.naming;
    if arguments.json {
        let status = Status {
            stack: &naming.stack,
            account: &naming.account,
            region: &naming.region,
            objects: view.plan.actions.iter().map(object).collect(),
            violations: violations.clone(),
        };
        ui.out(
            &serde_json::to_string_pretty(&status).expect("a status is plain data that serialises"),
        );
    } else {
        ui.out(&format!("Stack {}, Region {}, {}", naming.stack, naming.region, session.place));
        ui.out(&table(&view.plan));
        if let Some(violations) = &violations {
            ui.out(&verified(violations));
        }
    }
    Ok(if violations.is_some_and(|violations| !violations.is_empty()) {
        ExitCode::ApplyIncomplete
    } else if view.plan.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::ChangesFound
    })
}

fn state(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "missing",
        Verb::Update | Verb::MayUpdate | Verb::Adopt | Verb::Leave => "differs",
        Verb::Replace => "must be replaced",
        Verb::Settle => "settling",
        Verb::Delete => "not in the manifest",
        Verb::Same => "as wanted",
        Verb::Foreign => "foreign",
    }
}

fn object(action: &Action) -> Object<'_> {
    Object {
        address: action.address.as_str(),
        kind: &action.kind,
        id: action.identity.as_deref(),
        state: state(action.verb),
        differs: differing(action),
    }
}

fn differing(action: &Action) -> Vec<&str> {
    action.changes.iter().map(|change| change.field.as_str()).collect()
}

fn table(plan: &Plan) -> String {
    let wide = |of: fn(&Action) -> usize| plan.actions.iter().map(of).max().unwrap_or_default();
    let address = wide(|action| action.address.as_str().len());
    let kind = wide(|action| kind_words(&action.kind).len());
    let line = |action: &Action| {
        let (words, state) = (kind_words(&action.kind), state(action.verb));
        let id = action.identity.as_deref().unwrap_or("-");
        let line = format!("  {:<address$}  {words:<kind$}  {state:<19}  {id}", action.address);
        let fields = differing(action);
        if fields.is_empty() { line } else { format!("{line}  ({})", fields.join(", ")) }
    };
    plan.actions.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn verified(violations: &[String]) -> String {
    if violations.is_empty() {
        return "Verified: the journal and the account agree.".to_owned();
    }
    violations.iter().map(|text| format!("Violated: {text}")).collect::<Vec<_>>().join("\n")
}

/// The engine's invariants, as far as one look can check them: (1) no orphan, (2) no phantom, (3) dependencies precede,
/// (4) addresses unique, (5) kinds known, (8) every run ends or is in doubt.
fn verify(view: &View, journal: &Journal) -> Vec<String> {
    let mut violations = Vec::new();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for action in &view.plan.actions {
        *seen.entry(action.address.as_str()).or_default() += 1;
        if action.verb == Verb::Delete && journal.state().get(&action.address).is_none() {
            violations.push(format!(
                "(1) no orphan: {} is in the account and nothing remembers it",
                action.address
            ));
        }
    }
    for address in seen.into_iter().filter(|(_, count)| *count > 1).map(|(address, _)| address) {
        violations.push(format!("(4) addresses unique: there are two objects for {address}"));
    }
    let kinds: BTreeSet<&str> = crate::steps::registry().names().collect();
    for (address, record) in journal.state().iter() {
        let there = view
            .plan
            .actions
            .iter()
            .any(|action| action.address == *address && action.identity.is_some());
        if record.outputs.is_some() && !there {
            violations
                .push(format!("(2) no phantom: {address} is remembered and is not in the account"));
        }
        if record.doubt.is_some() {
            violations.push(format!("(8) every run ends: work on {address} has no end"));
        }
        if !kinds.contains(record.kind.as_str()) {
            violations.push(format!("(5) kinds known: {address} is a {}", record.kind));
        }
        for dependency in record.after.iter().filter(|one| journal.state().get(one).is_none()) {
            violations.push(format!(
                "(3) dependencies precede: {address} needs {dependency}, which is not remembered"
            ));
        }
    }
    violations
}
