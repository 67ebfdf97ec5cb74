//! `construct users`: who may sign in to the stack's pool, whether it is ours or linked.

mod arguments;

use std::path::Path;

use construct_engine::Class;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

pub use arguments::{PasswordArguments, UsersArguments, UsersCommand};

use super::{ExitCode, Failure};
use crate::cloud::{Cloud, Endpoint, SecretSource, Secrets};
use crate::manifest::{Manifest, SecretReference};
use crate::people::{People, Person, Status};
use crate::session::Tables;
use crate::steps::cognito_user::generated;
use crate::steps::cognito_user_pool;
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// What is wrong with the manifest or the credentials, a stack without a pool, somebody who is not there, and what Cognito
/// refuses.
pub async fn run(arguments: &UsersArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let tables = Tables::read(&arguments.manifest, &["stack", "cognito"])?;
    let (cloud, place) = tables.connect(arguments.local).await?;
    let region = cloud.naming.region.clone();
    Users::of(cloud, &tables.manifest, format!("{place}, {region}")).await?.run(arguments, ui).await
}

/// The same on an account that is reached already.
///
/// # Errors
/// As [`run`].
pub async fn run_on(
    endpoint: Endpoint,
    arguments: &UsersArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let tables = Tables::read(&arguments.manifest, &["stack", "cognito"])?;
    let (cloud, place) = tables.connect_to(endpoint).await?;
    let region = cloud.naming.region.clone();
    Users::of(cloud, &tables.manifest, format!("{place}, {region}")).await?.run(arguments, ui).await
}

/// What `list --json` prints.
#[derive(Serialize)]
struct Listing<'a> {
    stack: &'a str,
    pool_id: &'a str,
    users: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    username: &'a str,
    email: Option<&'a str>,
    status: &'a str,
    enabled: bool,
    first_user: bool,
    created: String,
}

/// The people of one stack's pool.
struct Users {
    stack: String,
    local: bool,
    people: People,
    /// The manifest's first user.
    first: Option<String>,
    /// The account and the Region, for questions.
    whereabouts: String,
}

impl Users {
    async fn of(cloud: Cloud, manifest: &Manifest, whereabouts: String) -> Result<Self, Failure> {
        let stack = manifest.stack.name.clone();
        let pool_id = match &manifest.cognito.existing {
            Some(existing) => {
                cognito_user_pool::look_at_existing(&cloud, existing).await?;
                Some(existing.pool.clone())
            }
            None => cognito_user_pool::find(&cloud).await?,
        };
        let pool_id = pool_id.ok_or_else(|| {
            Failure::usage(format!("the stack {stack} has no user pool"))
                .hint("run `construct up` first; with --local if that is where the stack is")
        })?;
        let first = manifest.cognito.first_user.as_ref().map(|user| user.email.clone());
        let local = cloud.local;
        Ok(Self { stack, local, people: People { cloud, pool_id }, first, whereabouts })
    }

    async fn run(&self, arguments: &UsersArguments, ui: &Ui) -> Result<ExitCode, Failure> {
        match &arguments.command {
            UsersCommand::List { json } => self.list(*json, ui).await?,
            UsersCommand::Add { email, password } => self.add(email, password, ui).await?,
            UsersCommand::Reset { who, password } => self.reset(who, password, ui).await?,
            UsersCommand::Disable { who } => {
                let person = self.person(who).await?;
                self.people.set_enabled(&person, false).await?;
                ui.err(&format!("{who} cannot sign in any longer."));
            }
            UsersCommand::Enable { who } => {
                let person = self.person(who).await?;
                self.people.set_enabled(&person, true).await?;
                ui.err(&format!("{who} can sign in again."));
            }
            UsersCommand::Remove { who, yes } => self.remove(who, *yes, ui).await?,
        }
        Ok(ExitCode::Done)
    }

    async fn person(&self, who: &str) -> Result<Person, Failure> {
        self.people.get(who).await?.ok_or_else(|| {
            Failure::usage(format!(
                "there is nobody called {who} in the pool {}",
                self.people.pool_id
            ))
            .hint("`construct users list` shows who is there")
        })
    }

    fn is_first(&self, person: &Person) -> bool {
        person.first || (person.email.is_some() && person.email == self.first)
    }

    async fn list(&self, json: bool, ui: &Ui) -> Result<(), Failure> {
        let people = self.people.list().await?;
        if json {
            let users = people.iter().map(|person| self.entry(person)).collect();
            let listing = Listing { stack: &self.stack, pool_id: &self.people.pool_id, users };
            let text = serde_json::to_string_pretty(&listing);
            ui.out(&text.expect("a listing is plain data that serialises"));
            return Ok(());
        }
        if people.is_empty() {
            ui.err(&format!("Nobody is in the pool {}.", self.people.pool_id));
        }
        ui.out(&self.table(&people));
        Ok(())
    }

