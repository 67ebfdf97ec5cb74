//! A command that does a part of a plan: everything else stays as it is.

use construct_engine::{Event, Journal, Verb, apply, observe, plan};
use std::collections::BTreeSet;

use crate::steps::registry;
use crate::world::{Kind, Want, World, address, graph, want};

fn wants() -> Vec<Want> {
    vec![
        want(Kind::Bucket, "base", None, &[]),
        want(Kind::Bucket, "chosen", None, &[0]),
        want(Kind::Bucket, "other", None, &[]),
        want(Kind::Bucket, "old", None, &[]),
    ]
}

/// Everything differs, one node is new with one that needs it, and one is no longer wanted.
fn changed() -> Vec<Want> {
    let mut changed = wants();
    changed.truncate(3);
    for want in &mut changed {
        want.size = 2;
    }
    changed.push(want(Kind::Bucket, "new", None, &[]));
    changed.push(want(Kind::Bucket, "user", None, &[3]));
    changed
}

#[tokio::test(start_paused = true)]
async fn what_was_not_chosen_is_left() {
    let world = World::new();
    world.apply(&wants()).await.complete();
    let before = world.cloud.calls().len();
    let mut journal = Journal::open(&world.journal_path()).unwrap().journal;
    let (state, graph, registry) = (journal.state().clone(), graph(&changed()), registry());
    let outcome = world
        .with_run(async |run| {
            let observed = observe(run, &graph, &registry, &state).await.unwrap();
            let plan = plan(run, &graph, &registry, &observed, &BTreeSet::new()).await.unwrap();
            let chosen = plan.only(|action| action.address == address("chosen"), "not chosen");
            assert_eq!(chosen.work().count(), 1);
            assert_eq!(chosen.count(Verb::Leave), 5);
            let view = (&chosen, &observed);
            apply(run, &graph, &registry, &mut journal, view, "part").await.unwrap()
        })
        .await;
    assert!(outcome.complete(), "what is left is no failure");
    assert_eq!(outcome.changed, 1);
    assert_eq!(world.cloud.calls()[before..], ["update chosen"]);
    let is_skipped = |event: &Event| matches!(event, Event::NodeSkipped { .. });
    assert!(!world.events.lock().unwrap().iter().any(is_skipped));
    let rest = world.plan(&changed()).await;
    let rest: Vec<_> = rest.work().map(|action| action.address.as_str()).collect();
    assert_eq!(rest, ["base", "other", "new", "user", "old"], "all of it is still to be done");
    world.apply(&changed()).await.complete();
}
