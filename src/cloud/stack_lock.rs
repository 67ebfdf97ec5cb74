//! One run at a time for a stack, whatever machine it runs on: an SSM parameter that only one can create.
//!
//! `PutParameter` without overwrite is atomic, costs nothing and needs no bootstrap. The parameter says who holds it and
//! since when; the holder looks at it while it runs. Before each mutating call the holder asks itself, without a call,
//! whether it last saw itself there recently enough: one that could not look for longer does nothing more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use construct_engine::{Class, MachineLock, StepError};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Cloud, PARAMETER_ROOT, classify};

/// How long a holder that could not see itself in the parameter still counts.
const LEASE: Duration = Duration::from_mins(2);

/// How long letting go is tried.
const LETTING_GO: Duration = Duration::from_secs(10);

/// Who holds a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Tells this run from every other.
    pub run: String,
    /// The person and the machine.
    pub who: String,
    /// The command that runs.
    pub command: String,
    /// Since when, RFC 3339.
    pub since: String,
}

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum StackLockError {
    /// Another run holds it.
    #[error("the stack is locked by {} ({}, since {})", .0.who, .0.command, .0.since)]
    Held(Holder),
    /// The parameter could not be read or written.
    #[error("cannot use the stack's lock")]
    Step(#[from] StepError),
}

/// The held lock.
pub struct StackLock {
    cloud: Cloud,
    name: String,
    holder: Holder,
    evicted: Option<Holder>,
    seen: Mutex<Instant>,
    lost: AtomicBool,
}

impl StackLock {
    /// Takes the lock for the run that holds `machine`, or says who has it. The lock of a run that `machine` outlived is
    /// taken over, as that run is dead; with `force` any other holder is evicted too: its run stops at its next call.
    ///
    /// # Errors
    /// [`StackLockError`].
    pub async fn take(
        cloud: &Cloud,
        machine: &MachineLock,
        command: &str,
        force: bool,
    ) -> Result<Self, StackLockError> {
        let name = name(cloud);
        let holder = Holder {
            run: machine.run().to_owned(),
            who: who(),
            command: command.to_owned(),
            since: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        let mut lock = Self {
            cloud: cloud.clone(),
            name,
            holder,
            evicted: None,
            seen: Mutex::new(Instant::now()),
            lost: AtomicBool::new(false),
        };
        match lock.put(false).await {
            Ok(()) => return Ok(lock),
            Err(error) if matches!(error.class, Class::Conflict | Class::InDoubt) => {}
            Err(error) => return Err(error.into()),
        }
        match lock.read().await? {
            // An answer was lost: that it was written shows in whom it names.
            Some(other) if other.run == lock.holder.run => {}
            Some(other) if force || machine.outlived(&other.run) => {
                lock.put(true).await?;
                lock.evicted = Some(other);
            }
            Some(other) => return Err(StackLockError::Held(other)),
            // It was let go between the two calls, or never written.
            None => lock.put(false).await?,
        }
        Ok(lock)
    }

    /// Takes away what a dead run left where there is no work that would take it over: the lock of `machine`'s own run,
    /// of one that it outlived, with `force` any.
    ///
    /// # Errors
    /// What the service said.
    pub async fn clear(cloud: &Cloud, machine: &MachineLock, force: bool) -> Result<(), StepError> {
        let name = name(cloud);
        let dead = |run: &str| run == machine.run() || machine.outlived(run);
        match read(cloud, &name).await? {
            Some(other) if force || dead(&other.run) => delete(cloud, &name).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Who holds the lock now, if anybody does.
    ///
    /// # Errors
    /// What the service said.
    pub async fn holder(cloud: &Cloud) -> Result<Option<Holder>, StepError> {
        read(cloud, &name(cloud)).await
    }

    /// Whose lock this one took over.
    pub fn evicted(&self) -> Option<&Holder> {
        self.evicted.as_ref()
    }

    /// Looks whether the lock is still ours until dropped; to be polled beside the run.
    pub async fn keep(&self) {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            match self.read().await {
                Ok(Some(holder)) if holder.run == self.holder.run => {
                    *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
                }
                Ok(_) => self.lost.store(true, Ordering::Relaxed),
                // A passing fault: the lease decides how many of them are too many.
                Err(_) => {}
            }
        }
    }

    /// Whether the lock still counts; asked before each mutating call, and makes none itself.
    ///
    /// # Errors
    /// [`Class::Interrupted`] once another run has it, or the lease ran out.
    pub fn check(&self) -> Result<(), StepError> {
        let stale = self.seen.lock().unwrap_or_else(PoisonError::into_inner).elapsed() > LEASE;
        if stale || self.lost.load(Ordering::Relaxed) {
            return Err(StepError::new(
                Class::Interrupted,
                "this run no longer holds the stack's lock",
            )
            .hint("another run took it over: look with `construct status`, then run again"));
        }
        Ok(())
    }

    /// Lets go. A removal that failed, or whose answer was lost, is begun again after a look: by then the lock may be
    /// somebody else's.
    ///
    /// # Errors
    /// What the service said for ten seconds; the lock then stays until its next taker forces it.
    pub async fn release(self) -> Result<(), StepError> {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            if self.read().await?.is_none_or(|holder| holder.run != self.holder.run) {
                return Ok(());
            }
            match delete(&self.cloud, &self.name).await {
                Err(error)
                    if matches!(error.class, Class::Throttled | Class::InDoubt)
                        && begun.elapsed() < LETTING_GO => {}
                ended => return ended,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn put(&self, overwrite: bool) -> Result<(), StepError> {
        let value =
            serde_json::to_string(&self.holder).expect("a holder is plain data that serialises");
        self.cloud
            .ssm
            .put_parameter()
            .name(&self.name)
            .value(value)
            .r#type(aws_sdk_ssm::types::ParameterType::String)
            .overwrite(overwrite)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("PutParameter", error))
    }

    async fn read(&self) -> Result<Option<Holder>, StepError> {
        read(&self.cloud, &self.name).await
    }
}

fn name(cloud: &Cloud) -> String {
    format!("{PARAMETER_ROOT}{}/lock", cloud.naming.stack)
}

async fn read(cloud: &Cloud, name: &str) -> Result<Option<Holder>, StepError> {
    match cloud.ssm.get_parameter().name(name).send().await {
        Ok(answer) => {
            let value =
                answer.parameter().and_then(|parameter| parameter.value()).unwrap_or_default();
            serde_json::from_str(value).map(Some).map_err(|_not_a_holder| {
                StepError::new(
                    Class::Foreign,
                    format!("the parameter {name} is not a lock of construct"),
                )
            })
        }
        Err(error) => match classify("GetParameter", error) {
            error if error.class == Class::NotFound => Ok(None),
            error => Err(error),
        },
    }
}

async fn delete(cloud: &Cloud, name: &str) -> Result<(), StepError> {
    match cloud.ssm.delete_parameter().name(name).send().await {
        Ok(_) => Ok(()),
        Err(error) => match classify("DeleteParameter", error) {
            error if error.class == Class::NotFound => Ok(()),
            error => Err(error),
        },
    }
}

/// `user@host`, as far as the environment tells: for people, not for decisions.
fn who() -> String {
    let of = |name: &str| crate::environment::variable(name);
    let user = of("USER").or_else(|| of("USERNAME")).unwrap_or_else(|| "somebody".to_owned());
    let host = of("HOSTNAME")
        .or_else(|| {
            std::fs::read_to_string("/etc/hostname").ok().map(|text| text.trim().to_owned())
        })
        .unwrap_or_else(|| "this machine".to_owned());
    format!("{user}@{host}, process {}", std::process::id())
}
