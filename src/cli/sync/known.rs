//! A stack without its manifest: its name and Region from `config.json` or the command line, its targets from the account.

use std::collections::BTreeSet;

use construct_engine::{Address, Graph, Registry, State, Step, Stop, observe};

use super::SyncArguments;
use crate::cli::Failure;
use crate::cloud::{Cloud, Endpoint, Naming};
use crate::outputs::config::{Config, Endpoint as Place};
use crate::session::{PARALLELISM, Session, folder_of};
use crate::steps::gateway::Gateway;
use crate::steps::gateway_target::{GatewayTarget, KnownTarget, Outputs};

/// A stack's name, Region and, where it is known, account.
struct Known {
    stack: String,
    region: String,
    account: Option<String>,
}

/// Whether the manifest is left out, or not there.
pub(super) fn is_without_manifest(arguments: &SyncArguments) -> bool {
    arguments.stack.is_some() || !arguments.manifest.exists()
}

/// Connects, and finds the targets. `endpoint` is an account that is reached already.
///
/// # Errors
/// A stack that nobody names; credentials of another account; a target that is not there.
pub(super) async fn open(
    arguments: &SyncArguments,
    endpoint: Option<Endpoint>,
) -> Result<Session, Failure> {
    let known = known(arguments)?;
    let (base, names) = (folder_of(&arguments.manifest), (&*known.stack, &*known.region));
    let mut session = match endpoint {
        Some(endpoint) => Session::on_known(endpoint, &base, names).await?,
        None => Session::open_known(&base, arguments.local, names).await?,
    };
    let account = &session.cloud.naming.account;
    if let Some(other) = known.account.filter(|other| other != account) {
        return Err(Failure::usage(format!(
            "config.json is of the account {other}, and these credentials are of {account}"
        ))
        .hint("choose another profile with AWS_PROFILE, or name the stack with --stack"));
    }
    session.graph = graph(&session, &arguments.targets).await?;
    Ok(session)
}

fn known(arguments: &SyncArguments) -> Result<Known, Failure> {
    if let (Some(stack), Some(region)) = (&arguments.stack, &arguments.region) {
        return Ok(Known { stack: stack.clone(), region: region.clone(), account: None });
    }
    let config = Config::beside(&arguments.manifest).ok_or_else(|| {
        let missing = arguments.manifest.display();
        Failure::usage(format!("there is neither {missing} nor a config.json beside it"))
            .hint("name the stack: `construct sync --stack NAME --region REGION`")
    })?;
    if arguments.local != matches!(config.endpoint, Place::Local) {
        let hint = if arguments.local { "leave --local out" } else { "add --local" };
        return Err(Failure::usage("config.json is of a stack somewhere else").hint(hint));
    }
    Ok(Known { stack: config.stack, region: config.region, account: Some(config.account) })
}

/// A graph of the stack's targets that are there, or of those that are named.
async fn graph(session: &Session, names: &[String]) -> Result<Graph<Cloud>, Failure> {
    let kinds = Registry::default().with(Gateway, &[]).with(GatewayTarget, &["agentcore.gateway"]);
    let stop = Stop::default();
    let run = session.run(&|_| {}, &stop, PARALLELISM, &|| Ok(()));
    let found = observe(&run, &Graph::default(), &kinds, &State::default()).await?;
    if found.strays.is_empty() {
        // A misspelled name must not pass for a stack that is up to date.
        let Naming { stack, region, .. } = &session.cloud.naming;
        return Err(Failure::usage(format!("no gateway in {region} is of a stack called {stack}"))
            .hint("check --stack and --region, or the config.json that they were taken from"));
    }
    let targets =
        found.strays.into_iter().filter(|stray| stray.kind == <GatewayTarget as Step<Cloud>>::KIND);
    let mut graph = Graph::default();
    let mut there = BTreeSet::new();
    for target in targets {
        let Ok(outputs) = serde_json::from_value::<Outputs>(target.outputs) else { continue };
        let asked = names.is_empty() || names.contains(&outputs.name);
        if there.insert(outputs.name.clone()) && asked {
            add(&mut graph, target.address, outputs);
        }
    }
    if let Some(missing) = names.iter().find(|name| !there.contains(*name)) {
        let known: Vec<&str> = there.iter().map(String::as_str).collect();
        let stack = &session.cloud.naming.stack;
        return Err(Failure::usage(format!("{stack} has no target called {missing}"))
            .hint(format!("there are: {}", known.join(", "))));
    }
    Ok(graph)
}

fn add(graph: &mut Graph<Cloud>, address: Address, target: Outputs) {
    // Nothing depends on it.
    let _handle = graph.add(KnownTarget, address, target, (), |()| ());
}
