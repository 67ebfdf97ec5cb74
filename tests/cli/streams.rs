//! Data on stdout and talk on stderr, so that output can be piped; and nobody is asked where nobody sits.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::project::{Project, Running};
use super::raw_store::inventory;

const ESCAPE: char = '\u{1b}';

#[test]
fn answers_go_to_stdout_and_talk_to_stderr() {
    let project = Project::starter();
    for line in ["plan --local", "status --local", "graph", "schema", "completions bash", "man"] {
        let ended = project.run(line);
        assert!(!ended.out.is_empty() && ended.err.is_empty(), "{line}: {ended:?}");
    }
    for line in ["up --local --yes", "up --local --yes --timings", "cleanup --local --yes"] {
        let ended = project.run(line).with(0);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{line}: {ended:?}");
    }
}

#[test]
fn json_stands_alone_on_stdout() {
    let project = Project::starter();
    let plan = project.run("plan --local --json").with(0).json();
    let nodes = plan["actions"].as_array().unwrap().len();
    assert!(nodes > 30, "{nodes}");
    assert!(plan["actions"].as_array().unwrap().iter().all(|action| action["verb"] == "create"));
    let plan = project.run("plan --local --json --check").with(4).json();
    assert_eq!(plan["stack"], "acme-tools");
    let status = project.run("status --local --json").with(4).json();
    assert_eq!(status["objects"].as_array().unwrap().len(), nodes);
    project.run("iam").with(0).json();
    for name in ["manifest", "config", "mcp"] {
        assert!(project.run(&format!("schema {name}")).with(0).json()["$schema"].is_string());
    }
}

/// The lines of a run for scripts.
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn a_run_for_scripts_is_one_object_a_line() {
    let project = Project::starter();
    let nodes =
        project.run("plan --local --json").with(0).json()["actions"].as_array().unwrap().len();
    let (up, cleanup) = ("up --local --yes --json", "cleanup --local --yes --json");
    for (line, changed) in [(up, nodes), (up, 0), (cleanup, nodes), (cleanup, 0)] {
        let ended = project.run(line).with(0);
        let events = lines(&ended.out);
        assert!(ended.err.is_empty(), "{line}: {}", ended.err);
        assert_eq!(events.first().expect(line)["event"], "run_started", "{line}");
        let last = events.last().unwrap();
        assert_eq!(
            (&last["event"], &last["changed"]),
            (&"run_finished".into(), &changed.into()),
            "{line}"
        );
        assert!(
            events.iter().all(|event| event["format"] == 1 && event["at"].is_string()),
            "{line}"
        );
    }
}

#[test]
fn a_failed_run_for_scripts_ends_its_lines_too() {
    // Somebody else's role in the way of one of ours.
    let project = Project::starter();
    project.run("plan --local").with(0);
    let mut state: Value = serde_json::from_str(&project.read(".local-aws/state.json")).unwrap();
    state["iam"]["roles"]["acme-tools-gateway-role"] = foreign_role();
    project.write(".local-aws/state.json", &state.to_string());
    let ended = project.run("up --local --yes --json").with(5);
    let events = lines(&ended.out);
    assert_eq!(events.last().unwrap()["event"], "run_finished");
    assert!(
        events
            .iter()
            .any(|event| event["event"] == "node_failed" && event["address"] == "role/gateway")
    );
    assert!(
        events
            .iter()
            .any(|event| event["event"] == "node_skipped" && event["address"] == "gateway")
    );
    let ended = project
        .run("up --local --yes")
        .with(5)
        .says("failed role/gateway")
        .says("--adopt role/gateway");
    assert!(ended.err.contains("Run the command again"), "{}", ended.err);
}

fn foreign_role() -> Value {
    serde_json::json!({
        "name": "acme-tools-gateway-role", "id": "AROAFOREIGNFOREIGN00A", "path": "/construct/acme-tools/",
        "arn": "arn:aws:iam::111122223333:role/construct/acme-tools/acme-tools-gateway-role",
        "created_ms": 1, "description": "", "max_session_duration": 3600,
        "trust": "{\"Version\":\"2012-10-17\",\"Statement\":[]}", "trust_changed_ms": 1,
        "inline": {}, "attached": {}, "tags": {}
    })
}

#[test]
fn nobody_is_asked_where_nobody_sits() {
    let project = Project::starter();
    project
        .run("up --local")
        .with(2)
        .says("there is no terminal")
        .says("question: Carry this plan out?")
        .says("hint: answer it beforehand with --yes");
    assert_eq!(inventory(&project), [""; 0]);
    assert!(!project.path("config.json").exists());
    let project = Project::finished();
    let before = inventory(&project);
    project.run("cleanup --local").with(2).says("question: Remove all of this?").says("--yes");
    assert_eq!(inventory(&project), before);
    // Nothing to do is nothing to ask.
    project.run("up --local").with(0);
    let fresh = Project::empty();
    fresh.run("init").with(2).says("there is no terminal");
    assert!(fresh.files().is_empty());
}

#[test]
fn colour_is_for_terminals_or_for_who_asks() {
    let project = Project::starter();
    assert!(!project.run("plan --local").out.contains(ESCAPE));
    assert!(project.run("plan --local --color always").out.contains(ESCAPE));
    assert!(!project.run("plan --local --color never").out.contains(ESCAPE));
    let mut command = project.command("plan --local");
    assert!(
        !Running::start(command.env("NO_COLOR", "1").env("TERM", "xterm"))
            .wait()
            .out
            .contains(ESCAPE)
    );
    let ended = project.run("plan --local --color always --manifest nowhere.toml");
    assert!(ended.err.contains(ESCAPE));
    assert!(!project.run("plan --local --manifest nowhere.toml").err.contains(ESCAPE));
}

#[test]
fn a_reader_that_goes_away_is_no_accident() {
    let project = Project::starter();
    for line in [
        "plan --local",
        "plan --local --json",
        "graph",
        "schema",
        "completions bash",
        "man",
        "iam",
        "--help",
    ] {
        let mut child =
            project.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        drop(out);
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr);
        assert!(!first.is_empty() && !err.contains("panicked"), "{line}: {err}");
        assert!(ended.status.code().is_none_or(|code| code == 0), "{line}: {err}");
    }
}

/// Events that nobody reads must not stop the work on the account.
#[test]
fn a_run_outlives_its_reader() {
    let project = Project::starter();
    let mut child = project
        .command("up --local --yes --json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && !err.contains("panicked"), "{err}");
    project.run("plan --local --check").with(0);
}
