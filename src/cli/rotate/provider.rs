//! `construct rotate provider NAME`: another secret for the same provider. Its callback URL and all consents stay.

use std::path::Path;

use construct_engine::{Change, Graph, Verb};
use secrecy::ExposeSecret;

use super::Rotation;
use crate::blueprint;
use crate::cli::{ExitCode, Failure};
use crate::cloud::{Cloud, Secrets};
use crate::manifest::{Manifest, Provider, SecretReference, TextOr, nearest, rules};
use crate::session::View;
use crate::steps::oauth2_provider;
use crate::steps::provider_secret::{API_KEY, CLIENT_SECRET};

/// Refuses what has no secret of this stack's, before anything is asked of anybody.
///
/// # Errors
/// Why there is nothing to replace, with what to do instead.
pub(super) fn check(manifest: &Manifest, name: &str) -> Result<(), Failure> {
    let provider = manifest.providers.get(name).ok_or_else(|| unknown(manifest, name))?;
    match (provider, provider.secret()) {
        (Provider::Existing(arn), _) => {
            Err(Failure::usage(format!("the provider {name} is linked: {arn} is not this stack's"))
                .hint("rotate it where it was made; the stacks that link it need nothing"))
        }
        (_, None) => Err(Failure::usage(format!("the provider {name} has no secret"))
            .hint("it proves itself without one: there is nothing to replace")),
        (_, Some((_, SecretReference::Secret(key)))) => Err(Failure::usage(format!(
            "the secret of {name} is yours to rotate: it is {key} in your Secrets Manager"
        ))
        .hint(format!(
            "put the new value there, such as with `aws secretsmanager put-secret-value --secret-id {}`; AgentCore reads it from there, and nothing is to be done here",
            key.secret_id
        ))),
        (_, Some(_)) => Ok(()),
    }
}

fn unknown(manifest: &Manifest, name: &str) -> Failure {
    let known: Vec<&str> = manifest.providers.keys().map(String::as_str).collect();
    let failure = Failure::usage(format!("the manifest has no provider called {name}"));
    match nearest(name, &known) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None if known.is_empty() => failure.hint("it has no providers"),
        None => failure.hint(format!("it has: {}", known.join(", "))),
    }
}

/// The provider, with the new secret in the session's memory.
///
/// # Errors
/// A secret that cannot be had, or that no provider can have.
pub(super) async fn graph(rotation: &Rotation<'_>, name: &str) -> Result<Graph<Cloud>, Failure> {
    let (manifest, cloud) = (rotation.manifest, &rotation.session.cloud);
    let provider = &manifest.providers[name];
    read_secret(rotation, name, provider)?;
    let client_id = client_id(rotation, name, provider).await?;
    Ok(blueprint::provider_alone(manifest, &cloud.naming, name, client_id))
}

/// What a person reads when it is done.
pub(super) fn ending(manifest: &Manifest, name: &str) -> String {
    let is_key = manifest.providers[name].is_api_key();
    let stays = if is_key { "" } else { " Its callback URL and all consents stay." };
    format!("The provider {name} has its new secret.{stays}")
}

/// Reads the new secret from where the manifest says. No placeholder takes its place: whoever rotates has one.
fn read_secret(rotation: &Rotation<'_>, name: &str, provider: &Provider) -> Result<(), Failure> {
    let Some((key, reference)) = provider.secret() else { return Ok(()) };
    let hint =
        format!("it is the {key} of [providers.{name}]: put the new one there, and run again");
    let secrets = Secrets::new(false);
    let base = rotation.manifest.resolve(Path::new(""));
    let loaded = match reference {
        SecretReference::Prompt(prompt) => {
            secrets.ask(reference, prompt.question(), rotation.source)
        }
        other => secrets.load(other, &base, rotation.source).map(drop),
    };
    loaded.map_err(|error| Failure::of(ExitCode::Usage, &error).hint(&hint))?;
    let secret = secrets.get(reference).unwrap_or_default();
    let size = if provider.is_api_key() { &rules::API_KEY } else { &rules::CLIENT_SECRET };
    match secret.expose_secret().chars().count() {
        0 => Err(Failure::usage(format!("the {reference} gave an empty secret")).hint(hint)),
        length if length > size.maximum => Err(Failure::usage(format!(
            "the {reference} has {length} characters, and the service keeps at most {}",
            size.maximum
        ))
        .hint(hint)),
        _ => {
            rotation.session.cloud.secrets.put(reference, secret);
            Ok(())
        }
    }
}

/// The client id that goes with the secret: the manifest's, where it can be had without asking, else the provider's own.
async fn client_id(
    rotation: &Rotation<'_>,
    name: &str,
    provider: &Provider,
) -> Result<Option<String>, Failure> {
    let Provider::OAuth2(client) = provider else { return Ok(None) };
    let reference = match &client.client_id {
        None => return Ok(None),
        Some(TextOr::Text(text)) => return Ok(Some(text.clone())),
        Some(TextOr::Table(reference)) => reference,
    };
    let secrets = Secrets::new(false);
    let base = rotation.manifest.resolve(Path::new(""));
    // One that is not set here is no failure: the provider has one.
    let read = secrets.load(reference, &base, rotation.source).ok();
    let known = read.and_then(|_| secrets.get(reference));
    if let Some(id) = known {
        return Ok(Some(id.expose_secret().to_owned()));
    }
    let cloud = &rotation.session.cloud;
    Ok(oauth2_provider::client_id(cloud, &blueprint::provider_name(&cloud.naming, name)).await?)
}

/// Whether the plan replaces the secret and does nothing else.
///
/// # Errors
/// A provider that is not there, is another stack's, or differs in more; a secret that it has already.
pub(super) fn decide(rotation: &Rotation<'_>, view: &View, name: &str) -> Result<(), Failure> {
    let stack = &rotation.session.cloud.naming.stack;
    let source = rotation.manifest.providers[name].secret();
    let source = source.map_or_else(String::new, |(_, reference)| reference.to_string());
    let action = view.plan.actions.first().ok_or_else(|| Failure::bug("a plan of nothing"))?;
    let is_other = |change: &&Change| {
        ![CLIENT_SECRET, API_KEY].contains(&&*change.field) && !change.field.starts_with("tag ")
    };
    match action.verb {
        Verb::Update if !action.changes.iter().any(|change| is_other(&change)) => Ok(()),
        Verb::Create => {
            Err(Failure::usage(format!("the stack {stack} has no provider {name} yet"))
                .hint("run `construct up` first, with --local if that is where the stack is"))
        }
        Verb::Foreign => Err(Failure::new(ExitCode::ApplyIncomplete, action.reason.clone())),
        Verb::Same => {
            Err(Failure::usage(format!("the {source} holds the secret that {name} has already"))
                .hint("make a new secret at the vendor and put it there, then run again"))
        }
        _ => {
            let failure =
                Failure::usage(format!("the manifest changes more of {name} than its secret"))
                    .hint("`construct up` does that, and replaces the secret with it");
            let others = action.changes.iter().filter(is_other);
            Err(others.fold(failure, |failure, change| failure.detail(&change.field)))
        }
    }
}
