//! The first `up` of the starter, and the second one, which has nothing to do.

#![expect(clippy::print_stdout, reason = "figures of the run, for `--nocapture`")]

use std::collections::BTreeMap;

use serde_json::Value;

use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, STARTER};
use super::store::{names, objects};

/// Everything that the starter becomes, and nothing else.
const STARTER_OBJECTS: [&str; 43] = [
    "api acme-tools-api",
    "client acme-tools-pool acme-tools-client-editors",
    "domain acme-tools-4885f4dc",
    "function acme-tools-mcp-proxy",
    "function acme-tools-oauth-callback",
    "gateway acme-tools-gateway",
    "integration acme-tools-api acme-tools-mcp-proxy",
    "integration acme-tools-api acme-tools-oauth-callback",
    "log-group /aws/lambda/acme-tools-mcp-proxy",
    "log-group /aws/lambda/acme-tools-oauth-callback",
    "own-identity acme-tools-gateway",
    "parameter /construct/acme-tools/keys/id",
    "parameter /construct/acme-tools/keys/state",
    "permission acme-tools-mcp-proxy construct-http-api",
    "permission acme-tools-oauth-callback construct-http-api",
    "pool acme-tools-pool",
    "provider acme-tools-atlassian",
    "provider acme-tools-github",
    "resource-server acme-tools-pool mcp",
    "role acme-tools-gateway-role",
    "role acme-tools-mcp-proxy-role",
    "role acme-tools-oauth-callback-role",
    "role-policy acme-tools-gateway-role provider-atlassian",
    "role-policy acme-tools-gateway-role provider-github",
    "role-policy acme-tools-mcp-proxy-role run",
    "role-policy acme-tools-oauth-callback-role providers",
    "role-policy acme-tools-oauth-callback-role run",
    "route acme-tools-api ANY /authorize",
    "route acme-tools-api ANY /mcp",
    "route acme-tools-api GET /.well-known/{document+}",
    "route acme-tools-api GET /callback",
    "route acme-tools-api GET /connect/callback",
    "route acme-tools-api GET /connect/{handle}",
    "route acme-tools-api GET /health",
    "route acme-tools-api GET /oauth2/callback",
    "route acme-tools-api POST /register",
    "route acme-tools-api POST /token",
    "secret bedrock-agentcore-identity!default/oauth2/acme-tools-atlassian",
    "secret bedrock-agentcore-identity!default/oauth2/acme-tools-github",
    "stage acme-tools-api $default",
    "table acme-tools-table-sessions",
    "target acme-tools-gateway confluence",
    "target acme-tools-gateway github",
];

/// The node that each tagged object was made for.
const NODES: [(&str, &str); 16] = [
    ("api acme-tools-api", "api"),
    ("function acme-tools-mcp-proxy", "function/mcp-proxy"),
    ("function acme-tools-oauth-callback", "function/oauth-callback"),
    ("gateway acme-tools-gateway", "gateway"),
    ("log-group /aws/lambda/acme-tools-mcp-proxy", "log-group/mcp-proxy"),
    ("log-group /aws/lambda/acme-tools-oauth-callback", "log-group/oauth-callback"),
    ("parameter /construct/acme-tools/keys/id", "sealing-key/id"),
    ("parameter /construct/acme-tools/keys/state", "sealing-key/state"),
    ("pool acme-tools-pool", "pool"),
    ("provider acme-tools-atlassian", "provider/atlassian"),
    ("provider acme-tools-github", "provider/github"),
    ("role acme-tools-gateway-role", "role/gateway"),
    ("role acme-tools-mcp-proxy-role", "role/function-mcp-proxy"),
    ("role acme-tools-oauth-callback-role", "role/function-oauth-callback"),
    ("stage acme-tools-api $default", "stage"),
    ("table acme-tools-table-sessions", "table/sessions"),
];

#[tokio::test(start_paused = true)]
async fn the_starter_becomes_exactly_its_objects() {
    let bench = Bench::starter();
    let ran = bench.up().await.done();
    let store = bench.store();
    assert_eq!(names(&store), STARTER_OBJECTS);
    let marks: BTreeMap<String, String> = objects(&store)
        .into_iter()
        .filter_map(|object| {
            let tags = object.tags?;
            let node = tags.get("construct:node")?.clone();
            assert_eq!(
                tags.get("construct:stack").map(String::as_str),
                Some("acme-tools"),
                "{}",
                object.name
            );
            Some((object.name, node))
        })
        .collect();
    let expected: BTreeMap<String, String> =
        NODES.into_iter().map(|(name, node)| (name.to_owned(), node.to_owned())).collect();
    assert_eq!(marks, expected);
    let mutating = ran.calls.iter().filter(|call| call.mutating).count();
    println!("first up: {} calls, {mutating} of them changes", ran.calls.len());
    assert!(
        ran.calls.iter().all(|call| call.status.is_some_and(|status| status != 501)),
        "not implemented"
    );
    assert_eq!(ran.calls.iter().filter(|call| call.operation == "GetCallerIdentity").count(), 1);
    assert!(ran.calls.len() <= 135, "a first up asked {} times", ran.calls.len());
}

