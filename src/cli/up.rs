//! `construct up`: plan, agree, apply exactly that, and say what a person still has to do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use construct_engine::{Event, Outcome, Plan, Stop, Verb, apply};

use super::running::{Apply, check_architecture, check_losses, check_open_gateways, open_journal};
use super::{ExitCode, Failure, UpArguments};
use crate::manifest::{SecretReference, Vendor};
use crate::outputs::{Files, Objects};
use crate::report::{Ndjson, Recording, Timings, plan_text, registrations, todo, todo_text};
use crate::session::{Session, View};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest, the credentials, the locks or the journal.
pub async fn run(arguments: &UpArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let session = Session::open(&arguments.manifest, arguments.local, ui).await?;
    run_in(&session, arguments, ui).await
}

/// What is there by now, and how much of it `config.json` does not say yet.
struct Known {
    objects: Objects,
    unwritten: usize,
}

impl Known {
    /// How much may be missing from the document, as a part of the whole: each write is a whole one.
    const PART: usize = 64;

    /// Whether the document is to be written: after each object of a stack of usual size, after several of a large one.
    fn is_due(&self) -> bool {
        self.unwritten > self.objects.len() / Self::PART
    }
}

/// Runs the command in an open session.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    session: &Session,
    arguments: &UpArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    check_open_gateways(session, arguments.i_know)?;
    let mut machine = session.lock_machine("up")?;
    let mut journal = open_journal(session, ui)?;
    let Some(view) = agreed_view(arguments, ui, session, journal.state()).await? else {
        ui.err("Nothing was changed.");
        return Ok(ExitCode::Done);
    };
    let known = Mutex::new(Known { objects: Objects::remembered(journal.state()), unwritten: 0 });
    let files = Files::of(session);
    let recording = Recording::default();
    let remember = |event: &Event| {
        recording.see(event);
        if let Event::NodeDone { address, kind, outputs, .. } = event {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.unwritten += usize::from(known.objects.put(address, kind, outputs));
            if known.is_due() {
                // A crash must leave a true document too. What the disk refuses here is refused, and told, at the end.
                files.write_config(&known.objects).ok();
                known.unwritten = 0;
            }
        }
    };
    let outcome = if view.plan.is_empty() {
        let ndjson = Ndjson::new(ui);
        let told = |event: &Event| {
            remember(event);
            if arguments.json {
                ndjson.see(event);
            }
        };
        remember_only(session, &mut journal, &view, &told).await?
    } else {
        let apply = Apply {
            session,
            machine: &mut machine,
            journal: &mut journal,
            command: "up",
            parallelism: arguments.parallelism,
            json: arguments.json,
            force_unlock: arguments.force_unlock,
            goes_on: false,
            stop: &Stop::default(),
        };
        apply.run(ui, &view, &remember).await?
    };
    let objects = if outcome.complete() {
        // Nothing but the graph: what was removed, a second object of a node among it, is gone.
        outcome.outputs.iter().cloned().collect()
    } else {
        known.into_inner().unwrap_or_else(PoisonError::into_inner).objects
    };
    let manifest = session.prepared.as_ref().map(|prepared| &prepared.manifest);
    let written = files.write(&objects, manifest)?;
    if !arguments.json {
        if !view.plan.is_empty() {
            ui.err(&ending(&outcome, session));
        }
        let mut list = left_to_do(session, &recording, &objects);
        list.extend(to_register(session, &files, &objects));
        ui.err(&todo_text(&list));
        ui.err(&written.text());
        if arguments.local && outcome.complete() {
            // Nothing answers at the address in mcp.json until it does.
            ui.err("`construct local` serves it.");
        }
        if arguments.timings {
            ui.err(&Timings::of(&recording.events()).text());
            let calls = session.cloud.calls.count();
            ui.err(&format!("{} API calls, {} of them changes.", calls.total(), calls.mutating()));
        }
    }
    show_made(ui, session);
    Ok(if outcome.complete() { ExitCode::Done } else { ExitCode::ApplyIncomplete })
}

/// The view whose plan may be carried out; none when a person said no.
async fn agreed_view(
    arguments: &UpArguments,
    ui: &Ui,
    session: &Session,
    state: &construct_engine::State,
) -> Result<Option<View>, Failure> {
    let adopt: BTreeSet<_> = arguments.adopt.iter().cloned().collect();
    if let Some(unknown) = adopt.iter().find(|address| session.graph.spec(address).is_none()) {
        return Err(Failure::usage(format!("--adopt {unknown}: the manifest has no such node"))
            .hint("`construct graph` lists the addresses"));
    }
    let look = || session.look(state, &adopt, arguments.parallelism, &|_| {});
    let view = look().await?;
    let show = |plan: &Plan| {
        if !arguments.json {
            ui.err(&plan_text(plan, &session.cloud.naming.region, &session.place, ui.look_err()));
        }
    };
    show(&view.plan);
    if !arguments.json {
        session.tell_warnings(ui);
    }
    tell_placeholders(ui, session, arguments.json);
    if view.plan.is_empty() {
        return Ok(Some(view));
    }
    let protect = session.prepared.as_ref().is_some_and(|prepared| prepared.manifest.stack.protect);
    check_losses(&view.plan, protect, arguments.yes_destroy)?;
    if let Some(prepared) = &session.prepared {
        check_architecture(&view.plan, prepared)?;
    }
    if arguments.yes {
        ask_for_secrets(session, &view.plan, ui)?;
        return Ok(Some(view));
    }
    if !ui.confirm(&format!("Carry this plan out? ({})", session.whereabouts()))? {
        return Ok(None);
    }
    ask_for_secrets(session, &view.plan, ui)?;
    // The answer may have taken an hour: what was agreed to must still be what would be done.
    let again = look().await?;
    if again.plan.digest() != view.plan.digest() {
        show(&again.plan);
        return Err(Failure::new(
            ExitCode::ApplyIncomplete,
            "the account changed while you were asked",
        )
        .hint("look at the new plan above, then run again"));
    }
    Ok(Some(again))
}

