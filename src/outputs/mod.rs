//! The files that a run leaves behind for people, scripts and editors.

pub mod atomic;
pub mod config;
mod files;
pub mod mcp;
mod objects;

pub use config::{Config, Registration};
pub use files::{Files, WrittenFiles};
pub use objects::Objects;
