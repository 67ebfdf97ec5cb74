//! `construct clients`: the stack's servers in the files of editors and agents. Asks no service and needs no secret.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

use super::{ExitCode, Failure};
use crate::clients::{
    Action, Change, Choices, ClientFiles, Entry, Place, Scope, Server, SignIn, Way, entries,
    redirect_uris, servers,
};
use crate::environment;
use crate::manifest::Client;
use crate::outputs::Config;
use crate::outputs::config::Endpoint;
use crate::report::Paint;
use crate::session::{Tables, folder_of, memory_of};
use crate::ui::Ui;

/// Arguments of `construct clients`.
#[derive(Args, Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct ClientsArguments {
    /// The clients; without any, those of `[clients] write`, and with --remove all that have an entry.
    #[arg(value_name = "NAME", value_parser = client())]
    pub clients: Vec<Client>,
    /// Only show what would change.
    #[arg(long, conflicts_with = "yes")]
    pub diff: bool,
    /// Take the stack's entries out.
    #[arg(long)]
    pub remove: bool,
    /// Do not ask before writing.
    #[arg(long, short)]
    pub yes: bool,
    /// The project's file, beside the manifest. This is the default where a client reads one.
    #[arg(long, conflicts_with = "user")]
    pub project: bool,
    /// Your own file, for all projects.
    #[arg(long)]
    pub user: bool,
    /// Take over an entry that has our name and leads somewhere else.
    #[arg(long)]
    pub adopt: bool,
    /// For Claude Desktop, where people sign in to the gateway: the file with a token, which is read for each request.
    #[arg(long, value_name = "PATH")]
    pub token_file: Option<PathBuf>,
    /// Take only a stack on the local AWS.
    #[arg(long)]
    pub local: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

fn client() -> impl TypedValueParser<Value = Client> {
    let named = |word: String| Client::all().find(|client| client.word() == word);
    PossibleValuesParser::new(Client::all().map(Client::word))
        .map(move |word| named(word).expect("the words are those of the clients"))
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'a> {
    stack: &'a str,
    /// Whether the files are written.
    written: bool,
    files: Vec<ToldFile<'a>>,
}

#[derive(Serialize)]
struct ToldFile<'a> {
    client: Client,
    scope: Scope,
    path: &'a std::path::Path,
    action: Action,
    diff: String,
}

/// Runs the command. Writes all files, or none when one of them is not to be changed.
///
/// # Errors
/// A stack that is not there; a client that cannot be told of it; files that are not ours to change, all of them.
pub fn run(arguments: &ClientsArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let tables = Tables::read(&arguments.manifest, &["stack", "gateway", "gateways", "clients"])?;
    let manifest = &tables.manifest;
    let config = config(arguments, &manifest.stack.name)?;
    let base = folder_of(&arguments.manifest);
    let memory = memory_of(&base, [&config.account, &config.region, &config.stack]);
    let mut files = ClientFiles::of(&base, &memory);
    let servers = servers(manifest, &config);
    if servers.is_empty() && !arguments.remove {
        return Err(Failure::usage(format!("{} has no gateway yet", config.stack))
            .hint("run `construct up` first"));
    }
    let named =
        if arguments.clients.is_empty() { &manifest.clients.write } else { &arguments.clients };
    let header = manifest.clients.protocol_header;
    let wanted = Wanted { arguments, servers: &servers, header };
    let changes = if arguments.remove {
        wanted.without(&files, named)?
    } else {
        wanted.with(&files, named)?
    };
    let is_work = changes.iter().any(|change| change.action() != Action::Same);
    if !arguments.json {
        show(&changes, ui);
        wanted.tell_left_out(&changes, ui);
    }
    let agreed = is_work && !arguments.diff && (arguments.yes || ui.confirm("Write this?")?);
    // What is there already may not be remembered yet.
    if agreed || (!is_work && !arguments.diff) {
        files.apply(&changes)?;
    }
    if arguments.json {
        let told = |change| told(change);
        let files = changes.iter().map(told).collect();
        let told = Told { stack: &config.stack, written: agreed, files };
        let text = serde_json::to_string_pretty(&told);
        ui.out(&text.expect("what is told is plain data that serialises"));
    } else if agreed {
        tell_written(&changes, arguments.remove, ui);
        wanted.tell_registrations(&changes, ui);
    } else if is_work && !arguments.diff {
        ui.err("Nothing was written.");
    }
    Ok(ExitCode::Done)
}

