use super::*;
use crate::policy::{AGENTCORE_SERVICE, LAMBDA_SERVICE, service_trust};

fn spec() -> Spec {
    Spec {
        name: "acme-role-gateway".into(),
        path: "/construct/acme/".into(),
        description: "what the gateway may use".into(),
        trust: service_trust(LAMBDA_SERVICE, "111122223333", &[]),
        trust_is_tightened: false,
        tags: Tags::from([
            ("construct:stack".into(), "acme".into()),
            ("construct:node".into(), "role/gateway".into()),
        ]),
    }
}

fn made_from(spec: &Spec) -> Live {
    Live {
        name: spec.name.clone(),
        arn: "arn:aws:iam::111122223333:role/construct/acme/acme-role-gateway".into(),
        path: spec.path.clone(),
        description: spec.description.clone(),
        trust: spec.trust.to_json(),
        longest_session_seconds: Some(3600),
        tags: spec.tags.clone(),
    }
}

fn fields(diff: Diff) -> Vec<String> {
    match diff {
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_made_from_a_spec_is_the_same() {
    assert_eq!(IamRole::diff(&spec(), None, &made_from(&spec())), Diff::Same);
    let mut more_tags = made_from(&spec());
    more_tags.tags.insert("cost-centre".into(), "7".into());
    assert_eq!(IamRole::diff(&spec(), None, &more_tags), Diff::Same);
}

#[test]
fn every_field_is_compared() {
    let live = made_from(&spec());
    let described = Spec { description: "other".into(), ..spec() };
    assert_eq!(fields(IamRole::diff(&described, None, &live)), ["Description"]);
    let trusted = Spec { trust: service_trust(LAMBDA_SERVICE, "999922223333", &[]), ..spec() };
    assert_eq!(fields(IamRole::diff(&trusted, None, &live)), ["AssumeRolePolicyDocument"]);
    let adopted = Live { tags: Tags::new(), ..live.clone() };
    assert_eq!(
        fields(IamRole::diff(&spec(), None, &adopted)),
        ["tag construct:node", "tag construct:stack"]
    );
    let moved = Spec { path: "/elsewhere/".into(), ..spec() };
    assert!(matches!(IamRole::diff(&moved, None, &live), Diff::Replace { .. }));
}

#[test]
fn a_trust_that_another_node_narrows_is_left_to_it_while_the_role_can_be_used() {
    let trust = |gateway: &str| {
        let source = format!("arn:aws:bedrock-agentcore:us-west-2:111122223333:gateway/{gateway}");
        service_trust(AGENTCORE_SERVICE, "111122223333", &[source])
    };
    let spec = Spec { trust_is_tightened: true, trust: trust("acme-gateway-*"), ..spec() };
    let live = |trust: Document| Live { trust: trust.to_json(), ..made_from(&spec) };
    for fine in [trust("acme-gateway-*"), trust("acme-gateway-4f7d"), trust("0123abcd")] {
        assert_eq!(IamRole::diff(&spec, None, &live(fine)), Diff::Same);
    }
    let another = service_trust(LAMBDA_SERVICE, "111122223333", &[]);
    let open = service_trust(AGENTCORE_SERVICE, "111122223333", &[]);
    for wrong in [another, open] {
        let found = fields(IamRole::diff(&spec, None, &live(wrong)));
        assert_eq!(found, ["AssumeRolePolicyDocument"]);
    }
}

#[test]
fn documents_come_percent_encoded() {
    let document =
        decoded("%7B%22Version%22%3A%222012-10-17%22%2C%22a%22%3A%22%2B%20%22%7D").unwrap();
    assert_eq!(document, serde_json::json!({ "Version": "2012-10-17", "a": "+ " }));
    assert!(decoded("%7B").is_err() && decoded("%FF").is_err());
}

#[test]
fn specs_survive_the_journal() {
    let text = serde_json::to_string(&spec()).unwrap();
    assert_eq!(serde_json::from_str::<Spec>(&text).unwrap(), spec());
}
