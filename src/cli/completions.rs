//! `construct completions`: a script that lets a shell complete the command line.

use clap::CommandFactory;

use super::{Cli, CompletionsArguments, ExitCode, Failure};
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// None; the signature is that of every command.
pub fn run(arguments: &CompletionsArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "construct", &mut script);
    ui.out(&String::from_utf8_lossy(&script));
    Ok(ExitCode::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap_complete::Shell;

    #[test]
    fn every_shell_knows_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
            let (ui, captured) = Ui::captured();
            run(&CompletionsArguments { shell }, &ui).unwrap();
            assert!(captured.out().contains("force-unlock"), "{shell}");
        }
    }
}
