//! Figures of the engine alone, for a release build: `just bench` prints them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use construct_engine::{observe, plan};

use crate::steps::registry;
use crate::world::{Kind, Want, World, graph, want};

/// How long a thousand nodes may take to decide on.
const LIMIT: Duration = Duration::from_millis(100);

/// A tenth of them hold the others, each of which uses the one before it.
fn stack(nodes: usize) -> Vec<Want> {
    let pools = nodes / 10;
    let pool = |at: usize| want(Kind::Pool, &format!("pool-{at}"), None, &[]);
    let room = |at: usize| {
        let before = if at > pools { vec![at - 1] } else { Vec::new() };
        want(Kind::Room, &format!("room-{at}"), Some(at % pools), &before)
    };
    (0..pools).map(pool).chain((pools..nodes).map(room)).collect()
}

/// The shortest of some decisions on a stack that is there, half of which was changed.
async fn decided(nodes: usize) -> Duration {
    let world = World::new();
    let mut wants = stack(nodes);
    world.apply(&wants).await.complete();
    for want in wants.iter_mut().step_by(2) {
        want.size = 2;
    }
    let (graph, state) = (graph(&wants), world.state());
    world
        .with_run(async |run| {
            let registry = registry();
            let observed = observe(run, &graph, &registry, &state).await.unwrap();
            let mut shortest = Duration::MAX;
            for _ in 0..10 {
                let begin = Instant::now();
                let plan = plan(run, &graph, &registry, &observed, &BTreeSet::new()).await.unwrap();
                let digest = plan.digest();
                shortest = shortest.min(begin.elapsed());
                assert_eq!((plan.work().count(), digest.len()), (nodes / 2, 64));
            }
            shortest
        })
        .await
}

#[tokio::test(start_paused = true)]
#[ignore = "a figure: it says something in a release build alone"]
#[expect(clippy::print_stdout, reason = "the figure is what it is run for")]
async fn a_plan_of_a_thousand_nodes() {
    let (one, four) = (decided(1000).await, decided(4000).await);
    println!("decided on 1,000 nodes in {one:?}, on 4,000 in {four:?}");
    assert!(one <= LIMIT && four <= LIMIT * 4, "{one:?} and {four:?}");
}
