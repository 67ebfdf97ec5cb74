//! Reads and checks the files that say which tools a target offers: `OpenAPI` descriptions of REST
//! APIs and tool schemas of Lambda functions.
//!
//! Everything here is pure: it takes the text of a file and gives back a document, all of its
//! problems at once, the tools it becomes and the exact text to send. Nothing here knows AWS, the
//! manifest or the engine, so that `construct tools` works offline and the checks can run before
//! the first call.

pub mod canonical;
pub mod check;
pub mod description;
pub mod duplicate_keys;
mod operation_check;
pub mod pointer;
pub mod rules;
mod schema_check;
pub mod server_variables;
pub mod tool_schema;
pub mod tools;

pub use check::{check, check_for_target};
pub use description::{Description, DescriptionError};
pub use pointer::Pointer;
pub use rules::{Rule, Severity, Violation};
pub use server_variables::ServerVariableError;
pub use tool_schema::ToolSchema;
pub use tools::{Tool, tools};

#[cfg(test)]
mod tests;
