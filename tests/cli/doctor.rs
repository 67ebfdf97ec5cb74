//! `construct doctor` as a process: the local AWS in it or beside it, tokens, and credentials that do not hold.

use super::project::{Project, Running};
use super::served::Served;

fn finished() -> Project {
    let project = Project::starter();
    project.run("up --local --yes").with(0);
    project
}

#[test]
fn it_is_green_on_the_starter_and_writes_nothing() {
    let project = finished();
    let (files, state) = (project.files(), project.read(".local-aws/state.json"));
    let ended = project.run("doctor --local").with(0);
    for hop in ["dns ", "connect ", "metadata ", "token ", "initialize ", "tools/list "] {
        assert!(ended.out.contains(hop), "{hop}: {}", ended.out);
    }
    assert!(ended.out.contains(" 0 wrong, 0 to see to by hand, 0 not tried."), "{}", ended.out);
    assert!(ended.err.is_empty() && !ended.out.contains('\u{1b}'), "{ended:?}");
    let document = project.run("doctor --local --json").with(0).json();
    assert_eq!(
        (&document["stack"], &document["checks"][0]["check"]),
        (&"acme-tools".into(), &"credentials".into())
    );
    assert_eq!(project.files(), files);
    assert_eq!(project.read(".local-aws/state.json"), state);
}

#[test]
fn beside_a_server_a_login_needs_a_token_which_is_never_printed() {
    let project = finished();
    let _served = Served::start(&project, "");
    let ended =
        project.run("doctor --local").with(0).prints("not tried  token, initialize and tools/list");
    assert!(ended.out.contains("m2m = true") && ended.out.contains("--token-env"), "{}", ended.out);

    let mut command = project.command("doctor --local --token-env MY_TOKEN");
    command.env("MY_TOKEN", "a.s3cret.token");
    let ended = Running::start(&mut command).wait().with(4);
    assert!(
        ended.out.contains("refuses initialize to the bearer of the given token"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("s3cret") && !ended.err.contains("s3cret"), "{ended:?}");
    project
        .run("doctor --local --token-env NO_SUCH")
        .with(2)
        .says("the variable NO_SUCH holds no token");
}

#[test]
fn credentials_that_do_not_hold_have_an_exit_code_of_their_own() {
    let project = Project::starter_without_look_ups();
    let served = Served::start(&project, "");
    let mut command = served.command(&project, "doctor");
    command.env("AWS_ACCESS_KEY_ID", "EXPIRED");
    let ended = Running::start(&mut command).wait().with(8);
    assert!(ended.out.contains("AWS does not say who calls"), "{}", ended.out);
    // The refusal has a date too.
    assert!(ended.out.contains("within 60 s of AWS's"), "{}", ended.out);
    for check in
        ["permissions", "quotas", "stack", "callbacks", "functions", "keys", "front", "login"]
    {
        assert!(ended.out.contains(&format!("\n{check}\n  not tried")), "{check}: {}", ended.out);
    }
}

#[test]
fn a_wrong_manifest_and_an_empty_account_are_told_apart() {
    let project = Project::starter();
    project.run("doctor --local").with(4).prints("nothing of the stack is there");
    project.write("construct.toml", "[stack]\nname = \"x\"\n");
    project.run("doctor --local").with(3);
}
