//! Pruning and cleaning up, with and without a memory.

use construct_engine::{Address, Entry, Journal, Verb, observe};
use serde_json::json;

use crate::cloud::Fault;
use crate::steps::registry;
use crate::world::{Kind, Want, World, address, graph, want};

fn stack() -> [Want; 4] {
    [
        want(Kind::Pool, "pool", None, &[]),
        want(Kind::Room, "room", Some(0), &[]),
        want(Kind::Bucket, "a", None, &[1]),
        want(Kind::Bucket, "b", None, &[2]),
    ]
}

#[tokio::test(start_paused = true)]
async fn dependents_go_first() {
    let world = World::new();
    world.apply(&stack()).await.complete();
    world.apply(&[]).await.complete();
    assert_eq!(world.cloud.calls()[4..], ["delete b", "delete a", "delete room", "delete pool"]);
    assert!(world.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_memory_the_registry_gives_the_order() {
    let world = World::new();
    world.apply(&stack()).await.complete();
    world.lose_journal();
    let plan = world.plan(&stack()[..1]).await;
    assert_eq!(plan.count(Verb::Delete), 3);
    world.apply(&[]).await.complete();
    let calls = world.cloud.calls();
    let place = |call: &str| calls.iter().position(|made| made == call).unwrap();
    assert!(place("delete room") < place("delete pool"));
    assert!(world.cloud.marked().is_empty());
    assert!(world.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_memory_that_goes_in_a_circle_does_not_keep_anything() {
    let world = World::new();
    world.cloud.plant("fake.bucket", "a", Some("a"));
    world.cloud.plant("fake.slow", "b", Some("b"));
    let mut journal = Journal::open(&world.journal_path()).unwrap().journal;
    journal.append(Entry::RunStarted { run: "r".into(), command: "up".into(), at_ms: 1 }).unwrap();
    for (node, kind, after, id) in [("a", "fake.bucket", "b", 1), ("b", "fake.slow", "a", 2)] {
        let entry = Entry::Seen {
            address: address(node),
            kind: kind.to_owned(),
            after: vec![address(after)],
            spec: json!({ "name": node, "size": 1, "colour": "red" }),
            links: json!({ "parent": null, "uses": [] }),
            outputs: json!({ "id": id }),
        };
        journal.append(entry).unwrap();
    }
    world.apply(&[]).await.complete();
    assert_eq!(world.cloud.calls(), ["delete b", "delete a"]);
}

#[tokio::test(start_paused = true)]
async fn two_objects_of_one_address_are_both_removed() {
    let world = World::new();
    world.apply(&[want(Kind::Pool, "pool", None, &[])]).await.complete();
    world.cloud.plant("fake.pool", "pool", Some("pool"));
    world.cloud.plant("fake.bucket", "pool", Some("pool"));
    world.apply(&[]).await.complete();
    assert!(world.cloud.marked().is_empty());
    assert!(world.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_fails_keeps_what_it_needs_and_nothing_else() {
    let world = World::new();
    let mut wants = stack().to_vec();
    wants.push(want(Kind::Slow, "apart", None, &[]));
    world.apply(&wants).await.complete();
    world.cloud.lock().faults.clear();
    world.cloud.fault(0, Fault::Refuse);
    let outcome = world.apply(&[]).await.ended();
    assert_eq!(outcome.failed.len(), 1);
    let left: Vec<String> = world.cloud.marked().into_iter().map(|(node, _)| node).collect();
    let refused = outcome.failed[0].0.as_str();
    assert_eq!(left.len(), 1 + outcome.skipped.len(), "{left:?} after {refused} was refused");
    world.apply(&[]).await.complete();
    assert!(world.cloud.marked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_removal_in_doubt_is_asked_for_once_more() {
    for fault in [Fault::DoubtBefore, Fault::DoubtAfter] {
        let world = World::new();
        world.apply(&stack()[..1]).await.complete();
        world.cloud.fault(0, fault);
        world.apply(&[]).await.complete();
        assert_eq!(world.cloud.calls()[1..], ["delete pool", "delete pool"]);
        assert!(world.cloud.marked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_removed_is_forgotten() {
    let world = World::new();
    world.apply(&stack()).await.complete();
    world.cloud.lock().objects.clear();
    world.apply(&[]).await.complete();
    assert_eq!(world.cloud.calls().len(), 4, "there was nothing to call for");
    assert!(world.state().is_empty());
}

/// A record whose spec no version reads any more still leads to its object.
#[tokio::test(start_paused = true)]
async fn an_older_record_is_removed_by_its_outputs() {
    let world = World::new();
    let id = world.cloud.plant("fake.bucket", "a", Some("a"));
    record(&world, "fake.bucket", id);
    // No listing shows it, so that only the record leads to it.
    let never = tokio::time::Instant::now() + std::time::Duration::from_secs(1_000_000);
    world.cloud.lock().objects.values_mut().for_each(|object| object.shows_at = never);
    world.apply(&[]).await.complete();
    assert!(world.cloud.marked().is_empty());
    assert!(world.state().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_kind_of_a_newer_version_is_not_forgotten() {
    let world = World::new();
    record(&world, "fake.tower", 1);
    let state = world.state();
    let looked = world
        .with_run(async |run| observe(run, &graph(&[]), &registry(), &state).await.err())
        .await;
    let error = looked.expect("the look is refused");
    assert_eq!(error.what, "a");
    assert_eq!(error.error.message, "the journal names the unknown kind fake.tower");
}

fn record(world: &World, kind: &str, id: u64) {
    let mut journal = Journal::open(&world.journal_path()).unwrap().journal;
    journal.append(Entry::RunStarted { run: "r".into(), command: "up".into(), at_ms: 1 }).unwrap();
    let address: Address = address("a");
    let entry = Entry::Seen {
        address,
        kind: kind.to_owned(),
        after: Vec::new(),
        spec: json!({ "title": "of an older version" }),
        links: json!({}),
        outputs: json!({ "id": id }),
    };
    journal.append(entry).unwrap();
}
