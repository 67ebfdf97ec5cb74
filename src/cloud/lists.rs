//! Lists that are read once and shared: many nodes and the discovery look at the same pages.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use construct_engine::StepError;
use tokio::sync::OnceCell;

type Slot = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

/// Remembered lists by name. Clones share them; [`Lists::forget`] starts over.
#[derive(Clone, Default)]
pub struct Lists(Arc<Mutex<BTreeMap<String, Slot>>>);

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
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(name.to_owned()).or_default())
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

    /// Forgets every list: before a mutating phase, and before looking again.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
}
