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
