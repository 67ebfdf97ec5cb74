//! What somebody did behind our back is noticed by the plan and put right by `up`.

use std::collections::{BTreeMap, BTreeSet};

use construct::cli::{ExitCode, StatusArguments, status};
use construct::ui::Ui;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::json;

use super::hands::{meddle, named, noticed};
use super::harness::{Bench, FULL};
use super::scene::beginning;
use super::store::{differing, names};
use super::sweep::FIRST;

async fn up() -> Bench {
    let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
    bench.up().await.done();
    bench
}

/// Changes the store, and expects the plan to name `expected` and `up` to bring the objects of before back.
async fn put_right<const N: usize>(
    bench: &Bench,
    what: &str,
    expected: [(&str, Verb); N],
    harm: impl FnOnce(&mut construct_local::state::Region, &mut construct_local::Account),
) {
    let before = names(&bench.store());
    bench.aws.edit(|account| {
        let mut region = std::mem::take(account.region_mut("us-west-2"));
        harm(&mut region, account);
        *account.region_mut("us-west-2") = region;
    });
    let plan: BTreeMap<String, Verb> =
        expected.into_iter().map(|(address, verb)| (address.to_owned(), verb)).collect();
    assert_eq!(bench.work().await, plan, "plan after: {what}");
    bench.up().await.done();
    assert_eq!(names(&bench.store()), before, "store after: {what}");
    assert_eq!(bench.work().await, BTreeMap::new(), "{what} is not settled");
}

