//! What a person at a terminal is asked, and what an answer does. The terminal is the one that `script` of util-linux makes.

use std::io::Write;
use std::process::Stdio;

use super::project::{Ended, Project, Running};
use super::raw_store::inventory;

/// Whether the machine can make a terminal; says so where it cannot.
#[expect(clippy::print_stderr, reason = "who runs the tests should know what was left out")]
pub(super) fn can_make_terminals() -> bool {
    let there = std::process::Command::new("script")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !there {
        assert!(std::env::var_os("CI").is_none(), "CI has `script`, of util-linux");
        eprintln!("left out: there is no `script` on this machine");
    }
    there
}

/// Runs the program at a terminal of its own, answers its question, and gives what the terminal showed on stdout.
pub(super) fn at_a_terminal(project: &Project, line: &str, question: &str, answer: &str) -> Ended {
    let mut shell = project.shell(&format!("exec script -qec \"$construct {line}\" /dev/null"));
    let mut running =
        Running::start(shell.env("TERM", "xterm").env("SHELL", "/bin/sh").stdin(Stdio::piped()));
    let mut input = running.input();
    running.until(question);
    input.write_all(answer.as_bytes()).unwrap();
    input.flush().unwrap();
    let ended = running.wait();
    drop(input);
    ended
}

#[test]
fn no_changes_nothing_and_yes_carries_it_out() {
    if !can_make_terminals() {
        return;
    }
    let project = Project::starter();
    let ended = at_a_terminal(&project, "up --local", "Carry this plan out?", "n\r").with(0);
    assert!(ended.out.contains("Nothing was changed."), "{}", ended.out);
    assert_eq!(inventory(&project), [""; 0]);
    assert!(!project.path("config.json").exists());
    let ended = at_a_terminal(&project, "up --local", "Carry this plan out?", "y\r").with(0);
    assert!(ended.out.contains("acme-tools is up"), "{}", ended.out);
    let there = inventory(&project);
    let ended = at_a_terminal(&project, "cleanup --local", "Remove all of this?", "n\r").with(0);
    assert!(ended.out.contains("Nothing was removed."), "{}", ended.out);
    assert_eq!(inventory(&project), there);
    let ended = at_a_terminal(&project, "cleanup --local", "Remove all of this?", "y\r").with(0);
    assert!(ended.out.contains("nothing left"), "{}", ended.out);
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn enter_alone_is_no() {
    if !can_make_terminals() {
        return;
    }
    let project = Project::starter();
    let ended = at_a_terminal(&project, "up --local", "Carry this plan out?", "\r").with(0);
    assert!(ended.out.contains("Nothing was changed."), "{}", ended.out);
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn no_colour_where_none_is_wanted() {
    if !can_make_terminals() {
        return;
    }
    let project = Project::starter();
    let coloured = |setting: &str| {
        let script = format!("exec script -qec \"{setting} $construct plan --local\" /dev/null");
        let ended =
            Running::start(project.shell(&script).env("TERM", "xterm").env("SHELL", "/bin/sh"))
                .wait()
                .with(0);
        assert!(ended.out.contains(" to create, 0 to change"), "{}", ended.out);
        ended.out.contains("\u{1b}[")
    };
    assert!(coloured(""));
    assert!(!coloured("NO_COLOR=1") && !coloured("TERM=dumb"));
}
