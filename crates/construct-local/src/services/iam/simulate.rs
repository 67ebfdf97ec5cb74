//! `SimulatePrincipalPolicy`: what the policies of a role, or of the local AWS's own user, come to.
//!
//! Inline and attached policies of the principal are read; conditions are judged with the context that the caller gives, for
//! the operators `StringEquals` and `StringLike`. One with another operator, or with a key that was not given, is not met.
//! Not simulated are further policies in the request, permissions boundaries and resource policies: they are refused by
//! name rather than passed over.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ARN, INVALID, listing, local_user, managed, missing};
use crate::service::{Call, Fault, Reply};
use crate::services::agentcore::permissions::{Decision, decide, matches, texts};

/// Members that would change the outcome and are not read here.
const NOT_READ: [&str; 6] = [
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ResourceHandlingOption",
];

pub(super) fn principal(call: &mut Call<'_>) -> Result<Reply, Fault> {
    call.rules()
        .required_all(&["PolicySourceArn", "ActionNames"])
        .length("PolicySourceArn", 20, 2048)
        .pattern("PolicySourceArn", ARN)
        .finish(INVALID)?;
    if let Some(name) = NOT_READ.iter().find(|name| call.input.get(name).is_some()) {
        let message = format!("the local AWS does not simulate with {name}");
        return Err(Fault::new(501, "NotImplemented", message));
    }
    let documents = documents(call)?;
    let (actions, resources) = (call.input.texts("ActionNames"), call.input.texts("ResourceArns"));
    check_lengths(&actions, "actionNames", 3..=128)?;
    check_lengths(&resources, "resourceArns", 1..=2048)?;
    // Without a resource the service takes all of them.
    let resources = if resources.is_empty() { vec!["*"] } else { resources };
    let context = context(call);
    let results: Vec<(usize, Value)> = actions
        .iter()
        .map(|action| result(&documents, action, &resources, &context))
        .enumerate()
        .collect();
    listing(
        call,
        "EvaluationResults",
        results,
        |(index, _)| format!("{index:05}"),
        |(_, result)| result.clone(),
    )
}

/// The policies of the principal.
fn documents(call: &Call<'_>) -> Result<Vec<Value>, Fault> {
    let arn = call.input.text("PolicySourceArn").unwrap_or_default();
    if arn == local_user() {
        let all = managed::ALL.iter().find(|managed| managed.name == "AdministratorAccess");
        return Ok(all
            .into_iter()
            .flat_map(|managed| serde_json::from_str(managed.document))
            .collect());
    }
    let is_entity = [":role/", ":user/", ":group/"].iter().any(|kind| arn.contains(kind));
    if !(is_entity && arn.contains(":iam:")) {
        let message =
            format!("Invalid Entity Arn: {arn} does not clearly define entity type and name.");
        return Err(Fault::client("InvalidInput", message));
    }
    let iam = &call.account.iam;
    if iam.role_by_arn(arn).is_none() {
        return Err(missing(format!("No entity with the ARN {arn} exists.")));
    }
    Ok(iam.visible_documents(arn, call.now, 0))
}

fn check_lengths(
    values: &[&str],
    member: &str,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<(), Fault> {
    match values.iter().find(|value| !lengths.contains(&value.chars().count())) {
        None => Ok(()),
        Some(value) => {
            let (least, most) = (lengths.start(), lengths.end());
            let message = format!(
                "Value '{value}' at '{member}' failed to satisfy constraint: Member must have length between {least} and {most}"
            );
            Err(Fault::client(INVALID, message))
        }
    }
}

/// The request's circumstances: values by condition key, which has no case.
fn context(call: &Call<'_>) -> BTreeMap<String, Vec<String>> {
    let entries = call.input.list("ContextEntries").iter();
    entries
        .filter_map(|entry| {
            let key = entry.get("ContextKeyName")?.as_str()?.to_lowercase();
            let values = texts(entry.get("ContextKeyValues")).map(str::to_owned);
            Some((key, values.collect()))
        })
        .collect()
}

/// One action on all resources: what it comes to on each, and as a whole.
fn result(
    documents: &[Value],
    action: &str,
    resources: &[&str],
    context: &BTreeMap<String, Vec<String>>,
) -> Value {
    let of = |resource: &str| {
        decide(documents, action, resource, |_effect, condition| is_met(condition, context))
    };
    let each: Vec<(&str, Decision)> =
        resources.iter().map(|resource| (*resource, of(resource))).collect();
    let denied = each.iter().map(|(_, decision)| *decision).find(|one| *one != Decision::Allowed);
    let specific: Vec<Value> = each
        .iter()
        .map(|(resource, decision)| {
            json!({ "EvalResourceName": resource, "EvalResourceDecision": word(*decision) })
        })
        .collect();
    json!({
        "EvalActionName": action,
        "EvalResourceName": resources.first(),
        "EvalDecision": word(denied.unwrap_or(Decision::Allowed)),
        "ResourceSpecificResults": specific,
    })
}

const fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicitDeny",
        Decision::ImplicitDeny => "implicitDeny",
    }
}

