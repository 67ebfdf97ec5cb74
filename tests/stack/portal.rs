//! Consent portals: the circle of client, provider, gateway, portal and callback, and where consents return.

use construct::cli::ExitCode;
use construct_engine::Verb;
use construct_local::Options;
use serde_json::Value;

use super::harness::{Bench, operations};
use super::store::{names, object};

const MANIFEST: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
consent = "portal"

[providers.github]
vendor = "github"
client_id = "Iv1.0123456789abcdef"
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.github]
openapi = "specs/small.json"
auth = { provider = "github", grant = "authorization_code", scopes = ["repo"] }
"#;

/// The same behind the issuer of somebody else.
const JWT: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[gateway]
inbound = "jwt"
consent = "portal"
jwt = { discovery_url = "https://login.example.com/.well-known/openid-configuration", clients = ["editors"] }
portal = { provider = "login", scopes = ["openid", "tools.read"] }

[providers.login]
vendor = "custom"
discovery_url = "https://login.example.com/.well-known/openid-configuration"
client_id = "portal-client"
client_secret = { env = "LOGIN_CLIENT_SECRET" }

[targets.small]
openapi = "specs/small.json"
"#;

fn bench(manifest: &str) -> Bench {
    let mut bench = Bench::with(manifest, Options { seed: Some(1), ..Options::default() });
    for name in ["GITHUB_CLIENT_SECRET", "LOGIN_CLIENT_SECRET"] {
        bench.variables.insert(name.to_owned(), "a-secret-of-a-vendor".to_owned());
    }
    bench
}

async fn up(manifest: &str) -> Bench {
    let bench = bench(manifest);
    bench.up().await.done();
    assert!(bench.work().await.is_empty(), "a second look finds nothing to do");
    bench
}

/// Changes the raw store behind everyone's back.
fn edit_store(bench: &Bench, change: impl FnOnce(&mut Value)) {
    bench.aws.edit(|account| {
        let mut raw = serde_json::to_value(&*account).unwrap();
        change(&mut raw["regions"]["us-west-2"]);
        *account = serde_json::from_value(raw).unwrap();
    });
}

/// The members of a map in the store of the Region.
fn all(bench: &Bench, pointer: &str) -> Vec<Value> {
    let store = bench.store();
    let map = store.pointer(&format!("/regions/us-west-2/{pointer}")).cloned();
    map.unwrap_or_default().as_object().unwrap().values().cloned().collect()
}

fn portal(bench: &Bench) -> Value {
    let all = all(bench, "agentcore/consent_portals");
    assert_eq!(all.len(), 1);
    all[0].clone()
}

/// The portal's client, with its secret.
fn client(bench: &Bench) -> Value {
    object(&bench.store(), "client acme-tools-pool acme-tools-client-portal").raw
}

#[tokio::test(start_paused = true)]
async fn the_circle_is_closed() {
    let bench = up(MANIFEST).await;
    let portal = portal(&bench);
    let url = portal["url"].as_str().unwrap();
    let client = client(&bench).to_string();
    assert!(client.contains(&format!("{url}/callback\"")), "{client}");
    assert!(!client.contains("execute-api"), "what it was made with is gone: {client}");
    let target = object(&bench.store(), "target acme-tools-gateway github").raw.to_string();
    assert!(target.contains(&format!("\"{url}/connect/callback\"")), "{target}");
    let scopes = portal["settings"]["idpConfig"]["scopes"].to_string();
    assert!(scopes.contains("openid") && scopes.contains("mcp/invoke"), "{scopes}");
    let trust = object(&bench.store(), "role acme-tools-gateway.portal-role").raw.to_string();
    assert!(trust.contains(portal["arn"].as_str().unwrap()), "{trust}");
    let config: Value = serde_json::from_str(&bench.read("config.json")).unwrap();
    assert_eq!(config["portals"]["portal"]["url"], url);
}

#[tokio::test(start_paused = true)]
async fn the_gateway_lets_the_portals_client_in_and_the_front_completes_no_consent() {
    let bench = up(MANIFEST).await;
    let store = bench.store();
    let gateway = object(&store, "gateway acme-tools-gateway").raw.to_string();
    let id = bench.read("config.json");
    let config: Value = serde_json::from_str(&id).unwrap();
    let client = config["cognito"]["clients"]["portal"].as_str().unwrap();
    assert!(gateway.contains(client), "{gateway}");
    for name in names(&store) {
        assert!(!name.contains("oauth-callback") && !name.contains("/connect"), "{name}");
        assert!(!name.starts_with("table "), "nothing keeps sessions: {name}");
    }
    let front = object(&store, "function acme-tools-mcp-proxy").raw.to_string();
    assert!(front.contains("CONSENT_PORTAL_URL"), "{front}");
}

#[tokio::test(start_paused = true)]
async fn the_clients_secret_is_written_nowhere() {
    let bench = bench(MANIFEST);
    let ran = bench.up_with(|arguments| arguments.json = true).await.done();
    let secrets: Vec<String> = all(&bench, "cognito/pools")
        .iter()
        .flat_map(|pool| pool["clients"].as_object().unwrap().values().cloned().collect::<Vec<_>>())
        .filter_map(|client| Some(client["secret"].as_str()?.to_owned()))
        .collect();
    assert_eq!(secrets.len(), 1, "only the portal's client has one");
    let kept = object(&bench.store(), "provider acme-tools-portal-provider").raw.to_string();
    let vault = bench.store().to_string();
    assert!(vault.matches(&secrets[0]).count() >= 2, "AgentCore has it: {kept}");
    assert!(!ran.text().contains(&secrets[0]));
    for entry in walk(bench.base()) {
        let text = std::fs::read(&entry).unwrap();
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains(&secrets[0]), "{}", entry.display());
    }
}

