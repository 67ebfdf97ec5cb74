//! `construct mcp-server`: an MCP server of two tools that asks a gateway's GitHub target for their answers.
//!
//! Every call to the gateway carries the caller's own token, as the transport brought it: over HTTP in the `Authorization`
//! header of the request, over stdio from where the person who started the server put it. It is never an argument of a
//! tool, so that no model sees it, and it is in no log, error or file.
//!
//! What the gateway says that is not the tool's answer goes back as it came. Above all its request that a person consents
//! at a URL: the error -32042 of version 2025-11-25, the result `input_required` since 2026-07-28. Messages are JSON values
//! here and not types, because a type would drop what it does not know. See decision 0010.
//!
//! [`stdio`] and [`http`] carry messages, `server` answers them, `gateway` calls the gateway, and [`callback`] completes
//! a consent that `consents` knows to have begun here.

pub mod callback;
mod complete;
mod consents;
mod gateway;
pub mod http;
mod listening;
mod message;
mod server;
pub mod stdio;
mod tools;

pub use complete::{Completion, Who};
pub use consents::{Consents, LIFETIME};
pub use gateway::{Gateway, GatewayUrlError};
pub use server::Server;
