//! `construct sync`: which targets it touches and with which call, what it leaves, and how it ends.

use std::collections::BTreeMap;

use construct::cli::{ExitCode, SyncArguments};
use construct::cloud::StackLock;
use construct_engine::{Event, Journal, Verb};
use construct_local::fault::Interloper;
use construct_local::{Effect, Options, Rule};
use serde_json::{Value, json};

use super::harness::{Bench, Ran, operations};
use super::store::object;

const MANIFEST: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
search = "none"

[targets.web]
openapi = "specs/small.json"

[targets.words]
lambda = { function = "words", tools = "tools.json" }

[targets.remote]
mcp_server = { endpoint = "https://mcp.example.com/mcp", tools = "mcp-tools.json" }

[targets.live]
mcp_server = { endpoint = "https://mcp.example.com/live", listing = "dynamic" }

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"
"#;

/// A server whose tools the gateway reads once.
const SERVER: &str = r#"
[targets.server]
mcp_server = { endpoint = "https://mcp.example.com/server" }
"#;

const SYNCHRONIZE: &str = "SynchronizeGatewayTargets";

fn synchronized(times: usize) -> BTreeMap<String, usize> {
    operations([("bedrock-agentcore.SynchronizeGatewayTargets", times)])
}

async fn up(manifest: &str) -> Bench {
    let bench = Bench::with(manifest, Options { seed: Some(1), ..Options::default() });
    bench.write(
        "mcp-tools.json",
        br#"[{ "name": "ping", "description": "Answers", "inputSchema": { "type": "object" } }]"#,
    );
    bench.up().await.done();
    bench
}

async fn with_server() -> Bench {
    up(&format!("{MANIFEST}{SERVER}")).await
}

/// `construct sync --check`, which must not change anything.
async fn check(bench: &Bench) -> Ran {
    let before = bench.store();
    let ran = bench.sync(|arguments| arguments.check = true).await;
    assert!(ran.calls.iter().all(|call| !call.mutating), "a check changed something");
    assert_eq!(before, bench.store());
    ran
}

#[tokio::test(start_paused = true)]
async fn what_is_up_to_date_is_left_with_the_reason() {
    let bench = up(MANIFEST).await;
    let checked = check(&bench).await.done();
    for line in [
        "web: nothing to do: its source is as the manifest says",
        "words: nothing to do: its source is as the manifest says",
        "remote: nothing to do: its tools are a static list",
        "live: nothing to do: listing mode DYNAMIC",
    ] {
        assert!(checked.out.contains(line), "{line}: {}", checked.out);
    }
    let ran = bench.sync(|_| {}).await.done();
    assert!(ran.calls.iter().all(|call| !call.mutating), "not even the lock is taken");
}

#[tokio::test(start_paused = true)]
async fn a_changed_description_is_sent_and_told() {
    let bench = up(MANIFEST).await;
    let id = object(&bench.store(), "target acme-tools-gateway web").raw["id"].clone();
    bench.edit("specs/small.json", "\"get_user\"", "\"get_person\"");
    let checked = check(&bench).await;
    assert_eq!(checked.ended, Ok(ExitCode::ChangesFound), "{}", checked.text());
    let told = "web: would be updated: its source changed (openApiSchema)";
    assert!(checked.out.contains(told), "{}", checked.out);
    assert!(checked.out.contains("+ web___get_person"), "{}", checked.out);
    assert!(checked.out.contains("- web___get_user"), "{}", checked.out);
    assert!(checked.out.contains("breaks callers"), "{}", checked.out);

    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), operations([("bedrock-agentcore.UpdateGatewayTarget", 1)]));
    assert_eq!(object(&bench.store(), "target acme-tools-gateway web").raw["id"], id);
    assert_eq!(bench.work().await, BTreeMap::new());
    check(&bench).await.done();
}

#[tokio::test(start_paused = true)]
async fn what_is_no_tool_stays_as_it_is() {
    let bench = up(MANIFEST).await;
    bench.edit("construct.toml", "[gateway]\n", "[gateway]\ndescription = \"other\"\n");
    bench.edit("construct.toml", "[targets.live]\n", "[targets.live]\ndescription = \"other\"\n");
    let checked = check(&bench).await.done();
    assert!(checked.err.contains("would also change 1 other object."), "{}", checked.err);
    assert!(checked.out.contains("its description differ"), "{}", checked.out);

    // What is new and what is gone is left, too.
    let manifest = bench.read("construct.toml");
    bench.write("construct.toml", format!("{manifest}{SERVER}").as_bytes());
    bench.edit("specs/small.json", "\"get_user\"", "\"get_person\"");
    let ran = bench.sync(|_| {}).await;
    assert_eq!(ran.ended, Ok(ExitCode::ChangesFound), "{}", ran.text());
    assert_eq!(ran.changes(), operations([("bedrock-agentcore.UpdateGatewayTarget", 1)]));
    assert!(ran.out.contains("server: not up to date: it is not there"), "{}", ran.out);
    let work = bench.work().await;
    assert_eq!(work.get("target/server"), Some(&Verb::Create));
    assert_eq!(work.get("gateway"), Some(&Verb::Update));
    assert_eq!(work.get("target/web"), None);
}

