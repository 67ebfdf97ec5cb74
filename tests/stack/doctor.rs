//! `construct doctor` on whole stacks: nothing to find, and each thing that can be wrong by itself.
//!
//! The clock of these tests is the machine's: sockets are waited for.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::time::{SystemTime, UNIX_EPOCH};

use construct::cli::ExitCode;
use construct_local::fault::Refusal;
use construct_local::local::Moment;
use construct_local::services::iam::{Inline, Role};
use construct_local::state::Region;
use construct_local::{Effect, LocalAws, Options, Rule};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use super::harness::{Bench, FULL, REGION, Ran, STARTER};

const ROLE: &str = "deployer";

/// A finished starter, alone at its ports.
struct Finished {
    bench: Bench,
    _turn: MutexGuard<'static, ()>,
}

impl Deref for Finished {
    type Target = Bench;

    fn deref(&self) -> &Bench {
        &self.bench
    }
}

/// The starter, finished, for a caller who has the role [`ROLE`] and may do everything. Made once and then copied.
async fn finished() -> Finished {
    static FINISHED: OnceCell<Moment> = OnceCell::const_new();
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    let make = || async {
        let options = Options { caller_role: Some(ROLE.to_owned()), ..Options::instant() };
        let bench = Bench::with(STARTER, options);
        let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        allow(&bench.aws, &[everything]);
        bench.up().await.done();
        bench.aws.moment()
    };
    let aws = LocalAws::resumed(FINISHED.get_or_init(make).await);
    Finished { bench: Bench::on(aws, STARTER), _turn: turn }
}

/// Gives the caller's role exactly these statements. Its path shows in no session's ARN.
fn allow(aws: &LocalAws, statements: &[Value]) {
    let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let role = Role {
        name: ROLE.to_owned(),
        id: "AROAXEXAMPLE".to_owned(),
        path: "/ci/".to_owned(),
        arn: format!("arn:aws:iam::111122223333:role/ci/{ROLE}"),
        created_ms: 0,
        description: String::new(),
        max_session_duration: 3600,
        trust: "{}".to_owned(),
        trust_changed_ms: 0,
        inline: BTreeMap::from([("all".to_owned(), Inline { document, changed_ms: 0 })]),
        attached: BTreeMap::new(),
        tags: BTreeMap::new(),
    };
    aws.edit(|account| account.iam.roles.insert(ROLE.to_owned(), role));
}

fn edit(bench: &Bench, change: impl FnOnce(&mut Region)) {
    bench.aws.edit(|account| change(account.region_mut(REGION)));
}

/// All findings with an outcome, as check and text.
fn findings(ran: &Ran, outcome: &str) -> Vec<(String, String)> {
    let document: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.text()));
    let checks = document["checks"].as_array().unwrap().clone();
    let mut found = Vec::new();
    for checked in checks {
        for finding in checked["findings"].as_array().unwrap() {
            if finding["outcome"] == outcome {
                if outcome != "fine" {
                    let told =
                        |name: &str| finding[name].as_str().is_some_and(|text| !text.is_empty());
                    assert!(told("why") && told("todo"), "{finding}");
                }
                let check = checked["check"].as_str().unwrap().to_owned();
                found.push((check, finding["what"].as_str().unwrap().to_owned()));
            }
        }
    }
    found
}

/// Runs it, and asserts that the one thing wrong is of `check` and says `text`.
async fn only_wrong(bench: &Bench, check: &str, text: &str) -> Ran {
    let ran = bench.doctor(true).await;
    assert_eq!(ran.ended, Ok(ExitCode::ChangesFound), "{}", ran.text());
    let wrong = findings(&ran, "wrong");
    assert!(
        matches!(&wrong[..], [(of, what)] if of == check && what.contains(text)),
        "{check}, {text}: {wrong:?}"
    );
    assert_no_token(&ran);
    ran
}

/// Tokens of a pool are signed JSON: all begin alike.
fn assert_no_token(ran: &Ran) {
    assert!(!ran.text().contains("eyJ") && !ran.text().contains("Bearer "), "{}", ran.text());
}

