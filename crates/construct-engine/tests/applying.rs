//! Carrying a plan out: failures, doubts, stops, and a disk that is full.

use construct_engine::{Class, Event, Journal, JournalError, RunError, StepError};

use crate::cloud::Fault;
use crate::world::{Kind, Want, World, address, want};

fn chain_and_one() -> [Want; 4] {
    [
        want(Kind::Bucket, "a", None, &[]),
        want(Kind::Bucket, "b", None, &[0]),
        want(Kind::Bucket, "c", None, &[1]),
        want(Kind::Bucket, "apart", None, &[]),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_its_dependents_only() {
    let mut world = World::new();
    world.parallelism = 1;
    world.cloud.fault(0, Fault::Refuse);
    let outcome = world.apply(&chain_and_one()).await.ended();
    assert_eq!(outcome.failed[0].0, address("a"));
    assert_eq!(outcome.skipped, [address("b"), address("c")]);
    assert_eq!(outcome.changed, 1);
    let skipped_for = world.events.lock().unwrap().iter().find_map(|event| match event {
        Event::NodeSkipped { because_of, .. } => Some(because_of.clone()),
        _ => None,
    });
    assert_eq!(skipped_for, Some(vec![address("a")]));
    world.apply(&chain_and_one()).await.complete();
    assert!(world.plan(&chain_and_one()).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_removed_after_a_failure() {
    let world = World::new();
    world.apply(&chain_and_one()).await.complete();
    world.cloud.fault(0, Fault::Refuse);
    let wants = [want(Kind::Bucket, "new", None, &[])];
    let outcome = world.apply(&wants).await.ended();
    assert_eq!(outcome.skipped.len(), 4);
    assert_eq!(world.cloud.marked().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_create_in_doubt_is_looked_for_before_it_is_sent_again() {
    for (fault, calls) in [(Fault::DoubtAfter, 1), (Fault::DoubtBefore, 2)] {
        for kind in [Kind::Bucket, Kind::Pool, Kind::Slow] {
            let world = World::new();
            world.cloud.lock().lag = std::time::Duration::from_secs(4);
            world.cloud.fault(0, fault);
            world.apply(&[want(kind, "a", None, &[])]).await.complete();
            assert_eq!(world.cloud.marked().len(), 1, "{kind:?} {fault:?}");
            let inner = world.cloud.lock();
            assert_eq!(inner.calls.len(), calls, "{kind:?} {fault:?}");
            assert!(
                inner
                    .calls
                    .iter()
                    .all(|call| call.token == inner.calls[0].token && call.token.len() == 64)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_again_for_the_same_request_only() {
    let world = World::new();
    let mut wants = [want(Kind::Bucket, "a", None, &[])];
    for size in [1, 1, 2] {
        wants[0].size = size;
        world.cloud.fault(0, Fault::CrashBefore);
        world.apply(&wants).await;
    }
    let inner = world.cloud.lock();
    let tokens: Vec<&str> = inner.calls.iter().map(|call| call.token.as_str()).collect();
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(
        tokens[1], tokens[2],
        "a service refuses a token that comes back with another request"
    );
}

#[tokio::test(start_paused = true)]
async fn an_update_in_doubt_is_looked_at() {
    for (fault, calls) in [(Fault::DoubtAfter, 1), (Fault::DoubtBefore, 2)] {
        let world = World::new();
        let mut wants = [want(Kind::Bucket, "a", None, &[])];
        world.apply(&wants).await.complete();
        wants[0].size = 2;
        world.cloud.fault(0, fault);
        world.apply(&wants).await.complete();
        assert_eq!(world.cloud.calls().len(), 1 + calls, "{fault:?}");
        assert!(world.plan(&wants).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_starts_nothing_new_and_the_next_run_goes_on() {
    let mut world = World::new();
    world.stop.request();
    let outcome = world.apply(&chain_and_one()).await.ended();
    assert_eq!((outcome.changed, outcome.skipped.len()), (0, 4));
    assert!(world.events.lock().unwrap().contains(&Event::Stopping));
    assert!(world.cloud.calls().is_empty());
    world.stop = construct_engine::Stop::default();
    world.apply(&chain_and_one()).await.complete();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_lost_its_stack_calls_nothing() {
    let world = World::new();
    *world.holds.lock().unwrap() =
        Err(StepError::new(Class::Conflict, "another run took the lock"));
    let outcome = world.apply(&chain_and_one()).await.ended();
    assert_eq!(outcome.failed.len(), 2);
    assert!(world.cloud.calls().is_empty());
    assert!(world.state().is_empty(), "no intent without the right to call");
}

#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_full_disk_stops_the_run_before_its_call() {
    let world = World::new();
    std::fs::create_dir_all(world.journal_path().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink("/dev/full", world.journal_path()).unwrap();
    let mut journal = Journal::open(&world.journal_path()).unwrap().journal;
    let stopped = world.apply_to(&chain_and_one(), &mut journal).await.err();
    assert!(matches!(
        stopped,
        Some(RunError::Journal(JournalError::File { action: "write to", .. }))
    ));
    assert!(world.cloud.calls().is_empty());
    let again = world.apply_to(&chain_and_one(), &mut journal).await.err();
    assert!(again.is_some(), "a journal that failed takes nothing more");
    assert!(world.cloud.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_changes_nothing_writes_nothing() {
    let world = World::new();
    world.apply(&chain_and_one()).await.complete();
    let before = std::fs::read(world.journal_path()).unwrap();
    world.apply(&chain_and_one()).await.complete();
    assert_eq!(std::fs::read(world.journal_path()).unwrap(), before);
}
