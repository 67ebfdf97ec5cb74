//! The sweep: every call that changes something, struck in four ways, and put right in four.
//!
//! Refused, cut after its effect, killed before it, killed after it; then `up` again or `cleanup`, with the memory of the
//! first run or without. The oracle is the raw store: after an `up` every object is there exactly once, after a `cleanup`
//! none is.
//!
//! All of it takes 15 minutes: that is `CONSTRUCT_SWEEP=all`. Without it every call is struck at least once, and the ways to
//! strike and to put right take turns.

#![expect(clippy::print_stdout, reason = "figures of the run, for `--nocapture`")]

use std::collections::BTreeSet;

use construct::cli::ExitCode;
use construct_local::fault::Refusal;
use construct_local::options::Delays;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL, Ran};
use super::store::names;

const LOCK: &str = "parameter /construct/acme-tools/lock";

/// How a call is struck.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Strike {
    Refused,
    CutAfter,
    KilledBefore,
    KilledAfter,
}

impl Strike {
    fn effect(self) -> Effect {
        match self {
            Self::Refused => Effect::FailBefore(Refusal::internal()),
            Self::CutAfter => Effect::CutAfter,
            Self::KilledBefore => Effect::HangBefore,
            Self::KilledAfter => Effect::HangAfter,
        }
    }

