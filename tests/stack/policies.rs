//! Policy engines with their policies, rate limits and rules: how they come, change, change places, and go.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_bedrockagentcorecontrol::types::{Action, RouteToTargetAction, StaticRoute};
use construct::cli::ExitCode;
use construct_engine::{Address, Verb};
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::{Bench, Ran};
use super::store::{differing, names, object};

/// A stack with one of each.
const ONE: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
inbound = "iam"
policy = { engine = "main", mode = "log_only" }

[gateway.rate_limits.callers]
description = "Fair shares"
dimensions = ["$.context.iam.principal", "toolName"]
entries = [
  { requests = { rate = 60, period = "minute" } },
  { match = { "$.context.iam.principal" = "arn:aws:iam::111122223333:role/batch" }, requests = { rate = 0, period = "second" } },
]

[gateway.rules.batch]
priority = 10
description = "Batch jobs"
conditions = { principals = ["arn:aws:iam::*:role/batch-*"], paths = ["/orders/*"] }
route = { target = "small" }

[gateway.rules.rest]
priority = 20
weighted = [
  { name = "old", weight = 90, target = "small" },
  { name = "new", weight = 10, target = "other" },
]

[targets.small]
openapi = "specs/small.json"

[targets.other]
openapi = "specs/small.json"

[policy_engines.main]
description = "Who may"

[policy_engines.main.policies.readers]
statement = '''
permit(principal, action == AgentCore::Action::"small___get_user",
       resource == AgentCore::Gateway::"${gateway}");'''
"#;

const EVERYTHING: [&str; 8] = [
    "gateway acme-tools-gateway",
    "own-identity acme-tools-gateway",
    "policy acme_tools_main readers",
    "policy-engine acme_tools_main",
    "rate-limit acme-tools-gateway acme-tools-callers",
    "role acme-tools-gateway-role",
    "role-policy acme-tools-gateway-role gateway",
    "rule acme-tools-gateway 10",
];

fn options() -> Options {
    Options { seed: Some(1), ..Options::default() }
}

fn raw(bench: &Bench, name: &str) -> Value {
    object(&bench.store(), name).raw
}

/// Where `operation` stands among the calls of a run, the first time.
fn first(ran: &Ran, operation: &str) -> usize {
    ran.calls
        .iter()
        .position(|call| call.operation == operation)
        .unwrap_or_else(|| panic!("no {operation}"))
}

/// Where `operation` stands among the calls of a run, the last time.
fn last(ran: &Ran, operation: &str) -> usize {
    ran.calls
        .iter()
        .rposition(|call| call.operation == operation)
        .unwrap_or_else(|| panic!("no {operation}"))
}

/// The engine that the stack's gateway asks.
fn asked(bench: &Bench) -> Value {
    raw(bench, "gateway acme-tools-gateway")["settings"]["policyEngineConfiguration"].clone()
}

