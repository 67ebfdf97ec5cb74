//! Looking an object up in a list that one run shares, without ever trusting the list that it is *not* there.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use construct_engine::{Address, Cx, StepError};

use crate::cloud::{Cloud, Lists};

/// What `find` picks from the shared list called `name`; `read` reads the list.
///
/// A list that somebody else read earlier may be older than a create of ours whose answer was lost. It is good enough to
/// find something in, as whatever is found is used by its id; when nothing is found, the list is read again, unless this is
/// the node's first question in a look, in which nothing is made. That keeps the common path at one call for all nodes that
/// share the list, many new ones among them, and a search for a lost create honest.
///
/// # Errors
/// What `read` fails with.
pub(super) async fn find<T, R, F>(
    cx: &Cx<'_, Cloud>,
    name: &str,
    read: impl Fn() -> F,
    find: impl Fn(&T) -> Option<R>,
) -> Result<Option<R>, StepError>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, StepError>>,
{
    find_in(&cx.cloud.lists, cx.address, name, read, find).await
}

async fn find_in<T, R, F>(
    lists: &Lists,
    address: &Address,
    name: &str,
    read: impl Fn() -> F,
    find: impl Fn(&T) -> Option<R>,
) -> Result<Option<R>, StepError>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<T, StepError>>,
{
    let fresh = AtomicBool::new(false);
    let list = lists
        .once(name, || {
            fresh.store(true, Ordering::Relaxed);
            read()
        })
        .await?;
    let found = find(&list);
    // Asked in any case: whoever read the list itself knows what it lacks, and wants another the next time.
    let is_told = lists.tells_absence(name, address);
    if found.is_some() || fresh.load(Ordering::Relaxed) || is_told {
        return Ok(found);
    }
    Ok(find(&read().await?))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn an_old_list_is_trusted_for_what_it_has_and_not_for_what_it_lacks() {
        let lists = Lists::default();
        let there = Mutex::new(vec!["a"]);
        let reads = Mutex::new(0);
        let address = Address::new("target/a").unwrap();
        let read = || async {
            *reads.lock().unwrap() += 1;
            Ok(there.lock().unwrap().clone())
        };
        let look = |wanted: &'static str| {
            let pick = move |names: &Vec<&str>| names.contains(&wanted).then_some(wanted);
            find_in(&lists, &address, "names", read, pick)
        };
        assert_eq!(look("b").await.unwrap(), None);
        assert_eq!(*reads.lock().unwrap(), 1, "what was just read is not read again");
        assert_eq!(look("a").await.unwrap(), Some("a"));
        assert_eq!(*reads.lock().unwrap(), 1);
        there.lock().unwrap().push("b");
        assert_eq!(look("b").await.unwrap(), Some("b"), "a create since then is found");
        assert_eq!(*reads.lock().unwrap(), 2);
    }

    #[tokio::test]
    async fn in_a_look_many_that_are_not_there_cost_one_reading() {
        let lists = Lists::default();
        lists.look_afresh();
        let reads = Mutex::new(0);
        let read = || async {
            *reads.lock().unwrap() += 1;
            Ok(vec!["a"])
        };
        let addresses: Vec<_> =
            (0..5).map(|number| Address::new(format!("target/{number}")).unwrap()).collect();
        for turn in 1..=2 {
            for address in &addresses {
                let found = find_in(&lists, address, "names", read, |_: &Vec<&str>| None::<()>);
                assert_eq!(found.await.unwrap(), None);
            }
            // Whoever asks again waits for something to show.
            let expected = if turn == 1 { 1 } else { 1 + addresses.len() };
            assert_eq!(*reads.lock().unwrap(), expected);
        }
    }
}
