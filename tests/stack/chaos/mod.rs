//! Random sequences of what may happen to a stack, held against a model.
//!
//! Runs, edits, deaths, lost answers, lost and old journals, hands in the account, another stack beside it. After each step
//! the invariants of `construct status --verify` must hold, and a stranger without any memory must be able to remove all of
//! it; after an `up` that ended well the raw store must be what the manifest says, each object once.
//!
//! `CONSTRUCT_CHAOS=N` (`just chaos N`) tries N sequences. A sequence that ends wrong is made as short as it can be and
//! printed as a script.

mod manifests;
mod script;
mod steps;
mod world;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::harness::REGION;
use super::scene::paused;
use steps::{Machine, Step, Victim, step};
use world::{Expected, World, expected};

/// How many sequences are tried, unless told otherwise.
const SEQUENCES: u32 = 200;

async fn live_through(steps: &[Step], expected: &Expected) -> Result<(), String> {
    let mut world = World::new(expected);
    for (number, step) in steps.iter().enumerate() {
        Box::pin(world.step(*step))
            .await
            .map_err(|wrong| format!("after step {} ({step:?}): {wrong}", number + 1))?;
    }
    Box::pin(world.end()).await.map_err(|wrong| format!("at the end: {wrong}"))
}

/// Tries `sequences` sequences that `seed` makes up.
fn chaos(sequences: u32, seed: u64, expected: &Expected) {
    let config = Config {
        cases: sequences,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let steps = prop::collection::vec(step(), 1..9);
    let ended = TestRunner::new_with_rng(config, random).run(&steps, |steps| {
        paused()
            .block_on(live_through(&steps, expected))
            .map_err(|wrong| TestCaseError::fail(format!("{wrong}\n\n{}", script::script(&steps))))
    });
    if let Err(error) = ended {
        panic!("{error}");
    }
}

#[test]
fn whatever_happens_it_comes_right() {
    let asked = std::env::var("CONSTRUCT_CHAOS").ok().and_then(|number| number.parse().ok());
    let seed = std::env::var("CONSTRUCT_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok());
    let (sequences, seed) = (asked.unwrap_or(SEQUENCES), seed.unwrap_or(1));
    let expected = paused().block_on(expected());
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let workers = u32::try_from(workers).unwrap_or(1);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let share = sequences / workers + u32::from(worker < sequences % workers);
            let expected = &expected;
            scope.spawn(move || chaos(share, seed + u64::from(worker), expected));
        }
    });
}

/// The model must notice what it is there to notice.
#[test]
fn what_is_planted_is_found() {
    let all = paused().block_on(expected());
    paused().block_on(async {
        let mut world = World::new(&all);
        world.step(Step::Up(Machine::First)).await.unwrap();
        world.account().edit(|account| {
            // Without our mark, so that nobody can find it again: an orphan.
            let functions = &mut account.region_mut(REGION).lambda.functions;
            let mut lost = functions["acme-tools-words"].clone();
            lost.tags.clear();
            functions.insert("acme-tools-lost".to_owned(), lost);
        });
        let wrong = world.step(Step::Edit(1)).await.unwrap_err();
        assert!(wrong.starts_with("(1)") && wrong.contains("acme-tools-lost"), "{wrong}");

        let mut world = World::new(&all);
        world.step(Step::Up(Machine::First)).await.unwrap();
        world.account().edit(|account| {
            let pools = &mut account.region_mut(REGION).cognito.pools;
            let pool = pools.values().next().unwrap().clone();
            pools.insert("us-west-2_second".to_owned(), pool);
        });
        let wrong = world.step(Step::Edit(1)).await.unwrap_err();
        assert!(wrong.starts_with("(4)") && wrong.contains("acme-tools-pool"), "{wrong}");
    });
}

#[test]
fn a_sequence_is_a_script_that_a_shell_reads() {
    let steps = [
        Step::Up(Machine::First),
        Step::Killed { machine: Machine::Second, cleanup: true, nth: 7, after: true },
        Step::Removed(Victim::Target),
        Step::Edit(2),
        Step::Copied,
        Step::Beside { cleanup: false },
    ];
    let text = script::script(&steps);
    for line in ["serve_with 7 hang-after", "killed second cleanup --yes --yes-destroy", "edit 2"] {
        assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sequence.sh");
    std::fs::write(&path, text).unwrap();
    let read = std::process::Command::new("sh").arg("-n").arg(&path).status().unwrap();
    assert!(read.success());
}
