//! `construct sync` as a pipeline runs it: without secrets, with its exit codes, and without the manifest.

use super::mcp_server::free_port;
use super::project::{Ended, Project, Running};
use super::served::Served;
use super::visitor::Browser;

#[test]
fn what_was_just_made_is_up_to_date() {
    let project = Project::finished();
    let checked = project.run("sync --local --check").with(0);
    for target in ["confluence", "github"] {
        let line = format!("{target}: nothing to do: its source is as the manifest says");
        assert!(checked.out.contains(&line), "{}", checked.out);
    }
    project.run("sync --local").with(0);
    project.run("sync --local nobody").with(2).says("confluence, github");
    project.run("sync --local --stack acme-tools").with(2).says("--region");
    project.run("sync --local --check --authorize").with(2);
}

#[test]
fn a_changed_description_is_sent_once() {
    let project = Project::finished();
    let before = "\"description\": \"";
    let text =
        project.read("specs/github-openapi.json").replacen(before, "\"description\": \"Now: ", 1);
    project.write("specs/github-openapi.json", &text);
    let checked = project.run("sync --local --check").with(4);
    assert!(checked.out.contains("github: would be updated"), "{}", checked.out);
    project.run("sync --local github").with(0).says("target/github");
    project.run("sync --local --check").with(0);
    project.run("plan --local --check").with(0);
}

/// The secrets are known to the run that made the stack, and to no other.
#[test]
fn on_aws_no_secret_is_needed() {
    let (project, account) = (Project::starter_without_look_ups(), Project::starter());
    let served = Served::start(&account, "--relaxed");
    Running::start(&mut served.command(&project, "up --yes")).wait().with(0);
    let without = |line: &str| {
        let mut command = served.command(&project, line);
        for variable in ["GITHUB", "ATLASSIAN"] {
            command.env_remove(format!("{variable}_CLIENT_SECRET"));
        }
        Running::start(&mut command).wait()
    };
    without("plan --check").with(3);
    let checked = without("sync --check").with(0);
    assert!(!checked.err.contains("would also change"), "{}", checked.err);
    let text = project.read("specs/github-openapi.json");
    project.write(
        "specs/github-openapi.json",
        &text.replacen("\"description\": \"", "\"description\": \"Now: ", 1),
    );
    without("sync").with(0);
    without("sync --check").with(0);

    // Nor is the manifest, where nothing is to be compared with it.
    std::fs::remove_file(project.path("construct.toml")).unwrap();
    let known = without("sync").with(0);
    assert!(known.out.contains("github: nothing to do"), "{}", known.out);
    without("sync --local").with(2).says("config.json is of a stack somewhere else");
}

/// A server that lists its tools to a person only, whose consent comes back to PORT.
const WIKI: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[providers.wiki]
vendor = "github"
client_id = "Iv1.0123456789abcdef"
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.wiki]
mcp_server = { endpoint = "https://wiki.example.com/mcp" }
auth = { provider = "wiki", grant = "authorization_code", scopes = ["read:user"], return_url = "http://localhost:PORT/callback" }
"#;

/// Runs `construct sync --authorize`, and consents as a person who opens what it shows.
fn authorized(served: &Served, project: &Project, end: &str) -> Ended {
    let mut running = Running::start(&mut served.command(project, "sync --authorize"));
    let told = running.until("Open this on this machine, within ten minutes:");
    let shown = told.lines().rev().find(|line| line.contains("request_uri=")).expect("a URL");
    let refused = Browser::default().get(&format!("{end}?session_id=urn%3Aother"));
    assert_eq!(refused.status, 403, "a session that was not shown here");
    let done = Browser::default().go(shown.trim(), "nowhere");
    assert!(done.status == 200 && done.body.contains("<h1>Connected</h1>"), "{done:?}");
    assert!(done.address.starts_with(&format!("{end}?")), "{done:?}");
    running.wait()
}

#[test]
fn a_consent_is_completed_on_this_machine() {
    let (project, account) = (Project::empty(), Project::empty());
    let port = free_port();
    let end = format!("http://localhost:{port}/callback");
    project.write("construct.toml", &WIKI.replace("PORT", &port.to_string()));
    account.write("construct.toml", &WIKI.replace("PORT", &port.to_string()));
    let served = Served::start(&account, "--relaxed");
    served.run(&project, "up --yes").with(0).says("waits for a consent");
    served.run(&project, "sync --check").with(4).prints("wiki: needs a person");
    served.run(&project, "sync").with(5).says("needs a person").says("request_uri=");

    authorized(&served, &project, &end).with(0).prints("wiki: nothing to do");
    // It is ready, and asking its server again would need somebody again.
    served.run(&project, "sync").with(0).prints("`construct sync --authorize`");
    authorized(&served, &project, &end).with(0).prints("wiki: to synchronize");
    served.run(&project, "plan --check").with(0);
}
