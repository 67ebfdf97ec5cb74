//! `construct sync` as a pipeline runs it: without secrets, with its exit codes, and without the manifest.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};

use construct_local::{LocalAws, Options, server};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::mcp_server::free_port;
use super::project::{Ended, Project, Running};
use super::scripted::Scripted;
use super::served::{Served, on_aws};
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
    let told = running.until("request_uri=");
    let (_, shown) = told.rsplit_once("ten minutes at most: open ").expect("a sentence");
    let refused = Browser::default().get(&format!("{end}?session_id=urn%3Aother"));
    assert_eq!(refused.status, 403, "a session that was not shown here");
    let done = Browser::default().go(shown.lines().next().unwrap(), "nowhere");
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
    let synchronized = authorized(&served, &project, &end).with(0);
    assert!(synchronized.out.contains("wiki: to synchronize"), "{}", synchronized.out);
    // People sign in at this gateway: nobody who did asks for its tools here.
    assert!(
        synchronized.out.contains("CONSTRUCT_GATEWAY_TOKEN has no token"),
        "{}",
        synchronized.out
    );
    served.run(&project, "plan --check").with(0);
}

/// A consent that comes back to somebody else is theirs, and holds up nobody.
#[test]
fn a_consent_elsewhere_is_left_to_whoever_completes_it() {
    let (project, account) = (Project::empty(), Project::empty());
    let manifest = WIKI.replace("http://localhost:PORT/callback", "https://a.example.com/callback");
    for folder in [&project, &account] {
        folder.write("construct.toml", &manifest);
    }
    let served = Served::start(&account, "--relaxed");
    served.run(&project, "up --yes").with(0);
    let told = "Whoever serves https://a.example.com/callback must complete it.";
    let waits = served.run(&project, "sync --authorize --json").with(5).says(told);
    let last: Value = serde_json::from_str(waits.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "run_finished");
}

/// An account in this process, where `mcp.example.com` is the server at `url`.
struct Account {
    _runtime: Runtime,
    address: String,
}

impl Account {
    fn with(url: &str) -> Self {
        let origin = url.strip_suffix("/mcp").unwrap().to_owned();
        let stand_ins = BTreeMap::from([("mcp.example.com".to_owned(), origin)]);
        let options =
            Options { internet: true, stand_ins, strict_permissions: false, ..Options::instant() };
        let aws = LocalAws::in_memory(options);
        let address = format!("127.0.0.1:{}", aws.port());
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind(&address)).unwrap();
        runtime.spawn(server::serve(aws, listener, std::future::pending()));
        Self { _runtime: runtime, address }
    }

    fn run(&self, project: &Project, line: &str) -> Ended {
        let mut command: Command = on_aws(project, line);
        command.env("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        Running::start(&mut command).wait()
    }
}

/// An MCP server that lists `tools`.
fn listing(tools: Arc<Mutex<Value>>) -> Scripted {
    Scripted::start(move |asked, reply| {
        let result = match asked.method().as_str() {
            "initialize" => json!({
                "protocolVersion": "2025-11-25", "capabilities": { "tools": {} },
                "serverInfo": { "name": "listing", "version": "1" },
            }),
            "tools/list" => json!({ "tools": *tools.lock().unwrap() }),
            _ => return reply.status(202),
        };
        let id = &asked.message()["id"];
        reply.json(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
    })
}

fn tool(name: &str, required: &[&str]) -> Value {
    let properties = json!({ "text": { "type": "string" } });
    json!({ "name": name, "description": name, "inputSchema":
        { "type": "object", "properties": properties, "required": required } })
}

/// The gateway wants signatures, and is asked with the credentials of the run.
#[test]
fn the_tools_of_a_server_are_compared_before_and_after() {
    let tools = Arc::new(Mutex::new(json!([tool("kept", &[]), tool("old", &[])])));
    let account = Account::with(&listing(Arc::clone(&tools)).url);
    let project = Project::empty();
    project.write(
        "construct.toml",
        "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n\
         [gateway]\ninbound = \"iam\"\n\n\
         [targets.server]\nmcp_server = { endpoint = \"https://mcp.example.com/mcp\" }\n",
    );
    account.run(&project, "up --yes").with(0);
    account.run(&project, "sync").with(0).prints("server: its tools stay the same");

    *tools.lock().unwrap() = json!([tool("kept", &["text"]), tool("new", &[])]);
    let ran = account.run(&project, "sync").with(0);
    for line in ["+ server___new", "- server___old", "breaks callers"] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
    assert_eq!(ran.out.matches("server___kept").count(), 1, "{}", ran.out);

    *tools.lock().unwrap() = json!([tool("kept", &["text"])]);
    let ran = account.run(&project, "sync --json").with(0);
    let events: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.last().unwrap()["event"], "run_finished");
    let ends = events.iter().filter(|event| event["event"] == "run_finished");
    assert_eq!(ends.count(), 1);
    let gone = |event: &Value| {
        let text = event["text"].as_str().unwrap_or_default();
        text.contains("tool server___new") && text.contains("(breaks callers)")
    };
    assert!(events.iter().any(gone), "{}", ran.out);
}
