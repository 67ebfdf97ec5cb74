//! One command's work on one stack: the manifest, the connection, the memory beside the manifest, and the view of what is
//! there. Commands differ only in what they do with the plan.

mod memory;
mod reach;
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use construct_engine::{
    Address, EventSink, Graph, LockHolder, MachineLock, Observed, Plan, Registry, Run, State,
    StepError, Stop, hexadecimal, observe, plan,
};

use crate::blueprint::blueprint;
use crate::cli::Failure;
use crate::cloud::{Cloud, Endpoint, SecretSource, Secrets};
use crate::manifest::{Manifest, Stack};
use crate::prepare::{Prepared, prepare};
use crate::report::Place;
use crate::steps::cognito_user_pool::look_at_existing;
use crate::steps::{provider_quota, registry};
use crate::ui::Ui;
use reach::ensure_local_bucket;

pub use memory::{folder_of, memory_of, remembered, repair_text};
pub(crate) use reach::Reach;
pub use reach::open_local;
pub use tables::Tables;

/// How many objects are worked on at once, unless told otherwise.
pub const PARALLELISM: usize = 10;

/// A stack that a command works on.
pub struct Session {
    /// The folder of the manifest: everything that is written goes below it.
    pub base: PathBuf,
    /// How the account is reached.
    pub endpoint: Endpoint,
    /// The account, as the steps see it.
    pub cloud: Cloud,
    /// What is wanted.
    pub graph: Graph<Cloud>,
    /// Every kind.
    pub registry: Registry<Cloud>,
    /// The manifest with all that it names; none when only the stack's name counts.
    pub prepared: Option<Prepared>,
    /// Where the stack lives, for people.
    pub place: Place,
}

/// What was seen, and what follows from it.
pub struct View {
    /// What was seen.
    pub observed: Observed,
    /// What follows.
    pub plan: Plan,
}

impl Session {
    /// Reads the manifest with all that it names, connects, and lays the graph out.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest; credentials or an endpoint that do not serve.
    pub async fn open(
        path: &Path,
        local: bool,
        source: &dyn SecretSource,
    ) -> Result<Self, Failure> {
        Self::prepared(path, &Reach::of(local), source, None).await
    }

