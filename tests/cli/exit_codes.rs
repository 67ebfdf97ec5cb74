//! The exit code of every command, along the way that a stack takes.

use super::project::Project;
use super::raw_store::{inventory, undisturbed};

/// What the README promises, in this order.
#[test]
fn the_way_of_a_stack() {
    let project = Project::starter();
    project.run("plan --local --check").with(4).prints("0 to change, 0 to replace, 0 to remove");
    project.run("plan --local").with(0);
    project.run("status --local").with(4).prints("missing");
    project.run("up --local --yes").with(0).says("acme-tools is up");
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0).prints("Nothing to change");
    project
        .run("status --local --verify")
        .with(0)
        .prints("as wanted")
        .prints("the journal and the account agree");
    project.run("up --local --yes").with(0).says("Nothing to change");
    std::fs::remove_dir_all(project.path(".construct")).unwrap();
    project.run("plan --local --check").with(0);
    project.edit("construct.toml", "\"read:user\"", "\"read:user\", \"gist\"");
    project.run("plan --local --check").with(4).prints("target/github");
    project.run("status --local").with(4).prints("differs");
    project.run("up --local --yes").with(0).says("changed target/github");
    project.run("--cleanup --local --yes").with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
    assert!(!project.path("config.json").exists() && !project.path("mcp.json").exists());
    project.run("plan --local --check").with(4);
    project.run("cleanup --local --yes").with(0).says("nothing left");
}

#[test]
fn a_command_line_that_is_wrong() {
    let project = Project::starter();
    let before = project.files();
    for line in [
        "",
        "nonsense",
        "up --locale",
        "up --local --parallelism 0",
        "up --local --parallelism many",
        "up --local --adopt Not/An//Address",
        "plan --local --yes",
        "up --cleanup",
        "cleanup --stack ../elsewhere",
        "cleanup --region us-west-2",
        "gc --yes",
        "gc --keep ../elsewhere",
        "iam --account 12",
        "schema other",
        "completions",
        "completions cmd",
        "local --latency soon",
        "local --port 70000",
        "--color sometimes plan",
    ] {
        let ended = project.run(line).with(2);
        assert!(
            ended.out.is_empty() && ended.err.contains("Usage:") | ended.err.contains("--help"),
            "{line}: {ended:?}"
        );
        assert_eq!(project.files(), before, "{line}");
    }
    project
        .run("up --local --yes --adopt nowhere")
        .with(2)
        .says("--adopt nowhere")
        .says("hint: `construct graph`");
}

#[test]
fn both_spellings_of_cleanup_take_the_same_options() {
    for line in ["--cleanup --local --yes", "--local --yes --cleanup"] {
        let project = Project::finished();
        project
            .run(line)
            .with(0)
            .says(" objects of acme-tools and looked again")
            .says("nothing left");
        assert_eq!(inventory(&project), [""; 0], "{line}");
    }
}

#[test]
fn another_stack_in_the_account_stays() {
    let project = Project::finished();
    project.write(
        "other.toml",
        &project.read("construct.toml").replace("\"acme-tools\"", "\"other-tools\""),
    );
    project.run("up --local --yes --manifest other.toml").with(0);
    project.run("cleanup --local --yes --manifest other.toml").with(0);
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0);
    project.run("plan --local --check --manifest other.toml").with(4);
}

#[test]
fn a_protected_stack_is_not_removed() {
    let project = Project::finished();
    project.edit(
        "construct.toml",
        "region = \"us-west-2\"",
        "region = \"us-west-2\"\nprotect = true",
    );
    project
        .run("cleanup --local --yes")
        .with(2)
        .says("protected")
        .says("hint: remove `protect = true`");
    assert_eq!(inventory(&project), undisturbed());
}
