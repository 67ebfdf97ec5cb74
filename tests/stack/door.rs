//! The two doors of a front: what a function URL is made of, and a stack that changes from one to the other.

use construct_engine::Verb;
use construct_local::Options;
use serde_json::Value;

use super::harness::Bench;
use super::store::names;

const API: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
description = "Tools"

[providers.github]
vendor = "github"
client_id = "Iv1.0123456789abcdef"
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.github]
openapi = "specs/small.json"
auth = { provider = "github", grant = "authorization_code", scopes = ["repo"] }

[clients]
allowed_origins = ["https://web.example"]
"#;

const THE_DOOR: (&str, &str) = ("[gateway]\n", "[gateway]\nfront = \"function-url\"\n");

fn bench(manifest: &str) -> Bench {
    let mut bench = Bench::with(manifest, Options { seed: Some(1), ..Options::default() });
    bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), "a-secret-of-a-vendor".to_owned());
    bench
}

fn with_url() -> String {
    API.replace(THE_DOOR.0, THE_DOOR.1)
}

/// Something in the store of the Region.
fn at(bench: &Bench, pointer: &str) -> Value {
    let store = bench.store();
    store.pointer(&format!("/regions/us-west-2/{pointer}")).cloned().unwrap_or_default()
}

fn functions(bench: &Bench) -> Vec<String> {
    let functions = at(bench, "lambda/functions");
    functions.as_object().unwrap().keys().cloned().collect()
}

fn function(bench: &Bench) -> Value {
    at(bench, "lambda/functions/acme-tools-mcp-proxy")
}

fn told(bench: &Bench) -> Value {
    function(bench)["latest"]["configuration"]["Environment"]["Variables"].clone()
}

fn client(bench: &Bench) -> Value {
    let pools = at(bench, "cognito/pools");
    let pool = pools.as_object().unwrap().values().next().unwrap();
    pool["clients"].as_object().unwrap().values().next().unwrap().clone()
}

/// Everything that names the front's address names this one.
fn assert_address(bench: &Bench, base: &str) {
    assert_eq!(told(bench)["API_URL"], base);
    let callbacks = [format!("{base}/callback"), format!("{base}/connect/callback")];
    let text = client(bench).to_string();
    assert!(callbacks.iter().all(|url| text.contains(&format!("\"{url}\""))), "{text}");
    let consents = format!("\"{base}/oauth2/callback\"");
    let identities = at(bench, "agentcore/workload_identities").to_string();
    let targets = at(bench, "agentcore/gateways").to_string();
    assert!(identities.contains(&consents) || targets.contains(&consents), "{identities}");
    assert!(bench.read("mcp.json").contains(&format!("{base}/mcp")));
    let config: Value = serde_json::from_str(&bench.read("config.json")).unwrap();
    assert_eq!(
        (&config["front_url"], config["mcp_url"].as_str()),
        (&Value::from(base), Some(&*format!("{base}/mcp")))
    );
}

fn url(bench: &Bench) -> String {
    format!("http://localhost:{}", function(bench)["url"]["port"])
}

fn api(bench: &Bench) -> String {
    let apis = at(bench, "apigateway/apis");
    format!("http://localhost:{}", apis.as_object().unwrap().values().next().unwrap()["port"])
}

#[tokio::test(start_paused = true)]
async fn one_function_answers_at_its_url() {
    let bench = bench(&with_url());
    bench.up().await.done();
    assert!(bench.work().await.is_empty(), "a second look finds nothing to do");
    assert_eq!(functions(&bench), ["acme-tools-mcp-proxy"]);
    assert_eq!(at(&bench, "apigateway/apis").as_object().map(serde_json::Map::len), Some(0));
    let function = function(&bench);
    assert_eq!(function["latest"]["configuration"]["Handler"], "front");
    assert_eq!(function["url"]["invoke_mode"], "RESPONSE_STREAM");
    assert_eq!(function["url"]["cors"]["AllowOrigins"][0], "https://web.example");
    let policy = function["policy"].as_object().unwrap();
    let actions: Vec<&Value> = policy.values().map(|statement| &statement["Action"]).collect();
    assert_eq!(actions.len(), 2);
    assert!(actions.contains(&&Value::from("lambda:InvokeFunctionUrl")), "{actions:?}");
    assert!(actions.contains(&&Value::from("lambda:InvokeFunction")), "{actions:?}");
    assert_eq!(told(&bench)["FRONT_DOOR"], "function-url");
    assert_address(&bench, &url(&bench));
    bench.cleanup().await.done();
    let left = names(&bench.store());
    assert!(!left.iter().any(|name| name.contains("acme-tools")), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stack_changes_its_door_and_changes_it_back() {
    let bench = bench(API);
    bench.up().await.done();
    let (gateway, old) = (at(&bench, "agentcore/gateways"), api(&bench));
    let id = gateway.as_object().unwrap().keys().next().unwrap().clone();
    assert_address(&bench, &old);
    bench.edit("construct.toml", THE_DOOR.0, THE_DOOR.1);
    let planned = bench.work().await;
    for (address, verb) in [
        ("function-url/mcp-proxy", Verb::Create),
        ("permission/mcp-proxy.url", Verb::Create),
        ("permission/mcp-proxy.invoke", Verb::Create),
        ("api", Verb::Delete),
        ("function/oauth-callback", Verb::Delete),
    ] {
        assert_eq!(planned.get(address), Some(&verb), "{address} of {planned:?}");
    }
    let kept = [None, Some(&Verb::MayUpdate)];
    assert!(kept.contains(&planned.get("gateway")), "{planned:?}");
    bench.up().await.done();
    assert!(bench.work().await.is_empty(), "{:?}", bench.work().await);
    assert_address(&bench, &url(&bench));
    assert_eq!(functions(&bench), ["acme-tools-mcp-proxy"]);

    bench.edit("construct.toml", THE_DOOR.1, THE_DOOR.0);
    bench.up().await.done();
    assert!(bench.work().await.is_empty(), "{:?}", bench.work().await);
    assert_address(&bench, &api(&bench));
    assert_ne!(api(&bench), old, "an API that is made again has another address");
    assert_eq!(functions(&bench), ["acme-tools-mcp-proxy", "acme-tools-oauth-callback"]);
    assert_eq!(function(&bench)["url"], Value::Null);
    assert_eq!(function(&bench)["latest"]["configuration"]["Handler"], "mcp-proxy");
    assert_eq!(told(&bench).get("FRONT_DOOR"), None);
    assert!(
        at(&bench, "agentcore/gateways").as_object().unwrap().contains_key(&id),
        "the gateway stayed"
    );
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_somebody_changed_is_written_again() {
    let bench = bench(&with_url());
    bench.up().await.done();
    bench.aws.edit(|account| {
        let mut raw = serde_json::to_value(&*account).unwrap();
        let function =
            &mut raw["regions"]["us-west-2"]["lambda"]["functions"]["acme-tools-mcp-proxy"];
        function["latest"]["configuration"]["Environment"]["Variables"]["API_URL"] =
            Value::from("https://evil.example");
        *account = serde_json::from_value(raw).unwrap();
    });
    let work = bench.work().await;
    assert_eq!(work.get("function-environment/mcp-proxy"), Some(&Verb::Update), "{work:?}");
    assert_eq!(work.len(), 1);
    bench.up().await.done();
    assert_address(&bench, &url(&bench));
}
