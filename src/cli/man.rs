//! `construct man`: the manual, as one page on stdout or a page for each command in a folder.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Cli, ExitCode, Failure, ManArguments};
use crate::outputs::atomic;
use crate::ui::Ui;

/// Runs the command.
///
/// # Errors
/// When the folder cannot be written to.
pub fn run(arguments: &ManArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    match &arguments.folder {
        None => ui.out(&String::from_utf8_lossy(&page(Cli::command()))),
        Some(folder) => {
            let count = write_all(folder)?;
            ui.err(&format!("Wrote {count} pages to {}.", folder.display()));
        }
    }
    Ok(ExitCode::Done)
}

fn page(command: clap::Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    Man::new(command).render(&mut bytes).expect("a page renders into memory");
    bytes
}

/// Writes `construct.1` and `construct-COMMAND.1` for every command, those within others too; returns how many.
fn write_all(folder: &Path) -> Result<usize, Failure> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    write_pages(folder, "construct", whole)
}

fn write_pages(folder: &Path, name: &str, command: clap::Command) -> Result<usize, Failure> {
    let within: Vec<clap::Command> = command.get_subcommands().cloned().collect();
    atomic::write(&folder.join(format!("{name}.1")), &page(command))?;
    let mut count = 1;
    for command in within.into_iter().filter(|command| command.get_name() != "help") {
        let name = format!("{name}-{}", command.get_name());
        count += write_pages(folder, &name, command)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_page_for_every_command() {
        let folder = tempfile::tempdir().unwrap();
        let (ui, captured) = Ui::captured();
        run(&ManArguments { folder: Some(folder.path().to_owned()) }, &ui).unwrap();
        let mut names: Vec<String> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let within = |command: &clap::Command| command.get_subcommands().count() + 1;
        assert_eq!(names.len(), Cli::command().get_subcommands().map(within).sum::<usize>() + 1);
        assert!(names.contains(&"construct-users-add.1".to_owned()), "{names:?}");
        assert!(names.contains(&"construct-cleanup.1".to_owned()), "{names:?}");
        assert!(captured.err().starts_with(&format!("Wrote {} pages", names.len())));
        let text = std::fs::read_to_string(folder.path().join("construct-up.1")).unwrap();
        assert!(text.contains("construct\\-up") && text.contains("parallelism"));
    }

    #[test]
    fn one_page_goes_to_stdout() {
        let (ui, captured) = Ui::captured();
        run(&ManArguments { folder: None }, &ui).unwrap();
        assert!(captured.out().contains(".TH construct 1"));
    }
}
