//! `construct doctor`: what stands between a person and the tools. Writes nothing.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;

use super::{ExitCode, Failure};
use crate::cloud::{Endpoint, SecretSource};
use crate::doctor::{Order, Outcome, Trust, examine};
use crate::report::diagnosis_text;
use crate::session::{folder_of, open_local};
use crate::ui::Ui;

/// Arguments of `construct doctor`.
#[derive(Args, Clone, Debug)]
pub struct DoctorArguments {
    /// Use the local AWS inside this program.
    #[arg(long)]
    pub local: bool,
    /// Log in with the access token in this variable, and not with the client for machines.
    #[arg(long, value_name = "VARIABLE")]
    pub token_env: Option<String>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// The manifest.
    #[arg(from_global)]
    pub manifest: PathBuf,
}

/// Runs the command. Ends in exit code 4 when something is wrong, 8 when it is the credentials.
///
/// # Errors
/// What is wrong with the manifest; a local AWS that another command holds.
pub async fn run(arguments: &DoctorArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let endpoint = if arguments.local {
        open_local(&folder_of(&arguments.manifest)).await?
    } else {
        Endpoint::Aws
    };
    run_on(endpoint, arguments, ui).await
}

/// The same on an account that is reached already.
///
/// # Errors
/// As [`run`].
pub async fn run_on(
    endpoint: Endpoint,
    arguments: &DoctorArguments,
    ui: &Ui,
) -> Result<ExitCode, Failure> {
    let token = arguments.token_env.as_deref().map(|name| token(name, ui)).transpose()?;
    let trust = Trust::of_this_machine();
    let order = Order { manifest: &arguments.manifest, endpoint, token, trust };
    let diagnosis = Box::pin(examine(&order, ui)).await?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&diagnosis);
        ui.out(&text.expect("a diagnosis is plain data that serialises"));
    } else {
        ui.out(&diagnosis_text(&diagnosis, ui.paint_out()));
    }
    Ok(if diagnosis.lacks_credentials {
        ExitCode::Credentials
    } else if diagnosis.count(Outcome::Wrong) > 0 {
        ExitCode::ChangesFound
    } else {
        ExitCode::Done
    })
}

fn token(name: &str, source: &dyn SecretSource) -> Result<SecretString, Failure> {
    let value = source.variable(name).filter(|value| !value.trim().is_empty());
    value.map(|value| SecretString::from(value.trim())).ok_or_else(|| {
        Failure::usage(format!("the variable {name} holds no token"))
            .hint("set it to an access token of the stack's pool, or leave --token-env out")
    })
}