#[tokio::test(start_paused = true)]
async fn what_was_removed_is_made_again() {
    let bench = up().await;
    let plan = [("log-group/words", Verb::Create), ("function/words", Verb::MayUpdate)];
    put_right(&bench, "a log group", plan, |region, _| {
        region.logs.groups.remove("/aws/lambda/acme-tools-words").unwrap();
    })
    .await;
    let plan =
        [("role-policy/function-words.run", Verb::Create), ("function/words", Verb::MayUpdate)];
    put_right(&bench, "a policy", plan, |_, account| {
        let role = account.iam.roles.get_mut("acme-tools-words-role").unwrap();
        role.inline.remove("run").unwrap();
    })
    .await;
    put_right(&bench, "a target", [("target/github", Verb::Create)], |region, _| {
        let gateway = region.agentcore.gateways.values_mut().next().unwrap();
        gateway.targets.retain(|_, target| target.settings.name != "github");
    })
    .await;
    put_right(
        &bench,
        "a route",
        [("route/get_health", Verb::Create), ("stage", Verb::MayUpdate)],
        |region, _| {
            let api = region.apigateway.apis.values_mut().next().unwrap();
            api.routes.retain(|_, route| route["routeKey"] != json!("GET /health"));
        },
    )
    .await;
    put_right(&bench, "a permission", [("permission/mcp-proxy", Verb::Create)], |region, _| {
        region.lambda.functions.get_mut("acme-tools-mcp-proxy").unwrap().policy.clear();
    })
    .await;
    put_right(&bench, "an identity", [("identity/ci", Verb::Create)], |region, _| {
        region.agentcore.workload_identities.remove("acme-tools-ci").unwrap();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_is_changed_back() {
    let bench = up().await;
    let before = bench.store();
    put_right(&bench, "the retention", [("log-group/words", Verb::Update)], |region, _| {
        region.logs.groups.get_mut("/aws/lambda/acme-tools-words").unwrap().retention_days = None;
    })
    .await;
    put_right(
        &bench,
        "a policy",
        [("role-policy/function-words.run", Verb::Update)],
        |_, account| {
            let role = account.iam.roles.get_mut("acme-tools-words-role").unwrap();
            let inline = role.inline.get_mut("run").unwrap();
            inline.document = inline.document.replace("logs:PutLogEvents", "logs:*");
        },
    )
    .await;
    // What the service cannot assume is opened to the stack's gateways first, and narrowed to the one after it.
    let plan = [("role/gateway", Verb::Update), ("role-trust/gateway", Verb::Update)];
    put_right(&bench, "the trust", plan, |_, account| {
        let role = account.iam.roles.get_mut("acme-tools-gateway-role").unwrap();
        role.trust = role.trust.replace("aws:SourceArn", "aws:PrincipalArn");
    })
    .await;
    put_right(&bench, "the throttle", [("stage", Verb::Update)], |region, _| {
        let api = region.apigateway.apis.values_mut().next().unwrap();
        api.stages.get_mut("$default").unwrap().members["defaultRouteSettings"]["throttlingRateLimit"] = json!(9999.0);
    })
    .await;
    put_right(&bench, "a tag", [("table/sessions", Verb::Update)], |region, _| {
        let table = region.dynamodb.tables.get_mut("acme-tools-table-sessions").unwrap();
        assert!(table.tags.remove("team").is_some());
    })
    .await;
    let moved = differing(&before, &bench.store());
    let expected = [
        "stage acme-tools-api $default",
        "role acme-tools-gateway-role",
        "role-policy acme-tools-words-role run",
    ];
    assert!(moved.iter().all(|name| expected.contains(&name.as_str())), "{moved:?}");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_is_gone_comes_back_with_what_was_in_it() {
    let bench = up().await;
    let before = names(&bench.store());
    bench.aws.edit(|account| {
        let state = &mut account.region_mut("us-west-2").agentcore;
        let id = state.gateways.keys().next().unwrap().clone();
        state.gateways.clear();
        state.workload_identities.remove(&id).unwrap();
    });
    let plan = bench.work().await;
    for (address, verb) in
        [("gateway", Verb::Create), ("target/github", Verb::Create), ("target/words", Verb::Create)]
    {
        assert_eq!(plan.get(address), Some(&verb), "{address} in {plan:?}");
    }
    bench.up().await.done();
    assert_eq!(names(&bench.store()), before);
    assert_eq!(bench.work().await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_second_object_of_ours_is_removed() {
    let bench = up().await;
    let before = bench.store();
    bench.aws.edit(|account| {
        let apis = &mut account.region_mut("us-west-2").apigateway.apis;
        let mut twin = apis.values().next().unwrap().clone();
        twin.created += 5_000;
        twin.routes.clear();
        twin.integrations.clear();
        twin.stages.clear();
        apis.insert("zzzzzzzzzz".to_owned(), twin);
    });
    let (_, plan) = bench.plan().await;
    let work: Vec<_> = plan.work().map(|action| (action.address.as_str(), action.verb)).collect();
    assert_eq!(work, [("api", Verb::Delete)]);
    bench.up().await.done();
    assert_eq!(differing(&before, &bench.store()), [].into());
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_must_change_gets_a_role_that_it_can_use_first() {
    let bench = up().await;
    let plan = [
        ("client/machine", Verb::Create),
        ("function/mcp-proxy", Verb::MayUpdate),
        ("function/oauth-callback", Verb::MayUpdate),
        ("gateway", Verb::MayUpdate),
        ("role/gateway", Verb::Update),
        ("role-trust/gateway", Verb::Update),
    ];
    // The service refuses a change of a gateway whose role it cannot assume.
    put_right(&bench, "a client and the trust", plan, |region, account| {
        let pool = region.cognito.pools.values_mut().next().unwrap();
        pool.clients.retain(|_, client| client.name != "acme-tools-client-machine");
        let role = account.iam.roles.get_mut("acme-tools-gateway-role").unwrap();
        role.trust = role.trust.replace("bedrock-agentcore.amazonaws.com", "lambda.amazonaws.com");
    })
    .await;
}

/// What `construct status --json` says differs: address and field.
async fn differing_by_status(bench: &Bench) -> BTreeSet<(String, String)> {
    let arguments =
        StatusArguments { local: true, verify: false, json: true, manifest: bench.manifest() };
    let (ui, captured) = Ui::captured();
    let ended = Box::pin(status::run_in(&bench.session().await, &arguments, &ui)).await;
    let status: serde_json::Value = serde_json::from_str(&captured.out()).unwrap();
    let mut all = BTreeSet::new();
    for object in status["objects"].as_array().unwrap() {
        for field in object["differs"].as_array().into_iter().flatten() {
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            all.insert((text(&object["address"]), text(field)));
        }
    }
    let expected = if all.is_empty() { ExitCode::Done } else { ExitCode::ChangesFound };
    assert_eq!(ended, Ok(expected));
    all
}

#[tokio::test(start_paused = true)]
async fn every_field_that_somebody_changes_is_named_and_put_right() {
    let bench = beginning(FIRST);
    bench.up().await.done();
    let before = names(&bench.store());
    meddle(&bench, |_| true).await;
    let (_, plan) = bench.plan().await;
    assert_eq!(noticed(&plan), named(|_| true));
    assert!(plan.work().all(|action| action.verb == Verb::Update), "{plan:#?}");
    assert_eq!(differing_by_status(&bench).await, named(|_| true));
    bench.up().await.done();
    assert_eq!(names(&bench.store()), before);
    let (_, plan) = bench.plan().await;
    assert!(plan.is_empty(), "{plan:#?}");
}

/// Gives `text` a list of fields to leave alone.
fn ignoring(text: &str, fields: &BTreeSet<(String, String)>) -> String {
    let entries: Vec<String> =
        fields.iter().map(|(address, field)| format!("\"{address}.{field}\"")).collect();
    text.replacen("[stack]\n", &format!("[stack]\nignore = [{}]\n", entries.join(", ")), 1)
}

/// Another field of every object whose update sends more than what changes.
fn with_other_fields(text: &str) -> String {
    let edits = [
        ("team = \"tools\"", "team = \"words\""),
        ("m2m = true", "m2m = true\naccess_token_minutes = 30\npassword = { history = 3 }"),
        ("Tools for people", "All tools for people"),
        ("Your consents", "All your consents"),
        ("priority = 10", "priority = 20"),
        ("Counts words", "Counts all words"),
        ("What people use", "What everybody uses"),
        ("client_id = \"first\"", "client_id = \"second\""),
        ("handler = \"index.handler\"", "handler = \"index.handler\"\nmemory = 512"),
        ("[targets.github]", "[targets.github]\ndescription = \"Code\""),
        ("[targets.small]", "[targets.small]\ndescription = \"Small\""),
        ("[targets.words]", "[targets.words]\ndescription = \"Words\""),
        (
            "[policy_engines.main.policies.readers]",
            "[policy_engines.main.policies.readers]\ndescription = \"Who reads\"",
        ),
    ];
    edits.into_iter().fold(text.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in the manifest");
        text.replace(from, to)
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_stays_whatever_else_of_its_object_changes() {
    // The first create takes the manifest's values, ignored or not.
    let ignorable = named(|row| row.ignorable);
    let bench = beginning(&ignoring(FIRST, &ignorable));
    bench.up().await.done();
    bench.write("construct.toml", FIRST.as_bytes());
    assert_eq!(bench.work().await, BTreeMap::new(), "what was made is what the manifest says");

    // Changed by hand, they are no drift.
    meddle(&bench, |row| row.ignorable).await;
    bench.write("construct.toml", ignoring(FIRST, &ignorable).as_bytes());
    assert_eq!(bench.work().await, BTreeMap::new());
    assert_eq!(differing_by_status(&bench).await, BTreeSet::new());

    // What else of their objects changes leaves them as they are.
    let changed = with_other_fields(FIRST);
    bench.write("construct.toml", ignoring(&changed, &ignorable).as_bytes());
    let others = bench.work().await;
    for (address, _) in &ignorable {
        // Nothing else of these can change by the manifest.
        let alone = [
            "client-callback/",
            "function-",
            "integration/",
            "log-group/",
            "pool/resource-server",
            "rate-limit/",
            "role",
            "route/",
            "table/",
        ];
        let is_alone = alone.iter().any(|start| address.starts_with(start));
        assert!(is_alone || others.contains_key(address), "{address} changes in {others:#?}");
    }
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.write("construct.toml", changed.as_bytes());
    let (_, plan) = bench.plan().await;
    assert_eq!(noticed(&plan), ignorable, "they are still as somebody made them");

    // No longer ignored, they are put right.
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_field_that_is_not_there_cannot_be_ignored() {
    for (entry, wrong, help) in [
        (
            "gatway.description",
            "stack.ignore[0]: there is no object `gatway`",
            "did you mean `gateway.description`?",
        ),
        (
            "gateway.descripton",
            "gateway has no field `descripton`",
            "did you mean `gateway.description`?",
        ),
        (
            "function/words.memorysize",
            "no field `memorysize`",
            "did you mean `function/words.MemorySize`?",
        ),
        ("gateway.tag construct:node", "no field `tag construct:node`", "name one of"),
        ("pool/domain.prefix", "no field `prefix`", "nothing of it is changed in place"),
        (
            "nothing.at all",
            "no object `nothing`",
            "as `construct plan` or `construct graph` shows it",
        ),
        ("gateway", "stack.ignore[0]", "with a dot between them"),
    ] {
        let bench = Bench::with(FULL, Options { seed: Some(1), ..Options::default() });
        bench.edit("construct.toml", "[stack]\n", &format!("[stack]\nignore = [{entry:?}]\n"));
        let ran = bench.up().await;
        assert_eq!(ran.ended.as_ref().unwrap_err().kind, ExitCode::ManifestInvalid, "{entry}");
        let text = ran.text();
        assert!(text.contains(wrong) && text.contains(help), "{entry}:\n{text}");
        assert!(ran.calls.iter().all(|call| !call.mutating), "{entry}");
    }
}
