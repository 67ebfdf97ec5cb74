//! The fault sweep: the process ends right before, or right after, every call of a run; then another run follows.

use crate::cloud::Fault;
use crate::invariants;
use crate::world::{Kind, Ran, Want, World, want};

fn first() -> Vec<Want> {
    vec![
        want(Kind::Pool, "pool", None, &[]),
        want(Kind::Room, "room/a", Some(0), &[]),
        want(Kind::Bucket, "bucket", None, &[0]),
        want(Kind::Slow, "slow", None, &[2]),
        want(Kind::Room, "room/b", Some(0), &[2]),
        want(Kind::Pool, "other", None, &[3]),
    ]
}

/// The pool and its rooms are replaced, the bucket changes, `slow` and `other` leave, one comes.
fn second() -> Vec<Want> {
    let mut wants = first();
    wants.truncate(3);
    wants[0].colour = "blue";
    wants[2].size = 2;
    wants.push(want(Kind::Room, "room/b", Some(0), &[2]));
    wants.push(want(Kind::Slow, "late", None, &[2]));
    wants
}

#[derive(Clone, Copy, Debug)]
enum Then {
    ApplyAgain,
    CleanUp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Memory {
    Kept,
    /// Kept, and new objects take a while until listings show them.
    KeptWithLag,
    Lost,
}

/// Runs `before` without faults, then `wants` with a crash at the call `number`; false when there is no such call.
async fn crash_at(
    world: &World,
    before: &[Want],
    wants: &[Want],
    (number, fault): (usize, Fault),
) -> bool {
    world.apply(before).await.complete();
    world.cloud.fault(number, fault);
    let ran = world.apply(wants).await;
    world.cloud.lock().faults.clear();
    match ran {
        Ran::Crashed => true,
        Ran::Ended(outcome) => {
            assert!(outcome.complete());
            false
        }
    }
}

async fn recover(world: &World, wants: &[Want], then: Then, memory: Memory) {
    if memory == Memory::Lost {
        world.lose_journal();
    }
    let wants = match then {
        Then::ApplyAgain => wants,
        Then::CleanUp => &[],
    };
    world.apply(wants).await.complete();
    invariants::when_complete(world, wants);
    let again = world.plan(wants).await;
    assert!(again.is_empty(), "the next plan is not empty: {again:#?}");
}

fn combinations() -> impl Iterator<Item = (Fault, Then, Memory)> {
    let memories = [Memory::Kept, Memory::KeptWithLag, Memory::Lost];
    let then = [Then::ApplyAgain, Then::CleanUp];
    let ways = then.into_iter().flat_map(move |then| memories.map(|memory| (then, memory)));
    ways.flat_map(|(then, memory)| {
        [Fault::CrashBefore, Fault::CrashAfter].map(|fault| (fault, then, memory))
    })
}

async fn sweep(before: &[Want], wants: &[Want], parallelism: usize) -> usize {
    let mut points = 0;
    for number in 0.. {
        let mut hit = false;
        for (fault, then, memory) in combinations() {
            let mut world = World::new();
            world.parallelism = parallelism;
            if memory == Memory::KeptWithLag {
                world.cloud.lock().lag = std::time::Duration::from_secs(4);
            }
            hit = crash_at(&world, before, wants, (number, fault)).await;
            recover(&world, wants, then, memory).await;
            points += usize::from(hit);
        }
        if !hit {
            break;
        }
    }
    points
}

/// Creates of a first run: six, each with two faults, two ways on and three memories.
#[tokio::test(start_paused = true)]
async fn a_first_run_survives_a_crash_at_every_call() {
    assert_eq!(sweep(&[], &first(), 1).await, 6 * 12);
    assert_eq!(sweep(&[], &first(), 4).await, 6 * 12);
}

/// Deletes of two rooms and the pool, creates of the three, one update, one create, two prunes.
#[tokio::test(start_paused = true)]
async fn a_changing_run_survives_a_crash_at_every_call() {
    assert_eq!(sweep(&first(), &second(), 1).await, 10 * 12);
    assert_eq!(sweep(&first(), &second(), 4).await, 10 * 12);
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_survives_a_crash_at_every_call() {
    assert_eq!(sweep(&first(), &[], 1).await, 6 * 12);
    assert_eq!(sweep(&first(), &[], 4).await, 6 * 12);
}
