//! `construct gc`: what nobody here knows is listed and removed; what is known, locked or somebody else's is not touched.

use std::collections::BTreeSet;

use construct::cli::{ExitCode, GcArguments};
use construct::cloud::{Cloud, StackLock};
use construct_local::{Effect, Options, Rule};
use serde_json::Value;

use super::harness::{Bench, FULL, REGION, Ran};
use super::scene::beginning;
use super::store::{Object, names, objects};
use super::sweep::everything::FIRST;

/// A stack that its makers forgot.
const OLD: &str = r#"
[stack]
name = "old-demo"
region = "us-west-2"

[targets.small]
openapi = "specs/small.json"
"#;

/// The kinds that carry marks of their own.
const MARKED: [&str; 15] = [
    "logs.group",
    "iam.role",
    "ssm.sealing-key",
    "ssm.link",
    "dynamodb.table",
    "apigateway.http-api",
    "cognito.user-pool",
    "agentcore.oauth2-provider",
    "agentcore.api-key-provider",
    "agentcore.workload-identity",
    "agentcore.policy-engine",
    "agentcore.gateway",
    "agentcore.consent-portal",
    "agentcore.runtime",
    "lambda.function",
];

fn options() -> Options {
    Options { seed: Some(1), ..Options::default() }
}

/// The stack of a folder, and beside it one that this folder knows nothing of.
async fn two_stacks() -> Bench {
    let ours = Bench::with(FULL, options());
    ours.up().await.done();
    Bench::on(ours.aws.clone(), OLD).up().await.done();
    ours
}

async fn hands(bench: &Bench) -> Cloud {
    bench.account().await.unwrap().cloud
}

/// The objects of the stack called `name`, and those of all others.
fn divided(bench: &Bench, name: &str) -> (Vec<Object>, Vec<Object>) {
    let of = |object: &Object| {
        let tagged = object.tags.as_ref().and_then(|tags| tags.get("construct:stack"));
        object.name.contains(name) || tagged.is_some_and(|stack| stack == name)
    };
    objects(&bench.store()).into_iter().partition(of)
}

/// The names of the stacks that `gc --json` lists, with how many objects it lists of each.
async fn listed(bench: &Bench, keep: &[&str]) -> Vec<(String, usize)> {
    let keep = keep.iter().map(|name| (*name).to_owned()).collect();
    let ran = bench.gc_with(|arguments| (arguments.json, arguments.keep) = (true, keep)).await;
    let ran = ran.done();
    assert!(ran.calls.iter().all(|call| !call.mutating), "a list changed something");
    let list: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (list["account"].as_str(), list["region"].as_str()),
        (Some("111122223333"), Some(REGION))
    );
    let stacks = list["stacks"].as_array().unwrap().iter();
    let counted = stacks.map(|one| {
        (one["stack"].as_str().unwrap().to_owned(), one["objects"].as_array().unwrap().len())
    });
    counted.collect()
}

/// `construct gc --delete --yes`.
async fn deleted(bench: &Bench, change: impl FnOnce(&mut GcArguments)) -> Ran {
    let ran = bench.gc_with(|arguments| {
        (arguments.delete, arguments.yes) = (true, true);
        change(arguments);
    });
    Box::pin(ran).await
}