/// Whether every operator of a condition is met.
fn is_met(condition: &Value, context: &BTreeMap<String, Vec<String>>) -> bool {
    let compare = |operator: &str| -> Option<fn(&str, &str) -> bool> {
        match operator {
            "StringEquals" => Some(|wanted, given| wanted == given),
            "StringLike" => Some(matches),
            _ => None,
        }
    };
    condition.as_object().into_iter().flatten().all(|(operator, keys)| {
        let Some(compare) = compare(operator) else { return false };
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let given = context.get(&key.to_lowercase());
            given.is_some_and(|given| {
                given.iter().any(|given| texts(Some(wanted)).any(|wanted| compare(wanted, given)))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use crate::services::test_client::Client;

    const ROLE: &str = "arn:aws:iam::111122223333:role/ci/deployer";

    async fn asked(client: &Client, form: &str) -> (u16, String) {
        let request = http::Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=ADA/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0",
            )
            .body(bytes::Bytes::from(form.to_owned()))
            .unwrap();
        let answer = client.send(request).await;
        (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
    }

    /// A role with one inline policy.
    fn with_role(document: &Value) -> Client {
        let client = Client::new(Options::instant());
        let inline = super::super::Inline { document: document.to_string(), changed_ms: 0 };
        let role = super::super::Role {
            name: "deployer".to_owned(),
            id: "AROAX".to_owned(),
            path: "/ci/".to_owned(),
            arn: ROLE.to_owned(),
            created_ms: 0,
            description: String::new(),
            max_session_duration: 3600,
            trust: "{}".to_owned(),
            trust_changed_ms: 0,
            inline: BTreeMap::from([("deploy".to_owned(), inline)]),
            attached: BTreeMap::new(),
            tags: BTreeMap::new(),
        };
        client.local.edit(|account| account.iam.roles.insert("deployer".to_owned(), role));
        client
    }

    fn simulated(principal: &str, action: &str, resource: &str, rest: &str) -> String {
        format!(
            "Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn={principal}\
             &ActionNames.member.1={action}&ResourceArns.member.1={resource}{rest}"
        )
    }

    #[tokio::test]
    async fn the_policies_of_a_role_decide() {
        let client = with_role(&json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["lambda:Get*", "lambda:Create*"], "Resource": "arn:aws:lambda:*:*:function:acme-*" },
            { "Effect": "Deny", "Action": "lambda:CreateFunction", "Resource": "*" },
            { "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
              "Condition": { "StringEquals": { "iam:PassedToService": ["lambda.amazonaws.com"] } } },
        ]}));
        let function = "arn:aws:lambda:us-west-2:111122223333:function:acme-front";
        let passed = "&ContextEntries.member.1.ContextKeyName=iam:PassedToService\
                      &ContextEntries.member.1.ContextKeyType=string\
                      &ContextEntries.member.1.ContextKeyValues.member.1=lambda.amazonaws.com";
        for (action, resource, rest, expected) in [
            ("lambda:GetFunction", function, "", "allowed"),
            ("lambda:CreateFunction", function, "", "explicitDeny"),
            ("lambda:DeleteFunction", function, "", "implicitDeny"),
            (
                "lambda:GetFunction",
                "arn:aws:lambda:us-west-2:111122223333:function:other",
                "",
                "implicitDeny",
            ),
            ("iam:PassRole", "arn:aws:iam::111122223333:role/x", "", "implicitDeny"),
            ("iam:PassRole", "arn:aws:iam::111122223333:role/x", passed, "allowed"),
        ] {
            let (status, text) = asked(&client, &simulated(ROLE, action, resource, rest)).await;
            assert_eq!(status, 200, "{text}");
            let decision = format!("<EvalDecision>{expected}</EvalDecision>");
            assert!(text.contains(&decision), "{action} on {resource}: {text}");
            assert!(text.contains(&format!("<EvalActionName>{action}</EvalActionName>")), "{text}");
        }
        assert!(client.local.calls().iter().all(|call| !call.mutating));
    }

    #[tokio::test]
    async fn the_local_user_may_do_everything_and_strangers_are_not_known() {
        let client = with_role(&json!({ "Version": "2012-10-17", "Statement": [] }));
        let (_, text) = asked(&client, &simulated(&local_user(), "s3:GetObject", "*", "")).await;
        assert!(text.contains("<EvalDecision>allowed</EvalDecision>"), "{text}");
        let nobody = "arn:aws:iam::111122223333:role/nobody";
        let (status, text) = asked(&client, &simulated(nobody, "s3:GetObject", "*", "")).await;
        assert!(status == 404 && text.contains("NoSuchEntity"), "{text}");
        let session = "arn:aws:sts::111122223333:assumed-role/deployer/me";
        let (status, text) = asked(&client, &simulated(session, "s3:GetObject", "*", "")).await;
        assert!(status == 400 && text.contains("InvalidInput"), "{text}");
        let rest = "&CallerArn=arn:aws:iam::111122223333:user/x";
        let (status, _) = asked(&client, &simulated(ROLE, "s3:GetObject", "*", rest)).await;
        assert_eq!(status, 501, "what would change the outcome is not passed over");
    }
}
