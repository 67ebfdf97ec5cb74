//! The command line: what can be asked for, and how a command ends.
//!
//! Each command is a module with `run(arguments, ui) -> Result<ExitCode, Failure>`.

mod arguments;
pub mod cleanup;
pub mod clients;
pub mod completions;
mod dispatch;
pub mod doctor;
mod exit;
mod failure;
pub mod gc;
pub mod graph;
pub mod iam;
pub mod init;
pub mod local;
pub mod man;
pub mod mcp_server;
mod offline;
pub mod plan;
pub mod proxy;
mod removal;
pub mod rotate;
mod running;
pub mod schema;
mod signals;
pub mod status;
pub mod sync;
mod token;
pub mod tools;
pub mod up;
pub mod users;

pub use arguments::{
    CleanupArguments, Cli, ColorChoice, Command, CompletionsArguments, GcArguments, GraphArguments,
    GraphFormat, IamArguments, InitArguments, LocalArguments, ManArguments, PlanArguments,
    SchemaArguments, SchemaName, StatusArguments, UpArguments,
};
pub use clients::ClientsArguments;
pub use dispatch::run;
pub use doctor::DoctorArguments;
pub use exit::ExitCode;
pub use failure::Failure;
pub(crate) use failure::detail_lines;
pub use mcp_server::McpServerArguments;
pub use proxy::ProxyArguments;
pub use rotate::{RotateArguments, RotateCommand};
pub use sync::SyncArguments;
pub use tools::ToolsArguments;
pub use users::{PasswordArguments, UsersArguments, UsersCommand};
