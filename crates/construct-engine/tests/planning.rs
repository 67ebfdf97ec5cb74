//! What is decided, from what is there and what is wanted.

use construct_engine::{Action, Plan, Verb};

use crate::world::{Kind, World, address, want};

fn verbs(plan: &Plan) -> Vec<(&str, Verb)> {
    plan.actions.iter().map(|action| (action.address.as_str(), action.verb)).collect()
}

fn action<'a>(plan: &'a Plan, node: &str) -> &'a Action {
    plan.actions.iter().find(|action| action.address.as_str() == node).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_created_and_then_left() {
    let world = World::new();
    let wants = [want(Kind::Bucket, "a", None, &[]), want(Kind::Slow, "b", None, &[0])];
    let plan = world.plan(&wants).await;
    assert_eq!(verbs(&plan), [("a", Verb::Create), ("b", Verb::Create)]);
    assert_eq!(action(&plan, "b").after, [address("a")]);
    assert_eq!(world.apply(&wants).await.complete().changed, 2);
    let plan = world.plan(&wants).await;
    assert!(plan.is_empty());
    assert_eq!(verbs(&plan), [("a", Verb::Same), ("b", Verb::Same)]);
    assert_eq!(world.apply(&wants).await.complete().changed, 0);
}

#[tokio::test(start_paused = true)]
async fn equal_plans_have_equal_digests() {
    let world = World::new();
    let mut wants = [want(Kind::Bucket, "a", None, &[])];
    let first = world.plan(&wants).await;
    assert_eq!(first.digest(), world.plan(&wants).await.digest());
    assert_eq!(first.digest().len(), 64);
    world.apply(&wants).await.complete();
    wants[0].size = 2;
    assert_ne!(first.digest(), world.plan(&wants).await.digest());
}

