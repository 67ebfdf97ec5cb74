//! Parts that come and go: targets, functions, clients, people and identities, with and without the journal.

#![expect(clippy::print_stdout, reason = "a test that cannot run here says so")]

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::primitives::Blob;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::{Bench, FULL, STARTER};
use super::store::{differing, names, object};

fn options() -> Options {
    Options { seed: Some(1), ..Options::default() }
}

/// Cuts the tables that begin with these headings out of the manifest.
fn without(manifest: &str, headings: &[&str]) -> String {
    let mut kept = String::new();
    let mut cutting = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            cutting = headings.iter().any(|heading| line.starts_with(heading));
        }
        if !cutting {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    assert_ne!(kept, manifest);
    kept
}

#[tokio::test(start_paused = true)]
async fn what_left_the_manifest_is_removed() {
    for forget in [false, true] {
        let bench = Bench::with(STARTER, options());
        bench.up().await.done();
        let before = bench.store();
        bench.write("construct.toml", without(STARTER, &["[targets.confluence"]).as_bytes());
        if forget {
            bench.forget();
        }
        let (_, plan) = bench.plan().await;
        let planned: Vec<_> = plan
            .work()
            .map(|action| (action.address.as_str().split(".provider").next().unwrap(), action.verb))
            .collect();
        // Nothing else uses the provider, so that nobody may use it any longer once the target is gone.
        let narrowed = [
            ("role-policy/function-oauth-callback.run", Verb::Update),
            ("role-policy/function-oauth-callback", Verb::Update),
            ("role-policy/gateway", Verb::Delete),
            ("target/confluence", Verb::Delete),
        ];
        assert_eq!(planned, narrowed);
        let ran = bench.up().await.done();
        assert!(ran.err.contains("no longer in the manifest"), "{}", ran.err);
        let first =
            |operation| ran.calls.iter().position(|call| call.operation == operation).unwrap();
        assert!(
            first("DeleteGatewayTarget") < first("DeleteRolePolicy"),
            "the target loses its role's policy"
        );
        let gone = differing(&before, &bench.store());
        let expected = [
            "role-policy acme-tools-gateway-role provider-atlassian",
            "role-policy acme-tools-oauth-callback-role providers",
            "role-policy acme-tools-oauth-callback-role run",
            "target acme-tools-gateway confluence",
        ];
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), expected);
        assert!(
            !names(&bench.store()).contains(&"target acme-tools-gateway confluence".to_owned())
        );
        assert!(!bench.read("config.json").contains("confluence"), "{}", bench.read("config.json"));
        assert!(bench.work().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_goes_with_its_targets() {
    for forget in [false, true] {
        let bench = Bench::with(STARTER, options());
        bench.up().await.done();
        let manifest = without(STARTER, &["[targets.confluence", "[providers.atlassian"]);
        bench.write("construct.toml", manifest.as_bytes());
        if forget {
            bench.forget();
        }
        let ran = bench.up().await.done();
        assert!(
            ran.err.contains("lost: every consent that people gave through acme-tools-atlassian"),
            "{}",
            ran.err
        );
        let left: Vec<String> = names(&bench.store())
            .into_iter()
            .filter(|name| name.contains("atlassian") || name.contains("confluence"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
        assert!(bench.work().await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_the_starter_leaves_out() {
    let bench = Bench::with(STARTER, options());
    bench.up().await.done();
    let starter: BTreeSet<String> = names(&bench.store()).into_iter().collect();
    let more = r#"
[targets.words]
lambda = { function = "words", tools = "tools.json" }

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"

[identities.ci]
return_urls = ["https://ci.example.com/done"]

[cognito]
m2m = true
first_user = { email = "first@example.com" }
"#;
    bench.write("construct.toml", format!("{STARTER}{more}").as_bytes());
    bench.up().await.done();
    let full: BTreeSet<String> = names(&bench.store()).into_iter().collect();
    let added: Vec<&String> = full.difference(&starter).collect();
    assert_eq!(
        added,
        [
            "client acme-tools-pool acme-tools-client-machine",
            "function acme-tools-words",
            "identity acme-tools-ci",
            "log-group /aws/lambda/acme-tools-words",
            "role acme-tools-words-role",
            "role-policy acme-tools-gateway-role target-words",
            "role-policy acme-tools-words-role run",
            "target acme-tools-gateway words",
            "user acme-tools-pool",
        ]
    );
    let gateway = object(&bench.store(), "gateway acme-tools-gateway").raw;
    let clients =
        &gateway["settings"]["authorizerConfiguration"]["customJWTAuthorizer"]["allowedClients"];
    assert_eq!(clients.as_array().unwrap().len(), 2, "the machine's client may call the gateway");
    assert!(bench.work().await.is_empty());

    bench.forget();
    bench.write("construct.toml", STARTER.as_bytes());
    let ran = bench.up_with(|arguments| arguments.yes_destroy = true).await.done();
    let left: BTreeSet<String> = names(&bench.store()).into_iter().collect();
    let kept: Vec<&String> = left.difference(&starter).collect();
    // A person is never removed because a line left the manifest.
    assert_eq!(kept, ["user acme-tools-pool"], "{}", ran.err);
    assert!(starter.is_subset(&left));
    assert!(bench.work().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_made_password_is_told_to_no_file_and_no_log() {
    let bench = Bench::with(FULL, Options { record_bodies: true, ..options() });
    let ran = bench.up().await.done();
    let set: Vec<Value> = ran
        .calls
        .iter()
        .filter(|call| call.operation == "AdminSetUserPassword")
        .map(|call| serde_json::from_str(&call.body).unwrap())
        .collect();
    let [set] = &set[..] else { panic!("one password is set, not {}", set.len()) };
    let password = set["Password"].as_str().unwrap();
    assert!(password.len() >= 16 && set["Permanent"] == json!(true));
    // There is no terminal here, and what is not a terminal may be a log.
    assert!(!ran.text().contains(password) && ran.err.contains("first@example.com"), "{}", ran.err);
    assert_eq!(super::secrets::holding(bench.base(), password), Vec::<String>::new());
    let second = bench.up().await.done();
    assert!(second.calls.iter().all(|call| !call.mutating));
    assert!(!second.err.contains("password was made"), "{}", second.err);
}

/// On the real clock: the function is a process of its own.
#[tokio::test]
async fn an_own_function_answers() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        println!("not run: the local AWS runs this function with python3, which is not here");
        return;
    }
    let bench = Bench::with(FULL, Options::instant());
    bench.up().await.done();
    let cloud = bench.session().await.cloud;
    let payload = Blob::new(json!({"text": "three little words"}).to_string());
    let answer = cloud
        .lambda
        .invoke()
        .function_name("acme-tools-words")
        .payload(payload)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.function_error(), None);
    let answer: Value = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
    assert_eq!(answer, json!({"words": 3}));
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_function_of_somebody_else_serves_a_target() {
    // Another stack has the function.
    let theirs = Bench::with(&FULL.replace("acme-tools", "other"), options());
    theirs.up().await.done();
    let arn = "arn:aws:lambda:us-west-2:111122223333:function:other-words";
    let manifest = without(FULL, &["[functions.words"])
        .replace(r#"function = "words""#, &format!("arn = \"{arn}\""));
    let ours = Bench::on(theirs.aws.clone(), &manifest);
    ours.up().await.done();
    let target = object(&ours.store(), "target acme-tools-gateway words").raw;
    assert_eq!(target["settings"]["targetConfiguration"]["mcp"]["lambda"]["lambdaArn"], json!(arn));
    let policy = object(&ours.store(), "role-policy acme-tools-gateway-role target-words").raw;
    assert!(policy.to_string().contains(arn), "{policy}");
    let functions: Vec<String> = names(&ours.store())
        .into_iter()
        .filter(|name| name.starts_with("function acme-tools"))
        .collect();
    assert_eq!(functions, ["function acme-tools-mcp-proxy", "function acme-tools-oauth-callback"]);
    assert!(ours.work().await.is_empty());
    ours.cleanup().await.done();
    object(&theirs.store(), "function other-words");
    assert_eq!(theirs.work().await, BTreeMap::new());
}
