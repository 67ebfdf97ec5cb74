//! The sweep: every call of a first `up`, a change, a replacement, a prune and a cleanup, struck in every way, and put right in four.
//!
//! The process dies before the call or after it, or the call is refused, fails, or loses its answer; then comes `up` again
//! or `cleanup`, with the memory of the struck run or without. The oracle is the raw store of the local AWS: after an `up`
//! every object is there exactly once, after a `cleanup` none is, and what is not ours is as it was.
//!
//! A run that dies leaves the account and its folder as they are at that moment and nothing else, so that all its moments
//! are taken from one run that lives. What is struck otherwise is run again from before the command, by way of the fault
//! plan, whose rule must have hit.
//!
//! `CONSTRUCT_SWEEP=1` (`just fault-sweep`) visits every point, the ways to put it right taking turns; `all` goes all four
//! ways from each. Without it one in a few points is visited, which takes minutes. `CONSTRUCT_SWEEP_ONLY=TEXT` visits the
//! points whose description holds the text, as a failure prints it.

#![expect(clippy::print_stdout, reason = "the figures of the sweep are what it is run for")]

pub(super) mod everything;
mod points;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use construct::cli::ExitCode;
use construct::steps::registry;
use construct_local::fault::Refusal;
use construct_local::local::Stage;
use construct_local::{Effect, Rule};

use super::harness::Bench;
use super::scene::{SECRETS, Scene, paused, run};
use super::secrets::holding;
use super::store::objects;
pub(super) use everything::{FIRST, changed, replaced};
use points::{Blow, Point, Points, own, points};

const LOCK: &str = "parameter /construct/acme-tools/lock";

/// Of how many points one is visited, unless told otherwise. A prime, so that calls that come in a rhythm are all met.
const STRIDE: usize = 13;

/// After how many points it is said how far the sweep is.
const PACE: usize = 100;

/// Which points are visited, and how many ways each is put right.
struct Extent {
    stride: usize,
    all_ways: bool,
    only: Option<String>,
}

impl Extent {
    fn asked_for() -> Self {
        let asked = std::env::var("CONSTRUCT_SWEEP").ok();
        let all_ways = asked.as_deref() == Some("all");
        let usual = if all_ways { 1 } else { STRIDE };
        let stride = asked.and_then(|asked| asked.parse().ok()).unwrap_or(usual);
        Self { stride, all_ways, only: std::env::var("CONSTRUCT_SWEEP_ONLY").ok() }
    }

    fn has(&self, number: usize, point: &Point) -> bool {
        match &self.only {
            Some(text) => described(point, None).contains(text),
            None => number.is_multiple_of(self.stride),
        }
    }
}

/// What is done after the strike.
#[derive(Clone, Copy, Debug)]
struct Recovery {
    cleanup: bool,
    forget: bool,
}

const RECOVERIES: [Recovery; 4] = [
    Recovery { cleanup: false, forget: false },
    Recovery { cleanup: true, forget: false },
    Recovery { cleanup: false, forget: true },
    Recovery { cleanup: true, forget: true },
];

/// What the raw store says after a recovery.
#[derive(Debug, Default)]
struct Verdict {
    /// Objects that nobody wants.
    orphans: Vec<String>,
    /// Objects that should be there and are not.
    phantoms: Vec<String>,
    /// Objects that are there more often than they should.
    duplicates: Vec<String>,
    /// Everything else that is wrong.
    wrong: Vec<String>,
}

impl Verdict {
    fn is_good(&self) -> bool {
        self.orphans.is_empty()
            && self.phantoms.is_empty()
            && self.duplicates.is_empty()
            && self.wrong.is_empty()
    }

    fn wrong(text: impl Into<String>) -> Self {
        Self { wrong: vec![text.into()], ..Self::default() }
    }
}

/// The figures of a sweep.
#[derive(Default)]
struct Figures {
    points: usize,
    hit: usize,
    bad: Vec<(String, Verdict)>,
}

fn counted(names: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name.as_str()).or_insert(0) += 1;
    }
    counts
}

/// Compares what is there with what should be.
fn judge(bench: &Bench, expected: &[String], points: &Points) -> Verdict {
    let all = objects(&bench.store());
    let mut verdict = Verdict::default();
    for object in points.foreign.iter().filter(|object| !all.contains(object)) {
        verdict.wrong.push(format!("{} is not ours, and not as it was", object.name));
    }
    let there = own(&all, &points.foreign);
    let (there, expected) = (counted(&there), counted(expected));
    for (name, count) in &there {
        match expected.get(name) {
            None => verdict.orphans.push((*name).to_owned()),
            Some(wanted) if wanted < count => verdict.duplicates.push((*name).to_owned()),
            Some(_) => {}
        }
    }
    let missing = expected.iter().filter(|(name, count)| there.get(*name) < Some(*count));
    verdict.phantoms.extend(missing.map(|(name, _)| (*name).to_owned()));
    for (variable, secret) in SECRETS {
        let files = holding(bench.base(), secret);
        if !files.is_empty() {
            verdict.wrong.push(format!("{variable} is in {files:?}"));
        }
    }
    verdict
}

