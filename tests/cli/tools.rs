//! `construct tools`: what the files of targets become, without an account, a secret or a call.

use serde_json::Value;

use super::project::Project;

const PETS: &str = r#"openapi: 3.0.3
info: { title: Pets, version: "1" }
servers: [{ url: https://api.example.com }]
paths:
  /pets:
    get:
      tags: [pets]
      summary: Lists pets.
      parameters:
        - { name: limit, in: query, schema: { oneOf: [{ type: integer }, { type: string }] } }
      responses: { 200: { description: Ok } }
    post:
      operationId: pets/add
      requestBody:
        required: true
        content: { application/xml: {} }
      responses: { 200: { description: Ok } }
"#;

/// A project with one target on `text`, with `keys` beside it.
fn pets(text: &str, keys: &str) -> Project {
    let project = Project::empty();
    project.write("pets.yaml", text);
    let manifest = "[stack]\nname = \"pets\"\nregion = \"us-west-2\"\n\n[targets.pets]\nopenapi = \"pets.yaml\"\n";
    project.write("construct.toml", &format!("{manifest}{keys}\n"));
    project
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_starters_tools_are_listed_offline() {
    let project = Project::starter();
    let before = project.files();
    let ended = project.run("tools github").with(0);
    assert!(
        ended.out.contains("github___getUserRepos") || ended.out.contains("github___"),
        "{}",
        ended.out
    );
    assert!(ended.out.contains("of 1000000 bytes") && ended.out.contains("of 256 characters"));
    assert!(!ended.out.contains("confluence"));
    project.run("tools nobody").with(2).says("the manifest has");
    assert_eq!(project.files(), before);
}

#[test]
fn a_cut_description_tells_every_difference() {
    let project = pets(PETS, "include = [\"tag:pets\"]");
    let listed = project.run("tools --json").with(0);
    let pets = json(&listed.out)["targets"][0].clone();
    assert_eq!(pets["tools"][0]["name"], "pets___getPets");
    assert_eq!(pets["tools"][0]["inputSchema"]["properties"]["limit"]["type"], "integer");
    assert_eq!((&pets["operations"], &pets["refused"]), (&2.into(), &Value::Array(Vec::new())));
    let kinds: Vec<&Value> =
        pets["losses"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["schema", "name"]);
    let sent = json(&project.run("tools pets --sent").with(0).out);
    assert_eq!(sent["paths"].as_object().unwrap().len(), 1);
    project.run("plan --local").with(0).says("`construct tools pets` lists them");
}

#[test]
fn what_would_be_refused_is_listed_with_its_place() {
    let project = pets(PETS, "");
    let ended = project.run("tools").with(3);
    for said in ["/paths/~1pets/get", "operationId", "/schema/oneOf", "application/xml"] {
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }
    project.edit("construct.toml", "pets.yaml\"", "pets.yaml\"\ninclude = [\"pets/add\"]");
    let ended = project.run("tools").with(3);
    assert!(ended.out.contains("refused /paths/~1pets/post/requestBody/content"), "{}", ended.out);
    project.edit("construct.toml", "pets/add", "pets_add");
    let ended = project.run("tools").with(3);
    assert!(ended.out.contains("did you mean \"pets/add\"?"), "{}", ended.out);
    project.run("up --local --yes").with(3).says("targets.pets.include[0]");
}

#[test]
fn changes_are_told_from_a_list_and_from_an_older_file() {
    let project = pets(PETS, "include = [\"*\"]");
    let before = project.run("tools --json").with(0).out;
    project.write("before.json", &before);
    project.write("before.yaml", PETS);
    project.run("tools --diff before.json").with(0).prints("The tools are the same.");
    project.edit(
        "pets.yaml",
        "{ name: limit",
        "{ name: size, in: query, required: true, schema: {} }\n        - { name: limit",
    );
    for line in ["tools --diff before.json", "tools pets --diff before.yaml"] {
        let ended = project.run(line).with(4);
        assert!(
            ended.out.contains("breaks callers: size: it is new, and required"),
            "{}",
            ended.out
        );
    }
    let changes =
        json(&project.run("tools --diff before.json --json").with(4).out)["changes"].clone();
    assert_eq!((&changes[0]["breaks"], &changes[0]["argument"]), (&true.into(), &"size".into()));
    project.run("tools --diff nothing.json").with(2);
}

#[test]
fn files_that_are_no_description_are_told_in_a_line_each() {
    for (text, said) in [
        ("openapi: 3.0.3\npaths: [\n", "not valid YAML at line"),
        ("swagger: '2.0'\n", "is not a supported version of OpenAPI"),
        ("a: &a [*a]\n", "not valid YAML"),
        (
            &PETS.replace("type: integer", "$ref: 'https://example.com/a.json'"),
            "leads to nothing in this file",
        ),
    ] {
        let ended = pets(text, "include = [\"tag:*\"]").run("tools").with(3);
        assert!(ended.out.contains(said), "{said}: {}", ended.out);
    }
    let project = pets(PETS, "");
    std::fs::write(project.path("pets.yaml"), b"openapi: 3.0.3\nx: \xff\n").unwrap();
    project.run("tools").with(3).prints("not UTF-8 at byte 18");
    project.run("up --local --yes").with(3).says("not UTF-8 at byte 18");
}
