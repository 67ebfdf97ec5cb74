//! The local AWS: the control planes that construct's stack calls, in one process.
//!
//! [`LocalAws`] takes an HTTP request and gives an HTTP response. The AWS SDK reaches it through
//! an in-process connector, everything else through [`server::serve`]. It is strict where the
//! services are strict, and names any operation it lacks in a 501.
//!
//! How a request travels:
//!
//! 1. [`wire::Wire`] reads it: signing name, Region and access key from the credential scope.
//!    The signature itself is **not** verified: the local AWS listens on loopback only and has one
//!    account. The access key id [`EXPIRED_ACCESS_KEY`] is refused as expired.
//! 2. [`fault::FaultPlan`] may delay, refuse, cut or hang it, before or after its effect.
//! 3. The [`service::Service`] of that signing name handles it under the state's lock.
//! 4. A mutating call is on disk ([`store`]) before its answer leaves. What a login leaves behind follows soon after
//!    ([`LocalAws::edit_lazily`]).
//!
//! A request that no service signs for (JWKS, sign-in pages, HTTP API routes) is offered to every
//! service's [`service::Service::plane`].

pub mod addresses;
pub mod answer;
mod bearer;
pub mod chunks;
pub mod clock;
pub mod fault;
mod html;
mod jwt;
pub mod local;
mod openapi;
pub mod options;
pub mod outbound;
pub mod page;
mod perform;
pub mod policy;
pub mod random;
pub mod record;
mod rs256;
mod saver;
pub mod server;
pub mod service;
pub mod services;
pub mod settling;
pub mod state;
pub mod store;
pub mod time;
pub mod validate;
pub mod vendor;
pub mod wire;

pub use answer::Answer;
pub use fault::{Effect, FaultFile, FaultPlan, Rule};
pub use local::{LocalAws, Opened};
pub use options::{Delays, Options};
pub use record::CallRecord;
pub use service::{Call, Fault, Reply, Service};
pub use state::Account;
pub use store::OpenError;

/// The one account of the local AWS.
pub const ACCOUNT_ID: &str = "111122223333";

/// The partition of every ARN.
pub const PARTITION: &str = "aws";

/// Calls signed with this access key id answer that the credentials have expired.
pub const EXPIRED_ACCESS_KEY: &str = "EXPIRED";