/// What there is after the strike, if it struck.
async fn struck(point: &Point) -> Option<Scene> {
    let effect = match &point.blow {
        Blow::Killed(_, scene) => return Some((**scene).clone()),
        Blow::Denied => Effect::FailBefore(Refusal {
            status: 403,
            code: "AccessDeniedException".to_owned(),
            message: "no".to_owned(),
            retry_after: None,
        }),
        Blow::Failed => Effect::FailBefore(Refusal::internal()),
        Blow::Lost => Effect::CutAfter,
    };
    let (command, called) = (&point.command, &point.called);
    let bench = command.before.resumed(&command.manifest, true);
    let rule = Rule::operation(&called.service, &called.operation, effect).only(called.nth);
    bench.aws.faults().add(rule);
    // Whether the run got over it or not: what counts is what the next one makes of it.
    drop(run(&bench, command.cleanup, false).await);
    (bench.aws.faults().hits() == [1]).then(|| Scene::of(&bench.aws, bench.base()))
}

/// What comes of one way to put a strike right.
async fn recovered(point: &Point, scene: &Scene, recovery: Recovery, points: &Points) -> Verdict {
    let command = &point.command;
    let bench = scene.resumed(&command.manifest, !recovery.forget);
    let mut ran = run(&bench, recovery.cleanup, false).await;
    if ran.ended.as_ref().is_err_and(|failure| failure.kind == ExitCode::Locked) {
        if !recovery.forget {
            let text = format!("this machine does not know its own dead run: {}", ran.text());
            return Verdict::wrong(text);
        }
        ran = run(&bench, recovery.cleanup, true).await;
    }
    if ran.ended != Ok(ExitCode::Done) {
        return Verdict::wrong(format!("did not recover: {}", ran.text()));
    }
    let nothing = Vec::new();
    let expected = if recovery.cleanup { &nothing } else { &command.names };
    let mut verdict = judge(&bench, expected, points);
    // Nobody may know that a lock that is all there is belongs to a dead run. A run without work takes none, and the next
    // with work takes this one over.
    verdict.orphans.retain(|name| name != LOCK || (recovery.cleanup && !recovery.forget));
    if verdict.is_good() && !recovery.cleanup {
        let work = bench.work().await;
        if !work.is_empty() {
            verdict.wrong.push(format!("not settled: {work:?}"));
        }
    }
    verdict
}

fn described(point: &Point, recovery: Option<Recovery>) -> String {
    let blow = match point.blow {
        Blow::Killed(Stage::Before, _) => "killed before",
        Blow::Killed(Stage::After, _) => "killed after",
        Blow::Denied => "denied",
        Blow::Failed => "failed",
        Blow::Lost => "answer lost",
    };
    let called = &point.called;
    let after = recovery.map(|recovery| format!(", then {recovery:?}")).unwrap_or_default();
    format!(
        "{}: {blow} {}.{} number {}{after}",
        point.command.name, called.service, called.operation, called.nth
    )
}

/// Visits the points that `next` gives, until there are none.
async fn visit(points: &Points, next: &AtomicUsize, figures: &Mutex<Figures>, extent: &Extent) {
    let chosen = points.all.iter().enumerate().filter(|(at, point)| extent.has(*at, point)).count();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(point) = points.all.get(number) else { return };
        if !extent.has(number, point) {
            continue;
        }
        let turn = number / extent.stride % RECOVERIES.len();
        let scene = struck(point).await;
        {
            let mut figures = figures.lock().unwrap();
            figures.points += 1;
            if figures.points.is_multiple_of(PACE) {
                println!("{} of {} points, {} wrong", figures.points, chosen, figures.bad.len());
            }
            if scene.is_some() {
                figures.hit += 1;
            } else {
                let text = described(point, None);
                figures.bad.push((text, Verdict::wrong("the point was not hit")));
            }
        }
        let Some(scene) = scene else { continue };
        for (way, recovery) in RECOVERIES.into_iter().enumerate() {
            // A look that was refused has changed nothing: one way says as much as four.
            if (!extent.all_ways || !point.called.mutating) && way != turn {
                continue;
            }
            let verdict = recovered(point, &scene, recovery, points).await;
            if !verdict.is_good() {
                let text = described(point, Some(recovery));
                figures.lock().unwrap().bad.push((text, verdict));
            }
        }
    }
}

#[test]
fn every_call_of_every_command_may_go_wrong() {
    let extent = Extent::asked_for();
    let points = paused().block_on(points());
    // What is only linked is never made, changed or removed.
    for kind in registry().names().filter(|kind| *kind != "agentcore.existing-provider") {
        assert!(points.kinds.contains(kind), "the stack has no {kind}");
    }
    let (next, figures) = (AtomicUsize::new(0), Mutex::new(Figures::default()));
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| paused().block_on(visit(&points, &next, &figures, &extent)));
        }
    });
    let Figures { points, hit, bad } = figures.into_inner().unwrap();
    let sum =
        |count: fn(&Verdict) -> usize| bad.iter().map(|(_, verdict)| count(verdict)).sum::<usize>();
    println!(
        "{points} points, {hit} hit, {} orphans, {} phantoms, {} duplicates",
        sum(|verdict| verdict.orphans.len()),
        sum(|verdict| verdict.phantoms.len()),
        sum(|verdict| verdict.duplicates.len()),
    );
    assert!(bad.is_empty(), "{} are wrong:\n{bad:#?}", bad.len());
}
