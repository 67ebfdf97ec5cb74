//! `construct rotate`: a secret or a state key is replaced, and nothing else changes.

use std::collections::BTreeMap;

use construct::cli::{ExitCode, RotateArguments, RotateCommand, rotate};
use construct::cloud::{Endpoint, SecretError, SecretSource, StackLock};
use construct_local::Options;
use construct_local::fault::{Effect, Refusal, Rule};
use secrecy::SecretString;
use serde_json::Value;

use super::harness::{Bench, FULL, Ran, operations};
use super::store::{differing, names, object};

const KEY: &str = "parameter /construct/acme-tools/keys/state";
const HOUR: i64 = 60 * 60 * 1000;

/// A stack with a provider of every sort, and a person at the terminal for one of them.
const PROVIDERS: &str = r#"
[stack]
name = "acme-tools"
region = "us-west-2"

[providers.github]
vendor = "github"
client_id = { env = "GITHUB_CLIENT_ID" }
client_secret = { env = "GITHUB_CLIENT_SECRET" }

[providers.weather]
api_key = { file = "weather.key" }

[providers.google]
vendor = "google"
client_id = { prompt = "the id" }
client_secret = { prompt = "the secret" }

[targets.github]
openapi = "specs/small.json"
auth = { provider = "github", grant = "client_credentials" }
"#;

/// One whose secret is the account's own.
const OWN: &str = "\n[providers.slack]\nvendor = \"slack\"\nclient_id = \"slack-id\"\nclient_secret = { secret = \"acme/slack#client_secret\" }\n";

/// A person's environment, and what they type.
struct Person<'a>(&'a BTreeMap<String, String>, &'a str);

impl SecretSource for Person<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn ask(&self, _question: &str) -> Result<SecretString, SecretError> {
        Ok(self.1.into())
    }
}

/// `construct rotate` of somebody who types `typed`.
async fn rotate_as(bench: &Bench, command: RotateCommand, typed: &str, json: bool) -> Ran {
    let arguments = RotateArguments {
        command,
        local: true,
        json,
        force_unlock: false,
        manifest: bench.manifest(),
    };
    let endpoint = Endpoint::Local(bench.aws.clone());
    let source = Person(&bench.variables, typed);
    bench
        .watched(async |ui| Box::pin(rotate::run_on(endpoint, &arguments, &source, ui)).await)
        .await
}

async fn state_key(bench: &Bench) -> Ran {
    rotate_as(bench, RotateCommand::StateKey, "", false).await
}

async fn provider(bench: &Bench, name: &str) -> Ran {
    rotate_as(bench, RotateCommand::Provider { name: name.to_owned() }, "typed", false).await
}

/// A stack whose local AWS began so many milliseconds ago.
fn begun(ago: i64) -> Bench {
    let epoch_ms = Some(jiff::Timestamp::now().as_millisecond() - ago);
    Bench::with(FULL, Options { seed: Some(1), epoch_ms, ..Options::default() })
}

fn keys(bench: &Bench) -> Vec<String> {
    let value = object(&bench.store(), KEY).raw["value"].as_str().unwrap().to_owned();
    value.split(' ').map(str::to_owned).collect()
}

