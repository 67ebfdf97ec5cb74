//! One run at a time: on the machine, in the account, and on the local AWS.

use std::time::{Duration, Instant};

use super::project::{Project, Running};
use super::raw_store::{inventory, undisturbed};
use super::served::Served;

const STACK_LOCK: &str = "/construct/acme-tools/lock";

#[test]
fn a_second_run_on_the_machine_is_told_who_runs() {
    let project = Project::starter();
    let served = Served::start(&project, "--relaxed --latency 60");
    let mut first = project.start("up --local --yes");
    first.until("Working on");
    let journal = project.journal();
    for line in ["up --local --yes", "cleanup --local --yes"] {
        project
            .run(line)
            .with(7)
            .says("another run holds the lock")
            .says("command: up")
            .says(&format!("process: {}", first.id()))
            .says("since: 20")
            .says("hint: wait until it ends");
    }
    assert!(project.journal().starts_with(&journal), "the first run's journal is its own");
    // Reading needs no lock.
    project.run("plan --local").with(0);
    first.wait().with(0);
    project.run("up --local --yes").with(0).says("Nothing to change");
    drop(served);
    assert_eq!(inventory(&project), undisturbed());
}

#[test]
fn a_run_on_another_machine_holds_the_stack() {
    let (here, account) = (Project::starter_without_look_ups(), Project::starter());
    let served = Served::start(&account, "--relaxed");
    let holder = r#"{"run":"5eed","who":"ada@elsewhere, process 7","command":"up","since":"2026-01-02T03:04:05Z"}"#;
    served.put_parameter(STACK_LOCK, holder);
    let before = inventory(&account);
    served
        .run(&here, "up --yes")
        .with(7)
        .says("the stack is locked by ada@elsewhere, process 7 (up, since 2026-01-02T03:04:05Z)")
        .says("--force-unlock");
    assert_eq!(inventory(&account), before, "nothing was done");
    assert!(!here.path("config.json").exists());
    served.run(&here, "up --yes --force-unlock").with(0);
    assert_eq!(inventory(&account), undisturbed(), "the lock is let go at the end");
    served.put_parameter(STACK_LOCK, holder);
    served.run(&here, "cleanup --yes").with(7).says("ada@elsewhere");
    served.run(&here, "cleanup --yes --force-unlock").with(0).says("nothing left");
    assert_eq!(inventory(&account), [""; 0]);
}

#[test]
fn of_two_at_the_same_moment_one_goes_through() {
    let (here, there) = (Project::starter_without_look_ups(), Project::starter_without_look_ups());
    let account = Project::starter();
    let served = Served::start(&account, "--relaxed --latency 60");
    // On two machines, and on one.
    for (other, line) in [(&there, "up --yes"), (&here, "cleanup --yes")] {
        let other_machine = std::ptr::eq(other, &raw const there);
        let [one, two] = [&here, other].map(|at| Running::start(&mut served.command(at, line)));
        let ids = [one.id(), two.id()];
        let ended = [one.wait(), two.wait()];
        let through = ended.iter().position(|ended| ended.code == Some(0)).expect(line);
        let [one, two] = ended;
        let refused = if through == 0 { two } else { one }.with(7);
        // The stack's lock names the process as `process 7`, the machine's as `process: 7`.
        let told = refused.err.replace("process:", "process");
        assert!(told.contains(&format!("process {}", ids[through])), "{told}");
        assert_eq!(
            told.contains("the stack is locked by") && told.contains("last seen "),
            other_machine,
            "{told}"
        );
        let expected = if other_machine { undisturbed() } else { &[] };
        assert_eq!(inventory(&account), expected);
    }
}

#[test]
fn a_lock_that_is_none_of_ours_is_left_alone() {
    let (here, account) = (Project::starter_without_look_ups(), Project::starter());
    let served = Served::start(&account, "");
    served.put_parameter(STACK_LOCK, "somebody else's own parameter");
    let ended = served.run(&here, "up --yes");
    assert!(ended.code.is_some_and(|code| code == 5 || code == 7), "{ended:?}");
    assert!(ended.err.contains(STACK_LOCK), "{}", ended.err);
    assert!(account.read(".local-aws/state.json").contains("somebody else's own parameter"));
    assert_eq!(inventory(&account).len(), 1);
}

#[test]
fn a_plan_waits_for_the_run_that_has_the_local_aws_in_process() {
    let project = Project::starter();
    let mut up = project.start("up --local --yes");
    up.until("Working on");
    // It sees the finished stack, or would have been told who holds it.
    project.run("plan --local --check").with(0).prints("Nothing to change");
    up.wait().with(0);
}

#[test]
fn who_waits_too_long_for_the_local_aws_is_told_who_has_it() {
    let project = Project::starter();
    std::fs::create_dir(project.path(".local-aws")).unwrap();
    project.write(".local-aws/owner.json", r#"{"pid":4242,"address":null}"#);
    let lock = std::fs::File::create(project.path(".local-aws/lock")).unwrap();
    lock.try_lock().unwrap();
    let started = Instant::now();
    project.run("plan --local").with(7).says("in use by process 4242").says("hint:");
    assert!(started.elapsed() < Duration::from_mins(1));
    drop(lock);
    project.run("plan --local").with(0);
}

#[test]
fn the_local_aws_has_one_owner() {
    let project = Project::starter();
    let served = Served::start(&project, "--relaxed");
    project.run("local").with(7).says("served already").says(served.address());
    // Commands find it there, over TCP.
    project.run("up --local --yes").with(0);
    #[cfg(unix)]
    served.interrupt().with(0);
    #[cfg(not(unix))]
    served.kill();
    project.run("plan --local --check").with(0);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let project = Project::empty();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = Running::start(&mut project.command(&format!("local --port {port}"))).wait();
    ended.with(2).says(&format!("port {port}")).says("hint: choose another with --port");
}