/// The document of the stack that the manifest names.
fn config(arguments: &ClientsArguments, stack: &str) -> Result<Config, Failure> {
    let config = Config::beside(&arguments.manifest).ok_or_else(|| {
        Failure::usage("there is no config.json beside the manifest, or it cannot be read")
            .hint("run `construct up` first: it writes the addresses there")
    })?;
    if config.stack != stack {
        let message = format!("config.json is of {}, the manifest of {stack}", config.stack);
        return Err(Failure::usage(message).hint("run `construct up` first"));
    }
    if arguments.local && config.endpoint != Endpoint::Local {
        return Err(Failure::usage("config.json is of a stack on AWS")
            .hint("leave --local away, or run `construct up --local` first"));
    }
    Ok(config)
}

/// What the entries are made of.
struct Wanted<'a> {
    arguments: &'a ClientsArguments,
    servers: &'a [Server],
    header: bool,
}

impl Wanted<'_> {
    /// The changes that put the servers into the files of `clients`.
    fn with(&self, files: &ClientFiles, clients: &[Client]) -> Result<Vec<Change>, Failure> {
        let scope = match (self.arguments.project, self.arguments.user) {
            (true, _) => Some(Scope::Project),
            (_, true) => Some(Scope::User),
            _ => None,
        };
        let mut seen = Vec::new();
        let mut failures = Vec::new();
        let mut changes = Vec::new();
        for client in clients {
            if seen.contains(client) {
                continue;
            }
            seen.push(*client);
            let change = client
                .place(scope, &environment::variable)
                .map_err(|why| Failure::usage(why).hint(elsewhere(*client, self.servers)))
                .and_then(|place| {
                    let entries = self.some_entries(&place)?;
                    Ok(files.with(place, &entries, self.arguments.adopt)?)
                });
            match change {
                Ok(change) => changes.push(change),
                Err(failure) => failures.push(failure),
            }
        }
        all_or(changes, failures)
    }

    /// The changes that take the servers out of the files of `clients`: the project's, the person's, and wherever else
    /// construct put them.
    fn without(&self, files: &ClientFiles, clients: &[Client]) -> Result<Vec<Change>, Failure> {
        let is_named = |place: &Place| {
            self.arguments.clients.is_empty() || self.arguments.clients.contains(&place.client)
        };
        let is_scope = |place: &Place| match place.scope {
            Scope::Project => !self.arguments.user,
            Scope::User => !self.arguments.project,
        };
        let both = [Scope::Project, Scope::User];
        let at = |client: &Client| {
            let client = *client;
            both.map(|scope| client.place(Some(scope), &environment::variable).ok())
        };
        let mut places: Vec<Place> = files.known().filter(is_named).collect();
        for place in clients.iter().flat_map(at).flatten() {
            if places.iter().all(|known| known.file != place.file) {
                places.push(place);
            }
        }
        let mut failures = Vec::new();
        let mut changes = Vec::new();
        for place in places.into_iter().filter(is_scope) {
            let gone = self.entries(&place);
            match files.without(place, &gone, self.arguments.adopt) {
                Ok(change) => changes.push(change),
                Err(error) => failures.push(error.into()),
            }
        }
        all_or(changes, failures)
    }

    fn entries(&self, place: &Place) -> Vec<Entry> {
        let own = std::env::current_exe().ok();
        // A project's file is for other machines too. In a person's it is this one, and not every client looks where a
        // shell does.
        let program = match (place.scope, own.as_deref().and_then(std::path::Path::to_str)) {
            (Scope::User, Some(own)) => own,
            _ => "construct",
        };
        let absolute = |path| std::path::absolute(path).ok();
        let token_file = self.arguments.token_file.as_ref().and_then(absolute);
        let choices =
            Choices { protocol_header: self.header, program, token_file: token_file.as_deref() };
        entries(place.client, self.servers, &choices)
    }

    /// The entries, of which there must be one.
    fn some_entries(&self, place: &Place) -> Result<Vec<Entry>, Failure> {
        let entries = self.entries(place);
        let label = place.client.label();
        match self.servers.first().filter(|_| entries.is_empty()) {
            None => Ok(entries),
            Some(server) => Err(Failure::usage(format!(
                "{label}'s file takes programs only, and people sign in to {}",
                server.way.address()
            ))
            .hint(by_hand(label))),
        }
    }

    /// Says which servers a client's file has no way to say.
    fn tell_left_out(&self, changes: &[Change], ui: &Ui) {
        for change in changes.iter().filter(|_| !self.arguments.remove) {
            let said = self.entries(&change.place);
            let is_left_out = |server: &&Server| said.iter().all(|entry| entry.name != server.name);
            for server in self.servers.iter().filter(is_left_out) {
                let label = change.place.client.label();
                let address = server.way.address();
                ui.err(&format!(
                    "{label}'s file takes programs only, and people sign in to {address}: {}",
                    by_hand(label)
                ));
            }
        }
    }

    /// Says what an issuer that is not construct's has to know of the clients.
    fn tell_registrations(&self, changes: &[Change], ui: &Ui) {
        for server in self.servers.iter().filter(|_| !self.arguments.remove) {
            let Way::SignIn(SignIn { url, client_id, at_front: false, .. }) = &server.way else {
                continue;
            };
            let who = client_id.as_ref().map_or_else(
                || "a client, unless the issuer registers clients by itself".to_owned(),
                |id| format!("the client {id}"),
            );
            ui.err(&format!("Redirect URIs that the issuer of {url} has to know for {who}:"));
            for client in changes.iter().map(|change| change.place.client) {
                ui.err(&format!("  {}: {}", client.label(), redirect_uris(client, url).join(", ")));
            }
        }
    }
}

