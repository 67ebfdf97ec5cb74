//! What a person sees for each way in which a manifest can be wrong.

use super::{STACK, bad, good};
use crate::manifest::{Manifest, ManifestError};
use std::fs;

#[test]
fn a_name_that_does_not_fit_is_refused() {
    for (name, message) in [
        ("", "a stack name cannot be empty"),
        ("a", "a stack name has at least 2 characters"),
        ("abcdefghijklmnopqrstuvwxy", "a stack name has at most 24 characters, this one has 25"),
        ("Acme", "not a stack name"),
        ("1acme", "not a stack name"),
        ("ac--me", "not a stack name"),
        ("acme-", "not a stack name"),
        ("ac_me", "not a stack name"),
        ("my-aws-tools", "a stack name cannot contain `aws`"),
    ] {
        let problems = bad(&format!("[stack]\nname = \"{name}\"\nregion = \"us-west-2\"\n"));
        let messages: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(messages, [message], "{name}");
    }
    for name in ["ab", "acme", "a-b-c", "abcdefghijklmnopqrstuvwx", "a1"] {
        good(&format!("[stack]\nname = \"{name}\"\nregion = \"us-gov-west-1\"\n"));
    }
    for region in ["us-west", "uswest2", "US-west-2", "us-west-22", "u-west-2"] {
        bad(&format!("[stack]\nname = \"acme\"\nregion = \"{region}\"\n"));
    }
}

