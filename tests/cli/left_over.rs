//! What running functions leave on the disk: nothing, however the program that serves them ends.

use super::project::Project;
use super::served::Served;
use super::visitor::send;

/// The folders of running functions.
fn folders(project: &Project) -> usize {
    std::fs::read_dir(project.path(".local-aws/running")).map_or(0, Iterator::count)
}

/// Serves a stack, and has one of its functions answer.
fn served(project: &Project) -> Served {
    let served = Served::start(project, "");
    assert_eq!(folders(project), 0, "what was left before is gone");
    let config: serde_json::Value = serde_json::from_str(&project.read("config.json")).unwrap();
    let health = format!("{}/health", config["api"]["endpoint"].as_str().unwrap());
    assert_eq!(send("GET", &health, &[], "").0.status, 200);
    assert_eq!(folders(project), 1, "the function's code is beside the state");
    served
}

#[test]
fn a_signal_leaves_no_folder_and_a_kill_leaves_it_to_the_next_start() {
    let project = Project::starter();
    project.run("up --local --yes").with(0);
    for signal in ["INT", "TERM"] {
        served(&project).end(signal).with(0);
        assert_eq!(folders(&project), 0, "after {signal}");
    }
    served(&project).kill();
    assert_eq!(folders(&project), 1, "nobody could remove it");
    served(&project).end("INT").with(0);
    // A command that owns the account for a moment does the same.
    served(&project).kill();
    project.run("plan --local --check").with(0);
    assert_eq!(folders(&project), 0);
}