#[tokio::test(start_paused = true)]
async fn a_server_is_asked_again_and_only_those_that_are_named() {
    let bench = with_server().await;
    let checked = check(&bench).await;
    assert_eq!(checked.ended, Ok(ExitCode::ChangesFound));
    let told = "server: would be synchronized: the server's tools may have changed";
    assert!(checked.out.contains(told), "{}", checked.out);
    let others = bench.sync(|arguments| arguments.targets = vec!["web".to_owned()]).await.done();
    assert_eq!(others.changes(), BTreeMap::new());
    assert!(!others.out.contains("server:"), "{}", others.out);

    let before = object(&bench.store(), "target acme-tools-gateway server").raw;
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), synchronized(1));
    let after = object(&bench.store(), "target acme-tools-gateway server").raw;
    assert_ne!(before["last_synchronized_at"], after["last_synchronized_at"]);
    let nobody = bench.sync(|arguments| arguments.targets = vec!["else".to_owned()]).await;
    assert_eq!(nobody.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(nobody.err.contains("web"), "{}", nobody.err);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_was_updated_is_not_synchronized_after_it() {
    let bench = with_server().await;
    let from = "mcp_server = { endpoint = \"https://mcp.example.com/server\"";
    let to = "description = \"now\"\nmcp_server = { endpoint = \"https://mcp.example.com/server\"";
    bench.edit("construct.toml", from, to);
    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), operations([("bedrock-agentcore.UpdateGatewayTarget", 1)]));
}

#[tokio::test(start_paused = true)]
async fn a_failed_synchronization_is_told_and_healed() {
    let bench = with_server().await;
    let fails = || Effect::Fails("the server did not answer".to_owned());
    let rule = || Rule::operation("bedrock-agentcore", SYNCHRONIZE, fails()).only(1);
    bench.aws.faults().add(rule());
    let ran = bench.sync(|_| {}).await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    assert!(ran.err.contains("the server did not answer"), "{}", ran.err);
    let checked = check(&bench).await;
    assert!(checked.out.contains("its last synchronization failed"), "{}", checked.out);
    let healed = bench.sync(|_| {}).await.done();
    assert_eq!(healed.changes(), synchronized(1));
    assert_eq!(bench.work().await, BTreeMap::new());

    // `up` heals it with the same call.
    bench.aws.faults().clear();
    bench.aws.faults().add(rule());
    bench.sync(|_| {}).await;
    bench.aws.faults().clear();
    assert_eq!(bench.up().await.done().changes(), synchronized(1));
}

