//! The engine of construct: it turns a graph of wanted objects into calls, and remembers what it did.
//!
//! A [`Step`] is the code for one kind of object; a node is a step placed in a [`Graph`] with its spec. The
//! engine reads what is there ([`observe`]), decides ([`plan`]), shows the decision as data ([`Plan`]) and
//! carries out exactly that ([`apply`]), writing every intention to the [`Journal`] before its call leaves.
//! It knows neither AWS nor a terminal: the cloud is an opaque type `C` handed to the steps, and progress is a
//! stream of [`Event`]s.
//!
//! The journal is a memory, not the truth. Everything is decided from what was read; a lost journal costs a few
//! more calls and changes nothing else.

mod address;
mod apply;
mod context;
mod delete_order;
mod error;
mod event;
mod graph;
mod hexadecimal;
mod journal;
mod kind;
mod lock;
mod observe;
mod plan;
mod stacks;
mod state;
mod step;
mod wait;

pub use address::{Address, AddressError};
pub use apply::{Outcome, RunError, apply};
pub use context::{Cx, Run, Stop};
pub use error::{Class, ServiceDetail, StepError};
pub use event::{Event, EventSink, Outcome as NodeOutcome};
pub use graph::{Deps, Given, Graph, Handle};
pub use hexadecimal::hexadecimal;
pub use journal::{Entry, Journal, JournalError, Opened, Repair};
pub use kind::{Discovered, Found, Registry};
pub use lock::{LockError, LockHolder, MachineLock};
pub use observe::{Observation, ObserveError, Observed, Stray, observe};
pub use plan::{Action, LINKED, Plan, Verb, plan};
pub use stacks::stacks;
pub use state::{Doubt, IllegalEntry, Record, State};
pub use step::{Change, Data, Diff, Foreign, Loss, Presence, Step};
pub use wait::{Poll, Waiting, until};
