//! `construct users` as a process: people come, change and go, and no password is printed where it could stay.

use serde_json::Value;

use super::project::Project;
use super::terminal::{at_a_terminal, can_make_terminals};

const MANIFEST: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[cognito]
first_user = { email = "first@example.com" }
password = { minimum_length = 20 }
"#;

const PASSWORD: &str = "correct-horse-battery-staple";

fn project() -> Project {
    let project = Project::empty();
    project.write("construct.toml", MANIFEST);
    project
}

fn users(project: &Project) -> Vec<Value> {
    let listing = project.run("users list --local --json").with(0).json();
    listing["users"].as_array().unwrap().clone()
}

fn of<'a>(users: &'a [Value], email: &str) -> &'a Value {
    users.iter().find(|user| user["email"] == email).unwrap_or_else(|| panic!("{email}: {users:?}"))
}

#[test]
fn people_come_change_and_go() {
    let project = project();
    project
        .run("users list --local")
        .with(2)
        .says("the stack acme-tools has no user pool")
        .says("construct up");
    project.run("up --local --yes").with(0);
    let first = users(&project);
    assert_eq!(first.len(), 1);
    assert_eq!(of(&first, "first@example.com")["first_user"], true);

    project.write("password", PASSWORD);
    project
        .run("users add ada@example.com --local --password-file password")
        .with(0)
        .says("ada@example.com may sign in");
    let all = users(&project);
    assert_eq!(of(&all, "ada@example.com")["status"], "CONFIRMED");
    assert_eq!(of(&all, "ada@example.com")["first_user"], false);
    project
        .run("users add ada@example.com --local --password-file password")
        .with(2)
        .says("is in the pool")
        .says("users reset");
    project.run("users list --local").with(0).prints("first user").prints("ada@example.com");

    // What the pool does not take leaves nobody behind.
    project.write("short", "too-short");
    project.run("users add bob@example.com --local --password-file short").with(5);
    assert_eq!(users(&project).len(), 2);

    project.run("users disable ada@example.com --local").with(0);
    assert_eq!(of(&users(&project), "ada@example.com")["enabled"], false);
    project.run("users list --local").with(0).prints("disabled");
    project.run("users enable ada@example.com --local").with(0);
    assert_eq!(of(&users(&project), "ada@example.com")["enabled"], true);

    let mut reset =
        project.command("users reset ada@example.com --local --password-env NEW_PASSWORD");
    let ended = super::project::Running::start(reset.env("NEW_PASSWORD", format!("{PASSWORD}-2")));
    let ended = ended.wait().with(0).says("has a new password");
    assert!(!format!("{}{}", ended.out, ended.err).contains(PASSWORD));

    project
        .run("users remove ada@example.com --local")
        .with(2)
        .says("lost: the account of ada@example.com")
        .says("--yes");
    assert_eq!(users(&project).len(), 2);
    project.run("users remove ada@example.com --local --yes").with(0).says("is removed");
    for command in
        ["remove ada@example.com --yes", "reset ada@example.com", "disable ada@example.com"]
    {
        project
            .run(&format!("users {command} --local"))
            .with(2)
            .says("there is nobody called ada@example.com")
            .says("users list");
    }
    project
        .run("users remove first@example.com --local --yes")
        .with(0)
        .says("the next `construct up` makes it again");
    assert_eq!(users(&project).len(), 0);
    project.run("users list --local").with(0).says("Nobody is in the pool");
}

#[test]
fn a_made_password_is_shown_on_a_terminal_and_nowhere_else() {
    let project = project();
    project.run("up --local --yes").with(0);
    project
        .run("users add ada@example.com --local")
        .with(2)
        .says("there is no terminal to show it on")
        .says("--password-env");
    assert_eq!(users(&project).len(), 1);
    if !can_make_terminals() {
        return;
    }
    let shown = "Password of ada@example.com, shown this once: ";
    let ended = at_a_terminal(&project, "users add ada@example.com --local", shown, "").with(0);
    let password = ended.out.split(shown).nth(1).unwrap().lines().next().unwrap().trim().to_owned();
    assert!(password.len() >= 20, "{password}");
    for (path, bytes) in project.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains(&password), "{}", path.display());
    }
    let question = "Remove the account of ada@example.com?";
    at_a_terminal(&project, "users remove ada@example.com --local", question, "n\r").with(0);
    assert_eq!(users(&project).len(), 2);
    at_a_terminal(&project, "users remove ada@example.com --local", question, "y\r").with(0);
    assert_eq!(users(&project).len(), 1);
}

#[test]
fn more_people_than_a_page_holds() {
    let project = project();
    project.run("up --local --yes").with(0);
    project.write("password", PASSWORD);
    // 60 is a page; the addresses sort.
    for number in 0..61 {
        project
            .run(&format!("users add p{number:02}@example.com --local --password-file password"))
            .with(0);
    }
    let all = users(&project);
    assert_eq!(all.len(), 62);
    assert_eq!(all[1]["email"], "p00@example.com");
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_is_asked() {
    let project = project();
    for line in [
        "users",
        "users add nobody --local",
        "users add ada@example.com --local --password-env A --password-file b",
        "users remove --local",
    ] {
        project.run(line).with(2);
    }
    assert!(!project.path(".local-aws").exists());
    project.write("construct.toml", &MANIFEST.replace("minimum_length = 20", "minimum_length = 5"));
    project.run("users list --local").with(3).says("cognito.password.minimum_length");
}