#[tokio::test(start_paused = true)]
async fn drift_and_edits_are_updates() {
    let world = World::new();
    let mut wants = [want(Kind::Bucket, "a", None, &[])];
    world.apply(&wants).await.complete();
    world.cloud.lock().objects.values_mut().for_each(|object| object.size = 9);
    let plan = world.plan(&wants).await;
    let changed = &action(&plan, "a").changes[0];
    assert_eq!(
        (changed.field.as_str(), changed.before.as_str(), changed.after.as_str()),
        ("size", "9", "1")
    );
    wants[0].size = 9;
    assert!(world.plan(&wants).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_ignored_is_made_and_then_left_to_others() {
    let world = World::new();
    let mut wants = [want(Kind::Bucket, "a", None, &[]), want(Kind::Bucket, "b", None, &[])];
    wants[1].any_size = true;
    world.apply(&wants).await.complete();
    let size = |name: &str| {
        let cloud = world.cloud.lock();
        cloud.objects.values().find(|object| object.name == name).unwrap().size
    };
    assert_eq!((size("a"), size("b")), (1, 1), "a create takes what is wanted");
    world.cloud.lock().objects.values_mut().for_each(|object| object.size = 9);
    assert_eq!(verbs(&world.plan(&wants).await), [("a", Verb::Update), ("b", Verb::Same)]);

    // What else of it changes leaves it as it is.
    wants[1].uses = vec![0];
    let plan = world.plan(&wants).await;
    assert_eq!(verbs(&plan), [("a", Verb::Update), ("b", Verb::Update)]);
    assert!(action(&plan, "b").changes.iter().all(|change| change.field != "size"));
    world.apply(&wants).await.complete();
    assert_eq!((size("a"), size("b")), (1, 9));
    assert!(world.plan(&wants).await.is_empty());

    wants[1].any_size = false;
    assert_eq!(action(&world.plan(&wants).await, "b").changes[0].field, "size");
}

#[tokio::test(start_paused = true)]
async fn a_replacement_takes_what_lives_inside_along_and_touches_what_uses_it() {
    let world = World::new();
    let mut wants = [
        want(Kind::Pool, "pool", None, &[]),
        want(Kind::Room, "room", Some(0), &[]),
        want(Kind::Bucket, "user", None, &[0]),
        want(Kind::Bucket, "apart", None, &[]),
    ];
    world.apply(&wants).await.complete();
    wants[0].colour = "blue";
    let plan = world.plan(&wants).await;
    assert_eq!(
        verbs(&plan),
        [
            ("pool", Verb::Replace),
            ("room", Verb::Replace),
            ("user", Verb::MayUpdate),
            ("apart", Verb::Same)
        ]
    );
    assert_eq!(action(&plan, "room").reason, "lives in pool, which is replaced");
    assert_eq!(action(&plan, "user").reason, "known once pool is made");
    assert!(action(&plan, "pool").loss.as_ref().unwrap().needs_consent);
    let calls = world.cloud.calls().len();
    world.apply(&wants).await.complete();
    assert_eq!(
        world.cloud.calls()[calls..],
        ["delete room", "delete pool", "create pool", "create room", "update user"]
    );
    assert!(world.plan(&wants).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_replacement_takes_what_holds_it_along() {
    let world = World::new();
    let mut wants = [
        want(Kind::Pool, "pool", None, &[]),
        want(Kind::Slow, "holder", None, &[0]),
        want(Kind::Bucket, "user", None, &[0]),
    ];
    world.apply(&wants).await.complete();
    wants[0].colour = "blue";
    let plan = world.plan(&wants).await;
    assert_eq!(
        verbs(&plan),
        [("pool", Verb::Replace), ("holder", Verb::Replace), ("user", Verb::MayUpdate)]
    );
    assert_eq!(action(&plan, "holder").reason, "holds pool, which is replaced");
    let calls = world.cloud.calls().len();
    world.apply(&wants).await.complete();
    assert_eq!(
        world.cloud.calls()[calls..],
        ["delete holder", "delete pool", "create pool", "create holder", "update user"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_foreign_object_stops_its_node_and_is_adopted_when_asked() {
    let mut world = World::new();
    let stranger = world.cloud.plant("fake.bucket", "a", None);
    let wants = [
        want(Kind::Bucket, "a", None, &[]),
        want(Kind::Bucket, "b", None, &[0]),
        want(Kind::Bucket, "c", None, &[]),
    ];
    let plan = world.plan(&wants).await;
    assert_eq!(verbs(&plan), [("a", Verb::Foreign), ("b", Verb::Create), ("c", Verb::Create)]);
    let outcome = world.apply(&wants).await.ended();
    assert_eq!(outcome.failed[0].0, address("a"));
    assert_eq!(outcome.skipped, [address("b")]);
    assert_eq!(world.cloud.calls(), ["create c"]);

    world.adopt.insert(address("a"));
    assert_eq!(action(&world.plan(&wants).await, "a").verb, Verb::Adopt);
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.marked().iter().find(|(node, _)| node == "a").unwrap().1, stranger);
    assert!(world.plan(&wants).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_two_of_ours_the_oldest_stays() {
    let world = World::new();
    let wants = [want(Kind::Pool, "pool", None, &[])];
    let first = world.cloud.plant("fake.pool", "pool", Some("pool"));
    let second = world.cloud.plant("fake.pool", "pool", Some("pool"));
    let plan = world.plan(&wants).await;
    assert_eq!(verbs(&plan), [("pool", Verb::Same), ("pool", Verb::Delete)]);
    assert_eq!(plan.actions[1].identity, Some(second.to_string()));
    assert_eq!(plan.actions[1].reason, "a second object for this node");
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.marked(), [("pool".to_owned(), first)]);
    assert_eq!(
        world.state().get(&address("pool")).unwrap().outputs,
        Some(serde_json::json!({ "id": first }))
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_on_its_way_is_waited_for() {
    let world = World::new();
    let wants = [want(Kind::Slow, "slow", None, &[])];
    world.apply(&wants).await.complete();
    world.cloud.lock().objects.values_mut().for_each(|object| object.settling = 2);
    assert_eq!(verbs(&world.plan(&wants).await), [("slow", Verb::Settle)]);
    let calls = world.cloud.calls();
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.calls(), calls, "waiting is all there was to do");
    assert!(world.plan(&wants).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_became_another_kind_is_made_and_the_old_one_removed() {
    let world = World::new();
    world.apply(&[want(Kind::Bucket, "thing", None, &[])]).await.complete();
    let wants = [want(Kind::Slow, "thing", None, &[])];
    let plan = world.plan(&wants).await;
    assert_eq!(verbs(&plan), [("thing", Verb::Create), ("thing", Verb::Delete)]);
    assert_eq!(plan.actions[1].reason, "this node is of another kind now");
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.marked().len(), 1);
    assert!(world.plan(&wants).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_journal_changes_no_decision() {
    let world = World::new();
    let wants = [
        want(Kind::Pool, "pool", None, &[]),
        want(Kind::Room, "room", Some(0), &[]),
        want(Kind::Slow, "slow", None, &[1]),
    ];
    world.apply(&wants).await.complete();
    let remembered = world.state();
    world.lose_journal();
    assert!(world.plan(&wants).await.is_empty());
    assert_eq!(world.apply(&wants).await.complete().changed, 0);
    assert_eq!(world.state(), remembered, "what was seen is remembered again");
}

#[tokio::test(start_paused = true)]
async fn what_was_settled_by_looking_is_named() {
    let world = World::new();
    let wants = [want(Kind::Bucket, "a", None, &[])];
    world.cloud.fault(0, crate::cloud::Fault::CrashAfter);
    world.apply(&wants).await;
    let plan = world.plan(&wants).await;
    assert_eq!(plan.settled, [address("a")]);
    assert!(plan.is_empty(), "the create arrived");
}

/// Its links are not known before `new` is made, so that it cannot be looked for by name in the pool.
#[tokio::test(start_paused = true)]
async fn without_a_memory_an_object_whose_links_are_not_known_is_found_by_its_mark() {
    let world = World::new();
    let pool = want(Kind::Pool, "pool", None, &[]);
    world.apply(&[pool.clone(), want(Kind::Room, "room", Some(0), &[])]).await.complete();
    let before = world.cloud.marked();
    world.lose_journal();
    let wants =
        [want(Kind::Bucket, "new", None, &[]), pool, want(Kind::Room, "room", Some(1), &[0])];
    let plan = world.plan(&wants).await;
    assert_eq!(
        verbs(&plan),
        [("new", Verb::Create), ("pool", Verb::Same), ("room", Verb::MayUpdate)]
    );
    world.apply(&wants).await.complete();
    assert_eq!(world.cloud.marked()[..2], before);
    assert!(world.plan(&wants).await.is_empty());
}
