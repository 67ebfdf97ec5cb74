//! The service's limit on how many targets of one gateway change at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Concurrent create, update and delete operations on the targets of one gateway.
/// Source: "Concurrent target operations per gateway" of the `AgentCore` quotas, 5.
const AT_ONCE: usize = 5;

/// The queues of target operations, one for each gateway. Clones share them.
#[derive(Clone, Default)]
pub struct TargetSlots(Arc<Mutex<HashMap<String, Arc<Semaphore>>>>);

impl TargetSlots {
    /// Waits for a place at the gateway with this id; dropping it lets the next one in.
    ///
    /// The service counts an operation until its target has left the transient status, so keep the place until then.
    pub async fn place(&self, gateway_id: &str) -> OwnedSemaphorePermit {
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queues.entry(gateway_id.to_owned());
            Arc::clone(queue.or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
        };
        queue.acquire_owned().await.expect("the queue is never closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_sixth_waits_until_one_leaves_its_gateway() {
        let slots = TargetSlots::default();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(slots.place("a").await);
        }
        let shared = slots.clone();
        assert!(futures_util::poll!(std::pin::pin!(shared.place("a"))).is_pending());
        assert!(futures_util::poll!(std::pin::pin!(shared.place("b"))).is_ready());
        held.pop();
        assert!(futures_util::poll!(std::pin::pin!(shared.place("a"))).is_ready());
    }
}
