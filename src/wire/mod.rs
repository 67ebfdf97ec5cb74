//! What `construct mcp-server`, `construct proxy` and `construct doctor` share of MCP's transports: lines of standard input, events of a
//! stream, and which addresses are on this machine.

pub(crate) mod events;
pub(crate) mod lines;
mod own_machine;

pub(crate) use own_machine::own_authority;
