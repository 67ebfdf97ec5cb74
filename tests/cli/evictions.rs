//! A run that was stopped, evicted meanwhile, and goes on: it finds out before it changes anything more.

use super::project::{Project, Running};
use super::raw_store::{inventory, undisturbed};
use super::served::{Served, recorded};

/// Whether a recorded call came from the program that calls itself `name`.
fn is_of(call: &serde_json::Value, name: &str) -> bool {
    call["headers"].to_string().contains(&format!("app/{name}"))
}

#[test]
fn a_resumed_run_that_was_evicted_changes_nothing_more() {
    let (here, there) = (Project::starter_without_look_ups(), Project::starter_without_look_ups());
    let account = Project::starter();
    let served = Served::start(&account, "--relaxed --latency 100 --record calls.jsonl");
    let start = |project: &Project, name: &str, line: &str| {
        // The SDK puts the name into each call.
        Running::start(served.command(project, line).env("AWS_SDK_UA_APP_ID", name))
    };
    let mut stopped = start(&here, "stopped", "up --yes");
    stopped.until("created pool ");
    stopped.signal("STOP");
    let until_then = recorded(&account, "calls.jsonl").len();
    let holder = format!("process {}", stopped.id());

    start(&there, "refused", "up --yes").wait().with(7).says(&holder).says("last seen ");
    let mut evictor = start(&there, "evictor", "up --yes --force-unlock");
    evictor.until("taken over from");
    evictor.signal("STOP");
    stopped.signal("CONT");
    stopped
        .wait()
        .with(5)
        .says("the stack's lock was taken over by")
        .says(&format!("process {}", evictor.id()))
        .says("look with `construct status` who works on the stack, then run again");
    // The other was stopped too, and is still the one that holds it.
    evictor.signal("CONT");
    evictor.wait().with(0).says(&holder);
    assert_eq!(inventory(&account), undisturbed());
    let calls = recorded(&account, "calls.jsonl");
    let evicts = |call: &serde_json::Value| {
        call["operation"] == "PutParameter"
            && is_of(call, "evictor")
            && call["body"]
                .as_str()
                .is_some_and(|body| body.contains("/lock\"") && body.contains("\"Overwrite\":true"))
    };
    let eviction = calls.iter().position(evicts).expect("it was evicted");
    assert!(eviction >= until_then);
    let before = calls[..eviction].iter().filter(|call| is_of(call, "stopped"));
    assert!(before.filter(|call| call["mutating"] == true).count() > 5, "it had begun");
    let after: Vec<_> = calls[eviction..]
        .iter()
        .filter(|call| is_of(call, "stopped"))
        .map(|call| call["operation"].as_str().unwrap())
        .collect();
    assert!(after.iter().all(|operation| *operation == "GetParameter"), "{after:?}");
    assert!(!after.is_empty(), "it looked");
    // What it remembers is settled like any other doubt.
    served.run(&here, "up --yes").with(0);
    served.run(&there, "plan --check").with(0);
    assert_eq!(inventory(&account), undisturbed());
}