    const fn kills(self) -> bool {
        matches!(self, Self::KilledBefore | Self::KilledAfter)
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

/// Of how many calls one is struck in a given way, where not all are. No more than there are ways, so that none is left out.
const fn stride(struck: Struck) -> usize {
    match struck {
        Struck::Up => 3,
        Struck::Cleanup => 4,
    }
}

/// The command that is struck.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Struck {
    Up,
    Cleanup,
}

fn bench() -> Bench {
    // Roles are seen at once: how often a call is refused until then is a matter of luck, and the calls are counted here.
    let delays = Delays { iam_propagation_ms: 0, ..Delays::default() };
    Bench::with(FULL, Options { seed: Some(1), delays, ..Options::default() })
}

async fn run(bench: &Bench, cleanup: bool, force: bool) -> Ran {
    if cleanup {
        bench.cleanup_with(|arguments| arguments.force_unlock = force).await
    } else {
        bench.up_with(|arguments| arguments.force_unlock = force).await
    }
}

/// What a stack without any strike looks like, and the calls that change something on the way there and back.
struct Undisturbed {
    names: Vec<String>,
    up: Vec<String>,
    cleanup: Vec<String>,
}

async fn undisturbed() -> Undisturbed {
    let bench = bench();
    let changes = |ran: &Ran| {
        let calls = ran.calls.iter().filter(|call| call.mutating);
        calls.map(|call| format!("{}.{}", call.service, call.operation)).collect::<Vec<_>>()
    };
    let up = changes(&bench.up().await.done());
    let names = names(&bench.store());
    let cleanup = changes(&bench.cleanup().await.done());
    assert!(up.len() > 50 && cleanup.len() > 35, "{} and {}", up.len(), cleanup.len());
    Undisturbed { names, up, cleanup }
}

/// One strike and its recovery; what is wrong afterwards.
async fn point(
    struck: Struck,
    number: u64,
    strike: Strike,
    recovery: Recovery,
    expected: &[String],
) -> Result<(), String> {
    let bench = bench();
    if struck == Struck::Cleanup {
        bench.up().await.done();
    }
    bench.aws.faults().add(Rule::nth_mutation(number, strike.effect()));
    let command = Box::pin(run(&bench, struck == Struck::Cleanup, false));
    if strike.kills() {
        if let Some(ran) = bench.killed(command).await {
            return Err(format!("was not killed: {}", ran.text()));
        }
    } else {
        // Whether the run got over it or not: what counts is what the next one makes of it.
        drop(command.await);
    }
    if bench.aws.faults().hits() != [1] {
        return Err("the fault did not strike".to_owned());
    }
    bench.aws.faults().clear();
    if recovery.forget {
        bench.forget();
    }
    let mut ran = Box::pin(run(&bench, recovery.cleanup, false)).await;
    if ran.ended.as_ref().is_err_and(|failure| failure.kind == ExitCode::Locked) {
        if !recovery.forget {
            return Err(format!("this machine does not know its own dead run: {}", ran.text()));
        }
        ran = Box::pin(run(&bench, recovery.cleanup, true)).await;
    }
    if ran.ended != Ok(ExitCode::Done) {
        return Err(format!("did not recover: {}", ran.text()));
    }
    let mut left = names(&bench.store());
    if recovery.cleanup {
        // Nobody may know that a lock that is all there is belongs to a dead run.
        left.retain(|name| !(recovery.forget && name == LOCK));
        return if left.is_empty() { Ok(()) } else { Err(format!("left over: {left:?}")) };
    }
    // A run without work takes no lock, and the next with work takes this one over.
    left.retain(|name| name != LOCK);
    if left != expected {
        let (left, expected): (BTreeSet<_>, BTreeSet<_>) =
            (left.iter().collect(), expected.iter().collect());
        let missing: Vec<_> = expected.difference(&left).collect();
        let more: Vec<_> = left.difference(&expected).collect();
        return Err(format!("missing {missing:?}, too many {more:?}, or one twice"));
    }
    let work = bench.work().await;
    if work.is_empty() { Ok(()) } else { Err(format!("not settled: {work:?}")) }
}

async fn sweep(struck: Struck, strike: Strike) {
    let all = std::env::var("CONSTRUCT_SWEEP").is_ok_and(|value| value == "all");
    let undisturbed = undisturbed().await;
    let operations = if struck == Struck::Up { &undisturbed.up } else { &undisturbed.cleanup };
    let mut wrong = Vec::new();
    let mut points = 0;
    for (index, operation) in operations.iter().enumerate() {
        for (turn, recovery) in RECOVERIES.into_iter().enumerate() {
            let place = index + strike as usize;
            let takes_its_turn = place.is_multiple_of(stride(struck))
                && (place / stride(struck)) % RECOVERIES.len() == turn;
            if !all && !takes_its_turn {
                continue;
            }
            points += 1;
            let number = u64::try_from(index).unwrap() + 1;
            if let Err(problem) = point(struck, number, strike, recovery, &undisturbed.names).await
            {
                wrong.push(format!(
                    "call {number} ({operation}), {strike:?}, {recovery:?}: {problem}"
                ));
            }
        }
    }
    println!("{struck:?}, {strike:?}: {points} points over {} calls", operations.len());
    assert!(wrong.is_empty(), "{} of {points} points:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn up_refused_at_every_call() {
    sweep(Struck::Up, Strike::Refused).await;
}

#[tokio::test(start_paused = true)]
async fn up_cut_after_every_call() {
    sweep(Struck::Up, Strike::CutAfter).await;
}

#[tokio::test(start_paused = true)]
async fn up_killed_before_every_call() {
    sweep(Struck::Up, Strike::KilledBefore).await;
}

#[tokio::test(start_paused = true)]
async fn up_killed_after_every_call() {
    sweep(Struck::Up, Strike::KilledAfter).await;
}

#[tokio::test(start_paused = true)]
async fn cleanup_refused_at_every_call() {
    sweep(Struck::Cleanup, Strike::Refused).await;
}

#[tokio::test(start_paused = true)]
async fn cleanup_cut_after_every_call() {
    sweep(Struck::Cleanup, Strike::CutAfter).await;
}

#[tokio::test(start_paused = true)]
async fn cleanup_killed_before_every_call() {
    sweep(Struck::Cleanup, Strike::KilledBefore).await;
}

#[tokio::test(start_paused = true)]
async fn cleanup_killed_after_every_call() {
    sweep(Struck::Cleanup, Strike::KilledAfter).await;
}