    fn entry<'a>(&self, person: &'a Person) -> Entry<'a> {
        Entry {
            username: &person.username,
            email: person.email.as_deref(),
            status: person.status.as_str(),
            enabled: person.enabled,
            first_user: self.is_first(person),
            created: person.created.clone(),
        }
    }

    fn table(&self, people: &[Person]) -> String {
        let wide = people.iter().map(|person| person.name().len()).max().unwrap_or_default();
        let line = |person: &Person| {
            let state = if person.enabled { person.status.words() } else { "disabled" };
            let first = if self.is_first(person) { "  first user" } else { "" };
            format!("{:<wide$}  {state:<24}  {}{first}", person.name(), person.created)
        };
        people.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    async fn add(&self, email: &str, source: &PasswordArguments, ui: &Ui) -> Result<(), Failure> {
        let password = self.password(source, email, ui).await?;
        let added = match &password {
            None => self.people.invite(email).await,
            Some(password) => self.people.add(email, password.value()).await,
        };
        if let Err(error) = added {
            if error.class == Class::Conflict {
                let message = format!("{email} is in the pool {} already", self.people.pool_id);
                return Err(Failure::usage(message)
                    .hint("`construct users reset` gives somebody a new password"));
            }
            return Err(error.into());
        }
        match &password {
            None => ui.err(&format!(
                "Cognito mails {email} an invitation with a password to begin with."
            )),
            Some(password) => {
                ui.err(&format!("{email} may sign in."));
                password.show(email, ui);
            }
        }
        Ok(())
    }

    async fn reset(&self, who: &str, source: &PasswordArguments, ui: &Ui) -> Result<(), Failure> {
        let person = self.person(who).await?;
        if person.status == Status::External {
            let message = format!("{who} signs in at another identity provider");
            return Err(Failure::usage(message).hint("reset the password there"));
        }
        let Some(password) = self.password(source, who, ui).await? else {
            if person.status == Status::Invited {
                self.people.invite_again(&person).await?;
                ui.err(&format!("Cognito mails {who} the invitation again, with a new password."));
            } else {
                self.people.mail_code(&person).await?;
                ui.err(&format!("Cognito mails {who} a code, with which to choose a password."));
            }
            return Ok(());
        };
        self.people.set_password(&person.username, password.value()).await?;
        ui.err(&format!("{who} has a new password."));
        password.show(who, ui);
        Ok(())
    }

    async fn remove(&self, who: &str, yes: bool, ui: &Ui) -> Result<(), Failure> {
        let person = self.person(who).await?;
        ui.err(&format!(
            "lost: the account of {}, and every consent that was given with it",
            person.name()
        ));
        if self.is_first(&person) && self.first.is_some() {
            ui.err("[cognito] names it as first_user: the next `construct up` makes it again.");
        }
        if !yes && !ui.confirm(&format!("Remove the account of {who}? ({})", self.whereabouts))? {
            ui.err("Nothing was removed.");
            return Ok(());
        }
        self.people.remove(&person).await?;
        ui.err(&format!("The account of {who} is removed."));
        Ok(())
    }

    /// The password of `whom` from its source; on the local AWS, which mails nothing, a made one. None: Cognito mails.
    async fn password(
        &self,
        source: &PasswordArguments,
        whom: &str,
        ui: &Ui,
    ) -> Result<Option<Password>, Failure> {
        let PasswordArguments { password_env, password_file, password_prompt } = source;
        let reference = match (password_env, password_file) {
            (Some(name), _) => SecretReference::Env(name.clone()),
            (None, Some(path)) => SecretReference::File(path.clone()),
            (None, None) if *password_prompt => {
                return Ok(Some(Password::Given(ui.ask(&format!("Password for {whom}"))?)));
            }
            (None, None) if !self.local => return Ok(None),
            (None, None) if ui.asks() => {
                return Ok(Some(Password::Made(generated(self.people.shortest().await?))));
            }
            (None, None) => {
                return Err(Failure::usage(
                    "a password would be made, and there is no terminal to show it on",
                )
                .hint("give one with --password-env or --password-file"));
            }
        };
        let secrets = Secrets::new(false);
        secrets.load(&reference, Path::new(""), ui)?;
        let value = secrets.get(&reference);
        value.map(|value| Some(Password::Given(value))).ok_or_else(|| Failure::bug("no password"))
    }
}

/// A password, and whether anybody knows it yet.
enum Password {
    Given(SecretString),
    Made(SecretString),
}

impl Password {
    fn value(&self) -> &SecretString {
        let (Self::Given(value) | Self::Made(value)) = self;
        value
    }

    /// Shows a made one, which is only made where there is a terminal.
    fn show(&self, whom: &str, ui: &Ui) {
        if let Self::Made(value) = self {
            ui.err(&format!("Password of {whom}, shown this once: {}", value.expose_secret()));
        }
    }
}
