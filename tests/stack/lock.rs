//! One run at a time: on a machine by a file, in the account by a parameter.

use construct::cli::ExitCode;
use construct::cloud::StackLock;
use construct_local::Options;

use super::harness::{Bench, FULL};
use super::store::{differing, names};

const LOCK: &str = "parameter /construct/acme-tools/lock";

#[tokio::test(start_paused = true)]
async fn a_run_elsewhere_is_named_and_only_force_evicts_it() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    // Another machine: a folder of its own on the same account.
    let theirs = Bench::on(ours.aws.clone(), FULL);
    let session = theirs.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    assert!(held.check().is_ok());

    let refused = ours.up().await;
    assert_eq!(refused.ended.clone().unwrap_err().kind, ExitCode::Locked);
    assert!(
        refused.err.contains("the stack is locked by") && refused.err.contains("(up, since"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("--force-unlock"), "{}", refused.err);
    assert_eq!(names(&ours.store()), [LOCK], "nothing was made under a lock of another");
    // A clean-up that finds nothing does not take the lock of a run that may be alive.
    ours.cleanup().await.done();
    assert_eq!(names(&ours.store()), [LOCK]);

    let forced = ours.up_with(|arguments| arguments.force_unlock = true).await.done();
    assert!(forced.err.contains("is up"), "{}", forced.err);
    assert!(forced.err.contains("taken over from"), "who was evicted is named: {}", forced.err);
    assert!(!names(&ours.store()).contains(&LOCK.to_owned()), "the lock was given back");
    assert_eq!(ours.work().await, std::collections::BTreeMap::new());

    // The evicted one learns of it at its next look, and makes no call more.
    tokio::select! {
        () = held.keep() => {}
        () = tokio::time::sleep(std::time::Duration::from_secs(31)) => {}
    }
    let told = held.check().unwrap_err();
    assert_eq!(told.class, construct_engine::Class::Interrupted);
    // Nor does it take away a lock that is not its own.
    held.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_slept_past_its_lease_stops() {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let session = bench.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(119)).await;
    assert!(held.check().is_ok());
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(held.check().unwrap_err().class, construct_engine::Class::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_elsewhere_is_refused_too() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    ours.up().await.done();
    let theirs = Bench::on(ours.aws.clone(), FULL);
    let session = theirs.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    let before = ours.store();
    let refused = ours.cleanup().await;
    assert_eq!(refused.ended.unwrap_err().kind, ExitCode::Locked);
    assert_eq!(differing(&before, &ours.store()), [].into());
    held.release().await.unwrap();
    ours.cleanup().await.done();
    assert_eq!(names(&ours.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_takes_a_dead_runs_lock_away() {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let session = bench.session().await;
    let machine = session.lock_machine("up").unwrap();
    drop(StackLock::take(&session.cloud, &machine, "up", false).await.unwrap());
    drop(machine);
    assert_eq!(names(&bench.store()), [LOCK]);
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_run_on_this_machine_is_refused_at_once() {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let session = bench.session().await;
    let held = session.lock_machine("cleanup").unwrap();
    for refused in [bench.up().await, bench.cleanup().await] {
        let failure = refused.ended.clone().unwrap_err();
        assert_eq!(failure.kind, ExitCode::Locked);
        assert!(refused.err.contains("cleanup"), "{}", refused.err);
        assert!(refused.calls.iter().all(|call| !call.mutating));
    }
    drop(held);
    bench.up().await.done();
}
