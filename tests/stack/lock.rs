//! One run at a time: on a machine by a file, in the account by a parameter.

use std::time::Duration;

use construct::cli::ExitCode;
use construct::cloud::{StackLock, StackLockError, classify};
use construct::session::Session;
use construct_engine::{Class, MachineLock, StepError};
use construct_local::fault::Refusal;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL};
use super::store::{differing, names, object};

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
    kept(&held, 31).await;
    let told = held.check().unwrap_err();
    assert_eq!(told.class, Class::Interrupted);
    // Nor does it take away a lock that is not its own.
    held.release().await.unwrap();
}

/// A session on another machine, and its lock.
async fn held_by(bench: &Bench, force: bool) -> (Session, MachineLock, StackLock) {
    let session = bench.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", force).await.unwrap();
    (session, machine, held)
}

/// What becomes of a change that a step would send.
async fn change(session: &Session) -> Result<(), StepError> {
    let put = session.cloud.ssm.put_parameter().name("/work").value("done").overwrite(true);
    let sent = put.r#type(aws_sdk_ssm::types::ParameterType::String).send().await;
    sent.map(drop).map_err(|error| classify("PutParameter", error))
}

/// The operations that arrive while `work` is done.
async fn arriving(bench: &Bench, work: impl Future<Output = ()>) -> Vec<String> {
    bench.aws.clear_calls();
    work.await;
    bench.aws.calls().into_iter().map(|call| call.operation).collect()
}

async fn seconds(count: u64) {
    tokio::time::sleep(Duration::from_secs(count)).await;
}

