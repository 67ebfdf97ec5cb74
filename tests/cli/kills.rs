//! SIGKILL of the program itself: the next `up` goes on, or `cleanup` undoes it.
//!
//! The sweep in `tests/stack` visits every call within one process. Here are a few of its points for real: the local AWS is
//! a process, the program is another, between them is TCP, and what is left of the program is what the kernel leaves.

use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::project::{Ended, Project, Running};
use super::raw_store::{inventory, undisturbed};
use super::served::{Served, recorded};

/// Secrets that stand in the environment: each must be in no file.
const SECRETS: [(&str, &str); 2] = [
    ("GITHUB_CLIENT_SECRET", "sentinel-github-41c7"),
    ("ATLASSIAN_CLIENT_SECRET", "sentinel-atlassian-e02b"),
];

/// SIGKILL.
const KILL: i32 = 9;

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Struck {
    FirstUp,
    Change,
    Prune,
    Cleanup,
}

/// A moment of a run, and how the run is put right.
#[derive(Debug)]
struct Point {
    struck: Struck,
    /// Which of its calls that change something is never answered.
    call: usize,
    /// Whether that call has its effect.
    effect: bool,
    /// Whether the next run knows nothing of it: another machine.
    forget: bool,
    then: &'static str,
}

const fn point(
    struck: Struck,
    (call, effect): (usize, bool),
    then: &'static str,
    forget: bool,
) -> Point {
    Point { struck, call, effect, forget, then }
}

const BEFORE: bool = false;
const AFTER: bool = true;

/// The first call is the one that takes the lock.
const POINTS: [Point; 12] = [
    point(Struck::FirstUp, (1, AFTER), "up", true),
    point(Struck::FirstUp, (4, BEFORE), "up", false),
    point(Struck::FirstUp, (11, AFTER), "up", true),
    point(Struck::FirstUp, (27, AFTER), "cleanup", true),
    point(Struck::FirstUp, (38, BEFORE), "cleanup", false),
    point(Struck::Change, (3, AFTER), "up", true),
    point(Struck::Change, (9, BEFORE), "cleanup", false),
    point(Struck::Prune, (3, AFTER), "up", false),
    point(Struck::Prune, (4, BEFORE), "up", true),
    point(Struck::Cleanup, (2, AFTER), "up", true),
    point(Struck::Cleanup, (16, AFTER), "cleanup", false),
    point(Struck::Cleanup, (30, BEFORE), "cleanup", true),
];

impl Struck {
    /// The folder, just before.
    fn project(self) -> Project {
        let project = if self == Self::FirstUp { Project::starter() } else { Project::finished() };
        match self {
            Self::FirstUp | Self::Cleanup => {}
            Self::Change => {
                project.edit("construct.toml", "[stack]", "[stack]\ntags = { team = \"tools\" }");
            }
            Self::Prune => prune(&project),
        }
        project
    }

    fn line(self) -> &'static str {
        if self == Self::Cleanup { "cleanup" } else { "up" }
    }

    /// What is in the account when all is well.
    fn finished(self) -> &'static [String] {
        static PRUNED: OnceLock<Vec<String>> = OnceLock::new();
        if self != Self::Prune {
            return undisturbed();
        }
        PRUNED.get_or_init(|| {
            let project = Project::finished();
            prune(&project);
            project.run("up --local --yes").with(0);
            let left = inventory(&project);
            assert!(left.len() < undisturbed().len(), "{left:#?}");
            left
        })
    }
}

/// Takes Confluence out of the manifest.
fn prune(project: &Project) {
    let text = project.read("construct.toml");
    let gone = ["[providers.atlassian]", "[targets.confluence"];
    let kept: Vec<&str> = text
        .split("\n\n")
        .filter(|table| gone.iter().all(|head| !table.starts_with(head)))
        .collect();
    assert!(kept.len() >= 3 && !kept.concat().contains("atlassian"), "{kept:?}");
    project.write("construct.toml", &kept.join("\n\n"));
}

fn command(project: &Project, line: &str) -> Command {
    let mut command = project.command(&format!("{line} --local"));
    command.envs(SECRETS);
    command
}

fn run(project: &Project, line: &str) -> Ended {
    Running::start(&mut command(project, line)).wait()
}

/// Kills the run of `point` while its call is never answered, and proves that it was that call.
fn kill(point: &Point, project: &Project) -> Ended {
    // One change at a time, so that the call is the last.
    let line = format!("{} --yes --parallelism 1", point.struck.line());
    let mut running = Running::start(&mut command(project, &line));
    let unanswered = |calls: &[Value]| calls.iter().any(|call| call["status"].is_null());
    let calls = running.until_seen("a call that is not answered", |_| {
        Some(recorded(project, "calls.jsonl")).filter(|calls| unanswered(calls))
    });
    let killed = running.kill();
    assert_eq!((killed.code, killed.signal), (None, Some(KILL)), "{point:?}: {}", killed.err);
    let all = recorded(project, "calls.jsonl");
    assert_eq!(all, calls, "{point:?}: no call came after it");
    assert!(all.last().unwrap()["status"].is_null(), "{point:?}: it was the last");
    let changes = all.iter().filter(|call| call["mutating"] == true).count();
    assert_eq!(changes, point.call, "{point:?}");
    killed
}

/// Puts right what is left, as a person would.
fn put_right(point: &Point, project: &Project) -> Ended {
    let line = format!("{} --yes", point.then);
    if !point.forget {
        return run(project, &line).with(0);
    }
    std::fs::remove_dir_all(project.path(".construct")).unwrap();
    // Another machine cannot know that the holder is dead.
    run(project, &line).with(7).says("the stack is locked by").says("last seen ");
    run(project, &format!("{line} --force-unlock")).with(0)
}

fn strike(point: &Point) {
    let project = point.struck.project();
    let moment = if point.effect { "hang-after" } else { "hang-before" };
    let rule =
        format!("[[rule]]\nchanges-only = true\nnth = {}\neffect = \"{moment}\"\n", point.call);
    project.write("faults.toml", &rule);
    let served = Served::start(&project, "--relaxed --faults faults.toml --record calls.jsonl");
    let killed = kill(point, &project);
    let ended = put_right(point, &project);
    let up = point.then == "up";
    let expected = if up { point.struck.finished() } else { &[] };
    assert_eq!(inventory(&project), expected, "{point:?}\n{}", ended.err);
    if up {
        run(&project, "plan --check").with(0);
    }
    served.kill();
    let told = [killed, ended].map(|ended| ended.out + &ended.err).concat();
    for (variable, secret) in SECRETS {
        assert!(!told.contains(secret), "{point:?}: {variable} was printed");
        for (path, content) in project.files() {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{point:?}: {variable} is in {}", path.display());
        }
    }
    let arrived = project.read(".local-aws/state.json").contains(SECRETS[0].1);
    assert_eq!(arrived, up, "{point:?}: what is looked for was in the account");
}

#[test]
fn a_run_that_is_killed_at_a_call_is_continued_or_undone() {
    // What goes on from the same finished stack has its ports, of which only one can be served.
    let (first, others): (Vec<_>, Vec<_>) =
        POINTS.iter().partition(|point| point.struck == Struck::FirstUp);
    std::thread::scope(|scope| {
        for lane in [&first[..3], &first[3..], &others] {
            scope.spawn(move || lane.iter().for_each(|point| strike(point)));
        }
    });
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
