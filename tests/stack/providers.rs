//! Credential providers: keys, servers of every sort, and providers that another stack made.

use std::collections::BTreeMap;

use construct::cli::ExitCode;
use construct_local::Options;
use serde_json::Value;

use super::harness::{Bench, operations};
use super::store::{names, object};

/// A stack that makes a key and a client, each with a target.
const OWNER: &str = r#"
[stack]
name = "acme-owner"
region = "us-west-2"

[providers.weather]
api_key = { env = "WEATHER_KEY" }

[providers.github]
vendor = "github"
client_id = "Iv1.x"
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[targets.weather]
openapi = "specs/small.json"
auth = { provider = "weather", location = "header", name = "X-Api-Key" }

[targets.github]
openapi = "specs/small.json"
auth = { provider = "github", grant = "client_credentials" }
"#;

fn owner() -> Bench {
    Bench::with(OWNER, Options { seed: Some(1), ..Options::default() })
}

/// A stack whose target signs in with the provider at `arn`.
fn linking(owner: &Bench, arn: &str, auth: &str) -> Bench {
    let text = format!(
        "[stack]\nname = \"acme-linker\"\nregion = \"us-west-2\"\n\n[providers.shared]\nexisting = \"{arn}\"\n\n\
         [targets.small]\nopenapi = \"specs/small.json\"\nauth = {{ provider = \"shared\", {auth} }}\n"
    );
    Bench::on(owner.aws.clone(), &text)
}

