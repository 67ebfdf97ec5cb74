//! Targets that are reached by a path of the gateway: each type made, looked at again, changed, replaced, put right and
//! removed, behind gateways with a front and without one.

use std::collections::BTreeMap;

use construct_engine::Verb;
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::Bench;
use super::store::{names, object};

const TARGETS: &str = r#"
[targets.agent]
passthrough = { endpoint = "https://agent.example.com", protocol = "a2a", query = { version = "1" }, query_conflict = "static", stickiness = { identifier = "$.context.jwt.sub", timeout_seconds = 60 } }
auth = "jwt_passthrough"

[targets.orders]
passthrough = { endpoint = "https://a1b2c3d4e5.execute-api.us-west-2.amazonaws.com/prod", protocol = "custom", schema = "specs/small.json" }
auth = { service = "execute-api" }
permissions = [{ actions = ["execute-api:Invoke"], resources = ["arn:aws:execute-api:us-west-2:123456789012:a1b2c3d4e5/prod/*/*"] }]

[targets.helper]
runtime = { arn = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/helper-a1b2c3d4e5", qualifier = "stable", schema = "specs/small.json" }

[targets.words]
runtime = { runtime = "words" }

[targets.memory]
http_connector = { id = "agentcore-memory", parameters = { memoryId = "notes-a1b2c3d4e5" } }

[targets.bedrock]
inference = { connector = "bedrock-mantle" }
permissions = [{ actions = ["bedrock-mantle:CreateInference"], resources = ["*"] }]

[targets.models]
inference = { provider = { endpoint = "https://models.example.com", prefix = { strip = true, separator = "/" }, operations = [{ path = "/v1/chat/completions", provider_path = "/chat", models = ["llama-*"] }] } }

[runtimes.words]
image = "111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1"
protocol = "http"
"#;

const JWT: &str = "inbound = \"jwt\"\njwt = { discovery_url = \"https://login.example.com/.well-known/openid-configuration\", clients = [\"editors\"] }";

/// What stands in place of what, with the target that it is a change of.
const CHANGES: [(&str, &str, &str); 7] = [
    ("agent", "timeout_seconds = 60", "timeout_seconds = 61"),
    ("orders", "protocol = \"custom\"", "protocol = \"mcp\""),
    ("helper", "qualifier = \"stable\"", "qualifier = \"newest\""),
    ("words", "{ runtime = \"words\" }", "{ runtime = \"words\", schema = \"specs/small.json\" }"),
    ("memory", "notes-a1b2c3d4e5", "notes-b1b2c3d4e5"),
    ("bedrock", "\"bedrock-mantle\" }", "\"openai\" }"),
    ("models", "\"/chat\"", "\"/completions\""),
];

/// What somebody changes in the account: the target, where in its settings, and to what.
fn harms() -> [(&'static str, &'static str, Value); 7] {
    [
        ("agent", "/targetConfiguration/http/passthrough/staticQueryParameters", json!({"v": "2"})),
        ("orders", "/targetConfiguration/http/passthrough/endpoint", json!("https://x.example")),
        ("helper", "/targetConfiguration/http/agentcoreRuntime/qualifier", json!("other")),
        ("words", "/credentialProviderConfigurations", json!([])),
        ("memory", "/targetConfiguration/http/connector/parameters", json!({"memoryId": "x"})),
        ("bedrock", "/targetConfiguration/inference/connector/source/connectorId", json!("x")),
        ("models", "/targetConfiguration/inference/provider/endpoint", json!("https://x.example")),
    ]
}

fn bench(gateway: &str) -> Bench {
    let text = format!(
        "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[gateway]\nprotocol = \"any\"\n{gateway}\n{TARGETS}"
    );
    Bench::with(&text, Options { seed: Some(1), ..Options::default() })
}

/// The targets' ids and settings, by name.
fn targets(bench: &Bench) -> BTreeMap<String, (String, Value)> {
    bench.aws.read(|account| {
        let region = account.region("us-west-2").expect("there is a gateway");
        let targets = region.agentcore.gateways.values().flat_map(|gateway| &gateway.targets);
        targets
            .map(|(id, target)| {
                let settings = serde_json::to_value(&target.settings).unwrap();
                (target.settings.name.clone(), (id.clone(), settings))
            })
            .collect()
    })
}

fn ids(bench: &Bench) -> BTreeMap<String, String> {
    targets(bench).into_iter().map(|(name, (id, _))| (name, id)).collect()
}

/// Changes the settings of a target as somebody else would.
fn harm(bench: &Bench, name: &str, pointer: &str, value: Value) {
    bench.aws.edit(|account| {
        let gateway =
            account.region_mut("us-west-2").agentcore.gateways.values_mut().next().unwrap();
        let target =
            gateway.targets.values_mut().find(|target| target.settings.name == name).unwrap();
        let mut settings = serde_json::to_value(&target.settings).unwrap();
        let place = settings.pointer_mut(pointer);
        *place.unwrap_or_else(|| panic!("{name} has no {pointer}")) = value;
        target.settings = serde_json::from_value(settings).unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn every_type_arrives_as_it_is_written() {
    let bench = bench(JWT);
    bench.up().await.done();
    let all = targets(&bench);
    for (name, pointer, expected) in [
        ("agent", "/http/passthrough/protocolType", json!("A2A")),
        ("agent", "/http/passthrough/staticQueryParameters", json!({ "version": "1" })),
        (
            "agent",
            "/http/passthrough/staticQueryParameterConflictResolution",
            json!("STATIC_OVERRIDE"),
        ),
        ("agent", "/http/passthrough/stickinessConfiguration/timeout", json!(60)),
        ("orders", "/http/passthrough/protocolType", json!("CUSTOM")),
        ("helper", "/http/agentcoreRuntime/qualifier", json!("stable")),
        ("memory", "/http/connector/source/connectorId", json!("agentcore-memory")),
        ("bedrock", "/inference/connector/source/connectorId", json!("bedrock-mantle")),
        ("models", "/inference/provider/modelMapping/providerPrefix/separator", json!("/")),
        ("models", "/inference/provider/operations/0/providerPath", json!("/chat")),
        ("models", "/inference/provider/operations/0/models/0/model", json!("llama-*")),
    ] {
        let pointer = format!("/targetConfiguration{pointer}");
        assert_eq!(all[name].1.pointer(&pointer), Some(&expected), "{name}: {:#}", all[name].1);
    }
    let signs = |name: &str| {
        let said =
            all[name].1.pointer("/credentialProviderConfigurations/0/credentialProviderType");
        said.and_then(Value::as_str).unwrap_or("none").to_owned()
    };
    assert_eq!(signs("agent"), "JWT_PASSTHROUGH");
    assert_eq!(
        (signs("orders"), signs("words")),
        ("GATEWAY_IAM_ROLE".into(), "GATEWAY_IAM_ROLE".into())
    );
    let policy = object(&bench.store(), "role-policy acme-tools-gateway-role target-words").raw;
    assert!(policy.to_string().contains("runtime/acme_tools_words-*"), "{policy}");
}

#[tokio::test(start_paused = true)]
async fn every_type_is_changed_put_right_replaced_and_removed() {
    let bench = bench(JWT);
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new(), "a second look finds nothing to do");
    let made = ids(&bench);
    assert_eq!(made.len(), 7, "{made:?}");
    for (name, from, to) in CHANGES {
        bench.edit("construct.toml", from, to);
        let work = bench.work().await;
        assert_eq!(work.get(&format!("target/{name}")), Some(&Verb::Update), "{name}: {work:?}");
        bench.up().await.done();
        assert_eq!(bench.work().await, BTreeMap::new(), "{name} is not settled");
    }
    assert_eq!(ids(&bench), made, "every update keeps the id");

    let mut expected = BTreeMap::new();
    for (name, pointer, value) in harms() {
        harm(&bench, name, pointer, value);
        expected.insert(format!("target/{name}"), Verb::Update);
        assert_eq!(bench.work().await, expected, "{name} was changed behind our back");
    }
    bench.up().await.done();
    assert_eq!((bench.work().await, ids(&bench)), (BTreeMap::new(), made.clone()));

    bench.edit(
        "construct.toml",
        "inference = { connector = \"openai\" }\npermissions = [{ actions = [\"bedrock-mantle:CreateInference\"], resources = [\"*\"] }]",
        "http_connector = { id = \"agentcore-memory\" }",
    );
    assert_eq!(bench.work().await.get("target/bedrock"), Some(&Verb::Replace));
    bench.up().await.done();
    assert_ne!(ids(&bench)["bedrock"], made["bedrock"], "another type is another target");

    bench.aws.edit(|account| {
        let gateways = account.region_mut("us-west-2").agentcore.gateways.values_mut();
        gateways.for_each(|gateway| gateway.targets.clear());
    });
    let work = bench.work().await;
    assert_eq!(work.values().filter(|verb| **verb == Verb::Create).count(), 7, "{work:?}");
    bench.up().await.done();
    assert_eq!(ids(&bench).len(), 7);
    bench.forget();
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
    bench.cleanup().await.done();
}

#[tokio::test(start_paused = true)]
async fn they_go_behind_every_way_in() {
    for gateway in ["", "inbound = \"iam\"", "inbound = \"none\""] {
        let bench = bench(gateway);
        // Nobody brings a token to a gateway that asks for none.
        if !gateway.is_empty() {
            bench.edit(
                "construct.toml",
                "auth = \"jwt_passthrough\"",
                "auth = { service = \"lambda\" }",
            );
        }
        bench.up_with(|arguments| arguments.i_know = true).await.done();
        assert_eq!(bench.work().await, BTreeMap::new(), "{gateway}");
        assert_eq!(ids(&bench).len(), 7, "{gateway}");
        bench.forget();
        assert_eq!(bench.work().await, BTreeMap::new(), "{gateway} without the journal");
        bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), Vec::<String>::new(), "{gateway}");
    }
}

/// Without a front there is no callback of the stack's own: the target names where a consent returns to.
#[tokio::test(start_paused = true)]
async fn a_consent_returns_where_its_target_says() {
    let text = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[gateway]\ninbound = \"iam\"\n\n\
                [providers.github]\nvendor = \"github\"\nclient_id = \"a\"\nclient_secret = { env = \"GITHUB_CLIENT_SECRET\" }\n\n\
                [targets.github]\nopenapi = \"specs/small.json\"\n\
                auth = { provider = \"github\", grant = \"authorization_code\", return_url = \"https://mine.example.com/consent\" }\n";
    let bench = Bench::with(text, Options { seed: Some(1), ..Options::default() });
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
    let returns = "/credentialProviderConfigurations/0/credentialProvider/oauthCredentialProvider/defaultReturnUrl";
    assert_eq!(
        targets(&bench)["github"].1.pointer(returns),
        Some(&json!("https://mine.example.com/consent"))
    );
    let allowed =
        |bench: &Bench| object(&bench.store(), "own-identity acme-tools-gateway").raw.to_string();
    assert!(allowed(&bench).contains("https://mine.example.com/consent"), "{}", allowed(&bench));
    bench.edit("construct.toml", "mine.example.com/consent", "mine.example.com/back");
    bench.up().await.done();
    assert!(allowed(&bench).contains("https://mine.example.com/back"), "{}", allowed(&bench));
    assert!(
        !allowed(&bench).contains("https://mine.example.com/consent"),
        "the old one is taken out"
    );
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
}
