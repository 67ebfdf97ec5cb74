//! The program: reads the command line, runs one command, ends with its exit code.

use std::process::ExitCode;

use construct::cli::{self, Cli};
use construct::ui::Ui;

fn main() -> ExitCode {
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows which stream each belongs to.
            let code = if error.use_stderr() { cli::ExitCode::Usage } else { cli::ExitCode::Done };
            error.print().ok();
            return code.into();
        }
    };
    let ui = Ui::new(cli.color_choice());
    match cli::run(cli.command, &ui) {
        Ok(code) => code.into(),
        Err(failure) => {
            ui.fail(&failure);
            failure.kind.into()
        }
    }
}
