//! Typed IAM policy documents: built in one way, printed in one way, compared by meaning.
//!
//! Steps build a [`Document`] from [`Statement`]s; a statement that allows `*` cannot be built.
//! IAM hands documents back in another shape than it took them (one-element lists become texts,
//! principals become unique ids of their own order), so drift is decided by
//! [`Document::same_as`], which compares what two documents mean and not how they are written.

mod compare;
pub mod deployer;
mod document;
pub mod grants;
pub mod portal_grants;
pub mod runtime_grants;
mod trust;

#[cfg(test)]
mod tests;

pub use document::{
    Action, Condition, Document, Effect, INLINE_LIMIT, MANAGED_LIMIT, PolicyError, Principal,
    Statement,
};
pub use trust::{AGENTCORE_SERVICE, LAMBDA_SERVICE, is_narrowed, service_trust};