#[tokio::test(start_paused = true)]
async fn they_come_in_order_stay_and_go_in_order() {
    let bench = Bench::with(ONE, options());
    let ran = bench.up().await.done();
    let there: BTreeSet<String> = names(&bench.store()).into_iter().collect();
    for name in EVERYTHING {
        assert!(there.contains(name), "{name} is not in {there:#?}");
    }
    assert!(first(&ran, "CreatePolicyEngine") < first(&ran, "CreateGateway"));
    assert!(first(&ran, "PutRolePolicy") < first(&ran, "CreateGateway"));
    assert!(last(&ran, "CreateGatewayTarget") < first(&ran, "CreatePolicy"));
    assert!(last(&ran, "CreateGatewayTarget") < last(&ran, "CreateGatewayRule"));

    let engine = raw(&bench, "policy-engine acme_tools_main")["arn"].clone();
    assert_eq!(asked(&bench), json!({ "arn": engine, "mode": "LOG_ONLY" }));
    let gateway = raw(&bench, "gateway acme-tools-gateway")["arn"].as_str().unwrap().to_owned();
    let policy = raw(&bench, "policy acme_tools_main readers");
    let statement = policy["definition"]["cedar"]["statement"].as_str().unwrap();
    assert!(statement.contains(&format!("AgentCore::Gateway::\"{gateway}\"")), "{statement}");
    let rule = raw(&bench, "rule acme-tools-gateway 10");
    assert_eq!(rule["settings"]["description"], "construct: rule/batch; Batch jobs");
    let limit = raw(&bench, "rate-limit acme-tools-gateway acme-tools-callers");
    let wildcards = json!({ "$.context.iam.principal": "*", "toolName": "*" });
    assert_eq!(limit["entries"][0]["dimensions"], wildcards);

    assert_eq!(bench.work().await, BTreeMap::new());
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new(), "without the journal");

    let ran = bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
    assert!(last(&ran, "DeleteGatewayRule") < first(&ran, "DeleteGateway"));
    assert!(last(&ran, "DeleteGatewayRateLimit") < first(&ran, "DeleteGateway"));
    assert!(last(&ran, "DeletePolicy") < first(&ran, "DeleteGateway"));
    assert!(last(&ran, "DeleteGateway") < first(&ran, "DeletePolicyEngine"));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_made_in_place() {
    let bench = Bench::with(ONE, options());
    bench.up().await.done();
    for (from, to, name) in [
        ("\"Who may\"", "\"Who may what\"", "policy-engine acme_tools_main"),
        ("small___get_user", "other___get_user", "policy acme_tools_main readers"),
        ("rate = 60", "rate = 61", "rate-limit acme-tools-gateway acme-tools-callers"),
        ("description = \"Fair shares\"\n", "", "rate-limit acme-tools-gateway acme-tools-callers"),
        ("weight = 90", "weight = 90, model = \"m\"", "rule acme-tools-gateway 20"),
        ("/orders/*", "/bills/*", "rule acme-tools-gateway 10"),
        ("mode = \"log_only\"", "mode = \"enforce\"", "gateway acme-tools-gateway"),
    ] {
        let before = bench.store();
        bench.write("construct.toml", ONE.replace(from, to).as_bytes());
        bench.up().await.done();
        let changed: Vec<String> = differing(&before, &bench.store()).into_iter().collect();
        assert_eq!(changed, [name], "{to}");
        let (old, new) = (object(&before, name).raw, raw(&bench, name));
        assert_eq!((&old["id"], &old["created_at"]), (&new["id"], &new["created_at"]), "{to}");
        assert_eq!(bench.work().await, BTreeMap::new(), "{to}");
        bench.write("construct.toml", ONE.as_bytes());
        bench.up().await.done();
    }
}