/// Lets `held` be kept for so many seconds.
async fn kept(held: &StackLock, count: u64) {
    tokio::select! {
        () = held.keep() => {}
        () = seconds(count) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_leaves_signs_of_life() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let theirs = Bench::on(ours.aws.clone(), FULL);
    let (session, machine, held) = held_by(&theirs, false).await;
    let refused = async || {
        let refused = ours.up().await;
        assert_eq!(refused.ended.clone().unwrap_err().kind, ExitCode::Locked);
        refused.err
    };
    // That it was written is the first.
    assert_eq!(arriving(&ours, kept(&held, 29)).await, [""; 0]);
    assert!(refused().await.contains("last seen 29 s ago"));
    assert_eq!(arriving(&ours, kept(&held, 29)).await, [""; 0], "every keeper waits first");
    let signs = arriving(&ours, kept(&held, 301)).await;
    assert_eq!(signs.len(), 20, "{signs:?}");
    for (call, expected) in signs.iter().zip(["GetParameter", "AddTagsToResource"].iter().cycle()) {
        assert_eq!(call, expected);
    }
    let told = refused().await;
    assert!(told.contains("last seen 1 s ago") && told.contains("wait until"), "{told}");
    // From here on it is dead.
    seconds(370).await;
    let told = refused().await;
    assert!(told.contains("not seen for 6 minutes"), "{told}");
    assert!(told.contains("it has probably died: --force-unlock evicts it"), "{told}");
    assert_eq!(names(&ours.store()), [LOCK], "nobody is evicted for being quiet");
    // The signs of the dead say nothing about who came after it.
    let (_session, next, after) = held_by(&ours, true).await;
    let tags = object(&ours.store(), LOCK).tags.unwrap();
    assert!(tags["construct:seen"].starts_with(machine.run()), "{tags:?}");
    seconds(50).await;
    drop(held);
    let Err(StackLockError::Held(holder, seen)) =
        StackLock::take(&session.cloud, &machine, "up", false).await
    else {
        panic!("two hold it")
    };
    assert_eq!(holder.run, next.run());
    assert_eq!(seen.to_string(), ", last seen 50 s ago");
    after.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_was_stopped_looks_before_its_next_call() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let (session, _machine, held) = held_by(&ours, false).await;
    let changing = async || arriving(&ours, async { change(&session).await.unwrap() }).await;
    assert_eq!(changing().await, ["PutParameter"]);
    // Nobody keeps it: the process is stopped. Time alone takes nothing away.
    for stopped in [3, 121, 3600] {
        seconds(stopped).await;
        assert_eq!(changing().await, ["GetParameter", "PutParameter"]);
        assert_eq!(changing().await, ["PutParameter"]);
    }
    // Who resumes and is first of all told the time, by its keeper, looks all the same.
    seconds(10).await;
    kept(&held, 5).await;
    assert_eq!(changing().await, ["GetParameter", "PutParameter"]);
    // One that runs does not.
    kept(&held, 25).await;
    assert_eq!(changing().await, ["PutParameter"]);
    // Many calls wait for one look.
    seconds(10).await;
    let at_once = async { futures_util::future::join_all((0..9).map(|_| change(&session))).await };
    let arrived = arriving(&ours, async { drop(at_once.await) }).await;
    assert_eq!(arrived.iter().filter(|call| *call == "GetParameter").count(), 1, "{arrived:?}");
    assert_eq!(arrived.len(), 10);

    let theirs = Bench::on(ours.aws.clone(), FULL);
    seconds(10).await;
    let (_theirs, _machine, evictor) = held_by(&theirs, true).await;
    let arrived = arriving(&ours, async {
        let told = change(&session).await.unwrap_err();
        assert_eq!(told.class, Class::Interrupted);
        assert!(told.message.contains("was taken over by"), "{}", told.message);
        assert_eq!(change(&session).await.unwrap_err(), told, "nor any later one");
    });
    assert_eq!(arrived.await, ["GetParameter"]);
    assert_eq!(held.check().unwrap_err().class, Class::Interrupted);
    // Nor does it take the other's lock away; after it, its clients are free again.
    held.release().await.unwrap();
    assert_eq!(changing().await, ["PutParameter"]);
    evictor.release().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_holder_whose_evictor_is_done_is_told_so() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let theirs = Bench::on(ours.aws.clone(), FULL);
    let (session, _machine, held) = held_by(&ours, false).await;
    seconds(10).await;
    theirs.up_with(|arguments| arguments.force_unlock = true).await.done();
    let told = change(&session).await.unwrap_err();
    assert!(told.message.contains("another run took it over and ended"), "{}", told.message);
    assert!(held.check().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_cannot_look_makes_no_call_more() {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let (session, _machine, held) = held_by(&bench, false).await;
    let away = Effect::FailBefore(Refusal::unavailable(1));
    bench.aws.faults().add(Rule::operation("ssm", "GetParameter", away));
    // While it runs, a few looks that fail are no reason to stop.
    kept(&held, 119).await;
    change(&session).await.unwrap();
    seconds(5).await;
    let told = change(&session).await.unwrap_err();
    assert_eq!(told.class, Class::Interrupted);
    assert!(told.message.contains("cannot be seen"), "{}", told.message);
    assert!(held.check().is_err());
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_one_goes_through() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let theirs = Bench::on(ours.aws.clone(), FULL);
    // On two machines, and on one.
    for other in [&theirs, &ours] {
        let ran = tokio::join!(ours.up(), other.up());
        let (through, refused) = match (&ran.0.ended, &ran.1.ended) {
            (Ok(ExitCode::Done), Err(_)) => (&ran.0, &ran.1),
            (Err(_), Ok(ExitCode::Done)) => (&ran.1, &ran.0),
            both => panic!("{both:?}"),
        };
        assert_eq!(refused.ended.clone().unwrap_err().kind, ExitCode::Locked);
        let names_it = format!("process {}", std::process::id());
        let told = refused.err.replace("process:", "process");
        assert!(told.contains(&names_it) && told.contains("up"), "{told}");
        assert!(through.err.contains("is up"), "{}", through.err);
        assert_eq!(ours.work().await, std::collections::BTreeMap::new());
        let all = names(&ours.store());
        assert!(!all.contains(&LOCK.to_owned()) && all.len() > 30, "{all:?}");
        assert!(all.windows(2).all(|two| two[0] != two[1]), "twice: {all:?}");
        ours.cleanup().await.done();
        assert_eq!(names(&ours.store()), Vec::<String>::new());
    }
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