/// How people come to a server that a client's file has no way to say.
fn by_hand(label: &str) -> String {
    format!(
        "add it in {label} under Settings, Connectors; or name a file with a token with --token-file"
    )
}

/// Where a person finds what construct does not write.
fn elsewhere(client: Client, servers: &[Server]) -> String {
    match (client, servers.first()) {
        (Client::ClaudeCode, Some(server)) => format!(
            "leave --user away; or let it write its own: claude mcp add --scope user --transport http {} {}",
            server.name,
            server.way.address()
        ),
        _ => "choose the other of --project and --user".to_owned(),
    }
}

/// The changes, if nothing stands against any of them; else all that does.
fn all_or(changes: Vec<Change>, failures: Vec<Failure>) -> Result<Vec<Change>, Failure> {
    let mut failures = failures.into_iter();
    let Some(mut first) = failures.next() else { return Ok(changes) };
    for failure in failures {
        first.details.push(format!("and: {}", failure.message));
        for hint in failure.hints {
            if !first.hints.contains(&hint) {
                first.hints.push(hint);
            }
        }
    }
    Err(first)
}

fn show(changes: &[Change], ui: &Ui) {
    for change in changes {
        let label = change.place.client.label();
        match change.action() {
            Action::Same => {
                ui.err(&format!("{label}: nothing to do in {}", change.path().display()));
            }
            _ => ui.out(&change.diff(ui.paint_out())),
        }
    }
}

fn told(change: &Change) -> ToldFile<'_> {
    ToldFile {
        client: change.place.client,
        scope: change.place.scope,
        path: change.path(),
        action: change.action(),
        diff: change.diff(Paint::PLAIN),
    }
}

fn tell_written(changes: &[Change], removed: bool, ui: &Ui) {
    for change in changes.iter().filter(|change| change.action() != Action::Same) {
        let what = if change.action() == Action::Remove { "Removed" } else { "Wrote" };
        ui.err(&format!("{what} {}", change.path().display()));
        let note = change.place.client.project_note();
        if let Some(note) = note.filter(|_| !removed && change.place.scope == Scope::Project) {
            ui.err(note);
        }
    }
}