#[tokio::test(start_paused = true)]
async fn rules_change_places() {
    let bench = Bench::with(ONE, options());
    bench.up().await.done();
    let id =
        |priority: u32| raw(&bench, &format!("rule acme-tools-gateway {priority}"))["id"].clone();
    for parallelism in [10, 1] {
        let (batch, rest) = (id(10), id(20));
        let text = bench.read("construct.toml");
        let swapped = text.replace("priority = 10", "priority = X");
        let swapped = swapped.replace("priority = 20", "priority = 10");
        bench.write("construct.toml", swapped.replace("priority = X", "priority = 20").as_bytes());
        bench.up_with(|arguments| arguments.parallelism = parallelism).await.done();
        assert_eq!((id(10), id(20)), (rest, batch), "{parallelism} at once");
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_takes_the_place_of_one_that_goes() {
    for forget in [false, true] {
        let bench = Bench::with(ONE, options());
        bench.up().await.done();
        let before = raw(&bench, "rule acme-tools-gateway 10")["id"].clone();
        let renamed = ONE.replace("[gateway.rules.batch]", "[gateway.rules.night]");
        bench.write("construct.toml", renamed.as_bytes());
        if forget {
            bench.forget();
        }
        bench.up().await.done();
        let rule = raw(&bench, "rule acme-tools-gateway 10");
        assert_ne!(rule["id"], before);
        assert_eq!(rule["settings"]["description"], "construct: rule/night; Batch jobs");
        let rules = names(&bench.store()).into_iter().filter(|name| name.starts_with("rule "));
        assert_eq!(rules.count(), 2);
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn another_makers_rule_stops_ours_until_it_is_adopted() {
    let bench = Bench::with(
        &ONE.replace(
            "[gateway.rules.batch]\npriority = 10",
            "[gateway.rules.batch]\npriority = 30",
        ),
        options(),
    );
    bench.up().await.done();
    let gateway = raw(&bench, "gateway acme-tools-gateway")["id"].as_str().unwrap().to_owned();
    let route = StaticRoute::builder().target_name("other").build().unwrap();
    bench
        .session()
        .await
        .cloud
        .agentcore
        .create_gateway_rule()
        .gateway_identifier(&gateway)
        .priority(40)
        .actions(Action::RouteToTarget(RouteToTargetAction::StaticRoute(route)))
        .send()
        .await
        .unwrap();
    assert_eq!(
        bench.work().await,
        BTreeMap::new(),
        "a rule without our mark is no business of ours"
    );

    let night = "\n[gateway.rules.night]\npriority = 40\nroute = { target = \"small\" }\n";
    bench.write("construct.toml", format!("{}{night}", bench.read("construct.toml")).as_bytes());
    let address = Address::new("rule/night").unwrap();
    assert_eq!(bench.work().await, BTreeMap::from([(address.to_string(), Verb::Foreign)]));
    let ran = bench.up_with(|arguments| arguments.adopt = vec![address]).await.done();
    assert!(ran.text().contains("which construct did not make"), "{}", ran.text());
    let rule = raw(&bench, "rule acme-tools-gateway 40");
    assert_eq!(rule["settings"]["description"], "construct: rule/night");
    assert_eq!(bench.work().await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn an_engine_with_another_key_is_another_engine() {
    for forget in [false, true] {
        let bench = Bench::with(ONE, options());
        bench.up().await.done();
        let before = raw(&bench, "policy-engine acme_tools_main")["id"].clone();
        let gateway = raw(&bench, "gateway acme-tools-gateway")["id"].clone();
        let key = "arn:aws:kms:us-west-2:111122223333:key/01234567-89ab-cdef-0123-456789abcdef";
        let keyed = ONE.replace("description = \"Who may\"", &format!("kms_key = \"{key}\""));
        bench.write("construct.toml", keyed.as_bytes());
        if forget {
            bench.forget();
        }
        let work = bench.work().await;
        assert_eq!(work["policy-engine/main"], Verb::Replace);
        assert_eq!(work["policy/main.readers"], Verb::Replace);
        assert_eq!(work["gateway"], Verb::MayUpdate);
        bench.up().await.done();
        let engine = raw(&bench, "policy-engine acme_tools_main");
        assert_ne!(engine["id"], before);
        assert_eq!(asked(&bench)["arn"], engine["arn"]);
        assert_eq!(raw(&bench, "gateway acme-tools-gateway")["id"], gateway);
        object(&bench.store(), "policy acme_tools_main readers");
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn what_left_the_manifest_is_removed() {
    for forget in [false, true] {
        let bench = Bench::with(ONE, options());
        bench.up().await.done();
        let cut = ONE.find("[policy_engines.main]").unwrap();
        let limits = ONE.find("[gateway.rate_limits").unwrap();
        let targets = ONE.find("[targets.small]").unwrap();
        let less = format!("{}{}", &ONE[..limits], &ONE[targets..cut])
            .replace("policy = { engine = \"main\", mode = \"log_only\" }\n", "");
        bench.write("construct.toml", less.as_bytes());
        if forget {
            bench.forget();
        }
        bench.up().await.done();
        assert_eq!(asked(&bench), Value::Null);
        let expected = [
            "gateway acme-tools-gateway",
            "own-identity acme-tools-gateway",
            "role acme-tools-gateway-role",
            "target acme-tools-gateway other",
            "target acme-tools-gateway small",
        ];
        assert_eq!(names(&bench.store()), expected);
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_somebody_attached_stays() {
    let cut = ONE.find("[policy_engines.main]").unwrap();
    let plain = ONE.replace("policy = { engine = \"main\", mode = \"log_only\" }\n", "");
    let bench = Bench::with(&plain.replace("${gateway}", "x"), options());
    bench.up().await.done();
    let engine = raw(&bench, "policy-engine acme_tools_main")["arn"].clone();
    let theirs = json!({ "arn": engine, "mode": "ENFORCE" });
    bench.aws.edit(|account| {
        let mut store = serde_json::to_value(&*account).unwrap();
        for region in store["regions"].as_object_mut().unwrap().values_mut() {
            for gateway in region["agentcore"]["gateways"].as_object_mut().unwrap().values_mut() {
                gateway["settings"]["policyEngineConfiguration"] = theirs.clone();
            }
        }
        *account = serde_json::from_value(store).unwrap();
    });
    assert_eq!(bench.work().await, BTreeMap::new(), "the manifest never spoke of it");
    // An engine of ours that goes is taken out of our gateways, whoever attached it.
    let gone = plain.replace(&ONE[cut..], "");
    bench.write("construct.toml", gone.as_bytes());
    bench.up().await.done();
    assert_eq!(asked(&bench), Value::Null);
    assert!(!names(&bench.store()).iter().any(|name| name.starts_with("policy")));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_not_ask_yet_is_waited_for() {
    let plain = ONE.replace("policy = { engine = \"main\", mode = \"log_only\" }\n", "");
    let bench = Bench::with(&plain.replace("${gateway}", "x"), options());
    bench.up().await.done();
    bench.write("construct.toml", ONE.as_bytes());
    let ran = bench.up().await.done();
    let updates = ran.calls.iter().filter(|call| call.operation == "UpdateGateway").count();
    assert!(updates > 1, "the first was refused: what a role may do spreads slowly");
    assert_eq!(asked(&bench)["mode"], "LOG_ONLY");
}

#[tokio::test(start_paused = true)]
async fn a_refused_policy_says_what_it_is_checked_against() {
    let bench = Bench::with(&ONE.replace("\npermit(", "\nallow("), options());
    let ran = bench.up().await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete));
    let text = ran.text();
    assert!(text.contains("policy/main.readers"), "{text}");
    assert!(text.contains("TARGET___TOOL"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn two_gateways_ask_one_engine() {
    let two = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateways.a]
inbound = "iam"
policy = { engine = "main" }
rules = { only = { priority = 1, route = { target = "small" } } }

[gateways.b]
inbound = "iam"
policy = { engine = "main" }
rules = { only = { priority = 1, route = { target = "other" } } }

[targets.small]
gateway = "a"
openapi = "specs/small.json"

[targets.other]
gateway = "b"
openapi = "specs/small.json"

[policy_engines.main.policies]
first = { statement = 'permit(principal, action, resource == AgentCore::Gateway::"${gateway.a}");' }
second = { statement = 'forbid(principal, action, resource == AgentCore::Gateway::"${gateway.b}");' }
"#;
    let bench = Bench::with(two, options());
    bench.up().await.done();
    for (gateway, policy) in [("a", "first"), ("b", "second")] {
        let rule = raw(&bench, &format!("rule acme-tools-gateway-{gateway} 1"));
        let description = format!("construct: rule/{gateway}.only");
        assert_eq!(rule["settings"]["description"], json!(description));
        let arn = raw(&bench, &format!("gateway acme-tools-gateway-{gateway}"))["arn"].clone();
        let policy = raw(&bench, &format!("policy acme_tools_main {policy}"));
        let statement = policy["definition"]["cedar"]["statement"].as_str().unwrap();
        assert!(statement.contains(arn.as_str().unwrap()), "{statement}");
    }
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
}
