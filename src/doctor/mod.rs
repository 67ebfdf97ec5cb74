//! What stands between a person and the tools of a stack, looked at from the credentials to the list of tools.
//!
//! Each check is a module that gives [`Finding`]s: what it is, why it matters, what to do. They do not stop each other; a
//! check that needs what another could not find out says that it was not tried. Nothing is written, in the account or on
//! disk, and no call changes anything: a login on the local AWS happens on a copy of it.

mod callbacks;
mod certificate;
mod clock;
mod connection;
mod finding;
mod front_door;
mod functions;
mod identity;
mod keys;
mod login;
mod permissions;
mod planes;
mod proof;
mod quotas;
mod region;
mod stack;

use std::path::Path;

use construct_engine::{Class, StepError};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;

pub use connection::Trust;
pub use finding::{Checked, Finding, Hop, Outcome};

use crate::blueprint::blueprint;
use crate::cli::Failure;
use crate::cloud::{
    ConnectError, Endpoint, SecretSource, Secrets, connect, look_up_region, sdk_config,
};
use crate::manifest::Manifest;
use crate::outputs::config::Config;
use crate::policy::deployer::deployer_policy;
use crate::prepare::{Prepared, prepare};
use crate::report::Place;
use crate::session::{Session, folder_of};
use crate::steps::registry;
use identity::{Caller, Identity};
use login::Login;
use planes::Planes;

/// What is to be looked at.
pub struct Order<'a> {
    /// The manifest.
    pub manifest: &'a Path,
    /// Where its stack is.
    pub endpoint: Endpoint,
    /// A token to log in with, if one was given.
    pub token: Option<SecretString>,
    /// Whose certificates are trusted.
    pub trust: Trust,
}

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    /// The stack's name.
    pub stack: String,
    /// The AWS Region.
    pub region: String,
    /// The account; none where nobody could tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where the stack is.
    #[serde(skip)]
    pub place: Option<Place>,
    /// Whether credentials are missing, expired or wrong.
    #[serde(skip)]
    pub lacks_credentials: bool,
    /// The checks, in order.
    pub checks: Vec<Checked>,
}

impl Diagnosis {
    /// How many findings ended like this.
    pub fn count(&self, outcome: Outcome) -> usize {
        let findings = self.checks.iter().flat_map(|checked| &checked.findings);
        findings.filter(|finding| finding.outcome == outcome).count()
    }
}

/// Looks at everything.
///
/// # Errors
/// What is wrong with the manifest: without it there is nothing to look for.
pub async fn examine(order: &Order<'_>, source: &dyn SecretSource) -> Result<Diagnosis, Failure> {
    let prepared = prepared(order.manifest, source).await?;
    let (name, region) =
        (prepared.manifest.stack.name.clone(), prepared.manifest.stack.region.clone());
    let is_local = !matches!(order.endpoint, Endpoint::Aws);
    let elsewhere = if is_local { None } else { look_up_region(None).await };
    let identity = identity::ask(&sdk_config(&order.endpoint, &region).await).await;
    let account = identity.caller.as_ref().ok().map(|caller| caller.account.clone());
    let place = if is_local { Some(Place::Local) } else { account.clone().map(Place::Account) };
    let mut diagnosis = Diagnosis {
        stack: name.clone(),
        region: region.clone(),
        account,
        place,
        lacks_credentials: matches!(&identity.caller, Err(error) if error.class == Class::Credentials),
        checks: vec![
            identity::check(&identity, is_local),
            region::check(&region, elsewhere.as_deref()),
        ],
    };
    let manifest = prepared.manifest.clone();
    let session = session(order, prepared, &identity).await;
    let config = match (&session, &identity.caller) {
        (Ok(session), Ok(caller)) => {
            in_account(order, session, (caller, &identity), &mut diagnosis.checks).await?
        }
        (Err(error), _) | (_, Err(error)) => {
            let at = (name.as_str(), region.as_str());
            let (checked, config) = stack::written_down(order.manifest, at, is_local);
            diagnosis.checks.extend(out_of_reach(&identity, checked, error));
            config
        }
    };
    let cloud = session.as_ref().ok().map(|session| &session.cloud);
    let reach = Reach { order, manifest: &manifest, cloud };
    diagnosis.checks.extend(reach.check(config.as_ref()).await);
    Ok(diagnosis)
}

/// The manifest with what it names. Secrets are not needed and have stand-ins, as where a graph is only printed.
async fn prepared(path: &Path, source: &dyn SecretSource) -> Result<Prepared, Failure> {
    let draft = Manifest::draft(path)?;
    let memory = folder_of(path).join(".construct");
    Ok(prepare(draft, true, &memory, &Secrets::new(true), source).await?)
}

/// The stack in its account.
async fn session(
    order: &Order<'_>,
    prepared: Prepared,
    identity: &Identity,
) -> Result<Session, StepError> {
    if let Err(error) = &identity.caller {
        return Err(error.clone());
    }
    let stack = &prepared.manifest.stack;
    let connected = connect(&order.endpoint, &stack.name, &stack.region, Secrets::new(true)).await;
    let cloud = connected.map_err(|ConnectError::Account(error)| error)?;
    let graph = blueprint(&prepared, &cloud.naming)
        .map_err(|problems| StepError::new(Class::Invalid, Failure::from(problems).message))?;
    let place =
        if cloud.local { Place::Local } else { Place::Account(cloud.naming.account.clone()) };
    let (base, endpoint) = (folder_of(order.manifest), order.endpoint.clone());
    let (registry, prepared) = (registry(), Some(prepared));
    Ok(Session { base, endpoint, cloud, graph, registry, prepared, place })
}

