//! What a run tells while it happens. A bar, plain lines and NDJSON are three readers of this one stream.

use serde::{Deserialize, Serialize};

use crate::{Address, StepError, Verb};

/// How work on a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Made.
    Created,
    /// Changed in place.
    Updated,
    /// Removed and made again.
    Replaced,
    /// Looked at and found right.
    Unchanged,
    /// Removed.
    Deleted,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Work on the plan begins; so many nodes will be worked on.
    RunStarted {
        /// The stack's name.
        stack: String,
        /// Nodes that the plan changes or removes.
        total: usize,
    },
    /// A node's work begins.
    NodeStarted {
        /// The node.
        address: Address,
        /// Its kind.
        kind: String,
        /// What is done to it.
        verb: Verb,
        /// The nodes it had to wait for.
        after: Vec<Address>,
    },
    /// A node waits for something that is not ours to hurry.
    NodeWaiting {
        /// The node.
        address: Address,
        /// For what, such as `status CREATING`.
        waiting_for: String,
    },
    /// A node is as the plan wants it.
    NodeDone {
        /// The node.
        address: Address,
        /// Its kind.
        kind: String,
        /// What was done.
        outcome: Outcome,
        /// What it gives to others; null when it was removed.
        outputs: serde_json::Value,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// A node failed; what depends on it is not tried.
    NodeFailed {
        /// The node.
        address: Address,
        /// Its kind.
        kind: String,
        /// Why.
        error: StepError,
        /// How long it took, in milliseconds.
        elapsed_ms: u64,
    },
    /// A node was not tried, because these failed or the run was stopped.
    NodeSkipped {
        /// The node.
        address: Address,
        /// What it would have needed.
        because_of: Vec<Address>,
    },
    /// Something a person must know or do.
    Notice {
        /// The node it concerns.
        address: Address,
        /// The sentence.
        text: String,
    },
    /// The run asked to stop starting new work.
    Stopping,
    /// No more work will be done.
    RunFinished {
        /// Nodes made, changed or removed.
        changed: usize,
        /// Nodes that failed.
        failed: usize,
        /// Nodes not tried.
        skipped: usize,
        /// Wall time in milliseconds.
        elapsed_ms: u64,
    },
    /// An event of a newer version.
    #[serde(other)]
    Unknown,
}

/// A reader of events. Called from the run itself: it must return at once.
pub type EventSink<'a> = &'a (dyn Fn(Event) + Send + Sync);
