//! Reads, checks and cuts to size the files that say which tools a target offers: `OpenAPI`
//! descriptions of REST APIs and tool schemas of Lambda functions.
//!
//! Everything here is pure: it takes the text of a file and gives back a document, all of its
//! problems at once, the tools it becomes and the exact text to send. Nothing here knows AWS, the
//! manifest or the engine, so that `construct tools` works offline and the checks can run before
//! the first call.

pub mod canonical;
pub mod changes;
pub mod check;
mod combine;
mod components;
pub mod description;
pub mod duplicate_keys;
pub mod loss;
mod operation_check;
mod operation_ids;
mod operation_slice;
mod parameters;
pub mod pointer;
mod reduce;
pub mod rules;
mod schema_check;
pub mod selection;
pub mod server_variables;
pub mod slice;
pub mod tool_schema;
pub mod tools;
mod yaml;

pub use changes::{Change, Definition, Difference, changes};
pub use check::{check, check_for_target};
pub use description::{Description, DescriptionError};
pub use loss::{Loss, LossKind};
pub use pointer::Pointer;
pub use rules::{Rule, Severity, Violation};
pub use selection::{Selection, Unmatched};
pub use server_variables::ServerVariableError;
pub use slice::{Slice, slice};
pub use tool_schema::ToolSchema;
pub use tools::{Tool, tools};

#[cfg(test)]
mod tests;