#[tokio::test(start_paused = true)]
async fn many_servers_are_asked_one_by_one_and_at_once() {
    let servers: String =
        (0..7).map(|number| SERVER.replace("server]", &format!("server-{number}]"))).collect();
    let bench = up(&format!("{MANIFEST}{servers}")).await;
    let began = tokio::time::Instant::now();
    bench.sync(|arguments| arguments.targets = vec!["server-0".to_owned()]).await.done();
    let one = began.elapsed();
    let began = tokio::time::Instant::now();
    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), synchronized(7));
    assert!(began.elapsed() < 4 * one, "five at once: {:?}, one: {one:?}", began.elapsed());
    let calls = ran.calls.iter().filter(|call| call.operation == SYNCHRONIZE);
    let mut ids: Vec<String> = calls.map(|call| call.body.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7, "one id a call: {ids:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_manifest_servers_are_still_asked() {
    let bench = with_server().await;
    std::fs::remove_file(bench.manifest()).unwrap();
    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), synchronized(1));
    assert!(!ran.err.contains("would also change"), "{}", ran.err);
    let gone = bench.sync(|arguments| arguments.targets = vec!["else".to_owned()]).await;
    assert_eq!(gone.ended.unwrap_err().kind, ExitCode::Usage);

    // Nor is a memory needed, or a file of the stack at all.
    bench.forget();
    std::fs::remove_file(bench.base().join("config.json")).unwrap();
    let nothing = bench.sync(|_| {}).await;
    assert_eq!(nothing.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(nothing.err.contains("--stack NAME --region REGION"), "{}", nothing.err);
    let named = async |stack: &str| {
        let name = |arguments: &mut SyncArguments| {
            arguments.stack = Some(stack.to_owned());
            arguments.region = Some("us-west-2".to_owned());
        };
        bench.sync(name).await
    };
    assert_eq!(named("acme-tools").await.done().changes(), synchronized(1));
    let misspelled = named("acme-tool").await;
    assert_eq!(misspelled.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(misspelled.err.contains("of a stack called acme-tool"), "{}", misspelled.err);
}

#[tokio::test(start_paused = true)]
async fn scripts_read_one_stream() {
    let bench = with_server().await;
    let ran = bench.sync(|arguments| arguments.json = true).await.done();
    let events = ran.events();
    assert_eq!(events.len(), ran.out.lines().count(), "{}", ran.out);
    assert!(matches!(events.last(), Some(Event::RunFinished { changed: 1, failed: 0, .. })));
    let told = |word: &str| {
        events
            .iter()
            .any(|event| matches!(event, Event::Notice { text, .. } if text.contains(word)))
    };
    assert!(told("listing mode DYNAMIC") && told("to synchronize"), "{}", ran.out);
    let checked = bench
        .sync(|arguments| {
            arguments.json = true;
            arguments.check = true;
        })
        .await;
    assert_eq!(checked.ended, Ok(ExitCode::ChangesFound));
    assert!(matches!(checked.events().last(), Some(Event::RunFinished { changed: 0, .. })));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_killed_is_made_good() {
    let bench = with_server().await;
    let hangs = Rule::operation("bedrock-agentcore", SYNCHRONIZE, Effect::HangBefore).only(1);
    bench.aws.faults().add(hangs);
    assert!(bench.killed(bench.sync(|_| {})).await.is_none(), "it was to be killed");
    bench.aws.faults().clear();
    let memory = bench.session().await.journal_path();
    let in_doubt = || Journal::read(&memory).unwrap().journal.state().in_doubt().count();
    assert_eq!(in_doubt(), 1, "the intent was on disk before the call left");
    let ran = bench.sync(|arguments| arguments.force_unlock = true).await.done();
    assert_eq!(ran.changes(), synchronized(1));
    assert_eq!(in_doubt(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_run_at_a_time() {
    let bench = with_server().await;
    let theirs = Bench::on(bench.aws.clone(), &format!("{MANIFEST}{SERVER}"));
    theirs.write("mcp-tools.json", bench.read("mcp-tools.json").as_bytes());
    let session = theirs.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    let refused = bench.sync(|_| {}).await;
    assert_eq!(refused.ended.clone().unwrap_err().kind, ExitCode::Locked);
    assert_eq!(refused.changes(), BTreeMap::new());
    held.release().await.unwrap();
    bench.sync(|_| {}).await.done();
}

/// Whatever had the tools read a moment ago: this run's own call whose answer was lost, or somebody else's.
#[tokio::test(start_paused = true)]
async fn what_was_just_read_is_not_read_again() {
    let bench = with_server().await;
    let rule = |effect| Rule::operation("bedrock-agentcore", SYNCHRONIZE, effect).only(1);
    bench.aws.faults().add(rule(Effect::CutAfter));
    let ran = bench.sync(|_| {}).await.done();
    assert_eq!(ran.changes(), synchronized(1));

    bench.aws.faults().clear();
    bench.aws.faults().add(rule(Effect::HangAfter));
    assert!(bench.killed(bench.sync(|_| {})).await.is_none(), "it was to be killed");
    bench.aws.faults().clear();
    let checked = check(&bench).await;
    assert!(checked.out.contains("server: on its way to another state"), "{}", checked.out);
    let ran = bench.sync(|arguments| arguments.force_unlock = true).await.done();
    assert_eq!(ran.changes(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_target_that_is_gone_is_told() {
    let bench = with_server().await;
    let input = json!({ "gatewayIdentifier": "$gatewayIdentifier", "targetId": target_id(&bench) });
    let (service, operation) = ("bedrock-agentcore".to_owned(), "DeleteGatewayTarget".to_owned());
    let other = Effect::Meanwhile(Interloper { service, operation, input });
    bench.aws.faults().add(Rule::operation("bedrock-agentcore", SYNCHRONIZE, other).only(1));
    let ran = bench.sync(|_| {}).await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete), "{}", ran.text());
    assert!(ran.err.contains("target/server"), "{}", ran.err);

    bench.aws.faults().clear();
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    let ran = bench.sync(|_| {}).await;
    assert_eq!(ran.ended, Ok(ExitCode::ChangesFound), "{}", ran.text());
    let told = "server: not up to date: it is not there, and `construct up` makes it";
    assert!(ran.out.contains(told), "{}", ran.out);
    assert_eq!(ran.changes(), BTreeMap::new());
}

fn target_id(bench: &Bench) -> Value {
    object(&bench.store(), "target acme-tools-gateway server").raw["id"].clone()
}
