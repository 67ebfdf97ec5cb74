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
    project.write(CONFLUENCE, "openapi: [\n");
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
    let said = ["construct.toml:19:11", "1000000 fit into a request", "bucket =", "Quotas"];
    refused(&project, &said);
}

#[test]
fn a_removal_needs_none_of_them() {
    let project = Project::finished();
    std::fs::remove_file(project.path(GITHUB)).unwrap();
    project.write(CONFLUENCE, "{");
    project.run("cleanup --local --yes").with(0).says("nothing left");
}

/// A project with one target that has the description `text`.
fn described(text: &str) -> Project {
    let project = Project::empty();
    let stack = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n";
    project.write("construct.toml", &format!("{stack}[targets.a]\nopenapi = \"a.json\"\n"));
    project.write("a.json", text);
    project
}

/// A description of one operation, with what stands for its id, its server and its answer.
fn description(id: &str, server: &str, schema: &str) -> String {
    format!(
        r#"{{ "openapi": "3.0.3", "info": {{ "title": "A", "version": "1" }}, "servers": [{{ "url": "{server}" }}],
        "paths": {{ "/a": {{ "post": {{ {id} "requestBody": {{ "content": {{ "application/json": {{ "schema": {schema} }} }} }},
        "responses": {{ "200": {{ "description": "done" }} }} }} }} }} }}"#
    )
}

const ID: &str = "\"operationId\": \"make_a\",";
const SERVER: &str = "https://api.example.com";
const OBJECT: &str = r#"{ "type": "object", "properties": { "a": { "type": "string" } } }"#;

#[test]
fn a_description_that_nothing_is_wrong_with() {
    described(&description(ID, SERVER, OBJECT)).run("plan --local").with(0);
}

#[test]
fn a_choice_of_schemas() {
    let schema = r#"{ "oneOf": [{ "type": "string" }, { "type": "integer" }] }"#;
    let project = described(&description(ID, SERVER, schema));
    refused(&project, &["construct.toml:5:11: targets.a.openapi: a.json at /paths/", "oneOf"]);
}

#[test]
fn an_operation_without_an_id() {
    let project = described(&description("", SERVER, OBJECT));
    refused(
        &project,
        &["construct.toml:5:11: targets.a.openapi: a.json at /paths/~1a/post", "operationId"],
    );
}

#[test]
fn a_server_without_a_host() {
    let project = described(&description(ID, "/v1", OBJECT));
    refused(&project, &["construct.toml:5:11: targets.a.openapi: a.json at /servers/0", "/v1"]);
}

#[test]
fn a_tool_that_names_its_values() {
    let project = described("{}");
    let arn = "arn:aws:lambda:us-west-2:123456789012:function:words";
    let lambda = format!("lambda = {{ arn = \"{arn}\", tools = \"tools.json\" }}");
    project.edit("construct.toml", "openapi = \"a.json\"", &lambda);
    let schema =
        r#"{ "type": "object", "properties": { "by": { "type": "string", "enum": ["a"] } } }"#;
    let tool =
        format!(r#"[{{ "name": "count", "description": "Counts", "inputSchema": {schema} }}]"#);
    project.write("tools.json", &tool);
    refused(
        &project,
        &["targets.a.lambda.tools: tools.json at /0/", "\"enum\" is not supported here"],
    );
}

#[test]
fn more_targets_than_fit_into_a_role() {
    let project = described("{}");
    let mut text = project.read("construct.toml");
    text.truncate(text.find("[targets.a]").unwrap());
    project.write(
        "tools.json",
        r#"[{ "name": "a", "description": "A", "inputSchema": { "type": "object" } }]"#,
    );
    let with = |count: usize| {
        let targets = (0..count).map(|index| {
            let arn = format!("arn:aws:lambda:us-west-2:123456789012:function:words-{index:02}");
            format!("[targets.t{index}]\nlambda = {{ arn = \"{arn}\", tools = \"tools.json\" }}\n")
        });
        project.write("construct.toml", &(text.clone() + &targets.collect::<String>()));
    };
    with(40);
    project.run("plan --local").with(0);
    with(70);
    let ended = project.run("plan --local").with(3);
    for said in
        ["acme-tools-gateway-role", "and 10240 fit", "[gateways.NAME]", "role-inline-policies"]
    {
        assert!(ended.err.contains(said), "{said}: {}", ended.err);
    }
}
