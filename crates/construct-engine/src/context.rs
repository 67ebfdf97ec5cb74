//! What a verb of a step may use besides its arguments.

use std::sync::Arc;

use tokio::sync::watch;

use crate::{Address, Class, Event, EventSink, StepError};

/// A request to start no new work. Cloning gives another handle on the same request.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Asks the run to stop after the calls that are under way.
    pub fn request(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked.
    pub fn requested(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks.
    pub async fn asked(&self) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`, so that this only ends when it is asked.
        asked.wait_for(|asked| *asked).await.ok();
    }
}

/// What all work of one run shares.
#[derive(Clone, Copy)]
pub struct Run<'a, C> {
    /// The cloud, opaque to the engine.
    pub cloud: &'a C,
    /// The stack's name.
    pub stack: &'a str,
    /// Who is told what happens.
    pub events: EventSink<'a>,
    /// The request to stop.
    pub stop: &'a Stop,
    /// How many mutating verbs run at once; four times as many reads do.
    pub parallelism: usize,
    /// Asked before every mutating verb: whether this run still holds its stack.
    pub still_holds: &'a (dyn Fn() -> Result<(), StepError> + Send + Sync),
}

impl<'a, C> Run<'a, C> {
    /// The context of one verb of the node at `address`.
    pub fn at(&self, address: &'a Address, token: &'a str) -> Cx<'a, C> {
        Cx {
            cloud: self.cloud,
            stack: self.stack,
            address,
            token,
            events: self.events,
            stop: self.stop,
        }
    }
}

/// What one verb of a step may use.
pub struct Cx<'a, C> {
    /// The cloud.
    pub cloud: &'a C,
    /// The stack's name.
    pub stack: &'a str,
    /// The node's address.
    pub address: &'a Address,
    /// A token of 64 hexadecimal digits for services that take one: the same when a create that is in doubt is sent again,
    /// another for every other create. Empty while reading.
    pub token: &'a str,
    events: EventSink<'a>,
    stop: &'a Stop,
}

impl<C> Cx<'_, C> {
    /// Tells what the node waits for.
    pub fn waiting(&self, waiting_for: impl Into<String>) {
        (self.events)(Event::NodeWaiting {
            address: self.address.clone(),
            waiting_for: waiting_for.into(),
        });
    }

    /// Tells something that a person must know or do.
    pub fn notice(&self, text: impl Into<String>) {
        (self.events)(Event::Notice { address: self.address.clone(), text: text.into() });
    }

    /// The request to stop, for long waits.
    pub(crate) fn stop(&self) -> &Stop {
        self.stop
    }

    /// An error when the run was asked to stop: for long waits, at their named points.
    pub fn check_stop(&self) -> Result<(), StepError> {
        if self.stop.requested() {
            return Err(StepError::new(Class::Interrupted, "stopped while waiting")
                .hint("run the command again: it continues from here"));
        }
        Ok(())
    }
}
