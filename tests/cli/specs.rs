//! API descriptions that are missing or wrong: found before the first call, with their place in the manifest.

use super::project::Project;

const GITHUB: &str = "specs/github-openapi.json";
const CONFLUENCE: &str = "specs/confluence-openapi.json";

fn refused(project: &Project, texts: &[&str]) {
    let before = project.files();
    for line in ["plan --local", "up --local --yes", "status --local"] {
        let ended = project.run(line).with(3);
        assert_eq!(ended.out, "", "{line}");
        for text in texts {
            assert!(ended.err.contains(text), "{line}: {text:?} is not in: {}", ended.err);
        }
        assert_eq!(project.files(), before, "{line}");
    }
}

#[test]
fn a_missing_file() {
    let project = Project::starter();
    std::fs::remove_file(project.path(GITHUB)).unwrap();
    refused(&project, &["construct.toml:19:11", "targets.github.openapi", GITHUB]);
}

#[test]
fn a_file_that_is_no_json() {
    let project = Project::starter();
    project.write(CONFLUENCE, "openapi: 3.0.3\n");
    refused(&project, &["construct.toml:23:11", "targets.confluence.openapi", CONFLUENCE]);
}

#[test]
fn json_that_describes_no_api() {
    let project = Project::starter();
    project.write(GITHUB, "[1, 2]");
    refused(&project, &["targets.github.openapi", GITHUB]);
}

#[test]
fn both_at_once_are_told_together() {
    let project = Project::starter();
    project.write(GITHUB, "{");
    project.write(CONFLUENCE, "null");
    refused(&project, &["2 problems", "targets.github.openapi", "targets.confluence.openapi"]);
}

#[test]
fn problems_of_the_manifest_and_of_its_files_are_told_together() {
    let project = Project::starter();
    project.write(GITHUB, "{");
    std::fs::remove_file(project.path(CONFLUENCE)).unwrap();
    let manifest = project.read("construct.toml").replacen("[stack]", "[stack]\ncolour = 1", 1);
    project.write("construct.toml", &manifest);
    let keys =
        ["3 problems", "stack.colour", "targets.github.openapi", "targets.confluence.openapi"];
    refused(&project, &keys);
}

#[test]
fn one_over_the_limit() {
    let project = Project::starter();
    let padding = "x".repeat(1_048_577);
    let text = project.read(GITHUB).replacen('{', &format!("{{ \"x-padding\": \"{padding}\","), 1);
    project.write(GITHUB, &text);
    refused(&project, &["construct.toml:19:11", &text.len().to_string(), "1048576", "Quotas"]);
}

#[test]
fn a_removal_needs_none_of_them() {
    let project = Project::finished();
    std::fs::remove_file(project.path(GITHUB)).unwrap();
    project.write(CONFLUENCE, "{");
    project.run("cleanup --local --yes").with(0).says("nothing left");
}
