//! The pure part: what is a difference, and what it takes to remove it.

use std::path::PathBuf;

use aws_sdk_bedrockagentcorecontrol::types::SecretSourceType;
use construct_engine::{Diff, Step};

use super::live::{Arrival, Live, SecretState, names};
use super::{OAuth2Provider, Spec, configuration};
use crate::cloud::Tags;
use crate::manifest::{SecretReference, Vendor};

fn spec() -> Spec {
    Spec {
        name: "acme-github".into(),
        vendor: Vendor::Github,
        client_id: "Iv1.x".into(),
        client_secret: SecretReference::Env("GITHUB_CLIENT_SECRET".into()),
        tags: Tags::from([("team".into(), "x".into())]),
    }
}

fn live() -> Live {
    Live {
        name: spec().name,
        arn: "arn:x".into(),
        vendor: configuration::vendor(Vendor::Github),
        client_id: Some("Iv1.x".into()),
        callback_url: Some("https://callback".into()),
        secret_arn: Some(
            "arn:aws:secretsmanager:us-west-2:1:secret:made-by-the-vault-AbCdEf".into(),
        ),
        secret_source: SecretSourceType::Managed,
        secret_json_key: None,
        arrival: Arrival::There,
        secret: SecretState::Same,
        tags: Tags::from([("team".into(), "x".into()), ("construct:secret".into(), "s:d".into())]),
    }
}

fn fields(spec: &Spec, live: &Live) -> Vec<String> {
    match OAuth2Provider::diff(spec, None, live) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { reason, .. } => vec![format!("replace: {reason}")],
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same() {
    assert_eq!(OAuth2Provider::diff(&spec(), None, &live()), Diff::Same);
    let unknown = Live { secret: SecretState::Unknown, ..live() };
    assert_eq!(
        OAuth2Provider::diff(&spec(), None, &unknown),
        Diff::Same,
        "a secret nobody knows is no change"
    );
}

#[test]
fn each_field_is_a_change_of_its_own() {
    assert_eq!(fields(&Spec { client_id: "other".into(), ..spec() }, &live()), ["clientId"]);
    let rotated = Live { secret: SecretState::Other, ..live() };
    assert_eq!(fields(&spec(), &rotated), ["clientSecret"]);
    let tags = Tags::from([("team".into(), "y".into())]);
    assert_eq!(fields(&Spec { tags, ..spec() }, &live()), ["tag team"]);
    let failed = Live { arrival: Arrival::NotChanged("why".into()), ..live() };
    assert_eq!(fields(&spec(), &failed), ["status"]);
}

#[test]
fn what_cannot_be_changed_is_replaced() {
    let other = Spec { vendor: Vendor::Atlassian, ..spec() };
    assert!(fields(&other, &live())[0].starts_with("replace: the vendor"));
    let failed = Live { arrival: Arrival::NotMade("no vault".into()), ..live() };
    assert_eq!(fields(&spec(), &failed), ["replace: its creation failed: no vault"]);
}

#[test]
fn external_secrets_are_compared_by_their_reference() {
    let external = |text: &str| Spec {
        client_secret: SecretReference::Secret(text.parse().unwrap()),
        ..spec()
    };
    let arn = "arn:aws:secretsmanager:us-west-2:111122223333:secret:acme/github-AbCdEf";
    let held = Live {
        secret_source: SecretSourceType::External,
        secret_arn: Some(arn.into()),
        secret_json_key: Some("client_secret".into()),
        secret: SecretState::Unknown,
        ..live()
    };
    assert!(fields(&external("acme/github#client_secret"), &held).is_empty());
    assert!(fields(&external(&format!("{arn}#client_secret")), &held).is_empty());
    assert_eq!(fields(&external("acme/github#other"), &held), ["clientSecret"]);
    assert_eq!(fields(&external("acme/git#client_secret"), &held), ["clientSecret"]);
    assert_eq!(fields(&external("acme/github#client_secret"), &live()), ["clientSecret"]);
    let file = Spec { client_secret: SecretReference::File(PathBuf::from("s")), ..spec() };
    assert_eq!(fields(&file, &held), ["clientSecret"]);
}

#[test]
fn a_secret_is_named_with_or_without_its_random_end() {
    let arn = "arn:aws:secretsmanager:us-west-2:1:secret:a-b-AbCdEf";
    for id in [arn, "arn:aws:secretsmanager:us-west-2:1:secret:a-b", "a-b", "a-b-AbCdEf"] {
        assert!(names(id, arn), "{id}");
    }
    for id in ["a", "a-b-AbCdE", "secret:a-b"] {
        assert!(!names(id, arn), "{id}");
    }
}
