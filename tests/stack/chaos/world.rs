//! An account with two machines on one stack and another stack beside it, and what must hold of them after every step.

use std::collections::BTreeMap;

use construct::cli::{ExitCode, StatusArguments, status};
use construct::session::Session;
use construct::ui::Ui;
use construct_engine::Journal;
use construct_local::{Effect, LocalAws, Rule};

use super::manifests::{BESIDE, variants};
use super::steps::{Machine, Step, Victim};
use crate::stack::harness::{Bench, REGION, Ran};
use crate::stack::scene::{SECRETS, Scene, beginning, beside};
use crate::stack::secrets::holding;
use crate::stack::store::{Object, objects};

const LOCK: &str = "parameter /construct/acme-tools/lock";

/// The objects of the stack, by name, for each manifest.
pub(super) type Expected = Vec<Vec<String>>;

/// What went wrong, with the number of the invariant of `construct status --verify` where it is one of those.
pub(super) type Wrong = String;

/// Everything there is, and what the model knows of it.
pub(super) struct World<'a> {
    first: Bench,
    second: Bench,
    beside: Bench,
    variant: usize,
    /// The machine whose dead run left the stack's lock behind, while it remembers that run.
    holder: Option<Machine>,
    /// What the stack beside is, which no step of ours may change.
    theirs: Vec<Object>,
    expected: &'a Expected,
}

/// What each manifest comes to where nothing goes wrong.
pub(super) async fn expected() -> Expected {
    let mut all = Vec::new();
    for manifest in variants() {
        let bench = beginning(&manifest);
        Box::pin(bench.up()).await.done();
        let names = ours(&bench);
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "two objects of one name could not be told apart");
        all.push(names);
    }
    all
}

fn is_theirs(name: &str) -> bool {
    name.contains("acme-tools2")
}

/// The objects of the stack, but for its lock.
fn ours(bench: &Bench) -> Vec<String> {
    let names = objects(&bench.store()).into_iter().map(|object| object.name);
    names.filter(|name| !is_theirs(name) && name != LOCK).collect()
}

impl<'a> World<'a> {
    /// An empty account.
    pub(super) fn new(expected: &'a Expected) -> Self {
        let [manifest, ..] = variants();
        let first = beginning(&manifest);
        let second = beside(&first.aws, &manifest);
        let other = beside(&first.aws, BESIDE);
        let theirs = Vec::new();
        Self { first, second, beside: other, variant: 0, holder: None, theirs, expected }
    }

    /// The account.
    pub(super) const fn account(&self) -> &LocalAws {
        &self.first.aws
    }

    const fn machine(&self, machine: Machine) -> &Bench {
        match machine {
            Machine::First => &self.first,
            Machine::Second => &self.second,
        }
    }

    /// Makes a step happen, and checks what must hold after it.
    pub(super) async fn step(&mut self, step: Step) -> Result<(), Wrong> {
        match step {
            Step::Up(machine) => self.whole_up(machine).await?,
            Step::Cleanup(machine) => self.whole_cleanup(machine).await?,
            Step::Killed { machine, cleanup, nth, after } => {
                let effect = if after { Effect::HangAfter } else { Effect::HangBefore };
                self.killed(machine, cleanup, Rule::nth_mutation(nth, effect)).await?;
            }
            Step::Lost { machine, nth } => {
                self.first.aws.faults().add(Rule::nth_mutation(nth, Effect::CutAfter));
                // It may get over it or not: the invariants hold in any case.
                let ran = self.command(machine, false).await;
                self.first.aws.faults().clear();
                drop(ran?);
            }
            Step::Edit(variant) => {
                self.variant = variant;
                for bench in [&self.first, &self.second] {
                    bench.write("construct.toml", variants()[variant].as_bytes());
                }
            }
            Step::Forget(machine) => {
                std::fs::remove_dir_all(self.machine(machine).base().join(".construct")).ok();
                self.holder = self.holder.filter(|holder| *holder != machine);
            }
            Step::Copied => {
                self.copied();
                self.holder = self.holder.filter(|holder| *holder != Machine::Second);
            }
            Step::Removed(victim) => self.removed(victim),
            Step::Beside { cleanup } => {
                let ran = run(&self.beside, cleanup, false).await;
                if ran.ended != Ok(ExitCode::Done) {
                    return Err(format!("the stack beside: {}", ran.text()));
                }
                self.theirs = self.their_objects();
            }
        }
        self.check().await
    }

    /// Ends a sequence: the stack is made as it should be, and then removed.
    pub(super) async fn end(&mut self) -> Result<(), Wrong> {
        self.whole_up(Machine::First).await?;
        self.check().await?;
        self.whole_cleanup(Machine::First).await?;
        self.check().await
    }

    /// A command, by way of `--force-unlock` where a dead run of another machine holds the stack.
    async fn command(&mut self, machine: Machine, cleanup: bool) -> Result<Ran, Wrong> {
        let ran = run(self.machine(machine), cleanup, false).await;
        let is_locked =
            |ran: &Ran| ran.ended.as_ref().is_err_and(|failure| failure.kind == ExitCode::Locked);
        if !is_locked(&ran) {
            return Ok(ran);
        }
        if self.holder == Some(machine) {
            return Err(format!("the {machine} machine does not know its own dead run"));
        }
        let ran = run(self.machine(machine), cleanup, true).await;
        if is_locked(&ran) { Err(format!("forced, and still: {}", ran.text())) } else { Ok(ran) }
    }

