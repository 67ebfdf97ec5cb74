//! Sources of secrets that are not set: an error on AWS, a placeholder on the local AWS, and never a value in sight.

use super::project::{Project, Running};
use super::served::{Served, on_aws};

const VARIABLES: [&str; 4] =
    ["GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET", "ATLASSIAN_CLIENT_ID", "ATLASSIAN_CLIENT_SECRET"];

#[test]
fn on_aws_every_variable_that_is_not_set_is_named() {
    let project = Project::starter_without_look_ups();
    let before = project.files();
    for line in ["plan", "up --yes", "status"] {
        let ended = project.run(line).with(3).says("construct.toml:11:1").says("4 problems");
        for variable in VARIABLES {
            assert!(
                ended.err.contains(&format!("the environment variable {variable} is not set")),
                "{}",
                ended.err
            );
        }
        assert_eq!(project.files(), before);
    }
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let project = Project::starter_without_look_ups();
    let mut command = on_aws(&project, "plan");
    Running::start(command.env("GITHUB_CLIENT_SECRET", ""))
        .wait()
        .with(3)
        .says("the environment variable GITHUB_CLIENT_SECRET is not set");
}

#[test]
fn the_local_aws_takes_placeholders_and_says_so() {
    let project = Project::starter();
    let ended = project.run("up --local --yes").with(0).says("replaced by a placeholder");
    for variable in VARIABLES {
        assert!(ended.err.contains(variable), "{}", ended.err);
    }
}

#[test]
fn a_secret_is_in_nothing_that_a_run_leaves_behind() {
    const PLANTED: &str = "sentinel-7f3a9c41";
    let project = Project::starter_without_look_ups();
    let account = Project::starter();
    let served = Served::start(&account, "--relaxed");
    for line in ["plan --json", "up --yes --json", "status --json", "up --yes --timings"] {
        let mut command = served.command(&project, line);
        let command =
            command.env("GITHUB_CLIENT_SECRET", PLANTED).env("ATLASSIAN_CLIENT_SECRET", PLANTED);
        let ended = Running::start(command).wait();
        assert!(ended.code.is_some_and(|code| code == 0 || code == 4), "{line}: {}", ended.err);
        assert!(!ended.out.contains(PLANTED) && !ended.err.contains(PLANTED), "{line}");
    }
    for (path, content) in project.files() {
        assert!(!String::from_utf8_lossy(&content).contains(PLANTED), "{}", path.display());
    }
    assert!(account.read(".local-aws/state.json").contains(PLANTED), "the account has it");
}