#[tokio::test(start_paused = true)]
async fn every_kind_that_carries_marks_names_its_stack() {
    let bench = beginning(FIRST);
    bench.up().await.done();
    let stacks = bench.account().await.unwrap().stacks().await.unwrap();
    let kinds: BTreeSet<&str> = stacks["acme-tools"].iter().copied().collect();
    assert_eq!(kinds, BTreeSet::from(MARKED));
    assert_eq!(stacks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_documented_policy_allows_the_search() {
    let bench = beginning(FIRST);
    bench.up().await.done();
    let account = bench.account().await.unwrap();
    let before = bench.aws.calls().len();
    account.stacks().await.unwrap();
    let text = include_str!("../../docs/cleanup.md");
    let documented = text.split("```json").nth(1).unwrap().split("```").next().unwrap();
    let policy: Value = serde_json::from_str(documented).unwrap();
    let allowed: BTreeSet<String> =
        serde_json::from_value(policy["Statement"][0]["Action"].clone()).unwrap();
    let calls = bench.aws.calls().split_off(before);
    let asked: BTreeSet<String> = calls
        .iter()
        .map(|call| match call.service.as_str() {
            // API Gateway's actions are HTTP's methods.
            "apigateway" => "apigateway:GET".to_owned(),
            service => format!("{service}:{}", call.operation),
        })
        .collect();
    assert_eq!(asked, allowed);
}

#[tokio::test(start_paused = true)]
async fn what_the_manifest_the_journal_or_keep_knows_is_not_listed() {
    let bench = two_stacks().await;
    let ours = divided(&bench, "acme-tools").0.len();
    let names_of =
        |list: Vec<(String, usize)>| list.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let known = listed(&bench, &[]).await;
    assert_eq!(names_of(known.clone()), ["old-demo"]);
    assert!(known[0].1 > 10 && known[0].1 < ours + 20, "{known:?}");
    assert!(!bench.base().join(".construct/111122223333/us-west-2/old-demo").exists());
    assert!(listed(&bench, &["old-demo"]).await.is_empty());
    // The journal alone knows it, and then the manifest alone.
    let manifest = bench.read("construct.toml");
    std::fs::remove_file(bench.manifest()).unwrap();
    assert_eq!(names_of(listed(&bench, &[]).await), ["old-demo"]);
    bench.forget();
    assert_eq!(names_of(listed(&bench, &[]).await), ["acme-tools", "old-demo"]);
    bench.write("construct.toml", manifest.as_bytes());
    assert_eq!(names_of(listed(&bench, &[]).await), ["old-demo"]);
    // Which stack a broken manifest is of, nobody can tell.
    bench.write("construct.toml", b"[stack");
    let ran = bench.gc_with(|_| {}).await;
    assert_eq!(ran.ended.unwrap_err().kind, ExitCode::ManifestInvalid);
}

#[tokio::test(start_paused = true)]
async fn what_others_made_is_neither_listed_nor_touched() {
    let bench = two_stacks().await;
    let cloud = hands(&bench).await;
    // Tags and names like ours that are not: no stack can be called so, or owns what bears them.
    let mut group = cloud.logs.create_log_group().log_group_name("/aws/lambda/somebodys");
    group = group.tags("construct:stack", "../../home").tags("construct:node", "log-group/x");
    group.send().await.unwrap();
    let mut group = cloud.logs.create_log_group().log_group_name("/aws/lambda/elsewhere");
    group = group.tags("construct:stack", "elsewhere").tags("construct:node", "log-group/x");
    group.send().await.unwrap();
    for name in ["/construct/lonely/lock", "/construct/old-demo/keys/theirs", "/constructed/x/y"] {
        let put = cloud.ssm.put_parameter().name(name).value("theirs");
        put.r#type(aws_sdk_ssm::types::ParameterType::String).send().await.unwrap();
    }
    let theirs =
        ["/aws/lambda/somebodys", "/aws/lambda/elsewhere", "lonely", "keys/theirs", "constructed"];
    let kept = |bench: &Bench| {
        let all = objects(&bench.store()).into_iter();
        all.filter(|one| theirs.iter().any(|name| one.name.contains(name))).collect::<Vec<_>>()
    };
    let before = (kept(&bench), divided(&bench, "acme-tools").0);
    assert_eq!(before.0.len(), theirs.len());
    let known = listed(&bench, &[]).await;
    assert_eq!(known.len(), 1, "{known:?}");
    deleted(&bench, |_| {}).await.done();
    assert_eq!((kept(&bench), divided(&bench, "acme-tools").0), before);
    let left: Vec<String> = divided(&bench, "old-demo").0.into_iter().map(|one| one.name).collect();
    assert_eq!(left, ["parameter /construct/old-demo/keys/theirs"]);
    assert!(bench.work().await.is_empty());
    assert!(listed(&bench, &[]).await.is_empty());
    let again = deleted(&bench, |_| {}).await.done();
    assert!(again.err.contains("is of a known stack"), "{}", again.err);
    assert!(again.calls.iter().all(|call| !call.mutating));
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_that_nobody_agreed_to() {
    let bench = two_stacks().await;
    let count = listed(&bench, &[]).await[0].1;
    let before = bench.store();
    let text = bench.gc_with(|_| {}).await.done();
    assert!(text.out.contains("Stack old-demo, Region us-west-2"), "{}", text.out);
    let said = format!("Known to nobody here: {count} objects of old-demo.");
    assert!(text.err.contains(&said) && text.err.contains("--delete"), "{}", text.err);
    // No terminal, no --yes.
    let ran = bench.gc_with(|arguments| arguments.delete = true).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Usage);
    assert!(ran.err.contains(&format!("Remove {count} objects of old-demo?")), "{}", ran.err);
    assert_eq!(bench.store(), before);
    // People who have an account there are asked about, before anything of any stack goes.
    let cloud = hands(&bench).await;
    let pool = bench.aws.read(|account| {
        let pools = &account.region(REGION).unwrap().cognito.pools;
        pools.values().find(|pool| pool.name.starts_with("old-demo")).unwrap().id.clone()
    });
    let user = cloud.cognito.admin_create_user().user_pool_id(pool).username("ada@example.com");
    user.send().await.unwrap();
    let before = bench.store();
    let ran = deleted(&bench, |_| {}).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Usage);
    for said in ["the account of 1 person", "--yes-destroy", "--keep old-demo"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    assert_eq!(bench.store(), before);
    deleted(&bench, |arguments| arguments.yes_destroy = true).await.done();
    assert!(divided(&bench, "old-demo").0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stack_whose_lock_is_held_is_left_alone() {
    let bench = two_stacks().await;
    let third = Bench::on(bench.aws.clone(), &OLD.replace("old-demo", "busy-demo"));
    third.up().await.done();
    let session = third.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    let before = divided(&bench, "busy-demo").0;
    let ran = bench.gc_with(|_| {}).await.done();
    assert!(ran.out.contains("locked by"), "{}", ran.out);
    let ran = deleted(&bench, |_| {}).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::Locked, "{}", ran.err);
    assert!(ran.err.contains("busy-demo: locked by"), "{}", ran.err);
    assert_eq!(divided(&bench, "busy-demo").0, before);
    assert!(divided(&bench, "old-demo").0.is_empty(), "the other one is gone");
    held.release().await.unwrap();
    deleted(&bench, |_| {}).await.done();
    assert!(divided(&bench, "busy-demo").0.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_removed_is_told_and_the_next_run_goes_on() {
    let bench = two_stacks().await;
    Bench::on(bench.aws.clone(), &OLD.replace("old-demo", "z-demo")).up().await.done();
    let rule = Rule::operation(
        "bedrock-agentcore",
        "DeleteGatewayTarget",
        Effect::FailBefore(construct_local::fault::Refusal {
            status: 403,
            code: "AccessDeniedException".to_owned(),
            message: "no".to_owned(),
            retry_after: None,
        }),
    );
    // The first stack's only target; the second goes.
    bench.aws.faults().add(rule.only(1));
    let ran = deleted(&bench, |_| {}).await;
    assert_eq!(ran.ended.clone().unwrap_err().kind, ExitCode::CleanupIncomplete, "{}", ran.err);
    assert!(ran.err.contains("target/small (") && ran.err.contains("old-demo: "), "{}", ran.err);
    assert!(divided(&bench, "z-demo").0.is_empty());
    assert!(!divided(&bench, "old-demo").0.is_empty());
    bench.aws.faults().clear();
    // What this run wrote down of it makes it no stack of ours.
    assert_eq!(listed(&bench, &[]).await.len(), 1);
    deleted(&bench, |_| {}).await.done();
    assert!(divided(&bench, "old-demo").0.is_empty());
    assert!(bench.work().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_killed_run_is_taken_up_again_on_its_machine() {
    for effect in [Effect::HangBefore, Effect::HangAfter] {
        let bench = two_stacks().await;
        bench.aws.faults().add(Rule::nth_mutation(9, effect));
        assert!(bench.killed(Box::pin(deleted(&bench, |_| {}))).await.is_none());
        bench.aws.faults().clear();
        assert!(!divided(&bench, "old-demo").0.is_empty());
        deleted(&bench, |_| {}).await.done();
        assert!(divided(&bench, "old-demo").0.is_empty(), "{:?}", names(&bench.store()));
    }
}