    /// The same on an account that is reached already.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub async fn on(
        endpoint: Endpoint,
        path: &Path,
        source: &dyn SecretSource,
    ) -> Result<Self, Failure> {
        Self::prepared(path, &Reach::Endpoint(endpoint), source, None).await
    }

    /// The same for `construct sync` of `targets`, of all where it names none: no secret is read, and the gateway shall ask
    /// MCP servers for their tools again.
    ///
    /// # Errors
    /// As [`Session::open`]; a target that the manifest does not have.
    pub async fn open_to_sync(
        path: &Path,
        local: bool,
        source: &dyn SecretSource,
        targets: &[String],
    ) -> Result<Self, Failure> {
        Self::prepared(path, &Reach::of(local), source, Some(targets)).await
    }

    /// The same on an account that is reached already.
    ///
    /// # Errors
    /// As [`Session::open_to_sync`].
    pub async fn on_to_sync(
        endpoint: Endpoint,
        path: &Path,
        source: &dyn SecretSource,
        targets: &[String],
    ) -> Result<Self, Failure> {
        Self::prepared(path, &Reach::Endpoint(endpoint), source, Some(targets)).await
    }

    async fn prepared(
        path: &Path,
        reach: &Reach,
        source: &dyn SecretSource,
        synced: Option<&[String]>,
    ) -> Result<Self, Failure> {
        let draft = Manifest::draft(path)?;
        let base = folder_of(path);
        let local = reach.is_local();
        // The local AWS takes placeholders, so that nothing is missed there.
        let secrets =
            if synced.is_some() && !local { Secrets::unread() } else { Secrets::new(local) };
        let memory = base.join(".construct");
        let mut prepared =
            prepare(draft, local, &memory, &secrets, source).await.map_err(Failure::from)?;
        if let Some(targets) = synced {
            prepared.read_again = chosen(&prepared.manifest, targets)?;
        }
        let stack = &prepared.manifest.stack;
        let endpoint = reach.endpoint(&base).await?;
        let (cloud, place) =
            reach.connect(&endpoint, (&stack.name, &stack.region), secrets).await?;
        if let Some(existing) = &prepared.manifest.cognito.existing {
            look_at_existing(&cloud, existing).await.map_err(Failure::from)?;
        }
        if let Some(bucket) = &prepared.manifest.stack.bucket {
            ensure_local_bucket(&endpoint, &cloud, bucket).await?;
        }
        let graph = blueprint(&prepared, &cloud.naming)?;
        let registry = registry();
        Ok(Self { base, endpoint, cloud, graph, registry, prepared: Some(prepared), place })
    }

    /// Connects for a removal: of the manifest only the stack's name and Region count, so that a stack can be removed
    /// whatever became of its specs and secrets.
    ///
    /// # Errors
    /// As [`Session::open`], for these two.
    pub async fn open_to_remove(path: &Path, local: bool) -> Result<Self, Failure> {
        Self::stripped(path, &Reach::of(local)).await
    }

    /// The same on an account that is reached already.
    ///
    /// # Errors
    /// As [`Session::open_to_remove`].
    pub async fn on_to_remove(endpoint: Endpoint, path: &Path) -> Result<Self, Failure> {
        Self::stripped(path, &Reach::Endpoint(endpoint)).await
    }

    /// Says what a person should know before a plan is carried out.
    pub fn tell_warnings(&self, ui: &Ui) {
        for warning in self.prepared.iter().flat_map(|prepared| &prepared.warnings) {
            ui.err(&format!("warning: {warning}"));
        }
    }

    async fn stripped(path: &Path, reach: &Reach) -> Result<Self, Failure> {
        let tables = Tables::read(path, &["stack"])?;
        let base = folder_of(path);
        let endpoint = reach.endpoint(&base).await?;
        let stack = &tables.manifest.stack;
        let known = (stack.name.as_str(), stack.region.as_str());
        let session = Self::without_graph(base, reach, endpoint, known).await?;
        check_protected(stack)?;
        Ok(session)
    }

    /// Connects to a stack of which only the name and the Region are known, for what the account alone can tell. `base` is
    /// the folder of its memory.
    ///
    /// # Errors
    /// Credentials or an endpoint that do not serve.
    pub async fn open_known(
        base: &Path,
        local: bool,
        known: (&str, &str),
    ) -> Result<Self, Failure> {
        let reach = Reach::of(local);
        let endpoint = reach.endpoint(base).await?;
        Self::without_graph(base.to_owned(), &reach, endpoint, known).await
    }

    /// The same on an account that is reached already.
    ///
    /// # Errors
    /// As [`Session::open_known`].
    pub async fn on_known(
        endpoint: Endpoint,
        base: &Path,
        known: (&str, &str),
    ) -> Result<Self, Failure> {
        let reach = Reach::Endpoint(endpoint.clone());
        Self::without_graph(base.to_owned(), &reach, endpoint, known).await
    }

    async fn without_graph(
        base: PathBuf,
        reach: &Reach,
        endpoint: Endpoint,
        known: (&str, &str),
    ) -> Result<Self, Failure> {
        let secrets = Secrets::new(reach.is_local());
        let (cloud, place) = reach.connect(&endpoint, known, secrets).await?;
        Ok(Self::bare(base, endpoint, cloud, place))
    }

    /// A session on an account that is connected, in which nothing is wanted.
    pub(crate) fn bare(base: PathBuf, endpoint: Endpoint, cloud: Cloud, place: Place) -> Self {
        let (graph, registry) = (Graph::default(), registry());
        Self { base, endpoint, cloud, graph, registry, prepared: None, place }
    }

    /// The account and the Region, for questions whose answer cannot be taken back.
    pub fn whereabouts(&self) -> String {
        format!("{}, {}", self.place, self.cloud.naming.region)
    }

    /// The folder of the stack's memory in this account and Region.
    pub fn memory(&self) -> PathBuf {
        let naming = &self.cloud.naming;
        memory_of(&self.base, [&naming.account, &naming.region, &naming.stack])
    }

    /// The journal.
    pub fn journal_path(&self) -> PathBuf {
        self.memory().join("journal.jsonl")
    }

    /// Takes this machine's lock on the stack.
    ///
    /// # Errors
    /// Exit code 7 with the holder's name.
    pub fn lock_machine(&self, command: &str) -> Result<MachineLock, Failure> {
        let mut run = [0_u8; 8];
        getrandom::fill(&mut run).expect("the operating system gives random bytes");
        let holder = LockHolder {
            run: hexadecimal(&run),
            pid: std::process::id(),
            command: command.to_owned(),
            since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        Ok(MachineLock::take(&self.memory().join("lock"), &holder)?)
    }

    /// Reads what is there and decides. Writes nothing.
    ///
    /// # Errors
    /// The first look that failed; a plan that the account has no room for.
    pub async fn look(
        &self,
        state: &State,
        adopt: &BTreeSet<Address>,
        parallelism: usize,
        events: EventSink<'_>,
    ) -> Result<View, Failure> {
        self.cloud.lists.look_afresh();
        let stop = Stop::default();
        let run = self.run(events, &stop, parallelism, &|| Ok(()));
        let observed = observe(&run, &self.graph, &self.registry, state).await?;
        let mut plan = plan(&run, &self.graph, &self.registry, &observed, adopt).await?;
        provider_quota::check(&self.cloud, &plan).await.map_err(Failure::from)?;
        plan.settled = state.in_doubt().map(|(address, _)| address.clone()).collect();
        Ok(View { observed, plan })
    }

    /// What all work of one run shares.
    pub fn run<'a>(
        &'a self,
        events: EventSink<'a>,
        stop: &'a Stop,
        parallelism: usize,
        still_holds: &'a (dyn Fn() -> Result<(), StepError> + Send + Sync),
    ) -> Run<'a, Cloud> {
        Run {
            cloud: &self.cloud,
            stack: &self.cloud.naming.stack,
            events,
            stop,
            parallelism,
            still_holds,
        }
    }
}

/// The targets that are named, or all.
fn chosen(manifest: &Manifest, names: &[String]) -> Result<BTreeSet<String>, Failure> {
    if let Some(unknown) = names.iter().find(|name| !manifest.targets.contains_key(*name)) {
        let known: Vec<&str> = manifest.targets.keys().map(String::as_str).collect();
        return Err(Failure::usage(format!("the manifest has no target called {unknown}"))
            .hint(format!("it has: {}", known.join(", "))));
    }
    if names.is_empty() {
        return Ok(manifest.targets.keys().cloned().collect());
    }
    Ok(names.iter().cloned().collect())
}

/// Refuses to remove a stack whose manifest protects it.
///
/// # Errors
/// Exit code 2 with the stack's name.
pub(crate) fn check_protected(stack: &Stack) -> Result<(), Failure> {
    if !stack.protect {
        return Ok(());
    }
    let message = format!("the stack {} is protected", stack.name);
    Err(Failure::usage(message).hint("remove `protect = true` from [stack] first"))
}