#[test]
fn several_problems_are_said_at_once_in_the_order_of_the_file() {
    let problems = bad(r#"[stack]
name = "Acme"
tags = { "construct:stack" = "mine" }

[providers.github]
vendor = "gitlab"
client_id = "Iv1.abc"
client_secret = "hunter2hunter2"

[targets.github]
openapi = "specs/github-openapi.json"
auth = { provider = "githb", grant = "implicit", scopes = ["repo read:user"] }

[targets.tools]
lambda = { function = "ops", tools = "tools.json" }
auth = { provider = "github", grant = "authorization_code" }
"#);
    let expected = r#"construct.toml:1:2: stack.region: `region` is missing
  help: add `region = "…"`. AWS Region.
construct.toml:2:8: stack.name: not a stack name
  help: use 2 to 24 lower-case letters, digits and single hyphens, starting with a letter
  rule: stack-name, construct, so that every derived name fits its service
construct.toml:3:30: stack.tags."construct:stack": tag keys that start with `aws:` or `construct:` are reserved
  help: choose another key
  rule: tag-reserved-prefix, AWS General Reference, Tag naming limits; construct's own marks
construct.toml:6:10: providers.github.vendor: "gitlab" is not possible here
  help: did you mean "github"? Possible: "atlassian", "auth0", "cognito", "custom", "cyber-ark", "dropbox", "facebook", "fusion-auth", "github", "google", "hubspot", "linkedin", "microsoft", "notion", "okta", "one-login", "ping-one", "reddit", "salesforce", "slack", "spotify", "twitch", "x", "yandex", "zoom"
construct.toml:8:17: providers.github.client_secret: a secret does not belong in the manifest
  help: write { env = "VARIABLE" }, { file = "path" }, { prompt = true } or { secret = "secret-id#json_key" }, and replace the secret if this file was shared
construct.toml:12:21: targets.github.auth.provider: there is no provider `githb`
  help: did you mean `github`?
construct.toml:12:38: targets.github.auth.grant: "implicit" is not possible here
  help: possible: "authorization_code", "client_credentials", "token_exchange"
construct.toml:12:60: targets.github.auth.scopes[0]: not a scope
  help: write each scope as a text of its own, 1 to 64 characters without spaces
  rule: target-scope, bedrock-agentcore-control service model 2023-06-05
construct.toml:15:23: targets.tools.lambda.function: there is no function `ops`
  help: add a table [functions.ops]
construct.toml:16:1: targets.tools.auth: a Lambda target does not take OAuth with authorization_code
  help: remove `auth`; possible: the gateway's role
  rule: target-outbound-authorization, AgentCore developer guide, Gateway outbound authorization by target type"#;
    assert_eq!(problems.to_string(), expected);
}

#[test]
fn a_mistake_does_not_hide_its_neighbours() {
    let problems = bad(&format!("{STACK}[targets.a.auth]\nprovider = \"p\"\ngrant = \"x\"\n"));
    let paths: Vec<&str> = problems.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(paths, ["targets.a.openapi", "targets.a.auth.provider", "targets.a.auth.grant"]);
}

#[test]
fn a_literal_secret_is_repeated_nowhere() {
    let provider = "[providers.github]\nvendor = \"github\"\nclient_id = \"a\"\n";
    for secret in [
        "\"s3cr3t-value\"",
        "{ env = \"s3cr3t-value\" }",
        "{ s3 = \"s3cr3t-value\" }",
        "{ secret = \"s3cr3t-value\" }",
        "[\"s3cr3t-value\"]",
        "{ prompt = [\"s3cr3t-value\"] }",
        "s3cr3t-value",
    ] {
        let problems = bad(&format!("{STACK}{provider}client_secret = {secret}\n"));
        let json = serde_json::to_string(&problems).unwrap();
        let debug = format!("{problems:?}");
        for shown in [problems.to_string(), json, debug] {
            assert!(!shown.contains("s3cr3t-value"), "{secret}: {shown}");
        }
    }
}

#[test]
fn quotas_are_counted_before_the_first_call() {
    let targets: Vec<String> =
        (0..101).map(|number| format!("[targets.t{number}]\nopenapi = \"a.json\"\n")).collect();
    let problems = bad(&format!("{STACK}{}", targets.concat()));
    assert_eq!(problems.len(), 1, "{problems}");
    let problem = problems.iter().next().unwrap();
    assert_eq!(problem.path, "gateway");
    assert_eq!(problem.rule.map(|rule| rule.id), Some("target-count"));

    let gateways = "[gateways.one]\n[gateways.two]\n";
    let targets = |one: usize, two: usize| {
        let of = |gateway: &str, count: usize| -> String {
            let target = |number: usize| {
                format!(
                    "[targets.{gateway}{number}]\ngateway = \"{gateway}\"\nopenapi = \"a.json\"\n"
                )
            };
            (0..count).map(target).collect()
        };
        format!("{STACK}{gateways}{}{}", of("one", one), of("two", two))
    };
    let problems = bad(&targets(100, 101));
    let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(found, ["gateways.two"], "each gateway has a quota of its own");

    let long = "x".repeat(4096);
    let function = "[functions.f]\nzip = \"f.zip\"\nhandler = \"a\"\nruntime = \"java21\"\n";
    let text = format!(
        "{STACK}{function}[functions.f.environment]\nAA = \"{}\"\nBB = \"{}\"\nCC = \"{}\"\n",
        &long[..2000],
        &long[..2000],
        &long[..200]
    );
    let problems = bad(&text);
    assert_eq!(
        problems.iter().next().unwrap().rule.map(|rule| rule.id),
        Some("lambda-environment-size")
    );
}

#[test]
fn lambda_targets_have_no_server_variables() {
    let problems = bad(&format!(
        "{STACK}[functions.ops]\nzip = \"f.zip\"\nhandler = \"a\"\nruntime = \"java21\"\n\
         [targets.a]\nlambda = {{ function = \"ops\", tools = \"t.json\" }}\nvariables = {{ a = \"b\" }}\n"
    ));
    assert_eq!(
        problems.to_string(),
        "construct.toml:10:1: targets.a.variables: `variables` goes with `openapi`\n  \
         help: remove it"
    );
}

#[test]
fn files_are_looked_for_beside_the_manifest() {
    let directory = tempfile::tempdir().unwrap();
    let manifest = directory.path().join("construct.toml");
    fs::write(directory.path().join("large.json"), vec![b' '; 10_000_001]).unwrap();
    fs::write(directory.path().join("empty.json"), "").unwrap();
    fs::write(directory.path().join("fine.json"), "{}").unwrap();
    fs::create_dir(directory.path().join("folder")).unwrap();
    let targets = "[targets.fine]\nopenapi = \"fine.json\"\n\
                   [targets.missing]\nopenapi = \"specs/nope.json\"\n\
                   [targets.large]\nopenapi = \"large.json\"\n\
                   [targets.empty]\nopenapi = \"empty.json\"\n\
                   [targets.folder]\nopenapi = \"folder\"\n";
    fs::write(&manifest, format!("{STACK}{targets}")).unwrap();
    let ManifestError::Invalid(problems) = Manifest::load(&manifest).unwrap_err() else {
        panic!("the file is there");
    };
    let found: Vec<(usize, &str, Option<&str>)> = problems
        .iter()
        .map(|one| (one.line, one.message.as_str(), one.rule.map(|rule| rule.id)))
        .collect();
    assert_eq!(
        found,
        [
            (7, "there is no file specs/nope.json", None),
            (9, "large.json has 10000001 bytes", Some("schema-size")),
            (11, "empty.json is empty", None),
            (13, "folder is not a file", None),
        ]
    );

    fs::write(&manifest, format!("{STACK}[targets.fine]\nopenapi = \"fine.json\"\n")).unwrap();
    let loaded = Manifest::load(&manifest).unwrap();
    assert!(loaded.validate().is_empty());
    fs::remove_file(directory.path().join("fine.json")).unwrap();
    assert_eq!(loaded.validate().len(), 1);
}

#[test]
fn what_is_not_a_manifest_is_said_clearly() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, content).unwrap();
        Manifest::load(&path).unwrap_err()
    };
    let missing = Manifest::load(&directory.path().join("nope.toml")).unwrap_err();
    assert!(matches!(missing, ManifestError::Missing { .. }));
    assert!(missing.to_string().starts_with("no manifest at "), "{missing}");
    assert!(missing.hint().unwrap().contains("construct init"));

    let folder = Manifest::load(directory.path()).unwrap_err();
    assert!(matches!(folder, ManifestError::Unreadable { .. }), "{folder}");

    for (name, content) in
        [("empty.toml", &b""[..]), ("blank.toml", b"\n \n"), ("comment.toml", b"# nothing\n")]
    {
        let error = at(name, content).to_string();
        assert!(
            error.contains(":1:1: the manifest is empty\n  help: run `construct init`"),
            "{error}"
        );
    }
    let error = at("latin.toml", b"[stack]\nname = \"caf\xe9\"\n").to_string();
    assert!(error.contains("latin.toml:2:12: not UTF-8"), "{error}");
}
