//! What cannot change in place is planned as a replacement, with what it costs, and is one.

use std::collections::BTreeMap;

use construct_engine::Verb;

use super::scene::beginning;
use super::store::names;
use super::sweep::{changed, replaced};

/// Address, why, and what people lose.
const EXPECTED: &[(&str, &str, Option<&str>)] = &[
    (
        "identity-provider/okta",
        "keeps its type",
        Some("the sign-in of everybody who comes through okta"),
    ),
    (
        "provider/github",
        "the new one has a callback URL of its own to register",
        Some("every consent that people gave through acme-tools-github"),
    ),
    (
        "gateway/jobs",
        "the authorizer of a gateway is fixed",
        Some("the gateway's address (acme-tools-gateway-jobs-"),
    ),
    ("target/github", "holds provider/github, which is replaced", None),
    ("target/words", "it will have other tools", None),
    ("target/small", "lives in gateway/jobs, which is replaced", None),
    ("rate-limit/jobs.callers", "lives in gateway/jobs, which is replaced", None),
    ("rule/jobs.all", "lives in gateway/jobs, which is replaced", None),
];

#[tokio::test(start_paused = true)]
async fn a_replacement_says_what_it_costs() {
    let bench = beginning(&changed());
    bench.up().await.done();
    let before = names(&bench.store());
    bench.write("construct.toml", replaced().as_bytes());
    let (ran, plan) = bench.plan().await;
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let replaced: BTreeMap<&str, _> = plan
        .work()
        .filter(|action| action.verb == Verb::Replace)
        .map(|action| (action.address.as_str(), action))
        .collect();
    for (address, reason, lost) in EXPECTED {
        let Some(action) = replaced.get(address) else { panic!("{address} in {replaced:#?}") };
        assert!(action.reason.contains(reason), "{address}: {}", action.reason);
        let loss = action.loss.as_ref().map(|loss| loss.what.as_str());
        assert_eq!(loss.is_some(), lost.is_some(), "{address}: {loss:?}");
        assert!(loss.unwrap_or_default().contains(lost.unwrap_or_default()), "{address}: {loss:?}");
        let told =
            json["actions"].as_array().unwrap().iter().find(|one| one["address"] == *address);
        assert_eq!(told.unwrap()["reason"], action.reason);
        assert_eq!(told.unwrap()["loss"]["what"].as_str(), loss);
    }
    let ran = bench.up_with(|arguments| arguments.yes_destroy = true).await.done();
    for (address, reason, lost) in EXPECTED {
        let line = ran
            .text()
            .lines()
            .find(|line| line.contains(&format!("± replace   {address} ")))
            .map(str::to_owned);
        assert!(
            line.as_ref().is_some_and(|line| line.contains(reason)),
            "{address}: {line:?}\n{}",
            ran.text()
        );
        assert!(lost.is_none_or(|lost| ran.text().contains(&format!("lost: {lost}"))), "{address}");
    }
    assert_eq!(bench.work().await, BTreeMap::new());
    // Each has its name again: the old one went before the new one came.
    let kept = |names: Vec<String>| -> Vec<String> {
        let kinds =
            ["gateway ", "identity-provider ", "provider ", "rate-limit ", "rule ", "target "];
        names.into_iter().filter(|name| kinds.iter().any(|kind| name.starts_with(kind))).collect()
    };
    assert_eq!(kept(names(&bench.store())), kept(before));
}
