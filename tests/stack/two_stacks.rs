//! Two stacks in one account and Region: neither sees, changes or removes what is the other's.

use std::collections::BTreeMap;

use construct_local::Options;

use super::harness::{Bench, FULL, STARTER};
use super::store::{Object, names, objects};

/// The objects whose name says whose they are.
fn of(bench: &Bench, stack: &str) -> Vec<Object> {
    objects(&bench.store()).into_iter().filter(|object| object.name.contains(stack)).collect()
}

#[tokio::test(start_paused = true)]
async fn cleaning_one_up_leaves_the_other_as_it_was() {
    for forget in [false, true] {
        let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
        // The one name begins with the other.
        let theirs = Bench::on(ours.aws.clone(), &STARTER.replace("acme-tools", "acme-tools2"));
        ours.up().await.done();
        let before = objects(&ours.store());
        theirs.up().await.done();
        assert!(
            before.iter().all(|object| objects(&ours.store()).contains(object)),
            "the second up touched the first stack"
        );
        let kept = of(&theirs, "acme-tools2");
        assert_eq!(kept.len() + before.len(), objects(&theirs.store()).len());
        assert_eq!(ours.work().await, BTreeMap::new());
        assert_eq!(theirs.work().await, BTreeMap::new());
        if forget {
            ours.forget();
        }
        ours.cleanup().await.done();
        assert_eq!(objects(&theirs.store()), kept);
        assert_eq!(theirs.work().await, BTreeMap::new());
        theirs.cleanup().await.done();
        assert_eq!(names(&theirs.store()), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn two_at_the_same_time_never_meet() {
    let ours = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    let theirs = Bench::on(ours.aws.clone(), &STARTER.replace("acme-tools", "acme-tools2"));
    let alone = {
        let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
        bench.up().await.done();
        names(&bench.store())
    };
    let (one, two) = tokio::join!(ours.up(), theirs.up());
    one.done();
    two.done();
    let (all, other) = (names(&ours.store()), of(&theirs, "acme-tools2"));
    let rest = |name: &&String| other.iter().all(|object| object.name != **name);
    assert_eq!(all.iter().filter(rest).cloned().collect::<Vec<_>>(), alone);
    assert_eq!(ours.work().await, BTreeMap::new());
    assert_eq!(theirs.work().await, BTreeMap::new());
    // One goes while the other is changed.
    theirs.edit("construct.toml", "[stack]", "[stack]\ntags = { team = \"tools\" }");
    let (gone, changed) = tokio::join!(ours.cleanup(), theirs.up());
    gone.done();
    assert!(changed.done().changes().len() > 5, "the change was none");
    assert_eq!(of(&theirs, "acme-tools2").len(), names(&theirs.store()).len());
    assert_eq!(theirs.work().await, BTreeMap::new());
    theirs.cleanup().await.done();
    assert_eq!(names(&theirs.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn cleaning_up_without_a_stack_touches_nothing() {
    let theirs = Bench::with(STARTER, Options { seed: Some(1), ..Options::default() });
    theirs.up().await.done();
    let before = theirs.store();
    let nobody = Bench::on(theirs.aws.clone(), &STARTER.replace("acme-tools", "acme"));
    let ran = nobody.cleanup().await.done();
    assert!(ran.err.contains("nothing left"), "{}", ran.err);
    assert!(ran.calls.iter().all(|call| !call.mutating));
    assert_eq!(theirs.store(), before);
}