#[tokio::test(start_paused = true)]
async fn everything_arrives_in_its_final_state() {
    let bench = Bench::starter();
    bench.up().await.done();
    let store = bench.store();
    let at = |object: &Value, member: &str| match &object[member]["change"]["then"] {
        Value::Null => object[member]["during"].clone(),
        then => then.clone(),
    };
    let mut seen = 0;
    for object in objects(&store) {
        let expected = match object.name.split(' ').next().unwrap() {
            "gateway" | "target" | "provider" => [("status", "READY")].as_slice(),
            "function" => &[("state", "Active"), ("update", "Successful")],
            "table" => &[("status", "ACTIVE")],
            _ => &[],
        };
        for (member, wanted) in expected {
            assert_eq!(at(&object.raw, member), *wanted, "{} of {}", member, object.name);
            let settled = &object.raw[*member]["change"]["settles_at"];
            assert!(
                settled.as_i64().is_none_or(|at| at <= bench.aws.now_ms()),
                "{} was not waited for",
                object.name
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 10);
}

#[tokio::test(start_paused = true)]
async fn a_second_up_changes_nothing() {
    let bench = Bench::starter();
    bench.up().await.done();
    let (store, files) = (bench.store(), [bench.read("config.json"), bench.read("mcp.json")]);
    let journal = std::fs::read(bench.session().await.journal_path()).unwrap();
    let second = bench.up().await.done();
    println!("second up: {} calls", second.calls.len());
    assert!(second.calls.iter().all(|call| !call.mutating), "{:?}", second.changes());
    assert!(
        second.err.contains("Nothing to change: all 42 objects are as the manifest says."),
        "{}",
        second.err
    );
    assert_eq!(bench.store(), store);
    assert_eq!([bench.read("config.json"), bench.read("mcp.json")], files);
    assert_eq!(std::fs::read(bench.session().await.journal_path()).unwrap(), journal);
}

#[tokio::test(start_paused = true)]
async fn a_second_up_without_memory_changes_nothing() {
    let bench = Bench::starter();
    bench.up().await.done();
    let (store, files) = (bench.store(), [bench.read("config.json"), bench.read("mcp.json")]);
    bench.forget();
    assert!(bench.work().await.is_empty());
    assert!(!bench.base().join(".construct").exists(), "a plan wrote something down");
    let second = bench.up().await.done();
    assert!(second.calls.iter().all(|call| !call.mutating), "{:?}", second.changes());
    assert_eq!(bench.store(), store);
    assert_eq!([bench.read("config.json"), bench.read("mcp.json")], files);
    // What was found again is remembered again.
    let session = bench.session().await;
    let (journal, repair) = construct::session::remembered(&session).unwrap();
    assert_eq!((journal.state().iter().count(), repair.is_none()), (42, true));
}

#[tokio::test(start_paused = true)]
async fn the_order_of_work_does_not_depend_on_its_width() {
    let mut stores = Vec::new();
    for parallelism in [1, 3, 50] {
        let bench = Bench::starter();
        let ran = bench.up_with(|arguments| arguments.parallelism = parallelism).await.done();
        stores.push((names(&bench.store()), ran.changes().into_keys().collect::<Vec<_>>()));
        assert!(bench.work().await.is_empty());
    }
    assert!(stores.iter().all(|store| store == &stores[0]));
}

#[tokio::test(start_paused = true)]
async fn cleanup_leaves_nothing_with_and_without_memory() {
    for forget in [false, true] {
        let bench = Bench::starter();
        bench.up().await.done();
        if forget {
            bench.forget();
        }
        let ran = bench.cleanup().await.done();
        assert!(ran.err.contains("nothing left"), "{}", ran.err);
        assert_eq!(names(&bench.store()), Vec::<String>::new());
        assert!(
            !bench.base().join("config.json").exists() && !bench.base().join("mcp.json").exists()
        );
        let again = bench.cleanup().await.done();
        assert!(again.calls.iter().all(|call| !call.mutating));
    }
}

/// How long `command` takes in round trips, when each call takes 100 ms and every object is there at once.
async fn round_trips(bench: &Bench, command: impl AsyncFnOnce(&Bench)) -> u64 {
    let rule = Rule::every_call(Effect::Latency(100));
    bench.aws.faults().add(rule);
    let start = tokio::time::Instant::now();
    command(bench).await;
    let taken = start.elapsed();
    assert!(bench.aws.faults().hits()[0] > 10);
    bench.aws.faults().clear();
    u64::try_from(taken.as_millis().div_ceil(100)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn calls_leave_side_by_side() {
    let bench = Bench::with(STARTER, Options::instant());
    let first = round_trips(&bench, async |bench| drop(bench.up().await.done())).await;
    let second = round_trips(&bench, async |bench| drop(bench.up().await.done())).await;
    let cleanup = round_trips(&bench, async |bench| drop(bench.cleanup().await.done())).await;
    println!("round trips in a row: first up {first}, second up {second}, cleanup {cleanup}");
    assert!(first <= 16 && second <= 4 && cleanup <= 20, "{first}, {second}, {cleanup}");
}