fn hops(ran: &Ran) -> Vec<String> {
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let checks = document["checks"].as_array().unwrap();
    let login = checks.iter().find(|checked| checked["check"] == "login").unwrap();
    let hops = login["hops"].as_array().cloned().unwrap_or_default();
    for hop in &hops {
        assert!(hop["milliseconds"].as_f64().is_some_and(|time| time >= 0.0), "{hop}");
    }
    hops.iter().map(|hop| hop["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_sound_stack_has_nothing_wrong_and_is_logged_in_to() {
    let bench = finished().await;
    let ran = bench.doctor(true).await.done();
    assert!(
        findings(&ran, "wrong").is_empty() && findings(&ran, "not_tried").is_empty(),
        "{}",
        ran.out
    );
    let names = ["dns", "connect", "metadata", "token", "initialize", "tools/list"];
    assert_eq!(hops(&ran), names);
    let fine = findings(&ran, "fine");
    let said =
        |check: &str, text: &str| fine.iter().any(|(of, what)| of == check && what.contains(text));
    assert!(said("credentials", &format!("assumed-role/{ROLE}/local")), "{fine:?}");
    assert!(
        said("permissions", &format!("allowed to arn:aws:iam::111122223333:role/ci/{ROLE}")),
        "{fine:?}"
    );
    assert!(
        said("stack", "objects are there") && said("login", " tools listed at http://localhost:"),
        "{fine:?}"
    );
    assert!(said("quotas", "OAuth2 credential providers: 2 of 50"), "{fine:?}");
    assert_no_token(&ran);
    let text = bench.doctor(false).await.done();
    assert!(
        text.out.contains("\nlogin\n  ok ") && text.out.contains("tools/list "),
        "{}",
        text.out
    );
}

#[tokio::test]
async fn a_client_for_machines_is_used_and_told_when_it_is_refused() {
    let bench = Bench::with(FULL, Options::instant());
    bench.up().await.done();
    let ran = bench.doctor(true).await.done();
    let fine = findings(&ran, "fine");
    assert!(fine.iter().any(|(_, what)| what.ends_with("to the client for machines")), "{fine:?}");
    let secrets: Vec<String> = bench.aws.read(|account| {
        let pools = account.region(REGION).unwrap().cognito.pools.values();
        pools
            .flat_map(|pool| pool.clients.values().filter_map(|client| client.secret.clone()))
            .collect()
    });
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| !ran.text().contains(secret)));

    edit(&bench, |region| {
        for pool in region.cognito.pools.values_mut() {
            for client in pool.clients.values_mut().filter(|client| client.secret.is_some()) {
                client.settings.insert("AllowedOAuthFlows".to_owned(), json!([]));
            }
        }
    });
    let ran =
        only_wrong(&bench, "login", "gives the client for machines no token: status 400").await;
    assert_eq!(hops(&ran), ["dns", "connect", "metadata"]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_told() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let ahead = i64::try_from(now).unwrap() + 3_600_000;
    let bench = Bench::with(STARTER, Options { epoch_ms: Some(ahead), ..Options::instant() });
    let ran = bench.doctor(true).await;
    assert_eq!(ran.ended, Ok(ExitCode::ChangesFound));
    let wrong = findings(&ran, "wrong");
    let (_, clock) = wrong.iter().find(|(check, _)| check == "clock").expect("the clock is told");
    let seconds: u32 = clock.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
    assert!(clock.contains("behind AWS's") && (3500..3700).contains(&seconds), "{clock}");
    // There is no stack either, and what needs one says so.
    assert!(wrong.iter().any(|(_, what)| what.contains("nothing of the stack")), "{wrong:?}");
    let untried: Vec<String> =
        findings(&ran, "not_tried").into_iter().map(|(check, _)| check).collect();
    assert_eq!(untried, ["callbacks", "functions", "keys", "front", "login"]);
}

#[tokio::test]
async fn a_missing_permission_is_told_with_its_statement() {
    let bench = finished().await;
    allow(
        &bench.aws,
        &[
            json!({ "Effect": "Allow", "Action": "*", "Resource": "*" }),
            json!({ "Effect": "Deny", "Action": "lambda:UpdateFunctionCode", "Resource": "*" }),
        ],
    );
    let text = "not allowed: lambda:UpdateFunctionCode (denied explicitly), on arn:aws:lambda:";
    let ran = only_wrong(&bench, "permissions", text).await;
    assert!(ran.out.contains("the statement Functions of the policy"), "{}", ran.out);

    allow(
        &bench.aws,
        &[json!({ "Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*" })],
    );
    let ran = bench.doctor(true).await;
    let wrong = findings(&ran, "wrong");
    assert!(
        wrong.len() == 2
            && wrong.iter().all(|(_, what)| what.starts_with("not allowed: iam:PassRole, on ")),
        "{wrong:?}"
    );
}

#[tokio::test]
async fn where_the_simulation_is_refused_permissions_are_not_checked() {
    let bench = finished().await;
    let refusal = Refusal {
        status: 403,
        code: "AccessDenied".to_owned(),
        message: "not authorized to perform iam:SimulatePrincipalPolicy".to_owned(),
        retry_after: None,
    };
    bench.aws.faults().add(Rule::operation(
        "iam",
        "SimulatePrincipalPolicy",
        Effect::FailBefore(refusal),
    ));
    let ran = bench.doctor(true).await.done();
    assert_eq!(findings(&ran, "not_tried").len(), 1, "{}", ran.out);
    assert!(
        ran.out.contains("SimulatePrincipalPolicy was refused")
            && ran.out.contains("(AccessDenied)"),
        "{}",
        ran.out
    );
}

#[tokio::test]
async fn code_that_was_changed_by_hand_is_told() {
    let bench = finished().await;
    edit(&bench, |region| {
        let function = region.lambda.functions.get_mut("acme-tools-oauth-callback").unwrap();
        function.latest.code.sha256 = "changed+by+hand=".to_owned();
    });
    only_wrong(&bench, "functions", "acme-tools-oauth-callback runs changed+, changed at ").await;
}

#[tokio::test]
async fn an_old_key_is_told() {
    let bench = finished().await;
    edit(&bench, |region| {
        for parameter in region.ssm.parameters.values_mut() {
            parameter.modified_ms -= 100 * 86_400_000;
        }
    });
    only_wrong(&bench, "keys", "the state key is 100 days old, more than 90").await;
}

#[tokio::test]
async fn a_full_quota_is_told() {
    let bench = finished().await;
    edit(&bench, |region| {
        let (_, one) = region.agentcore.oauth2_providers.iter().next().unwrap();
        let one = one.clone();
        for number in 2..50 {
            let mut other = one.clone();
            other.name = format!("other-{number}");
            other.tags.clear();
            region.agentcore.oauth2_providers.insert(other.name.clone(), other);
        }
    });
    only_wrong(&bench, "quotas", "OAuth2 credential providers: 50 of 50").await;
}

#[tokio::test]
async fn an_address_that_somebody_else_has_is_told() {
    let bench = finished().await;
    let taken = *bench.aws.api_ports().iter().next().unwrap();
    let _taken = TcpListener::bind(("127.0.0.1", taken)).await.unwrap();
    let ran = only_wrong(&bench, "front", &format!("port {taken} of an HTTP API")).await;
    assert_eq!(findings(&ran, "not_tried"), [("login".to_owned(), "login".to_owned())]);
}

#[tokio::test]
async fn a_login_that_is_refused_is_told() {
    let bench = finished().await;
    edit(&bench, |region| {
        let function = region.lambda.functions.get_mut("acme-tools-mcp-proxy").unwrap();
        function.latest.configuration["Environment"]["Variables"]["CLIENT_ID"] =
            json!("another-client");
    });
    let ran = only_wrong(&bench, "login", "refuses initialize").await;
    assert!(ran.out.contains("status 401"), "{}", ran.out);
}

#[tokio::test]
async fn a_function_that_does_not_answer_is_told() {
    let bench = finished().await;
    edit(&bench, |region| {
        let function = region.lambda.functions.get_mut("acme-tools-mcp-proxy").unwrap();
        function.latest.configuration["Environment"]["Variables"]["ISSUER"] = json!("");
    });
    let ran = bench.doctor(true).await;
    let wrong = findings(&ran, "wrong");
    assert!(wrong.iter().all(|(check, _)| check == "login") && wrong.len() == 2, "{wrong:?}");
    assert!(wrong[0].1.contains("the documents that clients find"), "{wrong:?}");
}

/// A vendor on this machine that knows the callback URL, or refuses it.
async fn vendor(knows: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}/authorize", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 8192];
            let length = stream.read(&mut bytes).await.unwrap();
            let asked = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let callback = asked.split("redirect_uri=").nth(1).unwrap().split('&').next().unwrap();
            let callback = percent_encoding::percent_decode_str(callback).decode_utf8().unwrap();
            let answer = if knows {
                format!("302 Found\r\nLocation: {callback}?error=login_required")
            } else {
                "400 Bad Request".to_owned()
            };
            let answer = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    endpoint
}

#[tokio::test]
async fn a_vendor_that_can_be_asked_is_asked() {
    let bench = finished().await;
    for knows in [true, false] {
        let endpoint = vendor(knows).await;
        edit(&bench, |region| {
            let provider = region.agentcore.oauth2_providers.get_mut("acme-tools-github").unwrap();
            let member =
                provider.configuration.as_object_mut().unwrap().values_mut().next().unwrap();
            member["oauthDiscovery"]["authorizationServerMetadata"]["authorizationEndpoint"] =
                json!(endpoint);
        });
        if knows {
            let ran = bench.doctor(true).await.done();
            assert!(
                ran.out.contains("GitHub knows the callback URL of the provider github"),
                "{}",
                ran.out
            );
        } else {
            let ran = only_wrong(&bench, "callbacks", "GitHub refuses the callback URL").await;
            assert!(ran.out.contains("/identities/oauth2/callback/"), "{}", ran.out);
        }
    }
}
