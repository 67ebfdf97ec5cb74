//! Kinds that the stack does not own: read, told to dependents, and otherwise left alone.

use construct_engine::{Class, LINKED, Verb, observe, plan};
use std::collections::BTreeSet;

use crate::cloud::Object;
use crate::steps::registry;
use crate::world::{Kind, Want, World, address, graph, want};

/// A world with a stranger's object, which differs from what [`linking`] says of it in all that can differ.
fn with_a_strangers() -> (World, u64) {
    let world = World::new();
    let id = world.cloud.plant("fake.linked", "shared", None);
    let mut inner = world.cloud.lock();
    let object = inner.objects.get_mut(&id).unwrap();
    object.size = 9;
    "blue".clone_into(&mut object.colour);
    drop(inner);
    (world, id)
}

/// A node that links it, and one that uses that.
fn linking() -> [Want; 2] {
    [want(Kind::Linked, "shared", None, &[]), want(Kind::Bucket, "user", None, &[0])]
}

fn object(world: &World, id: u64) -> Object {
    world.cloud.lock().objects[&id].clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_linked_is_read_and_neither_made_nor_changed() {
    let (world, id) = with_a_strangers();
    let before = object(&world, id);
    let plan = world.plan(&linking()).await;
    let link = &plan.actions[0];
    assert_eq!((link.verb, link.reason.as_str()), (Verb::Same, LINKED));
    assert_eq!((&link.changes, &link.identity), (&Vec::new(), &Some(id.to_string())));
    assert_eq!(plan.work().map(|action| action.address.as_str()).collect::<Vec<_>>(), ["user"]);
    assert_eq!(world.apply(&linking()).await.complete().changed, 1);
    assert_eq!(world.cloud.calls(), ["create user"]);
    assert_eq!(object(&world, id), before);
    let (_, user) = world.cloud.marked()[0].clone();
    assert_eq!(object(&world, user).uses, [id], "what it gives reaches those who use it");
    assert!(world.plan(&linking()).await.is_empty());
}

/// Something that it depends on was made after it was seen, so that it is looked at again.
#[tokio::test(start_paused = true)]
async fn a_second_look_changes_nothing_either() {
    let (world, id) = with_a_strangers();
    let before = object(&world, id);
    let wants = [want(Kind::Bucket, "first", None, &[]), want(Kind::Linked, "shared", None, &[0])];
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.calls(), ["create first"]);
    assert_eq!(object(&world, id), before);
}

#[tokio::test(start_paused = true)]
async fn what_is_linked_must_be_there() {
    let world = World::new();
    let (state, registry) = (world.state(), registry());
    let refused = world
        .with_run(async |run| {
            let graph = graph(&linking());
            let observed = observe(run, &graph, &registry, &state).await.unwrap();
            plan(run, &graph, &registry, &observed, &BTreeSet::new()).await.err()
        })
        .await;
    let refused = refused.expect("there is nothing to link");
    assert_eq!(refused.error.class, Class::NotFound);
    assert_eq!(refused.error.message, "shared is linked and not there");
    assert!(world.cloud.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn adopting_does_not_make_it_the_stacks_own() {
    let (mut world, id) = with_a_strangers();
    let before = object(&world, id);
    world.adopt.insert(address("shared"));
    world.apply(&linking()).await.complete();
    assert_eq!(object(&world, id), before);
}

#[tokio::test(start_paused = true)]
async fn it_stays_where_what_it_lives_in_is_replaced() {
    let (world, id) = with_a_strangers();
    let before = object(&world, id);
    let mut wants =
        [want(Kind::Pool, "pool", None, &[]), want(Kind::Linked, "shared", Some(0), &[])];
    world.apply(&wants[..1]).await.complete();
    world.apply(&wants).await.complete();
    wants[0].colour = "blue";
    let plan = world.plan(&wants).await;
    let verbs: Vec<Verb> = plan.actions.iter().map(|action| action.verb).collect();
    assert_eq!(verbs, [Verb::Replace, Verb::Same]);
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.calls(), ["create pool", "delete pool", "create pool"]);
    assert_eq!(object(&world, id), before);
}

/// Even one that carries the mark of a node, which a discovery of its kind would show.
#[tokio::test(start_paused = true)]
async fn nothing_of_its_kind_is_looked_for() {
    let world = World::new();
    world.lose_journal();
    let id = world.cloud.plant("fake.linked", "shared", Some("shared"));
    for wants in [&linking()[..], &[]] {
        let plan = world.plan(wants).await;
        let of_its_kind = plan.work().filter(|action| action.kind == "fake.linked");
        assert_eq!(of_its_kind.count(), 0);
        world.apply(wants).await.complete();
    }
    assert!(world.cloud.lock().objects.contains_key(&id));
}

#[tokio::test(start_paused = true)]
async fn it_is_forgotten_with_its_node_and_stays() {
    let (world, id) = with_a_strangers();
    world.apply(&linking()).await.complete();
    assert!(world.state().get(&address("shared")).is_some());
    let alone = [want(Kind::Bucket, "user", None, &[])];
    assert!(world.plan(&alone).await.actions.iter().all(|one| one.address != address("shared")));
    world.apply(&alone).await.complete();
    assert_eq!(world.cloud.calls(), ["create user", "update user"]);
    assert!(world.state().get(&address("shared")).is_none(), "its record goes with its node");
    world.apply(&linking()).await.complete();
    world.apply(&[]).await.complete();
    assert_eq!(world.cloud.calls().last().unwrap(), "delete user");
    assert!(world.state().is_empty(), "a cleanup forgets it");
    assert!(world.cloud.lock().objects.contains_key(&id));
}
