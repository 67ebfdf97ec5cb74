//! The engine as its callers meet it, against a cloud that is a map in memory.
#![expect(clippy::unwrap_used, clippy::panic, reason = "this is how a test says that it failed")]

mod applying;
mod cloud;
mod figures;
mod invariants;
mod journal;
mod linked;
mod only;
mod planning;
mod properties;
mod removing;
mod steps;
mod sweep;
mod world;
