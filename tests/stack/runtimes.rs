//! Agent runtimes, their endpoints, and targets that call them.

use std::collections::BTreeMap;

use construct::policy::deployer::deployer_policy;
use construct_engine::{Verb, hexadecimal};
use construct_local::Options;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::harness::{Bench, Ran, operations};
use super::store::{names, object};

const MANIFEST: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
inbound = "iam"

[runtimes.words]
image = "111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1"
description = "Counts words"
environment = { LEVEL = "info" }

[runtimes.words.endpoints.stable]
version = 1

[runtimes.words.endpoints.newest]
description = "Follows"

[targets.words]
mcp_server = { runtime = "words", qualifier = "stable" }
"#;

async fn up() -> Bench {
    let bench = Bench::with(MANIFEST, Options { seed: Some(1), ..Options::default() });
    bench.up().await.done();
    assert!(bench.work().await.is_empty(), "a second look finds nothing to do");
    bench
}

/// Changes the raw store behind everyone's back.
fn edit_store(bench: &Bench, change: impl FnOnce(&mut Value)) {
    bench.aws.edit(|account| {
        let mut raw = serde_json::to_value(&*account).unwrap();
        change(&mut raw);
        *account = serde_json::from_value(raw).unwrap();
    });
}

/// The one runtime of the store.
fn runtime(bench: &Bench) -> Value {
    let store = bench.store();
    let runtimes = store["regions"]["us-west-2"]["agentcore"]["runtimes"].clone();
    let all = runtimes.as_object().unwrap();
    assert_eq!(all.len(), 1);
    all.values().next().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_target_calls_an_endpoint_of_a_runtime_with_the_gateways_role() {
    let bench = up().await;
    let runtime = runtime(&bench);
    assert_eq!(runtime["name"], "acme_tools_words");
    let arn = runtime["arn"].as_str().unwrap();
    let target = object(&bench.store(), "target acme-tools-gateway words").raw.to_string();
    let escaped = arn.replace(':', "%3A").replace('/', "%2F");
    let url = format!(
        "https://bedrock-agentcore.us-west-2.amazonaws.com/runtimes/{escaped}/invocations?qualifier=stable"
    );
    assert!(target.contains(&url), "{target}");
    assert!(
        target.contains("GATEWAY_IAM_ROLE") && target.contains("\"service\":\"bedrock-agentcore\"")
    );
    let policy = object(&bench.store(), "role-policy acme-tools-gateway-role target-words");
    assert!(policy.raw.to_string().contains("runtime/acme_tools_words-*"));
    let config: Value = serde_json::from_str(&bench.read("config.json")).unwrap();
    assert_eq!(config["runtimes"]["words"]["endpoints"]["stable"], url);
    assert_eq!(config["runtimes"]["words"]["arn"], arn);
}

#[tokio::test(start_paused = true)]
async fn a_change_makes_a_version_and_moves_the_endpoint_that_follows() {
    let bench = up().await;
    let before = runtime(&bench);
    bench.edit("construct.toml", "words:1\"", "words:2\"");
    let ran = bench.up().await.done();
    assert_eq!(
        ran.changes(),
        operations([
            ("bedrock-agentcore.UpdateAgentRuntime", 1),
            ("bedrock-agentcore.UpdateAgentRuntimeEndpoint", 1),
        ])
    );
    let after = runtime(&bench);
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["endpoints"]["newest"]["target_version"], 2);
    assert_eq!(after["endpoints"]["stable"]["target_version"], 1);
    assert!(bench.work().await.is_empty());
    bench.edit("construct.toml", "version = 1", "version = 2");
    bench.up().await.done();
    assert_eq!(runtime(&bench)["endpoints"]["stable"]["target_version"], 2);
    assert!(bench.work().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_changed_or_removed_is_seen_and_mended() {
    for forget in [false, true] {
        let bench = up().await;
        let id = runtime(&bench)["id"].as_str().unwrap().to_owned();
        edit_store(&bench, |account| {
            let there = &mut account["regions"]["us-west-2"]["agentcore"]["runtimes"][&id];
            there["endpoints"].as_object_mut().unwrap().remove("newest");
            let versions = there["versions"].as_object_mut().unwrap();
            versions.values_mut().next().unwrap()["settings"]["description"] = "Other".into();
        });
        if forget {
            bench.forget();
        }
        let work = bench.work().await;
        assert_eq!(work.get("runtime/words"), Some(&Verb::Update), "{work:?}");
        assert_eq!(work.get("runtime-endpoint/words.newest"), Some(&Verb::Create), "{work:?}");
        bench.up().await.done();
        assert!(bench.work().await.is_empty());
        assert_eq!(runtime(&bench)["id"], id.as_str());
    }
}

#[tokio::test(start_paused = true)]
async fn endpoints_go_before_their_runtime_whoever_made_them() {
    for forget in [false, true] {
        let bench = up().await;
        let id = runtime(&bench)["id"].as_str().unwrap().to_owned();
        // Somebody else's endpoint lives in a runtime of ours and goes with it.
        edit_store(&bench, |account| {
            let there = &mut account["regions"]["us-west-2"]["agentcore"]["runtimes"][&id];
            let mut other = there["endpoints"]["newest"].clone();
            other["name"] = "theirs".into();
            other["tags"] = serde_json::json!({});
            there["endpoints"]["theirs"] = other;
        });
        if forget {
            bench.forget();
        }
        bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_zip_in_s3_and_a_change_of_who_may_call() {
    let bench = up().await;
    bench.edit(
        "construct.toml",
        "image = \"111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1\"",
        "s3 = { bucket = \"zips\", key = \"words.zip\" }\ncode = { runtime = \"PYTHON_3_13\", entry_point = [\"main.py\"] }",
    );
    bench.up().await.done();
    let settings = runtime(&bench)["versions"]["2"]["settings"].clone();
    let code = &settings["agentRuntimeArtifact"]["codeConfiguration"];
    assert_eq!(code["code"]["s3"]["prefix"], "words.zip");
    assert_eq!(code["entryPoint"][0], "main.py");
    let role = object(&bench.store(), "role-policy acme-tools-runtime.words-role run");
    assert!(!role.raw.to_string().contains("ecr:"), "a zip is pulled from no registry");
    assert!(bench.work().await.is_empty());
}

/// The stack's bucket: the keys of what lies in it, each with the digest of its bytes.
fn stored(bench: &Bench) -> BTreeMap<String, String> {
    bench.aws.read(|account| {
        let objects = account.s3.buckets.get("acme-servers").map(|bucket| &bucket.objects);
        let objects = objects.into_iter().flatten();
        objects.map(|(key, object)| (key.clone(), object.blob.clone())).collect()
    })
}

/// Three megabytes that are no text.
fn large_zip(first: u8) -> Vec<u8> {
    let noise = (0u32..3_000_000).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    [first].into_iter().chain(noise).collect()
}

fn with_a_zip() -> Bench {
    let text = MANIFEST.replace("us-west-2\"\n\n", "us-west-2\"\nbucket = \"acme-servers\"\n\n");
    let text = text.replace(
        "image = \"111122223333.dkr.ecr.us-west-2.amazonaws.com/words:1\"",
        "zip = \"server.zip\"\ncode = { runtime = \"PYTHON_3_13\", entry_point = [\"main.py\"] }",
    );
    let bench = Bench::with(&text, Options { seed: Some(1), ..Options::default() });
    bench.write("server.zip", &large_zip(1));
    bench
}

#[tokio::test(start_paused = true)]
async fn a_zip_of_this_machine_lies_in_the_bucket() {
    let bench = with_a_zip();
    let ran = bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new());
    let first = stored(&bench);
    let digest = hexadecimal(&Sha256::digest(large_zip(1)));
    let key = format!("construct/acme-tools/words-{}.zip", &digest[..16]);
    assert_eq!(first, BTreeMap::from([(key.clone(), digest)]), "byte for byte");
    let artifact = runtime(&bench)["versions"]["1"]["settings"]["agentRuntimeArtifact"].clone();
    let s3 = &artifact["codeConfiguration"]["code"]["s3"];
    assert_eq!((&s3["bucket"], &s3["prefix"]), (&"acme-servers".into(), &key.as_str().into()));
    let at = |ran: &Ran, operation: &str| {
        ran.calls.iter().position(|call| call.operation == operation).unwrap()
    };
    assert!(at(&ran, "PutObject") < at(&ran, "CreateAgentRuntime"));

    let id = runtime(&bench)["id"].clone();
    bench.write("server.zip", &large_zip(2));
    let ran = bench.up().await.done();
    assert!(at(&ran, "PutObject") < at(&ran, "UpdateAgentRuntime"), "the new zip is there first");
    assert!(at(&ran, "UpdateAgentRuntime") < at(&ran, "DeleteObject"), "the old one goes last");
    assert_eq!(runtime(&bench)["id"], id);
    assert!(stored(&bench).len() == 1 && stored(&bench) != first);

    bench.aws.edit(|account| account.s3.buckets.get_mut("acme-servers").unwrap().objects.clear());
    let work = bench.work().await;
    let zip = work.iter().find(|(address, _)| address.starts_with("runtime-zip/words."));
    assert_eq!(zip.map(|(_, verb)| *verb), Some(Verb::Create), "{work:?}");
    bench.up().await.done();
    assert_eq!(stored(&bench).len(), 1);
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.cleanup().await.done();
    assert_eq!(stored(&bench), BTreeMap::new(), "nothing is left in a bucket that is not ours");
}

#[tokio::test(start_paused = true)]
async fn a_zip_is_refused_without_a_bucket_and_without_bytes() {
    let bench = with_a_zip();
    bench.edit("construct.toml", "bucket = \"acme-servers\"\n", "");
    let ran = bench.up().await;
    assert!(ran.err.contains("runtimes.words.zip: a zip needs a bucket to lie in"), "{}", ran.err);
    let bench = with_a_zip();
    bench.write("server.zip", b"");
    let ran = bench.up().await;
    assert!(ran.err.contains("server.zip is empty") && ran.calls.is_empty(), "{}", ran.err);
}

#[tokio::test(start_paused = true)]
async fn who_deploys_may_read_the_zips_and_nothing_else_of_their_buckets() {
    let bench = with_a_zip();
    bench.write(
        "construct.toml",
        format!(
            "{}\n[runtimes.other]\ns3 = {{ bucket = \"zips\", key = \"other.zip\", version = \"v12\" }}\n\
             code = {{ runtime = \"NODE_22\", entry_point = [\"main.js\"] }}\n",
            bench.read("construct.toml")
        )
        .as_bytes(),
    );
    let session = bench.session().await;
    let policy = deployer_policy(&session.graph, &session.cloud.naming).unwrap().to_json();
    let resource = |sid: &str| {
        let statements = policy["Statement"].as_array().unwrap();
        let found = statements.iter().find(|one| one["Sid"] == sid).unwrap();
        (found["Action"].clone(), found["Resource"].clone())
    };
    let digest = hexadecimal(&Sha256::digest(large_zip(1)));
    let own = format!("arn:aws:s3:::acme-servers/construct/acme-tools/words-{}.zip", &digest[..16]);
    assert_eq!(resource("NamedZips"), ("s3:GetObject".into(), own.into()));
    assert_eq!(
        resource("NamedZipVersions"),
        ("s3:GetObjectVersion".into(), "arn:aws:s3:::zips/other.zip".into())
    );
}
