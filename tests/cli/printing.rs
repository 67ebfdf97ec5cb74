//! Commands that only print: completions, man pages, schemas, drawings, the policy, the starter manifest, help.

use super::project::{Project, Running};

#[test]
fn version_and_help_are_answers() {
    let project = Project::empty();
    let version = project.run("--version").with(0);
    assert_eq!(version.out, format!("construct {}\n", env!("CARGO_PKG_VERSION")));
    let help = project.run("--help").with(0);
    for command in [
        "init",
        "plan",
        "up",
        "cleanup",
        "gc",
        "status",
        "clients",
        "sync",
        "rotate",
        "doctor",
        "iam",
        "schema",
        "graph",
        "completions",
        "man",
        "local",
        "mcp-server",
        "proxy",
    ] {
        assert!(help.out.contains(&format!("  {command} ")), "{command}: {}", help.out);
        let of_command = project.run(&format!("{command} --help")).with(0);
        assert!(
            of_command.out.contains("Usage: construct") && of_command.err.is_empty(),
            "{command}"
        );
    }
    assert!(
        help.out.contains("--cleanup") && help.out.contains("Exit codes: 0 done"),
        "{}",
        help.out
    );
    assert!(project.files().is_empty());
}

#[test]
fn completions_are_scripts_that_know_every_command() {
    let project = Project::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.run(&format!("completions {shell}")).with(0).out;
        for word in ["cleanup", "force-unlock", "parallelism", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_completions_are_bash() {
    let project = Project::empty();
    let script = project.run("completions bash").with(0).out;
    project.write("script", &script);
    // Where there is no bash, sh stands in: it reads the same grammar as far as this script goes.
    let checked =
        Running::start(&mut project.shell("command -v bash >/dev/null || exit 0; bash -n script"))
            .wait();
    checked.with(0);
}

#[test]
fn man_pages() {
    let project = Project::empty();
    let page = project.run("man").with(0).out;
    assert!(page.contains(".TH construct 1") && page.contains("Exit codes: 0 done"), "{page}");
    project.run("man pages").with(0);
    let pages = project.files();
    assert_eq!(pages.len(), 30, "{:?}", pages.keys());
    for (path, content) in pages {
        assert!(String::from_utf8_lossy(&content).contains(".TH "), "{}", path.display());
    }
}

#[test]
fn the_graph_is_drawn_without_an_account() {
    let project = Project::starter();
    let before = project.files();
    let mermaid = project.run("graph").with(0).prints("flowchart LR").prints("gateway").out;
    assert_eq!(project.run("graph --format mermaid").with(0).out, mermaid);
    let dot = project.run("graph --format dot").with(0).prints("digraph construct {").out;
    assert!(dot.trim_end().ends_with('}') && dot.matches("->").count() > 40, "{dot}");
    assert_eq!(mermaid.matches("-->").count(), dot.matches("->").count());
    project.run("graph --format png").with(2);
    assert_eq!(project.files(), before);
}

#[test]
fn the_policy_of_a_deployer() {
    let project = Project::starter();
    let policy = project.run("iam --account 999988887777").with(0).json();
    assert_eq!(policy["Version"], "2012-10-17");
    let text = policy.to_string();
    assert!(text.contains(":999988887777:") && text.contains("acme-tools"), "{text}");
    for statement in policy["Statement"].as_array().unwrap() {
        assert!(!statement["Action"].to_string().contains('*'), "{statement}");
    }
    assert!(text.len() < 20_000);
}

#[test]
fn init_writes_what_plan_accepts_and_never_overwrites() {
    let project = Project::starter();
    let starter = project.read("construct.toml");
    std::fs::remove_file(project.path("construct.toml")).unwrap();
    project.run("init --yes").with(0).says("Wrote construct.toml");
    assert_eq!(
        project.read("construct.toml"),
        starter,
        "the defaults are the manifest of the repository"
    );
    project.run("plan --local").with(0).prints("0 to change, 0 to replace, 0 to remove");
    project
        .run("init --yes --name other")
        .with(2)
        .says("construct.toml is there already")
        .says("hint:");
    assert_eq!(project.read("construct.toml"), starter);
}

#[test]
fn init_takes_answers_and_checks_them() {
    let project = Project::starter();
    project
        .run("init --yes --manifest mine.toml --name my-tools --region eu-central-1 --tenant example")
        .with(0)
        .says("mine.toml");
    let text = project.read("mine.toml");
    for part in ["\"my-tools\"", "\"eu-central-1\"", "\"example\""] {
        assert!(text.contains(part), "{text}");
    }
    project
        .run("plan --local --manifest mine.toml")
        .with(0)
        .prints("Stack my-tools, Region eu-central-1");
    for wrong in ["--name Not-A-Name", "--region oregon"] {
        project.run(&format!("init --yes --manifest wrong.toml {wrong}")).with(3);
        assert!(!project.path("wrong.toml").exists(), "{wrong}");
    }
}

/// Who starts in an empty folder gets everything that the next command needs.
#[test]
fn init_in_an_empty_folder_is_enough_to_start() {
    let project = Project::empty();
    project.run("init --yes").with(0).says("specs/github-openapi.json");
    project.run("plan --local").with(0).prints("0 to change, 0 to replace, 0 to remove");
}
