//! Laws of comparing and laying over: what was made is the same, what the manifest never spoke of stays, what it dropped goes.

use aws_sdk_bedrockagentcorecontrol::operation::get_agent_runtime::GetAgentRuntimeOutput;
use aws_sdk_bedrockagentcorecontrol::primitives::DateTime;
use aws_sdk_bedrockagentcorecontrol::types::AgentRuntimeStatus;
use serde_json::json;

use super::*;

fn spec() -> Spec {
    Spec {
        name: "acme_words".into(),
        description: Some("Counts words".into()),
        artifact: Artifact::Image("public.ecr.aws/team/words:1".into()),
        protocol: ServerProtocol::Mcp,
        port: Some(8080),
        path: None,
        network: None,
        headers: Some(vec!["Authorization".into(), "X-Team".into()]),
        environment: BTreeMap::from([("LEVEL".to_owned(), "info".to_owned())]),
        idle_timeout_seconds: Some(300),
        max_lifetime_seconds: None,
        jwt: None,
        tags: Tags::from([("construct:stack".to_owned(), "acme".to_owned())]),
    }
}

fn links() -> Links {
    Links { role_arn: "arn:aws:iam::111122223333:role/words".into() }
}

/// The runtime that the service answers after `spec` was sent to it.
fn live(spec: &Spec) -> Live {
    let wanted = overlay::Wanted::new(spec, None).unwrap();
    let now = DateTime::from_secs(0);
    let answer = GetAgentRuntimeOutput::builder()
        .agent_runtime_arn("arn:runtime")
        .agent_runtime_id("acme_words-0123456789")
        .agent_runtime_name(&spec.name)
        .agent_runtime_version("1")
        .created_at(now)
        .last_updated_at(now)
        .role_arn(links().role_arn)
        .status(AgentRuntimeStatus::Ready)
        .set_description(wanted.description.clone())
        .agent_runtime_artifact(wanted.artifact.clone())
        .network_configuration(wanted.network.clone())
        .protocol_configuration(wanted.protocol.clone())
        .set_request_header_configuration(wanted.headers())
        .set_lifecycle_configuration(wanted.lifecycle.clone())
        .set_environment_variables(wanted.environment())
        .set_authorizer_configuration(wanted.authorizer())
        .build()
        .unwrap();
    Live { answer, unsendable: None, tags: spec.tags_over(&Tags::new()) }
}

fn fields(spec: &Spec, live: &Live) -> Vec<String> {
    match compare::diff(spec, Some(&links()), live) {
        Diff::Same => Vec::new(),
        Diff::Update(changes) => changes.into_iter().map(|change| change.field).collect(),
        Diff::Replace { .. } => vec!["replace".to_owned()],
    }
}

#[test]
fn what_was_made_from_the_spec_is_the_same_in_any_order() {
    let turned = Spec { headers: Some(vec!["X-Team".into(), "Authorization".into()]), ..spec() };
    assert_eq!(fields(&turned, &live(&spec())), Vec::<String>::new());
    assert_eq!(compare::diff(&spec(), None, &live(&spec())), Diff::Same);
}

#[test]
fn each_field_is_an_update_that_names_it() {
    let there = live(&spec());
    let zip = S3Zip { bucket: "zips".into(), key: "words.zip".into(), version: None };
    let code = RuntimeCode { runtime: "PYTHON_3_13".into(), entry_point: vec!["main.py".into()] };
    let network = RuntimeNetwork {
        subnets: vec!["subnet-01234567".into()],
        security_groups: vec!["sg-01234567".into()],
    };
    let jwt = Jwt {
        discovery_url: "https://idp.example.com/.well-known/openid-configuration".into(),
        audiences: vec!["words".into()],
        ..Jwt::default()
    };
    let with = |change: fn(&mut Spec)| {
        let mut other = spec();
        change(&mut other);
        other
    };
    let cases: [(Spec, &[&str]); 8] = [
        (Spec { artifact: Artifact::S3(zip, code), ..spec() }, &["agentRuntimeArtifact"]),
        (with(|spec| spec.protocol = ServerProtocol::Http), &["protocolConfiguration"]),
        (with(|spec| spec.port = Some(8081)), &["protocolConfiguration"]),
        (with(|spec| spec.description = Some("Other".into())), &["description"]),
        (with(|spec| spec.idle_timeout_seconds = Some(600)), &["lifecycleConfiguration"]),
        (with(|spec| spec.environment = BTreeMap::new()), &["environmentVariables"]),
        (
            Spec { network: Some(network), ..spec() },
            &["networkConfiguration", "tag construct:settings"],
        ),
        (
            Spec { jwt: Some(jwt), ..spec() },
            &["discoveryUrl", "allowedAudience", "tag construct:settings"],
        ),
    ];
    for (other, expected) in cases {
        assert_eq!(fields(&other, &there), expected);
    }
}

#[test]
fn values_of_variables_are_not_shown() {
    let other =
        Spec { environment: BTreeMap::from([("LEVEL".to_owned(), "s3cret".to_owned())]), ..spec() };
    let diff = format!("{:?}", compare::diff(&other, None, &live(&spec())));
    assert!(diff.contains("LEVEL set") && !diff.contains("s3cret"), "{diff}");
}

#[test]
fn what_was_never_spoken_of_stays_and_what_was_goes() {
    let silent = Spec { port: None, headers: None, description: None, ..spec() };
    let mut foreign = live(&spec());
    foreign.tags = silent.tags_over(&Tags::new());
    assert_eq!(fields(&silent, &foreign), Vec::<String>::new(), "somebody else's settings stay");
    let dropped = fields(&silent, &live(&spec()));
    let expected = [
        "description",
        "protocolConfiguration",
        "requestHeaderAllowlist",
        "tag construct:settings",
    ];
    assert_eq!(dropped, expected);
}

#[test]
fn an_update_sends_back_what_construct_does_not_know() {
    let mut there = live(&spec());
    there.answer.metadata_configuration = Some(
        aws_sdk_bedrockagentcorecontrol::types::RuntimeMetadataConfiguration::builder()
            .require_mmdsv2(true)
            .build()
            .unwrap(),
    );
    let request = overlay::request(&spec(), &links(), &there, &[]).unwrap().build().unwrap();
    assert_eq!(request.metadata_configuration, there.answer.metadata_configuration);
    assert_eq!(request.network_configuration, there.answer.network_configuration);
    there.unsendable = overlay::unsendable(&json!({"hooksConfiguration": {"build": {}}}));
    let refused = overlay::request(&spec(), &links(), &there, &[]).unwrap_err();
    assert!(refused.message.contains("hooksConfiguration"), "{refused:?}");
    assert_eq!(overlay::unsendable(&json!({"hooksConfiguration": null})), None);
}

#[test]
fn another_name_and_a_failed_creation_replace() {
    let renamed = Spec { name: "acme_other".into(), ..spec() };
    assert_eq!(fields(&renamed, &live(&spec())), ["replace"]);
    let mut failed = live(&spec());
    failed.answer.status = AgentRuntimeStatus::CreateFailed;
    assert_eq!(fields(&spec(), &failed), ["replace"]);
    failed.answer.status = AgentRuntimeStatus::UpdateFailed;
    assert_eq!(fields(&spec(), &failed), ["status"]);
}
