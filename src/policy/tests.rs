//! Tests of policy documents.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn logs() -> Document {
    let group = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/acme-front";
    Document::new([
        Statement::allow(
            "WriteLogs",
            ["logs:PutLogEvents", "logs:CreateLogStream"],
            [format!("{group}:*")],
        )
        .unwrap(),
        Statement::allow("ReadKeys", ["ssm:GetParameter"], ["arn:b", "arn:a"]).unwrap().when(
            "StringEquals",
            "aws:ResourceTag/construct:stack",
            ["acme"],
        ),
    ])
}

#[test]
fn documents_are_written_in_one_way() {
    assert_eq!(
        logs().to_string(),
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"WriteLogs","Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/acme-front:*"},{"Sid":"ReadKeys","Effect":"Allow","Action":"ssm:GetParameter","Resource":["arn:a","arn:b"],"Condition":{"StringEquals":{"aws:ResourceTag/construct:stack":"acme"}}}]}"#
    );
    assert_eq!(logs().size(), logs().to_string().len());
}

#[test]
fn trust_names_the_service_the_account_and_the_source() {
    let source = "arn:aws:bedrock-agentcore:us-west-2:123456789012:gateway/acme-gateway-*";
    let trust = service_trust(AGENTCORE_SERVICE, "123456789012", &[source.to_owned()]);
    assert_eq!(
        trust.to_json(),
        json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "Trust",
            "Effect": "Allow",
            "Principal": { "Service": "bedrock-agentcore.amazonaws.com" },
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnLike": { "aws:SourceArn": source },
                "StringEquals": { "aws:SourceAccount": "123456789012" },
            },
        }] })
    );
    let open = service_trust(LAMBDA_SERVICE, "123456789012", &[]).to_json();
    assert_eq!(open["Statement"][0]["Condition"].as_object().map(serde_json::Map::len), Some(1));
}

#[test]
fn a_trust_may_be_narrowed_within_its_sources_and_nowhere_else() {
    let gateway = |name: &str| format!("arn:aws:bedrock-agentcore:us-west-2:1:gateway/{name}");
    let trust = |sources: &[String]| service_trust(AGENTCORE_SERVICE, "1", sources);
    let wide = trust(&[gateway("acme-gateway-*")]);
    let ours = trust(&[gateway("acme-gateway-4f7d")]).to_json();
    assert!(is_narrowed(&wide, &ours));
    let mut as_a_text = ours.clone();
    as_a_text["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"] =
        json!(gateway("acme-gateway-4f7d"));
    assert!(is_narrowed(&wide, &as_a_text));

    let elsewhere = gateway("acme-gateway-4f7d").replace("us-west-2", "us-east-1");
    let both = [gateway("acme-gateway-4f7d"), elsewhere];
    assert!(!is_narrowed(&wide, &trust(&both).to_json()));
    assert!(!is_narrowed(&wide, &trust(&[]).to_json()), "for any gateway of the account");
    for (place, other) in [
        ("/Statement/0/Condition/ArnLike/aws:SourceArn", json!([])),
        ("/Statement/0/Condition/StringEquals/aws:SourceAccount", json!("2")),
        ("/Statement/0/Principal/Service", json!("lambda.amazonaws.com")),
        ("/Statement/0/Effect", json!("Deny")),
    ] {
        let mut changed = ours.clone();
        *changed.pointer_mut(place).unwrap() = other;
        assert!(!is_narrowed(&wide, &changed), "{place}");
    }
}

#[test]
fn what_allows_everything_cannot_be_written() {
    for action in
        ["*", "iam:*", "*:*", "iam:?*", "iam", ":Get", "iam:", "IAM:GetRole", "iam:get role", ""]
    {
        let refused = Statement::allow("Sid", [action], ["arn:x"]);
        assert_eq!(refused, Err(PolicyError::Action(action.to_owned())));
    }
    for action in ["iam:GetRole", "bedrock-agentcore:Get*", "execute-api:Invoke", "s3:GetObject"] {
        assert!(Statement::allow("Sid", [action], ["arn:x"]).is_ok(), "{action}");
    }
    let none: [&str; 0] = [];
    assert_eq!(Statement::allow("Sid", none, ["x"]), Err(PolicyError::NoAction("Sid".into())));
    assert_eq!(
        Statement::allow("Sid", ["iam:GetRole"], none),
        Err(PolicyError::NoResource("Sid".into()))
    );
    for sid in ["", "a b", "a-b"] {
        let refused = Statement::allow(sid, ["iam:GetRole"], ["x"]);
        assert_eq!(refused, Err(PolicyError::Sid(sid.to_owned())));
    }
}

