//! A folder with a manifest, an account in memory, and the commands run in this process against it.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::Poll;

use construct::account::Account;
use construct::cli::{
    CleanupArguments, DoctorArguments, ExitCode, Failure, GcArguments, PlanArguments,
    SyncArguments, UpArguments, cleanup, doctor, gc, plan, sync, up,
};
use construct::cloud::{Endpoint, SecretError, SecretSource};
use construct::session::Session;
use construct::ui::Ui;
use construct_engine::{Event, Plan, Verb};
use construct_local::{CallRecord, LocalAws, Options};
use secrecy::SecretString;
use serde_json::Value;
use tempfile::TempDir;

/// The Region of every stack here.
pub(super) const REGION: &str = "us-west-2";

/// The starter manifest, as a person who cloned the repository has it.
pub(super) const STARTER: &str = include_str!("../../construct.toml");

/// A manifest with every part that the starter leaves out, beside small specs of its own.
pub(super) const FULL: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"
tags = { team = "tools" }

[cognito]
m2m = true
first_user = { email = "first@example.com" }

[providers.github]
vendor = "github"
client_id = { env = "GITHUB_CLIENT_ID" }
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.github]
openapi = "specs/small.json"
auth = { provider = "github", grant = "authorization_code", scopes = ["repo"] }

[targets.words]
lambda = { function = "words", tools = "tools.json" }

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[clients]
write = ["vscode"]
"#;

/// A small description that AgentCore takes.
pub(super) const SMALL_SPEC: &str = r#"{
  "openapi": "3.0.3",
  "info": {"title": "Small", "version": "1"},
  "servers": [{"url": "https://api.example.com"}],
  "paths": {"/user": {"get": {
    "operationId": "get_user", "summary": "Who is signed in",
    "responses": {"200": {"description": "The user"}}
  }}}
}"#;

/// The tools of the function `words`.
pub(super) const TOOLS: &str = r#"[{
  "name": "count", "description": "Counts the words of a text",
  "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
}]"#;

/// What the function `words` does.
const WORDS: &str =
    "def handler(event, context):\n    return {'words': len(event['text'].split())}\n";

/// The arguments that every `up` here begins from.
pub(super) fn up_arguments(manifest: &Path) -> UpArguments {
    UpArguments {
        local: true,
        yes: true,
        yes_destroy: false,
        i_know: false,
        adopt: Vec::new(),
        parallelism: 10,
        timings: false,
        json: false,
        force_unlock: false,
        manifest: manifest.to_owned(),
    }
}

/// Values that a person's environment would hold.
struct Values<'a>(&'a BTreeMap<String, String>);

impl SecretSource for Values<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn ask(&self, _question: &str) -> Result<SecretString, SecretError> {
        Err(SecretError::NoTerminal)
    }
}

/// A person's folder, and the account that it is about.
pub(super) struct Bench {
    pub(super) aws: LocalAws,
    pub(super) variables: BTreeMap<String, String>,
    folder: TempDir,
}

/// How a command ended, and what it did on the way.
pub(super) struct Ran {
    pub(super) ended: Result<ExitCode, Failure>,
    pub(super) out: String,
    pub(super) err: String,
    /// Every request of the command, in the order of arrival.
    pub(super) calls: Vec<CallRecord>,
}

impl Ran {
    /// The operations that changed something, sorted, each with how often it was asked for. The stack's lock is left out.
    pub(super) fn changes(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls.iter().filter(|call| call.mutating && !is_lock(call)) {
            *counts.entry(format!("{}.{}", call.service, call.operation)).or_insert(0) += 1;
        }
        counts
    }

    /// Asserts that the command did all it should.
    pub(super) fn done(self) -> Self {
        assert_eq!(self.ended, Ok(ExitCode::Done), "{}\n{}", self.err, self.out);
        self
    }

    /// The events of a run with `json`.
    pub(super) fn events(&self) -> Vec<Event> {
        self.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Both streams, as a person sees them.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.out, self.err)
    }
}

/// Whether a call is about the stack's lock: taken and given back by each run that changes something.
pub(super) fn is_lock(call: &CallRecord) -> bool {
    call.service == "ssm" && call.body.contains("/lock\"")
}

