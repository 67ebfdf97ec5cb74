//! A stack and its machine: the cloud, the journal's folder, and runs that may be cut off.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use construct_engine::{
    Address, Event, Graph, Handle, Journal, Observed, Outcome, Plan, Run, RunError, State,
    StepError, Stop, apply, observe, plan,
};

use crate::cloud::Cloud;
use crate::invariants;
use crate::steps::{Bucket, Linked, Links, Out, Pool, Room, Shape, Slow, Spec, Thing, registry};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bucket,
    Pool,
    Room,
    Slow,
    Linked,
}

/// One node of a blueprint, as data.
#[derive(Clone, Debug)]
pub(crate) struct Want {
    pub(crate) address: String,
    pub(crate) kind: Kind,
    pub(crate) size: u32,
    pub(crate) colour: &'static str,
    /// The place, in the list, of what it lives in.
    pub(crate) inside: Option<usize>,
    /// The places of what it uses.
    pub(crate) uses: Vec<usize>,
    /// Whether its size is left to others.
    pub(crate) any_size: bool,
}

pub(crate) fn want(kind: Kind, address: &str, inside: Option<usize>, uses: &[usize]) -> Want {
    Want {
        address: address.to_owned(),
        kind,
        size: 1,
        colour: "red",
        inside,
        uses: uses.to_vec(),
        any_size: false,
    }
}

pub(crate) fn address(text: &str) -> Address {
    Address::new(text).unwrap()
}

pub(crate) fn graph(wants: &[Want]) -> Graph<Cloud> {
    let mut graph = Graph::default();
    let mut handles: Vec<Handle<Out>> = Vec::new();
    for want in wants {
        let deps = (
            want.inside.map(|place| handles[place]),
            want.uses.iter().map(|&place| handles[place]).collect::<Vec<_>>(),
        );
        let handle = match want.kind {
            Kind::Bucket => add::<Bucket>(&mut graph, want, deps),
            Kind::Pool => add::<Pool>(&mut graph, want, deps),
            Kind::Room => add::<Room>(&mut graph, want, deps),
            Kind::Slow => add::<Slow>(&mut graph, want, deps),
            Kind::Linked => add::<Linked>(&mut graph, want, deps),
        };
        handles.push(handle);
        if want.any_size {
            graph.ignore(&address(&want.address), "size");
        }
    }
    graph
}

fn add<K: Shape>(
    graph: &mut Graph<Cloud>,
    want: &Want,
    deps: (Option<Handle<Out>>, Vec<Handle<Out>>),
) -> Handle<Out> {
    let address = address(&want.address);
    let spec = Spec { name: address.dashed(), size: want.size, colour: want.colour.to_owned() };
    graph.add(Thing::<K>::step(), address, spec, deps, |(parent, uses)| Links {
        parent: parent.map(|out| out.id),
        uses: uses.into_iter().map(|out| out.id).collect(),
    })
}

/// How a run ended.
pub(crate) enum Ran {
    Ended(Outcome),
    Crashed,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ended(self) -> Outcome {
        match self {
            Self::Ended(outcome) => outcome,
            Self::Crashed => panic!("the run crashed"),
        }
    }

    #[track_caller]
    pub(crate) fn complete(self) -> Outcome {
        let outcome = self.ended();
        assert!(outcome.complete(), "failed {:?}, skipped {:?}", outcome.failed, outcome.skipped);
        outcome
    }
}

pub(crate) struct World {
    pub(crate) cloud: Cloud,
    folder: tempfile::TempDir,
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) stop: Stop,
    pub(crate) parallelism: usize,
    pub(crate) adopt: BTreeSet<Address>,
    /// Whether the journal was lost, so that it need not know of everything before a run is complete.
    pub(crate) lost: std::sync::atomic::AtomicBool,
    /// Whether runs still hold the stack.
    pub(crate) holds: Mutex<Result<(), StepError>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            cloud: Cloud::default(),
            folder: tempfile::tempdir().unwrap(),
            events: Mutex::default(),
            stop: Stop::default(),
            parallelism: 3,
            adopt: BTreeSet::new(),
            lost: false.into(),
            holds: Mutex::new(Ok(())),
        }
    }

    pub(crate) fn journal_path(&self) -> PathBuf {
        self.folder.path().join("stack/journal.jsonl")
    }

    pub(crate) fn lose_journal(&self) {
        self.lost.store(true, std::sync::atomic::Ordering::Relaxed);
        drop(std::fs::remove_file(self.journal_path()));
    }

    /// The state as a reader finds it on disk.
    pub(crate) fn state(&self) -> State {
        Journal::read(&self.journal_path()).unwrap().journal.state().clone()
    }

    /// Looks and decides, as `plan` does, and checks that nothing was written or called.
    pub(crate) async fn plan(&self, wants: &[Want]) -> Plan {
        let before = (self.cloud.lock().calls.len(), std::fs::read(self.journal_path()).ok());
        let state = self.state();
        let (plan, _) =
            self.with_run(async |run| look(run, &graph(wants), &state, &self.adopt).await).await;
        let after = (self.cloud.lock().calls.len(), std::fs::read(self.journal_path()).ok());
        assert_eq!(before, after, "a plan changed something");
        plan
    }

    /// Looks, decides and carries out, until the end or a crash; checks what must hold at every end.
    pub(crate) async fn apply(&self, wants: &[Want]) -> Ran {
        let mut journal = Journal::open(&self.journal_path()).unwrap().journal;
        let ran = self.apply_to(wants, &mut journal).await.unwrap();
        assert_eq!(&self.state(), journal.state(), "(6) state equals fold");
        invariants::at_every_end(self, &ran);
        ran
    }

    pub(crate) async fn apply_to(
        &self,
        wants: &[Want],
        journal: &mut Journal,
    ) -> Result<Ran, RunError> {
        let graph = graph(wants);
        self.with_run(async |run| {
            let state = journal.state().clone();
            let work = async {
                let (plan, observed) = look(run, &graph, &state, &self.adopt).await;
                apply(run, &graph, &registry(), journal, (&plan, &observed), "up").await
            };
            tokio::select! {
                biased;
                () = self.cloud.crashed.notified() => Ok(Ran::Crashed),
                outcome = work => Ok(Ran::Ended(outcome?)),
            }
        })
        .await
    }

    pub(crate) async fn with_run<T>(&self, work: impl AsyncFnOnce(&Run<'_, Cloud>) -> T) -> T {
        let tell = |event| self.events.lock().unwrap().push(event);
        let holds = || self.holds.lock().unwrap().clone();
        let run = Run {
            cloud: &self.cloud,
            stack: "test",
            events: &tell,
            stop: &self.stop,
            parallelism: self.parallelism,
            still_holds: &holds,
        };
        work(&run).await
    }
}

async fn look(
    run: &Run<'_, Cloud>,
    graph: &Graph<Cloud>,
    state: &State,
    adopt: &BTreeSet<Address>,
) -> (Plan, Observed) {
    let registry = registry();
    let observed = observe(run, graph, &registry, state).await.unwrap();
    (plan(run, graph, &registry, &observed, adopt).await.unwrap(), observed)
}
