//! One command's work on one stack: the manifest, the connection, the memory beside the manifest, and the view of what is
//! there. Commands differ only in what they do with the plan.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use construct_engine::{
    Address, EventSink, Graph, Journal, LockHolder, MachineLock, Observed, Plan, Registry, Repair,
    Run, State, StepError, Stop, hexadecimal, observe, plan,
};
use construct_local::{LocalAws, OpenError, Opened, Options};

use crate::blueprint::blueprint;
use crate::cli::{ExitCode, Failure};
use crate::cloud::{Cloud, Endpoint, SecretSource, Secrets, classify, connect};
use crate::manifest::{Manifest, Stack};
use crate::prepare::{Prepared, prepare};
use crate::report::Place;
use crate::steps::cognito_user_pool::look_at_existing;
use crate::steps::{provider_quota, registry};
use crate::ui::Ui;

/// How many objects are worked on at once, unless told otherwise.
pub const PARALLELISM: usize = 10;

/// How long another local command may take before this one gives up on the local AWS's state.
const LOCAL_PATIENCE: Duration = Duration::from_secs(20);

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

/// Some tables of a manifest, for commands that need no more: whatever is wrong with the others, they go on.
pub struct Tables {
    /// The manifest, of which only these tables are sound.
    pub manifest: Manifest,
    base: PathBuf,
}

impl Tables {
    /// Reads the manifest at `path` for the sake of `names`.
    ///
    /// # Errors
    /// What is wrong with the file as a whole, or with one of these tables: then everything that is wrong.
    pub fn read(path: &Path, names: &[&str]) -> Result<Self, Failure> {
        let draft = Manifest::draft(path)?;
        let table = |key: &str| key.split('.').next().unwrap_or_default().to_owned();
        let wrong = |key: &str| key.is_empty() || names.contains(&table(key).as_str());
        if draft.problems.iter().any(|problem| wrong(&problem.path)) {
            return Err(Failure::from(draft.problems));
        }
        Ok(Self { manifest: draft.manifest, base: folder_of(path) })
    }

    /// Connects to the account of the environment, or to the local AWS.
    ///
    /// # Errors
    /// Credentials or an endpoint that do not serve.
    pub async fn connect(&self, local: bool) -> Result<(Cloud, Place), Failure> {
        self.reach(&Reach::of(local)).await
    }

    /// Connects to an account that is reached already.
    ///
    /// # Errors
    /// As [`Tables::connect`].
    pub async fn connect_to(&self, endpoint: Endpoint) -> Result<(Cloud, Place), Failure> {
        self.reach(&Reach::Endpoint(endpoint)).await
    }

    async fn reach(&self, reach: &Reach) -> Result<(Cloud, Place), Failure> {
        let (stack, secrets) = (&self.manifest.stack, Secrets::new(reach.is_local()));
        let endpoint = reach.endpoint(&self.base).await?;
        reach.connect(&endpoint, (&stack.name, &stack.region), secrets).await
    }
}

/// What to tell of a torn last line of the journal.
pub fn repair_text(repair: &Repair, path: &Path) -> String {
    let what = if repair.cut { "was cut off" } else { "is left out" };
    format!(
        "The last line ({}) of {} was written half and {what}; what it spoke of is settled by looking.",
        repair.line,
        path.display()
    )
}

/// The memory of a stack for commands that write nothing.
///
/// # Errors
/// A damaged journal, with the line.
pub fn remembered(session: &Session) -> Result<(Journal, Option<Repair>), Failure> {
    let opened = Journal::read(&session.journal_path())?;
    Ok((opened.journal, opened.repair))
}

/// The folder of a stack's memory: below that of the manifest, by account, Region and name.
pub fn memory_of(base: &Path, stack: [&str; 3]) -> PathBuf {
    base.join(".construct").join(stack.iter().collect::<PathBuf>())
}

/// The folder that a manifest lies in.
pub fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
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

/// How a session gets to its account.
pub(crate) enum Reach {
    /// The AWS of the environment.
    Aws,
    /// The local AWS beside the manifest.
    Beside,
    /// One that is open already.
    Endpoint(Endpoint),
}

impl Reach {
    pub(crate) const fn of(local: bool) -> Self {
        if local { Self::Beside } else { Self::Aws }
    }

    pub(crate) fn is_local(&self) -> bool {
        !matches!(self, Self::Aws | Self::Endpoint(Endpoint::Aws))
    }

    pub(crate) async fn endpoint(&self, base: &Path) -> Result<Endpoint, Failure> {
        Ok(match self {
            Self::Aws => Endpoint::Aws,
            Self::Beside => open_local(base).await?,
            Self::Endpoint(endpoint) => endpoint.clone(),
        })
    }

    pub(crate) async fn connect(
        &self,
        endpoint: &Endpoint,
        (stack, region): (&str, &str),
        secrets: Secrets,
    ) -> Result<(Cloud, Place), Failure> {
        let cloud = connect(endpoint, stack, region, secrets).await?;
        let place = if self.is_local() {
            Place::Local
        } else {
            Place::Account(cloud.naming.account.clone())
        };
        Ok((cloud, place))
    }
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

/// Makes the bucket of `[stack]` on the local AWS, where nobody else would have made it.
async fn ensure_local_bucket(
    endpoint: &Endpoint,
    cloud: &Cloud,
    bucket: &str,
) -> Result<(), Failure> {
    use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
    let region = &cloud.naming.region;
    match endpoint {
        Endpoint::Aws => return Ok(()),
        Endpoint::Local(aws) => {
            let made = aws.ensure_bucket(region, bucket);
            return made.map(drop).map_err(|fault| {
                Failure::new(
                    ExitCode::ApplyIncomplete,
                    format!("the bucket {bucket}: {}", fault.message),
                )
            });
        }
        Endpoint::Served(_) => {}
    }
    if cloud.s3.head_bucket().bucket(bucket).send().await.is_ok() {
        return Ok(());
    }
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::from(region.as_str()))
        .build();
    let call = cloud.s3.create_bucket().bucket(bucket);
    let call = call.set_create_bucket_configuration((region != "us-east-1").then_some(place));
    let made = call.send().await.map_err(|error| classify("CreateBucket", error));
    made.map(drop).map_err(Failure::from)
}

/// Opens the local AWS beside the manifest, or finds who serves it. Another command that holds it is waited for.
///
/// # Errors
/// Exit code 7 when it stays held; else what is wrong with its folder.
pub async fn open_local(base: &Path) -> Result<Endpoint, Failure> {
    let folder = base.join(".local-aws");
    let deadline = tokio::time::Instant::now() + LOCAL_PATIENCE;
    loop {
        match LocalAws::open(&folder, Options::default()) {
            Ok(Opened::Owner(aws)) => return Ok(Endpoint::Local(aws)),
            Ok(Opened::Served { address }) => return Ok(Endpoint::Served(address)),
            Err(error @ OpenError::Busy { .. }) if tokio::time::Instant::now() >= deadline => {
                return Err(Failure::new(ExitCode::Locked, error.to_string()).hint(
                    "another construct works on the local AWS: wait for it, then run again",
                ));
            }
            Err(OpenError::Busy { .. }) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(error) => {
                let hint = match error {
                    OpenError::Damaged { .. } | OpenError::Version { .. } => {
                        "move the folder .local-aws away to begin with an empty local AWS"
                    }
                    OpenError::Io { .. } | OpenError::Busy { .. } => {
                        "check that the disk has room and that the folder .local-aws is yours to write"
                    }
                };
                return Err(Failure::of(ExitCode::ApplyIncomplete, &error).hint(hint));
            }
        }
    }
}
