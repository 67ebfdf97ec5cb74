//! Ways in, several gateways, and settings of a gateway that come, go, and are somebody else's.

use std::collections::BTreeMap;

use construct::cli::{ExitCode, PlanArguments, plan};
use construct::ui::Ui;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::{Bench, zipped};
use super::store::{names, object};

const URL: &str = "https://idp.example/.well-known/openid-configuration";

fn options() -> Options {
    Options { seed: Some(1), ..Options::default() }
}

/// A manifest with one target in `[gateway]`, whose keys are `keys`.
fn alone(keys: &str) -> String {
    format!(
        "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[gateway]\n{keys}\n\n\
         [targets.small]\nopenapi = \"specs/small.json\"\n"
    )
}

/// Two gateways with a target each.
const TWO: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateways.people]
description = "Tools for people"

[gateways.jobs]
inbound = "iam"

[targets.small]
gateway = "people"
openapi = "specs/small.json"

[targets.nightly]
gateway = "jobs"
openapi = "specs/small.json"
"#;

fn settings(bench: &Bench, gateway: &str) -> Value {
    object(&bench.store(), &format!("gateway {gateway}")).raw["settings"].clone()
}

fn json_of(bench: &Bench, file: &str) -> Value {
    serde_json::from_str(&bench.read(file)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_gateway_without_a_front_is_reached_itself() {
    let jwt = format!(
        "inbound = \"jwt\"\njwt = {{ discovery_url = \"{URL}\", audiences = [\"tools\"], \
         claims = [{{ name = \"team\", type = \"string\", operator = \"equals\", value = \"ops\" }}] }}"
    );
    for (keys, authorizer, says) in [
        (jwt.as_str(), "CUSTOM_JWT", "a token of the issuer"),
        ("inbound = \"iam\"", "AWS_IAM", "SigV4 (service bedrock-agentcore, Region us-west-2)"),
        ("inbound = \"none\"", "NONE", "Anybody who has the address"),
    ] {
        let bench = Bench::with(&alone(keys), options());
        let ran = bench.up_with(|arguments| arguments.i_know = true).await.done();
        assert!(ran.err.contains(says), "{}", ran.err);
        assert_eq!(settings(&bench, "acme-tools-gateway")["authorizerType"], authorizer);
        let expected = [
            "gateway acme-tools-gateway",
            "own-identity acme-tools-gateway",
            "role acme-tools-gateway-role",
            "target acme-tools-gateway small",
        ];
        assert_eq!(names(&bench.store()), expected, "{authorizer}: no pool, no API, no functions");
        let config = json_of(&bench, "config.json");
        let url = config["gateway"]["url"].as_str().unwrap();
        assert_eq!(config["mcp_url"], url, "{authorizer}");
        let entry = &json_of(&bench, "mcp.json")["servers"]["acme-tools"];
        if authorizer == "AWS_IAM" {
            // An editor cannot sign: the proxy does.
            assert_eq!((&entry["args"][0], &entry["args"][1]), (&json!("proxy"), &json!(url)));
        } else {
            assert_eq!(entry["url"], url);
        }
        assert_eq!(bench.work().await, BTreeMap::new(), "{authorizer}");
        bench.forget();
        assert_eq!(bench.work().await, BTreeMap::new(), "{authorizer} without the journal");
        bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), Vec::<String>::new());
        assert!(!bench.base().join("mcp.json").exists());
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_gateway_is_refused_unless_somebody_knows() {
    let bench = Bench::with(&alone("inbound = \"none\""), options());
    let ran = bench.up().await;
    let failure = ran.ended.clone().unwrap_err();
    assert_eq!(failure.kind, ExitCode::Usage);
    assert!(failure.message.contains("[gateway]") && failure.hints[0].contains("--i-know"));
    assert!(ran.calls.iter().all(|call| call.operation == "GetCallerIdentity"), "{:?}", ran.calls);
    let arguments = PlanArguments {
        local: true,
        check: false,
        json: false,
        i_know: false,
        manifest: bench.manifest(),
    };
    let (ui, _) = Ui::captured();
    let refused = plan::run_in(&bench.session().await, &arguments, &ui).await.unwrap_err();
    assert_eq!(refused, failure);
    let arguments = PlanArguments { i_know: true, ..arguments };
    assert_eq!(plan::run_in(&bench.session().await, &arguments, &ui).await, Ok(ExitCode::Done));
}

#[tokio::test(start_paused = true)]
async fn two_gateways_are_two_of_everything_that_is_theirs() {
    let bench = Bench::with(TWO, options());
    bench.up().await.done();
    let store = bench.store();
    for name in [
        "target acme-tools-gateway-people small",
        "target acme-tools-gateway-jobs nightly",
        "function acme-tools-mcp-proxy-people",
        "role acme-tools-gateway-people-role",
        "role acme-tools-gateway-jobs-role",
    ] {
        object(&store, name);
    }
    let of_jobs = names(&store).into_iter().filter(|name| name.contains("jobs")).count();
    assert_eq!(of_jobs, 4, "gateway, identity, role and target");
    assert_eq!(settings(&bench, "acme-tools-gateway-jobs")["authorizerType"], "AWS_IAM");

    let config = json_of(&bench, "config.json");
    assert_eq!((config.get("mcp_url"), config.get("gateway")), (None, None));
    let (people, jobs) = (&config["gateways"]["people"], &config["gateways"]["jobs"]);
    let endpoint = people["api"]["endpoint"].as_str().unwrap();
    assert_eq!(people["mcp_url"], format!("{endpoint}/mcp"));
    assert_eq!((&jobs["mcp_url"], jobs.get("api")), (&jobs["url"], None));
    let servers = json_of(&bench, "mcp.json")["servers"].clone();
    assert_eq!(servers["acme-tools-people"]["url"], people["mcp_url"]);
    assert_eq!(servers["acme-tools-jobs"]["args"][1], jobs["url"]);
    assert_eq!(servers.as_object().unwrap().len(), 2);

    assert_eq!(bench.work().await, BTreeMap::new());
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
    assert!(!bench.base().join("mcp.json").exists());
}

#[tokio::test(start_paused = true)]
async fn gateways_come_and_go() {
    for forget in [false, true] {
        let bench = Bench::with(&alone(""), options());
        bench.up().await.done();
        // The one gateway gets a name: another gateway takes its place.
        bench.write("construct.toml", TWO.as_bytes());
        if forget {
            bench.forget();
        }
        let ran = bench.up().await.done();
        assert!(ran.err.contains("lost: the gateway's address"), "{}", ran.err);
        assert!(!names(&bench.store()).contains(&"gateway acme-tools-gateway".to_owned()));
        let servers = json_of(&bench, "mcp.json")["servers"].clone();
        let servers: Vec<_> = servers.as_object().unwrap().keys().collect();
        assert_eq!(servers, ["acme-tools-jobs", "acme-tools-people"]);
        assert_eq!(bench.work().await, BTreeMap::new());

        let cut = TWO.find("[targets.nightly]").unwrap();
        let one = TWO[..cut].replace("[gateways.jobs]\ninbound = \"iam\"\n", "");
        bench.write("construct.toml", one.as_bytes());
        if forget {
            bench.forget();
        }
        bench.up().await.done();
        let left: Vec<String> =
            names(&bench.store()).into_iter().filter(|name| name.contains("jobs")).collect();
        assert_eq!(left, Vec::<String>::new());
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_moves_is_replaced() {
    for forget in [false, true] {
        let bench = Bench::with(TWO, options());
        bench.up().await.done();
        let moved = TWO.replace("gateway = \"jobs\"", "gateway = \"people\"");
        bench.write("construct.toml", moved.as_bytes());
        if forget {
            bench.forget();
        }
        let (_, plan) = bench.plan().await;
        let work: Vec<_> = plan
            .work()
            .map(|action| (action.address.as_str(), action.verb, action.reason.as_str()))
            .collect();
        let reason = "a target cannot move to another gateway";
        assert_eq!(work, [("target/nightly", Verb::Replace, reason)]);
        bench.up().await.done();
        object(&bench.store(), "target acme-tools-gateway-people nightly");
        let in_jobs = "target acme-tools-gateway-jobs nightly".to_owned();
        assert!(!names(&bench.store()).contains(&in_jobs));
        assert_eq!(bench.work().await, BTreeMap::new());
        // Into a gateway that is made in the same run.
        let further = moved.replace("[gateways.jobs]", "[gateways.late]").replacen(
            "gateway = \"people\"\nopenapi",
            "gateway = \"late\"\nopenapi",
            1,
        );
        bench.write("construct.toml", further.as_bytes());
        if forget {
            bench.forget();
        }
        bench.up().await.done();
        object(&bench.store(), "target acme-tools-gateway-late small");
        let in_people = "target acme-tools-gateway-people small".to_owned();
        assert!(!names(&bench.store()).contains(&in_people));
        assert_eq!(bench.work().await, BTreeMap::new());
    }
}

#[tokio::test(start_paused = true)]
async fn another_authorizer_or_protocol_is_another_gateway() {
    for (keys, reason) in [
        ("inbound = \"iam\"", "the authorizer of a gateway is fixed"),
        ("protocol = \"any\"", "the protocol of a gateway is fixed"),
    ] {
        let bench = Bench::with(&alone(""), options());
        bench.up().await.done();
        let id = json_of(&bench, "config.json")["gateway"]["id"].clone();
        bench.write("construct.toml", alone(keys).as_bytes());
        let (_, plan) = bench.plan().await;
        let gateway = plan.work().find(|action| action.address.as_str() == "gateway").unwrap();
        assert_eq!((gateway.verb, gateway.reason.as_str()), (Verb::Replace, reason));
        assert!(gateway.loss.as_ref().unwrap().what.contains("the gateway's address"));
        let ran = bench.up_with(|arguments| arguments.yes_destroy = true).await.done();
        assert!(ran.err.contains("lost: the gateway's address"), "{}", ran.err);
        assert_ne!(json_of(&bench, "config.json")["gateway"]["id"], id);
        assert_eq!(bench.work().await, BTreeMap::new(), "{keys}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_issuer_is_a_change_in_place() {
    let bench = Bench::with(&alone(""), options());
    bench.up().await.done();
    let id = json_of(&bench, "config.json")["gateway"]["id"].clone();
    let jwt = |more: &str| {
        alone(&format!(
            "inbound = \"jwt\"\njwt = {{ discovery_url = \"{URL}\", audiences = [\"a\"]{more} }}"
        ))
    };
    bench.write("construct.toml", jwt(", clients = [\"c\"]").as_bytes());
    bench.up_with(|arguments| arguments.yes_destroy = true).await.done();
    assert_eq!(json_of(&bench, "config.json")["gateway"]["id"], id);
    let authorizer = |bench: &Bench| {
        settings(bench, "acme-tools-gateway")["authorizerConfiguration"]["customJWTAuthorizer"]
            .clone()
    };
    let expected = json!({"discoveryUrl": URL, "allowedAudience": ["a"], "allowedClients": ["c"]});
    assert_eq!(authorizer(&bench), expected, "nothing of the pool's is left");
    bench.write("construct.toml", jwt("").as_bytes());
    bench.up().await.done();
    assert_eq!(authorizer(&bench), json!({"discoveryUrl": URL, "allowedAudience": ["a"]}));
    assert_eq!(bench.work().await, BTreeMap::new());
}

/// Every setting that a gateway has, with a function of its own.
fn whole() -> String {
    let keys = r#"inbound = "iam"
session_timeout_seconds = 1200
response_streaming = true
list_tools_pagination = false
kms_key = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012"
waf_failure = "open"

[[gateway.interceptors]]
function = "watch"
points = ["request"]
pass_headers = true

[functions.watch]
zip = "watch.zip"
handler = "index.handler"
runtime = "python3.13""#;
    alone(keys)
}

fn bench_with_whole() -> Bench {
    let bench = Bench::with(&whole(), options());
    bench.write(
        "watch.zip",
        &zipped("index.py", "def handler(event, context):\n    return event\n"),
    );
    bench
}

#[tokio::test(start_paused = true)]
async fn every_setting_arrives_stays_and_goes() {
    let bench = bench_with_whole();
    let ran = bench.up().await.done();
    let order: Vec<&str> = ran
        .calls
        .iter()
        .map(|call| call.operation.as_str())
        .filter(|name| {
            ["PutRolePolicy", "CreateFunction", "CreateGateway", "UpdateGateway"].contains(name)
        })
        .collect();
    let at = |name: &str| order.iter().position(|one| *one == name).unwrap();
    assert!(at("CreateFunction") < at("CreateGateway"), "{order:?}");
    assert!(at("CreateGateway") < at("UpdateGateway"), "WAF's failure mode comes after: {order:?}");
    let found = settings(&bench, "acme-tools-gateway");
    let arn = "arn:aws:lambda:us-west-2:111122223333:function:acme-tools-watch";
    assert_eq!(found["interceptorConfigurations"][0]["interceptor"]["lambda"]["arn"], arn);
    assert_eq!(found["wafConfiguration"], json!({"failureMode": "FAIL_OPEN"}));
    let mcp = &found["protocolConfiguration"]["mcp"];
    assert_eq!(mcp["sessionConfiguration"]["sessionTimeoutInSeconds"], 1200);
    assert_eq!(mcp["streamingConfiguration"]["enableResponseStreaming"], true);
    assert_eq!(mcp["disableMcpListToolsPagination"], true);
    let policy = object(&bench.store(), "role-policy acme-tools-gateway-role gateway").raw;
    let policy = policy.to_string();
    assert!(policy.contains(arn) && policy.contains("kms:GenerateDataKey"), "{policy}");
    assert_eq!(bench.work().await, BTreeMap::new());

    bench.write("construct.toml", alone("inbound = \"iam\"").as_bytes());
    bench.up().await.done();
    let found = settings(&bench, "acme-tools-gateway");
    for gone in ["interceptorConfigurations", "wafConfiguration", "kmsKeyArn"] {
        assert_eq!(found.get(gone), None, "{found:#}");
    }
    let left: Vec<String> = names(&bench.store())
        .into_iter()
        .filter(|name| name.contains("watch") || name.starts_with("role-policy"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    assert_eq!(bench.work().await, BTreeMap::new());
}

/// Changes members of the one gateway as somebody in the console would; null takes one away.
fn in_the_console<const N: usize>(bench: &Bench, members: [(&str, Value); N]) {
    bench.aws.edit(|account| {
        let gateways = &mut account.region_mut("us-west-2").agentcore.gateways;
        let settings = &mut gateways.values_mut().next().unwrap().settings;
        let mut all = serde_json::to_value(&*settings).unwrap();
        for (member, value) in members {
            all[member] = value;
        }
        *settings = serde_json::from_value(all).unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_behind_our_back_is_put_right() {
    let bench = bench_with_whole();
    bench.up().await.done();
    let before = settings(&bench, "acme-tools-gateway");
    in_the_console(
        &bench,
        [
            ("wafConfiguration", Value::Null),
            ("interceptorConfigurations", Value::Null),
            ("kmsKeyArn", Value::Null),
        ],
    );
    assert_eq!(bench.work().await, BTreeMap::from([("gateway".to_owned(), Verb::Update)]));
    bench.up().await.done();
    assert_eq!(settings(&bench, "acme-tools-gateway"), before);
}

#[tokio::test(start_paused = true)]
async fn what_the_manifest_never_spoke_of_survives_every_change() {
    let bench = Bench::with(&alone("inbound = \"iam\""), options());
    bench.up().await.done();
    let theirs = "arn:aws:lambda:us-west-2:111122223333:function:theirs";
    let key = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012";
    in_the_console(
        &bench,
        [
            ("description", json!("theirs")),
            ("customTransformConfiguration", json!({"lambda": {"arn": theirs}})),
            ("wafConfiguration", json!({"failureMode": "FAIL_OPEN"})),
            ("kmsKeyArn", json!(key)),
        ],
    );
    let before = settings(&bench, "acme-tools-gateway");
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.write(
        "construct.toml",
        alone("inbound = \"iam\"\ninstructions = \"Ask first.\"").as_bytes(),
    );
    bench.up().await.done();
    let mut after = settings(&bench, "acme-tools-gateway");
    assert_eq!(after["protocolConfiguration"]["mcp"]["instructions"], "Ask first.");
    after["protocolConfiguration"]["mcp"].as_object_mut().unwrap().remove("instructions");
    assert_eq!(after, before);
}

#[tokio::test(start_paused = true)]
async fn what_an_update_would_lose_is_not_updated() {
    let bench = Bench::with(&alone("inbound = \"iam\""), options());
    bench.up().await.done();
    in_the_console(&bench, [("domainOverride", json!({"defaultDomain": "tools.example.com"}))]);
    let before = settings(&bench, "acme-tools-gateway");
    assert_eq!(bench.work().await, BTreeMap::new(), "nothing to change, nothing to lose");
    bench.write("construct.toml", alone("inbound = \"iam\"\nsearch = \"none\"").as_bytes());
    let ran = bench.up().await;
    assert_eq!(ran.ended, Ok(ExitCode::ApplyIncomplete));
    assert!(
        ran.err.contains("domainOverride") && ran.err.contains("newer construct"),
        "{}",
        ran.err
    );
    assert_eq!(settings(&bench, "acme-tools-gateway"), before);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_for_any_target_keeps_having_no_protocol() {
    let bench = Bench::with(&alone("inbound = \"iam\"\nprotocol = \"any\""), options());
    bench.up().await.done();
    assert_eq!(settings(&bench, "acme-tools-gateway").get("protocolType"), None);
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.write(
        "construct.toml",
        alone("inbound = \"iam\"\nprotocol = \"any\"\ndescription = \"new\"").as_bytes(),
    );
    bench.up().await.done();
    let found = settings(&bench, "acme-tools-gateway");
    assert_eq!((found.get("protocolType"), found["description"].as_str()), (None, Some("new")));
    assert_eq!(bench.work().await, BTreeMap::new());
}
