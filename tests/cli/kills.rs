//! SIGKILL of the program itself, at moments spread over a run: the next `up` goes on, or `cleanup` undoes it.

use std::time::{Duration, Instant};

use super::project::{Project, pause};
use super::raw_store::{inventory, undisturbed};
use super::served::Served;

/// How many kills, and how many of them at once: most of each is waiting.
const POINTS: u32 = 12;
const AT_ONCE: u32 = 4;

/// Picks the moments within their twelfths; a failure names the moment.
const SEED: u64 = 0x00c0_ffee;

/// A number below one, the same for the same `step`.
fn fraction(step: u32) -> f64 {
    let mixed = (SEED ^ u64::from(step)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    f64::from(u32::try_from(mixed >> 32).unwrap()) / f64::from(u32::MAX)
}

#[test]
fn a_killed_run_is_continued_or_undone() {
    let expected = undisturbed();
    let whole = {
        let project = Project::starter();
        let _served = Served::start(&project, "--latency 30");
        let started = Instant::now();
        project.run("up --local --yes").with(0);
        started.elapsed()
    };
    std::thread::scope(|scope| {
        for lane in 0..AT_ONCE {
            scope.spawn(move || {
                for point in (0..POINTS).filter(|point| point % AT_ONCE == lane) {
                    let share = (f64::from(point) + fraction(point)) / f64::from(POINTS);
                    kill_after(whole.mul_f64(share), point % 8 < 4, expected);
                }
            });
        }
    });
}

/// Kills an `up` after `delay`, and then continues it or undoes it.
fn kill_after(delay: Duration, go_on: bool, expected: &[String]) {
    let project = Project::starter();
    let served = Served::start(&project, "--latency 30");
    let up = project.start("up --local --yes");
    pause(delay);
    let killed = up.kill();
    if go_on {
        project.run("up --local --yes").with(0);
        project.run("plan --local --check").with(0);
    } else {
        project.run("cleanup --local --yes").with(0).says("nothing left");
    }
    drop(served);
    let wanted = if go_on { expected } else { &[] };
    assert_eq!(
        inventory(&project),
        wanted,
        "killed after {delay:?}, when it had said:\n{}",
        killed.err
    );
}

#[test]
fn a_killed_run_that_was_the_account_itself() {
    let points = [("created pool ", true), ("gateway: waiting", false), ("created gateway ", true)];
    std::thread::scope(|scope| {
        for (say, go_on) in points {
            scope.spawn(move || {
                let project = Project::starter();
                let mut up = project.start("up --local --yes");
                up.until(say);
                up.kill();
                if go_on {
                    project.run("up --local --yes").with(0);
                    project.run("plan --local --check").with(0);
                    assert_eq!(inventory(&project), undisturbed(), "killed after {say}");
                } else {
                    project.run("cleanup --local --yes").with(0).says("nothing left");
                    assert_eq!(inventory(&project), [""; 0], "killed after {say}");
                }
            });
        }
    });
}

#[test]
fn a_killed_cleanup_is_continued() {
    let project = Project::finished();
    for say in ["removed route/", "removed function/"] {
        let mut cleanup = project.start("cleanup --local --yes");
        cleanup.until(say);
        cleanup.kill();
    }
    project.run("cleanup --local --yes").with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn a_killed_local_aws_keeps_its_state() {
    let project = Project::starter();
    let served = Served::start(&project, "");
    project.run("up --local --yes").with(0);
    served.kill();
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0);
    let again = Served::start(&project, "");
    assert!(again.process().id() > 0);
    project.run("plan --local --check").with(0);
}

#[test]
fn a_local_aws_killed_under_a_run_is_told_and_the_next_run_goes_on() {
    let project = Project::starter();
    let served = Served::start(&project, "--latency 30");
    let mut up = project.start("up --local --yes");
    up.until("created pool ");
    served.kill();
    up.wait().with(5).says("Run the command again");
    project.run("up --local --yes").with(0);
    assert_eq!(inventory(&project), undisturbed());
}
