//! `construct clients`: what is shown is what is written, a person's files keep every byte that is not ours, and nothing is
//! written where one file is refused.

use serde_json::Value;

use super::project::{Ended, Project};

const ALL: &str = "vscode claude-code cursor kiro codex gemini";

/// The starter's stack, up, with the files of its own clients taken out again.
fn up() -> Project {
    let project = Project::finished();
    project.run("clients --remove --yes").with(0);
    project
}

fn url(project: &Project) -> String {
    let config: Value = serde_json::from_str(&project.read("config.json")).unwrap();
    config["mcp_url"].as_str().unwrap().to_owned()
}

fn json(project: &Project, file: &str) -> Value {
    serde_json::from_str(&project.read(file)).unwrap()
}

#[test]
fn what_is_shown_is_written_and_goes_again() {
    let project = up();
    let before = project.files();
    let shown = project.run("clients vscode claude-code codex --diff").with(0).out;
    assert_eq!(project.files(), before, "--diff writes nothing");
    for line in
        ["--- /dev/null", "+++ ./.vscode/mcp.json", "+++ ./.mcp.json", "+[mcp_servers.acme-tools]"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert_eq!(shown.matches(&url(&project)).count(), 3, "{shown}");
    assert!(!shown.contains('\u{1b}'));

    project.run(&format!("clients {ALL} --yes")).with(0).says("Wrote ./.kiro/settings/mcp.json");
    let expected = serde_json::json!({ "type": "http", "url": url(&project) });
    assert_eq!(json(&project, ".vscode/mcp.json")["servers"]["acme-tools"], expected);
    assert_eq!(json(&project, ".mcp.json")["mcpServers"]["acme-tools"], expected);
    let config: Value = serde_json::from_str(&project.read("config.json")).unwrap();
    let cognito = &config["cognito"];
    let auth = &json(&project, ".cursor/mcp.json")["mcpServers"]["acme-tools"]["auth"];
    assert_eq!(auth["CLIENT_ID"], cognito["clients"]["editors"]);
    assert_eq!(auth["scopes"], cognito["scopes"]);
    let oauth = &json(&project, ".gemini/settings.json")["mcpServers"]["acme-tools"]["oauth"];
    assert_eq!(oauth["clientId"], cognito["clients"]["editors"]);

    let with = project.files();
    let again = project.run(&format!("clients {ALL} --yes")).with(0);
    assert!(again.out.is_empty(), "{}", again.out);
    assert_eq!(again.err.matches("nothing to do").count(), 6, "{}", again.err);
    assert_eq!(project.files(), with);

    project.run("clients cursor --remove --yes").with(0);
    assert!(!project.path(".cursor").exists() && project.path(".kiro/settings/mcp.json").exists());
    project.run("clients --remove --yes").with(0);
    assert_eq!(project.files(), before, "`mcp.json` is `up`'s own");
}

#[test]
fn without_names_it_is_the_manifest_s_clients() {
    let project = up();
    let told = project.run("clients --diff --json").with(0).json();
    assert_eq!((&told["stack"], &told["written"]), (&"acme-tools".into(), &false.into()));
    let files = told["files"].as_array().unwrap();
    let named: Vec<_> = files.iter().map(|file| file["client"].as_str().unwrap()).collect();
    assert_eq!(named, ["vscode", "claude-code", "cursor"]);
    assert_eq!((&files[0]["action"], &files[0]["scope"]), (&"create".into(), &"project".into()));
    assert!(files[0]["diff"].as_str().unwrap().contains("+++ "));
    let told = project.run("clients codex --yes --json").with(0).json();
    assert_eq!(told["written"], true);
}

/// Files as people write them: with comments, tabs, a byte order mark, CRLF, and no line end at the end.
const OWN: [(&str, &str); 5] = [
    (
        "home/.config/Code/User/mcp.json",
        "\u{feff}// All of mine.\n{\n\t\"servers\": {\n\t\t// Ask Ann.\n\t\t\"mine\": { \"url\": \"http://a//b\" }, // keep\n\t},\n\t\"inputs\": [],\n}\n",
    ),
    (
        "home/.cursor/mcp.json",
        "{\r\n    \"mcpServers\": {\r\n        \"mine\": { \"command\": \"x\" }\r\n    }\r\n}\r\n",
    ),
    ("home/.kiro/settings/mcp.json", "{\n   \"a\": 1\n}"),
    (
        "home/.codex/config.toml",
        "\u{feff}# Mine.\r\nmodel = \"m\"\r\n\r\n[mcp_servers.mine] # keep\r\ncommand = \"c\"\r\n",
    ),
    ("home/.gemini/settings.json", "{\n  \"ui\": { \"theme\": \"Default\" } // dark\n}\n"),
];

#[test]
fn a_person_s_files_keep_every_byte_that_is_not_ours() {
    let project = up();
    for (file, text) in OWN {
        project.write(file, text);
    }
    project.run("clients vscode cursor kiro codex gemini --user --yes").with(0);
    let url = url(&project);
    for (file, text) in OWN {
        let with = project.read(file);
        assert!(with.contains(&url), "{file}: {with}");
        // A member that is the last no more gets a comma.
        let without_commas = with.replace(',', "");
        for line in text.lines() {
            let line = line.trim_end_matches(['}', '\r']).replace(',', "");
            assert!(without_commas.contains(&line), "{file} lost {line}: {with}");
        }
        assert_eq!(with.starts_with('\u{feff}'), text.starts_with('\u{feff}'), "{file}");
        let bare = with.matches('\n').count() - with.matches("\r\n").count();
        assert!(!text.contains("\r\n") || bare == 0, "{file} has other line ends: {with:?}");
    }
    project.run("clients --remove --yes").with(0);
    for (file, text) in OWN {
        // A comma that had to be put behind the last member may stay.
        let same = |text: &str| text.replace(',', "");
        assert_eq!(same(&project.read(file)), same(text), "{file}");
    }
}

/// The program with variables of its own.
fn run_with(project: &Project, line: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = project.command(line);
    for (name, folder) in variables {
        command.env(name, project.path(folder));
    }
    super::project::Running::start(&mut command).wait()
}

#[cfg(target_os = "linux")]
#[test]
fn variables_say_where_a_person_s_files_are() {
    let project = up();
    let variables = [("CODEX_HOME", "codex"), ("XDG_CONFIG_HOME", "settings")];
    run_with(&project, "clients codex vscode --user --yes", &variables).with(0);
    assert!(project.read("codex/config.toml").contains("[mcp_servers.acme-tools]"));
    assert!(project.path("settings/Code/User/mcp.json").exists());
    assert!(!project.path("home/.codex").exists());
    // They are found again without the variables.
    project.run("clients --remove --yes").with(0);
    assert!(!project.path("codex/config.toml").exists());
}

#[test]
fn one_file_that_is_refused_stops_all() {
    let project = up();
    for (file, text, says) in [
        (
            ".cursor/mcp.json",
            "{ // mine\n  \"mcpServers\": ,\n}",
            "it is not JSON: Unexpected comma, at line 2 column 17",
        ),
        (".cursor/mcp.json", "{\"mcpServers\": []}", "its `mcpServers` is a list"),
        (
            ".cursor/mcp.json",
            "{\"mcpServers\": {\"acme-tools\": \"x\"}}",
            "its server `acme-tools` is a text",
        ),
        (
            ".cursor/mcp.json",
            "{\"mcpServers\": {\"acme-tools\": {\"url\": \"https://other/mcp\"}}}",
            "is not this stack's",
        ),
        (".codex/config.toml", "a = 1\nb = \n", "it is not TOML"),
        (".codex/config.toml", "mcp_servers = 1\n", "its `mcp_servers` is a number"),
    ] {
        project.write(file, text);
        let before = project.files();
        let failed = project.run(&format!("clients {ALL} --yes")).with(5).says(says).says("hint:");
        assert!(failed.err.contains(file) && failed.out.is_empty(), "{}", failed.err);
        assert_eq!(project.files(), before, "{file} {text}");
        std::fs::remove_file(project.path(file)).unwrap();
    }
    // Two at once are both told.
    project.write(".cursor/mcp.json", "[]");
    project.write(".codex/config.toml", "=");
    project.run("clients cursor codex --diff").with(5).says("not a JSON object").says("not TOML");
}

#[test]
fn an_entry_of_somebody_else_is_taken_over_only_when_asked_to() {
    let project = up();
    let own = "{\"mcpServers\": {\"acme-tools\": {\"url\": \"https://other/mcp\", \"env\": {}}}}";
    project.write(".kiro/settings/mcp.json", own);
    project.run("clients kiro --yes").with(5).says("--adopt");
    project.run("clients kiro --remove --yes").with(5).says("is not this stack's");
    assert_eq!(project.read(".kiro/settings/mcp.json"), own);
    project.run("clients kiro --adopt --yes").with(0);
    let entry = json(&project, ".kiro/settings/mcp.json")["mcpServers"]["acme-tools"].take();
    assert_eq!(
        (entry["url"].as_str().unwrap(), &entry["env"]),
        (url(&project).as_str(), &serde_json::json!({}))
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_what_is_read_only_is_left() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let project = up();
    project.write("shared.json", "{\n  \"mcpServers\": {}\n}\n");
    std::fs::create_dir(project.path(".cursor")).unwrap();
    symlink("../shared.json", project.path(".cursor/mcp.json")).unwrap();
    project.run("clients cursor --yes").with(0);
    assert!(project.path(".cursor/mcp.json").is_symlink());
    assert!(project.read("shared.json").contains("acme-tools"));
    project.run("clients cursor --remove --yes").with(0);
    assert!(project.path(".cursor/mcp.json").is_symlink() && project.path("shared.json").exists());
    std::fs::remove_file(project.path("shared.json")).unwrap();
    project.run("clients cursor --yes").with(5).says("a link to a file that is not there");

    project.write(".kiro/settings/mcp.json", "{}");
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(project.path(".kiro/settings/mcp.json"), read_only).unwrap();
    project.run("clients kiro --yes").with(5).says("it is read-only");
    assert_eq!(project.read(".kiro/settings/mcp.json"), "{}");
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_written() {
    let project = up();
    let before = project.files();
    project.run("clients vscode").with(2).says("there is no terminal");
    project.run("clients emacs").with(2).says("possible values");
    project.run("clients claude-code --user").with(2).says("claude mcp add --scope user");
    project.run("clients claude-desktop --project").with(2).says("no file of a project's");
    project.run("clients claude-desktop cursor --yes").with(2).says("Settings, Connectors");
    project.run("clients cursor --user --project").with(2);
    assert_eq!(project.files(), before);
    project.edit("config.json", "\"local\"", "\"aws\"");
    project.run("clients --diff --local").with(2).says("a stack on AWS");
    project.edit("construct.toml", "\"acme-tools\"", "\"other-tools\"");
    project.run("clients --diff").with(2).says("config.json is of acme-tools");
    std::fs::remove_file(project.path("config.json")).unwrap();
    project.run("clients --diff").with(2).says("construct up");
}

#[cfg(target_os = "linux")]
#[test]
fn claude_desktop_gets_a_program() {
    let project = up();
    project.run("clients claude-desktop --token-file token --yes").with(0);
    let file = "home/.config/Claude/claude_desktop_config.json";
    let entry = json(&project, file)["mcpServers"]["acme-tools"].take();
    assert_eq!(
        entry["command"],
        env!("CARGO_BIN_EXE_construct"),
        "a desktop has no path of a shell's"
    );
    let args: Vec<_> =
        entry["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect();
    assert_eq!(args[..5], ["proxy", &url(&project), "--auth", "bearer", "--token-file"]);
    assert!(std::path::Path::new(args[5]).is_absolute());
    project.run("clients claude-desktop --remove --yes").with(0);
    assert!(!project.path(file).exists());
}

/// The starter names three clients; another's file is one that `clients` wrote.
#[test]
fn up_writes_the_project_s_files_and_cleanup_takes_all_out() {
    let project = Project::starter();
    project
        .run("up --local --yes")
        .with(0)
        .says("For VS Code: ./mcp.json")
        .says("For Claude Code: ./.mcp.json")
        .says("For Cursor: ./.cursor/mcp.json");
    assert!(project.read(".mcp.json").contains(&url(&project)));
    project.write("home/.codex/config.toml", "model = \"m\"\n");
    project.run("clients codex --user --yes").with(0);
    project.run("clients gemini --yes").with(0);
    // The entries of a stack that is somewhere else by now are brought up to date, or named.
    let old = url(&project);
    for file in [".gemini/settings.json", "home/.codex/config.toml"] {
        project.write(file, &project.read(file).replace(&old, "https://before.example/mcp"));
    }
    let record = format!("{}/clients.json", super::project::MEMORY);
    project.write(&record, &project.read(&record).replace(&old, "https://before.example/mcp"));
    project.run("up --local --yes").with(0).says("`construct clients codex --user`");
    assert!(project.read(".gemini/settings.json").contains(&old));
    assert!(project.read("home/.codex/config.toml").contains("before.example"));
    project.run("cleanup --local --yes").with(0).says("nothing left");
    for gone in [".mcp.json", ".cursor", ".gemini", "mcp.json", "config.json"] {
        assert!(!project.path(gone).exists(), "{gone}");
    }
    assert_eq!(project.read("home/.codex/config.toml"), "model = \"m\"\n");
}

#[cfg(target_os = "linux")]
#[test]
fn of_several_gateways_each_client_gets_those_that_it_can_reach() {
    let project = Project::empty();
    let manifest = "[stack]\nname = \"several\"\nregion = \"us-west-2\"\n\n[gateways.people]\n\n[gateways.jobs]\ninbound = \"iam\"\n";
    project.write("construct.toml", manifest);
    project.run("up --local --yes").with(0);
    project.run("clients claude-desktop codex --yes").with(0).says("Settings, Connectors");
    let file = json(&project, "home/.config/Claude/claude_desktop_config.json");
    let names: Vec<_> = file["mcpServers"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["several-jobs"]);
    let codex = project.read(".codex/config.toml");
    for name in ["[mcp_servers.several-jobs]", "[mcp_servers.several-people]"] {
        assert!(codex.contains(name), "{codex}");
    }
    // A gateway that goes takes its entry with it.
    project.edit("construct.toml", "\n[gateways.jobs]\ninbound = \"iam\"\n", "");
    project.run("up --local --yes").with(0).says("`construct clients claude-desktop --user`");
    let codex = project.read(".codex/config.toml");
    assert!(codex.starts_with("[mcp_servers.several-people]"), "{codex}");
    assert!(!codex.contains("several-jobs"), "{codex}");
    project.run("cleanup --local --yes").with(0);
    assert!(!project.path(".codex").exists());
    assert!(!project.path("home/.config/Claude/claude_desktop_config.json").exists());
}