fn arn_of(bench: &Bench, provider: &str) -> String {
    let config: Value = serde_json::from_str(&bench.read("config.json")).unwrap();
    config["providers"][provider]["arn"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_linked_provider_is_used_and_never_touched() {
    let owner = owner();
    owner.up().await.done();
    for (kind, provider, auth) in [
        ("provider", "github", "grant = \"client_credentials\""),
        ("api-key", "weather", "location = \"header\""),
    ] {
        let name = format!("{kind} acme-owner-{provider}");
        let before = object(&owner.store(), &name);
        let linker = linking(&owner, &arn_of(&owner, provider), auth);
        let ran = linker.up().await.done();
        assert!(ran.text().contains("link      provider/shared"), "{}", ran.text());
        assert_eq!(linker.work().await, BTreeMap::new());
        linker.forget();
        assert_eq!(linker.work().await, BTreeMap::new(), "nothing is remembered of it");
        linker.cleanup().await.done();
        assert_eq!(object(&owner.store(), &name), before);
        assert_eq!(owner.work().await, BTreeMap::new());
    }
    assert!(names(&owner.store()).iter().all(|name| !name.contains("acme-linker")));
}

#[tokio::test(start_paused = true)]
async fn who_takes_away_what_others_link_is_told_so() {
    let owner = owner();
    owner.up().await.done();
    let linker = linking(&owner, &arn_of(&owner, "github"), "grant = \"client_credentials\"");
    linker.up().await.done();
    let ran = owner.cleanup().await;
    assert!(ran.ended.is_err());
    assert!(ran.text().contains("another stack may link it"), "{}", ran.text());
    linker.cleanup().await.done();
    owner.cleanup().await.done();
    assert_eq!(names(&owner.store()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_linked_must_be_there_and_of_this_account() {
    let owner = owner();
    owner.up().await.done();
    let arn = arn_of(&owner, "github");
    let account = arn.split(':').nth(4).unwrap();
    for (arn, expected) in [
        (arn.replace("acme-owner", "nobody"), "there is no credential provider"),
        (arn.replace(account, "444455556666"), "is not of this account"),
    ] {
        let linker = linking(&owner, &arn, "grant = \"client_credentials\"");
        let ran = linker.up().await;
        assert!(ran.ended.is_err() && ran.text().contains(expected), "{}", ran.text());
        assert!(ran.calls.iter().all(|call| !call.mutating), "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_fifty_first_key_of_the_account_is_refused_before_anything_is_made() {
    let stack = |name: &str, count: usize| {
        let keys = (0..count).map(|number| {
            format!("[providers.k{number:02}]\napi_key = {{ env = \"KEY{number:02}\" }}\n")
        });
        let keys: String = keys.collect();
        format!(
            "[stack]\nname = \"{name}\"\nregion = \"us-west-2\"\n\n[targets.small]\nopenapi = \"specs/small.json\"\n\n{keys}"
        )
    };
    let full =
        Bench::with(&stack("acme-full", 49), Options { seed: Some(1), ..Options::default() });
    full.up().await.done();
    let late = Bench::on(full.aws.clone(), &stack("acme-late", 2));
    let ran = late.up().await;
    assert!(ran.ended.is_err());
    for part in ["2 more API key providers", "has 49", "at most 50", "`existing`"] {
        assert!(ran.text().contains(part), "{part}: {}", ran.text());
    }
    assert!(ran.calls.iter().all(|call| !call.mutating));
    late.write("construct.toml", stack("acme-late", 1).as_bytes());
    late.up().await.done();
}

#[tokio::test(start_paused = true)]
async fn a_new_key_keeps_its_provider() {
    let mut bench = owner();
    bench.variables.insert("WEATHER_KEY".to_owned(), "sentinel-one".to_owned());
    bench.up().await.done();
    let arn = arn_of(&bench, "weather");
    assert!(bench.store().to_string().contains("sentinel-one"));
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.variables.insert("WEATHER_KEY".to_owned(), "sentinel-two".to_owned());
    let ran = bench.up().await.done();
    assert_eq!(
        ran.changes(),
        operations([
            ("bedrock-agentcore.TagResource", 1),
            ("bedrock-agentcore.UpdateApiKeyCredentialProvider", 1)
        ])
    );
    assert_eq!(arn_of(&bench, "weather"), arn);
    let store = bench.store().to_string();
    assert!(store.contains("sentinel-two") && !store.contains("sentinel-one"));
    assert!(!ran.text().contains("sentinel-"));
}

#[tokio::test(start_paused = true)]
async fn a_value_from_outside_has_the_services_length() {
    for (key, variable, most) in [
        ("weather.api_key", "WEATHER_KEY", 65_536),
        ("github.client_secret", "GITHUB_CLIENT_SECRET", 2048),
        ("github.client_id", "GITHUB_CLIENT_ID", 256),
    ] {
        let text = OWNER.replace("\"Iv1.x\"", "{ env = \"GITHUB_CLIENT_ID\" }");
        let mut bench = Bench::with(&text, Options { seed: Some(1), ..Options::default() });
        bench.variables.insert(variable.to_owned(), "s".repeat(most));
        bench.up().await.done();
        bench.variables.insert(variable.to_owned(), "s".repeat(most + 1));
        let ran = bench.up().await;
        assert_eq!(ran.ended.as_ref().err().map(|one| one.kind), Some(ExitCode::ManifestInvalid));
        for part in [format!("providers.{key}"), format!("at most {most} characters")] {
            assert!(ran.text().contains(&part), "{part}: {}", ran.text());
        }
        assert!(!ran.text().contains("sss"), "what is refused is not shown");
        assert!(ran.calls.is_empty());
    }
}

/// A client at a server of whatever sort, as the rest of its table.
async fn lives(owner: &Bench, table: &str) {
    let text = format!(
        "[stack]\nname = \"acme-custom\"\nregion = \"us-west-2\"\n\n[providers.company]\n{table}\n\n\
         [targets.small]\nopenapi = \"specs/small.json\"\nauth = {{ provider = \"company\", grant = \"client_credentials\" }}\n"
    );
    let bench = Bench::on(owner.aws.clone(), &text);
    bench.up().await.done();
    assert_eq!(bench.work().await, BTreeMap::new(), "{table}");
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new(), "{table}");
    bench.cleanup().await.done();
    assert!(names(&bench.store()).iter().all(|name| !name.contains("acme-custom")), "{table}");
}

#[tokio::test(start_paused = true)]
async fn servers_of_every_sort_live_a_whole_life() {
    let owner = owner();
    owner.up().await.done();
    let discovered = "vendor = \"custom\"\nclient_id = \"a\"\ndiscovery_url = \"https://id.example.com/.well-known/openid-configuration\"\n";
    let endpoints = "issuer = \"https://id.example.com\"\nauthorization_endpoint = \"https://id.example.com/a\"\ntoken_endpoint = \"https://id.example.com/t\"";
    let secret = "client_secret = { env = \"COMPANY_SECRET\" }";
    let key = "arn:aws:kms:us-west-2:111122223333:key/12345678-1234-1234-1234-123456789012";
    for table in [
        format!("{discovered}{secret}\nclient_authentication = \"client_secret_post\""),
        // Another stack's managed secret serves as one of the account's own.
        format!(
            "{discovered}client_secret = {{ secret = \"bedrock-agentcore-identity!default/apikey/acme-owner-weather#api_key\" }}"
        ),
        format!(
            "{discovered}client_authentication = \"private_key_jwt\"\nprivate_key_jwt = {{ kms_key = \"{key}\", algorithm = \"ES256\", header_claims = {{ kid = \"one\" }} }}"
        ),
        format!("{discovered}client_authentication = \"aws_iam_id_token_jwt\""),
        format!(
            "{discovered}on_behalf_of = {{ grant = \"token_exchange\", actor_token = \"m2m\", actor_scopes = [\"act\"], no_client = true }}"
        ),
        format!(
            "vendor = \"microsoft\"\nclient_id = \"a\"\n{secret}\ntenant_id = \"contoso.example.com\""
        ),
        format!("vendor = \"okta\"\nclient_id = \"a\"\n{secret}\n{endpoints}"),
        format!("vendor = \"zoom\"\nclient_id = \"a\"\n{secret}"),
    ] {
        lives(&owner, &table).await;
    }
}
