//! A service that is too busy, fails and loses answers all along: the same end, and not many more calls.

use construct_local::fault::Refusal;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL, Ran};
use super::store::names;

/// More calls than this, for each that an undisturbed run makes, would be an onslaught.
const MOST: usize = 5;

fn bench(manifest: &str) -> Bench {
    Bench::with(manifest, Options { seed: Some(1), ..Options::default() })
}

/// Of a hundred calls thirty are throttled, five fail and two lose their answer.
fn disturb(bench: &Bench) {
    for (percent, effect) in [
        (30, Effect::FailBefore(Refusal::throttled())),
        (5, Effect::FailBefore(Refusal::internal())),
        (2, Effect::CutAfter),
    ] {
        bench.aws.faults().add(Rule::some_calls(percent, effect));
    }
}

/// The refusals that the rules did not make: the service's own.
fn own_throttles(ran: &Ran, operation: &str) -> usize {
    let own = |call: &&construct_local::CallRecord| {
        call.operation.ends_with(operation)
            && call.error_code.as_deref() == Some("ThrottlingException")
    };
    ran.calls.iter().filter(own).count()
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_costs_calls_and_nothing_else() {
    let calm = bench(FULL);
    let (up, all) = (calm.up().await.done().calls.len(), names(&calm.store()));
    let cleanup = calm.cleanup().await.done().calls.len();
    let busy = bench(FULL);
    disturb(&busy);
    let ran = busy.up().await.done();
    assert!(ran.calls.len() < MOST * up, "up: {} calls instead of {up}", ran.calls.len());
    assert_eq!(names(&busy.store()), all);
    let ran = busy.cleanup().await.done();
    assert!(
        ran.calls.len() < MOST * cleanup,
        "cleanup: {} calls instead of {cleanup}",
        ran.calls.len()
    );
    assert_eq!(names(&busy.store()), Vec::<String>::new());
    let hits = busy.aws.faults().hits();
    assert!(hits[0] > 50 && hits.iter().all(|hits| *hits > 0), "{hits:?}");
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_target_operations_is_kept_without_being_told() {
    let mut manifest = String::from(
        "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[gateway]\ninbound = \"iam\"\n",
    );
    let target = |number| format!("\n[targets.t{number}]\nopenapi = \"specs/small.json\"\n");
    manifest.extend((0..20).map(target));
    let bench = bench(&manifest);
    for change in [
        |_: &Bench| {},
        |bench: &Bench| {
            let text = bench.read("construct.toml");
            bench.write(
                "construct.toml",
                text.replace("small.json\"", "small.json\"\ndescription = \"x\"").as_bytes(),
            );
        },
    ] {
        change(&bench);
        let ran = bench.up_with(|arguments| arguments.parallelism = 64).await.done();
        assert_eq!(own_throttles(&ran, "GatewayTarget"), 0, "more than five at once");
        let changed = ran
            .calls
            .iter()
            .filter(|call| call.mutating && call.operation.ends_with("GatewayTarget"));
        assert_eq!(changed.count(), 20);
    }
    let ran = bench.cleanup_with(|arguments| arguments.parallelism = 64).await.done();
    assert_eq!(own_throttles(&ran, "GatewayTarget"), 0, "more than five at once");
}

#[tokio::test(start_paused = true)]
async fn lists_that_lag_behind_a_lost_create_make_no_second_one() {
    for (service, create, list) in [
        ("cognito-idp", "CreateUserPool", "ListUserPools"),
        ("cognito-idp", "CreateUserPoolClient", "ListUserPoolClients"),
        ("apigateway", "CreateApi", "GetApis"),
        ("apigateway", "CreateIntegration", "GetIntegrations"),
    ] {
        let bench = bench(FULL);
        bench.aws.faults().add(Rule::operation(service, create, Effect::CutAfter).only(1));
        bench.aws.faults().add(Rule::operation(service, list, Effect::Stale(30_000)));
        let before = bench.up().await.done();
        let sent = before.calls.iter().filter(|call| call.operation == create).count();
        let there = names(&bench.store());
        let mut distinct = there.clone();
        distinct.dedup();
        assert_eq!(there, distinct, "{create} was sent {sent} times");
        assert!(bench.aws.faults().hits().iter().all(|hits| *hits > 0), "{create}");
    }
}
