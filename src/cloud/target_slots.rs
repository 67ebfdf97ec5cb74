//! The service's limit on how many targets of one gateway change at once.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Concurrent create, update and delete operations on the targets of one gateway.
/// Source: "Concurrent target operations per gateway" of the `AgentCore` quotas, 5.
const AT_ONCE: usize = 5;

/// A place in the queue of target operations. Clones share the queue: a stack has one gateway.
#[derive(Clone)]
pub struct TargetSlots(Arc<Semaphore>);

impl Default for TargetSlots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl TargetSlots {
    /// Waits for a place; dropping it lets the next one in.
    ///
    /// The service counts an operation until its target has left the transient status, so keep the place until then.
    pub async fn place(&self) -> SemaphorePermit<'_> {
        self.0.acquire().await.expect("the queue is never closed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_sixth_waits_until_one_leaves() {
        let slots = TargetSlots::default();
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(slots.place().await);
        }
        let shared = slots.clone();
        assert!(futures_util::poll!(std::pin::pin!(shared.place())).is_pending());
        held.pop();
        assert!(futures_util::poll!(std::pin::pin!(shared.place())).is_ready());
    }
}
