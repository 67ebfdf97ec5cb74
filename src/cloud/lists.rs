//! Lists that are read once and shared: many nodes and the discovery look at the same pages.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use construct_engine::{Address, StepError};
use tokio::sync::OnceCell;

type Slot = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// Remembered lists by name. Clones share them; [`Lists::forget`] and [`Lists::look_afresh`] start over.
#[derive(Clone, Default)]
pub struct Lists(Arc<Mutex<Memory>>);

#[derive(Default)]
struct Memory {
    slots: BTreeMap<String, Slot>,
    /// Nothing of ours is being changed: what a list lacked when it was read is not there now either.
    is_looking: bool,
    /// Who has been told what a list lacks.
    told: BTreeSet<(String, Address)>,
}

impl Lists {
    /// The list called `name`, read by `read` unless somebody has: two who ask at once wait for one reading.
    ///
    /// # Errors
    /// What `read` fails with; the next one who asks reads again.
    pub async fn once<T, F>(
        &self,
        name: &str,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>, StepError>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, StepError>>,
    {
        let slot = {
            let mut memory = self.memory();
            Arc::clone(memory.slots.entry(name.to_owned()).or_default())
        };
        let list = slot
            .get_or_try_init(|| async {
                Ok::<_, StepError>(Arc::new(read().await?) as Arc<dyn Any + Send + Sync>)
            })
            .await?;
        Arc::clone(list)
            .downcast::<T>()
            .map_err(|_list| StepError::bug(format!("the list {name} is read with two types")))
    }

    /// Whether the node at `address` may take for absent what the list called `name` lacks: once in each look. If it asks
    /// again, it waits for something to show, and wants to know what is there now.
    pub fn tells_absence(&self, name: &str, address: &Address) -> bool {
        let mut memory = self.memory();
        memory.is_looking && memory.told.insert((name.to_owned(), address.clone()))
    }

    /// Forgets every list before a mutating phase, in which what a list lacks may have been made since it was read.
    pub fn forget(&self) {
        *self.memory() = Memory::default();
    }

    /// Forgets every list before a look at everything, in which nothing is changed.
    pub fn look_afresh(&self) {
        *self.memory() = Memory { is_looking: true, ..Memory::default() };
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_list_is_read_once_until_forgotten() {
        let lists = Lists::default();
        let reads = AtomicUsize::new(0);
        let read = || async {
            reads.fetch_add(1, Ordering::Relaxed);
            Ok(vec![1_u8])
        };
        let (one, two) = tokio::join!(lists.once("a", read), lists.once("a", read));
        assert_eq!((one.unwrap(), two.unwrap()), (Arc::new(vec![1]), Arc::new(vec![1])));
        assert_eq!(reads.load(Ordering::Relaxed), 1);
        lists.forget();
        lists.once("a", read).await.unwrap();
        assert_eq!(reads.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn absence_is_told_once_to_each_and_only_in_a_look() {
        let (one, two) = (Address::new("target/one").unwrap(), Address::new("target/two").unwrap());
        let lists = Lists::default();
        assert!(!lists.tells_absence("a", &one));
        lists.look_afresh();
        let asked = [("a", &one), ("a", &two), ("b", &one), ("a", &one), ("a", &two)];
        let told = asked.map(|(name, address)| lists.tells_absence(name, address));
        assert_eq!(told, [true, true, true, false, false]);
        lists.look_afresh();
        assert!(lists.tells_absence("a", &one));
        lists.forget();
        assert!(!lists.tells_absence("a", &one));
    }
}