/// Writes what was seen to the journal: no call leaves, so that no lock is needed.
async fn remember_only(
    session: &Session,
    journal: &mut construct_engine::Journal,
    view: &View,
    remember: &(dyn Fn(&Event) + Send + Sync),
) -> Result<Outcome, Failure> {
    let stop = Stop::default();
    let events = |event: Event| remember(&event);
    let run = session.run(&events, &stop, 1, &|| Ok(()));
    let view = (&view.plan, &view.observed);
    Ok(apply(&run, &session.graph, &session.registry, journal, view, "up").await?)
}

fn tell_placeholders(ui: &Ui, session: &Session, json: bool) {
    let Some(prepared) =
        session.prepared.as_ref().filter(|prepared| !prepared.placeholders.is_empty())
    else {
        return;
    };
    if !json {
        let sources = prepared.placeholders.join("\n  ");
        ui.err(&format!(
            "Not set, and replaced by a placeholder that only the local AWS takes:\n  {sources}"
        ));
    }
}

/// Asks for the prompts whose objects the plan makes; for the others the value in the account stays.
fn ask_for_secrets(session: &Session, plan: &Plan, ui: &Ui) -> Result<(), Failure> {
    let Some(prepared) = &session.prepared else { return Ok(()) };
    let made = |address: String| {
        plan.work().any(|action| action.address.as_str() == address && action.verb != Verb::Delete)
    };
    let manifest = &prepared.manifest;
    let providers = manifest
        .providers
        .iter()
        .filter(|(name, _)| made(format!("provider/{name}")))
        .filter_map(|(_, provider)| Some(provider.secret()?.1));
    let user = manifest.cognito.first_user.iter().filter(|_| made("user/first".to_owned()));
    let federations = manifest.cognito.federation.iter();
    let federations = federations
        .filter(|(name, _)| made(format!("identity-provider/{name}")))
        .filter_map(|(_, federation)| federation.client_secret());
    let passwords = user.filter_map(|user| user.password.as_ref());
    for reference in providers.chain(passwords).chain(federations) {
        if let SecretReference::Prompt(prompt) = reference {
            session.cloud.secrets.ask(reference, prompt.question(), ui)?;
        }
    }
    Ok(())
}

/// Shows a made password on a terminal, and nowhere else: what is not a terminal may be a log.
fn show_made(ui: &Ui, session: &Session) {
    use secrecy::ExposeSecret;
    for (whom, password) in session.cloud.secrets.take_made() {
        if ui.asks() {
            ui.err(&format!("Password of {whom}, shown this once: {}", password.expose_secret()));
        } else {
            ui.err(&format!(
                "A password was made for {whom} and is not shown, as this is no terminal. Set another with \
                 `construct users reset`."
            ));
        }
    }
}

fn ending(outcome: &Outcome, session: &Session) -> String {
    let stack = &session.cloud.naming.stack;
    if outcome.complete() {
        return format!("{stack} is up: {} objects made, changed or removed.", outcome.changed);
    }
    format!(
        "{stack} is not complete: {} objects done, {} failed, {} not tried. Run the command again: it goes on from here.",
        outcome.changed,
        outcome.failed.len(),
        outcome.skipped.len()
    )
}

/// What the pool's identity providers have to know of it. The local AWS sends nobody there.
fn to_register(session: &Session, files: &Files, objects: &Objects) -> Vec<String> {
    let cognito = files.config(objects).cognito.filter(|_| !session.cloud.local);
    cognito.map_or_else(Vec::new, |cognito| registrations(&cognito.federation))
}

fn left_to_do(session: &Session, recording: &Recording, objects: &Objects) -> Vec<String> {
    let mut providers: BTreeMap<String, (Vendor, String)> = BTreeMap::new();
    if let Some(prepared) = session.prepared.as_ref().filter(|_| !session.cloud.local) {
        for (name, provider) in &prepared.manifest.providers {
            let registered = provider.vendor().zip(objects.callback_url(name));
            providers.extend(registered.map(|registered| (name.clone(), registered)));
        }
    }
    todo(&providers, &recording.notices())
}
