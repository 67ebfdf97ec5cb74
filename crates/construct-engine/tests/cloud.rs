//! A cloud in memory: objects with names and marks, and faults at chosen calls.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use construct_engine::{Class, StepError};
use tokio::sync::Notify;
use tokio::time::Instant;

/// What goes wrong at one mutating call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Refused, without effect.
    Refuse,
    /// Nobody knows; it had no effect.
    DoubtBefore,
    /// Nobody knows; it had its effect.
    DoubtAfter,
    /// The process ends before the call leaves.
    CrashBefore,
    /// The process ends before the answer arrives.
    CrashAfter,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    pub(crate) id: u64,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    /// The address of the node that made it; none for a stranger's.
    pub(crate) mark: Option<String>,
    pub(crate) parent: Option<u64>,
    pub(crate) uses: Vec<u64>,
    /// Can be changed.
    pub(crate) size: u32,
    /// Cannot.
    pub(crate) colour: String,
    /// How many looks until it is ready.
    pub(crate) settling: u32,
    pub(crate) shows_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) verb: &'static str,
    pub(crate) address: String,
    pub(crate) token: String,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) objects: BTreeMap<u64, Object>,
    pub(crate) calls: Vec<Call>,
    pub(crate) faults: BTreeMap<usize, Fault>,
    pub(crate) reads: usize,
    /// How long a new object does not show in listings.
    pub(crate) lag: Duration,
    next: u64,
}

#[derive(Default)]
pub(crate) struct Cloud {
    inner: Mutex<Inner>,
    pub(crate) crashed: Notify,
}

impl Cloud {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Does `effect` as a mutating call, unless a fault is due at it.
    pub(crate) async fn call<T>(
        &self,
        call: Call,
        effect: impl FnOnce(&mut Inner) -> Result<T, StepError>,
    ) -> Result<T, StepError> {
        tokio::task::yield_now().await;
        let fault = {
            let mut inner = self.lock();
            let number = inner.calls.len();
            inner.calls.push(call);
            inner.faults.remove(&number)
        };
        match fault {
            Some(Fault::Refuse) => return Err(StepError::new(Class::Denied, "refused")),
            Some(Fault::DoubtBefore) => return Err(StepError::new(Class::InDoubt, "no answer")),
            Some(Fault::CrashBefore) => self.crash().await,
            Some(Fault::DoubtAfter | Fault::CrashAfter) | None => {}
        }
        let result = effect(&mut self.lock());
        match fault {
            Some(Fault::DoubtAfter) => Err(StepError::new(Class::InDoubt, "no answer")),
            Some(Fault::CrashAfter) => {
                self.crash().await;
                result
            }
            Some(Fault::Refuse | Fault::DoubtBefore | Fault::CrashBefore) | None => result,
        }
    }

    async fn crash(&self) {
        self.crashed.notify_waiters();
        std::future::pending::<()>().await;
    }

    /// Puts an object there without a call, as a stranger or another run would.
    pub(crate) fn plant(&self, kind: &'static str, name: &str, mark: Option<&str>) -> u64 {
        self.lock().insert(|id| Object {
            id,
            kind,
            name: name.to_owned(),
            mark: mark.map(str::to_owned),
            parent: None,
            uses: Vec::new(),
            size: 1,
            colour: "red".to_owned(),
            settling: 0,
            shows_at: Instant::now(),
        })
    }

    /// Objects with a mark, as (address, id), in the order they were made.
    pub(crate) fn marked(&self) -> Vec<(String, u64)> {
        let inner = self.lock();
        inner
            .objects
            .values()
            .filter_map(|object| Some((object.mark.clone()?, object.id)))
            .collect()
    }

    /// The mutating calls so far, such as `create bucket/a`.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.lock().calls.iter().map(|call| format!("{} {}", call.verb, call.address)).collect()
    }

    /// The fault that strikes at the call of this number, counted from the next one.
    pub(crate) fn fault(&self, ahead: usize, fault: Fault) {
        let mut inner = self.lock();
        let number = inner.calls.len() + ahead;
        inner.faults.insert(number, fault);
    }
}

impl Inner {
    pub(crate) fn insert(&mut self, make: impl FnOnce(u64) -> Object) -> u64 {
        self.next += 1;
        let id = self.next;
        self.objects.insert(id, make(id));
        id
    }

    /// What a listing shows of `kind`, oldest first.
    pub(crate) fn list(&mut self, kind: &str) -> Vec<Object> {
        self.reads += 1;
        let now = Instant::now();
        self.objects
            .values()
            .filter(|object| object.kind == kind && object.shows_at <= now)
            .cloned()
            .collect()
    }
}
