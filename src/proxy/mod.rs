//! `construct proxy`: an MCP server on standard input and output that is another one over Streamable HTTP, for editors that
//! cannot sign requests with AWS credentials.
//!
//! Messages are relayed, not understood: each line is sent as it came, and what comes back is written as it came, at most
//! without its line breaks. So nothing is lost that this version does not know, a request that a person opens a URL
//! (error -32042) above all. What has to be read is little: ids, to answer for a server that does not; the names that version
//! 2026-07-28 repeats in headers; the session of the versions before it.
//!
//! [`Address`] says where, `keys` and `signing` who, `upstream` asks, `session` remembers, `exchange` relays one message and
//! [`Relay`] all of them.

mod address;
mod exchange;
mod keys;
mod listening;
mod message;
mod relay;
mod session;
mod signing;
#[cfg(test)]
mod tests;
mod tools;
mod trouble;
mod upstream;

pub use address::{AGENTCORE, Address, AddressError};
pub use keys::{Keys, Lookup};
pub use relay::Relay;
pub use signing::{Authorization, Signer, Token};
pub use upstream::{Extra, ExtraError, Upstream};
