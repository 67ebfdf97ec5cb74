//! A planted secret is searched for in everything that a run leaves behind.

use std::path::Path;

use construct_local::fault::Refusal;
use construct_local::{Effect, Options, Rule};

use super::harness::{Bench, FULL};

/// The value that must be nowhere.
const SENTINEL: &str = "sentinel-5f2b9c71e0d84a36";
/// The one that takes its place.
const SECOND: &str = "sentinel-second-8c1d7e";

/// The files below `folder` that hold `text`.
pub(super) fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else {
            // The standard library's search is compiled optimised: the sweeps search a lot.
            if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

fn with(secret: &str) -> Bench {
    let manifest = FULL.replace(
        r#"first_user = { email = "first@example.com" }"#,
        r#"first_user = { email = "first@example.com", password = { env = "FIRST_PASSWORD" } }"#,
    );
    let mut bench = Bench::with(&manifest, Options { seed: Some(1), ..Options::default() });
    bench.variables.insert("GITHUB_CLIENT_ID".to_owned(), "Iv1.0123456789abcdef".to_owned());
    bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), secret.to_owned());
    bench.variables.insert("FIRST_PASSWORD".to_owned(), format!("Aa1!{secret}"));
    bench
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_left_behind() {
    for json in [false, true] {
        let mut bench = with(SENTINEL);
        let mut told = vec![bench.plan().await.0.text()];
        let ran = bench
            .up_with(|arguments| (arguments.json, arguments.timings) = (json, true))
            .await
            .done();
        if json {
            assert!(ran.events().len() > 60, "the events are not there to be searched");
        }
        told.push(ran.text());
        assert!(
            bench.store().to_string().contains(SENTINEL),
            "the secret never arrived: the search proves nothing"
        );
        assert_eq!(holding(bench.base(), SENTINEL), Vec::<String>::new());

        bench.variables.insert("GITHUB_CLIENT_SECRET".to_owned(), SECOND.to_owned());
        told.push(bench.plan().await.0.text());
        told.push(bench.up_with(|arguments| arguments.json = json).await.done().text());
        assert!(bench.store().to_string().contains(SECOND));
        told.push(bench.cleanup_with(|arguments| arguments.json = json).await.done().text());
        for secret in [SENTINEL, SECOND] {
            assert_eq!(holding(bench.base(), secret), Vec::<String>::new());
            assert!(told.iter().all(|text| !text.contains(secret)), "{told:#?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_tells_a_secret() {
    let refused = || {
        Effect::FailBefore(Refusal {
            status: 400,
            code: "ValidationException".to_owned(),
            message: "clientSecret is not valid".to_owned(),
            retry_after: None,
        })
    };
    for operation in [
        ("bedrock-agentcore", "CreateOauth2CredentialProvider"),
        ("cognito-idp", "AdminSetUserPassword"),
        ("cognito-idp", "AdminCreateUser"),
    ] {
        let bench = with(SENTINEL);
        bench.aws.faults().add(Rule::operation(operation.0, operation.1, refused()));
        let ran = bench.up().await;
        assert!(bench.aws.faults().hits()[0] > 0, "{operation:?} was not called");
        assert!(ran.err.contains("clientSecret is not valid"), "{}", ran.err);
        assert!(!ran.text().contains(SENTINEL) && !format!("{:?}", ran.ended).contains(SENTINEL));
        assert_eq!(holding(bench.base(), SENTINEL), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_of_calls_masks_secrets() {
    let bench = with(SENTINEL);
    let ran = bench.up().await.done();
    assert!(ran.calls.iter().all(|call| !call.body.contains(SENTINEL)));
}
