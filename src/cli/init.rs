//! `construct init`: a few questions, and a manifest to start from.

use std::path::Path;

use super::{ExitCode, Failure, InitArguments};
use crate::manifest::{Answers, Client, Manifest, starter};
use crate::outputs::atomic;
use crate::session::folder_of;
use crate::ui::Ui;

/// The editors and agents that can be chosen.
const CLIENTS: [(Client, &str); 6] = [
    (Client::VsCode, "Visual Studio Code"),
    (Client::ClaudeCode, "Claude Code"),
    (Client::Cursor, "Cursor"),
    (Client::Kiro, "Kiro"),
    (Client::Codex, "Codex"),
    (Client::Gemini, "Gemini CLI"),
];

/// The descriptions that the starter names, by their path beside the manifest.
const SPECS: [(&str, &str); 2] = [
    ("specs/github-openapi.json", include_str!("../../specs/github-openapi.json")),
    ("specs/confluence-openapi.json", include_str!("../../specs/confluence-openapi.json")),
];

/// Runs the command: writes the manifest and, where they are missing, the descriptions that it names. It never overwrites a
/// file.
///
/// # Errors
/// When the file is there, when an answer is no good, or when there is nobody to ask.
pub fn run(arguments: &InitArguments, ui: &Ui) -> Result<ExitCode, Failure> {
    let path = &arguments.manifest;
    // A link that leads nowhere is something that a person made, too.
    if path.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .hint("edit it, or name another with --manifest"));
    }
    let answers = answers(arguments, ui)?;
    let text = starter(&answers);
    // The files are checked when they are used: here it is the answers that may be wrong.
    Manifest::parse(&text, &path.display().to_string(), path.parent().unwrap_or(Path::new("")))?;
    let mut written = vec![path.display().to_string()];
    for (name, content) in SPECS {
        let spec = folder_of(path).join(name);
        if spec.symlink_metadata().is_err() {
            atomic::write(&spec, content.as_bytes())?;
            written.push(name.to_owned());
        }
    }
    // Last, so that a manifest never stands without what it names.
    atomic::write(path, text.as_bytes())?;
    ui.err(&format!(
        "Wrote {}. Next: `construct up --local` tries it without an AWS account.",
        written.join(", ")
    ));
    Ok(ExitCode::Done)
}

fn answers(arguments: &InitArguments, ui: &Ui) -> Result<Answers, Failure> {
    let given = Answers::default();
    let given = Answers {
        stack_name: arguments.name.clone().unwrap_or(given.stack_name),
        region: arguments.region.clone().unwrap_or(given.region),
        atlassian_tenant: arguments.tenant.clone().unwrap_or(given.atlassian_tenant),
        clients: given.clients,
    };
    if arguments.yes {
        return Ok(given);
    }
    let stack_name = ui.line("Name of the stack", Some(&given.stack_name))?;
    let region = ui.line("AWS Region", Some(&given.region))?;
    let atlassian_tenant = ui.line(
        "Your Confluence site, the part before .atlassian.net",
        Some(&given.atlassian_tenant),
    )?;
    let items = CLIENTS.map(|(client, words)| (words, given.clients.contains(&client)));
    let chosen = ui.choose("Editors and agents to write a file for", &items)?;
    let clients = chosen.into_iter().map(|index| CLIENTS[index].0).collect();
    Ok(Answers { stack_name, region, atlassian_tenant, clients })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(path: &Path, yes: bool, name: Option<&str>) -> InitArguments {
        InitArguments {
            yes,
            name: name.map(str::to_owned),
            region: None,
            tenant: None,
            manifest: path.to_owned(),
        }
    }

    #[test]
    fn it_writes_once_and_never_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("construct.toml");
        let (ui, captured) = Ui::captured();
        assert_eq!(run(&arguments(&path, true, Some("mine")), &ui).unwrap(), ExitCode::Done);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("\"mine\""));
        assert!(captured.err().starts_with("Wrote ") && captured.out().is_empty());
        let failure = run(&arguments(&path, true, Some("other")), &ui).unwrap_err();
        assert_eq!(failure.kind, ExitCode::Usage);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn a_bad_answer_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("construct.toml");
        let (ui, _) = Ui::captured();
        let failure = run(&arguments(&path, true, Some("Not A Name")), &ui).unwrap_err();
        assert_eq!(failure.kind, ExitCode::ManifestInvalid);
        let failure = run(&arguments(&path, false, None), &ui).unwrap_err();
        assert_eq!(failure.kind, ExitCode::Usage);
        assert!(!path.exists());
    }
}
