//! Every type of target whose tools the gateway offers: made, looked at again, changed, replaced, removed and put right.

use std::collections::BTreeMap;

use construct::cli::ExitCode;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::{Value, json};

use super::harness::Bench;

const BEFORE: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
search = "none"

[targets.web]
openapi = "specs/small.json"

[targets.web-signed]
openapi = "specs/small.json"
auth = { service = "execute-api" }
permissions = [{ actions = ["execute-api:Invoke"], resources = ["arn:aws:execute-api:us-west-2:123456789012:abc/prod/*/*"] }]

[targets.storage]
smithy = "model.json"
permissions = [{ actions = ["s3:ListAllMyBuckets"], resources = ["*"] }]

[targets.words]
lambda = { function = "words", tools = "tools.json" }

[targets.remote]
mcp_server = { endpoint = "https://mcp.example.com/mcp", tools = "mcp-tools.json", resource_priority = 7 }
headers = { request = ["X-Request"], response = ["X-Answer"], query = ["page"] }

[targets.live]
mcp_server = { endpoint = "https://mcp.example.com/live", listing = "dynamic" }
private_endpoint = { resource_configuration = "rcfg-0123456789abcdef0" }
certificate = { secret_arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:ca-a1b2c3" }

[targets.other-gateway]
mcp_server = { endpoint = "https://other-0123456789.gateway.bedrock-agentcore.us-west-2.amazonaws.com/mcp", tools = "mcp-tools.json" }
auth = { service = "bedrock-agentcore" }

[targets.pets]
api_gateway = { rest_api = "a1b2c3d4e5", stage = "prod", tools = [{ path = "/pets/*", methods = ["GET", "POST"] }], overrides = [{ name = "list_pets", path = "/pets", method = "GET" }] }
auth = "gateway_role"

[targets.search]
connector = { id = "web-search", version = "1.2.0", configurations = [{ name = "search", parameters = { maxResults = 5 } }] }
permissions = [{ actions = ["bedrock-agentcore:InvokeWebSearch"], resources = ["*"] }]

[functions.words]
zip = "words.zip"
handler = "index.handler"
runtime = "python3.12"
architecture = "x86_64"
"#;

/// What stands in place of what, with the target that it is a change of.
const CHANGES: [(&str, &str, &str); 8] = [
    ("web-signed", "{ service = \"execute-api\" }", "{ service = \"lambda\" }"),
    ("storage", "smithy = \"model.json\"", "smithy = \"model.json\"\ndescription = \"files\""),
    ("remote", "resource_priority = 7", "resource_priority = 8"),
    ("live", "rcfg-0123456789abcdef0", "rcfg-0123456789abcdef1"),
    ("other-gateway", "other-0123456789", "third-0123456789"),
    ("pets", "[\"GET\", \"POST\"]", "[\"GET\"]"),
    ("search", "maxResults = 5", "maxResults = 6"),
    (
        "words",
        "lambda = { function = \"words\"",
        "description = \"counts\"\nlambda = { function = \"words\"",
    ),
];

/// What somebody changes in the account: the target, where in its settings, and to what.
fn harms() -> [(&'static str, &'static str, Value); 9] {
    let at = |pointer| pointer;
    [
        ("web", at("/targetConfiguration/mcp/openApiSchema/inlinePayload"), json!("{}")),
        ("web-signed", at("/credentialProviderConfigurations"), json!([])),
        ("storage", at("/targetConfiguration/mcp/smithyModel/inlinePayload"), json!("{}")),
        (
            "words",
            at("/targetConfiguration/mcp/lambda/toolSchema/inlinePayload/0/description"),
            json!("else"),
        ),
        ("remote", at("/metadataConfiguration/allowedRequestHeaders"), json!(["X-Other"])),
        ("live", at("/targetConfiguration/mcp/mcpServer/listingMode"), json!("DEFAULT")),
        (
            "other-gateway",
            at("/targetConfiguration/mcp/mcpServer/endpoint"),
            json!("https://x.example.com"),
        ),
        ("pets", at("/targetConfiguration/mcp/apiGateway/stage"), json!("dev")),
        ("search", at("/targetConfiguration/mcp/connector/enabled"), json!(["other"])),
    ]
}

fn bench() -> Bench {
    let bench = Bench::with(BEFORE, Options { seed: Some(1), ..Options::default() });
    bench.write(
        "model.json",
        br#"{ "smithy": "2.0", "shapes": { "a#Files": { "type": "service", "version": "1" } } }"#,
    );
    bench.write(
        "mcp-tools.json",
        br#"[{ "name": "ping", "description": "Answers", "inputSchema": { "type": "object" } }]"#,
    );
    bench
}

/// The ids of all targets, by name.
fn ids(bench: &Bench) -> BTreeMap<String, String> {
    bench.aws.read(|account| {
        let region = account.region("us-west-2").expect("there is a gateway");
        let gateways = region.agentcore.gateways.values();
        gateways
            .flat_map(|gateway| &gateway.targets)
            .map(|(id, target)| (target.settings.name.clone(), id.clone()))
            .collect()
    })
}

/// Changes the settings of a target as somebody else would.
fn harm(bench: &Bench, name: &str, pointer: &str, value: Value) {
    bench.aws.edit(|account| {
        let gateway =
            account.region_mut("us-west-2").agentcore.gateways.values_mut().next().unwrap();
        let target =
            gateway.targets.values_mut().find(|target| target.settings.name == name).unwrap();
        let mut settings = serde_json::to_value(&target.settings).unwrap();
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent =
            settings.pointer_mut(parent).unwrap_or_else(|| panic!("{name} has no {pointer}"));
        parent[member] = value;
        target.settings = serde_json::from_value(settings).unwrap();
    });
}

#[tokio::test(start_paused = true)]
async fn every_type_is_made_changed_put_right_and_removed() {
    let bench = bench();
    let ran = bench.up().await.done();
    assert!(!ran.err.contains("warning"), "{}", ran.err);
    assert_eq!(bench.work().await, BTreeMap::new(), "a second look finds nothing to do");
    let made = ids(&bench);
    assert_eq!(made.len(), 9, "{made:?}");

    for (name, from, to) in CHANGES {
        bench.edit("construct.toml", from, to);
        let work = bench.work().await;
        let address = format!("target/{name}");
        assert_eq!(work.get(&address), Some(&Verb::Update), "{name}: {work:?}");
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
    assert_eq!(bench.work().await, BTreeMap::new());
    assert_eq!(ids(&bench), made);

    bench.edit(
        "construct.toml",
        "openapi = \"specs/small.json\"\n\n",
        "mcp_server = { endpoint = \"https://a.example.com/mcp\", tools = \"mcp-tools.json\" }\n\n",
    );
    assert_eq!(bench.work().await.get("target/web"), Some(&Verb::Replace));
    bench.up().await.done();
    let replaced = ids(&bench);
    assert_ne!(replaced["web"], made["web"], "another type is another target");

    bench.aws.edit(|account| {
        let gateway =
            account.region_mut("us-west-2").agentcore.gateways.values_mut().next().unwrap();
        gateway.targets.clear();
    });
    let work = bench.work().await;
    assert_eq!(work.values().filter(|verb| **verb == Verb::Create).count(), 9, "{work:?}");
    bench.up().await.done();
    assert_eq!(ids(&bench).len(), 9);
    bench.forget();
    bench.cleanup().await.done();
    bench.cleanup().await.done();
}

#[tokio::test(start_paused = true)]
async fn what_the_manifest_does_not_speak_of_stays() {
    let bench = bench();
    bench.up().await.done();
    harm(&bench, "web", "/metadataConfiguration", json!({ "allowedRequestHeaders": ["X-Theirs"] }));
    harm(&bench, "live", "/targetConfiguration/mcp/mcpServer/resourcePriority", json!(3));
    assert_eq!(bench.work().await, BTreeMap::new(), "it is nobody's business");
    bench.edit("construct.toml", "[targets.web]", "[targets.web]\ndescription = \"now\"");
    bench.edit("construct.toml", "[targets.live]", "[targets.live]\ndescription = \"now\"");
    bench.up().await.done();
    let store = bench.store().to_string();
    assert!(store.contains("X-Theirs") && store.contains("\"resourcePriority\":3"));
}

#[tokio::test(start_paused = true)]
async fn a_large_schema_lies_in_the_bucket() {
    let manifest = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\
                    [targets.web]\nopenapi = \"specs/large.json\"\n";
    let bench = Bench::with(manifest, Options { seed: Some(1), ..Options::default() });
    let large = |word: &str| {
        bench
            .read("specs/small.json")
            .replace("\"Small\"", &format!("\"{}\"", word.repeat(300_000)))
    };
    bench.write("specs/large.json", large("abcd").as_bytes());
    let refused = bench.up().await;
    assert_eq!(
        refused.ended.as_ref().err().map(|failure| failure.kind),
        Some(ExitCode::ManifestInvalid)
    );
    assert!(refused.err.contains("`bucket = \"NAME\"` in [stack]"), "{}", refused.err);
    assert!(refused.calls.is_empty());

    bench.edit("construct.toml", "us-west-2\"\n", "us-west-2\"\nbucket = \"acme-schemas\"\n");
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
    let keys = || {
        bench.aws.read(|account| {
            account.s3.buckets["acme-schemas"].objects.keys().cloned().collect::<Vec<_>>()
        })
    };
    let first = keys();
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("construct/acme-tools/web-"), "{first:?}");
    let made = ids(&bench);

    bench.write("specs/large.json", large("efgh").as_bytes());
    let ran = bench.up().await.done();
    let at =
        |operation: &str| ran.calls.iter().position(|call| call.operation == operation).unwrap();
    assert!(at("PutObject") < at("UpdateGatewayTarget"), "the new document is there first");
    assert!(at("UpdateGatewayTarget") < at("DeleteObject"), "the old one goes last");
    assert_eq!(ids(&bench), made);
    assert_ne!(keys(), first);
    assert_eq!(bench.work().await, BTreeMap::new());

    bench.aws.edit(|account| {
        let bucket = account.s3.buckets.get_mut("acme-schemas").unwrap();
        bucket.objects.clear();
    });
    let work = bench.work().await;
    assert!(
        work.iter()
            .any(|(address, verb)| address.starts_with("schema/web.") && *verb == Verb::Create),
        "{work:?}"
    );
    bench.up().await.done();
    bench.forget();
    bench.edit("construct.toml", "bucket = \"acme-schemas\"\n", "");
    bench.cleanup().await.done();
    assert!(keys().is_empty(), "nothing is left in a bucket that is not ours");
    let left = bench.store().to_string();
    assert!(!left.contains("/construct/acme-tools/links"), "the link is gone too");
}