#[test]
fn the_way_of_writing_does_not_count() {
    let mut live = logs().to_json();
    let statements = live["Statement"].as_array_mut().unwrap();
    statements.reverse();
    statements[0]["Resource"] = json!(["arn:b", "arn:a", "arn:b"]);
    statements[0]["Action"] = json!(["SSM:getparameter"]);
    statements[0]["Condition"] =
        json!({ "stringEquals": { "AWS:ResourceTag/construct:stack": ["acme"] } });
    statements[1]["Action"] = json!(["logs:PutLogEvents", "logs:CreateLogStream"]);
    assert!(logs().same_as(&live));

    let single = service_trust(LAMBDA_SERVICE, "123456789012", &[]);
    let mut live = single.to_json();
    live["Statement"] = live["Statement"][0].clone();
    live["Statement"]["Principal"]["Service"] = json!(["lambda.amazonaws.com"]);
    assert!(single.same_as(&live));
}

#[test]
fn every_difference_in_meaning_counts() {
    let whole = logs().to_json();
    let change = |pointer: &str, value: Value| {
        let mut live = whole.clone();
        *live.pointer_mut(pointer).unwrap() = value;
        live
    };
    let mut further = whole.clone();
    further["Statement"].as_array_mut().unwrap().push(json!({ "Effect": "Allow" }));
    let mut unknown = whole.clone();
    unknown["Statement"][0]["NotResource"] = json!("arn:x");
    for live in [
        change("/Version", json!("2008-10-17")),
        change("/Statement/0/Effect", json!("Deny")),
        change("/Statement/0/Sid", json!("Other")),
        change("/Statement/0/Action", json!(["logs:PutLogEvents"])),
        change("/Statement/0/Resource", json!("ARN:AWS:logs:us-west-2")),
        change("/Statement/1/Resource", json!(["arn:a"])),
        change("/Statement/1/Condition", json!({})),
        change("/Statement/1/Condition/StringEquals", json!({ "aws:SourceAccount": "acme" })),
        change(
            "/Statement/1/Condition",
            json!({ "StringLike": { "aws:ResourceTag/construct:stack": "acme" } }),
        ),
        change(
            "/Statement/1/Condition/StringEquals",
            json!({ "aws:ResourceTag/construct:stack": "Acme" }),
        ),
        change("/Statement", json!("nonsense")),
        json!(null),
        json!({}),
        further,
        unknown,
    ] {
        assert!(!logs().same_as(&live), "{live}");
    }
}

#[test]
fn denials_are_kept() {
    let document =
        Document::new([Statement::allow("No", ["iam:PassRole"], ["*"]).unwrap().denied()]);
    assert_eq!(document.to_json()["Statement"][0]["Effect"], "Deny");
    let statement = &document.statements()[0];
    assert_eq!(statement.sid(), "No");
    assert!(statement.actions().map(Action::as_str).eq(["iam:PassRole"]));
    assert!(statement.resources().eq(["*"]));
}

/// Lists in another order, with a repeated entry, mean the same.
fn shuffled(value: &Value, seed: u64) -> Value {
    match value {
        Value::Array(items) => {
            // A text inside a list stays one: a list inside a list is no policy.
            let item = |item: &Value| match item {
                Value::String(_) => item.clone(),
                other => shuffled(other, seed),
            };
            let mut items: Vec<Value> = items.iter().map(item).collect();
            let turn = usize::try_from(seed).unwrap_or_default() % items.len().max(1);
            items.rotate_left(turn);
            if seed.is_multiple_of(2) && items.iter().all(Value::is_string) {
                items.extend(items.first().cloned());
            }
            Value::Array(items)
        }
        Value::Object(keys) => {
            let turned = keys.iter().rev().map(|(key, value)| (key.clone(), shuffled(value, seed)));
            Value::Object(turned.collect())
        }
        Value::String(text) if seed.is_multiple_of(3) && text.starts_with("arn:") => json!([text]),
        other => other.clone(),
    }
}

fn statements() -> impl Strategy<Value = Vec<Statement>> {
    let names = proptest::collection::btree_set("[A-Z][a-z]{0,5}", 1..5);
    let resources = proptest::collection::btree_set("arn:[a-z]{1,5}", 1..4);
    let statement = (names, resources, any::<bool>()).prop_map(|(names, resources, denied)| {
        let actions = names.iter().map(|name| format!("iam:{name}"));
        let statement = Statement::allow("S", actions, resources.clone()).unwrap();
        let statement = statement.when("ArnLike", "aws:SourceArn", resources);
        if denied { statement.denied() } else { statement }
    });
    proptest::collection::vec(statement, 1..4)
}

proptest! {
    #[test]
    fn a_document_is_the_same_as_itself_however_written(
        statements in statements(),
        seed in 0u64..64,
    ) {
        let document = Document::new(statements);
        let live = document.to_json();
        prop_assert!(document.same_as(&live));
        prop_assert!(document.same_as(&shuffled(&live, seed)));
    }

    #[test]
    fn documents_are_the_same_only_if_they_mean_the_same(
        one in statements(),
        other in statements(),
    ) {
        let same = Document::new(one.clone()).same_as(&Document::new(other.clone()).to_json());
        let subset = |these: &[Statement], those: &[Statement]| these.iter().all(|one| those.contains(one));
        prop_assert_eq!(same, subset(&one, &other) && subset(&other, &one));
    }
}
