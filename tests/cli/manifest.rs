//! A manifest that is missing or wrong: exit code 3, the place and what to write instead, and nothing is touched.

use super::project::Project;

/// Commands that read the manifest.
const READERS: [&str; 6] =
    ["plan --local", "up --local --yes", "status --local", "cleanup --local --yes", "graph", "iam"];

/// Runs every command that reads the manifest; each must refuse with all of `texts` and leave the folder as it was.
fn refused(project: &Project, readers: &[&str], texts: &[&str]) {
    let before = project.files();
    for line in readers {
        let ended = project.run(line).with(3);
        assert_eq!(ended.out, "", "{line}");
        for text in texts {
            assert!(ended.err.contains(text), "{line}: {text:?} is not in: {}", ended.err);
        }
        assert_eq!(project.files(), before, "{line}");
    }
}

#[test]
fn no_manifest() {
    let project = Project::empty();
    refused(&project, &READERS, &["no manifest at construct.toml", "hint: run `construct init`"]);
    project
        .run("plan --local --manifest other/place.toml")
        .with(3)
        .says("no manifest at other/place.toml");
}

#[test]
fn an_empty_manifest() {
    for text in ["", "\n\n", "# nothing\n"] {
        let project = Project::empty();
        project.write("construct.toml", text);
        refused(
            &project,
            &READERS,
            &["construct.toml:1:1", "the manifest is empty", "construct init"],
        );
    }
}

#[test]
fn not_toml_at_all() {
    let project = Project::starter();
    project.edit("construct.toml", "region = \"us-west-2\"", "region = \"us-west-2");
    refused(&project, &READERS, &["construct.toml:5:"]);
    project.write("construct.toml", "{ \"stack\": {} }");
    refused(&project, &READERS, &["construct.toml:1:"]);
}

#[test]
fn a_manifest_that_is_no_text_or_no_file() {
    let project = Project::starter();
    std::fs::write(project.path("construct.toml"), [0xff, 0xfe, 0x00]).unwrap();
    refused(&project, &READERS, &["construct.toml"]);
    std::fs::remove_file(project.path("construct.toml")).unwrap();
    std::fs::create_dir(project.path("construct.toml")).unwrap();
    refused(&project, &READERS, &["construct.toml"]);
}

#[test]
fn an_unknown_key_says_what_is_known() {
    let project = Project::starter();
    project.edit(
        "construct.toml",
        "openapi = \"specs/github-openapi.json\"",
        "openapy = \"specs/github-openapi.json\"",
    );
    let makers = ["plan --local", "up --local --yes", "status --local", "graph", "iam"];
    refused(&project, &makers, &["construct.toml:19:1", "unknown key `openapy`", "openapi"]);
}

#[test]
fn a_wrong_type_says_what_to_write() {
    let project = Project::starter();
    project.edit("construct.toml", "region = \"us-west-2\"", "region = 4");
    refused(
        &project,
        &READERS,
        &["construct.toml:5:10", "stack.region", "expected a text in quotes, found an integer"],
    );
}

#[test]
fn a_name_that_is_too_long_says_how_long_it_may_be() {
    let project = Project::starter();
    project.edit("construct.toml", "\"acme-tools\"", &format!("\"{}\"", "a".repeat(25)));
    refused(&project, &READERS, &["construct.toml:4:8", "at most 24 characters, this one has 25"]);
    project.edit("construct.toml", &"a".repeat(25), &"a".repeat(24));
    project.run("plan --local").with(0);
}

#[test]
fn a_region_that_is_none_is_refused_by_its_form() {
    let project = Project::starter();
    project.edit("construct.toml", "\"us-west-2\"", "\"oregon\"");
    refused(&project, &READERS, &["construct.toml:5:10", "stack.region", "region-form"]);
}

#[test]
fn all_problems_come_at_once() {
    let project = Project::starter();
    project.edit("construct.toml", "\"acme-tools\"", "\"Acme Tools\"");
    project.edit("construct.toml", "vendor = \"github\"", "vendor = \"gitlab-on-the-moon\"");
    project.edit("construct.toml", "provider = \"atlassian\"", "provider = \"nobody\"");
    project.write("construct.toml", &format!("{}colour = 1\n", project.read("construct.toml")));
    let makers = ["plan --local", "up --local --yes", "status --local", "graph", "iam"];
    refused(
        &project,
        &makers,
        &["stack.name", "gitlab-on-the-moon", "nobody", "unknown key `colour`", "problems\n"],
    );
}
