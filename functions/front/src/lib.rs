//! The front of the stack: one binary that serves two Lambda functions.
//!
//! The `Handler` field of a function reaches the process as `_HANDLER` and picks the [`Role`]. `mcp-proxy` is an OAuth
//! authorization server of its own in front of the pool, and forwards MCP calls to the gateway. `oauth-callback` takes a
//! person through a third party's consent. Nothing is kept here but keys: what a login needs travels sealed, and what has
//! to happen once is in a table.
//!
//! [`Front::answer`] is all of it: a [`http::Request`] in, an [`http::Answer`] out, so that it runs in a test as it runs in
//! Lambda.

pub mod aws;
pub mod clock;
pub mod config;
pub mod connect;
mod front;
mod health;
pub mod http;
pub mod jwt;
pub mod keys;
pub mod log;
pub mod oauth;
pub mod pages;
pub mod pool;
pub mod proxy;
pub mod random;
mod role;
pub mod runtime;
pub mod schedule;
pub mod seal;
pub mod web;

pub use front::{Front, NoKeys, Visit};
pub use role::Role;
