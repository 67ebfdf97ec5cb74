//! Random blueprints, random outcomes of calls, random edits: what must hold, holds.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::cloud::Fault;
use crate::invariants;
use crate::world::{Kind, Want, World};

/// What happens in one run of a story.
#[derive(Clone, Debug)]
struct Chapter {
    wants: Vec<Want>,
    faults: Vec<(usize, Fault)>,
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Bucket), Just(Kind::Pool), Just(Kind::Room), Just(Kind::Slow)]
}

/// Nodes `0..8`, of which some are left out. A node's kind and place never change, so that chapters are edits of each
/// other; its size, colour and what it uses do.
fn blueprint() -> impl Strategy<Value = Vec<(Kind, usize)>> {
    prop::collection::vec((kinds(), any::<prop::sample::Index>()), 1..8).prop_map(|nodes| {
        nodes.into_iter().map(|(kind, place)| (kind, place.index(1000))).collect()
    })
}

type Edit = (bool, u32, bool, Vec<prop::sample::Index>);

fn edit() -> impl Strategy<Value = Edit> {
    (
        prop::bool::weighted(0.8),
        1..3_u32,
        prop::bool::weighted(0.2),
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    )
}

fn written(nodes: &[(Kind, usize)], edits: &[Edit]) -> Vec<Want> {
    let mut wants: Vec<Want> = Vec::new();
    for (number, ((kind, place), (there, size, blue, uses))) in nodes.iter().zip(edits).enumerate()
    {
        let pools: Vec<usize> =
            (0..wants.len()).filter(|&earlier| wants[earlier].kind == Kind::Pool).collect();
        // A room without a pool cannot be written down.
        let homeless = *kind == Kind::Room && pools.is_empty();
        if !there || homeless {
            continue;
        }
        let inside = (*kind == Kind::Room).then(|| pools[place % pools.len()]);
        let mut uses: Vec<usize> = uses
            .iter()
            .filter(|_| !wants.is_empty())
            .map(|choice| choice.index(wants.len()))
            .collect();
        uses.sort_unstable();
        uses.dedup();
        wants.push(Want {
            // A room that moves to another pool is another room.
            address: match inside {
                Some(pool) => format!("room/{number}.{}", wants[pool].address),
                None => format!("node/{number}"),
            },
            kind: *kind,
            size: *size,
            colour: if *blue { "blue" } else { "red" },
            inside,
            uses,
            any_size: false,
        });
    }
    wants
}

fn faults() -> impl Strategy<Value = Vec<(usize, Fault)>> {
    let fault = prop_oneof![
        Just(Fault::Refuse),
        Just(Fault::DoubtBefore),
        Just(Fault::DoubtAfter),
        Just(Fault::CrashBefore),
        Just(Fault::CrashAfter),
    ];
    prop::collection::vec((0..8_usize, fault), 0..3)
}

fn story() -> impl Strategy<Value = Vec<Chapter>> {
    blueprint().prop_flat_map(|nodes| {
        let count = nodes.len();
        prop::collection::vec((prop::collection::vec(edit(), count), faults()), 1..4).prop_map(
            move |chapters| {
                chapters
                    .into_iter()
                    .map(|(edits, faults)| Chapter { wants: written(&nodes, &edits), faults })
                    .collect()
            },
        )
    })
}

fn tell(story: &[Chapter], parallelism: usize, lose_journal: bool) -> TestCaseResult {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::new();
        world.parallelism = parallelism;
        for chapter in story {
            for (ahead, fault) in &chapter.faults {
                world.cloud.fault(*ahead, *fault);
            }
            // Whether it fails, crashes or ends well: what must hold at every end is checked there.
            world.apply(&chapter.wants).await;
            world.cloud.lock().faults.clear();
        }
        if lose_journal {
            world.lose_journal();
        }
        let wants = &story.last().expect("a story has a chapter").wants;
        world.apply(wants).await.complete();
        invariants::when_complete(&world, wants);
        let again = world.plan(wants).await;
        prop_assert!(again.is_empty(), "the next plan is not empty: {again:#?}");
        world.apply(&[]).await.complete();
        prop_assert_eq!(world.cloud.marked(), Vec::new());
        prop_assert!(world.state().is_empty());
        Ok(())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250,
        max_shrink_time: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_story_ends_well(story in story(), parallelism in 1..5_usize, lose_journal: bool) {
        tell(&story, parallelism, lose_journal)?;
    }
}
