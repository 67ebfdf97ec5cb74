//! A journal that was torn by a power cut, and one that is damaged elsewhere.

use super::project::{MEMORY, Project};
use super::raw_store::{inventory, undisturbed};

fn journal_of(project: &Project) -> String {
    project.path(&format!("{MEMORY}/journal.jsonl")).display().to_string()
}

/// A finished stack whose journal then became what `damage` makes of it.
fn damaged(damage: impl FnOnce(String) -> String) -> Project {
    let project = Project::finished();
    let text = damage(project.journal());
    std::fs::write(journal_of(&project), text).unwrap();
    project
}

#[test]
fn a_torn_last_line_is_told_by_plan_and_repaired_by_up() {
    let project = damaged(|text| text + "{\"format\":1,\"sequ");
    let torn = project.journal();
    let number = torn.lines().count();
    for line in ["plan --local", "plan --local --check", "status --local", "plan --local --json"] {
        let before = project.files();
        project.run(line).with(0).says(&format!("The last line ({number})")).says("is left out");
        assert_eq!(project.files(), before, "{line} writes nothing");
    }
    project
        .run("up --local --yes")
        .with(0)
        .says(&format!("The last line ({number})"))
        .says("was cut off");
    assert_eq!(project.journal(), torn.strip_suffix("{\"format\":1,\"sequ").unwrap());
    let again = project.run("up --local --yes").with(0);
    assert!(!again.err.contains("The last line"), "{}", again.err);
}

#[test]
fn a_line_torn_anywhere_is_repaired() {
    // The end of the run, of an object's end, and of an intent: what it spoke of is settled by looking.
    for keep in [0.97, 0.5, 0.1] {
        let project = damaged(|text| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "any place will do"
            )]
            let near = (text.len() as f64 * keep) as usize;
            let end = text[..near].rfind('\n').unwrap() + 20;
            text[..end].to_owned()
        });
        project.run("up --local --yes").with(0).says("was cut off");
        project.entries();
        project.run("plan --local --check").with(0);
        assert_eq!(inventory(&project), undisturbed(), "cut at {keep}");
    }
}

#[test]
fn cleanup_repairs_too() {
    let project = damaged(|text| text + "{");
    project.run("cleanup --local --yes").with(0).says("was cut off").says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}

#[test]
fn damage_elsewhere_is_refused_with_its_line_and_left_alone() {
    let garbage = |text: String| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[2] = "not json";
        lines.join("\n") + "\n"
    };
    let out_of_order = |text: String| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.remove(2);
        lines.join("\n") + "\n"
    };
    for project in [damaged(garbage), damaged(out_of_order)] {
        for line in ["plan --local", "up --local --yes", "status --local", "cleanup --local --yes"]
        {
            let before = project.journal();
            project
                .run(line)
                .with(5)
                .says("damaged in line 3")
                .says("journal.jsonl")
                .says("hint: move the file away");
            assert_eq!(project.journal(), before, "{line}");
        }
        assert_eq!(inventory(&project), undisturbed());
        // What the hint says works.
        std::fs::rename(journal_of(&project), project.path("journal.damaged")).unwrap();
        project.run("up --local --yes").with(0).says("Nothing to change");
        assert_eq!(inventory(&project), undisturbed());
    }
}

#[test]
fn a_journal_of_a_newer_version_is_refused() {
    let project = damaged(|text| text.replacen("\"format\":1", "\"format\":2", 1));
    project
        .run("up --local --yes")
        .with(5)
        .says("damaged in line 1")
        .says("newer than this version");
}

#[test]
fn a_lost_memory_changes_nothing() {
    let project = Project::finished();
    std::fs::remove_dir_all(project.path(".construct")).unwrap();
    project.run("plan --local --check").with(0);
    assert!(!project.path(".construct").exists(), "a plan writes nothing");
    project.run("up --local --yes").with(0).says("Nothing to change");
    std::fs::remove_dir_all(project.path(".construct")).unwrap();
    project.run("--cleanup --local --yes").with(0).says("nothing left");
    assert_eq!(inventory(&project), [""; 0]);
}