/// The checks that ask the account, and what of the stack is there.
async fn in_account(
    order: &Order<'_>,
    session: &Session,
    (caller, identity): (&Caller, &Identity),
    checks: &mut Vec<Checked>,
) -> Result<Option<Config>, Failure> {
    let (cloud, now) = (&session.cloud, Timestamp::now());
    let policy = deployer_policy(&session.graph, &cloud.naming)
        .map_err(|error| Failure::bug(error.to_string()))?;
    let (permissions, (stack, config)) =
        tokio::join!(permissions::check(cloud, caller, &policy), Box::pin(stack::check(session)),);
    let (quotas, functions) = tokio::join!(
        quotas::check(cloud, config.as_ref()),
        functions::check(cloud, &session.graph),
    );
    checks.extend([permissions, quotas, clock::check(identity.times), stack]);
    let manifest = session.prepared.as_ref().map(|prepared| &prepared.manifest);
    if let Some((config, manifest)) = config.as_ref().zip(manifest) {
        checks.push(callbacks::check(cloud, manifest, config, &order.trust).await);
        checks.push(functions);
        checks.push(keys::check(cloud, config, now).await);
    } else {
        let why = "what of the stack is there is not known";
        checks.extend(["callbacks", "functions", "keys"].map(|check| untried(check, why)));
    }
    Ok(config)
}

/// The same checks where the account cannot be asked.
fn out_of_reach(identity: &Identity, stack: Checked, error: &StepError) -> Vec<Checked> {
    let why = format!("the account cannot be asked: {}", error.message);
    let mut checks: Vec<Checked> =
        ["permissions", "quotas"].map(|check| untried(check, &why)).into();
    checks.extend([clock::check(identity.times), stack]);
    checks.extend(["callbacks", "functions", "keys"].map(|check| untried(check, &why)));
    checks
}

fn untried(check: &'static str, why: &str) -> Checked {
    let todo = "mend what the checks before this one found, then run again";
    Checked::new(check, vec![Finding::not_tried(check, why, todo)])
}

/// The way to the tools, from here.
struct Reach<'a> {
    order: &'a Order<'a>,
    manifest: &'a Manifest,
    cloud: Option<&'a crate::cloud::Cloud>,
}

impl Reach<'_> {
    /// Reaches each gateway's address and logs in there.
    async fn check(&self, config: Option<&Config>) -> [Checked; 2] {
        let Some(config) = config else {
            let why = "no address is known";
            return [untried("front", why), untried("login", why)];
        };
        let planes = match &self.order.endpoint {
            Endpoint::Local(aws) => Some(Planes::serve(aws).await),
            Endpoint::Aws | Endpoint::Served(_) => None,
        };
        if let Some(Err(why)) = &planes {
            let finding = Finding::wrong(
                format!("the local AWS cannot be served: {why}"),
                "clients find nobody at its addresses",
                "end what listens there, or run `construct local` and then this command again",
            );
            let front = Checked::new("front", vec![finding]);
            return [front, untried("login", "the local AWS is not served")];
        }
        let planes = planes.and_then(Result::ok);
        let (mut front, mut login) =
            (Checked::new("front", Vec::new()), Checked::new("login", Vec::new()));
        for (name, gateway) in self.manifest.all_gateways() {
            let Some(reached) = config.reached(name) else {
                front.findings.push(
                    Finding::wrong(
                        "the gateway has no address yet",
                        "clients have nowhere to go",
                        "run `construct up`",
                    )
                    .of(name.unwrap_or_default()),
                );
                continue;
            };
            let login_there = Login {
                gateway: name,
                mcp_url: &reached.mcp_url,
                front_url: reached.front_url.as_deref(),
                has_targets: self.manifest.targets_of(name).next().is_some(),
            };
            let means = proof::Means {
                token: self.order.token.as_ref(),
                cloud: self.cloud,
                config,
                planes: planes.as_ref(),
                trust: &self.order.trust,
            };
            self.one(&login_there, gateway.inbound, &means, (&mut front, &mut login)).await;
        }
        if let Some(planes) = planes {
            planes.end().await;
        }
        [front, login]
    }

    /// Reaches one gateway's address and logs in there.
    async fn one(
        &self,
        login: &Login<'_>,
        inbound: crate::manifest::Inbound,
        means: &proof::Means<'_>,
        (front, logins): (&mut Checked, &mut Checked),
    ) {
        let label = login.gateway.unwrap_or_default();
        let (finding, opened) =
            front_door::check(login.mcp_url, &self.order.trust, Timestamp::now()).await;
        front.findings.push(finding.of(label));
        let Some((mut connection, way)) = opened else {
            let why = "the address is not reached";
            let todo = "mend that first";
            logins.findings.push(Finding::not_tried("the login", why, todo).of(label));
            return;
        };
        logins.hops.extend(login.way(&way));
        let (findings, hops) = login.metadata(&mut connection).await;
        logins.hops.extend(hops);
        logins.findings.extend(findings.into_iter().map(|finding| finding.of(label)));
        let begun = tokio::time::Instant::now();
        let proof = match proof::of(inbound, means).await {
            Ok(proof) => proof,
            Err(finding) => return logins.findings.push(finding.of(label)),
        };
        logins.hops.push(Hop::new("token", login.gateway, begun.elapsed()));
        let (findings, hops) = login.talk(connection, &proof).await;
        logins.hops.extend(hops);
        logins.findings.extend(findings.into_iter().map(|finding| finding.of(label)));
    }
}