/// Counted operations, as [`Ran::changes`] gives them.
pub(super) fn operations<const N: usize>(list: [(&str, usize); N]) -> BTreeMap<String, usize> {
    list.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

impl Bench {
    /// The starter's folder on an empty account with the services' delays, on the test's clock.
    pub(super) fn starter() -> Self {
        Self::with(STARTER, Options { seed: Some(1), ..Options::default() })
    }

    /// A folder with `manifest` on an empty account.
    pub(super) fn with(manifest: &str, options: Options) -> Self {
        let aws = LocalAws::in_memory(Options { region: REGION.to_owned(), ..options });
        Self::on(aws, manifest)
    }

    /// Another folder with `manifest`, on an account that may have objects already.
    pub(super) fn on(aws: LocalAws, manifest: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
        std::fs::create_dir(folder.path().join("specs")).unwrap();
        for name in ["github-openapi.json", "confluence-openapi.json"] {
            std::fs::copy(specs.join(name), folder.path().join("specs").join(name)).unwrap();
        }
        let bench = Self { aws, folder, variables: BTreeMap::new() };
        bench.write("specs/small.json", SMALL_SPEC.as_bytes());
        // More than fits into a request.
        let large = SMALL_SPEC.replace("\"Small\"", &format!("\"{}\"", "x".repeat(1_100_000)));
        bench.write("specs/large.json", large.as_bytes());
        bench.write("tools.json", TOOLS.as_bytes());
        bench.write("words.zip", &zipped("index.py", WORDS));
        bench.write("construct.toml", manifest.as_bytes());
        bench
    }

    /// The folder of the manifest.
    pub(super) fn base(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the folder.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.base().join(name), bytes).unwrap();
    }

    /// A file of the folder.
    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.base().join(name)).unwrap()
    }

    /// Replaces a part of a file that must stand there exactly once.
    pub(super) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {name}");
        self.write(name, text.replace(from, to).as_bytes());
    }

    /// The manifest.
    pub(super) fn manifest(&self) -> PathBuf {
        self.base().join("construct.toml")
    }

    /// Another machine, or a careless hand: nothing is remembered of any run.
    pub(super) fn forget(&self) {
        std::fs::remove_dir_all(self.base().join(".construct")).unwrap();
    }

    /// A session on the account.
    pub(super) async fn session(&self) -> Session {
        let source = Values(&self.variables);
        let (endpoint, manifest) = (Endpoint::Local(self.aws.clone()), self.manifest());
        Box::pin(Session::on(endpoint, &manifest, &source)).await.unwrap()
    }

    /// `construct up --yes`.
    pub(super) async fn up(&self) -> Ran {
        self.up_with(|_| {}).await
    }

    /// `construct up --yes` with further arguments.
    pub(super) async fn up_with(&self, change: impl FnOnce(&mut UpArguments)) -> Ran {
        let mut arguments = up_arguments(&self.manifest());
        change(&mut arguments);
        self.watched(async |ui| {
            let source = Values(&self.variables);
            let endpoint = Endpoint::Local(self.aws.clone());
            let session = Box::pin(Session::on(endpoint, &self.manifest(), &source)).await?;
            Box::pin(up::run_in(&session, &arguments, ui)).await
        })
        .await
    }

    /// `construct sync` with further arguments.
    pub(super) async fn sync(&self, change: impl FnOnce(&mut SyncArguments)) -> Ran {
        let mut arguments = SyncArguments {
            targets: Vec::new(),
            local: true,
            check: false,
            authorize: false,
            stack: None,
            region: None,
            json: false,
            force_unlock: false,
            manifest: self.manifest(),
        };
        change(&mut arguments);
        self.watched(async |ui| {
            let source = Values(&self.variables);
            let endpoint = Endpoint::Local(self.aws.clone());
            let mut session = Box::pin(sync::session_on(endpoint, &arguments, &source)).await?;
            Box::pin(sync::run_in(&mut session, &arguments, ui)).await
        })
        .await
    }

    /// `construct cleanup --yes --yes-destroy`.
    pub(super) async fn cleanup(&self) -> Ran {
        self.cleanup_with(|_| {}).await
    }

    /// `construct cleanup --yes --yes-destroy` with further arguments.
    pub(super) async fn cleanup_with(&self, change: impl FnOnce(&mut CleanupArguments)) -> Ran {
        let mut arguments = CleanupArguments {
            local: true,
            stack: None,
            region: None,
            yes: true,
            yes_destroy: true,
            parallelism: 10,
            json: false,
            force_unlock: false,
            manifest: self.manifest(),
        };
        change(&mut arguments);
        self.watched(async |ui| {
            let endpoint = Endpoint::Local(self.aws.clone());
            let session = match &arguments.stack {
                Some(stack) => cleanup::named(&Box::pin(self.account()).await?, stack)?,
                None => Box::pin(Session::on_to_remove(endpoint, &self.manifest())).await?,
            };
            Box::pin(cleanup::run_in(&session, &arguments, ui)).await
        })
        .await
    }

    /// `construct gc` with further arguments.
    pub(super) async fn gc_with(&self, change: impl FnOnce(&mut GcArguments)) -> Ran {
        let mut arguments = GcArguments {
            local: true,
            region: None,
            keep: Vec::new(),
            delete: false,
            yes: false,
            yes_destroy: false,
            parallelism: 10,
            json: false,
            manifest: self.manifest(),
        };
        change(&mut arguments);
        self.watched(async |ui| Box::pin(gc::run_in(&self.account().await?, &arguments, ui)).await)
            .await
    }

    /// The account as commands reach it that need no manifest.
    pub(super) async fn account(&self) -> Result<Account, Failure> {
        let endpoint = Endpoint::Local(self.aws.clone());
        Account::on(endpoint, &self.manifest(), Some(REGION)).await
    }

    /// Another folder on the same account, with nothing in it.
    pub(super) fn bare(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { aws: self.aws.clone(), folder, variables: BTreeMap::new() }
    }

    /// `construct plan --check --json`, and the plan itself. Asserts that it wrote nothing in the account.
    pub(super) async fn plan(&self) -> (Ran, Plan) {
        let arguments = PlanArguments {
            local: true,
            check: true,
            json: true,
            i_know: true,
            manifest: self.manifest(),
        };
        let ran = self
            .watched(async |ui| plan::run_in(&self.session().await, &arguments, ui).await)
            .await;
        assert!(ran.calls.iter().all(|call| !call.mutating), "a plan changed something");
        let plan: Plan = serde_json::from_str(&ran.out)
            .unwrap_or_else(|error| panic!("{error}: {:?}\n{}", ran.ended, ran.text()));
        let expected = if plan.is_empty() { ExitCode::Done } else { ExitCode::ChangesFound };
        assert_eq!(ran.ended, Ok(expected));
        (ran, plan)
    }

    /// `construct doctor`, or with `json` the same as a document. Asserts that it changed nothing in the account.
    pub(super) async fn doctor(&self, json: bool) -> Ran {
        let arguments =
            DoctorArguments { local: true, token_env: None, json, manifest: self.manifest() };
        let endpoint = || Endpoint::Local(self.aws.clone());
        let revision = || self.store()["revision"].clone();
        let before = revision();
        let ran = self.watched(async |ui| doctor::run_on(endpoint(), &arguments, ui).await).await;
        assert!(ran.calls.iter().all(|call| !call.mutating), "a doctor changed something");
        assert_eq!(revision(), before);
        ran
    }

    /// What a plan would do: verb by address.
    pub(super) async fn work(&self) -> BTreeMap<String, Verb> {
        let (_, plan) = self.plan().await;
        plan.work().map(|action| (action.address.to_string(), action.verb)).collect()
    }

    /// Runs a command until one of the injected faults strikes, and drops it there: nothing of it runs any further, as
    /// after a SIGKILL. Gives how it ended where none did.
    pub(super) async fn killed(&self, command: impl Future<Output = Ran>) -> Option<Ran> {
        let mut command = pin!(command);
        poll_fn(|context| match command.as_mut().poll(context) {
            Poll::Ready(ran) => Poll::Ready(Some(ran)),
            Poll::Pending if self.aws.faults().hits().iter().any(|hits| *hits > 0) => {
                Poll::Ready(None)
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// The raw store.
    pub(super) fn store(&self) -> Value {
        self.aws.snapshot()
    }

    /// Runs a command and gathers what it printed and called.
    pub(super) async fn watched(
        &self,
        command: impl AsyncFnOnce(&Ui) -> Result<ExitCode, Failure>,
    ) -> Ran {
        let before = self.aws.calls().last().map_or(0, |call| call.sequence);
        let (ui, captured) = Ui::captured();
        let ended = command(&ui).await;
        if let Err(failure) = &ended {
            ui.fail(failure);
        }
        let calls = self.aws.calls().into_iter().filter(|call| call.sequence > before).collect();
        Ran { ended, out: captured.out(), err: captured.err(), calls }
    }
}

/// A deployment package of one file.
pub(super) fn zipped(name: &str, text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(text.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}
