//! From a command line that was read to the command that carries it out.

use std::future::Future;

use tokio::runtime::Builder;

use super::{
    Command, ExitCode, Failure, cleanup, clients, completions, doctor, gc, graph, iam, init, local,
    man, mcp_server, plan, proxy, rotate, schema, status, sync, tools, up, users,
};
use crate::ui::Ui;

/// Runs one command to its end. Only those that may wait for something get a runtime: the others are done before its
/// threads would have started.
///
/// # Errors
/// Why the command failed; [`Failure::kind`] is the exit code.
pub fn run(command: Command, ui: &Ui) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(arguments) => init::run(&arguments, ui),
        Command::Schema(arguments) => schema::run(&arguments, ui),
        Command::Completions(arguments) => completions::run(&arguments, ui),
        Command::Man(arguments) => man::run(&arguments, ui),
        Command::Tools(arguments) => tools::run(&arguments, ui),
        Command::Clients(arguments) => clients::run(&arguments, ui),
        Command::Plan(arguments) => waited_for(plan::run(&arguments, ui)),
        Command::Up(arguments) => waited_for(up::run(&arguments, ui)),
        Command::Cleanup(arguments) => waited_for(cleanup::run(&arguments, ui)),
        Command::Gc(arguments) => waited_for(gc::run(&arguments, ui)),
        Command::Status(arguments) => waited_for(status::run(&arguments, ui)),
        Command::Sync(arguments) => waited_for(sync::run(&arguments, ui)),
        Command::Doctor(arguments) => waited_for(doctor::run(&arguments, ui)),
        Command::Users(arguments) => waited_for(users::run(&arguments, ui)),
        Command::Rotate(arguments) => waited_for(rotate::run(&arguments, ui)),
        Command::Iam(arguments) => waited_for(iam::run(&arguments, ui)),
        Command::Graph(arguments) => waited_for(graph::run(&arguments, ui)),
        Command::Local(arguments) => waited_for(local::run(&arguments, ui)),
        Command::McpServer(arguments) => waited_for(mcp_server::run(&arguments, ui)),
        // A relay has little to compute: a call that passes from thread to thread would only take longer.
        Command::Proxy(arguments) => on(Builder::new_current_thread(), proxy::run(&arguments, ui)),
    }
}

fn waited_for(work: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    on(Builder::new_multi_thread(), work)
}

fn on(
    mut runtime: Builder,
    work: impl Future<Output = Result<ExitCode, Failure>>,
) -> Result<ExitCode, Failure> {
    let runtime =
        runtime.enable_all().build().map_err(|error| Failure::of(ExitCode::Bug, &error))?;
    // Boxed: the whole of a command is one large state machine.
    runtime.block_on(Box::pin(work))
}
