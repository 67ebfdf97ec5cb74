//! The command line: what can be asked for, and how a command ends.
//!
//! Each command is a module with `run(arguments, ui) -> Result<ExitCode, Failure>`.

mod arguments;
mod exit;
mod failure;

pub use arguments::{
    Cli, CleanupArguments, ColorChoice, Command, CompletionsArguments, GraphArguments, GraphFormat,
    IamArguments, InitArguments, LocalArguments, ManArguments, PlanArguments, SchemaArguments,
    SchemaName, StatusArguments, UpArguments,
};
pub use exit::ExitCode;
pub use failure::Failure;
pub(crate) use failure::detail_lines;
