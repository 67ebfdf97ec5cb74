//! The points of the sweep: every call of the five commands, and the moments around it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use construct_local::CallRecord;
use construct_local::local::Stage;

use super::everything::{FIRST, changed, pruned, replaced};
use crate::stack::harness::{Bench, Ran};
use crate::stack::scene::{Scene, beginning, run};
use crate::stack::store::{Object, objects};

/// What is in the account beside the stack: another stack, whose name begins with this one's.
const BESIDE: &str = r#"
[stack]
name = "acme-tools2"
region = "us-west-2"

[gateway]
inbound = "cognito"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[targets.small]
openapi = "specs/small.json"
"#;

/// A command that is struck.
#[derive(Clone)]
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) manifest: String,
    pub(super) cleanup: bool,
    /// How everything is before it.
    pub(super) before: Scene,
    /// The objects of the stack as its manifest wants it.
    pub(super) names: Vec<String>,
}

/// A call of a command: the operation, and which of those it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Called {
    pub(super) service: String,
    pub(super) operation: String,
    pub(super) nth: u64,
    pub(super) mutating: bool,
}

/// How a run is struck.
pub(super) enum Blow {
    /// The process died at this moment.
    Killed(Stage, Box<Scene>),
    /// Refused for good: nothing happened, and the run hears why.
    Denied,
    /// An internal error, and nothing happened.
    Failed,
    /// It happened, and the answer was lost.
    Lost,
}

/// One point of the sweep.
pub(super) struct Point {
    pub(super) command: Arc<Command>,
    pub(super) called: Called,
    pub(super) blow: Blow,
}

/// Everything that the sweep goes through.
pub(super) struct Points {
    pub(super) all: Vec<Point>,
    /// What is in the account beside the stack.
    pub(super) foreign: Vec<Object>,
    /// The kinds that the stack had.
    pub(super) kinds: BTreeSet<String>,
}

/// Runs the five commands undisturbed and looks at each of their calls.
pub(super) async fn points() -> Points {
    let beside = beginning(BESIDE);
    beside.up().await.done();
    let foreign = objects(&beside.store());
    std::fs::remove_dir_all(beside.base().join(".construct")).unwrap();
    let mut scene = Scene::of(&beside.aws, beside.base());
    let mut points = Points { all: Vec::new(), foreign, kinds: BTreeSet::new() };
    let mut names = Vec::new();
    let commands = [
        ("first up", FIRST.to_owned(), false),
        ("change", changed(), false),
        ("replace", replaced(), false),
        ("prune", pruned(), false),
        ("cleanup", pruned(), true),
    ];
    for (name, manifest, cleanup) in commands {
        let bench = scene.resumed(&manifest, true);
        let moments = watched(&bench);
        let ran = run(&bench, cleanup, false).await.done();
        bench.aws.watch(Arc::new(|_, _| {}));
        if !cleanup {
            assert!(bench.work().await.is_empty(), "{name}");
            let (_, plan) = bench.plan().await;
            points.kinds.extend(plan.actions.iter().map(|action| action.kind.clone()));
        }
        if !cleanup {
            names = own(&objects(&bench.store()), &points.foreign);
        }
        let names = names.clone();
        let command = Arc::new(Command { name, manifest, cleanup, before: scene, names });
        let moments = std::mem::take(&mut *moments.lock().unwrap());
        points.all.extend(of_moments(&command, &ran, moments));
        points.all.extend(of_calls(&command, &ran));
        scene = Scene::of(&bench.aws, bench.base());
    }
    points
}

/// The objects that are not `foreign`, by name.
pub(super) fn own(all: &[Object], foreign: &[Object]) -> Vec<String> {
    let theirs: BTreeSet<&str> = foreign.iter().map(|object| object.name.as_str()).collect();
    let names = all.iter().map(|object| &object.name);
    names.filter(|name| !theirs.contains(name.as_str())).cloned().collect()
}

type Moments = Arc<Mutex<Vec<(u64, Stage, Scene)>>>;

/// Keeps what there is around every call, where that is not what there was around the call before.
fn watched(bench: &Bench) -> Moments {
    let moments = Moments::default();
    let (kept, aws, base) = (Arc::clone(&moments), bench.aws.clone(), bench.base().to_owned());
    let last = Mutex::new((0, Vec::new()));
    bench.aws.watch(Arc::new(move |stage, call: &CallRecord| {
        let scene = Scene::of(&aws, &base);
        let now = (aws.read(|account| account.revision), scene.remembered().to_vec());
        let mut last = last.lock().unwrap();
        if *last != now {
            *last = now;
            kept.lock().unwrap().push((call.sequence, stage, scene));
        }
    }));
    moments
}

/// The calls of a run in their order, each with which of its operation it is.
fn numbered(ran: &Ran) -> BTreeMap<u64, Called> {
    let mut counts = BTreeMap::new();
    let called = |call: &CallRecord| {
        let (service, operation) = (call.service.clone(), call.operation.clone());
        let nth = counts.entry((service.clone(), operation.clone())).or_insert(0);
        *nth += 1;
        (call.sequence, Called { service, operation, nth: *nth, mutating: call.mutating })
    };
    ran.calls.iter().map(called).collect()
}

fn of_moments(command: &Arc<Command>, ran: &Ran, moments: Vec<(u64, Stage, Scene)>) -> Vec<Point> {
    let calls = numbered(ran);
    let point = |(sequence, stage, scene)| {
        let blow = Blow::Killed(stage, Box::new(scene));
        Point { command: Arc::clone(command), called: calls[&sequence].clone(), blow }
    };
    moments.into_iter().map(point).collect()
}

/// A call that changes something can go wrong in more ways than one that only looks. How often a status is looked at is a
/// matter of luck, as pauses are up to a fifth shorter than they might be: the last quarter of the looks may not come.
fn of_calls(command: &Arc<Command>, ran: &Ran) -> Vec<Point> {
    let mut points = Vec::new();
    let all = numbered(ran);
    let surely_comes = |called: &Called| {
        let same = |other: &&Called| {
            other.service == called.service && other.operation == called.operation
        };
        let count = u64::try_from(all.values().filter(same).count()).unwrap();
        called.mutating || called.nth <= (count * 3 / 4).max(1)
    };
    for called in all.values().filter(|called| surely_comes(called)) {
        let blows = if called.mutating {
            vec![Blow::Denied, Blow::Failed, Blow::Lost]
        } else {
            vec![Blow::Denied]
        };
        for blow in blows {
            points.push(Point { command: Arc::clone(command), called: called.clone(), blow });
        }
    }
    points
}
