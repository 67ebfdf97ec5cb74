//! Looking an object up in a list that one run shares, without ever trusting the list that it is *not* there.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use construct_engine::StepError;

use crate::cloud::Lists;

/// What `find` picks from the shared list called `name`; `read` reads the list.
///
/// A list that somebody else read earlier may be older than a create of ours whose answer was lost. It is good enough to
/// find something in, as whatever is found is used by its id; when nothing is found, the list is read again. That keeps
/// the common path at one call for all nodes that share the list, and a search for a lost create honest.
///
/// # Errors
/// What `read` fails with.
pub(super) async fn find<T, R, F>(
    lists: &Lists,
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
    if found.is_some() || fresh.load(Ordering::Relaxed) {
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
        let read = || async {
            *reads.lock().unwrap() += 1;
            Ok(there.lock().unwrap().clone())
        };
        let look = |wanted: &'static str| {
            let pick = move |names: &Vec<&str>| names.contains(&wanted).then_some(wanted);
            find(&lists, "names", read, pick)
        };
        assert_eq!(look("b").await.unwrap(), None);
        assert_eq!(*reads.lock().unwrap(), 1, "what was just read is not read again");
        assert_eq!(look("a").await.unwrap(), Some("a"));
        assert_eq!(*reads.lock().unwrap(), 1);
        there.lock().unwrap().push("b");
        assert_eq!(look("b").await.unwrap(), Some("b"), "a create since then is found");
        assert_eq!(*reads.lock().unwrap(), 2);
    }
}
