//! What a right manifest becomes.

use super::{STACK, good};
use crate::manifest::{
    Answers, Client, Grant, LambdaSource, Lookup, Manifest, Prompt, Provider, SecretReference,
    SecretsManagerKey, TargetKind, TextOr, starter,
};
use std::path::Path;

#[test]
fn a_stack_alone_has_every_default() {
    let manifest = good(STACK);
    assert_eq!(manifest.cognito.access_token_minutes, 60);
    assert_eq!(manifest.front.memory, 256);
    assert_eq!(manifest.front.timeout_seconds, 29);
    assert_eq!((manifest.front.throttle.rate, manifest.front.throttle.burst), (50, 100));
    assert_eq!(manifest.clients.write, [Client::VsCode]);
    assert!(manifest.targets.is_empty() && manifest.providers.is_empty());
    assert!(!manifest.stack.protect && !manifest.cognito.m2m);
}

#[test]
fn the_starter_is_the_manifest_at_the_root() {
    let text = include_str!("../../../construct.toml");
    assert_eq!(text, starter(&Answers::default()));
    let manifest = good(text);
    assert_eq!(manifest.targets.len(), 2);
    let confluence = &manifest.targets["confluence"];
    assert!(matches!(confluence.kind, TargetKind::OpenApi(_)));
    assert_eq!(
        confluence.variables["cloudId"],
        TextOr::Table(Lookup::AtlassianTenant("acme".to_owned()))
    );
    assert_eq!(manifest.targets["github"].signs_in().grant(), Some(Grant::AuthorizationCode));
}

#[test]
fn answers_are_quoted_into_the_starter() {
    let answers = Answers {
        stack_name: "my-stack".to_owned(),
        atlassian_tenant: "{{region}} \"quoted\\ \n".to_owned(),
        clients: vec![Client::Kiro, Client::Codex],
        ..Answers::default()
    };
    let text = starter(&answers);
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(table["stack"]["name"].as_str(), Some("my-stack"));
    let tenant = &table["targets"]["confluence"]["variables"]["cloudId"]["atlassian_tenant"];
    assert_eq!(tenant.as_str(), Some(answers.atlassian_tenant.as_str()));
    assert_eq!(table["clients"]["write"].as_array().map(Vec::len), Some(2));
}

#[test]
fn secrets_are_references_and_print_as_such() {
    let user = |password: &str| {
        let text = format!(
            "{STACK}[cognito]\nfirst_user = {{ email = \"a@b.c\", password = {password} }}\n"
        );
        good(&text).cognito.first_user.unwrap().password.unwrap()
    };
    let asked = |text: Option<&str>| {
        let key = "cognito.first_user.password".to_owned();
        SecretReference::Prompt(Prompt { text: text.map(str::to_owned), key })
    };
    for (written, reference, shown) in [
        ("{ env = \"A_B\" }", SecretReference::Env("A_B".to_owned()), "environment variable A_B"),
        ("{ file = \"pw\" }", SecretReference::File("pw".into()), "file pw"),
        ("{ prompt = true }", asked(None), "prompt for cognito.first_user.password"),
        (
            "{ prompt = \"Password?\" }",
            asked(Some("Password?")),
            "prompt for cognito.first_user.password",
        ),
        (
            "{ secret = \"acme/pool#password\" }",
            SecretReference::Secret(SecretsManagerKey {
                secret_id: "acme/pool".to_owned(),
                json_key: "password".to_owned(),
            }),
            "Secrets Manager secret acme/pool#password",
        ),
    ] {
        assert_eq!(user(written), reference);
        assert_eq!(reference.to_string(), shown);
    }
}

#[test]
fn prompts_in_the_same_words_stay_apart() {
    let manifest = good(&format!(
        "{STACK}[providers.a]\nvendor = \"github\"\nclient_id = {{ prompt = true }}\n\
         client_secret = {{ prompt = \"Secret?\" }}\n\
         [providers.b]\nvendor = \"github\"\nclient_id = \"x\"\n\
         client_secret = {{ prompt = \"Secret?\" }}\n"
    ));
    let (a, b) = (&manifest.providers["a"], &manifest.providers["b"]);
    let Provider::OAuth2(client) = a else { panic!("a is a client at an OAuth server") };
    let id = client.client_id.as_ref().map(ToString::to_string);
    assert_eq!(id.as_deref(), Some("prompt for providers.a.client_id"));
    let (Some((_, a)), Some((_, b))) = (a.secret(), b.secret()) else {
        panic!("both have a secret");
    };
    assert_ne!(a.to_string(), b.to_string());
    let (SecretReference::Prompt(a), SecretReference::Prompt(b)) = (a, b) else {
        panic!("both are prompts");
    };
    assert_eq!((a.question(), b.question()), ("Secret?", "Secret?"));
}

#[test]
fn lambda_targets_name_a_function_or_an_arn() {
    let manifest = good(&format!(
        "{STACK}[functions.ops]\nzip = \"f.zip\"\nhandler = \"a\"\nruntime = \"provided.al2023\"\n\
         [targets.a]\nlambda = {{ function = \"ops\", tools = \"t.json\" }}\n\
         [targets.b]\nlambda = {{ arn = \"arn:aws:lambda:us-west-2:123456789012:function:x\", \
         tools = \"t.json\" }}\n"
    ));
    let sources: Vec<&LambdaSource> = manifest
        .targets
        .values()
        .map(|target| match &target.kind {
            TargetKind::Lambda(lambda) => &lambda.source,
            _ => panic!("both are Lambda targets"),
        })
        .collect();
    assert_eq!(sources[0], &LambdaSource::Function("ops".to_owned()));
    assert!(matches!(sources[1], LambdaSource::Arn(_)));
}

#[test]
fn later_checks_point_into_the_file() {
    let text = format!(
        "{STACK}[targets.a]\nopenapi = \"a.json\"\nauth = {{ provider = \"p\", \
         grant = \"client_credentials\", scopes = [\"é\", \"x\"] }}\n\
         [providers.p]\nvendor = \"github\"\nclient_id = \"i\"\nclient_secret = {{ env = \"S\" }}\n"
    );
    let manifest = Manifest::parse(&text, "sub/construct.toml", Path::new("sub")).unwrap();
    for (path, line, column) in [
        ("targets.a.openapi", 5, 11),
        ("targets.a.description", 4, 10),
        ("targets.a.auth.scopes[1]", 6, 71),
        ("providers.p.client_secret.env", 10, 25),
        ("nowhere", 1, 1),
    ] {
        let problem = manifest.problem(path, "wrong", "right");
        assert_eq!((problem.line, problem.column), (line, column), "{path}");
        assert_eq!(problem.file, "sub/construct.toml");
    }
    assert_eq!(manifest.resolve(Path::new("a.json")), Path::new("sub/a.json"));
    assert_eq!(manifest.resolve(Path::new("/a.json")), Path::new("/a.json"));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_not_matter() {
    let manifest = good(&format!("\u{feff}{}", STACK.replace('\n', "\r\n")));
    assert_eq!(manifest.stack.name, "acme-tools");
}