fn refused(ran: &Ran, says: &[&str]) {
    assert_eq!(ran.ended.as_ref().unwrap_err().kind, ExitCode::Usage, "{}", ran.text());
    for text in says {
        assert!(ran.err.contains(text), "{text:?} is not in {}", ran.err);
    }
    assert_eq!(ran.changes(), BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn a_state_key_is_replaced_in_place_and_is_no_drift() {
    let bench = begun(0);
    bench.up().await.done();
    let (before, old) = (object(&bench.store(), KEY), keys(&bench));
    let ran = state_key(&bench).await.done();
    assert_eq!(ran.changes(), operations([("ssm.PutParameter", 1)]));
    assert!(ran.err.contains("the new key seals in 8 seconds"), "{}", ran.err);
    let (after, both) = (object(&bench.store(), KEY), keys(&bench));
    assert!(both.len() == 2 && both[0] == old[0] && both[1] != old[0]);
    for same in ["description", "tags", "kind", "tier", "key_id"] {
        assert_eq!(after.raw[same], before.raw[same], "{same}");
    }
    // Neither the keys nor what was made of them is told.
    for text in [ran.text(), journal(&bench), bench.read("config.json")] {
        assert!(both.iter().all(|key| !text.contains(key)), "{text}");
    }
    assert_eq!(bench.work().await, BTreeMap::new());
    bench.forget();
    assert_eq!(bench.work().await, BTreeMap::new(), "nor on a machine that remembers nothing");
    let up = bench.up().await.done();
    assert_eq!(up.changes(), BTreeMap::new());
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}

fn journal(bench: &Bench) -> String {
    bench.read(".construct/111122223333/us-west-2/acme-tools/journal.jsonl")
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_being_replaced_is_left_to_it_and_the_next_one_drops_the_oldest() {
    let bench = begun(0);
    bench.up().await.done();
    state_key(&bench).await.done();
    let both = keys(&bench);
    let again = state_key(&bench).await.done();
    assert!(again.err.contains("is being replaced already"), "{}", again.err);
    assert!(again.calls.iter().all(|call| !call.mutating));
    let told = rotate_as(&bench, RotateCommand::StateKey, "", true).await.done();
    assert_eq!(told.events().len(), 3, "{}", told.out);
    assert_eq!(keys(&bench), both);

    let old = begun(HOUR);
    old.up().await.done();
    let first = keys(&old);
    state_key(&old).await.done();
    let second = keys(&old);
    state_key(&old).await.done();
    let third = keys(&old);
    assert_eq!((&first[0], &second[1], third.len()), (&second[0], &third[0], 2));
    assert!(!second.contains(&third[1]));
}

#[tokio::test(start_paused = true)]
async fn a_rotation_that_was_killed_or_lost_its_answer_happens_once() {
    for (effect, kept) in [(Effect::HangBefore, 1), (Effect::HangAfter, 2)] {
        let bench = begun(0);
        bench.up().await.done();
        let old = keys(&bench);
        // The first is the lock's.
        bench.aws.faults().add(Rule::operation("ssm", "PutParameter", effect.clone()).only(2));
        assert!(bench.killed(state_key(&bench)).await.is_none(), "{effect:?} did not strike");
        bench.aws.faults().clear();
        assert_eq!(keys(&bench).len(), kept, "{effect:?}");
        assert_eq!(bench.work().await, BTreeMap::new());
        let ran = state_key(&bench).await.done();
        assert_eq!(ran.err.contains("is being replaced already"), kept == 2, "{}", ran.err);
        let both = keys(&bench);
        assert!(both.len() == 2 && both[0] == old[0], "the old key opens what it sealed");
        bench.up().await.done();
        bench.cleanup().await.done();
        assert_eq!(names(&bench.store()), [""; 0]);
    }
    for effect in [Effect::CutBefore, Effect::CutAfter, Effect::FailBefore(Refusal::internal())] {
        let bench = begun(0);
        bench.up().await.done();
        let old = keys(&bench);
        bench.aws.faults().add(Rule::operation("ssm", "PutParameter", effect.clone()).only(2));
        state_key(&bench).await.done();
        assert_eq!(bench.aws.faults().hits(), [1]);
        let both = keys(&bench);
        assert!(both.len() == 2 && both[0] == old[0], "{effect:?}: {}", both.len());
        assert_eq!(object(&bench.store(), KEY).raw["version"], 2, "{effect:?}: one new key");
    }
}

#[tokio::test(start_paused = true)]
async fn every_gateway_s_state_key_is_replaced_and_no_other() {
    let two = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[gateways.a]\n\n[gateways.b]\n\n\
               [targets.one]\ngateway = \"a\"\nopenapi = \"specs/small.json\"\n\n\
               [targets.two]\ngateway = \"b\"\nopenapi = \"specs/small.json\"\n";
    let bench = Bench::with(two, Options { seed: Some(1), ..Options::default() });
    bench.up().await.done();
    let before = bench.store();
    let ran = state_key(&bench).await.done();
    assert_eq!(ran.changes(), operations([("ssm.PutParameter", 2)]));
    let changed = differing(&before, &bench.store());
    let expected = [format!("{KEY}-a"), format!("{KEY}-b")];
    assert_eq!(changed.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(bench.work().await, BTreeMap::new());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_rotated_is_refused_with_what_to_do() {
    let text = format!("{PROVIDERS}{OWN}");
    let bench = Bench::with(&text, Options { seed: Some(1), ..Options::default() });
    bench.write("weather.key", b"sunny");
    refused(&state_key(&bench).await, &["has no state key", "construct up"]);
    refused(&provider(&bench, "weather").await, &["has no provider weather yet", "construct up"]);
    let id = rotate_as(&bench, RotateCommand::IdKey, "", false).await;
    refused(&id, &["the id key does not rotate", "`denied` of [clients]"]);
    refused(
        &provider(&bench, "githab").await,
        &["no provider called githab", "did you mean github?"],
    );
    refused(&provider(&bench, "elsewhere").await, &["it has: github, google, slack, weather"]);
    let own = provider(&bench, "slack").await;
    refused(&own, &["yours to rotate", "put-secret-value --secret-id acme/slack"]);
    bench.write("weather.key", b"\n");
    refused(&provider(&bench, "weather").await, &["the file", "is empty", "[providers.weather]"]);
    bench.write("weather.key", "x".repeat(65537).as_bytes());
    refused(&provider(&bench, "weather").await, &["65537 characters", "at most 65536"]);
    refused(&provider(&bench, "github").await, &["GITHUB_CLIENT_SECRET is not set", "run again"]);
    let command = RotateCommand::Provider { name: "google".to_owned() };
    refused(&rotate_as(&bench, command, "", false).await, &["gave an empty secret"]);
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_linked_provider_is_its_owner_s() {
    let text = "[stack]\nname = \"acme-tools\"\nregion = \"us-west-2\"\n\n[providers.shared]\n\
                existing = \"arn:aws:bedrock-agentcore:us-west-2:111122223333:token-vault/default/oauth2credentialprovider/x\"\n";
    let bench = Bench::with(text, Options { seed: Some(1), ..Options::default() });
    refused(&provider(&bench, "shared").await, &["is linked", "where it was made"]);
}

/// A stack that is up with the first secrets.
async fn with_providers() -> Bench {
    let mut bench = Bench::with(PROVIDERS, Options { seed: Some(1), ..Options::default() });
    bench.write("weather.key", b"sunny");
    let mut set = |name: &str, value: &str| bench.variables.insert(name.into(), value.into());
    set("GITHUB_CLIENT_ID", "github-id");
    set("GITHUB_CLIENT_SECRET", "the-first-secret");
    bench.up().await.done();
    bench
}

#[tokio::test(start_paused = true)]
async fn a_provider_s_secret_is_replaced_and_the_provider_stays() {
    let mut bench = with_providers().await;
    let name = "provider acme-tools-github";
    let before = object(&bench.store(), name).raw;
    refused(&provider(&bench, "github").await, &["holds the secret that github has already"]);
    bench.variables.insert("GITHUB_CLIENT_SECRET".into(), "the-second-secret".into());
    // Neither the client's id nor any other secret is needed.
    let id = bench.variables.remove("GITHUB_CLIENT_ID").unwrap();
    std::fs::remove_file(bench.base().join("weather.key")).unwrap();
    let store = bench.store();
    let ran = provider(&bench, "github").await.done();
    let changes = [
        ("bedrock-agentcore.TagResource", 1),
        ("bedrock-agentcore.UpdateOauth2CredentialProvider", 1),
    ];
    assert_eq!(ran.changes(), operations(changes));
    assert!(ran.err.contains("callback URL and all consents stay"), "{}", ran.err);
    for text in [ran.text(), journal(&bench)] {
        assert!(!text.contains("the-second-secret"), "{text}");
    }
    let after = object(&bench.store(), name).raw;
    for same in ["arn", "callback_url", "created_ms"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(
        after["config"]["githubOauth2ProviderConfig"]["clientId"],
        before["config"]["githubOauth2ProviderConfig"]["clientId"]
    );
    let others: Vec<_> = differing(&store, &bench.store())
        .into_iter()
        .filter(|other| !other.contains("acme-tools-github") && !other.contains("secret"))
        .collect();
    assert_eq!(others, [""; 0]);
    bench.write("weather.key", b"sunny");
    bench.variables.insert("GITHUB_CLIENT_ID".into(), id);
    assert_eq!(bench.work().await, BTreeMap::new());
    refused(&provider(&bench, "github").await, &["holds the secret that github has already"]);
    bench.cleanup().await.done();
    assert_eq!(names(&bench.store()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn keys_and_prompted_secrets_are_replaced_too() {
    let bench = with_providers().await;
    bench.write("weather.key", b"cloudy");
    let ran = provider(&bench, "weather").await.done();
    assert_eq!(ran.changes()["bedrock-agentcore.UpdateApiKeyCredentialProvider"], 1);
    let ran = provider(&bench, "google").await.done();
    assert_eq!(ran.changes()["bedrock-agentcore.UpdateOauth2CredentialProvider"], 1);
    assert_eq!(bench.work().await, BTreeMap::new(), "what nobody types is no change");
    refused(&provider(&bench, "google").await, &["holds the secret that google has already"]);
}

#[tokio::test(start_paused = true)]
async fn what_else_a_manifest_changes_is_not_a_rotation_s_business() {
    let mut bench = with_providers().await;
    bench.variables.insert("GITHUB_CLIENT_SECRET".into(), "the-second-secret".into());
    bench.variables.insert("GITHUB_CLIENT_ID".into(), "another-client".into());
    refused(
        &provider(&bench, "github").await,
        &["changes more of github", "clientId", "`construct up`"],
    );
    bench.variables.insert("GITHUB_CLIENT_ID".into(), "github-id".into());
    bench.edit("construct.toml", "vendor = \"github\"", "vendor = \"atlassian\"");
    refused(
        &provider(&bench, "github").await,
        &["changes more of github", "credentialProviderVendor"],
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_elsewhere_keeps_a_rotation_out() {
    let bench = begun(0);
    bench.up().await.done();
    let theirs = Bench::on(bench.aws.clone(), FULL);
    let session = theirs.session().await;
    let machine = session.lock_machine("up").unwrap();
    let held = StackLock::take(&session.cloud, &machine, "up", false).await.unwrap();
    let before: Value = bench.store();
    let ran = state_key(&bench).await;
    assert_eq!(ran.ended.unwrap_err().kind, ExitCode::Locked);
    assert_eq!(differing(&before, &bench.store()), [].into());
    held.release().await.unwrap();
    state_key(&bench).await.done();
}