/// Every file below `folder`.
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(start_paused = true)]
async fn a_cleanup_waits_for_the_portal_before_it_takes_its_role_and_provider() {
    for forget in [false, true] {
        let bench = up(MANIFEST).await;
        if forget {
            bench.forget();
        }
        let ran = bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), Vec::<String>::new());
        let last = |operation: &str, said: &str| {
            let found = ran
                .calls
                .iter()
                .rposition(|call| call.operation == operation && call.body.contains(said));
            found.unwrap_or_else(|| panic!("no {operation} {said}"))
        };
        let gone = last("GetConsentPortal", "");
        assert!(last("DeleteRole", "gateway.portal-role") > gone);
        assert!(last("DeleteOauth2CredentialProvider", "portal-provider") > gone);
    }
}

#[tokio::test(start_paused = true)]
async fn the_way_of_consents_can_change_both_ways() {
    let bench = up(MANIFEST).await;
    bench.edit("construct.toml", "consent = \"portal\"", "consent = \"callback\"");
    bench.up().await.done();
    assert!(bench.work().await.is_empty());
    let with_callback = names(&bench.store());
    assert!(with_callback.iter().any(|name| name.contains("oauth-callback")));
    assert!(all(&bench, "agentcore/consent_portals").is_empty());
    bench.edit("construct.toml", "consent = \"callback\"", "consent = \"portal\"");
    bench.up().await.done();
    assert!(bench.work().await.is_empty());
    portal(&bench);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_changed_or_removed_is_seen_and_mended() {
    let bench = up(MANIFEST).await;
    edit_store(&bench, |region| {
        let portals = region["agentcore"]["consent_portals"].as_object_mut().unwrap();
        let settings = &mut portals.values_mut().next().unwrap()["settings"];
        settings["idpConfig"]["scopes"] = serde_json::json!(["openid"]);
    });
    let work = bench.work().await;
    assert_eq!(work.get("portal"), Some(&Verb::Update), "{work:?}");
    // The trust of the portal's role, narrowed at the end of the first run, has to reach the service.
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    let ran = bench.up().await.done();
    assert_eq!(ran.changes(), operations([("bedrock-agentcore.UpdateConsentPortal", 1)]));
    let before = portal(&bench)["url"].clone();
    edit_store(&bench, |region| {
        region["agentcore"]["consent_portals"] = serde_json::json!({});
    });
    bench.up().await.done();
    assert!(bench.work().await.is_empty());
    let url = portal(&bench)["url"].clone();
    assert_ne!(url, before);
    let url = url.as_str().unwrap();
    assert!(client(&bench).to_string().contains(&format!("{url}/callback\"")));
    let target = object(&bench.store(), "target acme-tools-gateway github").raw.to_string();
    assert!(target.contains(&format!("{url}/connect/callback")), "{target}");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_with_another_issuer_names_its_own_provider() {
    let bench = bench(JWT);
    let ran = bench.up().await.done();
    let url = portal(&bench)["url"].as_str().unwrap().to_owned();
    assert!(ran.err.contains(&format!("{url}/callback")), "{}", ran.err);
    assert!(bench.work().await.is_empty());
    let gateway = object(&bench.store(), "gateway acme-tools-gateway").raw.to_string();
    assert!(gateway.contains("portal-client") && gateway.contains("editors"), "{gateway}");
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_have_a_portal_is_refused_before_any_call() {
    let cases = [
        (MANIFEST, "consent = \"portal\"", "inbound = \"iam\"\nconsent = \"portal\"", "has none"),
        (
            MANIFEST,
            "consent = \"portal\"",
            "consent = \"portal\"\nportal = { scopes = [\"email\"] }",
            "needs to know who somebody is",
        ),
        (
            MANIFEST,
            "consent = \"portal\"",
            "consent = \"portal\"\nportal = { provider = \"github\" }",
            "`provider` is for a gateway",
        ),
        (MANIFEST, "consent = \"portal\"", "portal = { description = \"x\" }", "is for consent"),
        (
            MANIFEST,
            "scopes = [\"repo\"]",
            "return_url = \"https://x.example/\"",
            "return to its portal",
        ),
        (JWT, "provider = \"login\", ", "", "does not say with which provider"),
        (JWT, "provider = \"login\"", "provider = \"logins\"", "there is no provider `logins`"),
        (
            JWT,
            "vendor = \"custom\"\ndiscovery_url = \"https://login.example.com/.well-known/openid-configuration\"",
            "vendor = \"github\"",
            "cannot sign people in",
        ),
    ];
    for (manifest, from, to, said) in cases {
        let bench = bench(manifest);
        bench.edit("construct.toml", from, to);
        let ran = bench.up().await;
        let failure = ran.ended.as_ref().unwrap_err();
        assert_eq!(failure.kind, ExitCode::ManifestInvalid, "{to}");
        assert!(ran.err.contains(said), "{to}: {}", ran.err);
        assert!(ran.calls.is_empty(), "{to}");
    }
}
