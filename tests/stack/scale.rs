//! Many targets: what a run asks grows with what is there, and no list is read more often for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use construct_local::{Delays, Options};

use super::harness::{Bench, Ran, operations};

/// Two gateways, each with so many targets.
fn manifest(targets: usize) -> String {
    let mut text = "[stack]\nname = \"many\"\nregion = \"us-west-2\"\n".to_owned();
    for gateway in ["jobs", "people"] {
        write!(text, "\n[gateways.{gateway}]\ninbound = \"iam\"\n").unwrap();
        for number in 0..targets {
            write!(
                text,
                "\n[targets.{gateway}{number}]\ngateway = \"{gateway}\"\nopenapi = \"specs/small.json\"\n"
            )
            .unwrap();
        }
    }
    text
}

fn bench(targets: usize) -> Bench {
    Bench::with(
        &manifest(targets),
        Options { seed: Some(1), delays: Delays::none(), ..Options::default() },
    )
}

/// How often each operation was asked for.
fn counted(ran: &Ran) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in &ran.calls {
        *counts.entry(format!("{}.{}", call.service, call.operation)).or_insert(0) += 1;
    }
    counts
}

/// What two sizes do not agree on: how many more calls the larger one has, by operation.
fn grown(small: &Ran, large: &Ran) -> BTreeMap<String, usize> {
    let small = counted(small);
    let more = |(operation, count): (String, usize)| {
        let more = count - small.get(&operation).copied().unwrap_or_default();
        (more > 0).then_some((operation, more))
    };
    counted(large).into_iter().filter_map(more).collect()
}

#[tokio::test(start_paused = true)]
async fn a_run_with_nothing_to_change_asks_once_for_each_target_and_reads_no_list_again() {
    let (small, large) = (bench(2), bench(14));
    for bench in [&small, &large] {
        bench.up().await.done();
    }
    for forget in [false, true] {
        if forget {
            small.forget();
            large.forget();
        }
        let (few, many) = (small.up().await.done(), large.up().await.done());
        let expected = operations([("bedrock-agentcore.GetGatewayTarget", 24)]);
        assert_eq!(grown(&few, &many), expected, "without the journal: {forget}");
        assert_eq!(counted(&many)["bedrock-agentcore.ListGatewayTargets"], 2, "one a gateway");
    }
}

#[tokio::test(start_paused = true)]
async fn many_new_targets_are_looked_for_in_one_list() {
    let bench = bench(2);
    bench.up().await.done();
    bench.write("construct.toml", manifest(14).as_bytes());
    let (looked, plan) = bench.plan().await;
    assert_eq!(plan.work().count(), 24);
    assert_eq!(counted(&looked)["bedrock-agentcore.ListGatewayTargets"], 2, "one a gateway");
    let ran = bench.up().await.done();
    let counts = counted(&ran);
    assert_eq!(counts["bedrock-agentcore.CreateGatewayTarget"], 24);
    assert_eq!(
        counts["bedrock-agentcore.ListGatewayTargets"], 2,
        "none of them is looked for again"
    );
}

#[tokio::test(start_paused = true)]
async fn targets_that_somebody_removed_are_looked_for_in_one_list() {
    let bench = bench(14);
    bench.up().await.done();
    bench.aws.edit(|account| {
        for gateway in account.region_mut("us-west-2").agentcore.gateways.values_mut() {
            gateway.targets.clear();
        }
    });
    let (looked, plan) = bench.plan().await;
    assert_eq!(plan.work().count(), 28);
    assert_eq!(counted(&looked)["bedrock-agentcore.ListGatewayTargets"], 2, "one a gateway");
}
