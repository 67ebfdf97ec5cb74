//! The files that a run leaves behind for people, scripts and editors.

pub mod atomic;
pub mod config;
mod files;
mod jsonc;
pub mod mcp;
mod objects;

pub use config::{Config, Registration};
pub use files::{Files, WrittenFiles};
pub use mcp::McpFileError;
pub use objects::Objects;
