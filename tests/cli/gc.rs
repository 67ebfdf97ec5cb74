//! Stacks without their manifest, as a process: `cleanup --stack` removes the one that is named, `gc` finds those that
//! nobody here knows.

use std::fs;

use serde_json::Value;

use super::project::Project;
use super::raw_store::{inventory, undisturbed};
use super::terminal::{at_a_terminal, can_make_terminals};

const NAMED: &str = "cleanup --stack acme-tools --region us-west-2 --local";
const GC: &str = "gc --region us-west-2 --local";

/// A folder with a finished stack of which it knows nothing any more.
fn forgotten() -> Project {
    let project = Project::finished();
    for name in ["construct.toml", "config.json", "mcp.json"] {
        fs::remove_file(project.path(name)).unwrap();
    }
    for name in ["specs", ".construct"] {
        fs::remove_dir_all(project.path(name)).unwrap();
    }
    project
}

#[test]
fn a_name_is_enough_to_remove_a_stack() {
    let project = forgotten();
    project.run("cleanup --local --yes").with(3).says("no manifest at construct.toml");
    project
        .run("cleanup --stack acme-tools --local --yes")
        .with(2)
        .says("nothing says in which AWS Region to look")
        .says("--region");
    project
        .run(NAMED)
        .with(2)
        .says("- remove    target/github")
        .says("question: Remove all of this?");
    assert_eq!(inventory(&project), undisturbed());
    project.run(&format!("{NAMED} --yes")).with(0).says("of acme-tools").says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
    project.run(&format!("{NAMED} --yes")).with(0).says("There was nothing of acme-tools");
}

#[test]
fn a_stack_that_died_half_way_is_removed_by_its_name() {
    let project = Project::starter();
    let mut up = project.start("up --local --yes");
    up.until("created gateway (");
    up.kill();
    fs::remove_file(project.path("construct.toml")).unwrap();
    // The memory is here: this machine knows its own dead run.
    project.run(&format!("{NAMED} --yes")).with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn what_the_folder_knows_is_none_of_gcs() {
    let project = Project::finished();
    let files = project.files();
    for line in ["gc --local", "gc --local --delete --yes --yes-destroy"] {
        project.run(line).with(0).says("is of a known stack");
        // The journal knows it too.
        project.run(&format!("{line} --manifest other.toml --region us-west-2")).with(0);
    }
    assert_eq!(inventory(&project), undisturbed());
    assert_eq!(project.files(), files);
}

#[test]
fn what_nobody_knows_is_listed_and_removed() {
    let project = forgotten();
    let files = project.files();
    project.run(GC).with(0).prints("Stack acme-tools, Region us-west-2").says("--delete");
    project.run(&format!("{GC} --keep acme-tools")).with(0).says("is of a known stack");
    let list = project.run(&format!("{GC} --json")).with(0).json();
    assert_eq!(list["stacks"][0]["stack"], "acme-tools");
    let kinds = list["stacks"][0]["objects"].as_array().unwrap().iter().map(|one| &one["kind"]);
    assert_eq!(kinds.filter(|kind| **kind == "agentcore.target").count(), 2);
    assert_eq!(project.files(), files, "a list writes nothing");
    project.run(&format!("{GC} --delete")).with(2).says("objects of acme-tools?").says("--yes");
    assert_eq!(inventory(&project), undisturbed());
    let events = project.run(&format!("{GC} --delete --yes --json")).with(0).out;
    let last: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert!(last.to_string().contains("run_finished"), "{last}");
    assert_eq!(inventory(&project), [""; 0]);
    project.run(&format!("{GC} --delete --yes")).with(0).says("is of a known stack");
}

#[test]
fn a_person_is_asked_about_each_stack_by_name() {
    if !can_make_terminals() {
        return;
    }
    let project = forgotten();
    let (line, question) = (format!("{GC} --delete"), "objects of acme-tools?");
    let ended = at_a_terminal(&project, &line, question, "n\r").with(0);
    assert!(ended.out.contains("Nothing was removed."), "{}", ended.out);
    assert_eq!(inventory(&project), undisturbed());
    let ended = at_a_terminal(&project, &line, question, "y\r").with(0);
    assert!(ended.out.contains("nothing left"), "{}", ended.out);
    assert_eq!(inventory(&project), [""; 0]);
}
