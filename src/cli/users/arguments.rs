//! The arguments of `construct users`, as clap reads them.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::arguments::of_form;
use crate::manifest::rules::EMAIL;

/// Arguments of `construct users`.
#[derive(Args, Clone, Debug)]
pub struct UsersArguments {
    /// What to do.
    #[command(subcommand)]
    pub command: UsersCommand,
    /// Use the local AWS inside this program.
    #[arg(long, global = true)]
    pub local: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// What can be done with the people of a pool.
#[derive(Clone, Debug, Subcommand)]
pub enum UsersCommand {
    /// Lists everybody who may sign in.
    List {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Adds somebody. Without a password, Cognito mails an invitation; on the local AWS one is made and shown once.
    Add {
        /// The e-mail address to sign in with.
        #[arg(value_parser = email)]
        email: String,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArguments,
    },
    /// Gives somebody a new password. Without one, Cognito mails a code, or the invitation again.
    Reset {
        /// The e-mail address, or the name that `list --json` shows.
        #[arg(value_name = "WHO")]
        who: String,
        /// Where the password comes from.
        #[command(flatten)]
        password: PasswordArguments,
    },
    /// Keeps somebody from signing in, for as long as it takes.
    Disable {
        /// The e-mail address, or the name that `list --json` shows.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Lets somebody sign in again.
    Enable {
        /// The e-mail address, or the name that `list --json` shows.
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Removes somebody's account.
    Remove {
        /// The e-mail address, or the name that `list --json` shows.
        #[arg(value_name = "WHO")]
        who: String,
        /// Do not ask before removing it.
        #[arg(long, short)]
        yes: bool,
    },
}

/// Where a password comes from; never the password itself, which others on the machine could read.
#[derive(Args, Clone, Debug, Default)]
#[group(multiple = false)]
pub struct PasswordArguments {
    /// Take the password from this environment variable.
    #[arg(long, value_name = "VARIABLE")]
    pub password_env: Option<String>,
    /// Take the password from this file.
    #[arg(long, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Ask for the password on the terminal.
    #[arg(long)]
    pub password_prompt: bool,
}

fn email(text: &str) -> Result<String, String> {
    of_form(&EMAIL, text)
}
