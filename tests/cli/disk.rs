//! Folders and files that cannot be written: a clear message, nothing half-written, and the next run goes on.

use super::project::{MEMORY, Project, Running};
use super::raw_store::{inventory, undisturbed};
use super::served::Served;

/// A place that nobody can write below, root included: where a folder is needed there is a file.
fn shut(project: &Project, folder: &str) {
    project.write(folder, "");
}

#[test]
fn a_memory_that_cannot_be_made() {
    let project = Project::starter();
    shut(&project, ".construct");
    for line in ["up --local --yes", "cleanup --local --yes"] {
        project
            .run(line)
            .with(5)
            .says("lock")
            .says("hint: check that the folder is yours to write");
        assert_eq!(inventory(&project), [""; 0], "{line}");
    }
    assert_eq!(project.read(".construct"), "");
    assert!(!project.path("config.json").exists() && !project.path("mcp.json").exists());
    std::fs::remove_file(project.path(".construct")).unwrap();
    project.run("up --local --yes").with(0);
}

#[test]
fn a_local_aws_that_cannot_be_kept() {
    let project = Project::starter();
    shut(&project, ".local-aws");
    let before = project.files();
    for line in ["plan --local", "up --local --yes", "status --local", "cleanup --local --yes"] {
        project
            .run(line)
            .with(5)
            .says("cannot use")
            .says(".local-aws")
            .says("caused by:")
            .says("hint:");
        assert_eq!(project.files(), before, "{line}");
    }
}

#[test]
fn a_local_aws_that_is_damaged_is_left_alone() {
    let project = Project::starter();
    project.write(".local-aws/state.json", "{ \"version\": 1, \"iam\": [");
    let refused = project
        .run("up --local --yes")
        .with(5)
        .says("state.json")
        .says("move the folder .local-aws away");
    assert!(refused.err.contains("is not a state document"), "{}", refused.err);
    assert_eq!(project.read(".local-aws/state.json"), "{ \"version\": 1, \"iam\": [");
}

#[test]
fn documents_that_cannot_be_written_lose_nothing() {
    for (project, name) in [(Project::starter(), "config.json"), (Project::finished(), "mcp.json")]
    {
        // None is there yet in the one, and the other loses its.
        drop(std::fs::remove_file(project.path(name)));
        std::fs::create_dir(project.path(name)).unwrap();
        project.run("up --local --yes").with(5).says(name).says("hint:");
        std::fs::remove_dir(project.path(name)).unwrap();
        project.run("up --local --yes").with(0).says("Nothing to change");
        for written in ["config.json", "mcp.json"] {
            serde_json::from_str::<serde_json::Value>(&project.read(written)).expect(written);
        }
        assert_eq!(inventory(&project), undisturbed());
    }
}

#[test]
fn a_manifest_that_cannot_be_written() {
    let project = Project::empty();
    shut(&project, "folder");
    let ended = project.run("init --yes --manifest folder/construct.toml");
    assert!(ended.code.is_some_and(|code| code != 0 && code != 1), "{ended:?}");
    assert!(ended.err.contains("folder/") && ended.err.contains("hint:"), "{}", ended.err);
    assert_eq!(project.files().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_from_the_first_entry_on() {
    let project = Project::starter();
    let journal = project.path(&format!("{MEMORY}/journal.jsonl"));
    std::fs::create_dir_all(project.path(MEMORY)).unwrap();
    std::os::unix::fs::symlink("/dev/full", &journal).unwrap();
    let ended = project
        .run("up --local --yes")
        .with(5)
        .says("the run stopped")
        .says("hint: check that the disk has room");
    assert!(ended.err.contains("No space left on device"), "{}", ended.err);
    assert_eq!(inventory(&project), [""; 0], "no call leaves before its intent is on disk");
    std::fs::remove_file(&journal).unwrap();
    project.run("up --local --yes").with(0);
    assert_eq!(inventory(&project), undisturbed());
}

/// The limit of the shell is on the size of any one file that the run writes; the journal is the only one that grows.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_up_in_the_middle() {
    let project = Project::starter();
    let served = Served::start(&project, "");
    let script = "trap '' XFSZ; ulimit -f 32; exec \"$construct\" up --local --yes";
    Running::start(&mut project.shell(script))
        .wait()
        .with(5)
        .says("the run stopped: its journal could not be written")
        .says("File too large")
        .says("created pool");
    project.entries();
    let left = inventory(&project);
    assert!(
        !left.is_empty() && left.len() < undisturbed().len(),
        "it stopped in the middle: {left:#?}"
    );
    project.run("up --local --yes").with(0);
    drop(served);
    assert_eq!(inventory(&project), undisturbed());
    project.run("plan --local --check").with(0);
}
