//! Ctrl-C once: the calls under way are finished, nothing new begins. Twice: it leaves at once. Either way the next run
//! goes on.

use std::time::{Duration, Instant};

use super::project::{Project, pause};
use super::raw_store::{inventory, undisturbed};
use super::served::Served;

/// The intents of the journal that have no end.
fn in_doubt(project: &Project) -> usize {
    let mut open = std::collections::BTreeSet::new();
    for entry in project.entries() {
        let address = entry["address"].as_str().unwrap_or_default().to_owned();
        match entry["what"].as_str().unwrap() {
            "intent" => {
                open.insert(address);
            }
            "done" | "failed" | "gone" | "missing" | "seen" => {
                open.remove(&address);
            }
            _ => {}
        }
    }
    open.len()
}

#[test]
fn once_while_making() {
    let project = Project::starter();
    let served = Served::start(&project, "--latency 60");
    let mut up = project.start("up --local --yes");
    up.until("created pool ");
    up.signal("INT");
    let ended = up.wait().with(5);
    let ended = ended
        .says("Ctrl-C again leaves at once")
        .says("Run the command again: it goes on from here");
    assert!(ended.err.contains(" not tried") && !ended.err.contains("  failed"), "{}", ended.err);
    assert_eq!(in_doubt(&project), 0, "what had begun was finished");
    assert_eq!(project.entries().last().unwrap()["what"], "run_finished");
    assert!(
        !project.read(".local-aws/state.json").contains("/construct/acme-tools/lock"),
        "the lock is let go"
    );
    serde_json::from_str::<serde_json::Value>(&project.read("config.json")).unwrap();
    let left = inventory(&project).len();
    assert!(left > 0 && left < undisturbed().len(), "it stopped in the middle: {left}");
    project.run("up --local --yes").with(0);
    drop(served);
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0);
}

#[test]
fn once_while_removing() {
    let project = Project::finished();
    let mut cleanup = project.start("cleanup --local --yes");
    cleanup.until("removed route/");
    cleanup.signal("INT");
    cleanup.wait().with(6).says("objects are left").says("run the command again");
    assert_eq!(in_doubt(&project), 0);
    assert!(!inventory(&project).is_empty());
    assert!(project.path("config.json").exists(), "its documents go last");
    project.run("cleanup --local --yes").with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn twice_while_making() {
    let project = Project::starter();
    let served = Served::start(&project, "--latency 600");
    let mut up = project.start("up --local --yes");
    up.until("Working on");
    // The first intents are written at once, and their calls are under way for more than half a second.
    pause(Duration::from_millis(250));
    up.signal("INT");
    up.until("Ctrl-C again leaves at once");
    up.signal("INT");
    let second = Instant::now();
    up.wait()
        .with(5)
        .says("left at once, with calls under way")
        .says("hint: run the command again");
    assert!(second.elapsed() < Duration::from_secs(10), "{:?}", second.elapsed());
    assert!(in_doubt(&project) > 0, "calls were under way");
    assert!(
        project.read(".local-aws/state.json").contains("/construct/acme-tools/lock"),
        "nobody let the lock go"
    );
    served.kill();
    // The lock of a run that this machine outlived needs no force.
    project.run("up --local --yes").with(0).says("settled");
    assert_eq!(in_doubt(&project), 0);
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0);
}

#[test]
fn twice_and_then_cleaned_up() {
    let project = Project::starter();
    let served = Served::start(&project, "--latency 300");
    let mut up = project.start("up --local --yes");
    up.until("created pool ");
    up.signal("INT");
    up.until("Ctrl-C again leaves at once");
    up.signal("INT");
    up.wait().with(5);
    served.kill();
    project.run("cleanup --local --yes").with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn a_served_local_aws_ends_and_keeps_its_state() {
    let project = Project::starter();
    let served = Served::start(&project, "");
    project.run("up --local --yes").with(0);
    let address = served.address().to_owned();
    served.interrupt().with(0);
    assert_eq!(inventory(&project), undisturbed());
    let again = Served::start(&project, "");
    assert_eq!(again.address(), address, "the URLs that were given out still hold");
    project.run("plan --local --check").with(0);
}
