//! Which code reaches the front's functions: uploaded once, and never moved to another processor unasked.

use construct::cli::{ExitCode, up};
use construct::session::Session;
use construct::ui::Ui;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::{Bench, is_lock, operations, up_arguments};

const UPLOAD: &str = "lambda.UpdateFunctionCode";

/// The first of the two architectures that the front's functions do not have.
fn other(bench: &Bench) -> &'static str {
    let there = configurations(bench).remove(0)["Architectures"][0].clone();
    ["arm64", "x86_64"].into_iter().find(|one| there != *one).unwrap()
}

fn configurations(bench: &Bench) -> Vec<Value> {
    let mut configurations = Vec::new();
    bench.aws.edit(|account| {
        let functions = account.region_mut("us-west-2").lambda.functions.values();
        configurations
            .extend(functions.map(|function| Value::Object(function.latest.configuration.clone())));
    });
    configurations
}

/// Somebody else's construct deployed the front for another processor.
fn moved(bench: &Bench, architecture: &str) {
    bench.aws.edit(|account| {
        for function in account.region_mut("us-west-2").lambda.functions.values_mut() {
            let configuration = &mut function.latest.configuration;
            configuration.insert("Architectures".to_owned(), json!([architecture]));
        }
    });
}

/// `construct up --yes` as on AWS, where this machine's processor asks for nothing.
async fn unasked(bench: &Bench, session: &mut Session) -> (Result<ExitCode, String>, String) {
    session.prepared.as_mut().unwrap().front.as_mut().unwrap().asked = false;
    let (ui, captured) = Ui::captured();
    let ended = Box::pin(up::run_in(session, &up_arguments(&bench.manifest()), &ui)).await;
    if let Err(failure) = &ended {
        ui.fail(failure);
    }
    (ended.map_err(|failure| format!("{failure:?}")), captured.err())
}

#[tokio::test(start_paused = true)]
async fn code_is_uploaded_once() {
    let bench = Bench::starter();
    let first = bench.up().await.done().changes();
    assert_eq!(first.get("lambda.CreateFunction"), Some(&2));
    assert_eq!(first.get(UPLOAD), None);
    bench.forget();
    assert_eq!(bench.up().await.done().changes(), operations([]));
    bench.edit("construct.toml", "[clients]", "[front]\nmemory = 512\n\n[clients]");
    let changed = bench.up().await.done().changes();
    assert_eq!(changed, operations([("lambda.UpdateFunctionConfiguration", 2)]));
}

#[tokio::test(start_paused = true)]
async fn another_processor_is_planned_and_needs_to_be_asked_for() {
    let bench =
        Bench::with(super::harness::STARTER, Options { seed: Some(1), ..Options::default() });
    bench.up().await.done();
    let there = other(&bench);
    moved(&bench, there);
    let (_, plan) = bench.plan().await;
    let work: Vec<_> = plan.work().collect();
    assert_eq!(work.len(), 2);
    for action in &work {
        let fields: Vec<_> = action.changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!((action.verb, fields), (Verb::Update, vec!["Architectures"]));
    }

    let (ended, err) = unasked(&bench, &mut bench.session().await).await;
    assert!(ended.is_err(), "{ended:?}");
    assert!(err.contains(&format!("the front's functions run on {there}")), "{err}");
    assert!(err.contains(&format!("`architecture = \"{there}\"`")), "{err}");
    let calls = bench.aws.calls();
    let last = calls.iter().rfind(|call| call.mutating && !is_lock(call)).unwrap();
    assert!(last.operation != "UpdateFunctionCode", "{last:?}");
    assert_eq!(configurations(&bench)[0]["Architectures"], json!([there]));

    assert_eq!(bench.up().await.done().changes(), operations([(UPLOAD, 2)]));
    assert!(bench.work().await.is_empty());
    let (ended, err) = unasked(&bench, &mut bench.session().await).await;
    assert_eq!(ended, Ok(ExitCode::Done), "{err}");
}