    async fn whole_up(&mut self, machine: Machine) -> Result<(), Wrong> {
        let ran = self.command(machine, false).await?;
        if ran.ended != Ok(ExitCode::Done) {
            return Err(format!("up on the {machine} machine: {}", ran.text()));
        }
        let there = ours(&self.first);
        let expected = &self.expected[self.variant];
        if there != *expected {
            return Err(format!("(1, 2) there is {there:#?}\nand should be {expected:#?}"));
        }
        let bench = self.machine(machine);
        let work = bench.work().await;
        if !work.is_empty() {
            return Err(format!("a plan right after up: {work:?}"));
        }
        verified(bench).await
    }

    async fn whole_cleanup(&mut self, machine: Machine) -> Result<(), Wrong> {
        let ran = self.command(machine, true).await?;
        if ran.ended != Ok(ExitCode::Done) {
            return Err(format!("cleanup on the {machine} machine: {}", ran.text()));
        }
        let left = ours(&self.first);
        if left.is_empty() { Ok(()) } else { Err(format!("(1) cleanup left {left:?}")) }
    }

    async fn killed(&mut self, machine: Machine, cleanup: bool, rule: Rule) -> Result<(), Wrong> {
        self.first.aws.faults().add(rule);
        let bench = self.machine(machine);
        let ran = bench.killed(Box::pin(run(bench, cleanup, false))).await;
        self.first.aws.faults().clear();
        match ran {
            None => {
                // It may have died before it took the lock over from another dead run.
                let names = objects(&self.first.store());
                let held = names.iter().any(|object| object.name == LOCK);
                let is_its_own = self.holder.is_none() && held;
                self.holder = self.holder.or(is_its_own.then_some(machine));
                if self.holder.is_some_and(|holder| holder != machine) {
                    self.holder = None;
                }
                Ok(())
            }
            // It had less to do than that.
            Some(_) => Ok(()),
        }
    }

    fn copied(&self) {
        std::fs::remove_dir_all(self.second.base().join(".construct")).ok();
        Scene::of(&self.first.aws, self.first.base()).remember_in(self.second.base());
    }

    fn removed(&self, victim: Victim) {
        self.first.aws.edit(|account| {
            let region = account.region_mut(REGION);
            let is_ours = |name: &str| name.contains("acme-tools") && !is_theirs(name);
            match victim {
                Victim::Function => region.lambda.functions.retain(|name, _| !is_ours(name)),
                Victim::Identity => {
                    region.agentcore.workload_identities.remove("acme-tools-ci");
                }
                Victim::Target => {
                    let gateways = region.agentcore.gateways.values_mut();
                    for gateway in gateways.filter(|gateway| is_ours(&gateway.settings.name)) {
                        gateway.targets.clear();
                    }
                }
                Victim::Parameter => region.logs.groups.retain(|name, _| !is_ours(name)),
            }
        });
    }

    fn their_objects(&self) -> Vec<Object> {
        let all = objects(&self.first.store()).into_iter();
        all.filter(|object| is_theirs(&object.name)).collect()
    }

    /// What must hold whatever has happened.
    async fn check(&mut self) -> Result<(), Wrong> {
        let store = self.first.store();
        if !objects(&store).iter().any(|object| object.name == LOCK) {
            self.holder = None;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for name in ours(&self.first) {
            *counts.entry(name).or_default() += 1;
        }
        if let Some((name, count)) = counts.iter().find(|(_, count)| **count > 1) {
            return Err(format!("(4) {name} is there {count} times"));
        }
        if self.their_objects() != self.theirs {
            return Err("the stack beside is not as it was".to_owned());
        }
        for bench in [&self.first, &self.second] {
            let journal = bench
                .base()
                .join(".construct/111122223333")
                .join(REGION)
                .join("acme-tools/journal.jsonl");
            if let Err(error) = Journal::read(&journal) {
                return Err(format!("(6) a journal does not fold: {error}"));
            }
            for (variable, secret) in SECRETS {
                let files = holding(bench.base(), secret);
                if !files.is_empty() {
                    return Err(format!("(7) {variable} is in {files:?}"));
                }
            }
        }
        // Nothing may be out of reach: who remembers nothing can remove it all.
        let stranger =
            Scene::of(&self.first.aws, self.first.base()).resumed(&variants()[self.variant], false);
        let ran = run(&stranger, true, true).await;
        let left = ours(&stranger);
        if ran.ended == Ok(ExitCode::Done) && left.is_empty() {
            Ok(())
        } else {
            Err(format!("(1) a stranger's cleanup leaves {left:?}: {}", ran.text()))
        }
    }
}

async fn run(bench: &Bench, cleanup: bool, force: bool) -> Ran {
    crate::stack::scene::run(bench, cleanup, force).await
}

/// `construct status --verify` after an `up`.
async fn verified(bench: &Bench) -> Result<(), Wrong> {
    let arguments =
        StatusArguments { local: true, verify: true, json: false, manifest: bench.manifest() };
    let session: Session = bench.session().await;
    let (ui, captured) = Ui::captured();
    match Box::pin(status::run_in(&session, &arguments, &ui)).await {
        Ok(ExitCode::Done) => Ok(()),
        other => Err(format!("status --verify: {other:?}\n{}", captured.out())),
    }
}
